//! What visitors of public names see, in lines: pure. Alike names share a line, what matters most first.

use std::collections::BTreeMap;

use super::count;
use super::fold::list;
use super::lines::{Line, Tone};
use super::screen::labelled;
use crate::front::{Front, NameSeen, NameShift, Seen};
use crate::probe::{Look, Verdict, verdict, words};

/// Lines of names on the first screen; the rest is counted.
const ON_THE_SCREEN: usize = 4;

/// Names that a line shows.
const SHOWN: usize = 2;

/// The order in which groups of names are shown: what visitors lose first, what stays last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// They see nothing or an error, and saw more before.
    Lost,
    /// They see something else: the page.
    Changed,
    NotKnown,
    /// They see what they saw before.
    Same,
}

/// Names of which visitors see the same before and the same after.
struct Group<'a> {
    rank: Rank,
    names: Vec<&'a NameShift>,
    before: Seen,
    after: Seen,
}

/// With `reasons` apart, names of which it is not known for other reasons are not alike.
fn groups(front: &Front, reasons: bool) -> Vec<Group<'_>> {
    let plain = |seen: &Seen| match seen {
        Seen::Perhaps(_) if !reasons => Seen::Perhaps(vec![]),
        seen => seen.clone(),
    };
    let mut all = BTreeMap::<(Rank, Seen, Seen), Vec<&NameShift>>::new();
    for name in &front.names {
        all.entry((rank(name), plain(&name.after), plain(&name.before))).or_default().push(name);
    }
    let group = |((rank, after, before), names)| Group { rank, names, before, after };
    all.into_iter().map(group).collect()
}

fn rank(name: &NameShift) -> Rank {
    match &name.after {
        Seen::Perhaps(_) => Rank::NotKnown,
        after if *after == name.before => Rank::Same,
        Seen::TimesOut | Seen::Error(_) => Rank::Lost,
        Seen::Page(_) | Seen::Answers => Rank::Changed,
    }
}

impl Group<'_> {
    /// `3 names (a.example.com, b.example.com … 1 more)`, or the one name.
    fn who(&self, most: usize) -> String {
        let names: Vec<&str> = self.names.iter().map(|name| &*name.name).collect();
        match names[..] {
            [one] => one.to_owned(),
            _ => format!("{} ({})", count(names.len(), "name"), list(&names, most)),
        }
    }

    fn what(&self) -> String {
        if self.before == self.after {
            return format!("{}, as before", self.after.words());
        }
        in_turn(&[&self.before, &self.after])
    }

    fn tone(&self) -> Tone {
        match self.rank {
            Rank::Lost => Tone::Cut,
            Rank::Changed => Tone::Plain,
            Rank::NotKnown => Tone::Warn,
            Rank::Same => Tone::Dim,
        }
    }
}

/// What is seen at one time after the other: `a → b`. Reasons that hold at every time stand once, at the end.
fn in_turn(times: &[&Seen]) -> String {
    let doubts = |seen: &&Seen| match seen {
        Seen::Perhaps(why) => Some(why.clone()),
        _ => None,
    };
    let all: Vec<Vec<String>> = times.iter().filter_map(doubts).collect();
    let shared: Vec<String> = match all.split_first() {
        Some((first, rest)) if all.len() == times.len() => {
            first.iter().filter(|why| rest.iter().all(|other| other.contains(why))).cloned().collect()
        }
        _ => vec![],
    };
    if shared.is_empty() {
        return times.iter().map(|seen| seen.words()).collect::<Vec<_>>().join(" → ");
    }
    let own = |why: &Vec<String>| {
        let own: Vec<&str> = why.iter().filter(|why| !shared.contains(why)).map(|why| &**why).collect();
        if own.is_empty() { "nothing more".to_owned() } else { own.join("; ") }
    };
    let own: Vec<String> = all.iter().map(own).collect();
    format!("not known: {}; and all the time: {}", own.join(" → "), shared.join("; "))
}

/// The lines of a first screen: at most five, and the zones that were not read. A tight one has one line.
pub fn screen(front: &Front, tight: bool) -> Vec<Line> {
    let groups = groups(front, false);
    let mut lines: Vec<Line> = match (tight, groups.is_empty()) {
        (_, true) if front.unread.is_empty() => {
            vec![labelled("names", "no public name leads to this account", Tone::Dim)]
        }
        (_, true) => vec![],
        (true, false) => vec![labelled("names", counted(front), Tone::Plain)],
        (false, false) => {
            let shown = groups.iter().take(ON_THE_SCREEN).enumerate();
            let line = |(at, group): (usize, &Group<'_>)| {
                let text = format!("{}: {}", group.who(SHOWN), short(group));
                labelled(if at == 0 { "names" } else { "" }, text, group.tone())
            };
            shown.map(line).collect()
        }
    };
    let rest: usize = groups.iter().skip(ON_THE_SCREEN).map(|group| group.names.len()).sum();
    if rest > 0 && !tight {
        lines.push(labelled("", format!("{} more: --details", count(rest, "name")), Tone::Dim));
    }
    for unread in &front.unread {
        let label = if lines.is_empty() { "names" } else { "" };
        lines.push(labelled(label, format!("not read: {unread}"), Tone::Alert));
    }
    lines
}

