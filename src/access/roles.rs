//! Who can assume which role.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::across::across;
use super::book::{Book, Entry};
use super::context::Context;
use super::decide::{Layers, ResourceSide};
use super::doubt::{Doubt, Sure};
use super::facts::Facts;
use super::may::{decide_anywhere, rank};
use super::moment::Holding;
use super::policy::Policy;
use super::powers::ASSUME;
use super::principal::{Named, Principal};
use super::reach::{Reach, Wide};
use super::source::{Asked, Body, Source};

/// The roles that each principal can assume: entry by entry, each role's entry and whether it is sure.
#[derive(Debug, Default)]
pub(super) struct Assumable {
    pub from: Vec<Vec<(usize, bool)>>,
}

/// Whom the trust policies name.
#[derive(Default)]
struct Trusts {
    /// Roles by the ARN of a user or role that their trust policy names.
    named: BTreeMap<String, Vec<usize>>,
    /// Roles that trust the whole account: whoever may assume them by its own policies.
    wide: Vec<usize>,
    /// Roles of which each principal must be asked: they trust everybody, or it is not clear whom.
    open: Vec<usize>,
}

impl Trusts {
    fn of(book: &Book) -> Trusts {
        let mut trusts = Trusts::default();
        for number in 0..book.entries.len() {
            let Some(source) = trust_of(book, number) else { continue };
            match &source.body {
                Body::Read(indexed) => trusts.add(number, &indexed.policy, &book.account),
                Body::Unread(_) => trusts.open.push(number),
            }
        }
        trusts
    }

    fn add(&mut self, role: usize, policy: &Policy, account: &str) {
        let (mut wide, mut open) = (false, false);
        for statement in &policy.statements {
            let Some(principals) = statement.principals.as_ref().filter(|principals| !principals.not) else {
                open = true;
                continue;
            };
            for named in &principals.list {
                match named {
                    Named::Account(id) => wide |= id == account,
                    Named::Arn(arn) if arn.contains(":assumed-role/") => open = true,
                    Named::Arn(arn) => self.named.entry(arn.clone()).or_default().push(role),
                    Named::Everybody | Named::CanonicalUser(_) | Named::Unclear(_) => open = true,
                    Named::Service(_) | Named::Federated(_) | Named::Deleted(_) => {}
                }
            }
        }
        if open {
            self.open.push(role);
        } else if wide {
            self.wide.push(role);
        }
    }

    /// The roles that a principal of the account may be able to assume; of those that trust the whole account
    /// only what its own policies reach.
    fn candidates(&self, entry: &Entry, reached: BTreeSet<usize>) -> BTreeSet<usize> {
        let (Principal::User(arn) | Principal::Session { role: arn, .. }) = &entry.principal else {
            return BTreeSet::new();
        };
        let named = self.named.get(arn).into_iter().flatten();
        named.chain(&self.open).copied().chain(reached).collect()
    }
}

impl Assumable {
    pub fn of(book: &Book, facts: &Facts<'_>, regions: &[String]) -> Assumable {
        let trusts = Trusts::of(book);
        let asked: Vec<Asked<'_>> = ASSUME.iter().map(|action| asked(book, action)).collect();
        let all: BTreeSet<usize> = book.roles.values().copied().collect();
        let wide = |role: &usize| {
            let (number, arn) = arn_of(book, *role)?;
            Some(Wide { number, arn, trust: trust_of(book, *role) })
        };
        let wide: Vec<Wide<'_>> = trusts.wide.iter().filter_map(wide).collect();
        let reach = Reach::new(asked[0].clone(), &wide, book.library.sources());
        let from = across(book.entries.len(), |number| {
            let entry = &book.entries[number];
            let mut layers = book.layers(entry);
            // Policies that do not speak of assuming roles are left out: there are many pairs.
            layers.identity.retain(|source| match &source.body {
                Body::Read(indexed) => asked.iter().any(|action| !indexed.covering(action).is_empty()),
                Body::Unread(_) => true,
            });
            let (roles, holdings) = match &entry.principal {
                Principal::User(_) | Principal::Session { .. } => {
                    (trusts.candidates(entry, reach.of(&layers.identity)), holdings(entry))
                }
                Principal::Outsider(_) | Principal::Service(_) | Principal::Federated(_) => {
                    (all.clone(), &[Holding::NewSession][..])
                }
                _ => (BTreeSet::new(), &[][..]),
            };
            let contexts: Vec<Context> =
                holdings.iter().map(|holding| book.context(facts, entry, *holding)).collect();
            let actions = match entry.principal {
                Principal::Federated(_) => &asked[1..],
                _ => &asked[..1],
            };
            // One role of each class is asked about. A variable may tell roles of one class apart, and the
            // classes are those of the first action.
            let mut known = HashMap::new();
            let alike =
                actions.len() == 1 && !every_source(&layers).any(|source| reach.has_variables(source));
            let mut edges = vec![];
            for role in roles.into_iter().filter(|role| *role != number) {
                let mut ask = || assume(book, entry, &mut layers, &contexts, regions, actions, role);
                let sure = match reach.class(role).filter(|_| alike) {
                    Some(class) => *known.entry(class).or_insert_with(ask),
                    None => ask(),
                };
                match sure {
                    Sure::No => {}
                    sure => edges.push((role, sure == Sure::Yes)),
                }
            }
            edges
        });
        Assumable { from }
    }

