use super::super::By::{self, Beyond, Open, Test};
use super::super::{Leaves, NOTHING, Part, shown};
use super::{CONSOLE, METADATA, RESOLVER};

/// Behind 510 open connections live on, whichever way they came. Those of the web site alone do not:
/// its rule lets everybody in, which AWS does not track.
const FLOWS: &[By] = &[
    Open("flow igw-home"),
    Open("flow igw-quiet"),
    Open("flow igw-theirs"),
    Open("flow eigw-home"),
    Open("flow nat-public"),
    Open("flow nat-private"),
    Open("flow nat-theirs"),
    Open("flow eni-nat"),
    Open("flow pcx-partner"),
    Open("flow tgw-ours"),
    Open("flow tgw-group"),
    Open("flow tgw-theirs"),
    Open("flow vgw-home"),
    Open("flow core-network-1"),
    Open("flow lgw-1"),
    Open("flow cvpn-app"),
    Open("flow bare"),
    Open("flow vpce-svc-ours"),
    Open("flow vpce-ssm"),
    Open("flow vpce-kms"),
    Open("flow vpce-partner"),
    Open("flow vpce-s3"),
];

/// Behind Block Public Access: what does not pass an internet gateway of this account.
const ALWAYS_TRACKED: &[By] = &[
    Open("flow nat-private"),
    Open("flow nat-theirs"),
    Open("flow vpce-svc-ours"),
    Open("flow vpce-ssm"),
    Open("flow vpce-kms"),
    Open("flow vpce-partner"),
    // To the endpoints' interfaces.
    Open("flow cvpn-app"),
];

/// AWS's own runbooks end tracked flows by two steps, so the plan counts them as ended.
const PERHAPS: &[By] = &[Beyond("no page of AWS promises that two steps end every tracked flow")];

/// A Network Load Balancer that was made without a group.
const NO_GROUP: &[By] = &[
    Open("* internet igw-home v4 eni-of-bare"),
    Open("in on-premises cvpn-app v4 eni-of-bare"),
    Open("unanswered in on-premises vgw-home v4"),
    Open("unanswered in on-premises tgw-ours,tgw-group v4"),
    Open("unanswered in vpc pcx-partner v4"),
    Test(shown::nat_gateways_are_refused),
];

/// The same, where nothing passes the internet gateway.
const NO_GROUP_BLOCKED: &[By] = &[
    Open("in on-premises cvpn-app v4 eni-of-bare"),
    Open("unanswered in on-premises vgw-home v4"),
    Open("unanswered in on-premises tgw-ours,tgw-group v4"),
    Open("unanswered in vpc pcx-partner v4"),
    Test(shown::nat_gateways_are_refused),
];

const KEPT: &str = "the CIDRs of --keep-cidr";
const GROUPLESS: &str = "what has no security group (NAT gateways, transit gateways, some load balancers)";
const REFUSED: &str = "what is refused by name because its service alone changes it: file systems, caches, \
                       Classic Load Balancers, EKS control planes, desktops";
const TRACKED: &str = "connections that AWS tracks already (up to 5 days while they are in use)";
const ALWAYS: &str = "connections that AWS tracks whatever the rules are (NAT gateways, Network Load Balancers, \
                      endpoints)";

const DIRECT: &[Part] = &[(TRACKED, FLOWS)];

/// What groups do not look at, and what they are told to let through.
const BESIDE_GROUPS: &[Part] = &[
    ("DNS to the VPC's resolver", &[Open(RESOLVER)]),
    ("instance metadata", &[Open(METADATA)]),
    ("the serial console", &[Open(CONSOLE)]),
    (KEPT, &[Test(shown::kept_cidrs_stay_open)]),
];

const FUNCTIONS: &[Part] = &[
    ("published versions of functions", &[Test(shown::published_versions_stay_open)]),
    (
        "what a function runs at the moment (15 minutes at the most)",
        &[Beyond("an invocation ends in the network in which it began")],
    ),
];

/// What has no group that 510 may change.
const UNGROUPED: &[Part] =
    &[(GROUPLESS, NO_GROUP), (REFUSED, &[Test(shown::what_a_service_alone_changes_stays_open)])];

pub const LEAVES: &[Leaves] = &[
    Leaves {
        step: 510,
        with: &[],
        given: NOTHING,
        instance: None,
        says: &[DIRECT, BESIDE_GROUPS, UNGROUPED, FUNCTIONS, super::UNJUDGED],
    },
    Leaves {
        step: 510,
        with: &[("front", "keep")],
        given: NOTHING,
        instance: None,
        says: &[
            DIRECT,
            BESIDE_GROUPS,
            UNGROUPED,
            FUNCTIONS,
            &[
                ("load balancers on their listener ports", &[Open("in * igw-home,cvpn-app v4 eni-of-shop")]),
                (
                    "through them targets outside: functions, addresses in other networks",
                    &[Test(shown::targets_outside_keep_their_front)],
                ),
            ],
            super::UNJUDGED,
        ],
    },
    Leaves {
        step: 510,
        with: &[("way", "two-step")],
        given: shown::behind_block_public_access,
        instance: None,
        says: &[
            &[
                (ALWAYS, ALWAYS_TRACKED),
                ("perhaps others, because AWS does not promise that two steps end them", PERHAPS),
            ],
            BESIDE_GROUPS,
            &[
                (GROUPLESS, NO_GROUP_BLOCKED),
                (REFUSED, &[Test(shown::what_a_service_alone_changes_stays_open)]),
            ],
            FUNCTIONS,
            super::UNJUDGED,
        ],
    },
];
