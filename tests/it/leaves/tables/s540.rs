use super::super::By::{AllBut, Open, Test};
use super::super::{Leaves, NOTHING, shown};
use super::SHARED;

const INTERFACES: &str = "virtual interfaces of other accounts, those that are down now, and every one of them \
                          after 72 hours, when AWS ends the test by itself";

pub const LEAVES: &[Leaves] = &[
    Leaves {
        step: 540,
        with: &[],
        given: NOTHING,
        instance: None,
        says: &[
            &[
                (
                    "packets from a VPN that need no answer, because the tunnel and the gateway stay",
                    &[Open("unanswered in on-premises vgw-home"), Test(shown::the_vpn_stays)],
                ),
                (
                    "links that end at a transit gateway or a Cloud WAN (580 cuts the routes to them)",
                    &[
                        Open("* * tgw-ours,tgw-group,core-network-1"),
                        Open("unanswered in on-premises tgw-ours,tgw-group"),
                    ],
                ),
                (
                    INTERFACES,
                    &[Test(shown::a_failover_test_ends_by_itself), Test(shown::other_interfaces_stay_up)],
                ),
                (super::WIDER, &[Test(shown::a_route_in_front_of_a_wider_one_stays)]),
                ("route tables that serve no subnet", &[Test(shown::a_spare_table_leads_to_the_vpn)]),
                ("subnets shared from another account", &[Open(SHARED)]),
                ("every way that is no VPN or Direct Connect", &[AllBut(&["vgw-home", "cvpn-app"])]),
            ],
            super::UNJUDGED,
        ],
    },
    Leaves {
        step: 540,
        with: &[("way", "detach")],
        given: NOTHING,
        instance: None,
        says: &[
            &[
                (
                    "packets that reach a transit attachment by routes which other attachments still have, and need no \
                 answer",
                    &[Open("unanswered in on-premises tgw-ours")],
                ),
                (
                    "attachments to other accounts' transit gateways",
                    &[Open("* * tgw-group"), Open("unanswered in on-premises tgw-group")],
                ),
                (
                    "links that end at a Cloud WAN (580 cuts the routes to them)",
                    &[Open("* * core-network-1")],
                ),
                (
                    INTERFACES,
                    &[Test(shown::a_failover_test_ends_by_itself), Test(shown::other_interfaces_stay_up)],
                ),
                (super::WIDER, &[Test(shown::a_route_in_front_of_a_wider_one_stays)]),
                ("subnets shared from another account", &[Open(SHARED)]),
                (
                    "every way that is no VPN or Direct Connect",
                    &[AllBut(&["vgw-home", "cvpn-app", "tgw-ours", "nat-private"])],
                ),
            ],
            super::UNJUDGED,
        ],
    },
];
