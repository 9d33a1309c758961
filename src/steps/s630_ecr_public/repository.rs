//! A public repository: served to anybody, or saved and deleted.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{delete, manifest, save};
use crate::account::{PublicImage, PublicRepository, Section};
use crate::aws::registry::REGION;
use crate::aws::unless_gone;
use crate::collect::public_registry;
use crate::step::{Lens, Look, Now, Reach, Reason, StepError, Target, Verdict, Write, count};

pub(super) struct Served;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// Anybody can pull this many images. None may be left of a deletion that was cut short.
    Served {
        images: usize,
    },
    Deleted,
}

impl Lens for Served {
    type State = State;
    const KIND: &'static str = "public-repository";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::PublicRepositories];
    /// A deletion is in effect when it is answered.
    const SETTLES_WITHIN: Duration = Duration::from_secs(60);

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of(&look.account.public_repositories, |all| match all.get(&look.at.id) {
            None => Now::Is(State::Deleted),
            Some(seen) => Now::of(seen, |found| Now::Is(State::Served { images: found.images.len() })),
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let found = look.account.public_repositories.item(&look.at.id).and_then(|seen| seen.read());
        match (now, found) {
            (State::Deleted, _) => Verdict::Already,
            (_, None) => Verdict::Refuse("it was not read".into()),
            (_, Some(repository)) => match obstacle(repository) {
                Some(why) => Verdict::Refuse(why),
                None => Verdict::Lasting(State::Deleted, kept(&look.at.id)),
            },
        }
    }

    /// What is saved passes through memory: few at once.
    fn queue(&self, _: &Target) -> Option<(String, usize)> {
        Some((Served::KIND.into(), 2))
    }

    /// Images are deleted a hundred at a time, and the repository last.
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        match (from, to) {
            (State::Served { images }, State::Deleted) => {
                (0..*images).map(|images| State::Served { images }).collect()
            }
            _ => vec![],
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Served { images } => format!("{} for anybody", count(*images, "image")),
            State::Deleted => "deleted".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        if *to != State::Deleted {
            return Err(StepError::State(kept(&at.id)));
        }
        let Some(repository) = public_registry::repository(aws, &at.id).await? else { return Ok(()) };
        save::repository(aws, &at.id, &repository).await?;
        delete::images(aws, &at.id, &repository).await?;
        // Without `force` AWS keeps a repository that somebody has pushed to meanwhile.
        let delete = aws.ecrpublic(REGION).delete_repository().repository_name(&at.id);
        Ok(unless_gone(delete.send().await).map(drop)?)
    }
}

fn kept(name: &str) -> Reason {
    format!(
        "AWS keeps nothing of a deleted repository: what it held is in evidence/{} of the run's folder, and \
         docs/ecr-public-push.py pushes it to a registry",
        save::folder(name)
    )
}

/// Why its images could not be saved so that their digests say they are whole.
fn obstacle(repository: &PublicRepository) -> Option<Reason> {
    let strange = |(digest, image): (&String, &PublicImage)| {
        let known = manifest::FORMS.contains(&image.media_type.as_str()) && digest.starts_with("sha256:");
        (!known).then(|| {
            let form = if image.media_type.is_empty() { "a form that AWS does not name" } else { &image.media_type };
            format!(
                "{digest} is {form}, which unplug cannot save and check: save it by hand, then delete it (aws \
                 ecr-public batch-delete-image)"
            )
        })
    };
    repository.images.iter().find_map(strange)
}
