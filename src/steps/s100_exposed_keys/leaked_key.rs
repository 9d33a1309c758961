//! Which keys go off: those that leaked, and with `keys = "all-but-mine"` all that nothing spares.

use super::all_but_mine;
use crate::step::{Look, Verdict};
use crate::steps::shared::access_key::{AccessKey, KeyRule, State};
use crate::steps::shared::leaked::{WAY_BACK, suspicion};
use crate::steps::shared::{session, spared};

pub(super) struct Leaked;

pub(super) const LEAKED_KEY: AccessKey<Leaked> = AccessKey(Leaked);

impl KeyRule for Leaked {
    fn judge(&self, off: State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        let suspicion = suspicion(&at.id, &off.user, account, case);
        if suspicion.is_none() && !all_but_mine(case) {
            return Verdict::Already;
        }
        if let Some(why) = spared::key(&at.id, &off.user, account, case) {
            return Verdict::Refuse(why);
        }
        match (suspicion, session::behind(&at.id, &off.user, account)) {
            // A leaked key goes off, whatever session was made from it.
            (Some(why), _) => Verdict::Lasting(off, format!("{why}: {WAY_BACK}")),
            (None, Some(why)) => Verdict::Refuse(why),
            (None, None) => Verdict::Change(off),
        }
    }
}
