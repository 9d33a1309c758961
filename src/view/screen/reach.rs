//! What can be reached before and after, as a small table.

use std::collections::BTreeMap;

use super::{TEXT, labelled};
use crate::engine::plan::Plan;
use crate::exposure::{DoorKind, FarEnd, Shift, Tally};
use crate::step::count;
use crate::view::lines::{Line, Tone};

/// ```text
/// reach   of 34 interfaces     in now  after   out now  after   still open after
///         the internet             10      0        23      0   DNS: 1
///         on-premises             3–7      0     12–13      0   metadata: 18
/// ```
pub fn lines(plan: &Plan, tight: bool) -> Vec<Line> {
    let Some(shift) = &plan.exposure else { return vec![] };
    let all = shift.before.interfaces.max(shift.after.interfaces);
    let places = [
        (FarEnd::Internet, "the internet"),
        (FarEnd::Vpc, "other VPCs"),
        (FarEnd::OnPremises, "on-premises"),
        (FarEnd::Service, "AWS by endpoint"),
    ];
    let mut open = still_open(shift).into_iter();
    let head = row(&format!("of {}", count(all, "interface")), ["in now", "after", "out now", "after"]);
    let mut lines = vec![labelled("reach", head, Tone::Dim).and(Tone::Dim, "   still open after")];
    let most = if tight { places.len() - 1 } else { places.len() };
    for (place, name) in places.into_iter().take(most) {
        let sides = [
            &shift.before.reached_from,
            &shift.after.reached_from,
            &shift.before.reaching,
            &shift.after.reaching,
        ];
        if sides.iter().all(|side| !side.contains_key(&place)) {
            continue;
        }
        let cells = sides.map(|side| range(side, place));
        lines.push(line(row(name, cells.each_ref().map(String::as_str)), open.next()));
    }
    lines.extend(open.map(|door| line(row("", [""; 4]), Some(door))));
    lines
}

fn line(row: String, door: Option<String>) -> Line {
    let line = labelled("", row, Tone::Plain);
    match door {
        Some(door) => line.and(Tone::Warn, format!("   {door}")).indented(TEXT),
        None => line,
    }
}

fn row(name: &str, [in_now, in_after, out_now, out_after]: [&str; 4]) -> String {
    format!("{name:<17}{in_now:>8}{in_after:>7}{out_now:>9}{out_after:>7}")
}

/// `3`, or `3–7` where what may close it could not be seen for four.
fn range(side: &BTreeMap<FarEnd, Tally>, place: FarEnd) -> String {
    match side.get(&place).copied().unwrap_or_default() {
        Tally { open, unknown: 0 } => open.to_string(),
        Tally { open, unknown } => format!("{open}–{}", open + unknown),
    }
}

/// What is open after the cut besides, in a few letters.
fn still_open(shift: &Shift) -> Vec<String> {
    let mut by_kind = BTreeMap::<DoorKind, usize>::new();
    for door in &shift.after.doors {
        *by_kind.entry(door.kind).or_default() += door.interfaces;
    }
    let mut open: Vec<String> = by_kind.iter().map(|(kind, n)| format!("{}: {n}", short(*kind))).collect();
    if shift.keeping > 0 {
        open.push(format!("open flows: {}", shift.keeping));
    }
    if open.is_empty() {
        open.push("nothing that is known".into());
    }
    open
}

fn short(kind: DoorKind) -> &'static str {
    match kind {
        DoorKind::ConnectEndpoint => "Instance Connect",
        DoorKind::SessionManager => "Session Manager",
        DoorKind::SerialConsole => "serial console",
        DoorKind::Resolver => "DNS",
        DoorKind::Metadata => "metadata",
        DoorKind::GatewayEndpoint => "S3 by endpoint",
    }
}
