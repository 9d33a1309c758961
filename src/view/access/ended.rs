//! What a cut takes from one principal, in lines.

use crate::access::ended::{After, Ended};
use crate::access::report::Sureness;
use crate::view::lines::{Line, Tone};

/// The powers that a cut ends, by the statement that ends them, and those that stay. `cut`: its playbook and
/// steps.
pub fn ended(after: &After, cut: &str) -> Vec<Line> {
    let head = Line::new().and(Tone::Bold, "After   ").and(Tone::Plain, format!("{cut}, as rehearsed"));
    let mut lines = vec![Line::new(), head.indented(8)];
    if after.acts.is_no() {
        lines.push(Line::detail(
            "acts",
            "not with new credentials: its keys and its password are off".to_owned(),
        ));
    }
    let is_ended = |one: &&Ended| one.after != one.before && one.after != Sureness::Yes;
    let (gone, stay): (Vec<&Ended>, Vec<&Ended>) = after.powers.iter().partition(is_ended);
    let mut told: Vec<&str> = vec![];
    for one in &gone {
        let because = one.because.as_deref().unwrap_or_default();
        if told.contains(&because) {
            continue;
        }
        told.push(because);
        let alike = gone.iter().filter(|other| other.because.as_deref().unwrap_or_default() == because);
        let word = |one: &Ended| match one.after {
            Sureness::Perhaps(_) => format!("{} (perhaps still)", one.power.words()),
            _ => one.power.words().to_owned(),
        };
        let alike: Vec<String> = alike.map(|one| word(one)).collect();
        lines.push(Line::detail("ends", alike.join(", ")));
        if !because.is_empty() {
            lines.push(Line::detail("", because.to_owned()));
        }
    }
    if !stay.is_empty() {
        let words: Vec<&str> = stay.iter().map(|one| one.power.words()).collect();
        lines.push(Line::detail("stays", words.join(", ")));
    }
    if after.powers.is_empty() {
        lines.push(Line::detail("", "it has no power that a cut could end".to_owned()));
    }
    lines
}
