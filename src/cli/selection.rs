//! SELECTION: which steps of the playbook, where, and which keys.

use std::collections::BTreeSet;

use clap::Args;

use crate::config::Config;
use crate::engine::plan::{Selected, Selection};
use crate::failure::{Failure, usage};
use crate::playbook::{self, Place, Playbook, Selector};
use crate::step::Scope;

/// What to act on.
#[derive(Args, Clone, Debug, Default)]
pub struct SelectionArgs {
    /// Playbook: a name, or a file
    #[arg(default_value = playbook::DEFAULT)]
    pub playbook: String,
    /// Only these steps: 510, 51x, 5xx; the playbook's order holds
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub steps: Vec<Selector>,
    /// Without these steps
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub skip: Vec<Selector>,
    #[command(flatten)]
    pub place: PlaceArgs,
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
    /// Access keys known to be leaked (step 100)
    #[arg(help_heading = SCOPE, long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    pub key: Vec<String>,
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
            _ => self.resolve_anywhere(config),
        }
    }

    /// The same for what asks no account: a policy is for instances not known yet.
    pub fn resolve_anywhere(&self, config: &Config) -> Result<Selection, Failure> {
        let playbook = self.load()?;
        let entries = playbook.select(&self.steps, &self.skip).map_err(|error| {
            usage(error).hint(format!("unplug playbooks {} shows its steps", self.playbook))
        })?;
        let set =
            |given: &[String]| (!given.is_empty()).then(|| given.iter().cloned().collect::<BTreeSet<_>>());
        let scope = Scope {
            regions: set(&self.place.regions).or(playbook.scope.regions.clone()).or(config.regions.clone()),
            vpcs: set(&self.place.vpc).or(playbook.scope.vpcs.clone()),
            subnets: self.place.subnet.iter().cloned().collect(),
            instances: self.place.instance.iter().cloned().collect(),
            tags: self.place.tag.iter().cloned().collect(),
            keys: self.place.key.iter().cloned().collect(),
            keep_cidrs: self.place.keep_cidr.iter().map(|cidr| cidr.trunc().to_string()).collect(),
            lose_my_path: self.place.lose_my_path,
        };
        Ok(Selection {
            playbook: playbook.name.clone(),
            steps: entries
                .into_iter()
                .map(|entry| Selected { step: entry.step, params: entry.params })
                .collect(),
            scope,
        })
    }

    /// Names these instances where the playbook requires one and none is named.
    pub fn suspect(&mut self, instances: &BTreeSet<String>) -> Result<(), Failure> {
        if self.load()?.requires == Some(Place::Instance) && self.place.instance.is_empty() {
            self.place.instance = instances.iter().cloned().collect();
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
            ("key", place.key.clone()),
        ] {
            if !values.is_empty() {
                words.push_str(&format!(" --{option} {}", quoted(&values.join(","))));
            }
        }
        tags.for_each(|tag| words.push_str(&format!(" --tag {}", quoted(&tag))));
        if place.lose_my_path {
            words.push_str(" --lose-my-path");
        }
        words
    }

    fn load(&self) -> Result<Playbook, Failure> {
        playbook::load(&self.playbook)
            .map_err(|error| usage(error).hint("unplug playbooks lists what there is; nothing was cut"))
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/=@+%".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A tag on the command line.
fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("write it as key=value".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_playbook_for_named_instances_is_refused_without_one() {
        let config = Config::default();
        let mut choice = SelectionArgs { playbook: "quarantine-instance".into(), ..SelectionArgs::default() };
        choice.place.vpc = vec!["vpc-1".into()];
        let refused = choice.resolve(&config).unwrap_err();
        assert!(refused.error.contains("for instances that you name"), "{refused:?}");
        assert!(choice.resolve_anywhere(&config).is_ok());

        choice.suspect(&["i-1".to_owned()].into()).unwrap();
        assert_eq!(choice.resolve(&config).unwrap().scope.instances, ["i-1".to_owned()].into());
        choice.suspect(&["i-2".to_owned()].into()).unwrap();
        assert_eq!(choice.place.instance, ["i-1"], "what is named is not replaced");
    }

    #[test]
    fn a_playbook_for_everything_takes_no_suspect() {
        let mut choice = SelectionArgs { playbook: playbook::DEFAULT.into(), ..SelectionArgs::default() };
        choice.suspect(&["i-1".to_owned()].into()).unwrap();
        assert!(choice.place.instance.is_empty());
    }
}
