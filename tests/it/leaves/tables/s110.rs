use super::super::By::{Beyond, Everything, Test};
use super::super::{Leaves, Part, shown};

const SESSIONS: Part = (
    "sessions of other roles that were made from these sign-ins, up to twelve hours",
    &[
        Everything,
        Test(shown::other_roles_act),
        Beyond("AWS lists no sessions: no account shows which of them came from a sign-in"),
    ],
);
const PORTAL: Part = (
    "applications and the access portal",
    &[Beyond("what they let somebody do is no action of IAM's, and no policy of the account binds it")],
);
const MINE: Part = ("the permission set with which you have signed in", &[Test(shown::your_set_stays_whole)]);
const GLASS: Part = ("those of break-glass principals, whole", &[Test(shown::break_glass_is_kept)]);
const OWNERS: Part = (
    "permission sets that only the management account may change",
    &[Test(shown::a_set_of_the_management_account_stays)],
);
/// Who may write permission sets is a matter of the account that owns Identity Center.
const ADMINISTRATORS: &str = "the account that owns Identity Center says so, and its principals are not read";

pub const LEAVES: &[Leaves] = &[
    Leaves {
        step: 110,
        with: &[],
        given: shown::sign_ins,
        instance: None,
        says: &[&[
            ("you, where the identity store knows your user", &[Test(shown::your_user_acts)]),
            (
                "permission sets that stand behind your session",
                &[Test(shown::a_set_behind_your_session_stays)],
            ),
            GLASS,
            SESSIONS,
            PORTAL,
            (
                "permission sets that are provisioned to this account after the cut",
                &[Test(shown::a_set_that_comes_later_acts)],
            ),
            (
                "those that only the management account may change",
                &[Test(shown::a_set_of_the_management_account_stays)],
            ),
            ("whoever may change permission sets", &[Beyond(ADMINISTRATORS)]),
        ]],
    },
    Leaves {
        step: 110,
        with: &[("way", "unassign")],
        given: shown::sign_ins,
        instance: None,
        says: &[&[
            MINE,
            GLASS,
            SESSIONS,
            PORTAL,
            ("what is assigned after the cut", &[Test(shown::a_set_that_comes_later_acts)]),
            OWNERS,
            ("whoever may assign permission sets", &[Beyond(ADMINISTRATORS)]),
        ]],
    },
    Leaves {
        step: 110,
        with: &[("way", "delete")],
        given: shown::sign_ins,
        instance: None,
        says: &[&[
            MINE,
            GLASS,
            ("sets that another account has too", &[Test(shown::a_set_of_another_account_stays)]),
            SESSIONS,
            PORTAL,
            ("what is made and assigned after the cut", &[Test(shown::a_set_that_comes_later_acts)]),
            OWNERS,
            ("whoever may make permission sets", &[Beyond(ADMINISTRATORS)]),
        ]],
    },
];
