//! Versions of customer managed policies.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>

use aws_sdk_iam::types::PolicyVersion;
use serde_json::Value;

use super::encoded;
use super::policies::{MANAGED_POLICY, length, principals};
use crate::account::{PolicyVersions, Principals};
use crate::aws::operations::iam;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::seen;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<iam::CreatePolicyVersion>(create_policy_version);
    dispatch.on::<iam::DeletePolicyVersion>(delete_policy_version);
    dispatch.on::<iam::GetPolicyVersion>(get_policy_version);
    dispatch.on::<iam::ListPolicyVersions>(list_policy_versions);
    dispatch.on::<iam::SetDefaultPolicyVersion>(set_default_policy_version);
}

fn gone(what: &str) -> Refused {
    refuse("NoSuchEntity", format!("{what} does not exist or is not attachable."))
}

/// A policy's versions, the default one among them: id and document.
fn versions(all: &Principals, arn: Option<&str>) -> Result<(PolicyVersions, Vec<(String, String)>), Refused> {
    let arn = arn.unwrap_or_default();
    let document = all.policies.get(arn).ok_or_else(|| gone(&format!("Policy {arn}")))?;
    let versions = all.versions.get(arn).cloned().unwrap_or_default();
    let default = [(versions.default.clone(), document.clone())];
    let each = versions.others.clone().into_iter().chain(default).collect();
    Ok((versions, each))
}

/// Keeps the versions of a policy: one that has had no other than its first is not listed.
fn put(all: &mut Principals, arn: &str, versions: PolicyVersions) {
    if versions == PolicyVersions::default() {
        all.versions.remove(arn);
    } else {
        all.versions.insert(arn.to_owned(), versions);
    }
}

fn create_policy_version(
    cx: &mut Cx<'_>,
    input: &In<iam::CreatePolicyVersion>,
) -> Said<iam::CreatePolicyVersion> {
    let all = principals(cx)?;
    let (arn, text) = (input.policy_arn().unwrap_or_default(), input.policy_document().unwrap_or_default());
    let (mut versions, each) = versions(all, Some(arn))?;
    if !matches!(serde_json::from_str(text), Ok(Value::Object(_))) {
        return Err(refuse("MalformedPolicyDocument", "Syntax errors in policy."));
    }
    if length(text) > MANAGED_POLICY {
        return Err(refuse("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"));
    }
    if versions.count() >= PolicyVersions::MOST {
        let why = "A managed policy can have up to 5 versions. Before you create a new version, you must \
                   delete an existing version.";
        return Err(refuse("LimitExceeded", why));
    }
    let number = |id: &String| id.strip_prefix('v').and_then(|number| number.parse::<u32>().ok());
    let last = each.iter().filter_map(|(id, _)| number(id)).max().unwrap_or_default();
    let id = format!("v{}", last + 1);
    let default = input.set_as_default() == Some(true);
    if default {
        if let Some(old) = all.policies.insert(arn.to_owned(), text.to_owned()) {
            versions.others.insert(std::mem::replace(&mut versions.default, id.clone()), old);
        }
    } else {
        versions.others.insert(id.clone(), text.to_owned());
    }
    put(all, arn, versions);
    let version = PolicyVersion::builder().version_id(id).is_default_version(default).build();
    Ok(Out::<iam::CreatePolicyVersion>::builder().policy_version(version).build())
}

fn delete_policy_version(
    cx: &mut Cx<'_>,
    input: &In<iam::DeletePolicyVersion>,
) -> Said<iam::DeletePolicyVersion> {
    let all = principals(cx)?;
    let (arn, id) = (input.policy_arn().unwrap_or_default(), input.version_id().unwrap_or_default());
    let (mut versions, _) = versions(all, Some(arn))?;
    if versions.default == id {
        return Err(refuse("DeleteConflict", "Cannot delete the default version of a policy."));
    }
    versions.others.remove(id).ok_or_else(|| gone(&format!("Policy {arn} version {id}")))?;
    put(all, arn, versions);
    Ok(Out::<iam::DeletePolicyVersion>::builder().build())
}

