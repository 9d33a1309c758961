//! What people and programs see. The only place that prints.
//!
//! Every string is escaped on its way out, whoever made it: a tag, a user name or an error message
//! may hold terminal escapes. See docs/decisions.

pub mod access;
pub mod checks;
pub mod exposure;
pub mod first;
mod fold;
pub mod front;
pub mod handout;
pub mod hold;
pub mod json;
pub mod lines;
pub mod people;
pub mod pipelines;
pub mod plan;
pub mod policy;
mod printer;
pub mod question;
pub mod screen;
mod summary;
pub mod tabletop;
pub mod thief;
mod time;
pub mod trace;
mod value;

pub use crate::step::{agree, count};
pub use fold::list;
pub use lines::{Line, Tone, Word, paragraphs};
pub use printer::{Color, Printer};
pub use summary::summary;
pub use time::about;
pub use value::short;
