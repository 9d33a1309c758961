//! One policy of the break-glass role. A new text is a new version, and the old one stays for a restore.
//!
//! AWS keeps five versions of a policy, and this lens deletes none of somebody else's to make room.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::responder::policies;
use crate::account::policy::meaning;
use crate::account::{PolicyVersions, Principals, Section};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::decoded;
use crate::step::policy::length;
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write, count};

pub(super) struct Policy;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    /// The default version's document.
    document: String,
    /// The documents of the other versions.
    others: BTreeSet<String>,
}

impl Text {
    /// With this document as the default: the one before stays as another version.
    fn with(&self, document: &str) -> Text {
        let mut others = self.others.clone();
        others.insert(self.document.clone());
        others.remove(document);
        Text { document: document.to_owned(), others }
    }

    /// The texts on the way to another state: the default first, then one deleted version after the other.
    fn way(&self, to: Option<&Text>) -> Vec<Text> {
        let mut now = to.map_or_else(|| self.clone(), |to| self.with(&to.document));
        let mut way = vec![now.clone()];
        for gone in now.others.clone() {
            if to.is_none_or(|to| !to.others.contains(&gone)) {
                now.others.remove(&gone);
                way.push(now.clone());
            }
        }
        way
    }
}

impl Lens for Policy {
    /// `None`: there is no policy of this name.
    type State = Option<Text>;
    const KIND: &'static str = "responder-policy";
    const NEEDS: &'static [Section] = &[Section::Principals];

    fn state(&self, look: &Look<'_>) -> Now<Option<Text>> {
        Now::of(&look.account.principals, |all| Now::Is(text(all, &look.at.id)))
    }

    fn contain(&self, now: &Option<Text>, look: &Look<'_>) -> Verdict<Option<Text>> {
        let arn = &look.at.id;
        let Some(wanted) = policies(look.account, &look.case.params, &look.case.config).remove(arn) else {
            return Verdict::Refuse("it is not one of the role's policies".into());
        };
        let Some(now) = now else {
            return Verdict::Change(Some(Text { document: wanted, others: BTreeSet::new() }));
        };
        if meaning(&now.document) == meaning(&wanted) {
            return Verdict::Already;
        }
        let versions = look.account.principals.read().and_then(|all| all.versions.get(arn));
        let full = versions.filter(|versions| versions.count() >= PolicyVersions::MOST);
        if let Some(oldest) = full.filter(|_| !now.others.contains(&wanted)).and_then(oldest) {
            return Verdict::Refuse(format!(
                "it has 5 versions, and AWS keeps no more. Look at {oldest}, and delete it: aws iam \
                 delete-policy-version --policy-arn {arn} --version-id {oldest}"
            ));
        }
        Verdict::Change(Some(now.with(&wanted)))
    }

    fn hold_back(&self, before: &Option<Text>, look: &Look<'_>) -> Option<Reason> {
        let (all, arn) = (look.account.principals.read()?, &look.at.id);
        let user = holder(all, arn).filter(|_| before.is_none())?;
        Some(format!("{user} still has it, and AWS deletes no such policy"))
    }

    fn passes(&self, from: &Option<Text>, to: &Option<Text>) -> Vec<Option<Text>> {
        let Some(from) = from else { return vec![] };
        from.way(to.as_ref()).into_iter().map(Some).filter(|text| text != to).collect()
    }

    fn show(&self, state: &Option<Text>) -> String {
        let Some(text) = state else { return "not there".into() };
        let older = match text.others.len() {
            0 => String::new(),
            n => format!(", {} kept", count(n, "other version")),
        };
        format!("{} ({} characters){older}", statements(&text.document), length(&text.document))
    }

