//! `decide` against a second evaluator, over random requests and policies.
//!
//! `UNPLUG_ACCESS=100000 cargo test --lib access::property` compares so many; without the variable, as
//! many as fit in a few seconds.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::too_many_lines,
    reason = "small numbers, and one case after the other"
)]

mod bugs;
mod families;
mod matching;
mod random;
mod second;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bugs::Bug;
use families::FAMILIES;
use random::{Case, Who};
use second::{Keys, Out, Second};

use crate::access::condition::operator;
use crate::access::context::{Context, Value};
use crate::access::decide::{Decision, Layers, Request, ResourceSide, decide};
use crate::access::parse;
use crate::access::policy::Policy;
use crate::access::principal::Principal;
use crate::access::source::{Asked, Body, Indexed, Source};

/// A case as the evaluator gets to see it.
pub struct Parsed {
    principal: Principal,
    action: String,
    resource: &'static str,
    context: BTreeMap<&'static str, Vec<String>>,
    unknown: Vec<&'static str>,
    absent_is_unknown: bool,
    identity: Vec<Policy>,
    boundary: Option<Policy>,
    session: Option<Policy>,
    service_control: Vec<Vec<Policy>>,
    resource_control: Vec<Vec<Policy>>,
    resource_policy: Option<Policy>,
    elsewhere: bool,
    must_allow: bool,
}

/// A decision, without what it borrows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Allowed,
    Denied,
    NotAllowed,
    Perhaps,
}

impl Parsed {
    fn of(case: &Case) -> Parsed {
        let read = |policy: &serde_json::Value| parse::policy(&policy.to_string()).unwrap();
        let all = |policies: &Vec<serde_json::Value>| policies.iter().map(read).collect::<Vec<Policy>>();
        let principal = match case.who {
            Who::Root => Principal::Root(random::ME.into()),
            Who::User => Principal::User(random::USER.into()),
            Who::Session => Principal::Session { role: random::ROLE.into(), name: Some("s1".into()) },
            Who::AnySession => Principal::Session { role: random::ROLE.into(), name: None },
            Who::FederatedUser => {
                Principal::FederatedUser { arn: random::FEDERATED.into(), user: random::USER.into() }
            }
            Who::Service => Principal::Service(random::SERVICE.into()),
            Who::Federated => Principal::Federated(random::PROVIDER.into()),
            Who::Anonymous => Principal::Anonymous,
        };
        Parsed {
            principal,
            action: case.action.to_ascii_lowercase(),
            resource: case.resource,
            context: case.context.clone(),
            unknown: case.unknown.clone(),
            absent_is_unknown: false,
            identity: all(&case.identity),
            boundary: case.boundary.as_ref().map(read),
            session: case.session.as_ref().map(read),
            service_control: case.service_control.iter().map(all).collect(),
            resource_control: case.resource_control.iter().map(all).collect(),
            resource_policy: case.resource_policy.as_ref().map(read),
            elsewhere: case.elsewhere,
            must_allow: case.must_allow,
        }
    }

    fn policies(&mut self) -> impl Iterator<Item = &mut Policy> {
        let few = self.boundary.iter_mut().chain(&mut self.session).chain(&mut self.resource_policy);
        let levels = self.service_control.iter_mut().chain(&mut self.resource_control).flatten();
        self.identity.iter_mut().chain(few).chain(levels)
    }

    fn told(self) -> Told {
        let source = |policy: Policy| Source {
            name: "policy".into(),
            body: Body::Read(Arc::new(Indexed::new(policy, &[]))),
        };
        let all = |policies: Vec<Policy>| policies.into_iter().map(source).collect::<Vec<Source>>();
        let levels = |levels: Vec<Vec<Policy>>| levels.into_iter().map(all).collect::<Vec<Vec<Source>>>();
        let mut context = if self.absent_is_unknown { Context::partial() } else { Context::complete() };
        for (key, values) in self.context {
            context.set(key, Value::Is(values));
        }
        for key in self.unknown {
            context.set(key, Value::Unknown);
        }
        let identity = all(self.identity);
        let (boundary, session) = (self.boundary.map(source), self.session.map(source));
        let (scps, rcps) = (levels(self.service_control), levels(self.resource_control));
        let policy = self.resource_policy.map(source);
        let layers = Layers {
            identity: identity.iter().collect(),
            boundary: boundary.as_ref(),
            session: session.as_ref().map(|session| vec![session]),
            service_control: scps.iter().map(|level| level.iter().collect()).collect(),
            resource_control: rcps.iter().map(|level| level.iter().collect()).collect(),
            resource: ResourceSide {
                policy: policy.as_ref(),
                account: Some(if self.elsewhere { random::OTHER } else { random::ME }),
                must_allow: self.must_allow,
            },
        };
        let action = Asked { name: self.action.into(), number: None };
        let request = Request {
            principal: &self.principal,
            action: &action,
            resource: self.resource,
            context: &context,
        };
        match decide(&request, &layers) {
            Decision::Allowed(_) => Told::Allowed,
            Decision::Denied(_) => Told::Denied,
            Decision::NotAllowed(_) => Told::NotAllowed,
            Decision::Perhaps(_) => Told::Perhaps,
        }
    }
}

