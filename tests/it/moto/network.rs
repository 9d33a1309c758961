//! The network: a VPC with every way out that moto knows is cut step by step and put back; boto3 looks.
//!
//! moto lacks some of what 5xx asks (docs/moto.md). The proxy answers these as an endpoint does that
//! does not know an operation: the tool has to say a gap and do the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::account::{Declared, Dump, compare, dump};
use super::binary::{Machine, Said};
use super::cut::{NO_SUPPORT, subnets_are_cut};
use super::proxy::{At, Fate, Proxy};
use super::server::{Copy, seeded};

const REGION: &str = "eu-central-1";

/// What 5xx asks and moto answers with an HTML page.
pub const LACKING: &[&str] = &[
    "directconnect:DescribeVirtualInterfaces",
    "directconnect:ListVirtualInterfaceTestHistory",
    "ec2:DescribeClientVpnEndpoints",
    "ec2:DescribeInstanceConnectEndpoints",
    "ec2:DescribeVerifiedAccessEndpoints",
    "ec2:DescribeVpcBlockPublicAccessExclusions",
    "ec2:DescribeVpcBlockPublicAccessOptions",
    "ec2:DescribeVpcEndpointAssociations",
    "ec2:DescribeVpcEndpointConnections",
    "ec2:DisableVgwRoutePropagation",
    "ec2:DisassociateTransitGatewayRouteTable",
    "ec2:EnableVgwRoutePropagation",
    "ec2:GetImageBlockPublicAccessState",
    "ec2:GetSerialConsoleAccessStatus",
    "ec2:GetSnapshotBlockPublicAccessState",
    "route53resolver:ListFirewallConfigs",
    "route53resolver:ListFirewallDomainLists",
    "route53resolver:ListFirewallRuleGroupAssociations",
    "route53resolver:ListFirewallRuleGroups",
    "iam:ListServiceSpecificCredentials",
    "ssm:DescribeSessions",
];

/// moto lacks all of IAM Roles Anywhere. Here no Region has a trust anchor.
const NO_ANCHORS: (At, Fate) =
    (At::Each("rolesanywhere:GET /trustanchors"), Fate::Answer(r#"{"trustAnchors":[]}"#));

/// moto records no events. Here somebody has set the lifecycle of a bucket and the retention of a log group,
/// long after both were made.
const SET_LATELY: (At, Fate) = (
    At::Each("cloudtrail:LookupEvents"),
    Fate::Answer(concat!(
        r#"{"Events":[{"EventId":"1","CloudTrailEvent":"{\"eventName\":\"PutBucketLifecycle\","#,
        r#"\"eventTime\":\"2099-01-01T00:00:00Z\",\"requestParameters\":{\"bucketName\":\"shop-images\"}}"},"#,
        r#"{"EventId":"2","CloudTrailEvent":"{\"eventName\":\"PutRetentionPolicy\","#,
        r#"\"eventTime\":\"2099-01-01T00:00:00Z\",\"requestParameters\":{\"logGroupName\":\"shop-orders\"}}"}]}"#,
    )),
);

pub fn lacking() -> Vec<(At, Fate)> {
    let unknown = LACKING.iter().map(|operation| (At::Each(operation), Fate::Refuse("InvalidAction")));
    unknown.chain([NO_SUPPORT, NO_ANCHORS, SET_LATELY]).collect()
}

/// A copy of the account with its network, and a machine that reaches it.
struct Network {
    copy: Copy,
    machine: Machine,
    proxy: Proxy,
    before: Dump,
    ids: &'static Value,
}

impl Network {
    fn new() -> Network {
        let (copy, seed) = seeded();
        let proxy = Proxy::start(copy.port, Duration::ZERO, &lacking());
        let machine = Machine::new(&proxy.url());
        let before = dump(&copy.url(), &[REGION]);
        Network { copy, machine, proxy, before, ids: &seed["network"] }
    }

    fn id(&self, name: &str) -> &'static str {
        self.ids[name].as_str().unwrap_or_else(|| panic!("the seed has no {name}"))
    }

    /// A playbook of one step, in the Region of the network.
    fn verb(&self, verb: &str, step: u16, with: &str) -> Said {
        let text = format!("title = \"x\"\nabout = \"x\"\n[[step]]\nrun = {step}\nwith = {{ {with} }}\n");
        std::fs::write(self.machine.path("one.toml"), text).unwrap();
        let place = ["./one.toml", "--regions", REGION];
        match verb {
            "plan" => self.machine.run(&[&["plan"], &place[..]].concat()),
            verb => self.machine.sure(&[&[verb], &place[..]].concat()),
        }
    }

    fn dump(&self) -> Dump {
        dump(&self.copy.url(), &[REGION])
    }

    /// Puts back, and looks.
    fn restored(&self) -> Dump {
        self.machine.sure(&["restore", "--latest"]).ends(0).says_not("FAILED");
        self.dump()
    }

    /// Puts back, and everything is as it was.
    fn is_put_back(&self) {
        compare(&self.before, &self.restored(), &[]).unwrap();
    }
}

fn items<'a>(dump: &'a Dump, section: &str) -> &'a serde_json::Map<String, Value> {
    dump.json[section][REGION].as_object().unwrap_or_else(|| panic!("no {section}"))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The only one of its kind, which is there under another id.
