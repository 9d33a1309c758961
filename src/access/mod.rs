//! Access: what principals can do, computed from policies alone; no call is sent.
//!
//! ```text
//!   text ─▶ parse ─▶ Policy ─▶ Source (with a name) ─┐
//!                                                    ├─▶ decide ─▶ allowed, denied, perhaps
//!   principal, action, resource, context ─▶ Request ─┘      └────▶ explain: statement by statement
//! ```
//!
//! Answers have three values. What is not known (a condition key, a policy that was not read, a part of
//! one that is not understood) makes the answer [perhaps](doubt::Sure::Perhaps), with the
//! [reason](doubt::Doubt); it never makes it a no. Texts from policies are attacker-controlled: escape
//! every name and reason before printing it.
//!
//! Above the single decision stands the account:
//!
//! ```text
//!   Facts (account, moment, Organization, sessions) ─▶ Book (each principal with its policies)
//!       ├─▶ survey ─▶ Report: each principal, each power, by which path ─▶ count, with, shifts
//!       └─▶ Book::judge ─▶ one request, statement by statement
//! ```
//!
//! - A plan's line counts with [`Report::count`](report::Report::count) over the accounts before and after.
//! - `unplug access` lists [`Report::with`](report::Report::with) a power, or one
//!   [`Standing`](report::Standing), and [explains](explained::explain) it with
//!   [`Book::judge`](book::Book::judge).
//! - The lockout rule compares each call that is left to make before and after the cut
//!   ([`lockout`](lockout::lockout)): a right that is lost refuses.
//! - An adversary judges before each call that it tries; a perhaps counts for it as a yes.
//!
//! Which principals are the responder's, and must be spared, says [`Responders`](responders::Responders).
//!
//! A survey leaves out what is not known to bind: Organization policies that were not read, and policies of
//! resources that it does not have. [`Report::unread`](report::Report::unread) names them. It answers for
//! resources that may exist: a right on `role/dev-*` counts also where no such role stands.

mod across;
pub mod arn;
pub mod book;
pub mod calls;
mod candidates;
pub mod condition;
pub mod context;
mod credentials;
pub mod decide;
pub mod doubt;
pub mod ended;
#[cfg(test)]
mod examples;
pub mod explain;
pub mod explained;
pub mod facts;
pub mod inquiry;
mod known;
pub mod layer;
mod library;
pub mod lockout;
mod may;
pub mod moment;
pub mod outsiders;
mod own;
pub mod parse;
pub mod pattern;
pub mod policy;
pub mod powers;
pub mod principal;
#[cfg(test)]
mod property;
mod reach;
pub mod report;
mod resources;
pub mod responders;
mod roles;
pub mod source;
mod survey;
pub mod trust;
pub mod witness;

use crate::account::Section;

pub use own::{OwnRight, own_rights};
pub use powers::{MAIL_ACTIONS, MAIL_DENY};
pub use survey::survey;

/// The sections that answers are computed from. Keys and the credential report say who can act at all.
pub const NEEDS: &[Section] = &[
    Section::Principals,
    Section::AccessKeys,
    Section::CredentialReport,
    Section::Trails,
    Section::LogBuckets,
    Section::PublicBuckets,
    Section::S3Block,
];
