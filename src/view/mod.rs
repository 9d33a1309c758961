//! What people and programs see. The only place that prints.
//!
//! Every string is escaped on its way out, whoever made it: a tag, a user name or an error message
//! may hold terminal escapes. See docs/decisions.

pub mod exposure;
pub mod first;
mod fold;
pub mod hold;
pub mod json;
pub mod lines;
pub mod people;
pub mod plan;
pub mod policy;
mod printer;
mod value;

pub use crate::step::count;
pub use lines::{Line, Tone, Word, paragraphs};
pub use printer::{Color, Printer, lost};
pub use value::short;
