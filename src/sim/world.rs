//! The world: the account, and what AWS keeps to itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::adversary::Adversary;
use super::ec2::insights::Analysis;
use super::rds::Databases;
use super::recorded::Recorded;
use super::route::{Cx, Refused, refuse};
use super::user_identity::UserIdentity;
use super::{apigateway, cloudfront, ec2, identity_center, lambda, organizations, resolver, route53, wafv2};
use crate::account::{Account, Cause, Gap, Region, Seen};
use crate::aws::partition;
use crate::aws::plain::{PlainInput, PlainOperation, PlainOutput};

/// How long a new resource stays invisible to other calls: EC2 is eventually consistent.
///
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
const VISIBLE_AFTER_MS: u64 = 1_500;

/// An account, and the state that AWS hides or moves by itself.
#[derive(Clone, Debug)]
pub struct World {
    pub account: Account,
    pub(super) now_ms: u64,
    pub(super) one_item_a_page: bool,
    /// Every page goes on with the same token.
    pub(super) tokens_repeat: bool,
    /// Every page goes on, each with a token of its own.
    pub(super) tokens_never_end: bool,
    pub(super) ignores_filters: bool,
    /// The account after each call that changed it, for whoever asked.
    pub(super) history: Option<Vec<Account>>,
    /// Who calls now; `None`: the responder.
    pub(super) who: Option<UserIdentity>,
    /// What CloudTrail has recorded since the world began, oldest first.
    pub(super) recorded: Vec<Arc<Recorded>>,
    /// The thief who is in the account, if one was let in.
    pub(super) adversary: Option<Box<Adversary>>,
    /// When a created resource can be seen, by id.
    pub(super) visible_at: BTreeMap<String, u64>,
    /// How often a subnet's ACL association was replaced: each time it gets a new id.
    pub(super) acl_generation: BTreeMap<String, u64>,
    /// When a Spot Fleet request that was modified is active again.
    pub(super) fleet_active_at: BTreeMap<String, u64>,
    /// How often an association of a route table was made or replaced, by subnet, gateway or VPC.
    pub(super) route_generation: BTreeMap<String, u64>,
    /// What each virtual private gateway advertises, where a table showed it.
    pub(super) advertised: BTreeMap<String, BTreeSet<String>>,
    /// How often an Elastic IP address was associated.
    pub(super) address_generation: BTreeMap<String, u64>,
    /// What was made with a client token, by token: the same token makes it once.
    pub(super) tokens: BTreeMap<String, String>,
    pub(super) report_generated: bool,
    pub(super) databases: Databases,
    pub(super) endpoints: ec2::endpoints::Hidden,
    pub(super) vpc_block: ec2::vpc_block::Hidden,
    pub(super) resolver: resolver::Hidden,
    pub(super) apigateway: apigateway::Hidden,
    pub(super) cloudfront: cloudfront::Hidden,
    pub(super) identity_center: identity_center::Hidden,
    pub(super) lambda: lambda::Hidden,
    pub(super) organizations: organizations::Hidden,
    pub(super) route53: route53::Hidden,
    pub(super) wafv2: wafv2::Hidden,
    /// Paths of the Reachability Analyzer by id: from where, to what.
    pub(super) insight_paths: BTreeMap<String, (String, String)>,
    pub(super) insight_analyses: BTreeMap<String, Analysis>,
    /// Counts above one of AWS's default quotas, as (count, quota), by Region and noun.
    above_defaults: BTreeMap<(String, String), (usize, usize)>,
    /// Changes that AWS has accepted and not finished.
    due: Vec<DueChange>,
    pub(super) serial: u64,
}

/// A state that becomes final at a time on the simulated clock.
#[derive(Clone, Debug)]
struct DueChange {
    at_ms: u64,
    region: String,
    id: String,
    finish: Finish,
}

