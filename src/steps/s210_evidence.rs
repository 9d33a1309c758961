//! 210: what would be lost with an instance is saved, or kept from being lost.

mod writes;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::account::{Account, Gap, Instance, Region, Section, Seen};
use crate::collect::Ask;
use crate::step::created::RUN;
use crate::step::{
    Case, Does, Found, Iam, Item, Lens, Lenses, Look, Now, Reversal, Spec, Step, StepError, StepId, Target,
    Verdict, Write, count,
};

pub struct Evidence;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum State {
    Protection {
        termination: bool,
        /// What a shutdown from inside does: `stop` or `terminate`.
        shutdown: String,
    },
    /// Devices: is the volume deleted with the instance?
    Disks(BTreeMap<String, bool>),
    /// Volumes of which this run has started a snapshot.
    Snapshots(BTreeSet<String>),
    /// Console output and screenshot are in the run's folder.
    Console(bool),
}

static SPEC: Spec = Spec {
    id: StepId(210),
    slug: "evidence",
    title: "Evidence: disks and consoles of instances are kept",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Instances,
        Section::InstanceAttributes,
        Section::Snapshots,
        Section::Volumes,
    ],
    reversal: Reversal::Keep("evidence: protections stay on, snapshots stay until somebody deletes them"),
    iam: Iam {
        apply: &[
            "ec2:CreateSnapshots",
            "ec2:CreateTags",
            "ec2:DescribeSnapshots",
            "ec2:GetConsoleOutput",
            "ec2:GetConsoleScreenshot",
            "ec2:ModifyInstanceAttribute",
        ],
        undo: &[],
    },
    params: &[],
    does: Does::Saves,
    cuts: "nothing: it adds evidence, and comes before the cuts so that they cannot destroy it",
    leaves: "memory, which only a tool inside the host can save; disks of the instance store, which go when \
             the instance stops; whoever may change instances or delete snapshots can still destroy them",
    breaks: "Nothing stops. Snapshots cost money, and an instance that is protected cannot be terminated by \
             its owner until somebody takes the protection off.",
    doc: "\
For each instance in scope: termination protection on, a shutdown from inside stops it instead of
terminating it, no volume is deleted with it, a snapshot of all its volumes is started (all of one moment,
not waited for), and console output and a screenshot are saved in the run's folder under `evidence/`.

**Capture memory now, if it matters.** It is the one thing that this step cannot save, and after 510 and
570 Session Manager does not reach the host any more. Do not stop or reboot the instance before.

**Price.** About USD 0.05 per GB of data and month for snapshots (us-east-1; other Regions differ a
little); the plan says at most how much. A snapshot holds only blocks that were written, so it is usually
less. Nothing else here costs anything.

**Limits.** Termination protection stops `TerminateInstances`, not Auto Scaling (505 holds that), not a
Spot interruption, and not somebody who takes it off first. A Spot instance takes no such protection. An
instance whose root is in the instance store cannot be stopped: it keeps its shutdown behavior, and its
disks cannot be snapshotted. Instances that a service of AWS manages are refused, but for snapshots and
console. Data on instance-store disks beside EBS ones is lost when the instance stops. Snapshots are in
this account: copy them to another one, or lock them (`aws ec2 lock-snapshot`), by hand.

**What surprises.** Console output of an instance that is not on Nitro is that of its last boot. A
screenshot is not possible for bare metal and some other types: that is noted in the folder. Encrypted
volumes give encrypted snapshots: whoever is to read them needs the key.

**Undo.** None, on purpose: evidence is kept. Protections are taken off by hand when the case is closed;
the snapshots carry the tags `unplug:run` and `unplug:instance`.

**By hand.** `aws ec2 describe-snapshots --owner-ids self --filters Name=tag:unplug:run,Values=RUN` and
`aws ec2 describe-instance-attribute --instance-id ID --attribute disableApiTermination`.

<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshots.html>
<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html>",
};

const KEPT: &str = "evidence: a restore takes no protection off and deletes no snapshot";

const PROTECTION: &str = "protection";
const DISKS: &str = "disks";
const SNAPSHOTS: &str = "snapshots";
const CONSOLE: &str = "console";

/// The tag on a snapshot that says of which instance it is.
const INSTANCE: &str = "unplug:instance";

/// US cents per GiB and month: EBS snapshots, standard tier, us-east-1.
///
/// <https://aws.amazon.com/ebs/pricing/>
const CENTS: u64 = 5;

