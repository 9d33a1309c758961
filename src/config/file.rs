//! One `unplug.toml`, checked and added to what is known.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::ErrorKind;
use std::path::Path;

use ipnet::IpNet;
use serde::Deserialize;
use toml::Spanned;

use super::glob::last_part;
use super::{ConfigError, Loaded, place_key};
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
    regions: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    responder_cidrs: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenProtected {
    resources: Vec<Spanned<String>>,
    tags: BTreeMap<String, Vec<Spanned<String>>>,
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
        for value in values {
            let values = config.protected.tags.entry(key.clone()).or_default();
            if note("protected.tags", &format!("{key} = {}", value.get_ref()), &value) {
                values.push(value.into_inner());
            }
        }
    }
    for cidr in written.responder_cidrs {
        let net = network(document, &cidr)?;
        if note("responder_cidrs", &net.to_string(), &cidr) {
            config.responder_cidrs.push(net);
        }
    }
    if let (None, Some(regions)) = (&config.regions, written.regions) {
        for region in &regions {
            check_region(document, region)?;
            note("regions", region.get_ref(), region);
        }
        config.regions = Some(regions.into_iter().map(Spanned::into_inner).collect());
    }
    Ok(())
}

/// A pattern that fits everything would silently turn the whole run into nothing.
fn check(document: &Document<'_>, setting: &str, pattern: &Spanned<String>) -> Result<(), Fault> {
    let text = pattern.get_ref();
    let name = last_part(text);
    if name.trim().is_empty() {
        return Err(document.fault(&pattern.span(), format!("{setting}: {text:?} names nothing")));
    }
    if name.chars().all(|c| c == '*') && (setting == "protected.resources" || !text.starts_with("arn:")) {
        let why = format!("{setting}: {text:?} would spare everything; name what must stay");
        return Err(document.fault(&pattern.span(), why));
    }
    if setting == "protected.resources" && text.starts_with("arn:") && text.contains('*') {
        let why = format!("{setting}: {text:?}: an ARN takes no * here; write the id with a *, or use tags");
        return Err(document.fault(&pattern.span(), why));
    }
    Ok(())
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