/// Finishes what was accepted for the resource with this id.
pub(super) type Finish = fn(&mut Cx<'_>, id: &str);

impl World {
    /// Adds the account to the history, if that is kept and the account has changed.
    pub(super) fn note(&mut self) {
        if let Some(history) = &mut self.history
            && history.last() != Some(&self.account)
        {
            history.push(self.account.clone());
        }
    }

    pub fn new(account: Account) -> World {
        World {
            account,
            now_ms: 0,
            one_item_a_page: false,
            tokens_repeat: false,
            tokens_never_end: false,
            ignores_filters: false,
            history: None,
            who: None,
            recorded: vec![],
            adversary: None,
            visible_at: BTreeMap::new(),
            acl_generation: BTreeMap::new(),
            fleet_active_at: BTreeMap::new(),
            route_generation: BTreeMap::new(),
            advertised: BTreeMap::new(),
            address_generation: BTreeMap::new(),
            tokens: BTreeMap::new(),
            report_generated: false,
            databases: Databases::default(),
            endpoints: Default::default(),
            vpc_block: Default::default(),
            resolver: Default::default(),
            apigateway: Default::default(),
            cloudfront: Default::default(),
            identity_center: Default::default(),
            lambda: Default::default(),
            organizations: Default::default(),
            route53: Default::default(),
            wafv2: Default::default(),
            insight_paths: BTreeMap::new(),
            insight_analyses: BTreeMap::new(),
            above_defaults: BTreeMap::new(),
            due: vec![],
            serial: 0,
        }
    }

    /// Takes the notes of what is above AWS's default quotas: each with its Region, as a sentence.
    pub(super) fn take_above_defaults(&mut self) -> Vec<(String, String)> {
        let words = |((region, what), (count, most)): ((String, String), (usize, usize))| {
            let text = format!(
                "{what}: {count} with this step's, and AWS's default quota is {most}. Where nobody had the quota \
                 raised, AWS refuses"
            );
            (region, text)
        };
        std::mem::take(&mut self.above_defaults).into_iter().map(words).collect()
    }

    /// The Region in which the partition's global services are recorded.
    pub(super) fn global_region(&self) -> &'static str {
        let some = self.account.regions.keys().next().map_or("us-east-1", String::as_str);
        partition::of(some).global
    }

    /// Finishes what is due by now.
    pub(super) fn pass_time(&mut self) {
        while let Some(next) = self.due.iter().position(|due| due.at_ms <= self.now_ms) {
            let due = self.due.remove(next);
            (due.finish)(&mut Cx { world: self, region: &due.region }, &due.id);
        }
    }
}

impl Cx<'_> {
    /// The account whose credentials sign this call.
    pub fn caller_account(&self) -> &str {
        let caller = self.world.who.as_ref().map_or(&self.world.account.caller.arn, |who| &who.arn);
        caller.split(':').nth(4).filter(|id| !id.is_empty()).unwrap_or(&self.world.account.id)
    }

    /// The Region of this call, as it was read, to change.
    pub fn region_mut(&mut self) -> &mut Region {
        self.world.account.regions.entry(self.region.to_owned()).or_default()
    }

    /// A new id, which other calls see only after a while.
    pub fn new_id(&mut self, prefix: &str) -> String {
        self.world.serial += 1;
        let id = format!("{prefix}-{:017x}", 0x5100_0000_0000_0000_u64 + self.world.serial);
        self.appears(&id);
        id
    }

    /// Hides a new resource from other calls for a while.
    pub fn appears(&mut self, id: &str) {
        self.world.visible_at.insert(id.to_owned(), self.world.now_ms + VISIBLE_AFTER_MS);
    }

    /// Has something finished on a resource after a while.
    pub fn later(&mut self, after_ms: u64, id: &str, finish: Finish) {
        let at_ms = self.world.now_ms + after_ms;
        self.world.due.push(DueChange { at_ms, region: self.region.to_owned(), id: id.to_owned(), finish });
    }

    /// Notes a count that is above one of AWS's default quotas. A quota that can be raised refuses
    /// nothing here: only AWS knows the account's own.
    pub fn counts(&mut self, what: String, count: usize, default: usize) {
        if count > default {
            let noted = self.world.above_defaults.entry((self.region.to_owned(), what)).or_default();
            *noted = (*noted).max((count, default));
        }
    }

    /// Can this call see the resource yet?
    pub fn visible(&self, id: &str) -> bool {
        self.world.visible_at.get(id).is_none_or(|at| *at <= self.world.now_ms)
    }

    /// One page of a list: the items, and the token of the next page. When the world serves one
    /// item a page, every second page is empty: AWS returns such pages with a token.
    pub fn page<T>(&self, all: Vec<T>, token: Option<&str>, max: Option<i32>) -> (Vec<T>, Option<String>) {
        if self.world.tokens_repeat {
            return (all, Some("again".into()));
        }
        if self.world.tokens_never_end {
            let next = token.and_then(|token| token.parse::<usize>().ok()).unwrap_or(0) + 1;
            return (all, Some(next.to_string()));
        }
        let start = token.and_then(|token| token.trim_end_matches('e').parse().ok()).unwrap_or(0_usize);
        if self.world.one_item_a_page && start > 0 && token.is_some_and(|token| token.ends_with('e')) {
            return (vec![], Some(start.to_string()));
        }
        let size = if self.world.one_item_a_page {
            1
        } else {
            max.and_then(|max| usize::try_from(max).ok()).filter(|max| *max > 0).unwrap_or(1_000)
        };
        let end = (start + size).min(all.len());
        let next = (end < all.len())
            .then(|| if self.world.one_item_a_page { format!("{end}e") } else { end.to_string() });
        (all.into_iter().skip(start).take(size).collect(), next)
    }
}

