//! 330: records that are named lead to another place: a maintenance page, another site.

mod wanted;
mod zone_records;

use std::collections::BTreeMap;

use crate::account::{Account, Record, Section, Zone};
use crate::collect::Ask;
use crate::step::{
    Case, Does, Found, Iam, Item, Lens as _, Lenses, Param, ParamKind, Params, Reversal, Spec, Step, StepId,
    Stops, Target, Width, count,
};
use wanted::{To, names, visitors};
use zone_records::ZoneRecords;

pub struct DnsSwitch;

const NAMES: Param = Param {
    name: "names",
    kind: ParamKind::List,
    doc: "the names to switch, as `shop.example.com`; `*.example.com` is the record of that name. Without it \
          nothing is switched",
};
const TO: Param = Param {
    name: "to",
    kind: ParamKind::Text,
    doc: "where the names lead: an IPv4 or IPv6 address, or a host name. The domain name of a distribution or \
          load balancer of this account becomes an alias, any other a CNAME",
};

/// Seconds of a TTL that a responder has to know before yes.
const LONG_TTL: i64 = 3_600;

static SPEC: Spec = Spec {
    id: StepId(330),
    slug: "dns-switch",
    title: "Route 53: named records lead to another place",
    needs: &[Section::Zones, Section::Distributions, Section::LoadBalancers],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &["route53:ChangeResourceRecordSets", "route53:GetChange", "route53:ListResourceRecordSets"],
        undo: &["route53:ChangeResourceRecordSets", "route53:GetChange", "route53:ListResourceRecordSets"],
    },
    params: &[NAMES, TO],
    does: Does::Cuts(&[Stops::Front]),
    cuts: "what the named records answer: whoever asks anew is led to the place that `to` names",
    leaves: "everybody whose resolver keeps the old answer, for its TTL; open connections; whoever knows the \
             address or asks another name; records of other types (mail, texts); zones of other accounts",
    breaks: "Sites and APIs behind these names, for whoever asks anew. Browsers refuse the new place where it has \
             no certificate for the name.",
    doc: include_str!("s330_dns_switch/doc.md"),
};

impl Step for DnsSwitch {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        ask.names.extend(names(&case.params));
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let names = names(&case.params);
        if names.is_empty() {
            found.note(
                None,
                "no name is given: `names` and `to` in a playbook say what is switched, and where to",
            );
            return found;
        }
        if account.zones.read().is_none() {
            return found;
        }
        let to = To::of(&case.params, account);
        let mut zones = BTreeMap::<&String, &Zone>::new();
        for name in &names {
            let holding = account.public_zones_of(name);
            match holding.as_slice() {
                [] => {
                    let elsewhere = "no public zone of this account holds it: change it where its DNS is";
                    found.matters(None, format!("{name} stays: {elsewhere}"));
                }
                [_] => {}
                more => {
                    let ids: Vec<&str> = more.iter().map(|(id, _)| id.as_str()).collect();
                    let text = format!(
                        "{name} may be in {} zones of one name ({}): the domain's name servers say which one \
                         answers, and every one is switched",
                        ids.len(),
                        ids.join(", ")
                    );
                    found.matters(None, text);
                }
            }
            for (id, zone) in holding.into_iter().filter(|(_, zone)| zone.records.read().is_some()) {
                if say(&mut found, zone, name, &names, to.as_ref()) {
                    zones.insert(id, zone);
                }
            }
        }
        for (id, zone) in zones {
            found.item(Item::new(Target::new(ZoneRecords::KIND, id).label(Some(&zone.host()))));
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&ZoneRecords]
    }
}

/// Says what there is to say of a name in a zone. Returns whether it has records that lead visitors.
fn say(found: &mut Found, zone: &Zone, name: &str, names: &[String], to: Result<&To, &String>) -> bool {
    let records = visitors(zone, name);
    let Some(first) = records.first() else {
        let parent = name.split_once('.').map(|(_, rest)| format!("*.{rest}")).unwrap_or_default();
        let instead = match zone.named(&parent).next() {
            Some(_) => format!(", and {parent} answers for it: name that record"),
            None => String::new(),
        };
        let text =
            format!("{name} stays: zone {} has no record of it that leads visitors{instead}", zone.host());
        found.matters(None, text);
        return false;
    };
    if let Ok(to) = to
        && let Some(why) = wanted::refused(zone, name, names, to)
    {
        found.matters(None, format!("{name} stays: {why}"));
        return true;
    }
    let ttl = records.iter().filter_map(|record| record.ttl).max();
    let what = match records.iter().filter(|record| record.kind == first.kind).count() {
        1 => String::new(),
        sets => format!(" ({}, {})", count(sets, "record"), first.routing()),
    };
    match ttl {
        Some(ttl) => {
            let text = format!("{name}{what}: resolvers keep the old answer for up to {ttl} seconds");
            if ttl >= LONG_TTL { found.matters(None, text) } else { found.note(None, text) }
        }
        None => found
            .note(None, format!("{name}{what}: an alias, whose answer resolvers keep for its target's TTL")),
    }
    true
}

/// A record in a few words: `A alias d111.cloudfront.net`, `CNAME status.example.net for 86400 s`.
fn words(record: &Record) -> String {
    let to = match &record.alias {
        Some(alias) => format!("alias {}", crate::account::host(&alias.name)),
        None => record.values.join(" "),
    };
    let ttl = record.ttl.map(|ttl| format!(" for {ttl} s")).unwrap_or_default();
    format!("{} {to}{ttl}", record.kind)
}

#[cfg(test)]
mod tests;