/// How often which outcome, operator and path was met.
#[derive(Default)]
struct Tally {
    decisions: usize,
    told: BTreeMap<&'static str, usize>,
    /// Perhaps where every way of filling in the unknowns comes to the same.
    idle: usize,
    met: BTreeMap<String, usize>,
}

/// Every context that the unknown keys allow: absent, or one value of their family.
fn completions(case: &Case) -> Vec<Keys> {
    let known = case.context.iter().map(|(key, values)| (key.to_lowercase(), values.clone()));
    let mut all: Vec<Keys> = vec![known.collect()];
    for key in &case.unknown {
        let families = FAMILIES.iter().filter(|family| family.keys.contains(key));
        let values: BTreeSet<&str> = families.flat_map(|family| family.values).copied().collect();
        all = all
            .into_iter()
            .flat_map(|keys| {
                let filled = values.iter().map(|value| {
                    let mut keys = keys.clone();
                    keys.insert(key.to_lowercase(), vec![(*value).to_owned()]);
                    keys
                });
                filled.chain([keys.clone()]).collect::<Vec<Keys>>()
            })
            .collect();
    }
    all
}

/// Every outcome of the second evaluator.
fn found(case: &Case, tally: &mut Tally) -> (BTreeSet<Out>, bool) {
    let mut outs = BTreeSet::new();
    let mut coins = false;
    for (number, keys) in completions(case).into_iter().enumerate() {
        let mut side = 0;
        loop {
            let mut second =
                Second { case, keys: keys.clone(), coins: side, tossed: 0, met: BTreeMap::new() };
            outs.insert(second.decide());
            if number == 0 && side == 0 {
                for (what, count) in second.met {
                    *tally.met.entry(what).or_default() += count.min(1);
                }
            }
            coins |= second.tossed > 0;
            side += 1;
            if second.tossed > 8 || side >= 1 << second.tossed {
                break;
            }
        }
    }
    (outs, coins)
}

/// Compares one case. A disagreement is an error.
fn compare(seed: u64, bug: Option<Bug>, tally: &mut Tally) -> Result<(), String> {
    let case = random::case(seed);
    let mut parsed = Parsed::of(&case);
    if let Some(bug) = bug {
        bug.seed(&mut parsed);
    }
    let told = parsed.told();
    let (outs, coins) = found(&case, tally);
    let open = coins || !case.unknown.is_empty();
    let agree = match told {
        Told::Allowed => outs == [Out::Allow].into(),
        Told::Denied => outs == [Out::Deny].into(),
        Told::NotAllowed => !outs.contains(&Out::Allow) && (open || outs == [Out::Silence].into()),
        Told::Perhaps => open,
    };
    if !agree {
        return Err(format!("case {seed}: told {told:?}, found {outs:?}\n{case:#?}"));
    }
    tally.decisions += 1;
    tally.idle += usize::from(told == Told::Perhaps && outs.len() == 1);
    let name = match told {
        Told::Allowed => "allowed",
        Told::Denied => "denied",
        Told::NotAllowed => "not allowed",
        Told::Perhaps => "perhaps",
    };
    *tally.told.entry(name).or_default() += 1;
    Ok(())
}

/// Decisions that the everyday test compares.
const EVERY_DAY: usize = 5_000;

#[test]
fn no_decision_differs_from_the_second_evaluators() {
    let wanted =
        std::env::var("UNPLUG_ACCESS").ok().and_then(|count| count.parse().ok()).unwrap_or(EVERY_DAY);
    let mut tally = Tally::default();
    for seed in 0..wanted as u64 {
        compare(seed, None, &mut tally).unwrap_or_else(|error| panic!("{error}"));
    }
    println!("{wanted} decisions: {:?}, {} idle\n{:#?}", tally.told, tally.idle, tally.met);
    let told = |name: &str| tally.told.get(name).copied().unwrap_or_default();
    assert!(told("allowed") * 10 >= wanted * 3, "{:?}", tally.told);
    assert!(told("denied") * 10 >= wanted * 3, "{:?}", tally.told);
    // A perhaps is no way out: most of them come to different ends.
    assert!(tally.idle * 2 <= told("perhaps"), "{} of {:?}", tally.idle, tally.told);
    let paths = [
        "boundary",
        "session policy",
        "SCP",
        "RCP",
        "stranger",
        "cross-account",
        "named itself",
        "named role",
        "identity",
        "account and identity",
        "everybody",
        "NotAction",
        "NotResource",
        "NotPrincipal",
        "variable",
    ];
    let least = 1_000 * wanted / 100_000;
    let operators =
        operator::NAMES.iter().map(|(name, ..)| *name).chain(["ForAllValues", "ForAnyValue", "IfExists"]);
    let names =
        operators.map(|name| format!("operator {name}")).chain(paths.map(|path| format!("path {path}")));
    for name in names {
        let met = tally.met.get(&name).copied().unwrap_or_default();
        assert!(met >= least, "{name}: {met}");
    }
}

#[test]
fn every_seeded_bug_is_caught() {
    for bug in Bug::ALL {
        let caught = (0..4_000).any(|seed| compare(seed, Some(bug), &mut Tally::default()).is_err());
        assert!(caught, "{bug:?} was not noticed");
    }
}