impl Step for Evidence {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        ask.scope = Some(case.scope.clone());
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let instances: Vec<_> =
                here.instances.items().filter(|(id, _)| case.scope.has_instance(here, id)).collect();
            if instances.is_empty() {
                continue;
            }
            found.matters(
                Some(region),
                "memory is not saved by this: capture it now, after 510 and 570 Session Manager is gone",
            );
            found.find(Some(region), price(here, &instances));
            found.find(Some(region), kinds_of_machine(&instances));
            for (id, instance) in instances {
                for kind in kinds(id, instance, here, case) {
                    let at = Target::new(kind, id).region(region).vpc(&instance.vpc).named(&instance.tags);
                    let item = Item::new(at).tags(&instance.tags);
                    found.item(match here.vpcs.item(&instance.vpc) {
                        Some(vpc) => item.tags(&vpc.tags),
                        None => item,
                    });
                }
                if instance.instance_store {
                    found.matters(
                        Some(region),
                        format!("{id} has its root in the instance store: no snapshot"),
                    );
                }
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Evidence]
    }
}

impl Lens for Evidence {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.instances.insert(at.id.clone());
        ask.sections.extend(match at.kind.as_str() {
            PROTECTION => &[Section::Instances, Section::InstanceAttributes][..],
            DISKS => &[Section::Instances][..],
            SNAPSHOTS => &[Section::Snapshots][..],
            _ => &[][..],
        });
        if let Some(vpc) = &at.vpc {
            ask.vpcs.get_or_insert_default().insert(vpc.clone());
        }
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else { return Now::Vanished };
        let now = match at.kind.as_str() {
            PROTECTION => of(&here.instance_attributes, &at.id).map(|has| State::Protection {
                termination: has.termination_protection,
                shutdown: has.shutdown_behavior.clone(),
            }),
            DISKS => of(&here.instances, &at.id).map(|of| {
                State::Disks(
                    of.disks.iter().map(|(name, d)| (name.clone(), d.delete_on_termination)).collect(),
                )
            }),
            SNAPSHOTS => match &here.snapshots {
                Seen::Gap(gap) => Err(Some(gap.clone())),
                Seen::Read(_) => Ok(State::Snapshots(taken(here, &at.id, &case.run))),
            },
            _ => Ok(State::Console(case.names.id(&writes::console(&at.id)).is_some())),
        };
        match now {
            Ok(state) => Now::Is(state),
            Err(Some(gap)) => Now::Unknown(gap),
            Err(None) => Now::Vanished,
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, .. } = *look;
        let here = account.regions.get(at.region_name());
        let Some(instance) = here.and_then(|here| here.instances.item(&at.id)) else {
            return Verdict::Refuse("its instance is not there any more".into());
        };
        let wished = match now {
            State::Protection { shutdown, .. } => State::Protection {
                termination: true,
                shutdown: if instance.instance_store { shutdown.clone() } else { "stop".into() },
            },
            State::Disks(disks) => State::Disks(disks.keys().map(|name| (name.clone(), false)).collect()),
            State::Snapshots(taken) => {
                let volumes: BTreeSet<String> = instance.disks.values().map(|d| d.volume.clone()).collect();
                State::Snapshots(&volumes | taken)
            }
            State::Console(_) => State::Console(true),
        };
        if *now == wished {
            return Verdict::Already;
        }
        let attribute = matches!(now, State::Protection { .. } | State::Disks(_));
        match &instance.managed_by {
            Some(service) if attribute => {
                return Verdict::Refuse(format!("managed by {service}: only that service can change it"));
            }
            _ if instance.spot && matches!(now, State::Protection { .. }) => {
                return Verdict::Refuse("a Spot instance takes no termination protection".into());
            }
            _ if instance.state == "shutting-down" => {
                return Verdict::Refuse("it is being terminated already".into());
            }
            _ => {}
        }
        Verdict::Lasting(wished, KEPT.into())
    }

    /// Two attributes are two calls.
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        match (from, to) {
            (
                State::Protection { termination: before, shutdown },
                State::Protection { termination, shutdown: after },
            ) if before != termination && shutdown != after => {
                vec![State::Protection { termination: *termination, shutdown: shutdown.clone() }]
            }
            _ => vec![],
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Protection { termination, shutdown } => {
                let protected = if *termination { "protected" } else { "not protected" };
                format!("{protected}, a shutdown means {shutdown}")
            }
            State::Disks(disks) => match disks.values().filter(|deleted| **deleted).count() {
                0 => "no disk is deleted with it".into(),
                deleted => format!("{deleted} of {} deleted with it", count(disks.len(), "disk")),
            },
            State::Snapshots(volumes) => match volumes.len() {
                0 => "no snapshot of this run".into(),
                disks => format!("saved: {}", count(disks, "disk")),
            },
            State::Console(false) => "console not saved".into(),
            State::Console(true) => "console saved".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        match (from, to) {
            (State::Protection { .. }, State::Protection { .. }) => writes::protect(aws, at, from, to).await,
            (State::Disks(from), State::Disks(to)) => writes::disks(aws, at, from, to).await,
            (_, State::Snapshots(volumes)) if !volumes.is_empty() => {
                writes::snapshots(aws, at, volumes).await
            }
            (_, State::Console(true)) => writes::save_console(aws, at).await,
            _ => Err(StepError::State("evidence is kept: nothing is deleted".into())),
        }
    }
}

