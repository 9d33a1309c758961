//! What there is to say about doors of one kind.

use crate::account::Properties;
use crate::account::other_doors::{Door, Reached};
use crate::step::{count, first_few};

/// How many names a line has before it counts the rest.
const MOST_NAMES: usize = 8;

/// `EKS clusters`.
pub(super) fn plural(door: &Door) -> String {
    let two = count(2, door.noun);
    two.strip_prefix("2 ").unwrap_or(&two).to_owned()
}

/// A door's name, and what more its properties say of an open one.
pub(super) fn named(door: &Door, id: &str, properties: &Properties, reached: Reached) -> String {
    let name = door.called(id, properties);
    let more = door.more.filter(|_| reached == Reached::Public);
    let more = more.and_then(|(at, words)| Some(format!(" ({words} {})", properties.get(at)?)));
    format!("{name}{}", more.unwrap_or_default())
}

/// The doors of one kind that are reached alike, and how to close them where they are open.
pub(super) fn line(door: &Door, reached: Reached, names: &[String]) -> String {
    let names_said = first_few(names, MOST_NAMES);
    let doors = count(names.len(), door.noun);
    match reached {
        Reached::Public => {
            format!("{doors}, public and not covered: {names_said}; by hand: {}", door.by_hand)
        }
        Reached::Private => {
            format!("{doors}, not covered and not public as far as its properties say: {names_said}")
        }
        Reached::Unsaid => format!(
            "{doors}, not covered; whether they are public is not known: {names_said}; by hand: {}",
            door.by_hand
        ),
    }
}
