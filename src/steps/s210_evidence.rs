//! 210: what would be lost with an instance is saved, or kept from being lost.

mod console;
mod disks;
mod protection;
mod snapshots;

use std::collections::BTreeMap;

use console::Console;
use disks::Disks;
use protection::Protection;
use snapshots::{Snapshots, taken};

use crate::account::{Account, Instance, Region, Section};
use crate::collect::Ask;
use crate::step::{
    Case, Does, Found, Iam, Item, Lens as _, Lenses, Look, Reason, Reversal, Spec, Step, StepId, Target,
    Verdict, count,
};

pub struct Evidence;

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
    does: Does::Saves("evidence is added"),
    cuts: "nothing: it adds evidence, and comes before the cuts so that they cannot destroy it",
    leaves: "memory, which only a tool inside the host can save; disks of the instance store, which go when \
             the instance stops; whoever may change instances or delete snapshots can still destroy them",
    breaks: "Nothing stops. Snapshots cost money, and an instance that is protected cannot be terminated by \
             its owner until somebody takes the protection off.",
    doc: include_str!("s210_evidence/doc.md"),
};

const KEPT: &str = "evidence: a restore takes no protection off and deletes no snapshot";

/// What a write answers that is asked to take evidence away.
const NOTHING_DELETED: &str = "evidence is kept: nothing is deleted";

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
            found.note(Some(region), price(here, &instances));
            found.note(Some(region), kinds_of_machine(&instances));
            for (id, instance) in instances {
                for kind in kinds(id, instance, here, case) {
                    let at = Target::new(kind, id).region(region).vpc(&instance.vpc).named(&instance.tags);
                    let item = Item::new(at).tags(&instance.tags);
                    found.item(match here.vpcs.item(&instance.vpc) {
                        Some(vpc) => item.within(&vpc.tags),
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
        &[&Protection, &Disks, &Snapshots, &Console]
    }
}

/// The instance of a target, or why nothing is done about it.
fn instance<'a>(look: &Look<'a>) -> Result<&'a Instance, Reason> {
    let instance = look.region().and_then(|here| here.instances.item(&look.at.id));
    instance.ok_or_else(|| "its instance is not there any more".into())
}

/// The verdict on evidence that is to be kept, whatever a restore does.
fn lasting<S>(instance: &Instance, wanted: S) -> Verdict<S> {
    if instance.state == "shutting-down" {
        return Verdict::Refuse("it is being terminated already".into());
    }
    Verdict::Lasting(wanted, KEPT.into())
}

/// Narrows a second read to the target's instance.
fn narrow(ask: &mut Ask, at: &Target) {
    ask.instances.insert(at.id.clone());
    if let Some(vpc) = &at.vpc {
        ask.vpcs.get_or_insert_default().insert(vpc.clone());
    }
}

/// What is to be done for an instance. Its console is saved with the first snapshots of a run: what
/// another run has saved is on another disk, and cannot be looked at.
fn kinds(id: &str, instance: &Instance, here: &Region, case: &Case) -> Vec<&'static str> {
    let mut kinds = vec![Protection::KIND];
    let taken = taken(here, id, &case.run);
    if !instance.disks.is_empty() {
        kinds.extend([Disks::KIND, Snapshots::KIND]);
    }
    let open = instance.disks.is_empty() || instance.disks.values().any(|disk| !taken.contains(&disk.volume));
    let saved = case.names.id(&console::name(id)).is_some();
    if instance.state == "running" && (open || saved) {
        kinds.push(Console::KIND);
    }
    kinds
}

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

/// What the snapshots may cost, before anybody says yes.
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
