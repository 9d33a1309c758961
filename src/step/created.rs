//! The tags of what a run creates: whose it is, what for, and who ran it.

use std::time::Duration;

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};

use crate::account::Tags;
use crate::aws::{Aws, AwsError};
use crate::step::Reason;

/// The run that made it.
pub const RUN: &str = "unplug:run";
/// What it is for.
pub const ROLE: &str = "unplug:role";
/// The ARN of the caller that ran it, for a colleague who finds it.
pub const BY: &str = "unplug:by";

/// The tags of a created resource. They find what a crash left between create and record, and tell
/// another machine who is at work; they prove nothing, because anybody may set them.
pub fn tags(aws: &Aws, role: &str) -> Vec<(&'static str, String)> {
    let mut tags = vec![(RUN, aws.run().to_owned()), (ROLE, role.to_owned())];
    if let Some(caller) = aws.caller() {
        tags.push((BY, value(caller)));
    }
    tags
}

/// The same, with a name, as EC2 takes them with the call that creates.
pub fn ec2_tags(aws: &Aws, kind: ResourceType, role: &str, name: &str) -> TagSpecification {
    let tag = |key: &str, value: String| Tag::builder().key(key).value(value).build();
    let mut specification =
        TagSpecification::builder().resource_type(kind).tags(tag("Name", name.to_owned()));
    for (key, value) in tags(aws, role) {
        specification = specification.tags(tag(key, value));
    }
    specification.build()
}

/// The tags that a resource gets which is made again: AWS refuses to be given those whose keys begin with
/// `aws:`, of a stack or a product, say.
///
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
pub fn given_again(tags: &Tags) -> Tags {
    let own = tags.iter().filter(|(key, _)| !key.to_lowercase().starts_with("aws:"));
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Do the tags name this run and this role? A tag proves nothing, because anybody can set it: the content
/// is corrected before use.
pub fn is_of_run(tags: &Tags, run: &str, role: &str) -> bool {
    let tag = |key: &str| tags.get(key).map(String::as_str);
    tag(RUN) == Some(run) && tag(ROLE) == Some(role)
}

/// Why a restore does not go back to what another run has made, where the tags name another run. That
/// run deletes it, and gives back what was there before both. A tag proves nothing: the target is cut
/// all the same.
pub fn of_other_run(id: &str, tags: &Tags, run: &str) -> Option<Reason> {
    let other = tags.get(RUN).filter(|other| *other != run)?;
    Some(format!(
        "it was cut by run {other} before, by {id}: unplug restore {other}, where that run was made, gives \
         back what was there; --reactivate puts it back to {id}"
    ))
}

/// Looks until something created shows up, or the time is up: EC2 is eventually consistent, and
/// "not found" is no proof.
///
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
pub async fn shown<T, L>(aws: &Aws, within: Duration, look: impl Fn() -> L) -> Result<Option<T>, AwsError>
where
    L: Future<Output = Result<Option<T>, AwsError>>,
{
    let began = aws.clock().now_ms();
    let mut pause = Duration::from_millis(500);
    loop {
        let found = look().await?;
        if found.is_some() || u128::from(aws.clock().now_ms().saturating_sub(began)) >= within.as_millis() {
            return Ok(found);
        }
        aws.clock().wait(pause).await;
        pause = (pause * 2).min(Duration::from_secs(8));
    }
}

/// What every service takes as the value of a tag: at most 256 characters of a short list. A
/// session's name may hold others.
///
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
pub fn value(text: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    text.chars().take(256).map(|c| if fits(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Simulation, sample};
    use crate::step::Names;

    #[test]
    fn who_ran_it_is_in_the_tags_as_far_as_a_tag_takes_it() {
        let mut account = sample::account();
        account.caller.arn = format!("arn:aws:sts::123456789012:assumed-role/a/x,y{}", "z".repeat(300));
        let aws = Aws::simulated(Simulation::new(account)).for_run("run-1", Names::default(), None);
        let tags = tags(&aws, "isolation");
        assert_eq!(tags[..2], [(RUN, "run-1".to_owned()), (ROLE, "isolation".to_owned())]);
        let (key, by) = &tags[2];
        assert_eq!((*key, by.len()), (BY, 256));
        assert!(by.contains("/a/x_yzz"), "{by}");
    }
}
