//! How a drill went on after the cut, with a thief in its account: pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fold::list;
use super::lines::{Line, Tone};
use super::{agree, count};
use crate::engine::hold::Round;
use crate::sim::adversary::{AIMS, Adversary, Credential, MOVES, Played};

/// Things that a line names; the rest is counted.
const MOST: usize = 2;
/// Moments that are told: the first and the last ones.
const FIRST: usize = 12;
const LAST: usize = 3;

/// What he reached at one time: aims by their actions, each with a credential.
pub type Reach = BTreeSet<(&'static str, String)>;

/// What he reaches now, each credential by its name.
pub fn reach<'a>(reached: impl IntoIterator<Item = (&'static str, &'a Credential)>) -> Reach {
    reached.into_iter().map(|(aim, with)| (aim, with.named())).collect()
}

/// A drill after its cut: the thief's moves, what the watch found, and what he reached before and after.
pub struct Aftermath<'a> {
    pub thief: &'a Adversary,
    pub rounds: &'a [Round],
    pub before: &'a Reach,
    pub after: &'a Reach,
}

impl Aftermath<'_> {
    /// What came back, what holds and what he can do still; then what happened, in the order of time.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = vec![Line::new(), Line::toned(Tone::Bold, "After the cut")];
        lines.extend(self.ends());
        lines.push(Line::new());
        let mut moments = self.moves();
        moments.extend(self.refusals());
        moments.extend(self.looks());
        moments.sort_by_key(|(at, _)| *at);
        let all: Vec<Line> = moments.into_iter().map(|(_, line)| line).collect();
        let hidden = all.len().saturating_sub(FIRST + LAST);
        let (first, rest) = all.split_at(all.len().min(FIRST));
        lines.extend_from_slice(first);
        if hidden > 0 {
            let text = format!("    … and {} (--json has each)", count(hidden, "more line"));
            lines.push(Line::toned(Tone::Dim, text));
        }
        lines.extend_from_slice(&rest[hidden..]);
        lines
    }

    /// His moves, the same of one moment in one line.
    fn moves(&self) -> Vec<(Timestamp, Line)> {
        let mut moments: Vec<(Timestamp, &'static str)> = vec![];
        // His sessions end and are made anew: told once, when he comes in.
        let came = self.came();
        let told = |one: &&Played| Some(one.at) == came || !is_preparation(one.name);
        for played in self.thief.played().iter().filter(told) {
            if !moments.contains(&(played.at, played.name)) {
                moments.push((played.at, played.name));
            }
        }
        let line = |(at, name): (Timestamp, &'static str)| {
            let same = self.thief.played().iter().filter(|played| (played.at, played.name) == (at, name));
            let same: Vec<&Played> = same.collect();
            let does = MOVES.iter().find(|one| one.name == name).map_or(name, |one| one.does);
            let with: BTreeSet<String> = same.iter().map(|played| played.with.named()).collect();
            let on = same.iter().map(|played| &*played.on).collect::<BTreeSet<&str>>();
            let times = if on.len() < same.len() { format!(", {} times", same.len()) } else { String::new() };
            let text = format!("{does} ({}{times}), with {}", few(&on), few(&with));
            (at, moment(at, Tone::Bad, "thief", text))
        };
        moments.into_iter().map(line).collect()
    }

    /// How many calls were refused him at each time at which he undid nothing.
    fn refusals(&self) -> Vec<(Timestamp, Line)> {
        let undid = |at: Timestamp| {
            self.thief.played().iter().any(|played| played.at == at && !is_preparation(played.name))
        };
        let came = self.came();
        // A role that never trusted him is none of a cut.
        let refused = self.thief.refusals().iter().filter(|refusal| !refusal.action.starts_with("sts:"));
        let at: BTreeSet<Timestamp> = refused.map(|refusal| refusal.at).collect();
        let at = at.into_iter().filter(|at| Some(*at) != came && !undid(*at));
        let line = |at: Timestamp| {
            let same = self.thief.refusals().iter().filter(|refusal| refusal.at == at);
            let actions: Vec<&str> = same.map(|refusal| refusal.action).collect();
            let each: BTreeSet<&str> = actions.iter().copied().collect();
            let text = format!("is refused {}: {}", count(actions.len(), "call"), few(&each));
            (at, moment(at, Tone::Good, "thief", text))
        };
        at.map(line).collect()
    }

    /// When he came in, and nothing was cut.
    fn came(&self) -> Option<Timestamp> {
        self.thief.played().first().map(|played| played.at)
    }

    /// What the looks found that found something, and the last one.
    fn looks(&self) -> Vec<(Timestamp, Line)> {
        let last = self.rounds.len().saturating_sub(1);
        let told = self.rounds.iter().enumerate();
        let told = told.filter(|(number, round)| *number == last || round.open() > 0 || round.gaps > 0);
        told.map(|(_, round)| {
            let text = look(round);
            let tone = if round.open() + round.gaps == 0 { Tone::Good } else { Tone::Warn };
            (round.at, moment(round.at, tone, "watch", text))
        })
        .collect()
    }

    fn ends(&self) -> Vec<Line> {
        let (open, again): (usize, usize) = self
            .rounds
            .iter()
            .fold((0, 0), |(open, again), round| (open + round.open(), again + round.cut_again));
        let found = self.rounds.iter().filter(|round| round.open() > 0).count();
        let back = match open {
            0 => "nothing".to_owned(),
            _ => {
                let found = count(found, "look");
                format!("{} came back, found by {found}; {again} cut again", count(open, "change"))
            }
        };
        let mut lines = vec![Line::detail("undone", back)];
        lines.extend(self.rounds.last().map(|last| self.held(last)));
        lines.push(Line::detail("before", format!("the thief could {}", self.could(self.before))));
        let can = if self.after.is_empty() {
            "the thief can do nothing that he is after".to_owned()
        } else {
            format!("the thief can {}", self.could(self.after))
        };
        let tone = if self.after.is_empty() { Tone::Good } else { Tone::Warn };
        lines.push(Line::new().and(Tone::Dim, "    after   ").and(tone, can).indented(12));
        lines
    }

    /// What holds at the end, and since which look.
    fn held(&self, last: &Round) -> Line {
        let holds = last.changes - last.broken;
        let whole = self.rounds.iter().rev().take_while(|round| round.open() + round.gaps == 0).last();
        let since = match whole {
            Some(first) => format!(", from {} to {}", time(first.at), time(last.at)),
            None => String::new(),
        };
        let text = format!("{holds} of {}{since}", agree(last.changes, "change", "holds", "hold"));
        let tone = if whole.is_some() { Tone::Good } else { Tone::Bad };
        Line::new().and(Tone::Dim, "    held    ").and(tone, text).indented(12)
    }

    /// `read secrets and send mail, with function booking (role booking)`
    fn could(&self, reach: &Reach) -> String {
        let aims = AIMS.iter().filter(|(aim, _)| reach.iter().any(|(reached, _)| reached == aim));
        let aims: Vec<&str> = aims.map(|(_, words)| *words).collect();
        let with: BTreeSet<&str> = reach.iter().map(|(_, with)| &**with).collect();
        let with = if with.len() > MOST { count(with.len(), "credential") } else { few(&with) };
        format!("{}, with {with}", list(&aims, AIMS.len()))
    }

    /// The same as one object of JSON.
    pub fn json(&self) -> Value {
        let moves = self.thief.played().iter().map(|played| {
            json!({
                "at": played.at, "move": played.name, "on": played.on, "with": played.with.named(),
                "calls": played.actions,
            })
        });
        let refused =
            self.thief.refusals().iter().map(
                |refusal| json!({ "at": refusal.at, "call": refusal.action, "with": refusal.with.named() }),
            );
        let reach = |reach: &Reach| -> Vec<Value> {
            reach.iter().map(|(aim, with)| json!({ "can": aim, "with": with })).collect()
        };
        json!({
            "event": "adversary", "moves": moves.collect::<Vec<_>>(), "refused": refused.collect::<Vec<_>>(),
            "looks": self.rounds, "before": reach(self.before), "after": reach(self.after),
        })
    }
}

