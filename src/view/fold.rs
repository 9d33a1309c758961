//! Folds targets of one kind that get the same new state into one line, across Regions.

use std::collections::{BTreeMap, BTreeSet};

use super::lines::Line;
use crate::step::{StepId, Target};
use crate::steps;

/// Up to so many alike changes have a line each: whoever is asked about two reads their names.
pub const FEW: usize = 2;

/// Every target has a line of its own.
pub const NEVER: usize = usize::MAX;

/// Names or Regions that a folded line shows.
const SHOWN: usize = 4;

/// One target to show: what it was and what it becomes, or a text alone.
pub struct Row<'a> {
    pub step: StepId,
    pub target: &'a Target,
    pub was: Option<&'a str>,
    pub text: String,
}

/// The property that the targets of one line share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// The state after: a cut gives many states the same future.
    Future,
    /// The state before: a restore turns one state into many.
    Past,
}

/// Lines for targets, in the order of the first of each kind. More than `most` with the same future are
/// one line.
pub fn fold<'a>(
    rows: impl Iterator<Item = Row<'a>>,
    most: usize,
    line: impl Fn(&str, &str) -> Line,
) -> Vec<Line> {
    fold_by(Alike::Future, rows, most, line)
}

/// Lines for targets that have a past or a future in common.
pub fn fold_by<'a>(
    alike: Alike,
    rows: impl Iterator<Item = Row<'a>>,
    most: usize,
    line: impl Fn(&str, &str) -> Line,
) -> Vec<Line> {
    type Key<'a> = (&'a str, String);
    let mut order: Vec<Key<'a>> = vec![];
    let mut groups = BTreeMap::<Key<'a>, Vec<Row<'a>>>::new();
    for row in rows {
        let common = match (alike, row.was) {
            (Alike::Past, Some(was)) => was.to_owned(),
            _ => row.text.clone(),
        };
        let key = (&*row.target.kind, common);
        let group = groups.entry(key.clone()).or_default();
        if group.is_empty() {
            order.push(key);
        }
        group.push(row);
    }
    let mut lines = vec![];
    for key in order {
        let group = &groups[&key];
        if group.len() <= most {
            lines.extend(group.iter().map(|row| {
                let place = row.target.region.as_ref().map_or(String::new(), |region| format!("{region}  "));
                let arrow = row.was.map_or(String::new(), |was| format!("{was} → "));
                line(&format!("{place}{}", name(row)), &format!("{arrow}{}", row.text))
            }));
        } else {
            lines.push(folded(key.0, group, &line));
        }
    }
    lines
}

/// `eu-west-1  12 interfaces`, `7 different states → isolation  (kc-web ×3, … 9 more)`.
fn folded(kind: &str, group: &[Row<'_>], line: &impl Fn(&str, &str) -> Line) -> Line {
    let arrow = match &distinct(group.iter().filter_map(|row| row.was))[..] {
        [] => String::new(),
        [was] => format!("{was} → "),
        many => format!("{} different states → ", many.len()),
    };
    let text = match &distinct(group.iter().map(|row| row.text.as_str()))[..] {
        [text] => (*text).to_owned(),
        many => format!("as before, {} different states", many.len()),
    };
    let regions = counted(group.iter().filter_map(|row| row.target.region.as_deref()));
    // What there is one of in a Region is named by the Region.
    let named = group.iter().filter(|row| row.target.region.as_ref() != Some(&row.target.id));
    let names = counted(named.map(|row| row.target.label.as_deref().unwrap_or(&row.target.id)));
    let (place, more) = match &regions[..] {
        [] => (String::new(), names),
        [(region, _)] => (format!("{region}  "), names),
        several if names.is_empty() => (String::new(), several.to_vec()),
        several => (format!("{}  ", shown(several)), names),
    };
    let more = if more.is_empty() { String::new() } else { format!("  ({})", shown(&more)) };
    line(&format!("{place}{} {}", group.len(), plural(kind)), &format!("{arrow}{text}{more}"))
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    texts.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Counts each name, the most frequent first.
fn counted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(&'a str, usize)> {
    let mut counts = BTreeMap::<&str, usize>::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    let mut names: Vec<(&str, usize)> = counts.into_iter().collect();
    names.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    names
}

fn shown(names: &[(&str, usize)]) -> String {
    let texts: Vec<String> = names
        .iter()
        .map(|(name, n)| if *n == 1 { (*name).to_owned() } else { format!("{name} ×{n}") })
        .collect();
    list(&texts.iter().map(String::as_str).collect::<Vec<_>>(), SHOWN)
}

/// The name of a target on a line of its own: `eni-1 (web)`. The kind stands before an id that does not
/// say it: `isolation-group vpc-1`.
fn name(row: &Row<'_>) -> String {
    let target = row.target;
    let kind = &target.kind;
    if steps::find(row.step).is_some_and(|step| step.lens(target).id_says_kind()) {
        return target.to_string();
    }
    // What there is one of in a Region is named by the Region, which stands before it.
    if target.region.as_ref() == Some(&target.id) {
        return kind.clone();
    }
    match &target.label {
        // An ARN says less than the name in it.
        Some(label) if target.id.starts_with("arn:") => format!("{kind} {label}"),
        _ => format!("{kind} {target}"),
    }
}

/// Some kinds are plural already: the disks of an instance are one target.
pub fn plural(kind: &str) -> String {
    let words = kind.split('-').map(|word| match word {
        "acl" => "ACL",
        "dns" => "DNS",
        "nat" => "NAT",
        "s3" => "S3",
        "vpc" => "VPC",
        "vpn" => "VPN",
        word => word,
    });
    let kind = words.collect::<Vec<_>>().join(" ");
    match () {
        () if kind.ends_with("ss") => format!("{kind}es"),
        () if kind.ends_with("cy") => format!("{}ies", kind.trim_end_matches('y')),
        () if kind.ends_with('s') => kind,
        () => format!("{kind}s"),
    }
}

/// The first few, and how many more.
pub fn list(items: &[&str], most: usize) -> String {
    if items.len() <= most {
        return items.join(", ");
    }
    format!("{}, … {} more", items[..most].join(", "), items.len() - most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(targets: &[Target], most: usize) -> Vec<String> {
        let rows = targets.iter().map(|target| Row {
            step: StepId(520),
            target,
            was: Some("open"),
            text: "shut".into(),
        });
        let lines = fold(rows, most, |what, text| Line::plain(format!("{what}  {text}")));
        lines.iter().map(Line::text).collect()
    }

    #[test]
    fn alike_targets_of_several_regions_are_one_line_that_names_the_regions() {
        let subnet = |region, id: &str| Target::new("subnet", id).region(region);
        let three = [subnet("eu-west-1", "a"), subnet("us-east-1", "b"), subnet("eu-west-1", "c")];
        assert_eq!(lines(&three, FEW), ["eu-west-1 ×2, us-east-1  3 subnets  open → shut  (a, b, c)"]);
        assert_eq!(lines(&three[..2], FEW), ["eu-west-1  a  open → shut", "us-east-1  b  open → shut"]);
        assert_eq!(lines(&three, NEVER).len(), 3);
    }

    #[test]
    fn the_only_target_of_its_kind_in_a_region_is_named_by_the_region() {
        let block = |region: &str| Target::new("block", region).region(region);
        let three = ["a-1", "b-1", "c-1"].map(block);
        assert_eq!(lines(&three, FEW), ["3 blocks  open → shut  (a-1, b-1, c-1)"]);
        assert_eq!(lines(&three[..1], FEW), ["a-1  block  open → shut"]);
    }
}
