//! The maintenance page in its bucket. Its key holds a hash of it, so that another page is another object.

use aws_sdk_s3::primitives::ByteStream;
use serde::{Deserialize, Serialize};

use super::bucket::{found, owner};
use super::bucket_body::obstacle;
use crate::account::{Distribution, PageObject, Section};
use crate::aws::{Aws, AwsError, unless_gone};
use crate::front::prepared;
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write};

pub(super) struct Page;

/// Pages of a list of versions that are deleted at a time, a thousand each.
const PAGES: usize = 20;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum State {
    Absent,
    Held { html: String, content_type: String, cache_control: String },
}

impl State {
    fn of(page: &PageObject) -> State {
        State::Held {
            html: page.html.clone(),
            content_type: page.content_type.clone(),
            cache_control: page.cache_control.clone(),
        }
    }
}

impl Lens for Page {
    type State = State;
    const KIND: &'static str = "page-object";
    const NEEDS: &'static [Section] = &[Section::PageBucket];
    const DANGER_NEEDS: &'static [Section] = &[Section::Distributions];
    const STATES_ONLY: bool = true;
    const ID_SAYS_KIND: bool = true;

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of(&look.account.page_bucket, |bucket| {
            let page = bucket.as_ref().and_then(|bucket| bucket.pages.get(look.at.parts().1));
            Now::Is(page.map_or(State::Absent, State::of))
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if let Some(why) = found(look).and_then(|bucket| obstacle(bucket, look.account)) {
            return Verdict::Refuse(why);
        }
        let wanted = State::of(&prepared::object(look.case.scope.page.as_deref()));
        match now {
            now if *now == wanted => Verdict::Already,
            State::Absent => Verdict::Change(wanted),
            State::Held { .. } => Verdict::Lasting(
                wanted,
                "somebody gave the page another content: what they wrote stays out".into(),
            ),
        }
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        if look.account.distributions.read().is_none() {
            return Some("the distributions could not be read: one may still use it".into());
        }
        let path = format!("/{}", look.at.parts().1);
        let shows = |one: &Distribution| {
            one.origins.values().any(|origin| prepared::is_origin(origin, look.account))
                && one.error_pages.values().any(|page| page.path.as_ref() == Some(&path))
        };
        let (id, _) = look.account.distributions.items().find(|(_, one)| shows(one))?;
        Some(format!("{id} still shows it"))
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Absent => "none".into(),
            State::Held { html, content_type, cache_control } => {
                format!("{} bytes, {content_type}, {cache_control}", html.len())
            }
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let (aws, region, (bucket, key)) = (write.aws, write.at.region_name(), write.at.parts());
        match write.to {
            State::Absent => Box::pin(delete_versions(aws, region, bucket, key)).await,
            State::Held { html, content_type, cache_control } => {
                let put = aws.s3(region).put_object().bucket(bucket).expected_bucket_owner(owner(bucket));
                let put = put.key(key).content_type(content_type).cache_control(cache_control);
                put.body(ByteStream::from(html.clone().into_bytes())).send().await?;
                Ok(())
            }
        }
    }
}

/// Deletes every version and delete marker of the keys that begin so. In a bucket that keeps no versions each
/// object has one, whose id is `null`.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html>
pub(super) async fn delete_versions(
    aws: &Aws,
    region: &str,
    bucket: &str,
    prefix: &str,
) -> Result<(), StepError> {
    let (s3, owner) = (aws.s3(region), owner(bucket));
    // What is deleted is gone from the list, so each look begins anew.
    for _ in 0..PAGES {
        let list = s3.list_object_versions().bucket(bucket).expected_bucket_owner(owner).prefix(prefix);
        let Some(page) = unless_gone(list.send().await)? else { return Ok(()) };
        let versions = page.versions.unwrap_or_default().into_iter().map(|one| (one.key, one.version_id));
        let markers =
            page.delete_markers.unwrap_or_default().into_iter().map(|one| (one.key, one.version_id));
        for (key, version) in versions.chain(markers) {
            let Some(key) = key else {
                return Err(AwsError::unusable("s3:ListObjectVersions", "a version lacks its key").into());
            };
            let delete = s3.delete_object().bucket(bucket).expected_bucket_owner(owner).key(key);
            delete.set_version_id(version).send().await?;
        }
        if page.is_truncated != Some(true) {
            return Ok(());
        }
    }
    Err(StepError::State("it has too many versions to delete: run the restore again".into()))
}
