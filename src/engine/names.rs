//! What a selection names, looked up before anything is cut. A slip of the finger must not read as a
//! host that is contained already.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::{AccessKey, Account, Gap, Region, Section, Seen, Tags};
use crate::aws::Aws;
use crate::collect::{self, Ask};
use crate::config::Config;
use crate::document::nearest;
use crate::step::{Scope, count};

/// A name that the account does not have, or that could not be looked for everywhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// What it should be: `instance`, `Region`.
    kind: &'static str,
    pub name: String,
    /// Where it was looked for: `in eu-west-1`, `in 3 Regions`.
    searched: String,
    /// The right name that is most like it.
    near: Option<String>,
    /// What could not be looked at, where it may be.
    unread: Vec<String>,
}

impl Missing {
    /// Is it unknown whether the account has it?
    pub fn is_unknown(&self) -> bool {
        !self.unread.is_empty()
    }

    pub fn is_region(&self) -> bool {
        self.kind == "Region"
    }

    /// A sentence for a person, without its full stop.
    pub fn sentence(&self) -> String {
        let Missing { kind, name, searched, near, unread } = self;
        let name = if name.is_empty() { "\"\"" } else { name };
        let near = near.as_ref().map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        match &unread[..] {
            [] => format!("no {kind} {name} {searched}{near}"),
            unread => format!(
                "{kind} {name} was not found, and not everything could be read: {}",
                unread.join(", ")
            ),
        }
    }
}

/// The names of a scope that an account that is read does not have. Notes the users of the keys in the
/// scope.
pub fn missing(scope: &mut Scope, account: &Account) -> Vec<Missing> {
    scope.key_users = users_of(&scope.keys, &account.access_keys);
    let mut all = regions(scope, account);
    if all.is_empty() {
        all.extend(places(scope, account));
        all.extend(keys(scope, &account.access_keys));
        all.extend(principals(scope, account));
    }
    all
}

/// Looks the names up in a live account, and notes the users of the keys in the scope. Reads only the
/// sections that the names need.
pub async fn look_up(aws: &Aws, known: &Account, scope: &mut Scope) -> Vec<Missing> {
    let (missing, key_users) = Box::pin(look_all_up(aws, known, scope)).await;
    scope.key_users = key_users;
    missing
}

async fn look_all_up(aws: &Aws, known: &Account, scope: &Scope) -> (Vec<Missing>, BTreeSet<String>) {
    let all = regions(scope, known);
    if !all.is_empty() {
        return (all, BTreeSet::new());
    }
    let named_keys = async {
        if scope.keys.is_empty() {
            return (vec![], BTreeSet::new());
        }
        let read = Box::pin(collect::named_keys(aws, known, &scope.keys)).await;
        (keys(scope, &read), users_of(&scope.keys, &read))
    };
    let named_principals = async {
        if scope.principals.is_empty() {
            return vec![];
        }
        let ask = Ask { sections: [Section::Principals].into(), ..Ask::default() };
        principals(scope, &collect::read(aws, known, &ask, &|_, _| {}).await)
    };
    let named_places = async {
        let ask = Ask { sections: sections(scope), regions: scope.regions.clone(), ..Ask::default() };
        if ask.sections.is_empty() {
            return vec![];
        }
        places(scope, &collect::read(aws, known, &ask, &|_, _| {}).await)
    };
    let (mut all, (keys, users), principals) = futures::join!(named_places, named_keys, named_principals);
    all.extend(keys);
    all.extend(principals);
    (all, users)
}

/// The users of these keys, of those that were read.
fn users_of(keys: &BTreeSet<String>, read: &Seen<BTreeMap<String, AccessKey>>) -> BTreeSet<String> {
    keys.iter().filter_map(|key| read.item(key)).map(|key| key.user.clone()).collect()
}

/// Regions that are not enabled. Where AWS does not say which are, this is empty: a name that is wrong
/// then fails with its first call.
pub fn regions(scope: &Scope, account: &Account) -> Vec<Missing> {
    let Some(enabled) = account.enabled_regions.read() else { return vec![] };
    let known: Vec<&str> = enabled.iter().map(String::as_str).collect();
    let wrong = scope.regions.iter().flatten().filter(|region| !enabled.contains(*region));
    wrong
        .map(|region| Missing {
            kind: "Region",
            name: region.clone(),
            searched: "is enabled for this account".into(),
            near: nearest(region, &known).map(str::to_owned),
            unread: vec![],
        })
        .collect()
}