fn made_again(section: &str, before: &Dump, after: &Dump) -> Declared {
    let only = |dump: &Dump| {
        let ids: Vec<_> = items(dump, section).keys().cloned().collect();
        let [id] = &ids[..] else { panic!("{section}: {ids:?}") };
        id.clone()
    };
    let (old, new) = (only(before), only(after));
    assert_ne!(old, new, "{section}");
    Declared::Alias { new, old }
}

/// Where a route leads: the one id that it names.
fn targets(table: &Value) -> BTreeSet<&str> {
    let names =
        ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "Origin", "State"];
    let routes = list(table, "Routes").iter().flat_map(|route| route.as_object().unwrap());
    routes.filter(|(key, _)| !names.contains(&key.as_str())).filter_map(|(_, value)| value.as_str()).collect()
}

/// The targets of the table that serves each subnet of a VPC: its own, or the VPC's main one.
fn ways_out<'a>(dump: &'a Dump, vpc: &str) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let tables: Vec<&Value> = items(dump, "route_tables").values().filter(|t| t["VpcId"] == vpc).collect();
    let serves = |subnet: &str| {
        let own = |table: &&&Value| list(table, "Associations").iter().any(|at| at["SubnetId"] == subnet);
        let main = |table: &&&Value| list(table, "Associations").iter().any(|at| at["Main"] == true);
        tables.iter().find(own).or_else(|| tables.iter().find(main)).expect("a main table")
    };
    let subnets = items(dump, "subnets").iter().filter(|(_, subnet)| subnet["VpcId"] == vpc);
    subnets.map(|(id, _)| (id.as_str(), targets(serves(id)))).collect()
}

#[test]
fn the_seed_has_every_way_out() {
    let net = Network::new();
    let out = ways_out(&net.before, net.id("vpc"));
    let private = net.ids["private"][0].as_str().unwrap();
    let wanted =
        ["egress_gateway", "forwarder", "gateway_endpoint", "nat", "peering", "transit", "vpn_gateway"];
    for name in wanted {
        assert!(out[private].contains(net.id(name)), "{name}: {out:?}");
    }
    let follows = net.ids["private"][1].as_str().unwrap();
    assert_eq!(out[follows], ["local", net.id("nat")].into());
    for public in list(net.ids, "public") {
        assert_eq!(out[public.as_str().unwrap()], ["local", net.id("internet_gateway")].into());
    }
}

#[test]
fn every_subnet_is_behind_a_table_that_leads_nowhere_and_goes_back() {
    let net = Network::new();
    net.verb("pull", 530, "").ends(0).says_not("FAILED").says_not("differ from the prediction");
    for (subnet, out) in ways_out(&net.dump(), net.id("vpc")) {
        assert_eq!(out, ["local"].into(), "{subnet}");
    }
    net.verb("plan", 530, "").ends(0).says_not("530 CUT");
    net.is_put_back();
}

#[test]
fn every_route_is_deleted_and_made_again_with_its_one_target() {
    let net = Network::new();
    net.verb("pull", 530, "way = \"delete\"").says_not("FAILED").says_not("differ from the prediction");
    for (subnet, out) in ways_out(&net.dump(), net.id("vpc")) {
        let kept: BTreeSet<&str> = ["local", net.id("gateway_endpoint")].into();
        assert!(out.is_subset(&kept), "{subnet}: {out:?}");
    }
    net.is_put_back();
}

#[test]
fn a_gateway_without_mapped_addresses_is_detached_and_attached_again() {
    let net = Network::new();
    let pulled = net.verb("pull", 550, "").says_not("FAILED").says_not("differ from the prediction");
    let kept =
        pulled.out.lines().any(|line| line.contains("550 KEEP") && line.contains(net.id("internet_gateway")));
    assert!(kept, "{}", pulled.out);
    let cut = net.dump();
    let attached = |id: &str| list(&items(&cut, "internet_gateways")[id], "Attachments").len();
    assert_eq!((attached(net.id("unused_gateway")), attached(net.id("internet_gateway"))), (0, 1));
    net.is_put_back();
}

