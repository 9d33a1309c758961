//! Which roles somebody can assume who is no service.

use std::collections::BTreeSet;

use crate::access::trust::{ENTER, Trusted};
use crate::account::Principals;

/// Can somebody assume this role who is no service: a person, a federation, another account, whoever has a
/// certificate; directly, or through other roles?
pub(in crate::steps) fn can_assume(name: &str, all: &Principals, account: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![name.to_owned()]);
    while let Some(name) = open.pop() {
        let Some(role) = all.roles.get(&name).filter(|_| seen.insert(name.clone())) else { continue };
        let trusted = Trusted::of(&role.trust, account, ENTER);
        if trusted.people() {
            return true;
        }
        open.extend(trusted.roles);
    }
    false
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
            ("certificate", json!({ "Service": "rolesanywhere.amazonaws.com" })),
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
            ("certificate", true),
            ("circle", false),
            ("deleted", false),
        ] {
            assert_eq!(can_assume(name, &all, ACCOUNT), expected, "{name}");
        }
    }
}
