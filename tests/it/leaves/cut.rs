//! One step alone, rehearsed on the account of `world.toml`, and what is left open behind it.

use std::collections::BTreeSet;

use serde_json::Value;
use unplug::account::{Account, Region};
use unplug::engine::exposed;
use unplug::engine::plan::{Selected, Selection, StepPlan};
use unplug::engine::rehearse::rehearse;
use unplug::exposure::{self, Direction, DoorKind, Family, FarEnd, Shift};
use unplug::scenario;
use unplug::step::{Names, Params, Scope, StepId};

use crate::laws::harness::brief;
use crate::laws::seeds::{Seed, seed};

pub const REGION: &str = "eu-west-1";

/// The account with every kind of way.
pub fn world() -> Account {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/leaves/world.toml");
    scenario::load(file).unwrap().account
}

pub fn here(account: &mut Account) -> &mut Region {
    account.regions.get_mut(REGION).unwrap()
}

pub fn params(with: &[(&str, &str)]) -> Params {
    with.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}

/// An account before a step and after it, as a plan of that step alone has it.
pub struct Cut {
    pub before: Account,
    pub after: Account,
    pub step: StepPlan,
    pub shift: Shift,
    pub selection: Selection,
}

impl Cut {
    pub async fn of(account: Account, step: u16, with: &[(&str, &str)], scope: Scope) -> Cut {
        let steps = vec![Selected { step: StepId(step), params: params(with) }];
        let seed = Seed { steps, scope, ..seed("leaves", step, account, None) };
        let rehearsal =
            rehearse(&seed.account, &seed.steps, &brief(&seed, Names::default(), 1)).await.unwrap();
        // A step that cuts no network is looked at as one that does: it must leave every way.
        let network = Selected { step: StepId(500), params: Params::default() };
        let steps = [seed.steps.clone(), vec![network]].concat();
        let shift = exposed::shift(&seed.account, &rehearsal.after, &steps).unwrap();
        let step = rehearsal.steps.into_iter().next().unwrap();
        Cut { selection: seed.selection(), before: seed.account, after: rehearsal.after, step, shift }
    }

    /// Every way, door and flow that is left: `out internet igw-home v4`, `door metadata eu-west-1`,
    /// `flow nat-public`. A way whose packets nobody can answer begins with `unanswered`.
    pub fn left(&self, focus: Option<&str>) -> BTreeSet<String> {
        let mut left = ways(&self.after, focus);
        left.extend(self.shift.kept.iter().map(|kept| format!("flow {}", short(&kept.path.id))));
        left
    }

    pub fn refusal(&self, target: &str) -> String {
        let refused = self.step.refused.iter().find(|refused| refused.target.id == target);
        refused.unwrap_or_else(|| panic!("{target} is not refused: {:?}", self.step.refused)).why.clone()
    }
}

/// What is open in an account, but for flows that live on; with a focus for that instance alone.
pub fn ways(account: &Account, focus: Option<&str>) -> BTreeSet<String> {
    let mut account = account.clone();
    let all = here(&mut account).interfaces.read_mut().unwrap();
    let vpc = focus.map(|focus| {
        let own = all.values().find(|interface| interface.instance.as_deref() == Some(focus)).unwrap();
        own.vpc.clone()
    });
    if vpc.is_some() {
        // Others still forward and listen, and are no hosts.
        for interface in all.values_mut().filter(|interface| interface.instance.as_deref() != focus) {
            interface.instance = None;
        }
    }
    let looked_at: BTreeSet<String> = all
        .iter()
        .filter(|(_, interface)| focus.is_none() || interface.instance.as_deref() == focus)
        .map(|(id, _)| id.clone())
        .collect();
    let exposure = exposure::of(&account);
    let mut open = BTreeSet::new();
    for ((_, id), ways) in exposure.interfaces.iter().filter(|((_, id), _)| looked_at.contains(id)) {
        for way in ways.iter() {
            let family = if way.family == Family::Ipv4 { "v4" } else { "v6" };
            let what = format!("{} {} {}", direction(way.direction), place(way.place), short(&way.path.id));
            open.insert(if way.open.is_empty() {
                format!("unanswered {what} {family}")
            } else {
                format!("{what} {family} {id}")
            });
        }
    }
    let doors = exposure::doors(&account, &exposure)
        .into_iter()
        .filter(|door| door.kind != DoorKind::Resolver || vpc.as_ref().is_none_or(|vpc| *vpc == door.at));
    open.extend(doors.map(|found| format!("door {} {}", door(found.kind), found.at)));
    open
}

pub fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
}

pub fn place(place: FarEnd) -> &'static str {
    match place {
        FarEnd::Internet => "internet",
        FarEnd::Vpc => "vpc",
        FarEnd::OnPremises => "on-premises",
        FarEnd::Service => "service",
    }
}

pub fn door(kind: DoorKind) -> &'static str {
    match kind {
        DoorKind::ConnectEndpoint => "connect-endpoint",
        DoorKind::SessionManager => "session-manager",
        DoorKind::SerialConsole => "serial-console",
        DoorKind::Resolver => "resolver",
        DoorKind::Metadata => "metadata",
        DoorKind::GatewayEndpoint => "gateway-endpoint",
    }
}

/// Of an ARN the name.
pub fn short(id: &str) -> &str {
    match id.split_once("loadbalancer/") {
        Some((_, rest)) => rest.split('/').nth(1).unwrap_or(rest),
        None => id.rsplit('/').next().unwrap_or(id),
    }
}
