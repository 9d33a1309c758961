//! A policy of the Organization that the run makes. Its target's id is the kind: `service-control`.
//!
//! `CreatePolicy` has no token: a call that was not answered is found again by the policy's name and tags.

use std::collections::BTreeMap;

use aws_sdk_organizations::types::{PolicyType, Tag};
use serde_json::Value;

use super::kinds::PolicyKind;
use super::place::{narrow, tree};
use super::template::{document, parsed};

use crate::account::{Gap, OrganizationPolicy, Section, Seen, Tags};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::Ask;
use crate::step::created::tags;
use crate::step::{Look, Names, Reason, StepError, Target, count};
use crate::steps::shared::made::{self, Resource};

pub(super) struct Policy;

static NO_TAGS: Tags = Tags::new();

/// The name of a run's policy of this kind. AWS takes 128 characters.
fn title(run: &str, slug: &str) -> String {
    format!("unplug-{run}-{slug}").chars().take(128).collect()
}

fn kind(at: &Target) -> Result<PolicyKind, StepError> {
    PolicyKind::of(&at.id).ok_or_else(|| StepError::State(format!("there is no kind of policy {}", at.id)))
}

/// What the policy must hold; `None` where its kind is unknown.
fn wanted(look: &Look<'_>) -> Option<Result<Value, Reason>> {
    let all = tree(look.account).and_then(Result::ok).map(|tree| &tree.policies);
    let own = made::id::<Policy>(&look.case.names, &look.at.id);
    let standing = all.zip(own).and_then(|(all, id)| all.item(&id)?.content.read());
    let standing = standing.map(|text| parsed(text));
    Some(document(PolicyKind::of(&look.at.id)?, look.account, look.case, standing.as_ref()))
}

impl Resource for Policy {
    type Found = OrganizationPolicy;
    type Body = Value;
    const KIND: &'static str = "organization-policy";
    const ROLE: &'static str = Self::KIND;
    const NOUN: &'static str = "policy of the Organization";
    const NEEDS: &'static [Section] = &[Section::Organization];
    const DUPLICATE: Option<&'static str> = Some("DuplicatePolicyException");