/// Does the move make credentials alone, and undo nothing?
fn is_preparation(name: &str) -> bool {
    MOVES.iter().any(|one| one.name == name && one.is_made_beforehand())
}

/// `6 of 6 changes had come back; 6 cut again`
fn look(round: &Round) -> String {
    let mut parts = vec![];
    if round.broken > 0 {
        parts.push(format!("{} of {} had come back", round.broken, count(round.changes, "change")));
    }
    if round.appeared > 0 {
        parts.push(format!("{} appeared", agree(round.appeared, "change", "has", "have")));
    }
    if round.gaps > 0 {
        parts.push(format!("{} could not be looked at", round.gaps));
    }
    if parts.is_empty() {
        return format!("{} of {}", round.changes, agree(round.changes, "change", "holds", "hold"));
    }
    if round.cut_again > 0 {
        parts.push(format!("{} cut again", round.cut_again));
    }
    if round.failed > 0 {
        parts.push(format!("{} could not be cut again", round.failed));
    }
    parts.join("; ")
}

fn moment(at: Timestamp, tone: Tone, who: &str, text: String) -> Line {
    let line = Line::new().and(Tone::Dim, format!("    {}  ", time(at))).and(tone, format!("{who}  "));
    line.and(Tone::Plain, text).indented(21)
}

fn time(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

fn few<T: AsRef<str>>(items: &BTreeSet<T>) -> String {
    list(&items.iter().map(AsRef::as_ref).collect::<Vec<_>>(), MOST)
}
