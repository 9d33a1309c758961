//! Random requests with their policies, from a seed: small and crowded, so that statements match.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::families::FAMILIES;
use crate::dice::Dice;

/// Who asks, in the words of this test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Root,
    User,
    Session,
    /// A session whose name is not known.
    AnySession,
    FederatedUser,
    Service,
    Federated,
    Anonymous,
}

pub const ME: &str = "111111111111";
pub const OTHER: &str = "222222222222";
pub const USER: &str = "arn:aws:iam::111111111111:user/anna";
pub const ROLE: &str = "arn:aws:iam::111111111111:role/x/ops";
pub const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/ops/s1";
pub const FEDERATED: &str = "arn:aws:sts::111111111111:federated-user/fay";
pub const PROVIDER: &str = "arn:aws:iam::111111111111:saml-provider/idp";
pub const SERVICE: &str = "lambda.amazonaws.com";

/// A request and its policies.
#[derive(Clone, Debug)]
pub struct Case {
    pub who: Who,
    pub action: &'static str,
    pub resource: &'static str,
    /// Keys of the request; a key that is not here is absent.
    pub context: BTreeMap<&'static str, Vec<String>>,
    /// Keys of which nothing is known.
    pub unknown: Vec<&'static str>,
    pub identity: Vec<Value>,
    pub boundary: Option<Value>,
    pub session: Option<Value>,
    pub service_control: Vec<Vec<Value>>,
    pub resource_control: Vec<Vec<Value>>,
    pub resource_policy: Option<Value>,
    pub elsewhere: bool,
    pub must_allow: bool,
}

const ACTIONS: [&str; 4] = ["s3:GetObject", "s3:PutObject", "sts:AssumeRole", "iam:CreateUser"];
const RESOURCES: [&str; 3] =
    ["arn:aws:s3:::b/anna/x", "arn:aws:s3:::B/x", "arn:aws:iam::111111111111:role/r"];

pub fn case(seed: u64) -> Case {
    let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0xacce);
    let who =
        [Who::User, Who::User, Who::Session, Who::Session, Who::AnySession, Who::Root, Who::FederatedUser];
    let who = if dice.percent(85) {
        *dice.pick(&who)
    } else {
        *dice.pick(&[Who::Service, Who::Federated, Who::Anonymous])
    };
    let (mut context, mut unknown) = (BTreeMap::new(), vec![]);
    if who == Who::User {
        context.insert("aws:username", vec!["anna".to_owned()]);
    }
    for family in &FAMILIES {
        for key in family.keys {
            let single = *key == "aws:PrincipalTag/team";
            let values = match dice.below(20) {
                0..=2 => continue,
                3 if unknown.len() < 2 && dice.percent(40) => {
                    unknown.push(*key);
                    context.remove(key);
                    continue;
                }
                4..=7 if !single => (0..2).map(|_| (*dice.pick(family.values)).to_owned()).collect(),
                _ => vec![(*dice.pick(family.values)).to_owned()],
            };
            if !unknown.contains(key) {
                context.insert(*key, values);
            }
        }
    }
    let mut make = Make { dice, context, unknown, action: ACTIONS[0], resource: RESOURCES[0] };
    make.action = *make.dice.pick(&ACTIONS);
    make.resource = *make.dice.pick(&RESOURCES);
    make.all(who)
}

struct Make {
    dice: Dice,
    context: BTreeMap<&'static str, Vec<String>>,
    unknown: Vec<&'static str>,
    action: &'static str,
    resource: &'static str,
}

impl Make {
    fn all(mut self, who: Who) -> Case {
        let identity = (0..*self.dice.pick(&[0, 1, 1, 2, 2])).map(|_| self.policy(33, None)).collect();
        let boundary = self.dice.percent(20).then(|| self.policy(15, None));
        let session = (who == Who::FederatedUser && self.dice.percent(80)
            || who == Who::Session && self.dice.percent(25))
        .then(|| self.policy(10, None));
        let levels = |make: &mut Make, named: bool| {
            if !make.dice.percent(20) {
                return vec![];
            }
            let level = |make: &mut Make| {
                (0..=make.dice.below(2)).map(|_| make.policy(15, named.then_some(()))).collect()
            };
            (0..=make.dice.below(2)).map(|_| level(make)).collect()
        };
        let service_control = levels(&mut self, false);
        let resource_control: Vec<Vec<Value>> = levels(&mut self, false);
        let elsewhere = self.dice.percent(12);
        let must_allow = self.dice.percent(20);
        let some = must_allow || elsewhere || self.dice.percent(55);
        let resource_policy = some.then(|| self.resource_policy());
        Case {
            who,
            action: self.action,
            resource: self.resource,
            context: self.context,
            unknown: self.unknown,
            identity,
            boundary,
            session,
            service_control,
            resource_control,
            resource_policy,
            elsewhere,
            must_allow,
        }
    }

    /// A resource policy, often with one grant that is sure to match the action.
    fn resource_policy(&mut self) -> Value {
        let mut policy = self.policy(20, Some(()));
        if self.dice.percent(60) {
            let named = [
                json!(ME),
                json!(ME),
                json!([ME]),
                json!(ROLE),
                json!([ROLE, USER]),
                json!("*"),
                json!(USER),
            ];
            let named = named[self.dice.below(named.len())].clone();
            let grant = json!({ "Effect": "Allow", "Principal": { "AWS": named }, "Action": self.action, "Resource": "*" });
            let mut statements = match policy["Statement"].take() {
                Value::Array(all) => all,
                one => vec![one],
            };
            statements.push(grant);
            policy["Statement"] = json!(statements);
        }
        policy
    }