fn set_default_policy_version(
    cx: &mut Cx<'_>,
    input: &In<iam::SetDefaultPolicyVersion>,
) -> Said<iam::SetDefaultPolicyVersion> {
    let all = principals(cx)?;
    let (arn, id) = (input.policy_arn().unwrap_or_default(), input.version_id().unwrap_or_default());
    let (mut versions, _) = versions(all, Some(arn))?;
    if versions.default != id {
        let new = versions.others.remove(id).ok_or_else(|| gone(&format!("Policy {arn} version {id}")))?;
        if let Some(old) = all.policies.insert(arn.to_owned(), new) {
            versions.others.insert(std::mem::replace(&mut versions.default, id.to_owned()), old);
        }
        put(all, arn, versions);
    }
    Ok(Out::<iam::SetDefaultPolicyVersion>::builder().build())
}

fn get_policy_version(cx: &mut Cx<'_>, input: &In<iam::GetPolicyVersion>) -> Said<iam::GetPolicyVersion> {
    let (arn, id) = (input.policy_arn(), input.version_id().unwrap_or_default());
    let (versions, each) = versions(seen(&cx.world.account.principals)?, arn)?;
    let found = each.into_iter().find(|(version, _)| version == id);
    let (_, document) = found.ok_or_else(|| gone(&format!("Policy version {id}")))?;
    let version = PolicyVersion::builder().version_id(id).document(encoded(&document));
    let version = version.is_default_version(versions.default == id).build();
    Ok(Out::<iam::GetPolicyVersion>::builder().policy_version(version).build())
}

/// Without the documents, as AWS lists them.
fn list_policy_versions(
    cx: &mut Cx<'_>,
    input: &In<iam::ListPolicyVersions>,
) -> Said<iam::ListPolicyVersions> {
    let (versions, each) = versions(seen(&cx.world.account.principals)?, input.policy_arn())?;
    let one = |(id, _): (String, String)| {
        let default = versions.default == id;
        PolicyVersion::builder().version_id(id).is_default_version(default).build()
    };
    let each = each.into_iter().map(one).collect();
    let (page, next) = cx.page(each, input.marker(), input.max_items().or(Some(100)));
    Ok(Out::<iam::ListPolicyVersions>::builder()
        .set_versions(Some(page))
        .is_truncated(next.is_some())
        .set_marker(next)
        .build())
}

#[cfg(test)]
mod tests {
    use crate::account::{Principals, Seen};
    use crate::aws::Aws;
    use crate::aws::ledger::Phase;
    use crate::collect::decoded;
    use crate::sim::{Simulation, probe::code, sample};

    #[tokio::test]
    async fn a_policy_has_five_versions_and_its_default_one_stays() {
        let mut account = sample::account();
        account.principals = Seen::Read(Principals::default());
        let aws = Aws::simulated(Simulation::new(account));
        let _phase = aws.enter(Phase::Apply);
        let iam = aws.iam();
        let document = |number: usize| format!(r#"{{"Statement":[],"Id":"{number}"}}"#);
        let made = iam.create_policy().policy_name("p").policy_document(document(1)).send().await.unwrap();
        let arn = made.policy().unwrap().arn().unwrap().to_owned();
        let create = |number: usize| {
            let create = iam.create_policy_version().policy_arn(&arn).policy_document(document(number));
            create.set_as_default(true)
        };
        for number in 2..=5 {
            assert_eq!(code(create(number).send().await), "none", "{number}");
        }
        assert_eq!(code(create(6).send().await), "LimitExceeded");
        let delete = |id: &str| iam.delete_policy_version().policy_arn(&arn).version_id(id);
        assert_eq!(code(delete("v5").send().await), "DeleteConflict");
        assert_eq!(code(iam.delete_policy().policy_arn(&arn).send().await), "DeleteConflict");
        let set = |id: &str| iam.set_default_policy_version().policy_arn(&arn).version_id(id);
        assert_eq!(code(set("v9").send().await), "NoSuchEntity");
        assert_eq!(code(set("v1").send().await), "none");
        let first = iam.get_policy_version().policy_arn(&arn).version_id("v1").send().await.unwrap();
        let first = first.policy_version().unwrap();
        assert!(first.is_default_version());
        assert_eq!(decoded(first.document().unwrap()), document(1));
        for id in ["v2", "v3", "v4", "v5"] {
            assert_eq!(code(delete(id).send().await), "none", "{id}");
        }
        let list = iam.list_policy_versions().policy_arn(&arn).send().await.unwrap();
        assert_eq!(list.versions().len(), 1);
        assert_eq!(code(iam.delete_policy().policy_arn(&arn).send().await), "none");
    }
}
