use serde_json::{Value, json};

use super::*;
use crate::account::{
    Authorization, ClientConnection, ClientVpn, RouteTable, Seen, TransitAttachment as Transit,
    VirtualInterface as Interface, VpnConnection, VpnGateway as Gateway,
};
use crate::sim::sample::{self, ME, OTHER, REGION};
use crate::sim::sample_network::{made_route, route};
use crate::step::{Lens as _, Scope, Verdict};
use crate::steps::shared::testing::{self, verdicts};

fn case(scope: Scope) -> Case {
    Case { scope, ..testing::case(&[]) }
}

fn keep(cidr: &str) -> Scope {
    Scope { keep_cidrs: [cidr.to_owned()].into(), ..Scope::default() }
}

/// One table, one gateway, one endpoint, two virtual interfaces; the caller is `oncall`.
fn account() -> Account {
    let mut account = sample::account();
    account.regions.remove("eu-west-1");
    let here = account.regions.get_mut(REGION).unwrap();
    let table = RouteTable {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        main: true,
        propagating: ["vgw-1".to_owned()].into(),
        routes: [
            made_route("172.16.0.0/12", "vgw-1"),
            route("192.168.0.0/16", "vgw-1", "EnableVgwRoutePropagation"),
        ]
        .into(),
        ..RouteTable::default()
    };
    let spare = RouteTable { main: false, ..table.clone() };
    here.route_tables = Seen::Read([("rtb-1".into(), table), ("rtb-2".into(), spare)].into());
    let gateway = Gateway {
        vpc: Some("vpc-1".into()),
        attachment: "attached".into(),
        state: "available".into(),
        ..Gateway::default()
    };
    here.vpn_gateways = Seen::Read([("vgw-1".into(), gateway)].into());
    let interface = |owner: &str, gateway: &str, state: &str| Interface {
        owner: owner.into(),
        gateway: Some(gateway.into()),
        state: state.into(),
        ..Interface::default()
    };
    here.virtual_interfaces = Seen::Read(
        [
            ("dxvif-down".into(), interface(ME, "vgw-1", "down")),
            ("dxvif-ours".into(), interface(ME, "vgw-1", "available")),
            ("dxvif-public".into(), interface(ME, "", "available")),
            ("dxvif-theirs".into(), interface(OTHER, "vgw-1", "available")),
        ]
        .into(),
    );
    let endpoint = ClientVpn {
        vpc: Some("vpc-1".into()),
        client_cidr: Some("10.250.0.0/22".into()),
        authorizations: [Authorization { cidr: "10.0.0.0/16".into(), ..Authorization::default() }].into(),
        client_connections: [("cvpn-connection-1".into(), client("lee"))].into(),
        ..ClientVpn::default()
    };
    here.client_vpns = Seen::Read([("cvpn-endpoint-1".into(), endpoint)].into());
    here.transit_attachments = Seen::Read([].into());
    here.vpn_connections = Seen::Read([].into());
    account
}

fn client(user: &str) -> ClientConnection {
    ClientConnection { user: user.into(), client_ip: None, status: "active".into() }
}

/// Every target of a kind with what the step wants of it.
fn wanted(account: &Account, case: &Case, kind: &str) -> Vec<(String, Verdict<Value>)> {
    let all = verdicts(&VpnDirectConnect, account, case).into_iter();
    all.filter(|(at, ..)| at.kind == kind).map(|(at, _, verdict)| (at.id, verdict)).collect()
}

fn refused(verdicts: &[(String, Verdict<Value>)]) -> usize {
    verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Refuse(_))).count()
}

#[test]
fn a_table_that_serves_no_subnet_is_left() {
    let routes = wanted(&account(), &case(Scope::default()), Route::KIND);
    let expected =
        [("rtb-1/172.16.0.0/12", Verdict::Change(Value::Null)), ("rtb-2/172.16.0.0/12", Verdict::Already)];
    assert_eq!(routes, expected.map(|(id, verdict)| (id.to_owned(), verdict)));
    let propagation = wanted(&account(), &case(Scope::default()), Propagation::KIND);
    let expected = [("rtb-1/vgw-1", Verdict::Change(json!(false))), ("rtb-2/vgw-1", Verdict::Already)];
    assert_eq!(propagation, expected.map(|(id, verdict)| (id.to_owned(), verdict)));
}

