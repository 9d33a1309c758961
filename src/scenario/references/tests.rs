use super::dangling;
use crate::account::{Account, OrganizationTree, Region};

const ME: &str = "444455556666";

/// A VPC with one subnet, and another account's subnet, in one Region.
const SOUND: &str = r#"
id = "444455556666"
caller = { arn = "arn:aws:iam::444455556666:root", user_id = "444455556666" }
[regions.eu-west-1]
vpcs.read.vpc-1 = { owner = "444455556666", cidrs = ["10.0.0.0/16"], ipv6_cidrs = ["2001:db8::/56"] }
vpcs.read.vpc-9 = { owner = "777788889999", cidrs = ["10.9.0.0/16"] }
subnets.read.subnet-1 = { vpc = "vpc-1" }
subnets.read.subnet-9 = { vpc = "vpc-9" }
groups.read.sg-1 = { vpc = "vpc-1", name = "default" }
acls.read.acl-1 = { vpc = "vpc-1", is_default = true, subnets = ["subnet-1"] }
acls.read.acl-9 = { vpc = "vpc-9", is_default = true, subnets = ["subnet-9"] }
[regions.eu-west-1.route_tables.read.rtb-1]
vpc = "vpc-1"
owner = "444455556666"
main = true
routes = [
  { destination = "10.0.0.0/16", target = "local" },
  { destination = "2001:db8::/56", target = "local" },
]
"#;

/// What is wrong with the sound account and this in its Region.
fn said(more: &str) -> Vec<String> {
    let text = format!("{SOUND}\n[regions.eu-west-1.{more}");
    let mut account: Account = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    for region in account.regions.values_mut() {
        region.fill_from(Region::empty());
    }
    assert_eq!(account.id, ME);
    dangling(&account)
        .into_iter()
        .map(|sentence| sentence.trim_start_matches("eu-west-1 ").to_owned())
        .collect()
}

/// A second route table of the VPC with one route.
fn route(destination: &str, target: &str) -> String {
    let local = r#"{ destination = "10.0.0.0/16", target = "local" }, { destination = "2001:db8::/56", target = "local" }"#;
    format!(
        "route_tables.read.rtb-2]\nvpc = \"vpc-1\"\nowner = \"444455556666\"\n\
         routes = [{local}, {{ destination = \"{destination}\", target = \"{target}\" }}]"
    )
}

#[test]
fn a_vpc_is_of_one_region() {
    let mut account: Account = toml::from_str(SOUND).unwrap();
    let here = account.regions["eu-west-1"].clone();
    account.regions.insert("us-west-2".into(), here);
    let said = dangling(&account);
    let wanted = "vpc-1 is in eu-west-1 and in us-west-2: an id is of one Region";
    assert!(said.iter().any(|line| line == wanted), "{said:?}");
}

#[test]
fn the_sound_account_is_sound() {
    assert_eq!(said("route_tables.read]"), [] as [&str; 0]);
}

#[test]
fn a_route_leads_to_what_is_there_and_to_its_own_vpc() {
    for (target, what) in [
        ("igw-1", "internet gateway"),
        ("eigw-1", "egress-only gateway"),
        ("nat-1", "NAT gateway"),
        ("vgw-1", "virtual private gateway"),
        ("eni-1", "interface"),
        ("vpce-1", "endpoint"),
        ("pcx-1", "peering"),
    ] {
        let absent = format!("rtb-2 names the {what} {target:?}, which is not there");
        assert_eq!(said(&route("0.0.0.0/0", target)), [absent]);
    }
    assert_eq!(said(&route("0.0.0.0/0", "tgw-1")), ["rtb-2 routes to tgw-1, to which vpc-1 is not attached"]);
    assert_eq!(said(&route("pl-1", "local")), ["rtb-2 names the prefix list \"pl-1\", which is not there"]);
    for (target, there, wrong) in [
        (
            "igw-1",
            "internet_gateways.read.igw-1]\nvpc = \"vpc-9\"",
            "rtb-2 is in vpc-1, its internet gateway in vpc-9",
        ),
        ("igw-1", "internet_gateways.read.igw-1]", "rtb-2 routes to igw-1, which is attached to no VPC"),
        (
            "eigw-1",
            "egress_gateways.read.eigw-1]\nvpc = \"vpc-9\"",
            "rtb-2 is in vpc-1, its egress-only gateway in vpc-9",
        ),
        ("nat-1", "nat_gateways.read.nat-1]\nvpc = \"vpc-9\"", "rtb-2 is in vpc-1, its NAT gateway in vpc-9"),
        (
            "vgw-1",
            "vpn_gateways.read.vgw-1]\nvpc = \"vpc-9\"",
            "rtb-2 is in vpc-1, its virtual private gateway in vpc-9",
        ),
        ("vpce-1", "endpoints.read.vpce-1]\nvpc = \"vpc-9\"", "rtb-2 is in vpc-1, its endpoint in vpc-9"),
        (
            "pcx-1",
            "peerings.read.pcx-1]\nrequester = { vpc = \"vpc-9\", owner = \"444455556666\", region = \"eu-west-1\" }",
            "rtb-2 routes to pcx-1, which does not peer vpc-1",
        ),
    ] {
        let more = format!("{}\n[regions.eu-west-1.{there}", route("0.0.0.0/0", target));
        assert_eq!(said(&more), [wrong]);
    }
}