    fn all<'a>(&self, look: &Look<'a>) -> Option<Result<&'a BTreeMap<String, OrganizationPolicy>, &'a Gap>> {
        let all = match tree(look.account)? {
            Ok(tree) => tree.policies.as_result(),
            Err(gap) => Err(gap),
        };
        let name = title(&look.case.run, &look.at.id);
        let own = |policy: &&OrganizationPolicy| policy.name == name;
        let unread = all
            .ok()
            .and_then(|all| all.values().filter(own).find_map(|one| one.content.gap().or(one.tags.gap())));
        Some(unread.map_or(all, Err))
    }

    fn tags<'a>(&self, found: &'a OrganizationPolicy) -> &'a Tags {
        found.tags.read().unwrap_or(&NO_TAGS)
    }

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        narrow(ask, PolicyKind::of(&at.id).map(PolicyKind::policy_type));
    }

    fn is_at(&self, found: &OrganizationPolicy, at: &Target) -> bool {
        PolicyKind::of(&at.id).is_some_and(|kind| found.kind == kind.policy_type())
    }

    fn is_unused(&self, _: &str, found: &OrganizationPolicy, _: Option<&Look<'_>>) -> bool {
        found.targets.read().is_none_or(|targets| targets.is_empty())
    }

    fn body(&self, found: &OrganizationPolicy, _: &Target, _: &Names) -> Value {
        found.content.read().map_or(Value::Null, |text| parsed(text))
    }

    fn wanted(&self, look: &Look<'_>) -> Value {
        wanted(look).and_then(Result::ok).unwrap_or_default()
    }

    fn obstacle(&self, _: &Value, look: &Look<'_>) -> Option<Reason> {
        wanted(look)?.err()
    }

    fn user(&self, id: &str, look: &Look<'_>) -> Option<Reason> {
        let policy = tree(look.account)?.ok()?.policies.item(id)?;
        let target = policy.targets.read()?.first()?;
        Some(format!("{id} is still attached to {target}"))
    }

    fn passes(&self, _: Option<&Value>, _: Option<&Value>) -> Vec<Value> {
        vec![]
    }

    fn show(&self, body: &Value) -> String {
        let statement = &body["Statement"][0];
        let exempt = |operators: &[&str]| {
            let names =
                operators.iter().map(|operator| &statement["Condition"][*operator]["aws:PrincipalArn"]);
            count(names.filter_map(Value::as_array).map(Vec::len).sum(), "principal")
        };
        match (statement["Sid"].as_str(), body.as_object().and_then(|body| body.keys().next())) {
            (Some("UnplugDenyAll"), _) => format!("denies everything but to {}", exempt(&["ArnNotEquals"])),
            (Some("UnplugDenyOutsiders"), _) => {
                let operators = ["ArnNotEqualsIfExists", "StringNotEqualsIfExists"];
                format!("denies data to outsiders but {}", exempt(&operators))
            }
            (_, Some(key)) if key == "ec2_attributes" => PolicyKind::VpcBlock.words().into(),
            (_, Some(key)) if key == "s3_attributes" => PolicyKind::S3Block.words().into(),
            _ => format!("another document, {} characters", body.to_string().chars().count()),
        }
    }

    async fn list(
        &self,
        aws: &Aws,
        at: &Target,
        id: Option<&str>,
    ) -> Result<Vec<(String, OrganizationPolicy)>, AwsError> {
        if let Some(id) = id {
            return Ok(one(aws, id).await?.map(|found| (id.to_owned(), found)).into_iter().collect());
        }
        let Some(kind) = PolicyKind::of(&at.id) else { return Ok(vec![]) };
        let name = title(aws.run(), &at.id);
        let list = aws.organizations().list_policies().filter(PolicyType::from(kind.policy_type()));
        let ids: Vec<String> =
            lists::all(aws, list, |each| each.id.filter(|_| each.name.as_deref() == Some(&*name))).await?;
        let mut found = vec![];
        for id in ids {
            let Some(mut policy) = one(aws, &id).await? else { continue };
            let list = aws.organizations().list_tags_for_resource().resource_id(&id);
            let tags: Vec<(String, String)> = lists::all(aws, list, |tag| Some((tag.key, tag.value))).await?;
            policy.tags = Seen::Read(tags.into_iter().collect());
            found.push((id, policy));
        }
        Ok(found)
    }

    async fn create(&self, aws: &Aws, at: &Target, body: &Value) -> Result<Option<String>, StepError> {
        let tag = |(key, value): (&str, String)| Tag::builder().key(key).value(value).build();
        let tags: Result<Vec<Tag>, _> = tags(aws, Self::ROLE).into_iter().map(tag).collect();
        let create = aws
            .organizations()
            .create_policy()
            .name(title(aws.run(), &at.id))
            .description("Quarantine. Made by unplug; its restore detaches and deletes it")
            .r#type(PolicyType::from(kind(at)?.policy_type()))
            .content(body.to_string())
            .set_tags(Some(tags.map_err(|error| StepError::State(error.to_string()))?));
        let made = create.send().await?.policy.and_then(|policy| policy.policy_summary);
        Ok(made.and_then(|summary| summary.id))
    }

    async fn correct(
        &self,
        aws: &Aws,
        _: &Target,
        (id, found): (&str, &OrganizationPolicy),
        to: &Value,
    ) -> Result<(), StepError> {
        if found.content.read().is_some_and(|text| parsed(text) == *to) {
            return Ok(());
        }
        aws.organizations().update_policy().policy_id(id).content(to.to_string()).send().await?;
        Ok(())
    }

    async fn delete(
        &self,
        aws: &Aws,
        _: &Target,
        (id, _): (&str, &OrganizationPolicy),
    ) -> Result<(), StepError> {
        aws.organizations().delete_policy().policy_id(id).send().await?;
        Ok(())
    }
}

/// A policy by its id; `None` where there is none. Its tags and targets are not asked for.
async fn one(aws: &Aws, id: &str) -> Result<Option<OrganizationPolicy>, AwsError> {
    let answer = unless_gone(aws.organizations().describe_policy().policy_id(id).send().await)?;
    let Some(policy) = answer.and_then(|answer| answer.policy) else { return Ok(None) };
    let Some(summary) = policy.policy_summary else { return Ok(None) };
    Ok(Some(OrganizationPolicy {
        name: summary.name.unwrap_or_default(),
        description: summary.description.unwrap_or_default(),
        kind: summary.r#type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        aws_managed: summary.aws_managed,
        content: policy.content.map_or_else(Seen::default, Seen::Read),
        ..OrganizationPolicy::default()
    }))
}