#[test]
fn a_test_runs_only_on_an_interface_of_our_own_that_is_up() {
    let verdicts = wanted(&account(), &case(Scope::default()), VirtualInterface::KIND);
    let changed: Vec<_> =
        verdicts.iter().filter(|(_, v)| matches!(v, Verdict::Change(_))).map(|(id, _)| id).collect();
    assert_eq!(changed, ["dxvif-ours", "dxvif-public"]);
    let Verdict::Refuse(why) = &verdicts[3].1 else { panic!("not ours") };
    assert!(why.contains(OTHER), "{why}");
}

#[test]
fn an_interface_is_in_scope_by_the_vpc_of_its_gateway() {
    let scope = |vpc: &str| Scope { vpcs: Some([vpc.to_owned()].into()), ..Scope::default() };
    let ids = |vpc| {
        wanted(&account(), &case(scope(vpc)), VirtualInterface::KIND)
            .into_iter()
            .map(|(id, _)| id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("vpc-1"), ["dxvif-down", "dxvif-ours", "dxvif-theirs"]);
    assert_eq!(ids("vpc-2"), [""; 0]);
}

#[test]
fn what_carries_a_kept_cidr_is_left_unless_it_is_given_up() {
    let account = account();
    let count = |scope: &Scope, kind| refused(&wanted(&account, &case(scope.clone()), kind));
    let office = keep("172.16.5.0/24");
    assert_eq!(count(&office, Route::KIND), 1);
    assert_eq!(count(&office, Propagation::KIND), 0, "another route carries it");
    assert_eq!(count(&office, VirtualInterface::KIND), 4, "of a public one nothing tells");
    assert_eq!(count(&keep("192.168.0.9"), Propagation::KIND), 1);
    assert_eq!(count(&keep("10.250.1.0/24"), Rule::KIND), 1);
    let given_up = Scope { lose_my_path: true, ..office };
    assert_eq!(count(&given_up, Route::KIND), 0);
    assert_eq!(count(&given_up, VirtualInterface::KIND), 2);
}

#[test]
fn the_endpoint_of_the_callers_own_connection_is_left_whole() {
    let mut account = account();
    let count = |account: &Account, scope: Scope| {
        let case = case(scope);
        [Rule::KIND, Client::KIND].map(|kind| refused(&wanted(account, &case, kind)))
    };
    assert_eq!(count(&account, Scope::default()), [0, 0]);
    let endpoints = account.regions.get_mut(REGION).unwrap().client_vpns.read_mut().unwrap();
    let connections = &mut endpoints.get_mut("cvpn-endpoint-1").unwrap().client_connections;
    connections.insert("cvpn-connection-2".into(), client("OnCall"));
    assert_eq!(count(&account, Scope::default()), [1, 2]);
    assert_eq!(count(&account, Scope { lose_my_path: true, ..Scope::default() }), [0, 0]);
    // A role session has a name of its own, and root has none.
    account.caller.arn = format!("arn:aws:sts::{ME}:assumed-role/Oncall/lee");
    assert_eq!(count(&account, Scope::default()), [1, 2]);
    account.caller.arn = format!("arn:aws:iam::{ME}:root");
    assert_eq!(count(&account, Scope::default()), [0, 0]);
}

#[test]
fn connections_end_after_the_rules_and_stay_ended() {
    let account = account();
    let case = case(Scope::default());
    let rank = |kind: &str| {
        let items = VpnDirectConnect.find(&account, &case).items;
        items.into_iter().find(|item| item.at.kind == kind).unwrap().rank
    };
    assert!(rank(Rule::KIND) < rank(Client::KIND));
    let [(_, verdict)] = wanted(&account, &case, Client::KIND).try_into().unwrap();
    assert!(matches!(verdict, Verdict::Lasting(Value::Bool(false), _)));
}

#[test]
fn a_plan_says_until_when_a_test_runs() {
    let mut account = account();
    let interfaces = account.regions.get_mut(REGION).unwrap().virtual_interfaces.read_mut().unwrap();
    interfaces.get_mut("dxvif-ours").unwrap().failover_test = Some(crate::account::FailoverTest {
        ends_at: Some("2026-01-04T03:00:00Z".into()),
        ..Default::default()
    });
    let found = VpnDirectConnect.find(&account, &case(Scope::default()));
    assert!(found.findings.iter().any(|finding| finding.text.contains("2026-01-04T03:00:00Z")));
    let verdicts = wanted(&account, &case(Scope::default()), VirtualInterface::KIND);
    assert_eq!(verdicts[1].1, Verdict::Already);
}

#[test]
fn client_vpn_at_a_transit_gateway_loses_the_rules_of_the_vpcs_in_scope() {
    let mut account = account();
    let here = account.regions.get_mut(REGION).unwrap();
    let attached = Transit {
        gateway: "tgw-1".into(),
        kind: "vpc".into(),
        resource: "vpc-1".into(),
        ..Transit::default()
    };
    here.transit_attachments = Seen::Read([("tgw-attach-1".into(), attached)].into());
    let rule = |cidr: &str| Authorization { cidr: cidr.into(), ..Authorization::default() };
    let endpoint = here.client_vpns.read_mut().unwrap().get_mut("cvpn-endpoint-1").unwrap();
    (endpoint.vpc, endpoint.transit_gateway) = (None, Some("tgw-1".into()));
    endpoint.authorizations = [rule("0.0.0.0/0"), rule("10.0.1.0/24")].into();
    let scope = |vpc: &str| Scope { vpcs: Some([vpc.to_owned()].into()), ..Scope::default() };
    let rules = wanted(&account, &case(scope("vpc-1")), Rule::KIND);
    assert!(matches!(&rules[0].1, Verdict::Refuse(why) if why.contains("not all of that is in scope")));
    assert_eq!(rules[1].1, Verdict::Change(Value::Null));
    let clients = wanted(&account, &case(scope("vpc-1")), Client::KIND);
    assert!(matches!(&clients[0].1, Verdict::Refuse(why) if why.contains("a run on the whole Region")));
    assert!(wanted(&account, &case(scope("vpc-2")), Rule::KIND).is_empty(), "vpc-2 is not attached");
    assert_eq!(refused(&wanted(&account, &case(Scope::default()), Rule::KIND)), 0);
    assert_eq!(refused(&wanted(&account, &case(Scope::default()), Client::KIND)), 0);
}

#[test]
fn a_vpn_says_what_it_ends_at_and_which_step_cuts_the_way_to_it() {
    let mut account = account();
    let here = account.regions.get_mut(REGION).unwrap();
    let core = "arn:aws:networkmanager::111111111111:core-network/core-1";
    let ends =
        [("vpn-1", Some("tgw-1")), ("vpn-2", Some(core)), ("vpn-3", Some("concentrator-1")), ("vpn-4", None)];
    let vpn = |gateway: Option<&str>| VpnConnection {
        gateway: gateway.map(Into::into),
        ..VpnConnection::default()
    };
    here.vpn_connections = Seen::Read(ends.map(|(id, gateway)| (id.to_owned(), vpn(gateway))).into());
    let found = VpnDirectConnect.find(&account, &case(Scope::default()));
    let said = |id: &str| {
        let of = |finding: &&crate::step::Finding| finding.text.starts_with(&format!("VPN {id} "));
        found.findings.iter().find(of).unwrap().text.clone()
    };
    assert!(said("vpn-1").ends_with("580 cuts the routes to it"));
    assert!(said("vpn-2").contains(core) && said("vpn-2").ends_with("580 cuts the routes to it"));
    assert!(said("vpn-3").contains("concentrator-1") && said("vpn-3").contains("no step cuts it"));
    assert!(said("vpn-4").contains("no gateway that AWS names") && said("vpn-4").contains("no step cuts it"));
}
