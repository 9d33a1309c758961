//! `unplug.toml`: what an organisation sets once, before any incident.
//!
//! Two files count: the nearest `unplug.toml` from the working directory upward, and the one in
//! the user's configuration folder. What they spare adds up: what either of them says never to
//! cut is not cut. Of the other settings the nearer file's holds.

mod file;
mod glob;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::account::{Actor, Tags};
use crate::document::Fault;
use glob::{glob, last_part};

/// The name of the file.
pub const FILE: &str = "unplug.toml";

/// What an organisation sets once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Principals that are never cut: ARNs or bare user and role names; `*` stands for anything.
    pub break_glass: Vec<String>,
    pub protected: Protected,
    /// The Regions of a run when the command line names none.
    pub regions: Option<BTreeSet<String>>,
    /// Where responders come from.
    pub responder_cidrs: Vec<IpNet>,
    /// Profiles of credentials for what lies outside the account, by what they are for.
    pub actors: BTreeMap<Actor, String>,
    /// Findings of `unplug check` that are accepted until a date.
    pub exceptions: Vec<Exception>,
    /// Where a setting was read: `break_glass: ops-*` → `/home/akari/unplug.toml:3`.
    pub places: BTreeMap<String, String>,
}

/// Resources that are never cut.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Protected {
    /// Ids or ARNs; `*` stands for anything.
    pub resources: Vec<String>,
    /// Tag key to values, of which one must match; `*` stands for anything.
    pub tags: BTreeMap<String, Vec<String>>,
}

/// Findings of a check that somebody accepts for a reason, until a date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exception {
    /// The id of the check: `door-ports`.
    pub check: String,
    /// The resources that are meant, `*` stands for anything; `None`: all that the check finds.
    pub resource: Option<String>,
    pub reason: String,
    /// The last day on which it holds, in UTC: `2027-03-31`.
    pub until: String,
    /// File and line.
    pub place: String,
}

impl Exception {
    /// Does it cover a finding about this resource?
    pub fn covers(&self, resource: &str) -> bool {
        self.resource.as_ref().is_none_or(|pattern| glob(pattern, resource))
    }

    fn words(&self) -> String {
        let of = self.resource.as_ref().map(|pattern| format!(" {pattern}")).unwrap_or_default();
        format!("{}{of} until {}: {}", self.check, self.until, self.reason)
    }
}

/// The configuration that applies, and where each setting comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loaded {
    pub config: Config,
    /// The files that were read, the nearer first.
    pub files: Vec<PathBuf>,
    /// Every setting, for `unplug config`.
    pub sources: Vec<Source>,
}

/// One setting that applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// `break_glass`, `protected.tags` …
    pub setting: &'static str,
    /// What it is set to, for a person.
    pub value: String,
    /// File and line, or `default`.
    pub from: String,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A file that is there and cannot be read may spare somebody: nothing goes on without it.
    #[error("cannot read the configuration {file}: {error}")]
    Unreadable { file: String, error: std::io::Error },
}

/// The configuration for a working directory.
///
/// # Errors
/// When a file is there and cannot be read, or something in it is wrong: the error names the line.
pub fn load(start_dir: &Path) -> Result<Loaded, ConfigError> {
    load_from(start_dir, user_folder().as_deref())
}

/// As [`load`], with the user's configuration folder given.
///
/// # Errors
/// As [`load`].
pub fn load_from(start_dir: &Path, user_folder: Option<&Path>) -> Result<Loaded, ConfigError> {
    let mut loaded = Loaded { config: Config::default(), files: vec![], sources: vec![] };
    for folder in start_dir.ancestors() {
        if file::add(&mut loaded, &folder.join(FILE))? {
            break;
        }
    }
    if let Some(folder) = user_folder {
        let path = folder.join(FILE);
        if !loaded.files.contains(&path) {
            file::add(&mut loaded, &path)?;
        }
    }
    loaded.sources = loaded.config.sources();
    Ok(loaded)
}

impl Config {
    /// Is this principal never cut? Takes the ARN of a user, a role or a role's session; a session
    /// is spared with its role.
    pub fn is_break_glass(&self, arn: &str) -> bool {
        self.break_glass(arn).is_some()
    }

