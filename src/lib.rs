//! unplug: pull the plug on an AWS account, and put it back.

pub mod account;
pub mod aws;
pub mod config;
mod document;
pub mod playbook;
pub mod scenario;
pub mod sim;
pub mod step;
pub mod steps;

pub use document::Fault;
