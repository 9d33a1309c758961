//! What exposure alone cannot show: each a test of one part of a sentence, on the account behind the
//! cut, or on one that is a little different.

mod clocks;
mod credentials;
mod endpoints;
mod filters;
mod launches;
mod links;
mod organization;
mod principals;
mod routes;
mod sign_ins;

pub use clocks::*;
pub use credentials::*;
pub use endpoints::*;
pub use filters::*;
pub use launches::*;
pub use links::*;
pub use organization::*;
pub use principals::*;
pub use routes::*;
pub use sign_ins::*;

use std::collections::BTreeSet;

use unplug::account::{Account, Interface};
use unplug::step::Scope;

use super::cut::{Cut, here, ways};

/// The same step on another account.
fn again(cut: &Cut, account: Account, scope: Scope) -> Cut {
    let params = cut.selection.steps[0].params.clone();
    let with: Vec<(&str, &str)> =
        params.iter().map(|(name, value)| (&**name, value.as_str().unwrap())).collect();
    let step = cut.selection.steps[0].step.0;
    tokio::runtime::Runtime::new().unwrap().block_on(Cut::of(account, step, &with, scope))
}

/// The same step on the account with a change.
fn with(cut: &Cut, change: impl FnOnce(&mut Account)) -> Cut {
    let mut account = cut.before.clone();
    change(&mut account);
    again(cut, account, cut.selection.scope.clone())
}

/// What is open behind the cut, and would be after something else happened.
fn later(cut: &Cut, change: impl FnOnce(&mut Account)) -> BTreeSet<String> {
    let mut account = cut.after.clone();
    change(&mut account);
    ways(&account, None)
}

fn open(ways: &BTreeSet<String>, way: &str) {
    assert!(ways.contains(way), "{way} is not open: {ways:#?}");
}

fn closed(ways: &BTreeSet<String>, way: &str) {
    assert!(!ways.contains(way), "{way} is open");
}

/// A copy of an interface, elsewhere.
fn copy(account: &mut Account, of: &str, id: &str, ip: &str) {
    let all = here(account).interfaces.read_mut().unwrap();
    let copied = Interface {
        private_ip: Some(ip.to_owned()),
        ipv6: BTreeSet::new(),
        instance: None,
        ..all[of].clone()
    };
    all.insert(id.to_owned(), copied);
}