    async fn write(&self, write: Write<'_, Option<Text>>) -> Result<(), StepError> {
        let (aws, arn) = (write.aws, &write.at.id);
        let iam = aws.iam();
        let there = Box::pin(versions(aws, arn)).await?;
        let (to, mut all) = match (write.to, there) {
            (None, None) => return Ok(()),
            (Some(text), None) => {
                let name = arn.rsplit('/').next().unwrap_or(arn);
                let create = iam.create_policy().policy_name(name).policy_document(&text.document);
                create.description("What unplug needs in an incident. Made by unplug prepare").send().await?;
                return Ok(());
            }
            (to, Some(all)) => (to.as_ref(), all),
        };
        if let Some(text) = to {
            Box::pin(default(aws, arn, &text.document, &mut all)).await?;
        }
        let stays = |one: &Version| {
            to.is_some_and(|text| text.document == one.document || text.others.contains(&one.document))
        };
        all.retain(|one| !one.default && !stays(one));
        all.sort_by(|a, b| a.document.cmp(&b.document));
        for one in all {
            unless_gone(iam.delete_policy_version().policy_arn(arn).version_id(one.id).send().await)?;
        }
        if to.is_none() {
            unless_gone(iam.delete_policy().policy_arn(arn).send().await)?;
        }
        Ok(())
    }
}

/// The names of a policy's statements.
fn statements(document: &str) -> String {
    let policy: Option<Value> = serde_json::from_str(document).ok();
    let all = policy.as_ref().and_then(|policy| policy["Statement"].as_array());
    let names: Vec<&str> = all.into_iter().flatten().filter_map(|one| one["Sid"].as_str()).collect();
    if names.is_empty() { "another policy".into() } else { names.join(", ") }
}

fn text(all: &Principals, arn: &str) -> Option<Text> {
    let document = all.policies.get(arn)?.clone();
    let versions = all.versions.get(arn);
    let mut others: BTreeSet<String> =
        versions.into_iter().flat_map(|versions| versions.others.values().cloned()).collect();
    others.remove(&document);
    Some(Text { document, others })
}

/// The id of the oldest version that is not the default: `v10` is newer than `v9`.
fn oldest(versions: &PolicyVersions) -> Option<&String> {
    let number = |id: &&String| id.trim_start_matches('v').parse::<u32>().unwrap_or(u32::MAX);
    versions.others.keys().min_by_key(number)
}

/// Who has the policy, or is bounded by it.
fn holder<'a>(all: &'a Principals, arn: &String) -> Option<&'a String> {
    let users = all.users.iter().map(|(name, user)| (name, &user.attached, user.boundary.as_ref()));
    let roles = all.roles.iter().map(|(name, role)| (name, &role.attached, role.boundary.as_ref()));
    let groups = all.groups.iter().map(|(name, group)| (name, &group.attached, None));
    let mut every = users.chain(roles).chain(groups);
    every.find(|(_, attached, bound)| attached.contains(arn) || *bound == Some(arn)).map(|(name, ..)| name)
}

/// A version as IAM has it now.
struct Version {
    id: String,
    default: bool,
    document: String,
}

/// Every version with its document; `None`: there is no such policy.
async fn versions(aws: &Aws, arn: &str) -> Result<Option<Vec<Version>>, AwsError> {
    let list = aws.iam().list_policy_versions().policy_arn(arn);
    let listed = lists::all(aws, list, |one| Some((one.version_id?, one.is_default_version))).await;
    let listed: Option<Vec<(String, bool)>> = unless_gone(listed)?;
    let Some(listed) = listed else { return Ok(None) };
    let mut all = vec![];
    for (id, default) in listed {
        let answer = aws.iam().get_policy_version().policy_arn(arn).version_id(&id).send().await;
        // One that was deleted between the two answers is gone.
        let Some(answer) = unless_gone(answer)? else { continue };
        let document = answer.policy_version.and_then(|one| one.document);
        let document =
            document.ok_or_else(|| AwsError::unusable("iam:GetPolicyVersion", "it lacks Document"))?;
        all.push(Version { id, default, document: decoded(&document) });
    }
    Ok(Some(all))
}

/// Makes this document the default: by a version that has it, or by a new one.
async fn default(aws: &Aws, arn: &str, document: &str, all: &mut [Version]) -> Result<(), StepError> {
    let iam = aws.iam();
    if all.iter().any(|one| one.default && one.document == document) {
        return Ok(());
    }
    match all.iter().position(|one| one.document == document) {
        Some(at) => {
            let set = iam.set_default_policy_version().policy_arn(arn).version_id(&all[at].id);
            set.send().await?;
            all.iter_mut().enumerate().for_each(|(other, one)| one.default = other == at);
        }
        None => {
            let create = iam.create_policy_version().policy_arn(arn).policy_document(document);
            create.set_as_default(true).send().await?;
            all.iter_mut().for_each(|one| one.default = false);
        }
    }
    Ok(())
}
