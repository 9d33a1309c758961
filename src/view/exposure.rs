//! Exposure in lines: pure.

use std::collections::{BTreeMap, BTreeSet};

use super::count;
use super::fold::list;
use super::lines::{Line, Tone};
use crate::exposure::{
    Count, Direction, Door, DoorKind, FarEnd, HopVerdict, Kept, PathKind, Shift, Summary, Tally, Trace,
};

/// Lines of ways that remain, doors and flows; the rest is counted.
const MOST: usize = 8;

/// Before and after a cut, for a plan.
pub fn shift(shift: &Shift) -> Vec<Line> {
    let all = shift.before.interfaces.max(shift.after.interfaces);
    let mut lines = vec![
        Line::new(),
        Line::new()
            .and(Tone::Bold, "Exposure")
            .and(Tone::Dim, format!("  of {}, before → after", count(all, "interface"))),
    ];
    lines.push(Line::detail(
        "in",
        changed(&shift.before.reached_from, &shift.after.reached_from, "reachable from"),
    ));
    lines.push(Line::detail("out", changed(&shift.before.reaching, &shift.after.reaching, "can reach")));
    lines.push(Line::detail("flows", flows(shift)));
    let left: Vec<String> = shift.after.ways.iter().map(way).collect();
    lines.extend(labelled("left", &left));
    let one_way = unanswered(&shift.after);
    lines.extend(one_way.map(|text| Line::detail("", text)));
    lines.extend(labelled("doors", &door_changes(&shift.before.doors, &shift.after.doors)));
    // What could not be seen is the same after; ways that it may close are more before.
    lines.extend(gaps(&shift.before));
    lines
}

/// The exposure of an account, by path.
pub fn summary(summary: &Summary) -> Vec<Line> {
    let mut lines = vec![
        Line::new()
            .and(Tone::Bold, "Exposure")
            .and(Tone::Dim, format!("  of {}", count(summary.interfaces, "interface"))),
    ];
    for (direction, by_place, words) in [
        (Direction::In, &summary.reached_from, "reachable from"),
        (Direction::Out, &summary.reaching, "can reach"),
    ] {
        let label = if direction == Direction::In { "in" } else { "out" };
        let texts: Vec<String> = by_place
            .iter()
            .map(|(at, tally)| format!("{} {words} {}", tallied(*tally), place(*at)))
            .collect();
        let text = if texts.is_empty() { "nothing".to_owned() } else { texts.join("; ") };
        lines.push(Line::detail(label, text));
        let ways = summary.ways.iter().filter(|way| way.direction == direction);
        lines.extend(ways.map(|count| Line::detail("", way(count))));
    }
    lines.extend(unanswered(summary).map(|text| Line::detail("", text)));
    let doors: Vec<String> =
        by_kind(&summary.doors).into_iter().map(|(kind, open)| door(kind, &open)).collect();
    lines.extend(labelled("doors", &doors));
    lines.extend(gaps(summary));
    lines
}

/// One interface, hop by hop.
pub fn traces(interface: &str, traces: &[Trace]) -> Vec<Line> {
    let mut lines = vec![Line::toned(Tone::Bold, interface.to_owned())];
    for trace in traces {
        let direction = match trace.direction {
            Direction::In => "in from",
            Direction::Out => "out to",
        };
        let (tone, word) = match &trace.open {
            Some(_) => (Tone::Warn, "open"),
            None => (Tone::Good, "closed"),
        };
        lines.push(Line::new());
        lines.push(
            Line::new()
                .and(tone, format!("{word:<7}"))
                .and(Tone::Plain, format!("{direction} {}: {}", place(trace.place), trace.packet))
                .indented(7),
        );
        for hop in &trace.hops {
            let (tone, word) = match hop.verdict {
                HopVerdict::Passes => (Tone::Dim, "passes"),
                HopVerdict::Stops => (Tone::Good, "STOPS"),
                HopVerdict::Unknown => (Tone::Warn, "unknown"),
            };
            let line = Line::new().and(tone, format!("    {word:<8}")).and(Tone::Plain, hop.text.clone());
            lines.push(line.indented(12));
        }
        if let Some(open) = &trace.open {
            lines.push(Line::detail("in all", open.clone()));
        }
    }
    lines
}

fn changed(before: &BTreeMap<FarEnd, Tally>, after: &BTreeMap<FarEnd, Tally>, words: &str) -> String {
    let places: BTreeSet<&FarEnd> = before.keys().chain(after.keys()).collect();
    let of = |side: &BTreeMap<FarEnd, Tally>, at: &FarEnd| tallied(side.get(at).copied().unwrap_or_default());
    let texts: Vec<String> = places
        .into_iter()
        .map(|at| format!("{} {words} {} → {}", of(before, at), place(*at), of(after, at)))
        .collect();
    if texts.is_empty() { "nothing, before and after".into() } else { texts.join("; ") }
}

