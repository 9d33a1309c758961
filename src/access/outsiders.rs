//! Whom the policy of a resource lets in from outside the account, and the same policy without them.
//!
//! Only what a policy allows is looked at: a deny beside it counts for nothing, because whether it covers all of an
//! allow is a question of its own, and an allow that is taken away with a deny beside it opens nothing.
//!
//! A condition can limit an allow to this account and to known ones: then it lets in nobody unknown. One that limits
//! it to something of which this does not know whose it is (a VPC endpoint, addresses, an organization, a bucket)
//! leaves a doubt: the statement is kept, and named.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::arn;
use super::condition::{Operator, SetOf, Test};

/// The outsider that is everybody.
pub const EVERYBODY: &str = "all";

/// Who is no outsider.
pub struct Home<'a> {
    /// This account's id.
    pub account: &'a str,
    pub partition: &'a str,
    /// Accounts by id, organizations by ARN.
    pub known: &'a BTreeSet<&'a str>,
    /// Where a statement allows everybody, it goes on to allow this account, whose policies then decide. A KMS key
    /// whose policy names nobody of its account could never be managed again.
    pub keeps_account: bool,
}

/// What closing a policy comes to.
#[derive(Debug, Default, PartialEq)]
pub struct Closed {
    /// Everybody, and accounts by id.
    pub outsiders: BTreeSet<String>,
    /// Of each statement that is kept although it may let in outsiders: whom, and by what it is limited.
    pub kept: Vec<String>,
    /// The policy without the outsiders, its list of statements perhaps empty; `None`: nothing has to change.
    pub policy: Option<Value>,
}

impl Closed {
    /// Has the policy that is left no statement?
    pub fn is_empty(&self) -> bool {
        self.policy.as_ref().is_some_and(|policy| policy["Statement"].as_array().is_some_and(Vec::is_empty))
    }
}

/// What becomes of a statement.
enum Fate {
    Stays,
    Goes,
    Becomes(Value),
}

/// Takes the outsiders out of a policy.
pub fn close(policy: &Value, home: &Home<'_>) -> Closed {
    let mut closed = Closed::default();
    let one;
    let statements = match &policy["Statement"] {
        Value::Array(all) => all,
        Value::Object(_) => {
            one = vec![policy["Statement"].clone()];
            &one
        }
        _ => return closed,
    };
    let (mut left, mut changed) = (vec![], false);
    for statement in statements {
        match judge(statement, home, &mut closed) {
            Fate::Stays => left.push(statement.clone()),
            Fate::Goes => changed = true,
            Fate::Becomes(other) => {
                changed = true;
                left.push(other);
            }
        }
    }
    if changed && let Value::Object(fields) = policy {
        let mut fields = fields.clone();
        fields.insert("Statement".into(), left.into());
        closed.policy = Some(fields.into());
    }
    closed
}

fn judge(statement: &Value, home: &Home<'_>, closed: &mut Closed) -> Fate {
    let Some(fields) = statement.as_object().filter(|fields| fields.get("Effect") == Some(&json!("Allow")))
    else {
        return Fate::Stays;
    };
    let strangers = strangers(fields, home);
    if strangers.is_empty() {
        return Fate::Stays;
    }
    let everybody = strangers.contains(EVERYBODY);
    match limit(fields.get("Condition"), home) {
        Limit::Inside => Fate::Stays,
        Limit::Doubt(by) => {
            let names: Vec<&str> = strangers.iter().map(String::as_str).collect();
            closed.kept.push(format!("{} by {by}", names.join(", ").replace(EVERYBODY, "everybody")));
            Fate::Stays
        }
        Limit::Accounts { unknown, narrowed } if everybody => {
            closed.outsiders.extend(unknown);
            narrowed.map_or(Fate::Goes, |condition| {
                let mut fields = fields.clone();
                fields.insert("Condition".into(), condition);
                Fate::Becomes(fields.into())
            })
        }
        Limit::Accounts { .. } | Limit::None => {
            closed.outsiders.extend(strangers);
            without(fields, home).map_or(Fate::Goes, Fate::Becomes)
        }
    }
}