    /// The same edges, from the role back.
    pub fn reversed(&self) -> Vec<Vec<(usize, bool)>> {
        let mut back = vec![vec![]; self.from.len()];
        for (from, edges) in self.from.iter().enumerate() {
            for (role, sure) in edges {
                back[*role].push((from, *sure));
            }
        }
        back
    }
}

/// The credentials with which a principal can come: of a user the key first.
pub(super) fn holdings(entry: &Entry) -> &'static [Holding] {
    match entry.principal {
        Principal::User(_) if entry.credentials_matter => &[Holding::Key, Holding::NewSession],
        Principal::User(_) => &[Holding::Key],
        _ => &[Holding::NewSession],
    }
}

fn asked<'b>(book: &'b Book, action: &str) -> Asked<'b> {
    let name = action.to_ascii_lowercase();
    match book.library.actions().binary_search(&name) {
        Ok(number) => Asked::numbered(&book.library.actions()[number], number),
        Err(_) => Asked::new(action),
    }
}

/// A role's number and ARN.
fn arn_of(book: &Book, number: usize) -> Option<(usize, &str)> {
    match &book.entries.get(number)?.principal {
        Principal::Session { role, .. } => Some((number, role)),
        _ => None,
    }
}

fn trust_of(book: &Book, role: usize) -> Option<&Source> {
    book.entries.get(role)?.trust.and_then(|id| book.library.get(id))
}

/// Every policy that a decision asks, but for the resource's own.
fn every_source<'l, 'b>(layers: &'l Layers<'b>) -> impl Iterator<Item = &'b Source> + use<'l, 'b> {
    let levels = layers.service_control.iter().chain(&layers.resource_control);
    let few = layers.identity.iter().chain(&layers.boundary).chain(layers.session.iter().flatten());
    few.chain(levels.flatten()).copied()
}

/// Whether a principal can assume a role, with the best of its credentials.
fn assume<'b>(
    book: &'b Book,
    entry: &'b Entry,
    layers: &mut Layers<'b>,
    contexts: &[Context],
    regions: &[String],
    actions: &[Asked<'_>],
    role: usize,
) -> Sure<'b> {
    let Some((_, arn)) = arn_of(book, role) else { return Sure::No };
    let policy = trust_of(book, role);
    layers.resource = ResourceSide { policy, account: Some(&book.account), must_allow: true };
    let mut best = Sure::No;
    for context in contexts {
        for action in actions {
            let sure = match decide_anywhere(&entry.principal, action, arn, context, regions, layers).0 {
                // What a service or an identity provider says of a request is its own to choose.
                Sure::Perhaps(Doubt::Key(_))
                    if matches!(entry.principal, Principal::Service(_) | Principal::Federated(_)) =>
                {
                    Sure::Yes
                }
                sure => sure,
            };
            if rank(sure) > rank(best) {
                best = sure;
            }
        }
        if best == Sure::Yes {
            break;
        }
    }
    best
}
