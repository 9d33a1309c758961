//! One `unplug.toml`, checked and added to what is known.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::ErrorKind;
use std::path::Path;

use ipnet::IpNet;
use serde::Deserialize;
use toml::Spanned;

use super::glob::{glob, last_part};
use super::{ConfigError, Exception, Loaded, place_key};
use crate::account::Actor;
use crate::document::{self, Document, Fault};

/// The largest `unplug.toml`. What spares more than fits in it spares the account.
const MOST: u64 = 1 << 20;

/// `unplug.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    break_glass: Vec<Spanned<String>>,
    #[serde(default)]
    protected: WrittenProtected,
    regions: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    responder_cidrs: Vec<Spanned<String>>,
    #[serde(default)]
    actors: BTreeMap<Spanned<String>, WrittenActor>,
    #[serde(default)]
    exception: Vec<WrittenException>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenActor {
    profile: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenException {
    check: Spanned<String>,
    resource: Option<Spanned<String>>,
    reason: Spanned<String>,
    until: Spanned<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenProtected {
    resources: Vec<Spanned<String>>,
    tags: BTreeMap<String, Spanned<Vec<Spanned<String>>>>,
}

/// Adds a file; false when there is none.
pub(super) fn add(loaded: &mut Loaded, path: &Path) -> Result<bool, ConfigError> {
    let file = path.display().to_string();
    let text = match document::read_file(path, MOST) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(false);
        }
        Err(error) => return Err(ConfigError::Unreadable { file, error }),
    };
    merge(loaded, &Document { file: &file, text: &text })?;
    loaded.files.push(path.into());
    Ok(true)
}

fn merge(loaded: &mut Loaded, document: &Document<'_>) -> Result<(), Fault> {
    let written: Written = document.read()?;
    let config = &mut loaded.config;
    let lines = document.lines();
    // True for what is said the first time.
    let mut note = |setting: &str, entry: &str, at: &Spanned<String>| {
        let place = format!("{}:{}", document.file, lines.of(&at.span()));
        match config.places.entry(place_key(setting, entry)) {
            Entry::Vacant(vacant) => {
                vacant.insert(place);
                true
            }
            Entry::Occupied(_) => false,
        }
    };
    for principal in written.break_glass {
        check(document, "break_glass", &principal)?;
        if note("break_glass", principal.get_ref(), &principal) {
            config.break_glass.push(principal.into_inner());
        }
    }
    for resource in written.protected.resources {
        check(document, "protected.resources", &resource)?;
        if note("protected.resources", resource.get_ref(), &resource) {
            config.protected.resources.push(resource.into_inner());
        }
    }
    for (key, values) in written.protected.tags {
        if values.get_ref().is_empty() {
            let why = format!("protected.tags: {key:?} with no value protects nothing; \"*\" is any value");
            return Err(document.fault(&values.span(), why));
        }
        for value in values.into_inner() {
            let known = config.protected.tags.entry(key.clone()).or_default();
            if note("protected.tags", &format!("{key} = {}", value.get_ref()), &value) {
                known.push(value.into_inner());
            }
        }
    }
    for cidr in written.responder_cidrs {
        let net = network(document, &cidr)?;
        if note("responder_cidrs", &net.to_string(), &cidr) {
            config.responder_cidrs.push(net);
        }
    }
    for (name, WrittenActor { profile }) in written.actors {
        let fault = |why: String| document.fault(&name.span(), format!("actors: {why}"));
        let actor: Actor = name.get_ref().parse().map_err(fault)?;
        if profile.get_ref().trim().is_empty() {
            return Err(document.fault(&profile.span(), format!("actors: {actor} names no profile")));
        }
        // The nearer file's holds.
        if let Entry::Vacant(place) = config.actors.entry(actor) {
            note("actors", &format!("{actor} = {}", profile.get_ref()), &profile);
            place.insert(profile.into_inner());
        }
    }
    for one in written.exception {
        let place = format!("{}:{}", document.file, lines.of(&one.check.span()));
        config.exceptions.push(exception(document, one, place)?);
    }
    if let Some(regions) = written.regions {
        if regions.get_ref().is_empty() {
            let why = "regions: an empty list is no Region at all; leave it out for every enabled one";
            return Err(document.fault(&regions.span(), why));
        }
        for region in regions.get_ref() {
            check_region(document, region)?;
        }
        if config.regions.is_none() {
            for region in regions.get_ref() {
                note("regions", region.get_ref(), region);
            }
            let regions = regions.into_inner().into_iter();
            config.regions = Some(regions.map(Spanned::into_inner).collect());
        }
    }
    Ok(())
}

/// A reason and a date are what makes an exception one. The date is a day that there is: another would
/// never pass.
fn exception(document: &Document<'_>, written: WrittenException, place: String) -> Result<Exception, Fault> {
    let WrittenException { check, resource, reason, until } = written;
    if reason.get_ref().trim().is_empty() {
        return Err(document.fault(&reason.span(), "exception: the reason is empty; say why it is accepted"));
    }
    if resource.as_ref().is_some_and(|resource| resource.get_ref().trim().is_empty()) {
        let why = "exception: the resource is empty; leave it out for all that the check finds";
        return Err(document.fault(&resource.map(|resource| resource.span()).unwrap_or_default(), why));
    }
    let Some(day) = day(until.get_ref()) else {
        let why = format!("exception: {:?} is no day; one looks like \"2027-03-31\"", until.get_ref());
        return Err(document.fault(&until.span(), why));
    };
    Ok(Exception {
        check: check.into_inner(),
        resource: resource.map(Spanned::into_inner),
        reason: reason.into_inner(),
        until: day,
        place,
    })
}

