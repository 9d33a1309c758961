//! Which keys go off: an SMTP password is an access key in disguise, and works as long as that does.
//!
//! `find` names the keys of users that may do nothing but send, and those last used to send.

use crate::account::AccessKey;
use crate::step::{Look, Verdict};
use crate::steps::shared::access_key::{KeyRule, State};
use crate::steps::shared::leaked::{WAY_BACK, suspicion};
use crate::steps::shared::{session, spared};

pub(super) struct MailKey;

impl KeyRule for MailKey {
    fn judge(&self, off: State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        if let Some(why) = spared::key(&at.id, &off.user, account, case) {
            return Verdict::Refuse(why);
        }
        match (suspicion(&at.id, &off.user, account, case), session::behind(&at.id, &off.user, account)) {
            // A restore must not turn on a leaked key, whichever step turned it off.
            (Some(why), _) => Verdict::Lasting(off, format!("{why}: {WAY_BACK}")),
            (None, Some(why)) => Verdict::Refuse(why),
            (None, None) => Verdict::Change(off),
        }
    }
}

/// Was a key last used for SES? AWS is some hours late.
pub(super) fn sent_last(key: &AccessKey) -> bool {
    key.last_used.as_deref().is_some_and(|used| used.split(' ').nth(1) == Some("ses"))
}