fn tallied(tally: Tally) -> String {
    match (tally.open, tally.unknown) {
        (open, 0) => open.to_string(),
        (open, unknown) => format!("{open} (and perhaps {unknown})"),
    }
}

fn flows(shift: &Shift) -> String {
    let surely = format!("{} cut for open connections too", shift.surely_cut);
    if shift.keeping == 0 {
        return format!("no open connection lives on behind the cut; {surely}");
    }
    let mut kept: Vec<&Kept> = shift.kept.iter().collect();
    kept.sort_by_key(|kept| std::cmp::Reverse(kept.interfaces));
    let mut through: Vec<String> = kept
        .iter()
        .take(MOST)
        .map(|kept| {
            let always = if kept.always_tracked { ", always tracked" } else { "" };
            format!("{} ({}{always})", name(&kept.path.id), kept.interfaces)
        })
        .collect();
    if kept.len() > MOST {
        through.push(format!("{} more", kept.len() - MOST));
    }
    format!(
        "{} may keep connections that are open, new ones stopped: through {}; {surely}",
        shift.keeping,
        through.join(", ")
    )
}

fn unanswered(summary: &Summary) -> Option<String> {
    let (from, to) = (summary.unanswered_in, summary.unanswered_out);
    (from + to > 0).then(|| {
        format!(
            "packets without an answer (UDP, ICMP): {from} can be sent to, {to} can send; no flow comes of it"
        )
    })
}

/// `3 in from the internet by load balancer web: eni-1 tcp 443 from 0.0.0.0/0`.
fn way(count: &Count) -> String {
    let direction = match count.direction {
        Direction::In => "in from",
        Direction::Out => "out to",
    };
    let mut paths: Vec<(&String, &usize)> = count.paths.iter().collect();
    paths.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let mut names: Vec<&str> = paths.iter().take(3).map(|(id, _)| name(id)).collect();
    if paths.len() > 3 {
        names.push("…");
    }
    let example = count.examples.first().map(|e| format!(", as {}: {}", e.interface, e.open));
    format!(
        "{} {direction} {} by {} {}{}",
        tallied(count.interfaces),
        place(count.place),
        kind(count.kind),
        names.join(", "),
        example.unwrap_or_default()
    )
}

/// Returns the name of a resource: the last part but one of a load balancer's ARN, else the id.
fn name(id: &str) -> &str {
    match id.split_once("loadbalancer/") {
        Some((_, rest)) => rest.split('/').nth(1).unwrap_or(rest),
        None => id,
    }
}

fn place(place: FarEnd) -> &'static str {
    match place {
        FarEnd::Internet => "the internet",
        FarEnd::Vpc => "other VPCs",
        FarEnd::OnPremises => "on-premises",
        FarEnd::Service => "services by endpoint",
    }
}

fn kind(kind: PathKind) -> &'static str {
    match kind {
        PathKind::InternetGateway => "internet gateway",
        PathKind::EgressGateway => "egress-only gateway",
        PathKind::NatGateway => "NAT gateway",
        PathKind::NatInstance => "NAT instance",
        PathKind::Peering => "peering",
        PathKind::TransitGateway => "transit gateway",
        PathKind::VpnGateway => "virtual private gateway",
        PathKind::ClientVpn => "Client VPN",
        PathKind::LoadBalancer => "load balancer",
        PathKind::Endpoint => "endpoint",
        PathKind::EndpointService => "endpoint service",
        PathKind::Other => "gateway",
        PathKind::Unknown => "a way not known:",
    }
}

fn by_kind(doors: &[Door]) -> BTreeMap<DoorKind, Vec<&Door>> {
    let mut kinds = BTreeMap::<DoorKind, Vec<&Door>>::new();
    doors.iter().for_each(|door| kinds.entry(door.kind).or_default().push(door));
    kinds
}

fn door(kind: DoorKind, open: &[&Door]) -> String {
    let interfaces: usize = open.iter().map(|door| door.interfaces).sum();
    let at: BTreeSet<&str> = open.iter().map(|door| &*door.at).collect();
    let some: Vec<&str> = at.iter().copied().take(3).collect();
    let more = if at.len() > some.len() { ", …" } else { "" };
    let unknown = if open.iter().all(|door| door.unknown) { "perhaps " } else { "" };
    format!("{}: {unknown}{} ({}{more})", door_words(kind), count(interfaces, "interface"), some.join(", "))
}

