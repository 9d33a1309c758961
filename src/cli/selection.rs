//! SELECTION: which steps of the playbook, where, and which keys.

mod block;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use crate::account::Account;
use crate::config::Config;
use crate::engine::names::Missing;
use crate::engine::plan::{Selected, Selection};
use crate::failure::{Exit, Failure, usage};
use crate::playbook::{self, Entry, Place, Playbook, Selector};
use crate::scenario::Suspects;
use crate::step::{Params, Scope, StepId, Width};
use crate::steps;

/// The step that turns off the keys that are named.
const KEYS: StepId = StepId(100);
/// The step that looks what they did.
const TRACE: StepId = StepId(190);

/// The parameter of the steps that act on users and roles, and its value for those alone that are named.
const ALONE: (&str, &str) = ("who", "named");

/// What to act on.
#[derive(Args, Clone, Debug, Default)]
pub struct SelectionArgs {
    /// Playbook: a name, or a file
    #[arg(default_value = playbook::DEFAULT)]
    pub playbook: String,
    /// Only these steps: 510, 51x, 5xx or a name (ses); the playbook's order holds
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub steps: Vec<Selector>,
    /// Without these steps
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub skip: Vec<Selector>,
    /// Your own maintenance page, HTML: steps 310 and 320 answer with it instead of the shipped one
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Parameters of steps, from a verb that has options of its own for them.
    #[arg(skip)]
    pub params: BTreeMap<StepId, Params>,
}

/// The heading of `--help` for where to act.
const SCOPE: &str = "Scope";

/// Where to act.
#[derive(Args, Clone, Debug, Default)]
pub struct PlaceArgs {
    /// Only these Regions; otherwise every enabled one
    #[arg(help_heading = SCOPE, long, value_name = "LIST", value_delimiter = ',')]
    pub regions: Vec<String>,
    /// Only these VPCs
    #[arg(help_heading = SCOPE, long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    pub vpc: Vec<String>,
    /// Only these subnets, and what is in them; adds to --vpc
    #[arg(help_heading = SCOPE, long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    pub subnet: Vec<String>,
    /// Only these instances; adds to --vpc and --subnet
    #[arg(help_heading = SCOPE, long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    pub instance: Vec<String>,
    /// Only VPCs, subnets, instances and interfaces with this tag; adds to the others
    #[arg(help_heading = SCOPE, long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub tag: Vec<(String, String)>,
    /// Keep the path of this CIDR open, in and out, IPv4 or IPv6; it counts as exposure
    #[arg(help_heading = SCOPE, long, value_name = "CIDR", value_delimiter = ',')]
    pub keep_cidr: Vec<ipnet::IpNet>,
    /// Cut even the path that unplug itself, or a kept CIDR, uses
    #[arg(help_heading = SCOPE, long)]
    pub lose_my_path: bool,
    /// Addresses or networks to shut out, IPv4 or IPv6: step 350 denies these, and nobody else
    #[arg(help_heading = SCOPE, long, value_name = "CIDR", value_delimiter = ',', num_args = 1.., value_parser = block::network)]
    pub block_cidr: Vec<ipnet::IpNet>,
    /// Countries to shut out, by their two letters (ISO 3166-1): step 350 blocks their visitors at CloudFront and
    /// load balancers
    #[arg(help_heading = SCOPE, long, value_name = "CC", value_delimiter = ',', num_args = 1.., value_parser = block::country)]
    pub block_country: Vec<String>,
    /// Access keys known to be leaked: step 100 turns them off, besides those that it finds; each names its user
    #[arg(help_heading = SCOPE, long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    pub key: Vec<String>,
    /// Users and roles, by name or ARN: steps 410, 600 and 620 act on these alone
    #[arg(help_heading = SCOPE, long, value_name = "NAME", value_delimiter = ',', num_args = 1..)]
    pub principal: Vec<String>,
}

impl SelectionArgs {
    /// The steps of the playbook, and where they act: the command line over the playbook over the
    /// configuration.
    pub fn resolve(&self, config: &Config) -> Result<Selection, Failure> {
        let playbook = self.load()?;
        match playbook.requires {
            Some(Place::Instance) if self.place.instance.is_empty() => {
                let name = &playbook.name;
                Err(usage(format!("the playbook {name} is for instances that you name, and none is named"))
                    .hint("add --instance i-…; nothing was cut"))
            }
            Some(Place::Principal) if self.place.key.is_empty() && self.place.principal.is_empty() => {
                let name = &playbook.name;
                let error = format!(
                    "the playbook {name} is for keys, users or roles that you name, and none is named"
                );
                Err(usage(error).hint("add --key AKIA… or --principal NAME; nothing was cut"))
            }
            Some(Place::Address) if !self.place.blocks() => {
                let name = &playbook.name;
                Err(usage(format!("the playbook {name} is for addresses that you name, and none is named"))
                    .hint("add --block-cidr 203.0.113.7 or --block-country KP; nothing was cut"))
            }
            _ => self.resolve_anywhere(config),
        }
    }

