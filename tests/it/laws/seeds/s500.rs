//! A seed of 500, which only looks.

use unplug::account::{InternetGateway, Region, Vpc};

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
            unplug::account::ClientVpn {
                vpc: Some("vpc-1".into()),
                status: "available".into(),
                ..unplug::account::ClientVpn::default()
            },
        )]),
        ..Region::empty()
    };
    vec![seed("VPCs to look at", 500, account(here), None)]
}
