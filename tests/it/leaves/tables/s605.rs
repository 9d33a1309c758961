use super::super::By::{Beyond, Everything, Test};
use super::super::{Leaves, shown};

pub const LEAVES: &[Leaves] = &[Leaves {
    step: 605,
    with: &[],
    given: shown::clocks,
    instance: None,
    says: &[&[
        (
            "the keys disabled, as AWS leaves them: enabling them is by hand",
            &[Everything, Test(shown::a_kept_key_is_disabled)],
        ),
        (
            "the secrets readable again for whoever may read them, so cut identities first (600)",
            &[Test(shown::a_kept_secret_is_read_by_whoever_may)],
        ),
        ("new deletions by whoever may schedule them", &[Test(shown::whoever_may_schedules_again)]),
        (
            "what has no waiting period: secrets deleted without a recovery window, replicas of secrets, imported \
             key material",
            &[Beyond("what AWS has deleted is in no account")],
        ),
        (
            "keys that somebody disabled, and key stores that are disconnected",
            &[Test(shown::a_disabled_key_stays_so)],
        ),
        (
            "objects that S3 deletes in the minutes until it heeds a disabled rule",
            &[Beyond("no API shows what S3 has scheduled")],
        ),
        (
            "rules and retentions set before those days, or by calls that CloudTrail does not show",
            &[Test(shown::an_older_rule_goes_on)],
        ),
        ("lifecycles of directory buckets and tables", &[Beyond("they are not read")]),
        (
            "recovery points that AWS is deleting, continuous ones, and those of backup plans whose retention was \
             shortened for what comes",
            &[Test(shown::a_point_that_is_being_deleted_is_refused)],
        ),
        (
            "automated backups of RDS and those of other services: what is seen of RDS is named",
            &[Beyond("no call brings a deleted backup back; the step's own tests read what is named")],
        ),
    ]],
}];
