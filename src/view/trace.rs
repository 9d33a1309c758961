//! What a trace found, in lines: pure.

use super::count;
use super::lines::{Line, Tone};
use crate::trace::{Count, Credential, NEVER_RECORDED, Report};

/// Entries of one list; the rest is counted.
const MOST: usize = 10;
/// Columns of a row that are neither the credential nor its maker.
const FIXED: usize = 42;

/// What is said before the first call: the rate, and what is known of the time.
pub fn beforehand(regions: usize, lookups: usize, since: &str, everything: bool) -> Vec<Line> {
    let least = lookups.div_ceil(2).max(1);
    let each = count(regions, "Region");
    let mut text = format!(
        "Reading CloudTrail's event history since {since} in {each}: AWS takes 2 calls a second in each, and a call \
         returns 50 events. At least {}; how many events there are is not known beforehand.",
        count(least, "second")
    );
    if everything {
        text += " No lookup finds an address: every event of that time is read, and the address's are kept. 1,000 \
                 events take 10 seconds in each Region.";
    }
    vec![Line::toned(Tone::Dim, text)]
}

/// The report on a terminal of this width.
pub fn report(report: &Report, columns: usize) -> Vec<Line> {
    let head = Line::new().and(Tone::Bold, "Trace   ").and(Tone::Plain, report.suspects.join(", "));
    let mut lines = vec![head.indented(8)];
    let (Some(first), Some(last)) = (&report.first, &report.last) else {
        lines.push(Line::detail(
            "events",
            "none: the event history that was read has nothing of it, which proves nothing",
        ));
        lines.extend(unseen(report));
        return lines;
    };
    let writes: usize = report.did.iter().map(|count| count.times).sum();
    let denied: usize = report.denied.iter().map(|count| count.times).sum();
    let events = count(report.events, "event");
    let text = format!("{events} from {first} to {last}: {writes} changed something, {denied} denied");
    lines.push(Line::detail("events", text));
    let most_first = |counts: &std::collections::BTreeMap<String, usize>| {
        let mut all: Vec<(&String, &usize)> = counts.iter().collect();
        all.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        all.into_iter().map(|(what, times)| format!("{what} ({times})")).collect::<Vec<_>>()
    };
    lines.push(Line::detail("from", listed(&most_first(&report.addresses))));
    lines.push(Line::detail("agent", listed(&most_first(&report.agents))));
    lines.push(Line::new());
    lines.extend(credentials(&report.credentials, columns));
    lines.push(Line::new());
    lines.extend(made(report));
    for (label, counts) in
        [("did", &report.did), ("read", &report.read), ("denied", &report.denied), ("failed", &report.failed)]
    {
        let texts: Vec<String> = counts.iter().map(counted).collect();
        if !texts.is_empty() {
            lines.push(Line::detail(label, listed(&texts)));
        }
    }
    lines.extend(unseen(report));
    lines.extend(next(report));
    lines
}

/// One row a credential: which, who made it, when it was used.
fn credentials(all: &[Credential], columns: usize) -> Vec<Line> {
    let width = columns.min(140).saturating_sub(FIXED) / 2;
    let row = |tone, cells: [&str; 6]| {
        let [id, by, first, last, calls, denied] = cells;
        let (id, by) = (cut(id, width), cut(by, width));
        let text = format!("    {id:<width$} {by:<width$} {first:<11} {last:<11} {calls:>5} {denied:>6}");
        Line::toned(tone, text)
    };
    let mut lines =
        vec![row(Tone::Dim, ["credential", "made by", "first used", "last used", "calls", "denied"])];
    for one in all {
        let by = one.made_by.as_deref().map_or("not in the history", short);
        let (calls, denied) = (one.calls.to_string(), one.denied.to_string());
        let time = |time: &Option<String>| time.as_deref().map(minute).unwrap_or_default();
        let tone = if one.calls > 0 { Tone::Plain } else { Tone::Dim };
        lines.push(row(tone, [short(&one.id), by, &time(&one.first), &time(&one.last), &calls, &denied]));
    }
    lines
}

