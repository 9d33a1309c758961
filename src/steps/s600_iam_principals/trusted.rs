//! Whom trust policies let assume a role.

use std::collections::BTreeSet;

use crate::access::parse;
use crate::access::policy::Effect;
use crate::access::principal::Named;
use crate::account::Principals;

/// The actions that make a session of a role.
const ASSUME: [&str; 3] = ["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"];

/// Whom one trust policy lets in. Conditions are taken as met.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Trusted {
    /// People of another account, of an identity provider, or anybody of this one.
    pub anybody: bool,
    /// Anybody of this account whose own policies allow it.
    pub account: bool,
    /// Users and roles of this account by ARN.
    pub named: BTreeSet<String>,
    pub services: BTreeSet<String>,
}

impl Trusted {
    pub fn of(trust: &str, account: &str) -> Trusted {
        let mut trusted = Trusted::default();
        let Ok(policy) = parse::policy(trust) else {
            return Trusted { anybody: true, account: true, ..trusted };
        };
        for statement in policy.statements.iter().filter(|statement| statement.effect != Effect::Deny) {
            if !ASSUME.iter().any(|action| statement.covers_action(action)) {
                continue;
            }
            let Some(principals) = statement.principals.as_ref().filter(|principals| !principals.not) else {
                (trusted.anybody, trusted.account) = (true, true);
                continue;
            };
            for named in &principals.list {
                trusted.add(named, account);
            }
        }
        trusted
    }

    fn add(&mut self, named: &Named, account: &str) {
        let of = |arn: &str| arn.split(':').nth(4) == Some(account);
        match named {
            Named::Account(id) if id == account => self.account = true,
            Named::Arn(arn) if of(arn) => {
                self.named.insert(arn.clone());
            }
            Named::Service(name) => {
                self.services.insert(name.clone());
            }
            Named::Account(_) | Named::Arn(_) | Named::Federated(_) => self.anybody = true,
            Named::Everybody | Named::CanonicalUser(_) | Named::Unclear(_) => {
                (self.anybody, self.account) = (true, true);
            }
            Named::Deleted(_) => {}
        }
    }
}

/// Can somebody assume this role who is no service: a person, a federation, another account; directly, or
/// through other roles?
pub(super) fn by_people(name: &str, all: &Principals, account: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![name.to_owned()]);
    while let Some(name) = open.pop() {
        let Some(role) = all.roles.get(&name).filter(|_| seen.insert(name.clone())) else { continue };
        let trusted = Trusted::of(&role.trust, account);
        if trusted.anybody || trusted.account {
            return true;
        }
        for arn in &trusted.named {
            match role_name(arn) {
                Some(role) => open.push(role.to_owned()),
                None => return true,
            }
        }
    }
    false
}

/// Of the ARN of a role, or of a session of one, the role's name.
fn role_name(arn: &str) -> Option<&str> {
    if let Some((_, session)) = arn.split_once(":assumed-role/") {
        return session.split('/').next();
    }
    arn.split_once(":role/").and_then(|(_, path)| path.rsplit('/').next())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::account::Role;

    const ACCOUNT: &str = "123456789012";

    fn trust(principal: &Value) -> String {
        json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:*", "Principal": principal }] }).to_string()
    }

    fn roles(trusts: &[(&str, Value)]) -> Principals {
        let role = |(name, principal): &(&str, Value)| {
            let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
            ((*name).to_owned(), Role { arn, trust: trust(principal), ..Role::default() })
        };
        Principals { roles: trusts.iter().map(role).collect(), ..Principals::default() }
    }

    #[test]
    fn people_and_accounts_and_federations_can_assume_and_services_are_not_people() {
        let all = roles(&[
            ("root", json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:root") })),
            ("other", json!({ "AWS": "210987654321" })),
            ("saml", json!({ "Federated": "arn:aws:iam::123456789012:saml-provider/x" })),
            ("user", json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:user/people/anna") })),
            ("star", json!("*")),
            ("both", json!({ "Service": "ec2.amazonaws.com", "AWS": "210987654321" })),
            ("behind", json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:role/x/user") })),
            ("ec2", json!({ "Service": "ec2.amazonaws.com" })),
            ("behind-ec2", json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:role/ec2") })),
            ("circle", json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:role/circle") })),
            ("deleted", json!({ "AWS": "AROAEXAMPLEEXAMPLE123" })),
        ]);
        for (name, expected) in [
            ("root", true),
            ("other", true),
            ("saml", true),
            ("user", true),
            ("star", true),
            ("both", true),
            ("behind", true),
            ("ec2", false),
            ("behind-ec2", false),
            ("circle", false),
            ("deleted", false),
        ] {
            assert_eq!(by_people(name, &all, ACCOUNT), expected, "{name}");
        }
    }

    #[test]
    fn a_trust_policy_that_cannot_be_read_lets_in_anybody() {
        let open = Trusted { anybody: true, account: true, ..Trusted::default() };
        assert_eq!(Trusted::of("no JSON", ACCOUNT), open);
        let not =
            json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": "x" }] });
        assert_eq!(Trusted::of(&not.to_string(), ACCOUNT), open);
        let tags =
            json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:TagSession", "Principal": "*" }] });
        assert_eq!(Trusted::of(&tags.to_string(), ACCOUNT), Trusted::default());
        let services = Trusted { services: ["ec2.amazonaws.com".to_owned()].into(), ..Trusted::default() };
        assert_eq!(Trusted::of(&trust(&json!({ "Service": "ec2.amazonaws.com" })), ACCOUNT), services);
    }
}