    /// Why a principal is never cut, if it is: which line says so. As [`Config::is_break_glass`].
    pub fn break_glass(&self, arn: &str) -> Option<String> {
        let spares = |pattern: &&String| {
            if !pattern.starts_with("arn:") {
                return glob(pattern, principal_name(arn));
            }
            // STS leaves out the role's path, so a session is compared by account and role name.
            let same_role = session_role(arn).is_some_and(|(account, role)| {
                pattern.contains(":role/")
                    && pattern.split(':').nth(4).is_some_and(|of| glob(of, account))
                    && glob(last_part(pattern), role)
            });
            glob(pattern, arn) || same_role
        };
        self.break_glass.iter().find(spares).map(|pattern| self.reason("break_glass", pattern))
    }

    /// Does it spare any resource?
    pub fn protects_something(&self) -> bool {
        !self.protected.resources.is_empty() || !self.protected.tags.is_empty()
    }

    /// Why a resource is never cut, if it is: which line says so. `tags` are those of the resource
    /// and of what holds it.
    pub fn protects(&self, id: &str, tags: &[Tags]) -> Option<String> {
        let same = |pattern: &&String| {
            glob(pattern, id) || (pattern.starts_with("arn:") && last_part(pattern) == last_part(id))
        };
        if let Some(pattern) = self.protected.resources.iter().find(same) {
            return Some(self.reason("protected.resources", pattern));
        }
        for (key, values) in &self.protected.tags {
            let found = tags.iter().filter_map(|tags| tags.get(key));
            for value in found {
                if let Some(pattern) = values.iter().find(|pattern| glob(pattern, value)) {
                    return Some(self.reason("protected.tags", &format!("{key} = {pattern}")));
                }
            }
        }
        None
    }

    /// File and line of an entry of a list.
    pub fn position(&self, setting: &str, entry: &str) -> Option<&str> {
        self.places.get(&place_key(setting, entry)).map(String::as_str)
    }

    fn reason(&self, setting: &str, entry: &str) -> String {
        match self.position(setting, entry) {
            Some(place) => format!("{setting} has {entry:?} ({place})"),
            None => format!("{setting} has {entry:?}"),
        }
    }

    fn sources(&self) -> Vec<Source> {
        let mut sources = vec![];
        let mut add = |setting: &'static str, entries: Vec<String>, default: &str| {
            if entries.is_empty() {
                sources.push(Source { setting, value: default.into(), from: "default".into() });
            }
            for value in entries {
                let place = self.places.get(&place_key(setting, &value)).cloned();
                sources.push(Source { setting, value, from: place.unwrap_or_else(|| "default".into()) });
            }
        };
        add("break_glass", self.break_glass.clone(), "nobody");
        add("protected.resources", self.protected.resources.clone(), "none");
        let tags = &self.protected.tags;
        let tags = tags.iter().flat_map(|(key, values)| values.iter().map(move |v| format!("{key} = {v}")));
        add("protected.tags", tags.collect(), "none");
        let regions = self.regions.iter().flatten().cloned().collect();
        add("regions", regions, "every enabled Region");
        add("responder_cidrs", self.responder_cidrs.iter().map(ToString::to_string).collect(), "none");
        let actors = self.actors.iter().map(|(actor, profile)| format!("{actor} = {profile}"));
        add("actors", actors.collect(), "none: the credentials of the run for everything");
        let source =
            |one: &Exception| Source { setting: "exceptions", value: one.words(), from: one.place.clone() };
        sources.extend(self.exceptions.iter().map(source));
        sources
    }
}

fn place_key(setting: &str, entry: &str) -> String {
    format!("{setting}: {entry}")
}

/// The user's or role's own name: of a session that of its role.
fn principal_name(arn: &str) -> &str {
    session_role(arn).map_or_else(|| last_part(arn), |(_, role)| role)
}

/// Account and role name of a role session's ARN.
fn session_role(arn: &str) -> Option<(&str, &str)> {
    let (before, rest) = arn.split_once(":assumed-role/")?;
    Some((before.rsplit(':').next()?, rest.split('/').next()?))
}

/// Is this the path of a file, rather than the name of something shipped?
pub(crate) fn is_path(name_or_file: &str) -> bool {
    name_or_file.contains(['/', '\\']) || Path::new(name_or_file).extension().is_some_and(|e| e == "toml")
}

/// `$XDG_CONFIG_HOME/unplug`, or `~/.config/unplug`.
#[expect(clippy::disallowed_methods, reason = "the place of the user's configuration is an environment's")]
fn user_folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(base.join("unplug"))
}
