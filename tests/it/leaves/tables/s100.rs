use super::super::By::{Everything, Test};
use super::super::{Leaves, shown};

pub const LEAVES: &[Leaves] = &[Leaves {
    step: 100,
    with: &[],
    given: shown::credentials,
    instance: None,
    says: &[&[
        (
            "temporary sessions already made from these keys (up to 36 hours: 600 denies them)",
            &[Everything, Test(shown::sessions_of_a_key_go_on)],
        ),
        ("console passwords", &[Test(shown::a_password_goes_on)]),
        ("roles", &[Test(shown::roles_go_on)]),
        ("root", &[Test(shown::root_acts)]),
        (
            "keys that nobody has found yet: Trusted Advisor is never proof of absence",
            &[Test(shown::a_key_that_nobody_found_goes_on)],
        ),
    ]],
}];
