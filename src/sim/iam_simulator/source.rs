//! The principal whose policies are simulated, with their texts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::access::decide::Layers;
use crate::access::principal::Principal;
use crate::access::source::{Body, Source};
use crate::account::{IamGroup, Principals};
use crate::sim::iam::managed;

/// A user, a role or a group with the policies that count for it.
pub(super) struct Simulated {
    pub principal: Principal,
    pub identity: Vec<Source>,
    pub boundary: Option<Source>,
    /// Condition keys as the policies spell them, by the key in lower case.
    spelling: BTreeMap<String, String>,
}

impl Simulated {
    /// The principal of this ARN; for a user with the policies of its groups.
    pub fn of(all: &Principals, arn: &str) -> Option<Simulated> {
        let user = all.users.iter().find(|(_, user)| user.arn == arn);
        let role = all.roles.iter().find(|(_, role)| role.arn == arn);
        let group = all.groups.iter().find(|(_, group)| group.arn == arn);
        let mut simulated = Simulated {
            principal: match role {
                Some(_) => Principal::Session { role: arn.to_owned(), name: None },
                None => Principal::User(arn.to_owned()),
            },
            identity: vec![],
            boundary: None,
            spelling: BTreeMap::new(),
        };
        if let Some((name, user)) = user {
            simulated.take(all, &format!("user_{name}"), &user.attached, &user.inline);
            for (name, group) in user.groups.iter().filter_map(|name| all.groups.get_key_value(name)) {
                simulated.take_group(all, name, group);
            }
            simulated.boundary = simulated.bounded(all, user.boundary.as_deref());
        } else if let Some((name, role)) = role {
            simulated.take(all, &format!("role_{name}"), &role.attached, &role.inline);
            simulated.boundary = simulated.bounded(all, role.boundary.as_deref());
        } else {
            let (name, group) = group?;
            simulated.take_group(all, name, group);
        }
        Some(simulated)
    }

    /// Takes in policies that the caller of the simulator gave as texts. A boundary among them is asked
    /// instead of the principal's own.
    pub fn add(&mut self, policies: &[String], boundary: &[String]) {
        for (number, text) in policies.iter().enumerate() {
            let source = self.source(format!("PolicyInputList.{}", number + 1), Some(text));
            self.identity.push(source);
        }
        if let Some(text) = boundary.first() {
            self.boundary = Some(self.source("PermissionsBoundaryPolicyInputList.1".to_owned(), Some(text)));
        }
    }

    pub fn layers(&self) -> Layers<'_> {
        let identity = self.identity.iter().collect();
        Layers { identity, boundary: self.boundary.as_ref(), ..Layers::default() }
    }

    /// A key in lower case as a policy spells it.
    pub fn spelled<'k>(&'k self, key: &'k str) -> &'k str {
        self.spelling.get(key).map_or(key, String::as_str)
    }

    fn take_group(&mut self, all: &Principals, name: &str, group: &IamGroup) {
        self.take(all, &format!("group_{name}"), &group.attached, &group.inline);
    }

    /// AWS names a managed policy by its name, an inline policy as `role_NAME_POLICY`.
    fn take(
        &mut self,
        all: &Principals,
        holder: &str,
        attached: &BTreeSet<String>,
        inline: &BTreeMap<String, String>,
    ) {
        for arn in attached {
            let source = self.managed(all, arn);
            self.identity.push(source);
        }
        for (name, text) in inline {
            let source = self.source(format!("{holder}_{name}"), Some(text));
            self.identity.push(source);
        }
    }

    fn bounded(&mut self, all: &Principals, arn: Option<&str>) -> Option<Source> {
        arn.map(|arn| self.managed(all, arn))
    }

    fn managed(&mut self, all: &Principals, arn: &str) -> Source {
        let text = all.policies.get(arn).map(String::as_str).or_else(|| managed::document(arn));
        self.source(arn.rsplit('/').next().unwrap_or(arn).to_owned(), text)
    }

    fn source(&mut self, name: String, text: Option<&str>) -> Source {
        let Some(text) = text else { return Source { name, body: Body::Unread("not simulated".into()) } };
        if let Ok(value) = serde_json::from_str(text) {
            self.note_keys(&value);
        }
        Source::parse(name, text)
    }

    /// Notes how a document spells its condition keys and variables.
    fn note_keys(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    if name == "Condition" {
                        let keys = member.as_object().into_iter().flat_map(|operators| operators.values());
                        for key in keys.filter_map(Value::as_object).flat_map(|keys| keys.keys()) {
                            self.note(key);
                        }
                    }
                    self.note_keys(member);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.note_keys(item)),
            Value::String(text) => {
                let variables = text.split("${").skip(1).filter_map(|rest| rest.split(['}', ',']).next());
                variables.for_each(|key| self.note(key.trim()));
            }
            _ => {}
        }
    }

    fn note(&mut self, key: &str) {
        self.spelling.entry(key.to_ascii_lowercase()).or_insert_with(|| key.to_owned());
    }
}
