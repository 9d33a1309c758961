//! Who goes on behind the service control policy, and why: each by its whole ARN, with the account's id.
//!
//! ```text
//!   everything   you (who calls, and who made your session), break-glass principals, what `exempt` names
//!   people       these, and roles that only services assume,
//!                and roles of AWS Control Tower, StackSets and the Organization that let in nobody but the
//!                management account
//! ```
//!
//! A name proves nothing: a thief may make a role of any name and path. So only principals that were read are
//! exempt, and a role of AWS's names only with AWS's trust policy. A role that only services assume and that may
//! change roles is not: with its credentials a thief opens one that is.

mod roles;

pub(super) use roles::words as trust_words;

use std::collections::{BTreeMap, BTreeSet};

use super::TEMPLATE;
use crate::access::arn;
use crate::access::responders::{Mine, Responders};
use crate::account::{Account, Link, Principals};
use crate::step::{Case, Reason, first_few, texts};

/// ARNs that a playbook adds.
pub(super) const EXEMPT: &str = "exempt";

/// Who goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Exemptions {
    /// Principals of this account by ARN, with the reason.
    pub own: BTreeMap<String, Reason>,
    /// Those of `own` that nobody named: roles of services and of AWS's administration.
    pub unnamed: BTreeSet<String>,
    /// Principals of other accounts by ARN, with the reason.
    pub foreign: BTreeMap<String, Reason>,
    /// Sentences about who goes on with you, and who looks as if he should go on and does not.
    pub warnings: Vec<String>,
    /// Why no policy that denies the account's principals can be written: you could not be spared.
    pub unfit: Option<Reason>,
}

/// Finds who goes on.
pub(super) fn exemptions(account: &Account, case: &Case) -> Exemptions {
    let mut found = Exemptions::default();
    let (all, none) = (account.principals.read(), Principals::default());
    if all.is_none() {
        found.unfit = Some("users and roles were not read: who has to go on is not known".into());
    }
    let all = all.unwrap_or(&none);
    found.add_you(all, account);
    found.add_break_glass(all, account, case);
    found.add_named(all, account, case);
    if TEMPLATE.is(&case.params, "people") {
        let named: BTreeSet<String> = found.own.keys().cloned().collect();
        roles::add(&mut found, all, account);
        found.unnamed = found.own.keys().filter(|arn| !named.contains(*arn)).cloned().collect();
    }
    found.say_makers(all, account);
    found
}

impl Exemptions {
    /// The same behind a policy of this run that stands, and lets these go on: nobody is added who has not been
    /// named. A role that a thief makes between the plan and the cut must not go on because a service could assume
    /// it.
    pub fn behind(mut self, standing: &BTreeSet<String>) -> Exemptions {
        let (unnamed, own) = (&self.unnamed, &mut self.own);
        own.retain(|arn, _| !unnamed.contains(arn) || standing.contains(arn));
        self
    }
}

/// Would a policy read the ARN as a pattern, or as a variable? A path may hold any character.
fn is_pattern(arn: &str) -> bool {
    arn.contains(['*', '?', '$'])
}

/// The ARN that a policy knows the caller by: of a role's session that of the role, with its path.
fn caller(all: &Principals, account: &Account) -> Result<String, Reason> {
    let caller = &account.caller;
    if caller.is_root() {
        return Err(
            "you call as root: a policy that spares root spares whoever has it. Call as a user or a role"
                .into(),
        );
    }
    let Some(role) = caller.role() else { return Ok(caller.arn.clone()) };
    let role = all.roles.get(role).ok_or_else(|| {
        format!("you call as role {role}, which is not among the roles that were read: its path is not known")
    })?;
    Ok(role.arn.clone())
}

impl Exemptions {
    fn add(&mut self, arn: &str, why: Reason, account: &Account) {
        let own = arn::account(arn) == Some(&account.id);
        let place = if own { &mut self.own } else { &mut self.foreign };
        place.entry(arn.to_owned()).or_insert(why);
    }

