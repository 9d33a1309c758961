use super::super::By::{Open, Test};
use super::super::{Leaves, NOTHING, shown};
use super::{CONSOLE, METADATA, RESOLVER, SESSIONS, SHARED, TUNNELS};

pub const LEAVES: &[Leaves] = &[Leaves {
    step: 590,
    with: &[],
    given: NOTHING,
    instance: None,
    says: &[
        &[
            (
                "site-to-site VPN",
                &[Open("* on-premises vgw-home"), Open("unanswered in on-premises vgw-home")],
            ),
            ("Client VPN", &[Open("in on-premises cvpn-app")]),
            (
                "transit gateways",
                &[
                    Open("* * tgw-ours,tgw-group"),
                    Open("unanswered in on-premises tgw-ours,tgw-group"),
                    Open("out on-premises nat-private"),
                ],
            ),
            ("Cloud WAN", &[Open("* * core-network-1")]),
            ("private Direct Connect", &[Test(shown::direct_connect_stays)]),
            ("peering", &[Open("* vpc pcx-partner"), Open("unanswered in vpc pcx-partner")]),
            ("Verified Access", &[Test(shown::what_stands_in_the_vpc_reaches_its_hosts)]),
            ("Outposts' local gateways", &[Open("* * lgw-1")]),
            (
                "VPC endpoints, and through them services of AWS",
                &[Open("out service"), Open("door gateway-endpoint")],
            ),
            ("customers of your endpoint services", &[Open("in vpc vpce-svc-ours")]),
            ("DNS queries to Amazon's resolver", &[Open(RESOLVER)]),
            ("instance metadata", &[Open(METADATA)]),
            ("Instance Connect endpoints", &[Open(TUNNELS)]),
            ("Session Manager over endpoints", &[Open(SESSIONS)]),
            ("the serial console", &[Open(CONSOLE)]),
            ("VPCs and subnets that other accounts own and share", &[Open(SHARED)]),
        ],
        super::UNJUDGED,
    ],
}];
