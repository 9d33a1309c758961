use super::super::By::{Beyond, Everything, Test};
use super::super::{Leaves, Part, shown};

const WHO: &[Part] = &[
    ("you", &[Test(shown::you_and_nobody_unnamed_act)]),
    ("break-glass principals", &[Test(shown::break_glass_is_kept)]),
    ("what `exempt` names", &[Test(shown::who_is_exempt_acts)]),
];

const PEOPLE: &[Part] = &[
    (
        "roles that only services assume and that may not change roles, in whatever hands their credentials are",
        &[Test(shown::a_role_of_a_service_acts)],
    ),
    (
        "roles of AWS Control Tower, StackSets and the Organization that let in nobody but the management account",
        &[Test(shown::the_role_of_control_tower_acts)],
    ),
    ("service-linked roles", &[Test(shown::a_service_linked_role_acts)]),
];

const NONE_BUT: &[Part] = &[("service-linked roles", &[Test(shown::no_role_of_a_service_acts)])];

const ADMINISTRATORS: &str = "principals of the management account are not read";

const END: &[Part] = &[
    (
        "services by their own principal",
        &[Beyond("what a service may do here stands in policies of resources, most of which are not read")],
    ),
    ("accounts of AWS that write load balancers' logs", &[Test(shown::principals_of_aws_are_named)]),
    (
        "origin access identities of CloudFront that this account has",
        &[Test(shown::principals_of_aws_are_named)],
    ),
    (
        "outsiders, where a resource is none of those kinds",
        &[
            Test(shown::outsiders_are_denied_those_kinds),
            Beyond("policies of resources of other kinds are not read: docs/access.md"),
        ],
    ),
    ("whoever administers the Organization or may become the management account", &[Beyond(ADMINISTRATORS)]),
    ("GetCallerIdentity, which no policy denies", &[Beyond("AWS answers it whatever a policy says")]),
    ("what runs already", &[Everything, Test(shown::instances_run_on)]),
    ("its network paths but those to the internet", &[Test(shown::only_ways_to_the_internet_close)]),
];

pub const LEAVES: &[Leaves] = &[
    Leaves { step: 700, with: &[], given: shown::member, instance: None, says: &[WHO, PEOPLE, END] },
    Leaves {
        step: 700,
        with: &[("template", "everything")],
        given: shown::member,
        instance: None,
        says: &[WHO, NONE_BUT, END],
    },
    Leaves {
        step: 700,
        with: shown::INTO_THE_UNIT,
        given: shown::member_with_a_unit,
        instance: None,
        says: &[&[
            (
                "whatever the policies of the unit do not deny",
                &[Everything, Test(shown::what_the_unit_does_not_deny_goes_on)],
            ),
            (
                "what the policies of the old unit denied and these do not",
                &[Test(shown::what_the_old_unit_denied_goes_on)],
            ),
            ("service-linked roles", &[Test(shown::a_service_linked_role_acts)]),
            ("whoever administers the Organization", &[Beyond(ADMINISTRATORS)]),
        ]],
    },
];
