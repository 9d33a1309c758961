//! Scenarios: the simulated account of a drill, and its story.

mod inject;
mod references;
#[cfg(test)]
mod tests;
mod thief;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::account::identity_center::set_of;
use crate::account::{Account, FORMAT, PolicyReference, Region, Seen, SetBoundary, SetParts};
use crate::config;
use crate::document::{self, Document, Fault};
use crate::sim;

pub use inject::{Deed, Inject, Moment, injects};
pub use references::dangling;
pub use thief::{Held, Made, Runs, Thief};

/// The scenario of a drill that names none.
pub const DEFAULT: &str = "kettle-and-crane";

/// The largest scenario: a large account with every section told.
const MOST: u64 = 16 << 20;

/// The scenarios inside the program.
const SHIPPED: &[(&str, &str)] = &[
    ("kettle-and-crane", include_str!("../playbooks/drills/kettle-and-crane.toml")),
    ("leaked-key", include_str!("../playbooks/drills/leaked-key.toml")),
    ("taken-over", include_str!("../playbooks/drills/taken-over.toml")),
];

/// A simulated account with its story, and what a facilitator asks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// The name of a shipped scenario, or the path of a file.
    pub name: String,
    pub title: String,
    /// Sets the scene; read aloud before the drill.
    pub story: String,
    pub questions: Vec<Question>,
    /// Whom the story suspects: a drill of a playbook that requires somebody takes them.
    pub suspects: Suspects,
    /// What happens at set moments, where the drill is facilitated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub injects: Vec<Inject>,
    /// Who undoes the cuts of the drill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adversary: Option<Thief>,
    /// The account as it is when the drill begins.
    pub account: Account,
}

/// The suspects of a story.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspects {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub instances: BTreeSet<String>,
    /// Ids of access keys.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub keys: BTreeSet<String>,
    /// Names of users and roles.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub principals: BTreeSet<String>,
    /// Networks that an attacker comes from.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub addresses: BTreeSet<ipnet::IpNet>,
}

impl Suspects {
    /// Returns the suspects that the account does not have.
    fn absent<'a>(&'a self, account: &'a Account) -> impl Iterator<Item = &'a String> {
        let instance = |id: &str| account.regions.values().any(|region| region.instances.item(id).is_some());
        let principal = |name: &str| {
            let all = account.principals.read();
            all.is_some_and(|all| all.users.contains_key(name) || all.roles.contains_key(name))
        };
        let instances = self.instances.iter().filter(move |id| !instance(id));
        let keys = self.keys.iter().filter(|id| account.access_keys.item(id.as_str()).is_none());
        let principals = self.principals.iter().filter(move |name| !principal(name));
        instances.chain(keys).chain(principals)
    }
}

/// What a question is about, where it is not about every drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// A cut of everything.
    Account,
    /// A cut of what somebody has named: an instance, a VPC.
    Part,
}

/// What a facilitator asks at the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub ask: String,
    /// What a good answer covers.
    pub answer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
}

/// Why there is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("there is no scenario {name:?}; shipped: {shipped}; a file is given as a path ending in .toml")]
    Unknown { name: String, shipped: String },
    #[error("cannot read the scenario {file}: {error}")]
    Unreadable { file: String, error: std::io::Error },
    #[error("cannot read the injects in {file}: {error}")]
    NoInjects { file: String, error: std::io::Error },
    /// Something refers to what is not there: the simulated AWS could not answer as AWS does.
    #[error("{file}: the account does not hold together:\n  {}", missing.join("\n  "))]
    Dangling { file: String, missing: Vec<String> },
    #[error("{file}: the account has format {found}; this unplug reads format {FORMAT}")]
    Format { file: String, found: u32 },
}

/// A scenario as it is written: the account in the TOML form of [`Account`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: String,
    story: String,
    #[serde(default)]
    suspects: Suspects,
    #[serde(default)]
    question: Vec<Question>,
    #[serde(default)]
    inject: Vec<inject::Written>,
    adversary: Option<thief::Written>,
    account: Account,
}

/// A permission set of which no accounts are told is in this account alone; one of which no parts are told is made of
/// what its role has.
fn provision(account: &mut Account) {
    let roles = account.principals.read().into_iter().flat_map(|all| all.roles.clone()).collect::<Vec<_>>();
    let own = format!(":iam::{}:policy/", account.id);
    let parts = |set: &str| {
        let role = roles.iter().find(|(name, _)| set_of(name) == Some(set)).map(|(_, role)| role);
        let attached = || role.into_iter().flat_map(|role| &role.attached);
        let reference = |arn: &String| {
            let (path, name) =
                arn.split_once(&own)?.1.rsplit_once('/').unwrap_or(("", arn.rsplit('/').next()?));
            let path = if path.is_empty() { "/".to_owned() } else { format!("/{path}/") };
            Some(PolicyReference { path, name: name.to_owned() })
        };
        SetParts {
            managed: attached().filter(|arn| !arn.contains(&own)).cloned().collect(),
            customer: attached().filter_map(reference).collect(),
            boundary: role.and_then(|role| role.boundary.as_ref()).map(|arn| match reference(arn) {
                Some(policy) => SetBoundary::Customer(policy),
                None => SetBoundary::Managed(arn.clone()),
            }),
            ..SetParts::default()
        }
    };
    let instances =
        account.identity_center.read_mut().into_iter().flat_map(|center| center.instances.values_mut());
    let sets = instances
        .filter_map(|instance| instance.permission_sets.read_mut())
        .flat_map(|sets| sets.values_mut());
    for set in sets.filter_map(Seen::read_mut) {
        set.parts.fill_from(Seen::Read(parts(&set.name)));
        let here = set.latest_here.map(|latest| (account.id.clone(), latest));
        set.accounts.fill_from(Seen::Read(here.into_iter().collect()));
    }
}

