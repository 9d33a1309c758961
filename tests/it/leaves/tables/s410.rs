use super::super::By::{Beyond, Everything, Test};
use super::super::{Leaves, Part, shown};

const WHO: &[Part] = &[
    ("roles that may send", &[Everything, Test(shown::roles_send)]),
    ("users that get there by assuming one", &[Test(shown::a_user_sends_by_a_role)]),
    (
        "users that only a policy of an SES identity lets send",
        &[Beyond("access/ does not judge by policies of identities; the step asks users' own policies")],
    ),
    ("mail that SES has accepted", &[Beyond("no API shows a queue of SES")]),
    (
        "whatever else these users may do: one that may change IAM can take its deny away",
        &[Test(shown::a_sender_may_change_iam)],
    ),
    ("you and break-glass users", &[Test(shown::the_caller_is_spared)]),
    ("mail doors other than SES", &[Beyond("what a host or another company sends is not in the account")]),
];

pub const LEAVES: &[Leaves] = &[
    Leaves { step: 410, with: &[], given: shown::credentials, instance: None, says: &[WHO] },
    Leaves {
        step: 410,
        with: &[("who", "named")],
        given: shown::credentials,
        instance: None,
        says: &[&[("users that are not named", &[Test(shown::who_is_not_named_sends)])], WHO],
    },
];
