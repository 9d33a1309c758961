//! The prompts, on a real terminal.

mod drill;
mod pull;
pub(crate) mod terminal;
