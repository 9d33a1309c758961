//! EC2: tags of what is there already. Groups and ACLs alone are tagged by a step.

use aws_sdk_ec2::types;

use crate::account::Tags;
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::seen_mut;

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::CreateTags>(create_tags);
    dispatch.on::<ec2::DeleteTags>(delete_tags);
}

/// The tags of a group or an ACL that the account owns.
fn tags_of<'a>(cx: &'a mut Cx<'_>, id: &str) -> Result<&'a mut Tags, Refused> {
    let account = cx.world.account.id.clone();
    let unknown = |code: &str| refuse(code, format!("The ID '{id}' does not exist"));
    let visible = cx.visible(id);
    if id.starts_with("sg-") {
        let found = seen_mut(&mut cx.region_mut().groups)?.get_mut(id);
        let found = found.filter(|group| visible && group.owner == account);
        return found.map(|group| &mut group.tags).ok_or_else(|| unknown("InvalidGroup.NotFound"));
    }
    let found = seen_mut(&mut cx.region_mut().acls)?.get_mut(id);
    let found = found.filter(|acl| visible && acl.owner == account);
    found.map(|acl| &mut acl.tags).ok_or_else(|| unknown("InvalidNetworkAclID.NotFound"))
}

fn given(tags: &[types::Tag]) -> Result<Vec<(String, Option<String>)>, Refused> {
    let each = tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().map(str::to_owned))));
    let each: Vec<_> = each.collect();
    if each.iter().any(|(key, _)| key.to_lowercase().starts_with("aws:") || key.chars().count() > 127) {
        return Err(refuse("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved"));
    }
    Ok(each)
}

fn create_tags(cx: &mut Cx<'_>, input: &In<ec2::CreateTags>) -> Said<ec2::CreateTags> {
    let tags = given(input.tags())?;
    if input.resources().is_empty() || tags.is_empty() {
        return Err(refuse("MissingParameter", "The request must contain resources and tags"));
    }
    for id in input.resources() {
        let given = tags.iter().map(|(key, value)| (key.clone(), value.clone().unwrap_or_default()));
        tags_of(cx, id)?.extend(given);
    }
    Ok(Out::<ec2::CreateTags>::builder().build())
}

/// A tag that is given with a value goes only where it has this value; one that is not there is no fault.
fn delete_tags(cx: &mut Cx<'_>, input: &In<ec2::DeleteTags>) -> Said<ec2::DeleteTags> {
    let tags = given(input.tags())?;
    for id in input.resources() {
        let of = tags_of(cx, id)?;
        of.retain(|key, value| {
            !tags.iter().any(|(gone, with)| gone == key && with.as_ref().is_none_or(|with| with == value))
        });
    }
    Ok(Out::<ec2::DeleteTags>::builder().build())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::Tag;

    use crate::aws::Aws;
    use crate::aws::ledger::Phase;
    use crate::sim::{Simulation, probe::code, sample};

    #[tokio::test]
    async fn a_tag_comes_and_goes() {
        let aws = Aws::simulated(Simulation::new(sample::account()));
        let _phase = aws.enter(Phase::Apply);
        let ec2 = aws.ec2(sample::REGION);
        let tag = |key: &str| Tag::builder().key(key).value("x").build();
        let create = |id: &str, key: &str| ec2.create_tags().resources(id).tags(tag(key));
        assert_eq!(code(create("sg-9", "a").send().await), "InvalidGroup.NotFound");
        assert_eq!(code(create("acl-9", "a").send().await), "InvalidNetworkAclID.NotFound");
        assert_eq!(code(create("sg-web", "aws:a").send().await), "InvalidParameterValue");
        for id in ["sg-web", "acl-custom"] {
            assert_eq!(code(create(id, "a").send().await), "none", "{id}");
            let delete = || ec2.delete_tags().resources(id).tags(Tag::builder().key("a").build());
            assert_eq!(code(delete().send().await), "none", "{id}");
            assert_eq!(code(delete().send().await), "none", "{id}");
        }
    }
}
