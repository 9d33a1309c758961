//! What to do about the pipelines of what was cut: before the next deployment, and after a restore. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Deployers, Kind, Owner, Owners, Unread, actions, title};

/// One target that was cut, or that a plan would cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cut {
    pub step: u16,
    pub region: Option<String>,
    pub kind: String,
    pub id: String,
    /// A name from the account: not trusted.
    pub label: Option<String>,
    /// The two states in words.
    pub was: String,
    pub cut: String,
    pub stands: Stands,
    /// The id that it has now, where putting it back gave it another.
    pub new_id: Option<String>,
    #[serde(skip)]
    pub owners: Owners,
}

/// How a cut stands, as far as the run has recorded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stands {
    Planned,
    Cut,
    /// The run never saw whether it took effect.
    Unknown,
    PutBack,
}

/// What to do about everything that may put a run's cuts back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DriftNotes {
    /// One for each pipeline, stack, group …
    pub notes: Vec<Note>,
    /// Cuts whose tags name nobody.
    pub unowned: usize,
    /// Cuts of which no tags were looked at, by kind of target.
    pub not_looked_at: BTreeMap<String, usize>,
    /// Did anybody look at `CodePipeline` and at AWS Config's remediations?
    pub looked_at_aws: bool,
    /// What could not be read of them.
    pub unread: Vec<Unread>,
}

/// What to do about one pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    pub kind: Kind,
    /// From the account: not trusted.
    pub name: String,
    pub region: Option<String>,
    pub title: String,
    /// AWS says so. Otherwise it is the claim of a tag that anybody may have set.
    pub sure: bool,
    /// How it is known.
    pub known_by: String,
    /// What it would do to the cuts.
    pub would: String,
    /// What was cut of it. Empty: it is there, and whether it touches what was cut is not known.
    pub targets: Vec<Target>,
    /// Is all of it put back?
    pub put_back: bool,
    /// What to do before the next deployment.
    pub before: Vec<Action>,
    /// What to do when the cuts are put back.
    pub after: Vec<Action>,
}

/// A cut, with what its owner calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    pub cut: Cut,
    pub part: Option<String>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    #[serde(rename = "do")]
    pub deed: Deed,
    pub text: String,
    /// The command, whole. `None`: it is done elsewhere, or a name cannot stand in a command.
    pub command: Option<String>,
}

/// What kind of thing is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Look, without changing anything.
    Look,
    /// Hold it, so that it does not put the cut back.
    Pause,
    /// Leave what it says about the cut, and do not accept it.
    Ignore,
    /// Let it go on.
    Resume,
    /// Tell it the new id of what was made again.
    Import,
}

/// A pipeline with what was cut of it.
pub(super) struct Group<'a> {
    pub kind: Kind,
    pub name: &'a str,
    pub region: Option<&'a str>,
    /// The run's id. Empty in a plan.
    pub run: &'a str,
    pub targets: &'a [Target],
    /// Every cut of the run.
    pub all: &'a [Cut],
    pub deployers: Option<&'a Deployers>,
}

/// The notes on these cuts. `run` is the run's id, empty in a plan; `deployers` is what was read of AWS's own
/// pipelines, `None` where nobody looked.
pub fn of(cuts: &[Cut], deployers: Option<&Deployers>, run: &str) -> DriftNotes {
    let mut by_owner = BTreeMap::<(Kind, &str, Option<&str>), (&Owner, Vec<Target>)>::new();
    let mut found = DriftNotes { looked_at_aws: deployers.is_some(), ..DriftNotes::default() };
    for cut in cuts {
        match &cut.owners {
            None => *found.not_looked_at.entry(cut.kind.clone()).or_default() += 1,
            Some(none) if none.is_empty() => found.unowned += 1,
            Some(owners) => {
                for owner in owners {
                    let target = Target { cut: cut.clone(), part: owner.part.clone() };
                    let (known, targets) = by_owner.entry(owner.key()).or_insert((owner, vec![]));
                    if owner.by_aws {
                        *known = owner;
                    }
                    targets.push(target);
                }
            }
        }
    }
    for ((kind, name, region), (owner, targets)) in &by_owner {
        let group = Group { kind: *kind, name, region: *region, run, targets, all: cuts, deployers };
        let sure = owner.by_aws;
        let known_by = if sure {
            format!(
                "by the tag {}, which AWS alone writes. It stays on what the owner has given away since",
                owner.tag
            )
        } else {
            format!("a guess: so says the tag {}. Anybody who may tag can write it, a thief too", owner.tag)
        };
        found.notes.push(note(&group, sure, known_by));
    }
    let regions: BTreeSet<&str> = cuts.iter().filter_map(|cut| cut.region.as_deref()).collect();
    if let Some(deployers) = deployers {
        found.unread.clone_from(&deployers.unread);
        found.notes.extend(of_aws(deployers, &regions, cuts, run));
    }
    found
}

/// Notes on pipelines and remediations in the Regions of the cuts. A pipeline that deploys a stack of which
/// something was cut stands with the stack.
fn of_aws(deployers: &Deployers, regions: &BTreeSet<&str>, cuts: &[Cut], run: &str) -> Vec<Note> {
    let owners = || cuts.iter().filter_map(|cut| cut.owners.as_ref()).flatten();
    let deploys_a_cut = |stacks: &BTreeSet<(String, String)>| {
        owners().any(|owner| {
            owner.kind == Kind::Stack
                && stacks
                    .iter()
                    .any(|(region, name)| owner.name == *name && owner.region.as_deref() == Some(region))
        })
    };
    let group = |kind, name, region| Group {
        kind,
        name,
        region: Some(region),
        run,
        targets: &[],
        all: cuts,
        deployers: Some(deployers),
    };
    let mut notes = vec![];
    for one in deployers.pipelines.iter().filter(|one| regions.contains(one.region.as_str())) {
        if !one.stages.iter().any(|stage| deploys_a_cut(&stage.stacks)) {
            let providers: BTreeSet<&str> =
                one.stages.iter().skip(1).flat_map(|stage| &stage.providers).map(String::as_str).collect();
            let by = providers.into_iter().collect::<Vec<_>>().join(", ");
            let known_by = format!("by AWS: it is in this Region, and works by {by}");
            notes.push(note(&group(Kind::CodePipeline, &one.name, &one.region), true, known_by));
        }
    }
    for one in deployers.remediations.iter().filter(|one| regions.contains(one.region.as_str())) {
        let known_by = format!("by AWS: it runs {} by itself in this Region", one.document);
        notes.push(note(&group(Kind::Remediation, &one.rule, &one.region), true, known_by));
    }
    notes
}

fn note(group: &Group<'_>, sure: bool, known_by: String) -> Note {
    let put_back = |target: &Target| target.cut.stands == Stands::PutBack;
    let (before, after) = actions::of(group);
    Note {
        kind: group.kind,
        name: group.name.to_owned(),
        region: group.region.map(Into::into),
        title: title(group.kind, group.name, group.region),
        sure,
        known_by,
        would: group.kind.would().to_owned(),
        targets: group.targets.to_vec(),
        put_back: !group.targets.is_empty() && group.targets.iter().all(put_back),
        before,
        after,
    }
}
