//! The deny of `ses:Send*` on a user.

use serde_json::{Value, json};

use super::boundary_policy::{boundary_text, own_arn};
use crate::access;
use crate::account::{Account, User};
use crate::step::{Look, Reason};
use crate::steps::shared::deny::{Denial, Holder};
use crate::steps::shared::session;
use crate::steps::shared::spared::break_glass;

/// The Sid of the statement that denies.
const SID: &str = "UnplugNoMail";

pub(super) struct MailDeny;

impl Denial for MailDeny {
    const HOLDER: Holder = Holder::User;
    const INLINE: &'static str = "user";
    const BOUNDARY: &'static str = "user-boundary";
    const POLICY: &'static str = access::MAIL_DENY;
    const WORDS: &'static str = "ses:Send*";

    fn document(&self, _: &Look<'_>) -> String {
        inline_text()
    }

    fn boundary(&self, look: &Look<'_>) -> Result<String, Reason> {
        let current = boundary_of(&look.at.id, look.account);
        match current.filter(|(_, text)| text.is_some_and(denies)) {
            Some((arn, _)) => Ok(arn.to_owned()),
            None => boundary_text(look).map(|_| own_arn(look)),
        }
    }

    fn spared(&self, look: &Look<'_>) -> Option<Reason> {
        let Look { at, account, case } = *look;
        session::of_user(&at.id, account).or_else(|| break_glass(&at.id, account, case))
    }
}

/// The statement that denies, as it stands in each policy.
pub(super) fn statement() -> Value {
    json!({ "Sid": SID, "Effect": "Deny", "Action": "ses:Send*", "Resource": "*" })
}

fn inline_text() -> String {
    json!({ "Version": "2012-10-17", "Statement": [statement()] }).to_string()
}

/// Does a policy hold the statement that denies?
pub(super) fn denies(text: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(text) else { return false };
    match &policy["Statement"] {
        Value::Array(all) => all.contains(&statement()),
        one => *one == statement(),
    }
}

/// The ARN of a user's boundary, and its text where that was read.
pub(super) fn boundary_of<'a>(user: &str, account: &'a Account) -> Option<(&'a str, Option<&'a str>)> {
    let all = account.principals.read()?;
    let arn = all.users.get(user)?.boundary.as_deref()?;
    Some((arn, all.policies.get(arn).map(String::as_str)))
}

/// Has a run denied mail to this user already?
pub(super) fn is_denied(user: &User, account: &Account) -> bool {
    let text = |arn: &String| account.principals.read().and_then(|all| all.policies.get(arn));
    let texts = user.inline.get(MailDeny::POLICY).into_iter().chain(user.boundary.as_ref().and_then(text));
    texts.into_iter().any(|text| denies(text))
}
