//! Whom the trust policy of a role lets in.
//!
//! Conditions are taken as met, and denials as not there: a step that spares or cuts by this must not
//! miss anybody.

use std::collections::BTreeSet;

use super::arn;
use super::parse;
use super::policy::Effect;
use super::principal::Named;

/// The action with which users, roles and services make a session of a role.
pub const ASSUME: &[&str] = &["sts:assumerole"];

/// The actions with which anybody makes a session of a role, people of an identity provider included.
pub const ENTER: &[&str] = &["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"];

/// The beginning of the names of the roles that Identity Center makes. Nobody of the account stands behind
/// their sessions.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html>
pub const IDENTITY_CENTER: &str = "AWSReservedSSO_";

/// The service that gives sessions of a role to whoever has a certificate: IAM Roles Anywhere.
///
/// <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html>
pub const ROLES_ANYWHERE: &str = "rolesanywhere.amazonaws.com";

/// Whom one trust policy lets in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Trusted {
    /// Everybody, or somebody who cannot be told: words that follow the role's name, `lets everybody in`.
    pub everybody: Option<String>,
    /// Whoever of this account may assume roles by its own policies.
    pub account: bool,
    /// Users of this account, by name.
    pub users: BTreeSet<String>,
    /// Roles of this account, by name.
    pub roles: BTreeSet<String>,
    /// The ids of other accounts.
    pub others: BTreeSet<String>,
    /// People of an identity provider, or with a session of `GetFederationToken`, which can assume no role.
    pub federated: bool,
    pub services: BTreeSet<String>,
}

impl Trusted {
    /// Reads the trust policy of a role of this account: whom it lets send one of the actions.
    pub fn of(trust: &str, account: &str, actions: &[&str]) -> Trusted {
        let mut trusted = Trusted::default();
        let policy = match parse::policy(trust) {
            Ok(policy) => policy,
            Err(why) => {
                trusted.everybody = Some(format!("has a trust policy that is not understood ({why})"));
                return trusted;
            }
        };
        let lets = policy.statements.iter().filter(|statement| {
            statement.effect != Effect::Deny && actions.iter().any(|action| statement.covers_action(action))
        });
        for statement in lets {
            match statement.principals.as_ref().filter(|principals| !principals.not) {
                Some(principals) => principals.list.iter().for_each(|named| trusted.add(named, account)),
                None => trusted.everybody = Some("lets everybody in but a few".into()),
            }
        }
        trusted
    }

    /// Does it let in everybody whom the other lets in, conditions apart?
    pub fn covers(&self, other: &Trusted) -> bool {
        self.everybody.is_some()
            || other.everybody.is_none()
                && self.account >= other.account
                && self.federated >= other.federated
                && other.users.is_subset(&self.users)
                && other.roles.is_subset(&self.roles)
                && other.others.is_subset(&self.others)
                && other.services.is_subset(&self.services)
    }

    fn add(&mut self, named: &Named, account: &str) {
        match named {
            Named::Everybody | Named::CanonicalUser(_) | Named::Unclear(_) => {
                self.everybody.get_or_insert("lets everybody in".into());
            }
            Named::Account(id) if id == account => self.account = true,
            Named::Account(id) => {
                self.others.insert(id.clone());
            }
            Named::Arn(text) => match (arn::account(text), holder(text)) {
                (Some(of), _) if of != account => {
                    self.others.insert(of.to_owned());
                }
                (_, Some(Holder::User(name))) => {
                    self.users.insert(name.to_owned());
                }
                (_, Some(Holder::Role(name))) => {
                    self.roles.insert(name.to_owned());
                }
                (_, None) => self.federated = true,
            },
            Named::Federated(_) => self.federated = true,
            Named::Service(name) => {
                self.services.insert(name.clone());
            }
            Named::Deleted(_) => {}
        }
    }

    /// Whether people can make a session of the role directly: users, an identity provider, another account,
    /// whoever has a certificate.
    pub fn people(&self) -> bool {
        self.everybody.is_some()
            || self.account
            || self.federated
            || self.services.contains(ROLES_ANYWHERE)
            || !self.users.is_empty()
            || !self.others.is_empty()
    }
}