/// One item of a section: the gap, or nothing where it is not there.
fn of<'a, T>(seen: &'a Seen<BTreeMap<String, T>>, id: &str) -> Result<&'a T, Option<Gap>> {
    match seen {
        Seen::Gap(gap) => Err(Some(gap.clone())),
        Seen::Read(items) => items.get(id).ok_or(None),
    }
}

/// Volumes of an instance of which this run has a snapshot that did not fail.
fn taken(here: &Region, instance: &str, run: &str) -> BTreeSet<String> {
    let tagged = |tags: &crate::account::Tags, key: &str, value: &str| {
        tags.get(key).is_some_and(|found| found == value)
    };
    here.snapshots
        .items()
        .filter(|(_, s)| !s.failed && tagged(&s.tags, RUN, run) && tagged(&s.tags, INSTANCE, instance))
        .map(|(_, snapshot)| snapshot.volume.clone())
        .collect()
}

/// What is to be done for an instance. Its console is saved with the first snapshots of a run: what
/// another run has saved is on another disk, and cannot be looked at.
fn kinds(id: &str, instance: &Instance, here: &Region, case: &Case) -> Vec<&'static str> {
    let mut kinds = vec![PROTECTION];
    let taken = taken(here, id, &case.run);
    if !instance.disks.is_empty() {
        kinds.extend([DISKS, SNAPSHOTS]);
    }
    let open = instance.disks.is_empty() || instance.disks.values().any(|disk| !taken.contains(&disk.volume));
    let saved = case.names.id(&writes::console(id)).is_some();
    if instance.state == "running" && (open || saved) {
        kinds.push(CONSOLE);
    }
    kinds
}

/// What the snapshots may cost, before anybody says yes.
/// The instances by type, the most frequent first: whoever mines coins starts many, or large ones.
fn kinds_of_machine(instances: &[(&String, &Instance)]) -> String {
    const SHOWN: usize = 6;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, instance) in instances {
        *kinds.entry(instance.kind.as_str()).or_default() += 1;
    }
    let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(kind, number)| (std::cmp::Reverse(*number), *kind));
    let more = match kinds.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {}", count(more, "other type")),
    };
    let shown = kinds.iter().take(SHOWN).map(|(kind, number)| format!("{number} {kind}"));
    format!("{}: {}{more}", count(instances.len(), "instance"), shown.collect::<Vec<_>>().join(", "))
}

fn price(here: &Region, instances: &[(&String, &Instance)]) -> String {
    let disks: Vec<&String> =
        instances.iter().flat_map(|(_, instance)| instance.disks.values().map(|disk| &disk.volume)).collect();
    let sizes: Vec<u64> =
        disks.iter().filter_map(|id| here.volumes.item(id.as_str())).map(|v| u64::from(v.gib)).collect();
    let gib: u64 = sizes.iter().sum();
    let cents = gib * CENTS;
    let unknown = match disks.len() - sizes.len() {
        0 => String::new(),
        unknown => format!(", without {} of unknown size", count(unknown, "disk")),
    };
    format!(
        "snapshots: {}, {gib} GiB: at most about USD {}.{:02} a month (USD 0.05 per GB in us-east-1) \
         until they are deleted{unknown}",
        count(disks.len(), "disk"),
        cents / 100,
        cents % 100
    )
}

#[cfg(test)]
mod tests;
