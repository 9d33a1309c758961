//! What one instance is registered with by hand, by its id or an address. Its group's own target groups
//! are left out: standby takes it out of those and puts it back.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::TargetDescription;

use super::standby::group_of;
use crate::account::{BackendTarget, Gap, Region, Section};
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct Registrations;

/// What is registered, by the ARN of the target group.
type State = BTreeMap<String, BTreeSet<BackendTarget>>;

impl Lens for Registrations {
    type State = State;
    const KIND: &'static str = "registrations";
    const NEEDS: &'static [Section] =
        &[Section::Instances, Section::Interfaces, Section::ScalingGroups, Section::TargetGroups];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        look.in_region(|here| match registered(here, &look.at.id) {
            Err(gap) => Now::Unknown(gap.clone()),
            Ok(None) => Now::Vanished,
            Ok(Some(registered)) => Now::Is(registered),
        })
    }

    fn contain(&self, now: &State, _: &Look<'_>) -> Verdict<State> {
        if now.is_empty() { Verdict::Already } else { Verdict::Change(State::new()) }
    }

    /// Target groups go one call at a time, in the order of their ARNs.
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        let mut now = from.clone();
        let mut passes = vec![];
        for arn in arns(from, to) {
            match to.get(arn) {
                Some(targets) => now.insert(arn.clone(), targets.clone()),
                None => now.remove(arn),
            };
            passes.push(now.clone());
        }
        passes.pop();
        passes
    }

    fn show(&self, state: &State) -> String {
        match state.values().map(BTreeSet::len).sum::<usize>() {
            0 => "registered with no other target group".into(),
            1 => "registered with a target group by hand".into(),
            targets => format!("registered {targets} times with target groups by hand"),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let elb = aws.elbv2(at.region_name());
        let none = BTreeSet::new();
        for arn in arns(from, to) {
            let (old, new) = (from.get(arn).unwrap_or(&none), to.get(arn).unwrap_or(&none));
            let (gone, added) = (described(old - new), described(new - old));
            if !added.is_empty() {
                elb.register_targets().target_group_arn(arn).set_targets(Some(added)).send().await?;
            }
            if !gone.is_empty() {
                elb.deregister_targets().target_group_arn(arn).set_targets(Some(gone)).send().await?;
            }
        }
        Ok(())
    }
}

fn arns<'a>(from: &'a State, to: &'a State) -> BTreeSet<&'a String> {
    from.keys().chain(to.keys()).collect()
}

fn described(targets: BTreeSet<BackendTarget>) -> Vec<TargetDescription> {
    let described = |target: BackendTarget| {
        let description = TargetDescription::builder().id(target.id).set_port(target.port);
        description.set_availability_zone(target.zone).build()
    };
    targets.into_iter().map(described).collect()
}

/// Returns what the instance is registered with; `None` where there is no such instance.
fn registered<'a>(here: &'a Region, instance: &str) -> Result<Option<State>, &'a Gap> {
    if !here.instances.as_result()?.contains_key(instance) {
        return Ok(None);
    }
    here.scaling_groups.as_result()?;
    let own = group_of(here, instance).map(|(_, group)| &group.target_groups);
    let of = here.interfaces.as_result()?.values().filter(|i| i.instance.as_deref() == Some(instance));
    let mut names: BTreeSet<&str> = [instance].into();
    for interface in of {
        names.extend(interface.private_ip.as_deref());
        names.extend(interface.secondary.keys().map(String::as_str));
        names.extend(interface.ipv6.iter().map(String::as_str));
    }
    let mut registered = State::new();
    let groups = here.target_groups.as_result()?;
    for (arn, group) in groups.iter().filter(|(arn, _)| own.is_none_or(|own| !own.contains(*arn))) {
        let ours: BTreeSet<BackendTarget> =
            group.targets.iter().filter(|target| names.contains(target.id.as_str())).cloned().collect();
        if !ours.is_empty() {
            registered.insert(arn.clone(), ours);
        }
    }
    Ok(Some(registered))
}