    /// The same for what asks no account: a policy is for instances not known yet.
    pub fn resolve_anywhere(&self, config: &Config) -> Result<Selection, Failure> {
        let playbook = self.load()?;
        let entries = playbook.select(&self.steps, &self.skip).map_err(|error| {
            usage(error).hint(format!("unplug playbooks {} shows its steps", self.playbook))
        })?;
        let (left_out, entries): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| self.leaves_out(&playbook, entry));
        let left_out: Vec<StepId> = left_out.into_iter().map(|entry| entry.step).collect();
        if entries.is_empty() {
            return Err(nothing_left(&playbook, &left_out));
        }
        let takes = |step: StepId| entries.iter().any(|entry| entry.step == step);
        // The trace cuts nothing: it is enough only where somebody chose it.
        let traced = !self.steps.is_empty() && takes(TRACE);
        let name = &playbook.name;
        if !self.place.key.is_empty() && !takes(KEYS) && !traced {
            return Err(usage(format!("--key names keys for step {KEYS}, which {name} does not take here"))
                .hint(
                    "unplug pull --steps 100 --key … turns off the keys alone, leaked-key cuts their users \
                       too; nothing was cut",
                ));
        }
        let alone = !self.place.principal.is_empty();
        if alone && !entries.iter().any(|entry| can_act_alone(entry.step)) && !traced {
            let why = format!(
                "--principal names users and roles for steps 410, 600 and 620, none of which {name} takes here"
            );
            return Err(usage(why).hint(
                "unplug pull --steps 600 --principal … denies everything to them alone; nothing was cut",
            ));
        }
        let (blocked, kept) = (&self.place.block_cidr, &self.place.keep_cidr);
        block::check(blocked, kept, config, name, takes(block::BLOCK))?;
        block::check_countries(&self.place.block_country, name, takes(block::BLOCK))?;
        let mut scope = self.place.scope(&playbook.scope, config)?;
        if let Some(file) = &self.page {
            let steps: Vec<StepId> = entries.iter().map(|entry| entry.step).collect();
            scope.page = Some(page::read(file, &playbook.name, &steps)?);
        }
        Ok(Selection {
            steps: entries
                .into_iter()
                .map(|Entry { step, mut params, .. }| {
                    params.extend(self.params.get(&step).cloned().unwrap_or_default());
                    if alone && can_act_alone(step) {
                        params.insert(ALONE.0.into(), ALONE.1.into());
                    }
                    Selected { step, params }
                })
                .collect(),
            scope,
            playbook: playbook.name,
            left_out,
        })
    }

    /// Names the suspects of a scenario, where the playbook requires some and none is named.
    pub fn suspect(&mut self, suspects: &Suspects) -> Result<(), Failure> {
        let place = &mut self.place;
        match playbook_of(&self.playbook)?.requires {
            Some(Place::Instance) if place.instance.is_empty() => {
                place.instance = suspects.instances.iter().cloned().collect();
            }
            Some(Place::Principal) if place.key.is_empty() && place.principal.is_empty() => {
                place.key = suspects.keys.iter().cloned().collect();
                place.principal = suspects.principals.iter().cloned().collect();
            }
            Some(Place::Address) if !place.blocks() => {
                place.block_cidr = suspects.addresses.iter().copied().collect();
            }
            _ => {}
        }
        Ok(())
    }

    /// The same selection as words of a command line.
    pub fn words(&self) -> String {
        let mut words = String::new();
        if self.playbook != playbook::DEFAULT {
            words.push_str(&format!(" {}", self.playbook));
        }
        let place = &self.place;
        let selectors = |list: &[Selector]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let tags = place.tag.iter().map(|(key, value)| format!("{key}={value}"));
        let cidrs = place.keep_cidr.iter().map(ToString::to_string).collect();
        for (option, values) in [
            ("steps", selectors(&self.steps)),
            ("skip", selectors(&self.skip)),
            ("regions", place.regions.clone()),
            ("vpc", place.vpc.clone()),
            ("subnet", place.subnet.clone()),
            ("instance", place.instance.clone()),
            ("keep-cidr", cidrs),
            ("block-cidr", place.block_cidr.iter().map(ToString::to_string).collect()),
            ("block-country", place.block_country.clone()),
            ("key", place.key.clone()),
            ("principal", place.principal.clone()),
        ] {
            if !values.is_empty() {
                words.push_str(&format!(" --{option} {}", quoted(&values.join(","))));
            }
        }
        if let Some(page) = &self.page {
            words.push_str(&format!(" --page {}", quoted(&page.to_string_lossy())));
        }
        tags.for_each(|tag| words.push_str(&format!(" --tag {}", quoted(&tag))));
        if place.lose_my_path {
            words.push_str(" --lose-my-path");
        }
        words
    }

    /// Does a step cut more than the places that the command line names, without being named itself?
    /// A playbook for named places has its wide steps on purpose, and so has a parameter that widens
    /// a step.
    fn leaves_out(&self, playbook: &Playbook, entry: &Entry) -> bool {
        let named = self.steps.iter().any(|selector| selector.matches(entry.step))
            || matches!(entry.step, KEYS | TRACE) && !self.place.key.is_empty()
            || (entry.step == TRACE || can_act_alone(entry.step)) && !self.place.principal.is_empty();
        let width = steps::find(entry.step).map_or(Width::Place, |step| step.width(&Params::default()));
        !named
            && playbook.requires.is_none()
            && self.place.named().is_some_and(|scope| scope.is_narrower_than(width))
    }

    fn load(&self) -> Result<Playbook, Failure> {
        playbook_of(&self.playbook)
    }
}

