//! The prompts, on a real terminal.

mod drill;
mod facilitate;
mod prepare;
mod pull;
pub(crate) mod terminal;
