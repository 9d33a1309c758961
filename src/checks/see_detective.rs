//! Amazon Detective keeps the history of every Region.

use crate::account::watchers::GRAPH;
use crate::account::{OfType, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "see-detective",
    group: Group::See,
    title: "Detective keeps the history of every Region",
    severity: Severity::Low,
    why: "It shows what a principal did over a year, and from where. Turned on during an incident it knows little: \
          the history begins then.",
    fix: "aws detective create-graph --region REGION; in an Organization its administrator adds the account: a \
          graph that another account administers is not seen from here, and an exception accepts that",
    needs: &[Section::Watchers],
    also: &[],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    for (region, graphs) in facts.watchers(&GRAPH, answer) {
        if graphs.is_none_or(|graphs: &OfType| graphs.is_empty()) {
            answer.fail(region, Some(region), format!("this account has no graph of Detective in {region}"));
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("this account has no graph of Detective in {n} Regions");
    }
    "on in every Region".clone_into(&mut answer.said);
}