/// Whether a step can act on those users and roles alone that are named.
fn can_act_alone(step: StepId) -> bool {
    let params = steps::find(step).map_or(&[][..], |step| step.spec().params);
    params.iter().any(|param| param.name == ALONE.0)
}

fn playbook_of(name: &str) -> Result<Playbook, Failure> {
    playbook::load(name)
        .map_err(|error| usage(error).hint("unplug playbooks lists what there is; nothing was cut"))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/=@+%".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

impl PlaceArgs {
    /// Is anything named that is to be shut out?
    fn blocks(&self) -> bool {
        !self.block_cidr.is_empty() || !self.block_country.is_empty()
    }

    /// The scope of a run in these places: the command line over the playbook over the configuration.
    fn scope(&self, playbook: &Scope, config: &Config) -> Result<Scope, Failure> {
        let mut tags = BTreeMap::new();
        for (key, value) in &self.tag {
            if let Some(other) = tags.insert(key.clone(), value.clone())
                && other != *value
            {
                return Err(usage(format!("--tag names {key} twice, as {other} and as {value}"))
                    .hint("name the instances or subnets instead; nothing was cut"));
            }
        }
        Ok(Scope {
            regions: set(&self.regions).or(playbook.regions.clone()).or(config.regions.clone()),
            vpcs: set(&self.vpc).or(playbook.vpcs.clone()),
            subnets: self.subnet.iter().cloned().collect(),
            instances: self.instance.iter().cloned().collect(),
            tags,
            keys: self.key.iter().cloned().collect(),
            key_users: BTreeSet::new(),
            principals: self.principal.iter().cloned().collect(),
            block_cidrs: self.block_cidr.iter().map(ToString::to_string).collect(),
            block_countries: self.block_country.iter().cloned().collect(),
            keep_cidrs: self.keep_cidr.iter().map(|cidr| cidr.trunc().to_string()).collect(),
            page: None,
            lose_my_path: self.lose_my_path,
        })
    }

    /// The places that the command line names, when it names any.
    fn named(&self) -> Option<Scope> {
        let scope = Scope {
            regions: set(&self.regions),
            vpcs: set(&self.vpc),
            subnets: self.subnet.iter().cloned().collect(),
            instances: self.instance.iter().cloned().collect(),
            tags: self.tag.iter().cloned().collect(),
            ..Scope::default()
        };
        (scope.regions.is_some() || !scope.is_whole()).then_some(scope)
    }
}

/// Refuses names that the account does not have, before anything is asked or cut.
///
/// # Errors
/// With the nearest right names; or, where not everything could be read, with what could not.
pub fn refuse_missing(missing: &[Missing], account: &Account, config: &Config) -> Result<(), Failure> {
    let unknown = missing.iter().all(Missing::is_unknown);
    let said: Vec<String> =
        missing.iter().filter(|m| m.is_unknown() == unknown).map(Missing::sentence).collect();
    if said.is_empty() {
        return Ok(());
    }
    let exit = if unknown { Exit::Gaps } else { Exit::Usage };
    let said = said.join("; ");
    let stop = if said.ends_with('?') { "" } else { "." };
    let mut failure = Failure::new(exit, format!("{said}{stop} Nothing was cut."));
    if unknown {
        failure = failure.hint("leave out what cannot be looked at (--regions), or the name");
    }
    for name in missing.iter().map(|m| &m.name) {
        if let Some(place) = config.position("regions", name) {
            failure = failure.hint(format!("{name} is named in {place}"));
        }
    }
    if let (Some(enabled), true) = (account.enabled_regions.read(), missing.iter().any(Missing::is_region)) {
        let enabled = enabled.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        failure = failure.hint(format!("enabled: {enabled}"));
    }
    Err(failure)
}

/// The scope of a verb that takes nothing but Regions.
pub fn in_regions(regions: &[String]) -> Scope {
    Scope { regions: set(regions), ..Scope::default() }
}

fn set(given: &[String]) -> Option<BTreeSet<String>> {
    (!given.is_empty()).then(|| given.iter().cloned().collect())
}

/// Every step of the playbook reaches beyond the places that are named.
fn nothing_left(playbook: &Playbook, left_out: &[StepId]) -> Failure {
    let steps = left_out.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let name = &playbook.name;
    usage(format!("every step of {name} reaches beyond the places that are named: {steps}"))
        .hint(format!("--steps {steps} takes them all the same; nothing was cut"))
}

/// A tag on the command line.
fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("write it as key=value".into()),
    }
}

#[cfg(test)]
mod tests;
