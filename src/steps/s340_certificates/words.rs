//! What there is to say of one certificate.

use std::collections::BTreeSet;

use crate::account::{Certificate, Validation};
use crate::step::{Found, count};

/// How many names a line has before it counts the rest.
const MOST_NAMES: usize = 3;

/// Notes the certificate, and what of it cannot wait until the cut is over.
pub(super) fn of(region: &str, arn: &str, certificate: &Certificate, found: &mut Found) {
    let names = names(arn, certificate);
    let users = certificate.in_use_by.iter().map(|arn| user(arn)).collect::<BTreeSet<_>>();
    let users = users.into_iter().collect::<Vec<_>>().join(", ");
    found.note(Some(region), format!("{names}: on {users}; {}", until(certificate)));
    for text in dangers(certificate) {
        found.matters(Some(region), format!("certificate of {names}: {text}"));
    }
    for text in asks(certificate) {
        found.note(Some(region), format!("{names}: {text}"));
    }
}

/// The names of a certificate; its id where it has none.
fn names(arn: &str, certificate: &Certificate) -> String {
    let all: Vec<&str> = certificate.names.iter().map(String::as_str).collect();
    match all.len() {
        0 => arn.rsplit('/').next().unwrap_or(arn).to_owned(),
        few if few <= MOST_NAMES => all.join(", "),
        many => format!("{} and {}", all[..MOST_NAMES].join(", "), count(many - MOST_NAMES, "name")),
    }
}

/// What uses it, by its ARN: `load balancer kc-shop`, `distribution E2QWRUHAPOMQZL`.
fn user(arn: &str) -> String {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    let resource = parts.nth(2).unwrap_or(arn);
    let words: Vec<&str> = resource.split('/').collect();
    match (service, words.as_slice()) {
        ("elasticloadbalancing", ["loadbalancer", "app" | "net" | "gwy", name, ..]) => {
            format!("load balancer {name}")
        }
        ("elasticloadbalancing", ["loadbalancer", name]) => format!("classic load balancer {name}"),
        ("cloudfront", ["distribution", id]) => format!("distribution {id}"),
        _ => format!("{service} {resource}"),
    }
}

/// The day of an ISO date.
fn day(date: &str) -> &str {
    date.get(..10).unwrap_or(date)
}

fn until(certificate: &Certificate) -> String {
    let end = certificate
        .not_after
        .as_deref()
        .map_or_else(|| "without an end that AWS says".to_owned(), |end| format!("until {}", day(end)));
    let renewal = if certificate.renews {
        "ACM renews it"
    } else if certificate.kind == "IMPORTED" {
        "imported: you renew it by hand"
    } else {
        "ACM does not renew it"
    };
    match certificate.status.as_str() {
        "ISSUED" | "" => format!("{end}; {renewal}"),
        status => format!("{end}; {renewal}; its status is {status}"),
    }
}

/// What makes visitors see an error soon, whatever is cut.
fn dangers(certificate: &Certificate) -> Vec<String> {
    let mut dangers = vec![];
    let end = certificate.not_after.as_deref().map_or("a day that AWS does not say", day);
    match certificate.status.as_str() {
        "ISSUED" | "" => {}
        "EXPIRED" => dangers.push(format!("it ran out on {end}: browsers refuse what it is on")),
        status => dangers.push(format!("its status is {status}: browsers may refuse what it is on")),
    }
    match certificate.renewal.as_deref() {
        Some("PENDING_AUTO_RENEWAL") => dangers.push(format!(
            "ACM is renewing it, until {end}: leave its names and their DNS as they are until that is done"
        )),
        Some("PENDING_VALIDATION") => dangers.push(format!(
            "its renewal waits for a validation, and it ends on {end}: put its validation records back, or answer \
             ACM's mail"
        )),
        Some("FAILED") => dangers.push(format!("its renewal failed, and it ends on {end}: request another one")),
        _ if certificate.ends_soon && certificate.status != "EXPIRED" => {
            let who = if certificate.renews { "ACM has not begun to renew it" } else { "nobody renews it but you" };
            dangers.push(format!("it ends on {end}, within 30 days, and {who}"));
        }
        _ => {}
    }
    dangers
}

/// What its next renewal needs, where that is more than a record in a zone.
fn asks(certificate: &Certificate) -> Vec<String> {
    if !certificate.renews {
        return vec![];
    }
    let by = |method: &str| {
        let asked = |(name, one): (&String, &Validation)| (one.method == method).then(|| name.clone());
        certificate.validation.iter().filter_map(asked).collect::<Vec<_>>().join(", ")
    };
    let mut asks = vec![];
    match by("EMAIL") {
        none if none.is_empty() => {}
        names => asks.push(format!("each renewal waits for a click in ACM's mail to the owner of {names}")),
    }
    match by("HTTP") {
        none if none.is_empty() => {}
        names => asks.push(format!(
            "each renewal fetches a page of {names}: it fails while a maintenance page answers everything"
        )),
    }
    asks
}