/// Whom a statement names who is no known account: everybody, and accounts by id.
fn strangers(fields: &Map<String, Value>, home: &Home<'_>) -> BTreeSet<String> {
    // Everybody but those whom it names.
    if fields.contains_key("NotPrincipal") {
        return [EVERYBODY.to_owned()].into();
    }
    match fields.get("Principal") {
        Some(Value::String(all)) if all == "*" => [EVERYBODY.to_owned()].into(),
        Some(Value::Object(kinds)) => {
            let named = kinds.get("AWS").map(texts).unwrap_or_default();
            named.into_iter().filter_map(|text| stranger(text, home)).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Whom one entry lets in who is not known. The unique id of somebody who was deleted lets in nobody.
fn stranger(text: &str, home: &Home<'_>) -> Option<String> {
    if text == "*" {
        return Some(EVERYBODY.into());
    }
    let account = if is_account(text) { text } else { arn::account(text).filter(|id| is_account(id))? };
    (!home.knows(account)).then(|| account.to_owned())
}

/// The statement without those who are not known; `None` where it names nobody else.
fn without(fields: &Map<String, Value>, home: &Home<'_>) -> Option<Value> {
    let own = json!(format!("arn:{}:iam::{}:root", home.partition, home.account));
    let mut left = fields.clone();
    let kinds = match left.remove("Principal") {
        Some(Value::Object(kinds)) if left.remove("NotPrincipal").is_none() => kinds,
        _ => {
            left.remove("NotPrincipal");
            let account = home.keeps_account.then(|| json!({ "AWS": own }))?;
            left.insert("Principal".into(), account);
            return Some(left.into());
        }
    };
    let mut kinds = kinds;
    let named = kinds.get("AWS").map(texts).unwrap_or_default();
    let everybody = named.contains(&"*");
    let stay = named.into_iter().filter(|text| stranger(text, home).is_none());
    let mut stay: Vec<Value> = stay.map(|text| json!(text)).collect();
    if everybody && home.keeps_account && !stay.contains(&own) {
        stay.push(own);
    }
    if stay.is_empty() {
        kinds.remove("AWS");
    } else {
        kinds.insert("AWS".into(), stay.into());
    }
    if kinds.is_empty() {
        return None;
    }
    left.insert("Principal".into(), kinds.into());
    Some(left.into())
}

/// How far the conditions of a statement limit who may use it.
enum Limit {
    None,
    /// To somebody or something of which it is not known whose it is: the condition in words.
    Doubt(String),
    /// To accounts, of which these are not known. With the condition that names the known ones alone, where it
    /// names any.
    Accounts {
        unknown: BTreeSet<String>,
        narrowed: Option<Value>,
    },
    /// To this account and known ones.
    Inside,
}

impl Limit {
    fn rank(&self) -> u8 {
        match self {
            Limit::None => 0,
            Limit::Doubt(_) => 1,
            Limit::Accounts { .. } => 2,
            Limit::Inside => 3,
        }
    }
}

/// All conditions must hold: the one that limits most counts.
fn limit(condition: Option<&Value>, home: &Home<'_>) -> Limit {
    let mut found = Limit::None;
    let Some(condition) = condition else { return found };
    let Some(operators) = condition.as_object() else { return Limit::Doubt("an unclear condition".into()) };
    for (name, keys) in operators {
        // A key that is missing passes these.
        let Some(operator) =
            Operator::parse(name).filter(|one| !one.negated && !one.if_exists && one.set != Some(SetOf::All))
        else {
            continue;
        };
        for (key, values) in keys.as_object().into_iter().flatten() {
            let mut one = by_key(operator.test, key, &texts(values), home);
            if let Limit::Accounts { narrowed: Some(left), .. } = &mut one {
                let mut whole = condition.clone();
                whole[name][key] = left.take();
                *left = whole;
            }
            if one.rank() > found.rank() {
                found = one;
            }
        }
    }
    found
}

/// Whom one value of a condition lets in.
enum Lets {
    Anybody,
    Doubt,
    Account(String),
    Known,
}

fn by_key(test: Test, key: &str, values: &[&str], home: &Home<'_>) -> Limit {
    let judge: fn(&str, &Home<'_>) -> Lets = match (&*key.to_ascii_lowercase(), test) {
        (_, Test::Null | Test::Numeric(_) | Test::Date(_)) => return Limit::None,
        (
            "aws:principalaccount"
            | "aws:sourceaccount"
            | "aws:sourceowner"
            | "aws:vpceaccount"
            | "kms:calleraccount",
            _,
        ) => account,
        ("aws:principalarn" | "aws:sourcearn", _) => arn_of,
        (
            "aws:principalorgid"
            | "aws:principalorgpaths"
            | "aws:sourceorgid"
            | "aws:sourceorgpaths"
            | "aws:vpceorgid"
            | "aws:vpceorgpaths",
            _,
        ) => organization,
        ("aws:sourceip" | "aws:vpcsourceip", Test::IpAddress) => addresses,
        (
            "aws:sourcevpc"
            | "aws:sourcevpce"
            | "aws:sourcevpcarn"
            | "aws:userid"
            | "aws:principalservicename",
            _,
        ) => fixed,
        ("aws:principalisawsservice", Test::Bool) => |value, _| {
            if value.eq_ignore_ascii_case("true") { Lets::Doubt } else { Lets::Anybody }
        },
        _ => return Limit::None,
    };
    let (mut unknown, mut left, mut doubt) = (BTreeSet::new(), vec![], false);
    for value in values {
        match judge(value, home) {
            Lets::Anybody => return Limit::None,
            Lets::Account(id) => drop(unknown.insert(id)),
            Lets::Doubt => {
                doubt = true;
                left.push(json!(value));
            }
            Lets::Known => left.push(json!(value)),
        }
    }
    if !unknown.is_empty() {
        return Limit::Accounts { unknown, narrowed: (!left.is_empty()).then(|| left.into()) };
    }
    if doubt { Limit::Doubt(format!("{key} {}", values.join(", "))) } else { Limit::Inside }
}

fn account(value: &str, home: &Home<'_>) -> Lets {
    // The account that owns the resource.
    if value.eq_ignore_ascii_case("${aws:ResourceAccount}") {
        return Lets::Known;
    }
    if !is_account(value) {
        return if is_fixed(value) { Lets::Doubt } else { Lets::Anybody };
    }
    if home.knows(value) { Lets::Known } else { Lets::Account(value.to_owned()) }
}

/// By the account in an ARN. That of a bucket names none.
fn arn_of(value: &str, home: &Home<'_>) -> Lets {
    match arn::account(value) {
        Some(id) if is_account(id) && home.knows(id) => Lets::Known,
        Some(id) if is_account(id) => Lets::Account(id.to_owned()),
        _ if arn::resource(value).trim_matches(['*', '?', '/', ':']).is_empty() => Lets::Anybody,
        _ => Lets::Doubt,
    }
}

fn organization(value: &str, home: &Home<'_>) -> Lets {
    let id = value.split('/').next().unwrap_or_default();
    let ends = |arn: &&str| arn.rsplit('/').next() == Some(id) && arn.contains(":organization/");
    match id.strip_prefix("o-").is_some_and(is_fixed) {
        true if home.known.iter().any(ends) => Lets::Known,
        true => Lets::Doubt,
        false => Lets::Anybody,
    }
}

fn addresses(value: &str, _: &Home<'_>) -> Lets {
    // A network as wide as this is anybody's.
    let wide =
        value.split_once('/').and_then(|(_, bits)| bits.parse::<u8>().ok()).is_some_and(|bits| bits < 8);
    if wide { Lets::Anybody } else { Lets::Doubt }
}

fn fixed(value: &str, _: &Home<'_>) -> Lets {
    if value.trim_matches(['*', '?', ':']).is_empty() { Lets::Anybody } else { Lets::Doubt }
}

fn is_fixed(value: &str) -> bool {
    !value.is_empty() && !value.contains(['*', '?'])
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Home<'_> {
    fn knows(&self, account: &str) -> bool {
        account == self.account || self.known.contains(account)
    }
}

/// One text, or a list of them.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one],
        Value::Bool(true) => vec!["true"],
        Value::Bool(false) => vec!["false"],
        _ => vec![],
    }
}

#[cfg(test)]
mod tests;
