//! Is the account as the rehearsal predicted? Compared item by item, created ids by their names.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::denial::{self, Denial, Instances};
use crate::account::identity_center::set_of;
use crate::account::policy::meaning;
use crate::account::{Account, Database, PublicBucket, VOLATILE};
use crate::step::{ALIAS, Names, USED};

/// One item that is not as predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Where in the account: `regions/eu-west-1/interfaces/eni-1/groups`.
    pub path: String,
    pub predicted: Value,
    pub found: Value,
}

/// Two accounts, compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    pub differences: Vec<Difference>,
    /// The paths that one of the two accounts lacks because a read failed. They are not compared.
    pub unread: Vec<String>,
}

/// Compares the account as predicted with the account as found. A section that could not be read is
/// neither equal nor different, even if both accounts lack it for the same reason.
pub fn compared(predicted: (&Account, &Names), found: (&Account, &Names)) -> Compared {
    let (Ok(mut one), Ok(mut other)) = (plain(predicted.0, predicted.1), plain(found.0, found.1)) else {
        return Compared { differences: differences(predicted, found), unread: vec![] };
    };
    without_unlisted_trails(&mut one, &mut other);
    let (mut all, mut not_read) = (vec![], vec![]);
    let mut see = |path: &[String], one: &Value, other: &Value| {
        let gap = |value: &Value| value.pointer("/gap/cause").is_some();
        let passes = gap(one) || gap(other);
        if passes && !unread(one) && !unread(other) {
            not_read.push(path.join("/"));
        }
        passes
    };
    compare_unless(&mut see, &mut vec![], &one, &other, &mut all);
    Compared { differences: all, unread: not_read }
}

/// Returns the differences between the account as predicted and as found. A section that was read for
/// only one of them counts as a difference.
pub fn differences(
    (predicted, predicted_names): (&Account, &Names),
    (found, found_names): (&Account, &Names),
) -> Vec<Difference> {
    let mut all = vec![];
    match (plain(predicted, predicted_names), plain(found, found_names)) {
        (Ok(predicted), Ok(found)) => compare(&mut vec![], &predicted, &found, &mut all),
        // What cannot be compared is not as predicted.
        (predicted, found) => all.push(Difference {
            path: "account".into(),
            predicted: predicted.map_or_else(|error| error.to_string().into(), |_| Value::Null),
            found: found.map_or_else(|error| error.to_string().into(), |_| Value::Null),
        }),
    }
    all
}

/// The account as JSON, with the ids of created resources replaced by their names, what moves by
/// itself left out.
fn plain(account: &Account, names: &Names) -> Result<Value, serde_json::Error> {
    // What was recreated counts under the id it had, what was created under its name.
    let shown = |name: &str| name.strip_prefix(ALIAS).map_or_else(|| format!("@{name}"), str::to_owned);
    let made = names.all().into_iter().filter(|(name, _)| !name.starts_with(USED));
    let ids = made.map(|(name, id)| (id, shown(&name))).collect();
    let mut value = serde_json::to_value(account)?;
    gaps_alone(&mut value, account);
    without_cut_offs(&mut value);
    without_suffixes(&mut value);
    tidy(&mut value, &ids);
    if let Some(Value::Object(regions)) = value.get_mut("regions") {
        for region in regions.values_mut() {
            region.pointer_mut("/vpc_block/read").into_iter().for_each(switched_off);
            region.pointer_mut("/endpoints/read").into_iter().for_each(by_meaning);
            for held in ["queue_policies", "topic_policies", "secret_policies", "key_policies"] {
                region.pointer_mut(&format!("/{held}/read")).into_iter().for_each(by_meaning);
            }
            region.pointer_mut("/interfaces/read").into_iter().for_each(any_address);
            region.pointer_mut("/interfaces/read").into_iter().for_each(without_those_of_functions);
            region.pointer_mut("/databases/read").into_iter().for_each(any_backup);
            region.pointer_mut("/vpc_functions/read").into_iter().for_each(without_updates);
        }
    }
    Ok(value)
}

