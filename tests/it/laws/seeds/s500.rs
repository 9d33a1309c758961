//! A seed of 500, which only looks.

use unplug::account::{
    ClientVpn, Endpoint, EndpointService, InternetGateway, LoadBalancer, Region, SideDoor, VirtualInterface,
    Vpc,
};

use super::s520::{account, map, set};
use super::{Seed, seed};

/// The seed of 500.
pub fn seeds() -> Vec<Seed> {
    let vpc = Vpc { owner: "111111111111".into(), cidrs: set(&["10.0.0.0/16"]), ..Vpc::default() };
    let gateway = InternetGateway {
        owner: "111111111111".into(),
        vpc: Some("vpc-1".into()),
        ..InternetGateway::default()
    };
    let here = Region {
        vpcs: map([("vpc-1", vpc)]),
        internet_gateways: map([("igw-1", gateway)]),
        client_vpns: map([(
            "cvpn-endpoint-1",
            ClientVpn { vpc: Some("vpc-1".into()), status: "available".into(), ..ClientVpn::default() },
        )]),
        virtual_interfaces: map([(
            "dxvif-1",
            VirtualInterface {
                owner: "111111111111".into(),
                kind: "private".into(),
                state: "available".into(),
                ..VirtualInterface::default()
            },
        )]),
        endpoints: map([(
            "vpce-1",
            Endpoint {
                vpc: "vpc-1".into(),
                owner: "111111111111".into(),
                kind: "Interface".into(),
                service: "com.amazonaws.us-east-1.ssm".into(),
                state: "available".into(),
                ..Endpoint::default()
            },
        )]),
        endpoint_services: map([(
            "vpce-svc-1",
            EndpointService {
                name: "com.amazonaws.vpce.us-east-1.vpce-svc-1".into(),
                state: "available".into(),
                ..EndpointService::default()
            },
        )]),
        load_balancers: map([(
            "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/front/1",
            LoadBalancer {
                name: "front".into(),
                vpc: "vpc-1".into(),
                kind: "application".into(),
                scheme: "internet-facing".into(),
                state: "active".into(),
                ..LoadBalancer::default()
            },
        )]),
        side_doors: map([
            (
                "vae-1",
                SideDoor {
                    kind: "verified-access".into(),
                    interface: Some("eni-1".into()),
                    to: "app.example".into(),
                    ..SideDoor::default()
                },
            ),
            (
                "rslvr-in-1",
                SideDoor {
                    kind: "resolver".into(),
                    vpc: Some("vpc-1".into()),
                    to: "inbound".into(),
                    ..SideDoor::default()
                },
            ),
        ]),
        ..Region::empty()
    };
    vec![seed("VPCs to look at", 500, account(here), None)]
}
