use super::super::By::{self, Open, Test};
use super::super::{Leaves, NOTHING, Part, shown};
use super::{CONSOLE, METADATA, RESOLVER, SESSIONS, SHARED, TUNNELS};

const NEIGHBORS: &str = "traffic between hosts of the same subnet, and by what else stands in it";
const ENDPOINTS: &[By] = &[Open("out service vpce-ssm v4 eni-app"), Open(SESSIONS)];
const CLIENTS: &[By] =
    &[Open("in on-premises cvpn-app v4 eni-app"), Open("in on-premises cvpn-app v4 eni-of-vpce-ssm")];
const CUSTOMERS: &[By] = &[Open("in vpc vpce-svc-ours")];

/// Behind an ACL that lets nothing through, and behind one that lets clients in.
const BEHIND_ANY: &[Part] = &[
    (NEIGHBORS, &[Test(shown::hosts_of_a_subnet_reach_each_other_alone)]),
    ("endpoints (Session Manager by these)", ENDPOINTS),
    ("Instance Connect endpoints", &[Open(TUNNELS)]),
    ("Client VPN", CLIENTS),
    ("load balancers of your endpoint services", CUSTOMERS),
    ("DNS to the VPC's resolver", &[Open(RESOLVER)]),
    ("instance metadata, time and DHCP", &[Open(METADATA)]),
    ("the serial console", &[Open(CONSOLE)]),
    ("subnets shared from another account", &[Open(SHARED)]),
    ("a subnet that is created later", &[Test(shown::a_new_subnet_has_the_default_acl)]),
];

pub const LEAVES: &[Leaves] = &[
    Leaves { step: 520, with: &[], given: NOTHING, instance: None, says: &[BEHIND_ANY, super::UNJUDGED] },
    Leaves {
        step: 520,
        with: &[("front", "keep")],
        given: NOTHING,
        instance: None,
        says: &[
            &[
                (
                    "clients reach the subnets of load balancers on the listener ports",
                    &[
                        Open("in internet igw-home"),
                        Open("in * vgw-home,tgw-ours,tgw-group,pcx-partner,core-network-1,lgw-1"),
                        Open("unanswered in"),
                        Test(shown::clients_reach_listener_ports_alone),
                    ],
                ),
                (
                    "whatever stands in these subnets can send to ports above 1023 outside the VPC, until 510 cuts it",
                    &[
                        Open("unanswered out internet igw-home v4"),
                        Open("unanswered out internet igw-home v6"),
                        Open("unanswered out internet eigw-home v6"),
                        Open("unanswered out internet tgw-ours v4"),
                        Open("unanswered out on-premises core-network-1 v4"),
                        Open("unanswered out on-premises lgw-1 v4"),
                        Open("unanswered out on-premises tgw-group v4"),
                        Open("unanswered out on-premises tgw-ours v4"),
                        Open("unanswered out on-premises vgw-home v4"),
                        Open("unanswered out service vpce-s3 v4"),
                        Open("unanswered out vpc pcx-partner v4"),
                    ],
                ),
            ],
            BEHIND_ANY,
            super::UNJUDGED,
        ],
    },
    Leaves {
        step: 520,
        with: &[("way", "host")],
        given: NOTHING,
        instance: Some("i-app"),
        says: &[
            &[
                (
                    "hosts of the same subnet, and what else stands in it",
                    &[Test(shown::neighbors_reach_the_host)],
                ),
                ("endpoints", &[Open("out service vpce-ssm"), Open(SESSIONS)]),
                ("Instance Connect endpoints", &[Open(TUNNELS)]),
                ("Client VPN", &[Open("in on-premises cvpn-app")]),
                ("load balancers", CUSTOMERS),
                (
                    "the internet",
                    &[
                        Open("out internet eigw-home"),
                        Open("out internet tgw-ours"),
                        Open("unanswered in internet"),
                    ],
                ),
                (
                    "other networks",
                    &[
                        Open("in,out * tgw-ours,tgw-group,vgw-home,pcx-partner,core-network-1,lgw-1"),
                        Open("unanswered in on-premises"),
                    ],
                ),
                (
                    "gateway endpoints where the host's own subnet has a route to them (510 cuts those)",
                    &[Open("out service vpce-s3"), Open("door gateway-endpoint")],
                ),
                ("DNS to the VPC's resolver", &[Open(RESOLVER)]),
                ("instance metadata, time and DHCP", &[Open(METADATA)]),
                ("the serial console", &[Open(CONSOLE)]),
                ("an address that the host gets later", &[Test(shown::an_address_got_later_is_open)]),
            ],
            super::UNJUDGED,
        ],
    },
];
