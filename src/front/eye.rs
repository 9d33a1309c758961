//! What each target shows a visitor, computed from the account alone.
//!
//! ```text
//!  name ─▶ distribution ─▶ its function: the page
//!                      └─▶ its origin, which is a name again
//!       ─▶ load balancer ─▶ can clients reach a node? ─▶ its first rule: the page
//!                                                    └─▶ can its targets be reached?
//!       ─▶ interface ─▶ can clients reach it at 80 or 443?
//! ```

use std::cell::RefCell;
use std::collections::HashMap;

use super::names::{self, PublicName, RecordSet};
use super::target::{Hosts, Target};
use super::{balancer, prepared, seen};
use crate::account::dns::host;
use crate::account::{Account, Behavior, DEFAULT_BEHAVIOR, Distribution, EdgeFunction, OriginKind};
use crate::exposure::{Clients, Reach};
use seen::{By, Seen};

/// How many targets stand behind each other: a distribution, a network balancer, an application balancer.
const DEPTH: usize = 4;

/// Looks at targets as visitors do.
pub struct Eye<'a> {
    pub(super) account: &'a Account,
    pub(super) clients: Clients<'a>,
    hosts: Hosts<'a>,
    names: HashMap<String, PublicName>,
    /// What the names see that were asked for before.
    known: RefCell<HashMap<(String, Target), Seen>>,
}

impl<'a> Eye<'a> {
    pub fn new(account: &'a Account) -> Eye<'a> {
        let hosts = Hosts::new(account);
        let all = names::names(account, &hosts).into_iter();
        let names = all.map(|name| (name.name.clone(), name)).collect();
        Eye { account, clients: Clients::new(account), hosts, names, known: RefCell::default() }
    }

    /// The names, sorted.
    pub fn names(&self) -> Vec<&PublicName> {
        let mut all: Vec<&PublicName> = self.names.values().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// What visitors of a name see.
    pub fn sees(&self, name: &PublicName) -> Seen {
        self.name(name, DEPTH)
    }

    fn name(&self, name: &PublicName, depth: usize) -> Seen {
        let of_set = |set: &RecordSet| {
            let targets = set.targets.iter().map(|target| self.target(&name.name, target, depth));
            Seen::first_that_answers(targets)
        };
        // A browser takes the family that answers.
        let mut by_kind = HashMap::<&str, Vec<Seen>>::new();
        for set in &name.sets {
            by_kind.entry(&set.kind).or_default().push(of_set(set));
        }
        let zones = if name.zones.len() > 1 { "two zones hold it" } else { name.routing };
        Seen::first_that_answers(by_kind.into_values().map(|all| Seen::one_of(all, zones)))
    }

    pub(super) fn target(&self, name: &str, target: &Target, depth: usize) -> Seen {
        let key = (name.to_owned(), target.clone());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let seen = self.look(name, target, depth);
        // Further down less may stand behind a target than there is room for here.
        if depth == DEPTH {
            self.known.borrow_mut().insert(key, seen.clone());
        }
        seen
    }

    fn look(&self, name: &str, target: &Target, depth: usize) -> Seen {
        if depth == 0 {
            return Seen::perhaps(format!("{} stands behind too many others", target.words()));
        }
        match target {
            Target::Distribution(id) => self.distribution(name, id, depth),
            Target::Balancer { region, arn } => balancer::sees(self, name, region, arn, depth),
            Target::Interface { region, id } => self.interface(region, id),
            Target::Website(bucket) => self.website(bucket),
            Target::Api(host) => {
                Seen::perhaps(format!("API Gateway is not read, and {host} is an API of it"))
            }
            Target::Address(address) => Seen::perhaps(format!("no interface of this account has {address}")),
            Target::Host(host) => Seen::perhaps(format!("{host} is not of this account")),
            Target::Unread(why) => Seen::perhaps(why.clone()),
        }
    }

    fn distribution(&self, name: &str, id: &str, depth: usize) -> Seen {
        let Some(distribution) = self.account.distributions.item(id) else {
            return Seen::perhaps("CloudFront's distributions were not read");
        };
        // CloudFront answers 403 for a name that is no alias, and for a distribution that is off.
        if !distribution.enabled || !serves(distribution, name) {
            return Seen::Error(403);
        }
        if distribution.multi_tenant {
            return Seen::perhaps(format!("distribution {id} is for tenants, which are not read"));
        }
        let paths = distribution.behaviors.iter();
        let of_page: Result<Vec<(&String, bool)>, &str> =
            paths.map(|(path, behavior)| Ok((path, self.is_page(distribution, behavior)?))).collect();
        let of_page = match of_page {
            Ok(of_page) => of_page,
            Err(unread) => return Seen::perhaps(unread),
        };
        let (cut, open): (Vec<_>, Vec<_>) = of_page.into_iter().partition(|(_, page)| *page);
        if open.is_empty() && !cut.is_empty() {
            return Seen::Page(By::CloudFront);
        }
        let behind = self.origin(distribution, depth);
        if cut.is_empty() {
            return behind;
        }
        let paths: Vec<&str> = cut.iter().map(|(path, _)| &***path).collect();
        Seen::one_of([Seen::Page(By::CloudFront), behind], &format!("the page for {}", paths.join(", ")))
    }

    /// Does a function of ours answer the behavior, or our bucket? Otherwise what was not read.
    fn is_page(&self, distribution: &Distribution, behavior: &Behavior) -> Result<bool, &'static str> {
        const CODE: &str = "the code of CloudFront's functions was not read";
        let Some(arn) = behavior.functions.get("viewer-request") else {
            return self.is_page_of_bucket(distribution, behavior);
        };
        let all = self.account.edge_functions.read().ok_or(CODE)?;
        let Some((name, function)) = all.iter().find(|(_, function)| function.arn == *arn) else {
            return Ok(false);
        };
        match &function.live {
            Some(code) => Ok(super::page::is_function(code)),
            None if name.starts_with(EdgeFunction::OURS) => Err(CODE),
            None => Ok(false),
        }
    }

    /// Does the behavior ask the page's bucket, and does the distribution turn its refusal into the page?
    fn is_page_of_bucket(
        &self,
        distribution: &Distribution,
        behavior: &Behavior,
    ) -> Result<bool, &'static str> {
        let origin = distribution.origins.get(&behavior.origin);
        let Some(origin) = origin.filter(|origin| prepared::is_origin(origin, self.account)) else {
            return Ok(false);
        };
        let lambda = behavior.lambdas.keys().any(|event| event != "viewer-response");
        let shows = prepared::shows(distribution, origin, self.account);
        Ok(!lambda && shows.ok_or("the page's bucket was not read")?)
    }

