//! Whom a trace follows, and by which lookups CloudTrail finds their events.

use std::fmt;
use std::net::IpAddr;

use super::Event;

/// A key, a principal or an address whose events are looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suspect {
    /// An access key, of a user (`AKIA…`) or of a session (`ASIA…`).
    Key(String),
    /// The ARN of a user, a role, a role's session, a federated user or root.
    Principal(String),
    Address(String),
}

/// In which Regions a lookup finds anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Where {
    Everywhere,
    /// In the Region of the partition's global services: IAM is recorded there alone.
    Global,
}

/// One lookup: CloudTrail takes one attribute a call, or none for everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lookup {
    /// The name of the attribute, as the API spells it, and its value.
    pub attribute: Option<(&'static str, String)>,
    pub place: Where,
}

/// The kinds of principal, by the words of an ARN: `role/path/name` is of `role`, and called `name`.
fn resource(arn: &str) -> (&str, &str) {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    resource.split_once('/').unwrap_or((resource, ""))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Suspect {
    /// Reads what somebody gave as a key.
    ///
    /// # Errors
    /// The sentence that says what a key looks like.
    pub fn key(text: &str) -> Result<Suspect, String> {
        let fits = text.len() >= 16 && text.len() <= 128 && text.chars().all(|c| c.is_ascii_alphanumeric());
        let known = text.starts_with("AKIA") || text.starts_with("ASIA");
        if fits && known {
            Ok(Suspect::Key(text.into()))
        } else {
            Err(format!("{text} is no access key id: one begins with AKIA or ASIA"))
        }
    }

    /// Reads what somebody gave as the ARN of a principal.
    ///
    /// # Errors
    /// The sentence that says which ARNs are taken.
    pub fn principal(text: &str) -> Result<Suspect, String> {
        let (kind, name) = resource(text);
        let service = text.split(':').nth(2).unwrap_or_default();
        let taken =
            matches!((service, kind), ("iam", "user" | "role") | ("sts", "assumed-role" | "federated-user"));
        if text.starts_with("arn:") && (taken && !last(name).is_empty() || (service, kind) == ("iam", "root"))
        {
            return Ok(Suspect::Principal(text.into()));
        }
        Err(format!(
            "{text} is not the ARN of a user, a role, a role's session, a federated user or root \
             (arn:aws:iam::123456789012:user/NAME)"
        ))
    }

    /// Reads what somebody gave as an address.
    ///
    /// # Errors
    /// The sentence that says that it is none.
    pub fn address(text: &str) -> Result<Suspect, String> {
        let address = text.parse::<IpAddr>().map_err(|_| format!("{text} is no IPv4 or IPv6 address"))?;
        Ok(Suspect::Address(address.to_string()))
    }

    /// The key, the ARN or the address.
    pub fn text(&self) -> &str {
        match self {
            Suspect::Key(text) | Suspect::Principal(text) | Suspect::Address(text) => text,
        }
    }

    /// The lookups that find this suspect's events.
    pub fn lookups(&self) -> Vec<Lookup> {
        let one =
            |key, value: &str| Lookup { attribute: Some((key, value.into())), place: Where::Everywhere };
        match self {
            Suspect::Key(key) => vec![one("AccessKeyId", key)],
            Suspect::Address(_) => vec![Lookup { attribute: None, place: Where::Everywhere }],
            Suspect::Principal(arn) => match resource(arn) {
                // A session's events carry the session's name. Which sessions a role has is only
                // found by the calls that made them.
                ("role", _) => vec![one("ResourceName", arn)],
                ("root", _) => vec![one("Username", "root")],
                (_, name) => vec![one("Username", last(name))],
            },
        }
    }

    /// The lookups that find who made this suspect, and what others did to it.
    pub fn origin_lookups(&self) -> Vec<Lookup> {
        let one = |value: &str, place| Lookup { attribute: Some(("ResourceName", value.into())), place };
        match self {
            Suspect::Key(key) if key.starts_with("ASIA") => vec![one(key, Where::Everywhere)],
            Suspect::Key(key) => vec![one(key, Where::Global)],
            Suspect::Address(_) => vec![],
            Suspect::Principal(arn) => match resource(arn) {
                ("user" | "role", name) => vec![one(last(name), Where::Global)],
                _ => vec![],
            },
        }
    }

    /// Is this event the suspect's own?
    pub fn did(&self, event: Event<'_>) -> bool {
        match self {
            Suspect::Key(key) => event.key() == Some(key),
            Suspect::Address(address) => event.address() == Some(address),
            Suspect::Principal(arn) => match resource(arn) {
                ("role", name) => event.issuer().is_some_and(|issuer| {
                    // A session says the role's ARN with its path, or without it.
                    issuer == arn || resource(issuer) == ("role", last(name)) && same_account(issuer, arn)
                }),
                // A session of a user's own (GetSessionToken) carries the user's ARN.
                _ => event.caller() == arn,
            },
        }
    }
}

fn same_account(one: &str, other: &str) -> bool {
    one.split(':').nth(4) == other.split(':').nth(4)
}

impl fmt::Display for Suspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
