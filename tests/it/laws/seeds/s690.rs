//! The seed of 690, which only looks: one door of every kind, and a type that its Region does not have.

use std::collections::BTreeMap;

use unplug::account::other_doors::DOORS;
use unplug::account::pipelines::{PIPELINE, REMEDIATION};
use unplug::account::{Account, Properties, Region, Resources, Seen};

use super::s520::account;
use super::{Seed, seed};

/// Where every door of the seed is that may be anywhere.
const HERE: &str = "us-east-1";
const MISSING: &str = "AWS::AppRunner::Service";

fn region(name: &str) -> Region {
    let in_here = |only: Option<&str>| only.map_or(name == HERE, |only| only == name);
    let types = DOORS.iter().filter(|door| in_here(door.of.only_in)).map(|door| {
        let asked = door.of.asked.iter().map(|at| ((*at).to_owned(), "true".to_owned()));
        let id = format!("{}/one", door.of.name);
        (
            door.of.name.to_owned(),
            Seen::Read(BTreeMap::from([(id, Seen::Read(asked.collect::<Properties>()))])),
        )
    });
    let mut doors = Resources { types: types.collect(), ..Resources::default() };
    if name != HERE {
        doors.not_offered.insert(MISSING.to_owned());
    }
    Region { other_doors: Seen::Read(doors), pipelines: Seen::Read(pipelines()), ..Region::empty() }
}

/// A pipeline that deploys a stack, and a remediation that runs by itself.
fn pipelines() -> Resources {
    let of = |id: &str, properties: &[(&str, &str)]| {
        let properties = properties.iter().map(|(at, text)| ((*at).to_owned(), (*text).to_owned()));
        Seen::Read(BTreeMap::from([(id.to_owned(), Seen::Read(properties.collect::<Properties>()))]))
    };
    let stages = [
        ("/Stages/0/Name", "Source"),
        ("/Stages/0/Actions/0/ActionTypeId/Provider", "S3"),
        ("/Stages/1/Name", "Deploy"),
        ("/Stages/1/Actions/0/ActionTypeId/Provider", "CloudFormation"),
        ("/Stages/1/Actions/0/Configuration/StackName", "net"),
    ];
    let types = [
        (PIPELINE.name.to_owned(), of("net", &stages)),
        (REMEDIATION.name.to_owned(), of("closed", &[("/TargetId", "Close"), ("/Automatic", "true")])),
    ];
    Resources { types: types.into(), ..Resources::default() }
}

fn doors() -> Account {
    let mut account = account(region(HERE));
    account.regions.insert("us-west-2".into(), region("us-west-2"));
    account.enabled_regions = Seen::Read(account.regions.keys().cloned().collect());
    account
}

/// The seed of 690.
pub fn seeds() -> Vec<Seed> {
    vec![seed("other doors to look at", 690, doors(), None)]
}