/// The sections that hold the places of a scope.
fn sections(scope: &Scope) -> BTreeSet<Section> {
    let tagged = !scope.tags.is_empty();
    [
        (scope.vpcs.is_some() || tagged, Section::Vpcs),
        (!scope.subnets.is_empty() || tagged, Section::Subnets),
        (!scope.instances.is_empty() || tagged, Section::Instances),
        (tagged, Section::Interfaces),
    ]
    .into_iter()
    .filter_map(|(wanted, section)| wanted.then_some(section))
    .collect()
}

fn places(scope: &Scope, account: &Account) -> Vec<Missing> {
    let here: Vec<(&String, &Region)> =
        account.regions.iter().filter(|(name, _)| scope.has_region(name)).collect();
    let searched = searched(&here);
    let mut all = vec![];
    macro_rules! look {
        ($kind:literal, $section:ident, $field:ident, $named:expr) => {{
            let known: Vec<(&str, &Tags)> = here
                .iter()
                .flat_map(|(_, region)| region.$field.items())
                .map(|(id, item)| (id.as_str(), &item.tags))
                .collect();
            for name in $named.filter(|name| !known.iter().any(|(id, _)| id == name)) {
                all.push(Missing {
                    kind: $kind,
                    name: name.clone(),
                    searched: searched.clone(),
                    near: near(name, &known),
                    unread: unread(&here, &[Section::$section]),
                });
            }
        }};
    }
    look!("VPC", Vpcs, vpcs, scope.vpcs.iter().flatten());
    look!("subnet", Subnets, subnets, scope.subnets.iter());
    look!("instance", Instances, instances, scope.instances.iter());
    let mut tags = BTreeSet::new();
    for (_, region) in &here {
        macro_rules! gather {
            ($($field:ident)*) => {
                $(region.$field.items().for_each(|(_, item)| {
                    tags.extend(item.tags.iter().map(|(key, value)| format!("{key}={value}")));
                });)*
            };
        }
        gather!(vpcs subnets instances interfaces);
    }
    let known: Vec<&str> = tags.iter().map(String::as_str).collect();
    let named = scope.tags.iter().map(|(key, value)| format!("{key}={value}"));
    all.extend(named.filter(|tag| !tags.contains(tag)).map(|tag| Missing {
        kind: "VPC, subnet, instance or interface tagged",
        searched: searched.clone(),
        near: nearest(&tag, &known).map(str::to_owned),
        unread: unread(&here, &[Section::Vpcs, Section::Subnets, Section::Instances, Section::Interfaces]),
        name: tag,
    }));
    all
}

/// Entries of the configuration that fit nothing of this account, of what was read: a slip of the finger
/// protects nobody. Setting and entry.
pub fn protects_nothing(config: &Config, account: &Account) -> Vec<(&'static str, String)> {
    let regions = || account.regions.values();
    let there = |id: &str| -> Option<bool> {
        macro_rules! in_all {
            ($field:ident) => {
                regions()
                    .all(|here| here.$field.read().is_some())
                    .then(|| regions().any(|here| here.$field.item(id).is_some()))
            };
        }
        match id.split_once('-').filter(|_| !account.regions.is_empty())?.0 {
            "i" => in_all!(instances),
            "eni" => in_all!(interfaces),
            "subnet" => in_all!(subnets),
            "vpc" => in_all!(vpcs),
            _ => None,
        }
    };
    // One file serves many accounts: an ARN of another one is not for this.
    let is_ours = |entry: &str| !entry.starts_with("arn:") || entry.contains(&format!(":{}:", account.id));
    let is_named = |entry: &&String| !entry.contains('*') && is_ours(entry);
    let resources = config.protected.resources.iter().filter(is_named).filter(|entry| {
        let id = entry.rsplit(['/', ':']).next().unwrap_or(entry);
        there(id) == Some(false)
    });
    let principals = account.principals.read().map(|all| {
        let arns = all.users.values().map(|user| &user.arn).chain(all.roles.values().map(|role| &role.arn));
        arns.collect::<Vec<_>>()
    });
    let glass = config.break_glass.iter().filter(|entry| entry.starts_with("arn:") && is_ours(entry));
    let glass = glass.filter(|entry| {
        let only = Config { break_glass: vec![(*entry).clone()], ..Config::default() };
        principals.as_ref().is_some_and(|arns| !arns.iter().any(|arn| only.is_break_glass(arn)))
    });
    let resources = resources.map(|entry| ("protected.resources", entry.clone()));
    resources.chain(glass.map(|entry| ("break_glass", entry.clone()))).collect()
}

