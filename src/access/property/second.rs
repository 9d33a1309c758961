//! A second evaluator, straight from the JSON and two-valued. It shares no code with the first: where AWS
//! leaves something open it asks for a coin, and the caller tries both sides of every coin.

use std::collections::BTreeMap;

use serde_json::Value;

use super::matching::{fits, holds};
use super::random::{Case, FEDERATED, ME, PROVIDER, ROLE, SERVICE, SESSION, USER, Who};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Out {
    Allow,
    Deny,
    Silence,
}

pub type Keys = BTreeMap<String, Vec<String>>;

/// One evaluation: a context without unknowns, coins, and what was met on the way.
pub struct Second<'c> {
    pub case: &'c Case,
    pub keys: Keys,
    /// Bit by bit, the side on which each coin falls.
    pub coins: u32,
    pub tossed: u32,
    pub met: BTreeMap<String, usize>,
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    }
}

/// How far the allows of some policies reach.
#[derive(Default)]
struct Allows {
    /// The principal itself is named.
    direct: bool,
    role: bool,
    all: bool,
    account: bool,
}

impl Second<'_> {
    fn coin(&mut self) -> bool {
        let side = self.coins >> self.tossed & 1 == 1;
        self.tossed += 1;
        side
    }

    pub fn meet(&mut self, what: &str) {
        *self.met.entry(what.to_owned()).or_default() += 1;
    }

    pub fn decide(&mut self) -> Out {
        let case = self.case;
        let mut denied = false;
        let mut plain = |me: &mut Self, policies: &[Value]| {
            let mut allowed = false;
            for policy in policies {
                for (deny, how) in me.matching(policy, false) {
                    let yes = how.direct;
                    denied |= deny && yes;
                    allowed |= !deny && yes;
                }
            }
            allowed
        };
        let identity = plain(self, &case.identity);
        let mut limits = true;
        if let Some(boundary) = &case.boundary {
            self.meet("path boundary");
            limits &= plain(self, std::slice::from_ref(boundary));
        }
        if let Some(session) = &case.session {
            self.meet("path session policy");
            limits &= plain(self, std::slice::from_ref(session));
        } else if case.who == Who::FederatedUser {
            limits = false;
        }
        let mut organization = true;
        for level in &case.service_control {
            self.meet("path SCP");
            organization &= plain(self, level);
        }
        for level in &case.resource_control {
            self.meet("path RCP");
            organization &= plain(self, level);
        }
        let mut allows = Allows::default();
        if let Some(policy) = &case.resource_policy {
            for (deny, how) in self.matching(policy, true) {
                if deny {
                    denied |= how.direct || how.role || how.all || how.account;
                } else {
                    allows.direct |= how.direct;
                    allows.role |= how.role;
                    allows.all |= how.all;
                    allows.account |= how.account;
                }
            }
        }
        if denied {
            return Out::Deny;
        }
        if organization && self.granted(&allows, identity, limits) { Out::Allow } else { Out::Silence }
    }

    fn granted(&mut self, allows: &Allows, identity: bool, limits: bool) -> bool {
        let case = self.case;
        let by_resource = allows.direct || allows.role || allows.all || allows.account;
        if matches!(case.who, Who::Service | Who::Federated | Who::Anonymous) {
            self.meet("path stranger");
            return by_resource;
        }
        let own = identity || case.who == Who::Root;
        if case.elsewhere {
            self.meet("path cross-account");
            return by_resource && own && limits;
        }
        if allows.direct {
            self.meet("path named itself");
            return true;
        }
        if allows.role {
            self.meet("path named role");
            if limits {
                return true;
            }
        }
        if !case.must_allow && own && limits {
            self.meet("path identity");
            return true;
        }
        if allows.account && own && limits {
            self.meet("path account and identity");
            return true;
        }
        if allows.all {
            self.meet("path everybody");
            // Whether limits bind a grant to everybody is not documented.
            return limits || self.coin();
        }
        false
    }

    /// The statements of a policy that apply: whether each denies, and how it names the principal.
    fn matching(&mut self, policy: &Value, named: bool) -> Vec<(bool, Allows)> {
        let variables = policy["Version"] == "2012-10-17";
        let statements = match &policy["Statement"] {
            Value::Array(all) => all.clone(),
            one => vec![one.clone()],
        };
        let mut found = vec![];
        for statement in statements {
            if !self.action(&statement) || !self.resource(&statement, variables) {
                continue;
            }
            let how =
                if named { self.principal(&statement) } else { Allows { direct: true, ..Allows::default() } };
            if how.direct || how.role || how.all || how.account {
                if let Some(conditions) = statement.get("Condition") {
                    let mut all = true;
                    for (operator, keys) in conditions.as_object().unwrap() {
                        for (key, wanted) in keys.as_object().unwrap() {
                            all &= self.condition(operator, key, &list(wanted), variables);
                        }
                    }
                    if !all {
                        continue;
                    }
                }
                found.push((statement["Effect"] == "Deny", how));
            }
        }
        found
    }

    fn action(&mut self, statement: &Value) -> bool {
        let asked = self.case.action.to_lowercase();
        let any = |patterns: &Value| list(patterns).iter().any(|p| fits(&p.to_lowercase(), &asked, None));
        match statement.get("NotAction") {
            Some(patterns) => {
                self.meet("path NotAction");
                !any(patterns)
            }
            None => any(&statement["Action"]),
        }
    }

    fn resource(&mut self, statement: &Value, variables: bool) -> bool {
        let keys = variables.then(|| self.keys.clone());
        let asked = self.case.resource;
        let any = |patterns: &Value| {
            list(patterns)
                .iter()
                .any(|pattern| super::matching::arn_fits(pattern, asked, keys.as_ref(), true))
        };
        let (element, not) = match statement.get("NotResource") {
            Some(element) => (element, true),
            None => (&statement["Resource"], false),
        };
        if not {
            self.meet("path NotResource");
        }
        if variables && element.to_string().contains("${aws") {
            self.meet("path variable");
        }
        any(element) != not
    }

    fn principal(&mut self, statement: &Value) -> Allows {
        let case = self.case;
        let not = statement.get("NotPrincipal").is_some();
        let element = statement.get(if not { "NotPrincipal" } else { "Principal" }).unwrap();
        let mut names: Vec<(String, String)> = vec![];
        match element {
            Value::String(_) => names.push(("AWS".into(), "*".into())),
            kinds => {
                for (kind, all) in kinds.as_object().unwrap() {
                    names.extend(list(all).into_iter().map(|name| (kind.clone(), name)));
                }
            }
        }
        let has = |kind: &str, name: &str| names.iter().any(|(k, n)| k == kind && n == name);
        let aws = |name: &str| has("AWS", name);
        let account = aws(ME) || aws("arn:aws:iam::111111111111:root");
        let all = aws("*");
        let mut how = Allows { all, ..Allows::default() };
        match case.who {
            Who::Root => how.direct = account,
            Who::User => (how.direct, how.account) = (aws(USER), account),
            Who::Session | Who::AnySession => {
                (how.role, how.account) = (aws(ROLE), account);
                how.direct = aws(SESSION) && (case.who == Who::Session || not || self.coin());
            }
            Who::FederatedUser => (how.direct, how.role, how.account) = (aws(FEDERATED), aws(USER), account),
            Who::Service => how.direct = has("Service", SERVICE),
            Who::Federated => how.direct = has("Federated", PROVIDER),
            Who::Anonymous => {}
        }
        if !not {
            return how;
        }
        self.meet("path NotPrincipal");
        let parts = match case.who {
            Who::User => vec![how.direct, how.account],
            Who::Session | Who::AnySession | Who::FederatedUser => vec![how.direct, how.role, how.account],
            _ => vec![how.direct],
        };
        let covered = if all {
            false
        } else if case.boundary.is_some() || parts.iter().all(|part| !part) {
            true
        } else if parts.iter().all(|part| *part) && case.who != Who::AnySession {
            false
        } else {
            self.coin()
        };
        Allows { all: covered, ..Allows::default() }
    }

    fn condition(&mut self, operator: &str, key: &str, wanted: &[String], variables: bool) -> bool {
        self.meet(&format!("operator {}", operator.rsplit(':').next().unwrap().trim_end_matches("IfExists")));
        for part in ["ForAllValues", "ForAnyValue"] {
            if operator.starts_with(part) {
                self.meet(&format!("operator {part}"));
            }
        }
        if operator.ends_with("IfExists") {
            self.meet("operator IfExists");
        }
        let held = self.keys.get(&key.to_lowercase()).cloned().unwrap_or_default();
        holds(operator, &held, wanted, variables.then_some(&self.keys))
    }
}
