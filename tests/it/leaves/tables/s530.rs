use super::super::By::{self, Open, Test};
use super::super::{Leaves, NOTHING, Part, shown};
use super::{CONSOLE, METADATA, RESOLVER, SESSIONS, SHARED, TUNNELS};

const WITHIN: &[By] = &[Test(shown::hosts_of_a_vpc_reach_each_other)];
const MIDDLEBOX: &str = "also past a middlebox that the subnets' own tables led it through";
const ENDPOINTS: &[By] = &[Open("out service vpce-ssm,vpce-kms,vpce-partner"), Open(SESSIONS)];
const UNANSWERED: &[By] = &[
    Open("unanswered in"),
    Open("unanswered in internet igw-home v4"),
    Open("unanswered in internet igw-quiet v6"),
];

/// What stands in the VPC or looks at no table.
const BY_THE_VPC: &[Part] = &[
    ("what comes by it", &[]),
    ("interface endpoints (Session Manager by these)", ENDPOINTS),
    ("Instance Connect endpoints", &[Open(TUNNELS)]),
    ("Client VPN", &[Open("in on-premises cvpn-app")]),
    ("customers of your endpoint services", &[Open("in vpc vpce-svc-ours")]),
    ("packets that come in by a gateway and need no answer", UNANSWERED),
    ("the instances' resolver, metadata and time", &[Open(RESOLVER), Open(METADATA)]),
    ("the serial console", &[Open(CONSOLE)]),
    ("subnets shared from another account", &[Open(SHARED)]),
];

pub const LEAVES: &[Leaves] = &[
    Leaves {
        step: 530,
        with: &[],
        given: NOTHING,
        instance: None,
        says: &[
            &[("traffic within the VPC", WITHIN), (MIDDLEBOX, &[Test(shown::a_middlebox_is_passed_by)])],
            BY_THE_VPC,
            super::UNJUDGED,
        ],
    },
    Leaves {
        step: 530,
        with: &[("way", "delete")],
        given: NOTHING,
        instance: None,
        says: &[
            &[("traffic within the VPC", WITHIN)],
            BY_THE_VPC,
            &[
                ("gateway endpoints (570)", &[Open("out service vpce-s3"), Open("door gateway-endpoint")]),
                ("routes that a Route Server advertises", &[Test(shown::an_advertised_route_stays)]),
                ("route tables that serve no subnet", &[Test(shown::a_spare_table_leads_out)]),
            ],
            super::UNJUDGED,
        ],
    },
];