/// An interface that was not found in what was read.
pub fn interface(name: &str, account: &Account) -> Missing {
    let here: Vec<(&String, &Region)> = account.regions.iter().collect();
    let known: Vec<(&str, &Tags)> = here
        .iter()
        .flat_map(|(_, region)| region.interfaces.items())
        .map(|(id, interface)| (id.as_str(), &interface.tags))
        .collect();
    Missing {
        kind: "interface",
        name: name.into(),
        searched: searched(&here),
        near: near(name, &known),
        unread: unread(&here, &[Section::Interfaces]),
    }
}

fn searched(here: &[(&String, &Region)]) -> String {
    match here {
        [(name, _)] => format!("in {name}"),
        _ => format!("in {}", count(here.len(), "Region")),
    }
}

fn keys(scope: &Scope, known: &Seen<BTreeMap<String, AccessKey>>) -> Vec<Missing> {
    let wrong = scope.keys.iter().filter(|key| known.item(key.as_str()).is_none());
    let ids: Vec<&str> = known.items().map(|(id, _)| id.as_str()).collect();
    let user = |id: &str| known.item(id).map(|key| format!("{id} ({})", key.user));
    wrong
        .map(|key| Missing {
            kind: "access key",
            name: key.clone(),
            searched: if key.starts_with("ASIA") {
                "of an IAM user: ASIA begins the key of a temporary session, which no step turns off".into()
            } else {
                "of an IAM user of this account".into()
            },
            near: nearest(key, &ids).and_then(user),
            unread: known.gap().map(|gap| because("access keys", gap)).into_iter().collect(),
        })
        .collect()
}

fn principals(scope: &Scope, account: &Account) -> Vec<Missing> {
    let known = account.principals.read();
    let users = known.into_iter().flat_map(|all| all.users.iter().map(|(name, user)| (name, &user.arn)));
    let roles = known.into_iter().flat_map(|all| all.roles.iter().map(|(name, role)| (name, &role.arn)));
    let all: Vec<(&String, &String)> = users.chain(roles).collect();
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let wrong =
        scope.principals.iter().filter(|named| !all.iter().any(|(name, arn)| [*name, *arn].contains(named)));
    wrong
        .map(|named| Missing {
            kind: "user or role",
            name: named.clone(),
            searched: "in this account".into(),
            near: nearest(named.rsplit('/').next().unwrap_or(named), &names).map(str::to_owned),
            unread: account.principals.gap().map(|gap| because("users and roles", gap)).into_iter().collect(),
        })
        .collect()
}

/// The id most like this one, or the id of what bears this name.
fn near(name: &str, known: &[(&str, &Tags)]) -> Option<String> {
    let label = |tags: &&Tags| tags.get("Name").cloned();
    let ids: Vec<&str> = known.iter().map(|(id, _)| *id).collect();
    let named = || {
        let labels: Vec<String> = known.iter().filter_map(|(_, tags)| label(tags)).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let near = nearest(name, &labels)?.to_owned();
        known.iter().find(|(_, tags)| tags.get("Name") == Some(&near))
    };
    let id = nearest(name, &ids);
    let found = id.and_then(|id| known.iter().find(|(known, _)| *known == id)).or_else(named)?;
    Some(match label(&found.1) {
        Some(label) => format!("{} ({label})", found.0),
        None => found.0.to_owned(),
    })
}

/// What could not be read of these sections, each with the reason.
fn unread(here: &[(&String, &Region)], sections: &[Section]) -> Vec<String> {
    let gaps = here.iter().flat_map(|(name, region)| {
        let of = |section: &Section| section.gap_of(region).map(|gap| (section.title(), gap));
        let gaps: Vec<_> = sections.iter().filter_map(of).collect();
        gaps.into_iter().map(move |(what, gap)| because(&format!("{what} in {name}"), gap))
    });
    gaps.collect()
}

fn because(what: &str, gap: &Gap) -> String {
    let why = gap.cause.words();
    match gap.call.as_str() {
        "" => format!("{what} ({why})"),
        call => format!("{what} ({why}: {call})"),
    }
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
