//! Gaps: what could not be read within a section counts as a gap of that section.

use std::collections::BTreeSet;

use super::harness::each_pure;
use super::seeds::seeds;
use serde_json::{Value, json};
use unplug::account::{Account, Cause, Section};

/// The places below `value` of a `Seen`: read, or not.
fn seen_below(value: &Value, place: &str, found: &mut BTreeSet<String>) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => return,
    };
    if let [(name, _)] = &members[..]
        && (name == "read" || name == "gap")
    {
        found.insert(place.to_owned());
    }
    for (name, value) in members {
        seen_below(value, &format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), found);
    }
}

/// The values of this one section in an account's JSON, by their place.
fn places(section: Section, json: &Value) -> Vec<String> {
    let below = |place: &str| -> Vec<String> {
        let members = json.pointer(place).and_then(Value::as_object).into_iter().flatten();
        let read = members.filter(|(_, value)| value.get("read").is_some());
        read.map(|(name, _)| format!("{place}/{name}")).collect()
    };
    if section.regional() {
        let regions = json["regions"].as_object().unwrap();
        return regions.keys().flat_map(|region| below(&format!("/regions/{region}"))).collect();
    }
    below("").into_iter().filter(|place| place != "/alias" && place != "/enabled_regions").collect()
}

#[test]
fn a_gap_within_a_section_is_a_gap_of_the_section() {
    let mut tried = BTreeSet::new();
    let mut missed = BTreeSet::new();
    each_pure(seeds(), |seed| {
        for section in Section::ALL {
            let part = seed.account.part(&[*section].into(), |_| true);
            let json = serde_json::to_value(&part).unwrap();
            let mut within = BTreeSet::new();
            for place in places(*section, &json) {
                let read = format!("{place}/read");
                seen_below(json.pointer(&read).unwrap(), &read, &mut within);
            }
            for place in within {
                let mut with_gap = json.clone();
                let gap = json!({"gap": {"cause": "denied", "call": "", "detail": "within"}});
                *with_gap.pointer_mut(&place).unwrap() = gap;
                let account: Account = serde_json::from_value(with_gap).unwrap();
                tried.insert(*section);
                if !section.gaps(&account).iter().any(|(_, gap)| gap.cause == Cause::Denied) {
                    missed.insert(format!("{section:?}: {place}"));
                }
            }
        }
    });
    assert!(missed.is_empty(), "no gap of their section: {missed:#?}");
    let all = [
        Section::Trails,
        Section::LogBuckets,
        Section::IdentityCenter,
        Section::RoleChanges,
        Section::Organization,
        Section::PublicBuckets,
        Section::BucketLifecycles,
        Section::BucketReplications,
        Section::MultiRegionAccessPoints,
        Section::PublicRepositories,
        Section::Zones,
        Section::Ses,
        Section::KmsKeys,
        Section::Secrets,
        Section::RecoveryPoints,
        Section::SharedSnapshots,
        Section::SharedImages,
        Section::SharedDatabaseSnapshots,
        Section::QueuePolicies,
        Section::TopicPolicies,
        Section::SecretPolicies,
        Section::KeyPolicies,
        Section::KeyGrants,
        Section::Functions,
        Section::VpcFunctions,
        Section::AccessPoints,
        Section::RestApis,
        Section::HttpApis,
        Section::OtherDoors,
        Section::Pipelines,
    ];
    assert!(super::seeds::only().is_some() || tried == all.into(), "{tried:?}");
}