enum Holder<'a> {
    User(&'a str),
    Role(&'a str),
}

/// The user or role of an ARN: of a session that of its role.
fn holder(text: &str) -> Option<Holder<'_>> {
    let (kind, path) = arn::resource(text).split_once('/')?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty());
    match kind {
        "user" => name.map(Holder::User),
        "role" => name.map(Holder::Role),
        "assumed-role" => path.split('/').next().map(Holder::Role),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ACCOUNT: &str = "123456789012";

    fn of(principal: &Value) -> Trusted {
        let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal });
        Trusted::of(&json!({ "Statement": [statement] }).to_string(), ACCOUNT, ASSUME)
    }

    fn one(name: &str) -> BTreeSet<String> {
        [name.to_owned()].into()
    }

    #[test]
    fn each_form_of_a_principal_is_told_apart() {
        let own = |of: &str| format!("arn:aws:iam::{ACCOUNT}:{of}");
        let nobody = Trusted::default;
        let everybody = || Trusted { everybody: Some("lets everybody in".into()), ..nobody() };
        let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/hop/anna");
        let federated_user = format!("arn:aws:sts::{ACCOUNT}:federated-user/anna");
        for (principal, expected) in [
            (json!("*"), everybody()),
            (json!({ "AWS": "*" }), everybody()),
            (json!({ "AWS": "no ARN" }), everybody()),
            (json!({ "AWS": own("root") }), Trusted { account: true, ..nobody() }),
            (json!({ "AWS": ACCOUNT }), Trusted { account: true, ..nobody() }),
            (json!({ "AWS": own("user/people/anna") }), Trusted { users: one("anna"), ..nobody() }),
            (json!({ "AWS": own("role/teams/hop") }), Trusted { roles: one("hop"), ..nobody() }),
            (json!({ "AWS": session }), Trusted { roles: one("hop"), ..nobody() }),
            (json!({ "AWS": federated_user }), Trusted { federated: true, ..nobody() }),
            (json!({ "AWS": "210987654321" }), Trusted { others: one("210987654321"), ..nobody() }),
            (
                json!({ "AWS": "arn:aws:iam::210987654321:role/hub" }),
                Trusted { others: one("210987654321"), ..nobody() },
            ),
            (json!({ "Federated": own("saml-provider/x") }), Trusted { federated: true, ..nobody() }),
            (
                json!({ "Service": "ec2.amazonaws.com" }),
                Trusted { services: one("ec2.amazonaws.com"), ..nobody() },
            ),
            (json!({ "AWS": "AROAEXAMPLEEXAMPLE123" }), nobody()),
        ] {
            assert_eq!(of(&principal), expected, "{principal}");
        }
    }

    #[test]
    fn only_the_actions_that_are_asked_for_count() {
        let statement = |action: &str| {
            let statement = json!({ "Effect": "Allow", "Action": action, "Principal": "*" });
            json!({ "Statement": statement }).to_string()
        };
        for (action, assume, enter) in [
            ("sts:AssumeRole", true, true),
            ("sts:*", true, true),
            ("sts:AssumeRoleWithSAML", false, true),
            ("sts:TagSession", false, false),
        ] {
            let everybody = |asked| Trusted::of(&statement(action), ACCOUNT, asked).everybody.is_some();
            assert_eq!((everybody(ASSUME), everybody(ENTER)), (assume, enter), "{action}");
        }
        let deny = statement("sts:*").replace("Allow", "Deny");
        assert_eq!(Trusted::of(&deny, ACCOUNT, ENTER), Trusted::default());
    }

    #[test]
    fn a_policy_that_is_not_understood_and_one_with_exceptions_let_everybody_in() {
        let words = |text: &str| Trusted::of(text, ACCOUNT, ASSUME).everybody.unwrap_or_default();
        assert!(words("no JSON").starts_with("has a trust policy that is not understood"));
        let not =
            json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": "x" }] });
        assert_eq!(words(&not.to_string()), "lets everybody in but a few");
    }
}
