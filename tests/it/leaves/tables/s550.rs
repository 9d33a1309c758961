use super::super::By::{self, Open, Test};
use super::super::{Leaves, NOTHING, Part, shown};
use super::{CONSOLE, METADATA, RESOLVER, SESSIONS, SHARED, TUNNELS};

const MAPPED: &str = "every VPC in which a public address stays mapped: AWS refuses to detach its gateway";
const OTHER: &str = "every way that needs no internet gateway of its VPC";
const ENDPOINTS: &[By] = &[
    Open("out service"),
    Open("in vpc vpce-svc-ours"),
    Open("door gateway-endpoint"),
    Open(TUNNELS),
    Open(SESSIONS),
];

/// What needs no internet gateway.
const OTHER_WAYS: &[Part] = &[
    (OTHER, &[Open("* on-premises core-network-1,lgw-1"), Open(METADATA)]),
    (
        "transit gateways (to NAT in another VPC too)",
        &[Open("* * tgw-ours,tgw-group,nat-private"), Open("unanswered in on-premises tgw-ours,tgw-group")],
    ),
    ("peering", &[Open("* * pcx-partner"), Open("unanswered in vpc pcx-partner")]),
    ("VPN", &[Open("* on-premises vgw-home"), Open("unanswered in on-premises vgw-home")]),
    ("Direct Connect", &[Test(shown::direct_connect_stays)]),
    ("Client VPN", &[Open("in on-premises cvpn-app")]),
    ("endpoints", ENDPOINTS),
    ("DNS", &[Open(RESOLVER)]),
    ("the serial console", &[Open(CONSOLE)]),
];

pub const LEAVES: &[Leaves] = &[
    Leaves {
        step: 550,
        with: &[],
        given: NOTHING,
        instance: None,
        says: &[
            &[
                (
                    MAPPED,
                    &[
                        Open("* internet igw-home,nat-public,eni-nat,shop,bare"),
                        Open("unanswered in internet igw-home"),
                        Test(shown::a_gateway_is_held_by_what_is_mapped),
                    ],
                ),
                (
                    "VPCs shared from another account",
                    &[Open(SHARED), Test(shown::the_owner_of_a_shared_gateway_is_named)],
                ),
                ("egress-only gateways, so IPv6 outwards", &[Open("out internet eigw-home")]),
            ],
            OTHER_WAYS,
            super::UNJUDGED,
        ],
    },
    Leaves {
        step: 550,
        with: &[("way", "unmap")],
        given: NOTHING,
        instance: None,
        says: &[
            &[
                (
                    MAPPED,
                    &[
                        // The address of eni-web was an Elastic IP: it is taken off. IPv6 is mapped nowhere.
                        Open("* internet igw-home v4 eni-nat,eni-of-bare,eni-of-shop"),
                        Open("* internet igw-home v6"),
                        Open("* internet nat-public,eni-nat,shop,bare"),
                        Open("unanswered in internet igw-home"),
                        Test(shown::a_gateway_is_held_by_what_is_mapped),
                    ],
                ),
                (
                    "VPCs shared from another account",
                    &[Open(SHARED), Test(shown::the_owner_of_a_shared_gateway_is_named)],
                ),
            ],
            OTHER_WAYS,
            super::UNJUDGED,
        ],
    },
];
