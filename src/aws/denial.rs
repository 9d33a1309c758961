//! Which kind of policy denies a call, by AWS's words.

/// The kind of policy that denies, in words, where AWS names one against which an Allow in the
/// caller's own policy does not help.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
pub(super) fn policy(message: &str) -> Option<&'static str> {
    let words = message.to_ascii_lowercase();
    let denies = |policy: &str| {
        ["a", "an"].iter().any(|article| words.contains(&format!("explicit deny in {article} {policy}")))
    };
    // Where one of these does not allow it, an Allow elsewhere is in vain too.
    let is = |policy: &str| denies(policy) || words.contains(&format!("no {policy} allows"));
    let kinds = [
        ("service control policy", "a service control policy of the organization"),
        ("resource control policy", "a resource control policy of the organization"),
        ("permissions boundary", "the caller's permissions boundary"),
        ("session policy", "the policy of the caller's session"),
        ("vpc endpoint policy", "the policy of the VPC endpoint"),
    ];
    let found = kinds.into_iter().find(|(policy, _)| is(policy)).map(|(_, words)| words);
    found
        .or_else(|| denies("resource-based policy").then_some("the resource's own policy"))
        .or_else(|| denies("identity-based policy").then_some("a Deny in the caller's own policies"))
}

#[cfg(test)]
mod tests {
    use super::policy;

    const WHO: &str = "User: arn:aws:sts::123456789012:assumed-role/Admin/akari is not authorized to perform: \
                       ec2:ReplaceNetworkAclAssociation";

    #[test]
    fn the_kind_of_policy_that_denies_is_named() {
        for (words, kind) in [
            ("with an explicit deny in a service control policy", "service control"),
            ("with an explicit deny in a resource control policy", "resource control"),
            ("with an explicit deny in a permissions boundary", "boundary"),
            ("with an explicit deny in a session policy", "session"),
            ("with an explicit deny in a VPC endpoint policy", "VPC endpoint"),
            ("with an explicit deny in a resource-based policy", "resource's own"),
            ("with an explicit deny in an identity-based policy", "Deny in the caller's own"),
            ("because no service control policy allows the ec2:X action", "service control"),
            ("because no permissions boundary allows the ec2:X action", "boundary"),
        ] {
            let named = policy(&format!("{WHO} {words}"));
            assert!(named.is_some_and(|named| named.contains(kind)), "{words}: {named:?}");
        }
    }

    #[test]
    fn where_an_allow_helps_none_is_named() {
        for words in ["", "because no identity-based policy allows the ec2:X action"] {
            assert_eq!(policy(&format!("{WHO} {words}")), None);
        }
    }
}
