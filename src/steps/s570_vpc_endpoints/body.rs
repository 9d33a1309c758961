//! What step 570 saves of an endpoint.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::policy::meaning;
use crate::account::{Endpoint, EndpointDns, Interface, Tags};
use crate::step::{ALIAS, Names, created};

/// A policy. What denies everything is known by what it says; any other is kept as the text it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// AWS's own, which an endpoint has that nobody gave one.
    FullAccess,
    DenyAll,
    Own(String),
}

/// What denies everything. A gateway endpoint takes no other principal than `*`.
pub(super) fn deny_all() -> Value {
    json!({ "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" }] })
}

/// AWS's own, as it is shown for gateways and for interfaces. Only these texts are had back by a reset:
/// somebody's own that means the same comes back word for word.
///
/// <https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-endpoints.html>
const FULL_ACCESS: [&str; 2] = [
    r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
    "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \"Allow\", \n      \
     \"Principal\": \"*\", \n      \"Resource\": \"*\"\n    }\n  ]\n}",
];

/// Full access, for an endpoint whose policy AWS does not reset.
pub(super) fn full_access() -> Value {
    json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }] })
}

impl Policy {
    /// The policy of an endpoint. A text that AWS gave back in another form than it was given counts as
    /// the text that was given: see [`Policy::same_meaning`].
    pub fn of(endpoint: &Endpoint, names: &Names) -> Policy {
        let Some(text) = &endpoint.policy else { return Policy::FullAccess };
        let text = names.original(text);
        // A service that takes no other policy refuses to be given even this one.
        if FULL_ACCESS.contains(&text.as_str()) || endpoint.takes_policy == Some(false) {
            return Policy::FullAccess;
        }
        if Policy::DenyAll.same_meaning(Some(&text)) { Policy::DenyAll } else { Policy::Own(text) }
    }

    /// Does a text that AWS shows mean what this policy says?
    pub fn same_meaning(&self, shown: Option<&str>) -> bool {
        let Some(shown) = shown else { return *self == Policy::FullAccess };
        match self {
            Policy::FullAccess => without_version(shown) == full_access(),
            Policy::DenyAll => without_version(shown) == deny_all(),
            Policy::Own(text) => meaning(shown) == meaning(text),
        }
    }

    /// The text to write. AWS's own policy has the text that a reset brings.
    pub fn text(&self) -> String {
        match self {
            Policy::FullAccess => FULL_ACCESS[0].to_owned(),
            Policy::DenyAll => deny_all().to_string(),
            Policy::Own(text) => text.clone(),
        }
    }
}

/// The meaning of a text that has no variables: then its version says nothing.
fn without_version(text: &str) -> Value {
    let mut policy = serde_json::from_str::<Value>(&meaning(text)).unwrap_or_default();
    if let Value::Object(fields) = &mut policy {
        fields.remove("Version");
    }
    policy
}

/// Everything that making the endpoint again takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    pub(super) vpc: String,
    pub(super) kind: String,
    pub(super) service: String,
    pub(super) policy: Policy,
    pub(super) route_tables: BTreeSet<String>,
    pub(super) subnets: BTreeSet<String>,
    pub(super) groups: BTreeSet<String>,
    /// Its interfaces under the ids they had when the run began.
    pub(super) interfaces: BTreeMap<String, Place>,
    pub(super) private_dns: bool,
    pub(super) ip_address_type: Option<String>,
    pub(super) dns: EndpointDns,
    pub(super) service_region: Option<String>,
    pub(super) tags: Tags,
}

/// Where an interface of the endpoint is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub(super) subnet: String,
    pub(super) ipv4: Option<String>,
    pub(super) ipv6: Option<String>,
}

impl Body {
    pub fn of(endpoint: &Endpoint, interfaces: &BTreeMap<String, Interface>, names: &Names) -> Body {
        let place = |id: &String| {
            let found = interfaces.get(id)?;
            let place = Place {
                subnet: found.subnet.clone(),
                ipv4: found.private_ip.clone(),
                ipv6: found.ipv6.first().cloned(),
            };
            Some((names.original(id), place))
        };
        Body {
            vpc: endpoint.vpc.clone(),
            kind: endpoint.kind.clone(),
            service: endpoint.service.clone(),
            policy: Policy::of(endpoint, names),
            route_tables: named(&endpoint.route_tables, names),
            subnets: endpoint.subnets.clone(),
            groups: named(&endpoint.groups, names),
            interfaces: endpoint.interfaces.iter().filter_map(place).collect(),
            private_dns: endpoint.private_dns,
            ip_address_type: endpoint.ip_address_type.clone(),
            dns: endpoint.dns.clone(),
            service_region: endpoint.service_region.clone(),
            tags: created::given_again(&endpoint.tags),
        }
    }

    pub fn is_closed(&self) -> bool {
        self.policy == Policy::DenyAll
    }

    pub fn service(&self) -> &str {
        &self.service
    }
}

/// What a created resource's name starts with in a state: no id of AWS's does.
const CREATED: char = '@';

/// The ids, those of the run's own resources by name: a rehearsal's id means nothing later.
pub(super) fn named(ids: &BTreeSet<String>, names: &Names) -> BTreeSet<String> {
    let named = |id: &String| match names.name(id) {
        None => id.clone(),
        Some(name) => match name.strip_prefix(ALIAS) {
            Some(old) => old.to_owned(),
            None => format!("{CREATED}{name}"),
        },
    };
    ids.iter().map(named).collect()
}

/// The ids that the names stand for now.
pub(super) fn resolved(named: &BTreeSet<String>, names: &Names) -> Result<Vec<String>, String> {
    let resolve = |id: &String| match id.strip_prefix(CREATED) {
        None => Ok(names.current(id)),
        Some(name) => names.id(name).ok_or_else(|| format!("{name} was not created")),
    };
    named.iter().map(resolve).collect()
}
