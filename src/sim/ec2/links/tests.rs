//! The sections of links: collected as they were simulated, and refused as AWS refuses.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::account::{
    Account, Authorization, BgpPeer, ClientConnection, ClientVpn, EndpointConnection, EndpointService,
    FailoverTest, Peering, PeeringSide, Region, Section, Seen, Session, TransitAttachment, VirtualInterface,
    VpnConnection, VpnGateway,
};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::directconnect::{StartBgpFailoverTest, StopBgpFailoverTest};
use crate::aws::plain::services::ssm::TerminateSession;
use crate::collect::{Ask, identify, read};
use crate::sim::Simulation;
use crate::sim::probe::code;
use crate::sim::sample::{self, ME, OTHER, REGION, tag};

fn map<T>(items: impl IntoIterator<Item = (&'static str, T)>) -> Seen<BTreeMap<String, T>> {
    Seen::Read(items.into_iter().map(|(id, item)| (id.to_owned(), item)).collect())
}

fn set(items: &[&str]) -> std::collections::BTreeSet<String> {
    items.iter().map(ToString::to_string).collect()
}

/// The sample's VPCs with one or two of every kind of link.
pub(crate) fn account() -> Account {
    let mut account = sample::account();
    account.regions.remove("eu-west-1");
    account.enabled_regions = Seen::Read(set(&[REGION]));
    let vpcs = account.regions.remove(REGION).unwrap().vpcs;
    account.regions.insert(REGION.into(), Region { vpcs, ..links() });
    account
}

fn links() -> Region {
    let attached = VpnGateway {
        vpc: Some("vpc-1".into()),
        attachment: "attached".into(),
        state: "available".into(),
        asn: Some(64_512),
        tags: tag("Name", "office"),
    };
    let spare = VpnGateway { vpc: None, attachment: String::new(), ..attached.clone() };
    let vpn = |gateway: &str| VpnConnection {
        gateway: Some(gateway.into()),
        customer_gateway: "cgw-1".into(),
        state: "available".into(),
        static_routes: set(&["192.168.0.0/16", "172.16.0.0/12"]),
        tunnels: [("198.51.100.1".into(), "UP".into()), ("198.51.100.2".into(), "DOWN".into())].into(),
        tags: tag("Name", "office"),
    };
    let transit = |owner: &str, table: Option<&str>, association: &str| TransitAttachment {
        gateway: "tgw-1".into(),
        gateway_owner: owner.into(),
        kind: "vpc".into(),
        resource: "vpc-1".into(),
        resource_owner: ME.into(),
        state: "available".into(),
        table: table.map(Into::into),
        association: association.into(),
        tags: tag("Name", "hub"),
    };
    let side = |vpc: &str, owner: &str| PeeringSide {
        vpc: vpc.into(),
        owner: owner.into(),
        region: REGION.into(),
        cidrs: set(&["10.0.0.0/16", "10.1.0.0/16"]),
        ipv6_cidrs: set(&["2001:db8::/56"]),
    };
    let peering = |state: &str| Peering {
        requester: side("vpc-1", ME),
        accepter: side("vpc-9", OTHER),
        state: state.into(),
        tags: tag("Name", "partner"),
    };
    Region {
        vpn_gateways: map([("vgw-1", attached), ("vgw-2", spare)]),
        vpn_connections: map([
            ("vpn-1", vpn("vgw-1")),
            ("vpn-2", vpn("tgw-1")),
            ("vpn-3", vpn("arn:aws:networkmanager::111111111111:core-network/core-1")),
            ("vpn-4", vpn("concentrator-1")),
        ]),
        client_vpns: map([
            ("cvpn-endpoint-1", client_vpn()),
            ("cvpn-endpoint-2", ClientVpn { status: "pending-associate".into(), ..ClientVpn::default() }),
        ]),
        virtual_interfaces: map([
            ("dxvif-1", interface(ME, "available", "vgw-1")),
            ("dxvif-2", interface(OTHER, "available", "dxgw-1")),
            ("dxvif-3", interface(ME, "testing", "dxgw-1")),
        ]),
        transit_attachments: map([
            ("tgw-attach-1", transit(ME, Some("tgw-rtb-1"), "associated")),
            ("tgw-attach-2", transit(OTHER, None, "")),
            ("tgw-attach-3", transit(ME, None, "")),
        ]),
        peerings: map([("pcx-1", peering("active")), ("pcx-2", peering("pending-acceptance"))]),
        endpoint_services: map([
            ("vpce-svc-1", service()),
            ("vpce-svc-2", EndpointService { state: "available".into(), ..EndpointService::default() }),
        ]),
        serial_console: Seen::Read(true),
        sessions: map([("kim-1", session("i-1", "Connected")), ("lee-1", session("mi-1", "Connected"))]),
        ..Region::default()
    }
}

fn client_vpn() -> ClientVpn {
    let rule = |cidr: &str, group: Option<&str>, description: Option<&str>| Authorization {
        cidr: cidr.into(),
        group: group.map(Into::into),
        description: description.map(Into::into),
        status: "active".into(),
    };
    let client = |user: &str| ClientConnection {
        user: user.into(),
        client_ip: Some("10.250.0.2".into()),
        status: "active".into(),
    };
    ClientVpn {
        transit_gateway: Some("tgw-1".into()),
        vpc: Some("vpc-1".into()),
        status: "available".into(),
        client_cidr: Some("10.250.0.0/22".into()),
        groups: set(&["sg-1", "sg-2"]),
        targets: set(&["subnet-1a", "subnet-1b"]),
        authorizations: [rule("10.0.0.0/16", None, Some("all")), rule("10.0.0.0/16", Some("S-1-5-21"), None)]
            .into(),
        client_connections: [
            ("cvpn-connection-1".into(), client("kim")),
            ("cvpn-connection-2".into(), client("lee")),
        ]
        .into(),
        tags: tag("Name", "staff"),
    }
}

fn interface(owner: &str, state: &str, gateway: &str) -> VirtualInterface {
    let status = if state == "available" { "up" } else { "down" };
    let peer = |family: &str| BgpPeer { family: family.into(), status: status.into() };
    VirtualInterface {
        owner: owner.into(),
        name: "office".into(),
        kind: "private".into(),
        gateway: Some(gateway.into()),
        state: state.into(),
        peers: [("dxpeer-4".into(), peer("ipv4")), ("dxpeer-6".into(), peer("ipv6"))].into(),
        failover_test: (state == "testing").then(|| FailoverTest {
            peers: set(&["dxpeer-4", "dxpeer-6"]),
            ends_at: Some("2026-11-22T06:12:00Z".into()),
        }),
        tags: tag("Name", "office"),
    }
}

fn service() -> EndpointService {
    let connection = |state: &str| EndpointConnection { owner: OTHER.into(), state: state.into() };
    EndpointService {
        name: "com.amazonaws.vpce.us-east-1.vpce-svc-1".into(),
        state: "available".into(),
        acceptance_required: true,
        load_balancers: set(&[
            "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/gwy/a/1",
            "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/b/1",
        ]),
        connections: [
            ("vpce-1".into(), connection("available")),
            ("vpce-2".into(), connection("pendingacceptance")),
        ]
        .into(),
        tags: tag("Name", "billing"),
    }
}

fn session(host: &str, status: &str) -> Session {
    Session {
        target: host.into(),
        owner: format!("arn:aws:sts::{ME}:assumed-role/Oncall/kim"),
        status: status.into(),
        started: Some("2026-01-01T02:00:00Z".into()),
    }
}

async fn collected(simulation: &Simulation) -> Account {
    use Section::{
        ClientVpns, EndpointServices, Peerings, SerialConsole, Sessions, TransitAttachments,
        VirtualInterfaces, Vpcs, VpnConnections, VpnGateways,
    };
    let aws = Aws::simulated(simulation.clone());
    let known = identify(&aws).await.unwrap();
    let sections = [
        ClientVpns,
        EndpointServices,
        Peerings,
        SerialConsole,
        Sessions,
        TransitAttachments,
        VirtualInterfaces,
        Vpcs,
        VpnConnections,
        VpnGateways,
    ];
    let ask = Ask { sections: sections.into(), ..Ask::default() };
    let mut account = read(&aws, &known, &ask, &|_, _| {}).await;
    account.caller.access_key = None;
    account
}

#[tokio::test]
async fn collecting_a_simulated_account_gives_the_same_account() {
    let simulation = Simulation::new(account());
    assert_eq!(collected(&simulation).await, account());
    simulation.one_item_a_page();
    assert_eq!(collected(&simulation).await, account());
}

fn begin() -> (Simulation, Aws) {
    let simulation = Simulation::new(account());
    (simulation.clone(), Aws::simulated(simulation))
}

fn here<T>(simulation: &Simulation, at: impl FnOnce(&Region) -> T) -> T {
    simulation.look(|account| at(&account.regions[REGION]))
}

#[tokio::test]
async fn a_gateway_is_detached_after_a_while_and_not_attached_before() {
    let (simulation, aws) = begin();
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let detach = || ec2.detach_vpn_gateway().vpn_gateway_id("vgw-1").vpc_id("vpc-1").send();
    let attach =
        |gateway: &str, vpc: &str| ec2.attach_vpn_gateway().vpn_gateway_id(gateway).vpc_id(vpc).send();
    let attached = || here(&simulation, |here| here.vpn_gateways.item("vgw-1").unwrap().attachment.clone());
    assert_eq!(code(attach("vgw-2", "vpc-1").await), "VpnGatewayAttachmentLimitExceeded");
    assert_eq!(code(attach("vgw-2", "vpc-2").await), "UnauthorizedOperation");
    assert_eq!(code(attach("vgw-9", "vpc-1").await), "InvalidVpnGatewayID.NotFound");
    assert_eq!(code(detach().await), "none");
    assert_eq!(attached(), "detaching");
    assert_eq!(code(detach().await), "InvalidVpnGatewayAttachment.NotFound");
    assert_eq!(code(attach("vgw-1", "vpc-1").await), "InvalidVpnGatewayState");
    aws.clock().wait(Duration::from_secs(30)).await;
    assert_eq!(code(attach("vgw-1", "vpc-1").await), "none");
    assert_eq!(attached(), "attaching");
    aws.clock().wait(Duration::from_secs(30)).await;
    assert_eq!(collected(&simulation).await, account());
}

#[tokio::test]
async fn an_association_takes_a_while_and_only_the_owner_changes_it() {
    let (simulation, aws) = begin();
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let take = |id: &str, table: &str| {
        let take = ec2.disassociate_transit_gateway_route_table().transit_gateway_attachment_id(id);
        take.transit_gateway_route_table_id(table).send()
    };
    let give = |id: &str| {
        let give = ec2.associate_transit_gateway_route_table().transit_gateway_attachment_id(id);
        give.transit_gateway_route_table_id("tgw-rtb-1").send()
    };
    assert_eq!(code(take("tgw-attach-2", "tgw-rtb-1").await), "UnauthorizedOperation");
    assert_eq!(code(take("tgw-attach-3", "tgw-rtb-1").await), "IncorrectState");
    assert_eq!(code(take("tgw-attach-9", "tgw-rtb-1").await), "InvalidTransitGatewayAttachmentID.NotFound");
    assert_eq!(code(take("tgw-attach-1", "tgw-rtb-9").await), "InvalidAssociation.NotFound");
    assert_eq!(code(give("tgw-attach-1").await), "Resource.AlreadyAssociated");
    assert_eq!(code(take("tgw-attach-1", "tgw-rtb-1").await), "none");
    assert_eq!(code(give("tgw-attach-1").await), "IncorrectState");
    aws.clock().wait(Duration::from_secs(30)).await;
    assert_eq!(code(give("tgw-attach-1").await), "none");
    aws.clock().wait(Duration::from_secs(30)).await;
    assert_eq!(collected(&simulation).await, account());
}

#[tokio::test]
async fn a_client_that_is_ended_dials_in_again_while_a_rule_lets_it() {
    let (simulation, aws) = begin();
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let endpoint = "cvpn-endpoint-1";
    let known = |simulation: &Simulation| here(simulation, |h| h.client_vpns.item(endpoint).unwrap().clone());
    let end = |id: String| {
        ec2.terminate_client_vpn_connections().client_vpn_endpoint_id(endpoint).connection_id(id).send()
    };
    assert_eq!(code(end("cvpn-connection-9".into()).await), "InvalidClientVpnConnection.IdNotFound");
    assert_eq!(code(end("cvpn-connection-1".into()).await), "none");
    aws.clock().wait(Duration::from_secs(10)).await;
    collected(&simulation).await;
    let clients = known(&simulation).client_connections;
    assert_eq!(clients.len(), 2, "it is back");
    assert!(!clients.contains_key("cvpn-connection-1"), "under another id");
    let revoke = || {
        ec2.revoke_client_vpn_ingress().client_vpn_endpoint_id(endpoint).target_network_cidr("10.0.0.0/16")
    };
    assert_eq!(code(revoke().send().await), "MissingParameter");
    assert_eq!(code(revoke().revoke_all_groups(true).send().await), "none");
    assert_eq!(known(&simulation).authorizations.len(), 2, "the one for a group stays, the other is leaving");
    let authorize = ec2.authorize_client_vpn_ingress().client_vpn_endpoint_id(endpoint);
    let authorize = authorize.target_network_cidr("10.0.0.0/16").authorize_all_groups(true);
    assert_eq!(code(authorize.send().await), "InvalidClientVpnDuplicateAuthorizationRule");
    assert_eq!(code(revoke().access_group_id("S-1-5-21").send().await), "none");
    aws.clock().wait(Duration::from_secs(10)).await;
    let gone = revoke().access_group_id("S-1-5-21").send().await;
    assert_eq!(code(gone), "InvalidClientVpnEndpointAuthorizationRuleNotFound");
    for id in clients.into_keys() {
        assert_eq!(code(end(id).await), "none");
    }
    aws.clock().wait(Duration::from_secs(10)).await;
    collected(&simulation).await;
    assert_eq!(known(&simulation).client_connections.len(), 0);
}

#[tokio::test]
async fn a_failover_test_is_the_owners_and_ends_by_itself() {
    let (simulation, aws) = begin();
    let _phase = aws.enter(Phase::Apply);
    let start = async |id: &str, minutes: u32| {
        let body = json!({ "virtualInterfaceId": id, "testDurationInMinutes": minutes });
        code(aws.plain::<StartBgpFailoverTest>(REGION, PlainInput::new(body)).await)
    };
    let known =
        |simulation: &Simulation| here(simulation, |h| h.virtual_interfaces.item("dxvif-1").unwrap().clone());
    for (id, minutes) in [("dxvif-2", 60), ("dxvif-3", 60), ("dxvif-9", 60), ("dxvif-1", 4_321)] {
        assert_eq!(start(id, minutes).await, "DirectConnectClientException", "{id} for {minutes}");
    }
    assert_eq!(start("dxvif-1", 4_320).await, "none");
    let begun = known(&simulation);
    assert_eq!((begun.state.as_str(), begun.peers["dxpeer-4"].status.as_str()), ("testing", "up"));
    assert_eq!(begun.failover_test.unwrap().ends_at.unwrap(), "2026-11-25T03:12:00Z");
    aws.clock().wait(Duration::from_secs(10)).await;
    collected(&simulation).await;
    assert_eq!(known(&simulation).peers["dxpeer-6"].status, "down");
    aws.clock().wait(Duration::from_hours(71)).await;
    collected(&simulation).await;
    assert!(known(&simulation).failover_test.is_some(), "an hour is left");
    aws.clock().wait(Duration::from_hours(1)).await;
    collected(&simulation).await;
    assert_eq!(known(&simulation), account().regions[REGION].virtual_interfaces.read().unwrap()["dxvif-1"]);
    let stop = PlainInput::new(json!({ "virtualInterfaceId": "dxvif-1" }));
    let stop = aws.plain::<StopBgpFailoverTest>(REGION, stop).await;
    assert_eq!(code(stop), "DirectConnectClientException", "none runs any more");
}

#[tokio::test]
async fn a_connection_that_is_not_rejected_is_named_in_an_answer_that_succeeds() {
    let (simulation, aws) = begin();
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let reject =
        |id: &str| ec2.reject_vpc_endpoint_connections().service_id("vpce-svc-1").vpc_endpoint_ids(id);
    let state = || {
        here(&simulation, |h| {
            h.endpoint_services.item("vpce-svc-1").unwrap().connections["vpce-1"].state.clone()
        })
    };
    let answer = reject("vpce-1").vpc_endpoint_ids("vpce-9").send().await.unwrap();
    let [item] = answer.unsuccessful() else { panic!("one is not there: {answer:?}") };
    assert_eq!(item.resource_id(), Some("vpce-9"));
    assert_eq!(item.error().unwrap().code(), Some("InvalidVpcEndpointId.NotFound"));
    assert_eq!(state(), "rejected");
    let again = reject("vpce-1").send().await.unwrap();
    assert_eq!(again.unsuccessful().len(), 1, "it is rejected already");
    let accept = ec2.accept_vpc_endpoint_connections().service_id("vpce-svc-1").vpc_endpoint_ids("vpce-1");
    assert_eq!(accept.send().await.unwrap().unsuccessful().len(), 0);
    assert_eq!(state(), "pending");
    aws.clock().wait(Duration::from_secs(10)).await;
    assert_eq!(collected(&simulation).await, account());
    let nowhere = ec2.reject_vpc_endpoint_connections().service_id("vpce-svc-9").vpc_endpoint_ids("vpce-1");
    assert_eq!(code(nowhere.send().await), "InvalidVpcEndpointServiceId.NotFound");
}

#[tokio::test]
async fn a_session_ends_after_a_while_and_an_unknown_one_is_no_error() {
    let (simulation, aws) = begin();
    let _phase = aws.enter(Phase::Apply);
    for id in ["kim-1", "nobody-1"] {
        let input = PlainInput::new(json!({ "SessionId": id }));
        assert_eq!(code(aws.plain::<TerminateSession>(REGION, input).await), "none");
    }
    let sessions = |account: Account| account.regions[REGION].sessions.read().unwrap().clone();
    assert_eq!(sessions(collected(&simulation).await)["kim-1"].status, "Terminating");
    aws.clock().wait(Duration::from_secs(3)).await;
    assert!(!sessions(collected(&simulation).await).contains_key("kim-1"));
}