/// How many names show what: `visitors see after it: 2 maintenance page, 3 not known`.
fn counted(front: &Front) -> String {
    let kind = |name: &NameShift| match name.after {
        Seen::TimesOut => "no answer",
        Seen::Error(_) => "error",
        Seen::Page(_) => "maintenance page",
        Seen::Perhaps(_) => "not known",
        Seen::Answers => "site",
    };
    let kinds = ["no answer", "error", "maintenance page", "not known", "site"];
    let numbers = kinds.map(|of| (of, front.names.iter().filter(|name| kind(name) == of).count()));
    let some = numbers.iter().filter(|(_, number)| *number > 0);
    let words: Vec<String> = some.map(|(of, number)| format!("{number} {of}")).collect();
    format!("visitors see after it: {}", words.join(", "))
}

/// On the first screen the reasons are left to `--details`.
fn short(group: &Group<'_>) -> String {
    match (&group.before, &group.after) {
        (Seen::Perhaps(_), Seen::Perhaps(_)) => "not known what visitors see".into(),
        (before, Seen::Perhaps(_)) => format!("{} → not known", before.words()),
        (Seen::Perhaps(_), after) => format!("→ {}", after.words()),
        _ => group.what(),
    }
}

/// Every group of names with its reasons.
pub fn details(front: &Front) -> Vec<Line> {
    let title = format!("  of {}, before → after, by configuration", count(front.names.len(), "public name"));
    let mut lines = vec![Line::new(), Line::new().and(Tone::Bold, "What visitors see").and(Tone::Dim, title)];
    for group in groups(front, true) {
        lines.push(Line::detail("names", format!("{}: {}", group.who(usize::MAX), group.what())));
        let kept = group.names.iter().filter_map(|name| Some((name.kept_for?, &*name.name))).max();
        if let Some((seconds, name)) = kept {
            let text = format!("resolvers keep the old answer for up to {seconds} s ({name})");
            lines.push(Line::detail("", text));
        }
    }
    lines.extend(front.unread.iter().map(|unread| Line::detail("not read", unread.clone())));
    lines
}

/// The names one by one at three times: before a cut, during it, after the restore.
pub fn times(before: &Front, restored: &Front) -> Vec<Line> {
    let title = "  of each public name: before → during → after, by configuration; nobody was asked";
    let mut lines = vec![Line::new(), Line::new().and(Tone::Bold, "What visitors saw").and(Tone::Dim, title)];
    for name in &before.names {
        let after = restored.names.iter().find(|after| after.name == name.name);
        let unread = Seen::Perhaps(vec!["its zone was not read again".into()]);
        let after = after.map_or(&unread, |after| &after.after);
        let text = if name.before == name.after && name.after == *after {
            format!("{}: {}, all the time", name.name, after.words())
        } else {
            format!("{}: {}", name.name, in_turn(&[&name.before, &name.after, after]))
        };
        lines.push(Line::detail("name", text));
    }
    lines.extend(before.unread.iter().map(|unread| Line::detail("not read", unread.clone())));
    lines
}

/// What each name said when it was asked.
pub fn looks(looks: &[(NameSeen, Look)]) -> Vec<Line> {
    if looks.is_empty() {
        return vec![];
    }
    let title = "  each asked once from this machine; another edge or resolver may say something else";
    let mut lines = vec![Line::new(), Line::new().and(Tone::Bold, "What visitors get").and(Tone::Dim, title)];
    lines.extend(looks.iter().map(|(name, look)| {
        let (tone, label) = match verdict(look, &name.seen) {
            Verdict::AsConfigured => (Tone::Good, "as cut"),
            Verdict::Otherwise => (Tone::Bad, "differs"),
            Verdict::Unknown => (Tone::Warn, "unsure"),
        };
        let text = format!("{}: {}", name.name, words(look, &name.seen));
        Line::new().and(tone, format!("    {label:<8}")).and(Tone::Plain, text).indented(12)
    }));
    lines
}

/// The same for programs.
pub fn looks_json(looks: &[(NameSeen, Look)]) -> Vec<serde_json::Value> {
    let one = |(name, look): &(NameSeen, Look)| {
        serde_json::json!({
            "name": name.name, "configured": name.seen, "found": look, "verdict": verdict(look, &name.seen),
            "words": words(look, &name.seen),
        })
    };
    looks.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_stay_are_said_once() {
        let perhaps = |why: &[&str]| Seen::Perhaps(why.iter().map(|why| (*why).to_owned()).collect());
        let (was, during) =
            (perhaps(&["the site (weighted)", "x unread"]), perhaps(&["the page (weighted)", "x unread"]));
        assert_eq!(
            in_turn(&[&was, &during, &was]),
            "not known: the site (weighted) → the page (weighted) → the site (weighted); and all the time: x unread"
        );
        assert_eq!(
            in_turn(&[&Seen::Answers, &during]),
            "the site answers → not known: the page (weighted); x unread"
        );
        assert_eq!(
            in_turn(&[&perhaps(&["x unread"]), &was]),
            "not known: nothing more → the site (weighted); and all the time: x unread"
        );
    }
}