    /// What the origin of a distribution's default behavior gives.
    fn origin(&self, distribution: &Distribution, depth: usize) -> Seen {
        let default = distribution.behaviors.get(DEFAULT_BEHAVIOR);
        let origin = default.and_then(|behavior| distribution.origins.get(&behavior.origin));
        let Some(origin) = origin else { return Seen::perhaps("it has a group of origins") };
        match origin.kind {
            OriginKind::S3 if prepared::is_origin(origin, self.account) => Seen::Error(403),
            OriginKind::S3 => Seen::Answers,
            OriginKind::Vpc => Seen::perhaps(format!("its origin {} is inside a VPC", origin.domain)),
            OriginKind::Custom => {
                let domain = host(&origin.domain);
                let seen = match self.names.get(&domain) {
                    Some(name) => self.name(name, depth - 1),
                    None => self.target(&domain, &self.hosts.host(&domain, &domain), depth - 1),
                };
                // CloudFront cannot connect, and says so.
                if seen == Seen::TimesOut { Seen::Error(504) } else { seen }
            }
        }
    }

    fn interface(&self, region: &str, id: &str) -> Seen {
        match self.clients.interface(region, id) {
            Reach::Yes => Seen::Answers,
            Reach::No => Seen::TimesOut,
            Reach::Perhaps(doubt) => Seen::Perhaps(doubt.words()),
        }
    }

    fn website(&self, bucket: &str) -> Seen {
        match self.account.s3_block.as_result() {
            Ok(Some(block)) if block.restrict_public_buckets && block.ignore_public_acls => Seen::Error(403),
            Ok(Some(block)) if block.restrict_public_buckets || block.ignore_public_acls => {
                Seen::perhaps(format!(
                    "the account's block lets some public buckets through, and {bucket} was not looked at"
                ))
            }
            Ok(_) => Seen::Answers,
            Err(_) => Seen::perhaps("the S3 account block was not read"),
        }
    }
}

/// Does a distribution answer for this name? It does for its own domain, its aliases and their wildcards.
fn serves(distribution: &Distribution, name: &str) -> bool {
    let wild = name.split_once('.').map(|(_, rest)| format!("*.{rest}"));
    name.eq_ignore_ascii_case(&distribution.domain)
        || distribution
            .aliases
            .iter()
            .map(|alias| host(alias))
            .any(|alias| alias == name || wild.as_ref() == Some(&alias))
}