/// A moment (RFC 3339) as AWS's JSON protocols write it: seconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of our time are far below 2^53")]
pub(super) fn seconds(moment: Option<&str>) -> Option<f64> {
    Some(moment?.parse::<jiff::Timestamp>().ok()?.as_millisecond() as f64 / 1_000.0)
}

/// A page of a plain list, as its operation asks for it: in the body, or with `GET` in the query. `size`: the member
/// with the page's size.
pub(super) fn plain_page<O: PlainOperation>(
    cx: &Cx<'_>,
    all: Vec<Value>,
    input: &PlainInput,
    size: &str,
) -> PlainOutput {
    let query = |name: &str| {
        let found = input.query.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    };
    let token = O::PAGES.and_then(|pages| input.body[pages.asks].as_str().or_else(|| query(pages.asks)));
    let size = input.body[size].as_i64().or_else(|| query(size)?.parse().ok());
    let (page, next) = cx.page(all, token, size.and_then(|size| i32::try_from(size).ok()));
    PlainOutput::page::<O>(page, next)
}

/// The value of a section, or the failure that its gap stands for.
pub(super) fn seen<T>(seen: &Seen<T>) -> Result<&T, Refused> {
    match seen {
        Seen::Read(value) => Ok(value),
        Seen::Gap(gap) => Err(refuse(code(gap.cause), gap.detail.clone())),
    }
}

/// As [`seen`], to change it.
pub(super) fn seen_mut<T>(seen: &mut Seen<T>) -> Result<&mut T, Refused> {
    match seen {
        Seen::Read(value) => Ok(value),
        Seen::Gap(gap) => Err(refuse(code(gap.cause), gap.detail.clone())),
    }
}

/// Refuses a list that tells of several sections where none of them was read, and where one was not and the others
/// name nothing: what could not be read is not nothing.
pub(super) fn seen_any(gaps: &[Option<&Gap>], names_nothing: bool) -> Result<(), Refused> {
    let all: Vec<&Gap> = gaps.iter().copied().flatten().collect();
    let told = all.iter().find(|gap| gap.cause != Cause::NotRead);
    let why = told.filter(|_| names_nothing || all.len() == gaps.len());
    match why.or(all.last().filter(|_| all.len() == gaps.len())) {
        Some(gap) => Err(refuse(code(gap.cause), gap.detail.clone())),
        None => Ok(()),
    }
}

/// A code that is classified back to the same cause.
pub(super) fn code(cause: Cause) -> &'static str {
    match cause {
        Cause::Denied => "AccessDenied",
        Cause::Credentials => "InvalidClientTokenId",
        Cause::Refused => "OperationNotPermitted",
        Cause::NotSubscribed => "SubscriptionRequiredException",
        Cause::NotSupported | Cause::NotRead => "UnknownOperationException",
        Cause::Unreachable => "ServiceUnavailable",
        Cause::Throttled => "ThrottlingException",
        Cause::Failed => "ValidationError",
    }
}
