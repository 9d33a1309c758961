//! unplug: pull the plug on an AWS account, see what it breaks, and put everything back.
//!
//! Each word means one thing, here and in the docs:
//!
//! | word | meaning |
//! |---|---|
//! | [account] | the typed picture of an AWS account, and nothing else |
//! | [section](account::Section) | a part of it that is read together |
//! | [gap](account::Gap) | a section that could not be read, and why; never "nothing there" |
//! | [step] | one numbered entry of the runbook |
//! | [lens](step::Lens) | one kind of target: its state, the state wanted, and the write between them |
//! | [target](step::Target) | the one thing a change is about |
//! | [change](engine::change::Change) | one target, its state before, its state after |
//! | [plan](engine::plan) | the outcome of a rehearsal on a copy of the account |
//! | [playbook] | a file that lists steps in order, with parameters |
//! | [exposure] | what can get between an interface and the world outside its VPC |
//! | [access] | what a principal can do in the account |
//! | [check](checks) | one thing that must hold before an incident, and how to put it right |
//! | run | one plan carried out; it has an id and a [journal](engine::journal) |
//! | drill | a run on a simulated account |
//! | scenario | a file that describes the simulated account of a drill, with its story |

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests read and write files of their own"))]

pub mod access;
pub mod account;
pub mod aws;
pub mod checks;
pub mod cli;
pub mod collect;
pub mod config;
#[cfg(test)]
mod dice;
mod document;
pub mod engine;
pub mod exposure;
pub mod failure;
pub mod front;
pub mod pipelines;
pub mod playbook;
pub mod probe;
pub mod scenario;
pub mod sim;
pub mod step;
pub mod steps;
pub mod trace;
pub mod view;

pub use document::Fault;