/// Leaves of what could not be read its gap alone: a bucket whose gap stands beside switches that nobody
/// read, and the Regions whose trails could not be listed.
fn gaps_alone(value: &mut Value, account: &Account) {
    if let Some(Value::Object(buckets)) = value.pointer_mut("/public_buckets/read") {
        let unread = |name: &String| account.public_buckets.item(name).and_then(PublicBucket::unread);
        for (name, bucket) in buckets {
            if let (Some(_), Some(gap)) = (unread(name), bucket.get_mut("policy").map(Value::take)) {
                *bucket = gap;
            }
        }
    }
    if let Some(Value::Object(regions)) = value.get_mut("trails_unread") {
        regions.values_mut().for_each(|gap| *gap = serde_json::json!({ "gap": gap.take() }));
    }
}

/// Writes a policy of unplug's that denies everything without its moment, and leaves out one that denies
/// older sessions: a restore leaves that on purpose. AWS changes the texts of its own policies itself.
fn without_cut_offs(value: &mut Value) {
    for kind in ["users", "roles"] {
        let Some(Value::Object(all)) = value.pointer_mut(&format!("/principals/read/{kind}")) else {
            continue;
        };
        for inline in all.values_mut().filter_map(|one| one["inline"].as_object_mut()) {
            match inline.get(denial::NAME).and_then(Value::as_str).and_then(denial::read) {
                Some(Denial::Everything) => {
                    inline.insert(denial::NAME.into(), "denies everything".into());
                }
                Some(Denial::Sessions(_)) => {
                    inline.remove(denial::NAME);
                }
                None => {}
            }
            let of_instances = inline.get(denial::INSTANCES).and_then(Value::as_str);
            if of_instances.and_then(Instances::read).is_some_and(|read| read.before.is_some()) {
                inline.remove(denial::INSTANCES);
            }
        }
    }
    if let Some(Value::Object(policies)) = value.pointer_mut("/principals/read/policies") {
        policies.retain(|arn, _| !arn.contains(":iam::aws:policy/"));
    }
}

/// Names the roles of Identity Center without their suffix: AWS gives one that it makes again another.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html>
fn without_suffixes(value: &mut Value) {
    let Some(Value::Object(roles)) = value.pointer_mut("/principals/read/roles") else { return };
    let mut made: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in roles.keys() {
        if let Some(set) = set_of(name) {
            made.entry(set.to_owned()).or_default().push(name.clone());
        }
    }
    // Two instances may each have a set of the name: one of their roles would then hide the other.
    for (set, names) in made {
        let [name] = names.as_slice() else { continue };
        let Some(mut role) = roles.remove(name) else { continue };
        role["arn"] = role["arn"].as_str().unwrap_or_default().replace(name, &set).into();
        roles.insert(format!("of permission set {set}"), role);
    }
}

/// Leaves out of each side the trails of a Region whose trails the other side could not list.
fn without_unlisted_trails(one: &mut Value, other: &mut Value) {
    let unlisted = |side: &Value| -> BTreeSet<String> {
        let regions = side["trails_unread"].as_object().into_iter().flatten();
        regions.map(|(region, _)| region.clone()).collect()
    };
    let (by_one, by_other) = (unlisted(one), unlisted(other));
    for (side, regions) in [(one, by_other), (other, by_one)] {
        if let Some(Value::Object(trails)) = side.pointer_mut("/trails/read") {
            trails.retain(|_, trail| trail["home_region"].as_str().is_none_or(|at| !regions.contains(at)));
        }
    }
}

/// Block Public Access that was never on is in its `default-state`; one that was turned off again says
/// `update-complete`. Either way the switch is off, and nothing is on its way.
fn switched_off(block: &mut Value) {
    if block["mode"] == "off" && block["state"] == "update-complete" {
        block["state"] = "default-state".into();
    }
}

/// AWS gives a database another public address whenever it is made public or started.
fn any_address(interfaces: &mut Value) {
    let Value::Object(interfaces) = interfaces else { return };
    for interface in interfaces.values_mut().filter(|one| one["description"] == "RDSNetworkInterface") {
        if let Some(address @ Value::String(_)) = interface.get_mut("public_ip") {
            *address = "a public address".into();
        }
    }
}