fn door_changes(before: &[Door], after: &[Door]) -> Vec<String> {
    let (before, after) = (by_kind(before), by_kind(after));
    let interfaces = |doors: Option<&Vec<&Door>>| -> usize {
        doors.into_iter().flatten().map(|door| door.interfaces).sum()
    };
    let kinds: BTreeSet<&DoorKind> = before.keys().chain(after.keys()).collect();
    kinds
        .into_iter()
        .map(|kind| match after.get(kind) {
            Some(open) => {
                let was = interfaces(before.get(kind));
                let now = interfaces(Some(open));
                let arrow = if was == now { String::new() } else { format!(", was {was}") };
                format!("{}{arrow}", door(*kind, open))
            }
            None => format!("{}: {} → 0", door_words(*kind), interfaces(before.get(kind))),
        })
        .collect()
}

fn door_words(kind: DoorKind) -> &'static str {
    match kind {
        DoorKind::ConnectEndpoint => "Instance Connect endpoint",
        DoorKind::SessionManager => "Session Manager has a way out",
        DoorKind::SerialConsole => "serial console",
        DoorKind::Resolver => "DNS by the VPC's resolver",
        DoorKind::Metadata => "instance metadata",
        DoorKind::GatewayEndpoint => "gateway endpoint",
    }
}

fn gaps(summary: &Summary) -> impl Iterator<Item = Line> {
    let unread = summary.gaps.iter().take(MOST).map(|(section, regions)| {
        let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
        format!("{} not read in {}", section.title(), list(&regions, 3))
    });
    let more = summary.gaps.len().saturating_sub(MOST);
    let more = (more > 0).then(|| format!("{more} more not read (--json has them)"));
    let unseen = [
        (summary.unseen.transit_tables, "route tables of transit gateways are not read: who reaches whom"),
        (summary.unseen.owners, "only the owner of a shared VPC is told of its gateways and links"),
    ];
    let unseen = unseen.into_iter().filter(|(interfaces, _)| *interfaces > 0);
    let unseen = unseen.map(|(interfaces, why)| format!("{why} ({})", count(interfaces, "interface")));
    let lines = unread
        .chain(more)
        .chain(unseen)
        .map(|text| Line::new().and(Tone::Dim, "    unknown ").and(Tone::Warn, text).indented(12));
    lines.collect::<Vec<_>>().into_iter()
}

fn labelled(label: &str, texts: &[String]) -> Vec<Line> {
    let mut lines: Vec<Line> = texts
        .iter()
        .take(MOST)
        .enumerate()
        .map(|(n, text)| Line::detail(if n == 0 { label } else { "" }, text.clone()))
        .collect();
    if texts.len() > MOST {
        lines.push(Line::detail("", format!("and {} more (--json has them)", texts.len() - MOST)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure;
    use crate::exposure::tests::{account, isolated};

    fn texts(lines: &[Line]) -> String {
        lines.iter().map(|line| line.text() + "\n").collect()
    }

    #[test]
    fn a_plan_says_what_was_open_what_is_left_and_which_flows_live_on() {
        let account = account();
        let said = texts(&shift(&exposure::shift(&account, &isolated(&account), false)));
        assert!(said.contains("1 reachable from the internet → 0"), "{said}");
        assert!(said.contains("2 can reach the internet → 0"), "{said}");
        assert!(said.contains("through igw-1 (1), nat-1 (1, always tracked)"), "{said}");
        assert!(said.contains("Session Manager has a way out: 2 → 0"), "{said}");
        assert!(said.contains("DNS by the VPC's resolver: 2 interfaces (vpc-1)"), "{said}");
    }

    #[test]
    fn what_was_not_read_is_told_or_counted() {
        let mut account = account();
        let region = account.regions.values_mut().next().unwrap();
        *region = crate::account::Region::default();
        let summary = exposure::summary(&account, &exposure::of(&account));
        let said = texts(&super::summary(&summary));
        assert_eq!(said.matches(" not read in ").count(), MOST);
        assert!(said.contains(&format!("{} more not read", summary.gaps.len() - MOST)), "{said}");
    }

    #[test]
    fn an_interface_is_explained_hop_by_hop() {
        let traces = exposure::explain(&isolated(&account()), "eni-web").unwrap_or_default();
        let said = texts(&super::traces("eni-web", &traces));
        assert!(said.contains("STOPS   sg-none has no rules (in)"), "{said}");
    }
}
