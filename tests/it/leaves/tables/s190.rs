use super::super::By::{Beyond, Everything, Test};
use super::super::{Leaves, shown};

pub const LEAVES: &[Leaves] = &[Leaves {
    step: 190,
    with: &[],
    given: shown::credentials,
    instance: None,
    says: &[&[
        ("everything as it is", &[Everything, Test(shown::nothing_is_changed)]),
        (
            "what a suspect made stays until a step cuts it: each thing is named with the option that adds it",
            &[Beyond("this account has no events; the step's own tests read what is named")],
        ),
    ]],
}];