    fn add_unless_pattern(&mut self, arn: &str, why: Reason, account: &Account) {
        if is_pattern(arn) {
            self.warnings.push(format!("{arn} does not go on ({why}): a policy reads it as a pattern"));
        } else {
            self.add(arn, why, account);
        }
    }

    /// Adds who calls, and who made the caller's session.
    fn add_you(&mut self, all: &Principals, account: &Account) {
        let mut yours: Vec<(String, Reason)> = vec![];
        if arn::account(&account.caller.arn) == Some(&account.id) {
            match caller(all, account) {
                Ok(arn) => yours.push((arn, "unplug calls as it".into())),
                Err(why) => self.unfit = self.unfit.take().or(Some(why)),
            }
        }
        if let Some((set, _)) = account.sign_in() {
            self.warnings.push(format!(
                "whoever signs in with the permission set {set} goes on as you do: 110 denies the others of it"
            ));
        }
        let responders = Responders::of(account);
        for arn in responders.arns() {
            let name = arn.rsplit('/').next().unwrap_or_default();
            let mine = if arn.contains(":user/") { responders.user(name) } else { responders.role(name) };
            let why = mine.map(|mine| mine.why).unwrap_or_default();
            yours.push((arn, why));
        }
        for link in &account.caller.chain.links {
            if let Link::Role(role) = link
                && arn::account(role) != Some(&account.id)
            {
                yours.push((role.clone(), "your session was made through it".into()));
            }
        }
        for (arn, why) in yours {
            if is_pattern(&arn) {
                let why = format!("you could not be spared: a policy reads {arn} as a pattern");
                self.unfit = self.unfit.take().or(Some(why));
            } else {
                self.add(&arn, format!("it is yours: {why}"), account);
            }
        }
    }

    /// Adds users and roles that the configuration spares.
    fn add_break_glass(&mut self, all: &Principals, account: &Account, case: &Case) {
        let users = all.users.values().map(|user| &user.arn);
        for arn in users.chain(all.roles.values().map(|role| &role.arn)) {
            if let Some(why) = case.config.break_glass(arn) {
                self.add_unless_pattern(arn, format!("spared: {why}"), account);
            }
        }
        let elsewhere = |arn: &&String| arn::account(arn).is_some_and(|of| is_id(of) && of != account.id);
        for arn in case.config.break_glass.iter().filter(elsewhere) {
            self.add_unless_pattern(arn, "spared by the configuration".into(), account);
        }
    }

    /// Adds what the playbook names: of this account only what is there.
    fn add_named(&mut self, all: &Principals, account: &Account, case: &Case) {
        for named in texts(&case.params, EXEMPT) {
            let of = arn::account(named).filter(|of| named.starts_with("arn:") && is_id(of));
            let is_there = all.users.values().any(|user| user.arn == named)
                || all.roles.values().any(|role| role.arn == named);
            match of {
                None => {
                    self.warnings.push(format!("{named} does not go on: it is no ARN with an account's id"));
                }
                Some(of) if of == account.id && !is_there => {
                    self.warnings.push(format!("{named} does not go on: there is no such user or role"));
                }
                Some(_) => self.add_unless_pattern(named, "the playbook names it".into(), account),
            }
        }
    }

    /// Says who may have made your session and does not go on: it could not be made again.
    fn say_makers(&mut self, all: &Principals, account: &Account) {
        let responders = Responders::of(account);
        let mine = |mine: Option<Mine>| mine.is_some_and(|mine| !mine.sure);
        let users = all.users.iter().filter(|(name, _)| mine(responders.user(name)));
        let roles = all.roles.iter().filter(|(name, _)| mine(responders.role(name)));
        let arns =
            users.map(|(name, user)| (name, &user.arn)).chain(roles.map(|(name, role)| (name, &role.arn)));
        let denied: Vec<&String> =
            arns.filter(|(_, arn)| !self.own.contains_key(*arn)).map(|(name, _)| name).collect();
        if !denied.is_empty() {
            self.warnings.push(format!(
                "who made your session is not known, and it cannot be made again by {} while the policy stands: \
                 name them with `exempt` or as break-glass, or call by a profile that names its source",
                first_few(denied, 3)
            ));
        }
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
