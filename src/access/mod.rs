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

pub mod arn;
pub mod condition;
pub mod context;
pub mod decide;
pub mod doubt;
#[cfg(test)]
mod examples;
pub mod explain;
pub mod layer;
pub mod parse;
pub mod pattern;
pub mod policy;
pub mod principal;
pub mod source;