/// A day as it is compared: four digits, two, two.
fn day(text: &str) -> Option<String> {
    let day: jiff::civil::Date = text.parse().ok()?;
    (text.len() == 10 && day.year() > 0).then(|| day.to_string())
}

/// A pattern that fits everything would silently turn the whole run into nothing.
fn check(document: &Document<'_>, setting: &str, pattern: &Spanned<String>) -> Result<(), Fault> {
    let text = pattern.get_ref();
    let fault = |why: String| Err(document.fault(&pattern.span(), format!("{setting}: {text:?}{why}")));
    if last_part(text).trim().is_empty() {
        return fault(" names nothing".into());
    }
    let is_resource = setting == "protected.resources";
    if is_resource && text.starts_with("arn:") && text.contains('*') {
        return fault(": an ARN takes no * here; write the id with a *, or use tags".into());
    }
    let spares = if is_resource { spares_resources(text) } else { spares_principals(text) };
    match spares {
        Some(whom) => fault(format!(" would spare {whom}; name what must stay")),
        None => Ok(()),
    }
}

/// Kinds of resources, by how their ids begin.
const RESOURCES: &[(&str, &str)] = &[
    ("i-", "instance"),
    ("eni-", "network interface"),
    ("subnet-", "subnet"),
    ("vpc-", "VPC"),
    ("rtb-", "route table"),
    ("igw-", "internet gateway"),
    ("nat-", "NAT gateway"),
    ("vpce-", "VPC endpoint"),
    ("acl-", "network ACL"),
    ("eipalloc-", "Elastic IP address"),
    ("AKIA", "access key"),
];

/// Two ids that have nothing in common but how AWS makes them.
const IDS: [&str; 2] = ["0f1e2d3c4b5a69788", "0a9b8c7d6e5f40312"];

/// Of what a pattern spares every one: told by its effect on made-up ids.
fn spares_resources(pattern: &str) -> Option<String> {
    let every = |kind: &str| IDS.iter().all(|id| glob(pattern, &format!("{kind}{id}")));
    let mut kinds = RESOURCES.iter().filter(|(kind, _)| every(kind)).map(|(_, name)| *name);
    let first = kinds.next()?;
    Some(if kinds.next().is_some() { "everything".into() } else { format!("every {first}") })
}

/// Two names that have nothing in common.
const NAMES: [&str; 4] = ["Quinze", "Gotham-Ltd", "m_k-9.x", "bob"];

/// Of whom a pattern spares every one: told by its effect on made-up names.
fn spares_principals(pattern: &str) -> Option<String> {
    let all = |names: &[&str], of: &dyn Fn(&str) -> String| names.iter().all(|name| glob(pattern, &of(name)));
    if !pattern.starts_with("arn:") {
        // Names of people and of machines mostly have a dash or a letter that others have too.
        let letters = pattern.chars().filter(|c| c.is_alphanumeric()).count();
        let few = pattern.contains('*') && letters < 2;
        return (few || all(&NAMES, &|name| name.to_owned())).then(|| "everybody".into());
    }
    let account = pattern.split(':').nth(4).filter(|of| of.len() == 12 && !of.contains('*'));
    let partition = pattern.split(':').nth(1).filter(|of| !of.is_empty() && !of.contains('*'));
    let (account, partition) = (account.unwrap_or("123456789012"), partition.unwrap_or("aws"));
    let every = |kind: &str| all(&NAMES, &|name| format!("arn:{partition}:iam::{account}:{kind}/{name}"));
    match (every("user"), every("role")) {
        (true, true) => Some("everybody".into()),
        (true, false) => Some("every user".into()),
        (false, true) => Some("every role".into()),
        (false, false) => None,
    }
}

fn check_region(document: &Document<'_>, region: &Spanned<String>) -> Result<(), Fault> {
    let text = region.get_ref();
    let parts: Vec<&str> = text.split('-').collect();
    let fits = parts.len() >= 3
        && parts.last().is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        && parts.iter().rev().skip(1).all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase()));
    if fits {
        return Ok(());
    }
    let why = format!("regions: {text:?} is no Region; one looks like \"eu-west-1\"");
    Err(document.fault(&region.span(), why))
}

/// A network, or one address.
fn network(document: &Document<'_>, cidr: &Spanned<String>) -> Result<IpNet, Fault> {
    let text = cidr.get_ref();
    let net = text.parse::<IpNet>().ok().or_else(|| text.parse().ok().map(|ip: std::net::IpAddr| ip.into()));
    let Some(net) = net else {
        let why = format!(
            "responder_cidrs: {text:?} is no network; one looks like \"203.0.113.0/24\" or \"2001:db8::/32\""
        );
        return Err(document.fault(&cidr.span(), why));
    };
    if net.trunc() != net {
        let why =
            format!("responder_cidrs: {text:?} has bits beyond its prefix; do you mean \"{}\"?", net.trunc());
        return Err(document.fault(&cidr.span(), why));
    }
    Ok(net)
}