#[test]
fn what_is_gone_may_be_routed_to_as_a_blackhole() {
    let gone = route("0.0.0.0/0", "igw-1").replace("\"igw-1\"", "\"igw-1\", blackhole = true");
    assert_eq!(said(&gone), [] as [&str; 0]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table, a few lines per kind of thing")]
fn what_stands_in_a_vpc_or_leads_out_of_it_stands_on_something() {
    for (more, wrong) in [
        (
            "route_tables.read.rtb-2]\nvpc = \"vpc-9\"\nmain = true\nsubnets = [\"subnet-1\"]",
            &["rtb-2 is in vpc-9, its subnet in vpc-1"][..],
        ),
        (
            "route_tables.read]\nrtb-2 = { vpc = \"vpc-9\", subnets = [\"subnet-9\"] }\nrtb-3 = { vpc = \"vpc-9\", subnets = [\"subnet-9\"] }",
            &["subnet-9 is in two route tables: rtb-2, rtb-3"],
        ),
        (
            "route_tables.read.rtb-2]\nvpc = \"vpc-1\"\nmain = true\nroutes = [{ destination = \"10.0.0.0/16\", target = \"local\" }]",
            &["vpc-1 has 2 main route tables", "rtb-2 has no local route for 2001:db8::/56"],
        ),
        (
            "route_tables.read.rtb-2]\nvpc = \"vpc-9\"\nowner = \"444455556666\"\npropagating = [\"vgw-1\"]\ngateways = [\"igw-1\", \"vgw-2\"]",
            &[
                "rtb-2 names the virtual private gateway \"vgw-1\", which is not there",
                "rtb-2 names the internet gateway \"igw-1\", which is not there",
                "rtb-2 names the virtual private gateway \"vgw-2\", which is not there",
            ],
        ),
        (
            "internet_gateways.read]\nigw-1 = { vpc = \"vpc-9\" }\nigw-2 = { vpc = \"vpc-9\" }\nigw-3 = { vpc = \"vpc-3\" }",
            &[
                "vpc-9 has two internet gateways: igw-1, igw-2",
                "igw-3 names the VPC \"vpc-3\", which is not there",
            ],
        ),
        (
            "egress_gateways.read.eigw-1]\nvpc = \"vpc-3\"",
            &["eigw-1 names the VPC \"vpc-3\", which is not there"],
        ),
        (
            "nat_gateways.read.nat-1]\nvpc = \"vpc-1\"\nsubnet = \"subnet-9\"\naddresses = [{ interface = \"eni-1\", allocation = \"eipalloc-1\" }]",
            &[
                "nat-1 is in vpc-1, its subnet in vpc-9",
                "nat-1 names the interface \"eni-1\", which is not there",
                "nat-1 names the Elastic IP address \"eipalloc-1\", which is not there",
            ],
        ),
        (
            "addresses.read.eipalloc-1]\npublic_ip = \"198.51.100.1\"\ninterface = \"eni-1\"\n[regions.eu-west-1.interfaces.read.eni-1]\nvpc = \"vpc-1\"\nsubnet = \"subnet-1\"\npublic_ip = \"198.51.100.2\"",
            &[
                "eipalloc-1 is on eni-1, which does not have 198.51.100.1",
                "eni-1 has a public address, vpc-1 no internet gateway",
            ],
        ),
        ("vpn_gateways.read.vgw-1]\nvpc = \"vpc-3\"", &["vgw-1 names the VPC \"vpc-3\", which is not there"]),
        (
            "vpn_connections.read.vpn-1]\ngateway = \"vgw-1\"",
            &["vpn-1 names the virtual private gateway \"vgw-1\", which is not there"],
        ),
        (
            "virtual_interfaces.read.dxvif-1]\ngateway = \"vgw-1\"",
            &["dxvif-1 names the virtual private gateway \"vgw-1\", which is not there"],
        ),
        (
            "client_vpns.read.cvpn-1]\nvpc = \"vpc-3\"\ngroups = [\"sg-2\"]\ntargets = [\"subnet-2\"]",
            &[
                "cvpn-1 names the VPC \"vpc-3\", which is not there",
                "cvpn-1 names the group \"sg-2\", which is not there",
                "cvpn-1 names the subnet \"subnet-2\", which is not there",
            ],
        ),
        (
            "transit_attachments.read]\ntgw-attach-1 = { kind = \"vpc\", resource = \"vpc-3\", resource_owner = \"444455556666\" }\ntgw-attach-2 = { kind = \"vpn\", resource = \"vpn-1\", resource_owner = \"444455556666\" }",
            &[
                "tgw-attach-1 names the VPC \"vpc-3\", which is not there",
                "tgw-attach-2 names the VPN connection \"vpn-1\", which is not there",
            ],
        ),
        (
            "peerings.read]\npcx-1 = { requester = { vpc = \"vpc-3\", owner = \"444455556666\", region = \"eu-west-1\" } }\npcx-2 = {}",
            &[
                "pcx-1 names the VPC \"vpc-3\", which is not there",
                "pcx-2 has no side in this account and Region",
            ],
        ),
        (
            "endpoints.read.vpce-1]\nvpc = \"vpc-3\"\nroute_tables = [\"rtb-1\", \"rtb-2\"]\nsubnets = [\"subnet-2\"]\ngroups = [\"sg-2\"]\ninterfaces = [\"eni-1\"]",
            &[
                "vpce-1 names the route table rtb-1, which has no route to it",
                "vpce-1 names the route table \"rtb-2\", which is not there",
                "vpce-1 names the VPC \"vpc-3\", which is not there",
                "vpce-1 names the subnet \"subnet-2\", which is not there",
                "vpce-1 names the group \"sg-2\", which is not there",
                "vpce-1 names the interface \"eni-1\", which is not there",
            ],
        ),
        (
            "connect_endpoints.read.eice-1]\nvpc = \"vpc-1\"\nsubnet = \"subnet-2\"\ngroups = [\"sg-2\"]\ninterfaces = [\"eni-1\"]",
            &[
                "eice-1 names the subnet \"subnet-2\", which is not there",
                "eice-1 names the group \"sg-2\", which is not there",
                "eice-1 names the interface \"eni-1\", which is not there",
            ],
        ),
        (
            "endpoint_services.read.vpce-svc-1]\nload_balancers = [\"lb-1\"]",
            &["vpce-svc-1 names the load balancer \"lb-1\", which is not there"],
        ),
        (
            "load_balancers.read.lb-1]\nvpc = \"vpc-1\"\nsubnets = [\"subnet-2\"]\ngroups = [\"sg-2\"]",
            &[
                "lb-1 names the subnet \"subnet-2\", which is not there",
                "lb-1 names the group \"sg-2\", which is not there",
            ],
        ),
        (
            "target_groups.read.tg-1]\nkind = \"instance\"\nload_balancers = [\"lb-1\"]\ntargets = [{ id = \"i-1\" }]",
            &[
                "tg-1 names the load balancer \"lb-1\", which is not there",
                "tg-1 names the instance \"i-1\", which is not there",
            ],
        ),
        (
            "scaling_groups.read.web]\ntarget_groups = [\"tg-1\"]\nstandby = [\"i-1\"]",
            &[
                "web names the target group \"tg-1\", which is not there",
                "web has i-1 in standby, which is not in the group",
            ],
        ),
        (
            "databases.read.db-1]\nsubnets = [\"subnet-2\"]\ngroups = [\"sg-2\"]",
            &[
                "db-1 names the subnet \"subnet-2\", which is not there",
                "db-1 names the group \"sg-2\", which is not there",
            ],
        ),
        (
            "vpc_block.read]\nexclusions = { ex-1 = { resource = \"arn:aws:ec2:eu-west-1:1:subnet/subnet-2\" }, ex-2 = { resource = \"arn:aws:ec2:eu-west-1:1:vpc/vpc-2\" } }",
            &[
                "ex-1 names the subnet \"subnet-2\", which is not there",
                "ex-2 names the VPC \"vpc-2\", which is not there",
            ],
        ),
        (
            "sessions.read]\ns-1 = { target = \"i-1\" }\ns-2 = { target = \"mi-1\" }",
            &["s-1 names the instance \"i-1\", which is not there"],
        ),
        (
            "instances.read.i-1]\nvpc = \"vpc-1\"\nsubnet = \"subnet-1\"\ndisks = { sda = { volume = \"vol-1\" } }\n[regions.eu-west-1.interfaces.read.eni-1]\nvpc = \"vpc-1\"\nsubnet = \"subnet-1\"\ninstance = \"i-1\"",
            &["i-1 names the volume \"vol-1\", which is not there"],
        ),
        ("instance_attributes.read.i-1]", &["an attribute names the instance \"i-1\", which is not there"]),
        (
            "container_services.read.shop]\nsubnets = [\"subnet-2\"]",
            &["shop names the subnet \"subnet-2\", which is not there"],
        ),
        (
            "spot_fleets.read.sfr-1]\nsubnets = [\"subnet-2\"]",
            &["sfr-1 names the subnet \"subnet-2\", which is not there"],
        ),
        (
            "dns_firewall.read]\nassociations = [{ vpc = \"vpc-3\", rule_group = \"rg-1\", name = \"block\" }]\nfail_open = [\"vpc-4\"]",
            &[
                "block names the VPC \"vpc-3\", which is not there",
                "block names the rule group \"rg-1\", which is not there",
                "the DNS firewall names the VPC \"vpc-4\", which is not there",
            ],
        ),
        (
            "groups.read.sg-2]\nvpc = \"vpc-1\"\ningress = [{ protocol = \"-1\", peer = { prefix-list = \"pl-1\" } }]",
            &["sg-2 names the prefix list \"pl-1\", which is not there"],
        ),
    ] {
        assert_eq!(said(more), wrong, "{more}");
    }
}

#[test]
fn an_interface_that_aws_runs_belongs_to_something() {
    for (kind, of) in [
        ("nat_gateway", "NAT gateway"),
        ("vpc_endpoint", "endpoint"),
        ("ec2_instance_connect_endpoint", "Instance Connect endpoint"),
    ] {
        let more = format!(
            "interfaces.read.eni-1]\nvpc = \"vpc-1\"\nsubnet = \"subnet-1\"\nowner = \"444455556666\"\nkind = \"{kind}\""
        );
        assert_eq!(said(&more), [format!("eni-1 is an interface of no {of}")]);
    }
}

#[test]
fn an_organization_holds_together() {
    let mut account: Account = toml::from_str(SOUND).unwrap();
    for region in account.regions.values_mut() {
        region.fill_from(Region::empty());
    }
    account.organization = crate::sim::sample::organization(ME);
    assert_eq!(dangling(&account), Vec::<String>::new());
    let with = |change: fn(&mut OrganizationTree)| {
        let mut account = account.clone();
        let organization = account.organization.read_mut().unwrap().as_mut().unwrap();
        organization.tree.read_mut().map(change).unwrap();
        dangling(&account).join("; ")
    };
    assert!(with(|tree| drop(tree.levels.pop())).contains("do not lead from its root to the account"));
    assert!(with(|tree| drop(tree.levels.remove(1))).contains("is not in r-5a3b"));
    let gone = with(|tree| drop(tree.policies.read_mut().unwrap().remove("p-FullAWSAccess")));
    assert!(gone.contains("names the policy \"p-FullAWSAccess\""), "{gone}");
}