    /// A policy; of a resource where it names principals.
    fn policy(&mut self, denies: u64, named: Option<()>) -> Value {
        let mut statements: Vec<Value> =
            (0..=self.dice.below(3)).map(|_| self.statement(denies, named)).collect();
        // Else hardly anything would be allowed by all that must allow.
        if named.is_none() && self.dice.percent(70) {
            statements.push(json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }));
        }
        let version = if self.dice.percent(90) { "2012-10-17" } else { "2008-10-17" };
        match &statements[..] {
            [one] if self.dice.percent(30) => json!({ "Version": version, "Statement": one }),
            _ => json!({ "Version": version, "Statement": statements }),
        }
    }

    fn statement(&mut self, denies: u64, named: Option<()>) -> Value {
        let mut statement = Map::new();
        let deny = self.dice.percent(denies);
        statement.insert("Effect".into(), json!(if deny { "Deny" } else { "Allow" }));
        let upper = self.action.to_ascii_uppercase();
        let actions = [self.action, &upper, "*", "s3:*", "s3:?etObject", "iam:*User", "*:*", "sts:Assume*"]
            .map(str::to_owned);
        let (not, list) = (self.dice.percent(12), self.list(&actions));
        statement.insert(if not { "NotAction" } else { "Action" }.into(), list);
        let resources = [
            self.resource,
            "*",
            "arn:aws:s3:::b/*",
            "arn:aws:s3:::b/${aws:username}/*",
            "arn:aws:s3:::?/${app:none, 'x'}",
            "arn:aws:s3",
            "arn:aws:iam::*:role/*",
            "arn:*:*:*:*:*x",
            "arn:aws:s3:::b/${app:none}*",
        ]
        .map(str::to_owned);
        let (not, list) = (self.dice.percent(12), self.list(&resources));
        statement.insert(if not { "NotResource" } else { "Resource" }.into(), list);
        if named.is_some() {
            let not = self.dice.percent(10);
            let principal = self.principal();
            statement.insert(if not { "NotPrincipal" } else { "Principal" }.into(), principal);
        }
        let count = *self.dice.pick(&[0, 0, 1, 1, 2]);
        let mut conditions = Map::new();
        for _ in 0..count {
            self.condition(&mut conditions);
        }
        if !conditions.is_empty() {
            statement.insert("Condition".into(), Value::Object(conditions));
        }
        Value::Object(statement)
    }

    /// One text, or a list of some; the first is taken more often.
    fn list(&mut self, from: &[String]) -> Value {
        let one = |dice: &mut Dice| {
            if dice.percent(40) { from[0].clone() } else { from[dice.below(from.len())].clone() }
        };
        if self.dice.percent(50) {
            json!(one(&mut self.dice))
        } else {
            let many: Vec<String> = (0..=self.dice.below(3)).map(|_| one(&mut self.dice)).collect();
            json!(many)
        }
    }

    fn principal(&mut self) -> Value {
        let root = "arn:aws:iam::111111111111:root";
        match self.dice.below(10) {
            0 => json!("*"),
            1 => json!({ "AWS": "*" }),
            2 => json!({ "Service": [SERVICE, "ec2.amazonaws.com"] }),
            3 => json!({ "Federated": PROVIDER }),
            4 => json!({ "AWS": [USER, ROLE, SESSION, FEDERATED, root] }),
            5 => json!({ "AWS": self.dice.pick(&[ME, OTHER, root]) }),
            _ => {
                let all = [
                    USER,
                    ROLE,
                    SESSION,
                    FEDERATED,
                    root,
                    "AIDACKCEVSQ6C2EXAMPLE",
                    "arn:aws:iam::222222222222:user/anna",
                ];
                let many: Vec<&str> = (0..=self.dice.below(2)).map(|_| *self.dice.pick(&all)).collect();
                json!({ "AWS": many, "Service": "sns.amazonaws.com" })
            }
        }
    }

    fn condition(&mut self, conditions: &mut Map<String, Value>) {
        let family = &FAMILIES[self.dice.below(FAMILIES.len())];
        let key = *self.dice.pick(family.keys);
        let many = self.context.get(key).is_some_and(|values| values.len() > 1);
        if self.dice.percent(6) {
            let wanted = *self.dice.pick(&["true", "false"]);
            let key = if self.dice.percent(50) { key.to_owned() } else { key.to_ascii_uppercase() };
            conditions.insert("Null".into(), json!({ key: wanted }));
            return;
        }
        let mut name = (*self.dice.pick(family.operators)).to_owned();
        if self.dice.percent(20) {
            name += "IfExists";
        }
        if many || self.dice.percent(15) {
            name = format!("{}:{name}", self.dice.pick(&["ForAllValues", "ForAnyValue"]));
        }
        let wanted: Vec<&str> = (0..=self.dice.below(2)).map(|_| *self.dice.pick(family.wanted)).collect();
        let mut values = json!(wanted);
        // A text without wildcards and variables that the request carries, so that conditions hold.
        let plain = |text: &&String| !text.contains('*') && *text != "none" && *text != "many";
        let held = self.context.get(key).and_then(|held| held.first()).filter(plain);
        if let Some(held) = held.filter(|_| self.dice.percent(40)) {
            values = json!(held);
        }
        conditions.insert(name, json!({ key: values }));
    }
}