#[test]
fn routes_lead_to_the_new_id_of_a_resource_that_came_back() {
    let net = Network::new();
    let pulled = net.verb("pull", 550, "way = \"unmap\"").says_not("FAILED");
    pulled.says_not("differ from the prediction");
    let cut = net.dump();
    assert_eq!(items(&cut, "egress_gateways").len(), 0);
    // The NAT gateway keeps its address, the instance's is free.
    let free = items(&cut, "addresses")
        .values()
        .filter(|at| at["NetworkInterfaceId"].as_str().is_none_or(str::is_empty));
    assert_eq!(free.count(), 1);
    let after = net.restored();
    let again = made_again("egress_gateways", &net.before, &after);
    compare(&net.before, &after, &[again]).unwrap();
}

#[test]
fn the_private_links_are_cut_as_far_as_moto_knows_them() {
    for with in ["", "way = \"detach\""] {
        let net = Network::new();
        let pulled = net.verb("pull", 540, with);
        // moto cannot take an attachment from its transit gateway's table.
        let (code, refused) = if with.is_empty() { (4, false) } else { (3, true) };
        let pulled = pulled.ends(code).says("540 GAP");
        assert_eq!(pulled.out.contains("540 FAILED"), refused, "{}", pulled.out);
        let cut = net.dump();
        for (subnet, out) in ways_out(&cut, net.id("vpc")) {
            assert!(!out.contains(net.id("vpn_gateway")), "{subnet}: {out:?}");
        }
        net.is_put_back();
    }
}

#[test]
fn a_nat_gateway_made_again_keeps_its_address_and_the_routes_follow_it() {
    let net = Network::new();
    net.verb("pull", 560, "way = \"delete\"")
        .ends(0)
        .says_not("FAILED")
        .says_not("differ from the prediction");
    let cut = net.dump();
    assert_eq!(items(&cut, "nat_gateways").len(), 0);
    assert_eq!(items(&cut, "addresses").len(), 2, "the Elastic IP stays");
    let checked = |dump: &Dump| items(dump, "interfaces")[net.id("forwarder")]["SourceDestCheck"] == true;
    assert!(checked(&cut) && !checked(&net.before), "the host forwards no more");
    let after = net.restored();
    // AWS gives it a new interface, with a new hardware address.
    let interface = |dump: &Dump| {
        let gateway = items(dump, "nat_gateways").values().next().expect("a NAT gateway").clone();
        gateway["NatGatewayAddresses"][0]["NetworkInterfaceId"].as_str().unwrap().to_owned()
    };
    let (old, new) = (interface(&net.before), interface(&after));
    assert_ne!(old, new);
    let moved =
        ["MacAddress", "Attachment"].map(|field| Declared::May(format!("interfaces/{REGION}/{old}/{field}")));
    let declared = [made_again("nat_gateways", &net.before, &after), Declared::Alias { new, old }];
    compare(&net.before, &after, &[&declared[..], &moved[..]].concat()).unwrap();
}

/// What `unplug exposure` says of one interface's way to the internet.
fn way_to_the_internet(said: &Said) -> Vec<String> {
    let traces: Value = said.json();
    let to_the_internet = |trace: &&Value| {
        trace["direction"] == "out" && trace["place"] == "internet" && trace["family"] == "ipv4"
    };
    let traces = traces.as_array().expect("traces").iter().filter(to_the_internet);
    let hops = traces.flat_map(|trace| list(trace, "hops"));
    hops.map(|hop| format!("{} {}", hop["verdict"].as_str().unwrap(), hop["text"].as_str().unwrap()))
        .collect()
}

#[test]
fn the_way_behind_nat_is_explained_and_then_the_rule_that_stops_it() {
    let net = Network::new();
    let private = list(net.ids, "private");
    let (behind, _) = items(&net.before, "interfaces")
        .iter()
        .find(|(_, interface)| interface["SubnetId"] == private[0] && interface["RequesterManaged"] == false)
        .expect("an interface behind NAT");
    let explain = || {
        let said = net.machine.run(&["exposure", behind, "--regions", REGION, "--json"]);
        way_to_the_internet(&said)
    };
    let hops = explain();
    for (verdict, what) in [("passes", net.id("nat")), ("passes", net.id("internet_gateway"))] {
        assert!(hops.iter().any(|hop| hop.starts_with(verdict) && hop.contains(what)), "{what}: {hops:#?}");
    }
    assert!(hops.iter().all(|hop| !hop.starts_with("stops")), "{hops:#?}");

    // The Instance Connect endpoints cannot be read there.
    net.verb("pull", 510, "").ends(4).says_not("FAILED");
    let cut = net.dump();
    let group = items(&cut, "interfaces")[behind]["Groups"][0]["GroupId"].as_str().unwrap().to_owned();
    let hops = explain();
    assert!(hops.contains(&format!("stops {group} has no rules (out)")), "{hops:#?}");
}

