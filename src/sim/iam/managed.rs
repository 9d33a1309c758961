//! Texts of AWS's own managed policies. `GetAccountAuthorizationDetails` lists the texts of those that
//! somebody has, so an account that a scenario describes needs them.
//!
//! Each file in `managed/` is the document of one version, without white space. AWS changes these policies:
//! a real account may have a newer version.
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use std::collections::BTreeSet;

use crate::account::Principals;

/// One of AWS's policies.
struct Managed {
    /// The end of its ARN, after `policy/`.
    name: &'static str,
    document: &'static str,
}

const ALL: &[Managed] = &[
    // v1, of 2015-02-06.
    Managed {
        name: "AdministratorAccess",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    },
    // v2, of 2019-05-23.
    Managed {
        name: "AmazonSSMManagedInstanceCore",
        document: include_str!("managed/AmazonSSMManagedInstanceCore.json"),
    },
    // v2, of 2024-10-02.
    Managed {
        name: "AWSCompromisedKeyQuarantineV3",
        document: include_str!("managed/AWSCompromisedKeyQuarantineV3.json"),
    },
    // v12, of 2026-02-12.
    Managed { name: "PowerUserAccess", document: include_str!("managed/PowerUserAccess.json") },
    // v85, of 2026-03-02.
    Managed { name: "SecurityAudit", document: include_str!("managed/SecurityAudit.json") },
    // v10, of 2025-11-12.
    Managed {
        name: "aws-service-role/AutoScalingServiceRolePolicy",
        document: include_str!("managed/AutoScalingServiceRolePolicy.json"),
    },
];

/// Returns the document of one of AWS's policies by its ARN, in whatever partition.
pub(in crate::sim) fn document(arn: &str) -> Option<&'static str> {
    let (_, name) = arn.split_once(":iam::aws:policy/").filter(|_| Principals::is_of_aws(arn))?;
    ALL.iter().find(|managed| managed.name == name).map(|managed| managed.document)
}

/// Adds the text of every policy of AWS's that somebody has and whose text is known. A text that is there
/// stays.
pub(in crate::sim) fn add_in_use(principals: &mut Principals) {
    let boundaries = principals.users.values().map(|user| &user.boundary);
    let boundaries = boundaries.chain(principals.roles.values().map(|role| &role.boundary)).flatten();
    let attached = principals.users.values().flat_map(|user| &user.attached);
    let attached = attached.chain(principals.roles.values().flat_map(|role| &role.attached));
    let attached = attached.chain(principals.groups.values().flat_map(|group| &group.attached));
    let used: BTreeSet<String> = boundaries.chain(attached).cloned().collect();
    for arn in used {
        if let Some(document) = document(&arn) {
            principals.policies.entry(arn).or_insert_with(|| document.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::parse;
    use crate::account::User;

    #[test]
    fn every_document_is_a_policy_without_parts_that_are_not_understood() {
        for Managed { name, document } in ALL {
            let policy = parse::policy(document).unwrap();
            for statement in &policy.statements {
                assert!(statement.unclear.is_empty(), "{name}: {:?}", statement.unclear);
            }
        }
    }

    #[test]
    fn the_texts_of_policies_in_use_are_added_and_what_is_there_stays() {
        let arn = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
        let attached = [arn("PowerUserAccess"), arn("NoSuchPolicy")].into();
        let user = User { attached, boundary: Some(arn("SecurityAudit")), ..User::default() };
        let mut principals =
            Principals { users: [("anna".to_owned(), user)].into(), ..Principals::default() };
        principals.policies.insert(arn("SecurityAudit"), "{}".to_owned());
        add_in_use(&mut principals);
        let names: Vec<&String> = principals.policies.keys().collect();
        assert_eq!(names, [&arn("PowerUserAccess"), &arn("SecurityAudit")]);
        assert_eq!(principals.policies[&arn("SecurityAudit")], "{}");
    }
}
