//! 630: public repositories of ECR are named; on request they are saved to disk and deleted.

mod delete;
mod manifest;
mod repository;
mod save;

use std::collections::{BTreeMap, BTreeSet};

use repository::Served;

use crate::account::{Account, PublicRepository, Section};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Item, Lens as _, Lenses, Param, ParamKind, Params, Reversal,
    Spec, Step, StepId, Stops, Target, Width, count, first_few,
};

pub struct EcrPublic;

const WAY: Choice = Choice {
    name: "way",
    values: &["report", "delete"],
    doc: "`report`: the repositories are named, and nothing is changed. `delete`: each is saved to the run's \
          folder, read back, and deleted; AWS gives nothing of it back",
};

/// The repositories to delete, by name; all of them where none is named.
const ONLY: &str = "repositories";

static SPEC: Spec = Spec {
    id: StepId(630),
    slug: "ecr-public",
    title: "ECR Public: public repositories; on request saved and deleted",
    needs: &[Section::PublicRepositories],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ecr-public:BatchDeleteImage",
            "ecr-public:DeleteRepository",
            "ecr-public:DescribeImages",
            "ecr-public:DescribeRepositories",
            "ecr-public:GetAuthorizationToken",
            "ecr-public:GetRepositoryCatalogData",
            "ecr-public:GetRepositoryPolicy",
            "ecr-public:ListTagsForResource",
            "sts:GetServiceBearerToken",
        ],
        undo: &[],
    },
    params: &[
        WAY.param(),
        Param {
            name: ONLY,
            kind: ParamKind::List,
            doc: "with `way = \"delete\"`: these repositories, by name. Without it: all of them",
        },
    ],
    does: Does::Looks,
    cuts: "nothing: it looks",
    leaves: "every public repository, which anybody pulls from without signing in: AWS has no switch that makes one \
             private; private repositories whose policies let other accounts in, and pull-through caches, which \
             this step does not look at",
    breaks: "Nothing stops.",
    doc: include_str!("s630_ecr_public/doc.md"),
};

fn deletes(params: &Params) -> bool {
    WAY.is(params, "delete")
}

impl Step for EcrPublic {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        if !deletes(params) {
            return SPEC.effect();
        }
        Effect {
            does: Does::Cuts(&[Stops::PublicImages]),
            cuts: "pulls from the account's public repositories: each is saved to the run's folder and deleted",
            leaves: "copies of images that others have pulled, mirrored or cached, also pull-through caches; for a \
                     while what AWS's content network still holds; repositories that `repositories` does not name \
                     and that could not be saved, each refused with the reason; new public repositories, by whoever \
                     may make them here (600); private repositories whose policies let other accounts in",
            breaks: "Whoever pulls the images gets nothing: customers, build servers, clusters that start a new \
                     host.",
            reversal: Reversal::Never(
                "AWS keeps nothing of a deleted repository. What it held is in the run's folder, and \
                 docs/ecr-public-push.py pushes it to a registry",
            ),
            ..SPEC.effect()
        }
    }

    /// Public images belong to no Region, whichever Regions the scope names.
    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        if account.partition() != "aws" {
            found.note(None, format!("the partition {} has no ECR Public", account.partition()));
            return found;
        }
        let named = named(&case.params);
        let read = account.public_repositories.read();
        if read.is_some_and(BTreeMap::is_empty) {
            found.fine(None, "no repository of ECR Public");
        }
        let all = account.public_repositories.items().filter_map(|(name, seen)| Some((name, seen.read()?)));
        let all: Vec<_> = all.collect();
        if !all.is_empty() {
            let images = all.iter().map(|(_, repository)| repository.images.len()).sum();
            let repositories = if all.len() == 1 { "repository" } else { "repositories" };
            let text = format!("{} public {repositories}, {}", all.len(), count(images, "image"));
            found.matters(None, format!("{text}: anybody can pull them, and copies stay with whoever did"));
        }
        for (name, repository) in all {
            found.note(None, words(repository));
            if let Some(policy) = &repository.policy {
                found.note(
                    None,
                    format!("{name}: who besides this account may push is in its policy: {policy}"),
                );
            }
            if deletes(&case.params) && named.as_ref().is_none_or(|named| named.contains(&name.as_str())) {
                let at = Target::new(Served::KIND, name).label(Some(&repository.uri));
                found.item(Item::new(at).tags(&repository.tags));
            }
        }
        let missing = |name: &&&str| read.is_some_and(|all| !all.contains_key(**name));
        for name in named.iter().flatten().filter(missing) {
            found.note(None, format!("{name} is no public repository of this account, or not any more"));
            if deletes(&case.params) {
                found.item(Item::new(Target::new(Served::KIND, *name)));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Served]
    }
}

/// The repositories that the playbook names. `None`: it names none, and all are meant.
fn named(params: &Params) -> Option<Vec<&str>> {
    let names = params.get(ONLY)?.as_array()?;
    Some(names.iter().filter_map(serde_json::Value::as_str).collect())
}

/// What anybody can pull.
fn words(repository: &PublicRepository) -> String {
    let tags: BTreeSet<&str> =
        repository.images.values().flat_map(|image| &image.tags).map(String::as_str).collect();
    let tags = if tags.is_empty() { "no tag".to_owned() } else { first_few(tags, 5) };
    format!(
        "{} is public: {} of {} ({tags}); copies that others pulled stay with them",
        repository.uri,
        count(repository.images.len(), "image"),
        size(repository.bytes())
    )
}

/// Bytes as a person reads them, in powers of 1,000.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let (mut tenths, mut unit) = (bytes / 100, UNITS[0]);
    for next in &UNITS[1..] {
        if tenths < 10_000 {
            break;
        }
        (tenths, unit) = (tenths / 1_000, next);
    }
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        _ => format!("{}.{} {unit}", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests;
