use super::super::By::{Beyond, Everything, Test};
use super::super::{Leaves, Part, shown};

const SAME: &[Part] = &[
    (
        "the same services by access keys and sessions, git-remote-codecommit and the AWS CLI's credential helper \
         included",
        &[Everything, Test(shown::a_key_serves_the_same)],
    ),
    (
        "short-term Bedrock keys, which are sessions (up to 12 hours)",
        &[Beyond("AWS lists no sessions: no account shows who holds one")],
    ),
    ("what was cloned or read before", &[Beyond("it is outside AWS")]),
    ("connections to Keyspaces that are open", &[Beyond("no API lists them")]),
    ("your own credentials and those of break-glass users", &[Test(shown::the_caller_is_spared)]),
];

pub const LEAVES: &[Leaves] = &[
    Leaves { step: 620, with: &[], given: shown::credentials, instance: None, says: &[SAME] },
    Leaves {
        step: 620,
        with: &[("who", "named")],
        given: shown::credentials,
        instance: None,
        says: &[
            &[("users that are not named", &[Test(shown::a_credential_of_somebody_not_named_goes_on)])],
            SAME,
        ],
    },
];
