use super::super::By::{Beyond, Everything, Test};
use super::super::{Leaves, Part, shown};

const WHO: &[Part] = &[
    ("root, which only policies of the Organization stop", &[Everything, Test(shown::root_acts)]),
    ("you", &[Test(shown::you_act)]),
    ("those who may have made your session", &[Test(shown::who_made_your_session_acts)]),
    ("break-glass principals", &[Test(shown::break_glass_is_kept)]),
    ("service-linked roles and those of Identity Center", &[Test(shown::roles_of_aws_act)]),
];

const END: &[Part] = &[
    ("roles with which trails write to CloudWatch Logs", &[Test(shown::the_role_of_a_trail_acts)]),
    (
        "what other accounts and services may do here by the policies of resources",
        &[Test(shown::another_account_reads_a_bucket)],
    ),
    (
        "GetSessionToken and GetCallerIdentity, which no policy denies",
        &[Beyond(
            "AWS answers these two whatever a policy says: id_credentials_temp_control-access_getsessiontoken",
        )],
    ),
];

pub const LEAVES: &[Leaves] = &[
    Leaves {
        step: 600,
        with: &[],
        given: shown::principals,
        instance: None,
        says: &[WHO, &[("roles that only services assume", &[Test(shown::roles_of_services_act)])], END],
    },
    Leaves {
        step: 600,
        with: &[("roles", "all")],
        given: shown::principals,
        instance: None,
        says: &[
            WHO,
            &[(
                "roles that only services for logs, alerts and backups assume",
                &[Test(shown::only_roles_that_deliver_act)],
            )],
            END,
        ],
    },
    Leaves {
        step: 600,
        with: &[("way", "instance")],
        given: shown::principals,
        instance: None,
        says: &[&[
            ("the same roles in other hands", &[Everything, Test(shown::a_role_in_other_hands_acts)]),
            ("other instances", &[Test(shown::a_role_in_other_hands_acts)]),
            ("whoever else can assume them", &[Test(shown::a_role_in_other_hands_acts)]),
            (
                "sessions of other roles that were made from these sessions",
                &[Beyond("AWS lists no sessions: no account shows who holds one")],
            ),
            ("of roles that the instances had before", &[Beyond("AWS does not say which roles those were")]),
            (
                "access keys and other credentials that lie on the instances",
                &[Beyond("what a disk holds is not read")],
            ),
            ("roles that only AWS may change", &[Test(shown::roles_of_aws_can)]),
            (
                "what other accounts and services may do here by the policies of resources",
                &[Test(shown::another_account_reads_a_bucket)],
            ),
            ("GetCallerIdentity, which no policy denies", &[Beyond("AWS answers it whatever a policy says")]),
        ]],
    },
];
