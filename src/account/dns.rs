//! Public names: hosted zones with their records, Route 53's health checks, canaries of CloudWatch
//! Synthetics.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Account, Seen};

/// A hosted zone of Route 53, by its id without `/hostedzone/`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Zone {
    /// As Route 53 has it: `example.com.`, with `\052` for `*`.
    pub name: String,
    /// Answers inside VPCs only.
    pub private: bool,
    /// The service that made the zone and alone may change its records.
    pub linked_service: Option<String>,
    /// Records by name, as Route 53 has it. Those of a private zone are not read.
    pub records: Seen<BTreeMap<String, BTreeSet<Record>>>,
}

impl Zone {
    /// The zone's name as a person writes it.
    pub fn host(&self) -> String {
        host(&self.name)
    }

    /// May a name be in this zone: is it the zone's own, or below it? Both as a person writes them.
    pub fn may_hold(&self, name: &str) -> bool {
        let zone = self.host();
        name == zone || name.strip_suffix(&zone).is_some_and(|rest| rest.ends_with('.'))
    }

    /// The records with a name, as a person writes it. None where they were not read.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Record> {
        self.records.item(&absolute(name)).into_iter().flatten()
    }
}

impl Account {
    /// The public zones that a name, as a person writes it, is in: the nearest above it. Two zones may have
    /// one name, and the domain's name servers say which one answers.
    pub fn public_zones_of(&self, name: &str) -> Vec<(&String, &Zone)> {
        let public = || self.zones.items().filter(|(_, zone)| !zone.private && zone.may_hold(name));
        let nearest = public().map(|(_, zone)| zone.host().len()).max();
        public().filter(|(_, zone)| Some(zone.host().len()) == nearest).collect()
    }
}

/// A set of records of Route 53: one name, one type, and one identifier where several sets share these. It
/// has every member that this version knows, because a set is deleted by its exact value.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Record {
    /// `A`, `AAAA`, `CNAME` …
    pub kind: String,
    /// Tells sets of one name and type apart, where their routing is not simple.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// Seconds; an alias has its target's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<AliasTarget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
    /// The Region of latency-based routing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geo: Option<GeoLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proximity: Option<GeoProximity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr: Option<CidrRouting>,
    /// `PRIMARY` or `SECONDARY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failover: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_value: Option<bool>,
    /// The health check that takes the set out of answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_check: Option<String>,
    /// The traffic policy instance that made the set and alone may change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic_policy: Option<String>,
    /// Members of the set that this version does not know.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub unknown: BTreeSet<String>,
}

impl Record {
    /// How Route 53 chooses among the sets of a name and type.
    pub fn routing(&self) -> &'static str {
        match self {
            Record { weight: Some(_), .. } => "weighted",
            Record { latency_region: Some(_), .. } => "latency",
            Record { geo: Some(_), .. } => "geolocation",
            Record { proximity: Some(_), .. } => "geoproximity",
            Record { cidr: Some(_), .. } => "by CIDR",
            Record { failover: Some(_), .. } => "failover",
            Record { multi_value: Some(true), .. } => "multivalue",
            _ => "simple",
        }
    }

    /// Does it say where the name's visitors go?
    pub fn leads_visitors(&self) -> bool {
        matches!(self.kind.as_str(), "A" | "AAAA" | "CNAME" | "HTTPS")
    }
}

/// What an alias record points at.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AliasTarget {
    /// The zone of the target: that of the record itself, or one that an AWS service has.
    pub zone: String,
    /// As Route 53 has it, with a dot at the end.
    pub name: String,
    pub evaluate_health: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GeoLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continent: Option<String>,
    /// `*`: everywhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subdivision: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GeoProximity {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_zone_group: Option<String>,
    /// Latitude and longitude, as texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bias: Option<i32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CidrRouting {
    pub collection: String,
    pub location: String,
}

/// A health check of Route 53, by its id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthCheck {
    /// `HTTP`, `HTTPS_STR_MATCH`, `TCP`, `CALCULATED`, `CLOUDWATCH_METRIC`, `RECOVERY_CONTROL` …
    pub kind: String,
    /// The name that is asked, where no address is given; else the `Host` header.
    pub host: Option<String>,
    pub address: Option<String>,
    pub port: Option<i32>,
    pub path: Option<String>,
    /// Counts as healthy without being asked.
    pub disabled: bool,
    /// Healthy counts as unhealthy, and the other way round.
    pub inverted: bool,
    /// The checks that a calculated one counts.
    pub children: BTreeSet<String>,
    /// How many of them must be healthy.
    pub threshold: Option<i32>,
    /// The CloudWatch alarm that it follows: Region and name.
    pub alarm: Option<(String, String)>,
}

/// A canary of CloudWatch Synthetics, by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Canary {
    /// `RUNNING`, `STOPPED` …
    pub state: String,
    /// `rate(5 minutes)`, `cron(0 9 * * ? *)`. `rate(0 minute)` runs once.
    pub schedule: String,
    /// The VPC that it runs in; none: outside of all.
    pub vpc: Option<String>,
}

impl Canary {
    /// Does it run, or is it about to?
    pub fn runs(&self) -> bool {
        matches!(self.state.as_str(), "RUNNING" | "STARTING" | "UPDATING")
    }
}

/// A name of DNS as a person writes it: lower case, no dot at the end, `*` for the wildcard.
pub fn host(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*")
}

/// A name of DNS as Route 53 has it: lower case, a dot at the end, `\052` for the wildcard.
///
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>
pub fn absolute(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    format!("{}.", name.replace('*', "\\052"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_in_two_ways() {
        assert_eq!(host("\\052.Shop.Example.com."), "*.shop.example.com");
        assert_eq!(absolute("*.Shop.example.com"), "\\052.shop.example.com.");
        assert_eq!(absolute("example.com."), "example.com.");
    }

    #[test]
    fn a_zone_may_hold_its_own_name_and_those_below_it() {
        let zone = Zone { name: "example.com.".into(), ..Zone::default() };
        assert!(zone.may_hold("example.com") && zone.may_hold("a.b.example.com"));
        assert!(!zone.may_hold("badexample.com") && !zone.may_hold("com"));
    }
}