/// Lambda makes an interface where a function's groups need another, and removes it when it likes: what
/// groups a function has is compared where the function stands.
fn without_those_of_functions(interfaces: &mut Value) {
    let Value::Object(interfaces) = interfaces else { return };
    interfaces.retain(|_, interface| interface["kind"] != "lambda");
}

/// A backup of a database, or another change of AWS's, begins and ends by itself.
fn any_backup(databases: &mut Value) {
    let Value::Object(databases) = databases else { return };
    for status in databases.values_mut().filter_map(|database| database.get_mut("status")) {
        if status.as_str().is_some_and(Database::is_busy) {
            *status = "available".into();
        }
    }
}

/// A change of a function ends by itself, and the next one takes away that it failed.
fn without_updates(functions: &mut Value) {
    let Value::Object(functions) = functions else { return };
    for function in functions.values_mut().filter_map(|one| one.get_mut("read")?.as_object_mut()) {
        function.remove("update");
    }
}

/// AWS may give the policy of an endpoint, a queue, a topic, a secret or a key back in another form than it was
/// given.
fn by_meaning(holders: &mut Value) {
    let Value::Object(holders) = holders else { return };
    for holder in holders.values_mut() {
        let policy = match holder.get_mut("read") {
            Some(read) => read.get_mut("policy"),
            None => holder.get_mut("policy"),
        };
        if let Some(Value::String(text)) = policy {
            *text = meaning(text);
        }
    }
}

fn tidy(value: &mut Value, ids: &BTreeMap<String, String>) {
    let renamed = |text: &str| ids.get(text).cloned();
    match value {
        // AWS writes the id of what an interface belongs to into its description.
        Value::String(text) if !ids.is_empty() => {
            let words = text.split(' ').map(|word| renamed(word).unwrap_or_else(|| word.to_owned()));
            *text = words.collect::<Vec<_>>().join(" ");
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| tidy(item, ids));
            // Sets are sorted by id; by name the order may be another.
            items.sort_by_cached_key(Value::to_string);
        }
        Value::Object(fields) => {
            fields.retain(|key, _| !VOLATILE.contains(&key.as_str()));
            // A section takes several calls at once: which of them is the first to fail says nothing.
            if let Some(Value::Object(gap)) = fields.get_mut("gap") {
                gap.retain(|key, _| key == "cause");
            }
            let keys: Vec<String> = fields.keys().cloned().collect();
            for key in keys {
                if let Some(mut inner) = fields.remove(&key) {
                    tidy(&mut inner, ids);
                    fields.insert(renamed(&key).unwrap_or(key), inner);
                }
            }
        }
        _ => {}
    }
}

/// Did nobody read this section? Then nothing is known of it: after a step that failed, only what
/// the remaining steps need is read and rehearsed again.
fn unread(value: &Value) -> bool {
    value.pointer("/gap/cause").and_then(Value::as_str) == Some("not-read")
}

fn compare(path: &mut Vec<String>, predicted: &Value, found: &Value, all: &mut Vec<Difference>) {
    compare_unless(&mut |_, _, _| false, path, predicted, found, all);
}

/// Compares, and leaves out what `passes_over` says yes to.
fn compare_unless(
    passes_over: &mut impl FnMut(&[String], &Value, &Value) -> bool,
    path: &mut Vec<String>,
    predicted: &Value,
    found: &Value,
    all: &mut Vec<Difference>,
) {
    // A Region that is on one side alone is one that nobody read on the other.
    let no_region = path.len() == 2 && path[0] == "regions" && (predicted.is_null() || found.is_null());
    if no_region || passes_over(path, predicted, found) || unread(predicted) || unread(found) {
        return;
    }
    if let (Value::Object(a), Value::Object(b)) = (predicted, found) {
        let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for key in keys {
            // `read` is the wrapper of a section, not a place that a person looks for.
            let wrapper = key == "read";
            if !wrapper {
                path.push(key.clone());
            }
            let null = Value::Null;
            let (one, other) = (a.get(key).unwrap_or(&null), b.get(key).unwrap_or(&null));
            compare_unless(passes_over, path, one, other, all);
            if !wrapper {
                path.pop();
            }
        }
    } else if predicted != found {
        all.push(Difference { path: path.join("/"), predicted: predicted.clone(), found: found.clone() });
    }
}

#[cfg(test)]
mod tests;