#[test]
fn no_route_leads_to_nat() {
    let net = Network::new();
    net.verb("pull", 560, "").ends(0).says_not("FAILED").says_not("differ from the prediction");
    for (subnet, out) in ways_out(&net.dump(), net.id("vpc")) {
        assert!(!out.contains(net.id("nat")), "{subnet}: {out:?}");
    }
    net.is_put_back();
}

#[test]
fn endpoints_deny_everything_and_get_their_policies_back() {
    let net = Network::new();
    net.verb("pull", 570, "").ends(0).says_not("FAILED").says_not("differ from the prediction");
    let cut = net.dump();
    for (id, endpoint) in items(&cut, "endpoints") {
        let policy: Value = serde_json::from_str(endpoint["PolicyDocument"].as_str().unwrap()).unwrap();
        assert_eq!(policy["Statement"][0]["Effect"], "Deny", "{id}: {policy}");
    }
    net.is_put_back();
}

#[test]
fn neighbours_are_cut_off_and_what_cannot_be_seen_is_a_gap() {
    let net = Network::new();
    let pulled = net.verb("pull", 580, "").ends(4).says_not("FAILED").says_not("differ from the prediction");
    assert!(pulled.out.contains("580 GAP"), "{}", pulled.out);
    for vpc in ["vpc", "far"] {
        for (subnet, out) in ways_out(&net.dump(), net.id(vpc)) {
            assert!(!out.contains(net.id("peering")), "{subnet}: {out:?}");
        }
    }
    net.is_put_back();
}

#[test]
fn one_host_is_denied_in_the_other_subnets() {
    let net = Network::new();
    let place = ["--steps", "520", "--regions", REGION, "--instance", net.id("instance")];
    net.machine.sure(&[&["pull", "quarantine-instance"], &place[..]].concat()).ends(0);
    let cut = net.dump();
    let interfaces = items(&cut, "interfaces").values();
    let addresses: BTreeSet<String> = interfaces
        .filter(|eni| eni["Attachment"]["InstanceId"] == net.id("instance"))
        .map(|eni| format!("{}/32", eni["PrivateIpAddress"].as_str().unwrap()))
        .collect();
    assert_eq!(addresses.len(), 2, "an interface in two subnets");
    let denied = |egress: bool| -> BTreeSet<String> {
        let entries = items(&cut, "acls").values().flat_map(|acl| list(acl, "Entries"));
        let denies = entries.filter(|entry| entry["RuleAction"] == "deny" && entry["Egress"] == egress);
        denies.filter_map(|entry| entry["CidrBlock"].as_str().map(str::to_owned)).collect()
    };
    assert!(addresses.is_subset(&denied(false)) && addresses.is_subset(&denied(true)), "{addresses:?}");
    net.is_put_back();
}

#[test]
fn the_network_is_cut_by_what_moto_has_and_the_rest_is_said() {
    let net = Network::new();
    let place = ["network-fast", "--regions", REGION, "--vpc", net.id("vpc")];
    let pulled = net.machine.sure(&[&["pull"], &place[..]].concat());
    let pulled = pulled.says_not("FAILED").says_not("differ from the prediction");
    let cut = net.dump();
    for (subnet, out) in ways_out(&cut, net.id("vpc")) {
        assert_eq!(out, ["local"].into(), "{subnet}");
    }
    let mut within = cut;
    for section in ["acls", "subnets"] {
        let items = within.json[section][REGION].as_object_mut().unwrap();
        items.retain(|_, item| item["VpcId"] == net.id("vpc"));
    }
    within.json["acls"].as_object_mut().unwrap().retain(|region, _| region == REGION);
    subnets_are_cut(&within);
    let gaps = pulled.out.contains(" GAP ");
    assert_eq!(pulled.code, Some(if gaps { 4 } else { 0 }), "{}", pulled.out);
    assert!(net.proxy.log().iter().filter(|seen| seen.write).all(|seen| seen.region == REGION));
    net.is_put_back();
}
