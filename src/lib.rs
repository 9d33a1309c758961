//! unplug: pull the plug on an AWS account, and put it back.

pub mod account;
pub mod aws;
pub mod config;
pub mod engine;
pub mod failure;
pub mod sim;
pub mod step;
pub mod steps;
pub mod view;
