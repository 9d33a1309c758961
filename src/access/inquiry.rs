//! One question about one principal of the account, answered statement by statement. A lockout rule asks
//! for each call that is left to make; an adversary before each call that it tries.

use super::book::{Book, Entry};
use super::decide::{Decision, ResourceSide};
use super::doubt::{Doubt, Sure};
use super::explain::explain;
use super::facts::Facts;
use super::moment::Holding;
use super::principal::Principal;
use super::report::Sureness;
use super::source::{Asked, Source};

/// A request to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry<'q> {
    pub holding: Holding,
    /// `iam:PutRolePolicy`
    pub action: &'q str,
    /// An ARN, or `*` for an action that knows no resource.
    pub resource: &'q str,
    /// Condition keys that are known of this request, besides those of the principal.
    pub keys: &'q [(&'q str, &'q str)],
}

/// The judgement. Its texts name things from policies: escape them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub sure: Sureness,
    /// The statement that allows or denies, or why neither does.
    pub because: String,
    /// Every statement that covers the action, in the order in which AWS asks.
    pub lines: Vec<String>,
}

impl Book {
    /// Judges a request of a principal.
    pub fn judge(&self, facts: &Facts<'_>, entry: &Entry, inquiry: Inquiry<'_>) -> Judgement {
        let mut context = self.context(facts, entry, inquiry.holding);
        for (key, value) in inquiry.keys {
            context.is(key, *value);
        }
        let action = Asked::new(inquiry.action);
        let mut layers = self.layers(entry);
        layers.resource = self.side(entry, &action, inquiry.resource);
        let request = super::decide::Request {
            principal: &entry.principal,
            action: &action,
            resource: inquiry.resource,
            context: &context,
        };
        let (decision, lines) = explain(&request, &layers);
        let key = action.name.starts_with("kms:") && layers.resource.policy.is_none();
        let decision = match decision {
            Decision::Allowed(_) if key => Decision::Perhaps(Doubt::Unread("of the KMS key")),
            decision => decision,
        };
        let because = match decision {
            Decision::Allowed(Some(place)) => format!("allowed by {place}"),
            Decision::Allowed(None) => "the root user needs no policy".to_owned(),
            Decision::Denied(place) => format!("denied by {}: {place}", place.layer.words()),
            Decision::NotAllowed(layer) => format!("no statement allows it: {}", layer.words()),
            Decision::Perhaps(doubt) => doubt.to_string(),
        };
        let sure = match decision.sure() {
            Sure::Yes => Sureness::Yes,
            Sure::No => Sureness::No,
            Sure::Perhaps(doubt) => Sureness::Perhaps(doubt.to_string()),
        };
        Judgement { sure, because, lines: lines.iter().map(ToString::to_string).collect() }
    }

    /// The policy of the resource, as far as it is known: a role's trust policy where it is to be assumed.
    fn side(&self, entry: &Entry, action: &Asked<'_>, resource: &str) -> ResourceSide<'_> {
        let assumes = action.name.starts_with("sts:assumerole");
        let trust = |role: &usize| self.entries.get(*role)?.trust;
        let own = || {
            let known = self.resources.holding(resource)?;
            known.is_obeyed_for(&entry.principal, &self.account).then_some(known.policy)
        };
        let id = if assumes { self.roles.get(resource).and_then(trust) } else { own() };
        let policy: Option<&Source> = id.and_then(|id| self.library.get(id));
        let must_allow = assumes || policy.is_some() && action.name.starts_with("kms:");
        ResourceSide { policy, account: Some(&self.account), must_allow }
    }

    /// Whether the principal can assume the role, and by which statements that is decided.
    pub fn judge_assume(&self, facts: &Facts<'_>, entry: &Entry, holding: Holding, role: &str) -> Judgement {
        let action = match entry.principal {
            Principal::Federated(_) => "sts:AssumeRoleWithSAML",
            _ => "sts:AssumeRole",
        };
        self.judge(facts, entry, Inquiry { holding, action, resource: role, keys: &[] })
    }
}