/// The shipped scenarios, by name.
///
/// # Errors
/// When a shipped scenario is wrong; a test rules it out.
pub fn list() -> Result<Vec<Scenario>, ScenarioError> {
    SHIPPED.iter().map(|(name, _)| load(name)).collect()
}

/// A shipped scenario by its name, or one from a file: what ends in `.toml` or holds a slash.
///
/// # Errors
/// When there is none of that name, the file cannot be read, something in it is wrong (the error
/// names the line), or something in the account refers to what is not there.
pub fn load(name_or_file: &str) -> Result<Scenario, ScenarioError> {
    if config::is_path(name_or_file) {
        let text = document::read_file(name_or_file.as_ref(), MOST)
            .map_err(|error| ScenarioError::Unreadable { file: name_or_file.into(), error })?;
        return parse(name_or_file, &Document { file: name_or_file, text: &text });
    }
    let shipped = SHIPPED.iter().find(|(name, _)| *name == name_or_file);
    let (name, text) = shipped.ok_or_else(|| ScenarioError::Unknown {
        name: name_or_file.into(),
        shipped: SHIPPED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
    })?;
    parse(name, &Document { file: &format!("playbooks/drills/{name}.toml"), text })
}

/// Is there a scenario of this name in the program?
pub fn shipped(name: &str) -> bool {
    SHIPPED.iter().any(|(shipped, _)| *shipped == name)
}

fn parse(name: &str, document: &Document<'_>) -> Result<Scenario, ScenarioError> {
    let written: Written = document.read()?;
    let Written { title, story, suspects, question: questions, inject, adversary, mut account } = written;
    if account.format != FORMAT {
        return Err(ScenarioError::Format { file: document.file.into(), found: account.format });
    }
    // A scenario is a whole account: what it does not tell of is not there.
    account.zones.fill_from(Seen::Read(Default::default()));
    account.public_repositories.fill_from(Seen::Read(Default::default()));
    account.health_checks.fill_from(Seen::Read(Default::default()));
    account.role_changes.fill_from(Seen::Read(Default::default()));
    account.bucket_lifecycles.fill_from(Seen::Read(Default::default()));
    account.bucket_replications.fill_from(Seen::Read(Default::default()));
    account.multi_region_access_points.fill_from(Seen::Read(Default::default()));
    account.identity_center.fill_from(Seen::Read(Default::default()));
    account.organization.fill_from(Seen::Read(None));
    account.page_bucket.fill_from(Seen::Read(Default::default()));
    account.access_controls.fill_from(Seen::Read(Default::default()));
    account.origin_access_identities.fill_from(Seen::Read(Default::default()));
    account.invalidations.fill_from(Seen::Read(Default::default()));
    account.password_policy.fill_from(Seen::Read(None));
    account.security_contact.fill_from(Seen::Read(None));
    account.health_notices.fill_from(Seen::Read(Default::default()));
    account.edge_logs.fill_from(Seen::Read(Default::default()));
    for region in account.regions.values_mut() {
        region.fill_from(Region::empty());
        if let Some(ses) = region.ses.read_mut() {
            ses.configuration_sets.fill_from(Seen::Read(Default::default()));
            let nobody = ses.identities.iter().map(|name| (name.clone(), Default::default()));
            let nobody = Seen::Read(nobody.collect());
            ses.senders.fill_from(nobody);
        }
    }
    provision(&mut account);
    if let Some(principals) = account.principals.read_mut() {
        sim::add_managed_policies(principals);
    }
    let organization = account.organization.read_mut().and_then(Option::as_mut);
    if let Some(tree) = organization.and_then(|organization| organization.tree.read_mut()) {
        sim::add_effective_policies(tree);
    }
    let mut missing = dangling(&account);
    missing.extend(suspects.absent(&account).map(|id| format!("the suspect {id} is not there")));
    let adversary = adversary.map(|written| written.read(document)).transpose()?;
    missing.extend(adversary.iter().flat_map(|thief| thief.absent(&account)));
    let injects = inject.into_iter().map(|written| written.read(document)).collect::<Result<Vec<_>, _>>()?;
    missing.extend(injects.iter().filter_map(|inject| inject.absent(&account)));
    if !missing.is_empty() {
        return Err(ScenarioError::Dangling { file: document.file.into(), missing });
    }
    let story = story.trim().into();
    Ok(Scenario { name: name.into(), title, story, questions, suspects, injects, adversary, account })
}