/// What a person needs of an ARN: the kind and the name.
fn short(id: &str) -> &str {
    if id.starts_with("arn:") { id.splitn(6, ':').nth(5).unwrap_or(id) } else { id }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// `11-22 02:19` of an RFC 3339 time: within 90 days a year says nothing.
fn minute(time: &str) -> String {
    let shown = time.get(5..16).unwrap_or(time);
    shown.replace('T', " ")
}

/// One line a thing that was made, with the option that adds it to a cut.
fn made(report: &Report) -> Vec<Line> {
    let lines = report.made.iter().map(|made| {
        let of = made.of.as_deref().map(|of| format!(" ({of})")).unwrap_or_default();
        let text = format!("{} {} {} {}{of}", minute(&made.time), made.region, made.kind, made.id);
        let line = Line::new().and(Tone::Warn, "    made    ").and(Tone::Plain, text);
        match &made.offer {
            Some(offer) if !offer.is_named() => {
                line.and(Tone::Plain, format!("  step {} acts on it", offer.step))
            }
            Some(offer) => line.and(Tone::Plain, format!("  step {} cuts it: {}", offer.step, offer.words())),
            None => line.and(Tone::Plain, "  no step cuts it: by hand"),
        }
        .indented(12)
        .whole()
    });
    let lines: Vec<Line> = lines.collect();
    if lines.is_empty() { vec![Line::detail("made", "nothing, by the events that were read")] } else { lines }
}

fn counted(count: &Count) -> String {
    let times = if count.times > 1 { format!(" ×{}", count.times) } else { String::new() };
    format!("{}{times} {}", count.what, count.region)
}

fn listed(texts: &[String]) -> String {
    let more = texts.len().saturating_sub(MOST);
    let shown = texts.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more (--json has each)") } else { shown }
}

/// What was not looked at, and what no history has.
fn unseen(report: &Report) -> Vec<Line> {
    let gap = |text: &String| {
        Line::new().and(Tone::Alert, "    GAP     ").and(Tone::Plain, text.clone()).indented(12)
    };
    let never = Line::detail("never", NEVER_RECORDED);
    report.unseen.iter().map(gap).chain([never]).collect()
}

/// The next command, with everything that was made as a target.
fn next(report: &Report) -> Option<Line> {
    let mut words = String::new();
    for option in ["key", "principal", "instance"] {
        let offers =
            report.made.iter().filter_map(|made| made.offer.as_ref()).filter(|offer| offer.option == option);
        let mut values: Vec<&str> = offers.map(|offer| &*offer.value).collect();
        if option == "key" {
            // A session's key is no long-term key: it ends with the user or the role that it is of.
            values.extend(report.suspects.iter().map(|s| &**s).filter(|suspect| suspect.starts_with("AKIA")));
        }
        values.sort_unstable();
        values.dedup();
        // A plan of named instances leaves out what is wider: those have a command of their own.
        if !values.is_empty() && option != "instance" {
            words += &format!(" --{option} {}", values.join(","));
        }
    }
    (!words.is_empty())
        .then(|| Line::new().and(Tone::Bold, format!("next    unplug plan{words}")).indented(8).whole())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Events;
    use crate::trace::Suspect;

    fn shown(columns: usize) -> Vec<String> {
        let account = crate::scenario::load("kettle-and-crane").unwrap().account;
        let events: &Events = account.events.read().unwrap();
        let found = Report::of(events, &[Suspect::key("AKIAKCDEPLOY7EXAMPLE").unwrap()].into());
        report(&found, columns)
            .iter()
            .flat_map(|line| line.render(false, columns).lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn a_report_fits_the_widths_of_terminals() {
        for columns in [80, 100, 140] {
            let rows = shown(columns);
            assert!(rows.iter().all(|row| row.chars().count() <= columns), "{columns}: {rows:#?}");
            assert!(rows.len() <= 24, "{columns}: {} rows: {rows:#?}", rows.len());
        }
    }

    #[test]
    fn a_report_names_who_what_and_the_next_command() {
        let rows = shown(100).join("\n");
        for part in [
            "19 events from 2026-11-20T15:02:11Z",
            "198.51.100.142 (16)",
            "not in the history",
            "Spot fleet sfr-5d1f6a0e",
            "step 505 acts on it",
            "no step cuts it: by hand",
            "denied  iam:ListUsers us-east-1",
            "failed  ec2:RunInstances ap-northeast-1",
            "next    unplug plan --key AKIAKCDEPLOY7EXAMPLE",
        ] {
            assert!(rows.contains(part), "{part}: {rows}");
        }
    }
}
