//! Who would put a cut back: the line of the first screen, the lines of a step, and the notes on a run. Pure.

use std::collections::BTreeMap;

use super::fold::{list, plural};
use super::lines::{Line, Tone};
use super::screen::does;
use crate::engine::change::Change;
use crate::engine::plan::{Plan, StepPlan};
use crate::pipelines::notes::{Action, Deed, DriftNotes, Note, Stands, Target};
use crate::pipelines::{Deployers, Owner, Unread};
use crate::step::{agree, count};

/// Names that a line shows of many.
const SHOWN: usize = 4;

/// Targets that a note lists before it counts the rest.
const MOST_TARGETS: usize = 12;

/// The lines of a plan's first screen that are to be read: how many targets somebody would put back, and what
/// was not read of pipelines. None where nobody would and all was read, or nothing is cut.
pub fn to_read(plan: &Plan) -> Vec<Line> {
    let cutting = || plan.steps.iter().filter(|step| !does(step).saves()).flat_map(|step| &step.changes);
    let owned =
        cutting().filter(|change| change.owners.as_ref().is_some_and(|owners| !owners.is_empty())).count();
    let mut lines = vec![];
    if owned > 0 {
        let text = format!(
            "{owned} of {} to stacks or pipelines that would put them back: --details",
            agree(cutting().count(), "target", "belongs", "belong"),
        );
        lines.push(headed("FIND", Tone::Warn, text));
    }
    if cutting().next().is_some() {
        let unread = plan.deployers.iter().flat_map(|deployers: &Deployers| &deployers.unread);
        lines.extend(of_unread(unread));
    }
    lines
}

/// `FIND        text`: a line that is of no step.
fn headed(word: &str, tone: Tone, text: impl Into<String>) -> Line {
    let blanks = " ".repeat(12 - word.len());
    Line::new().and(tone, word).and(Tone::Plain, blanks).and(Tone::Plain, text).indented(12)
}

/// What was not read of pipelines: one line for a reason.
fn of_unread<'a>(unread: impl Iterator<Item = &'a Unread>) -> Vec<Line> {
    let mut by_reason = BTreeMap::<&str, Vec<&str>>::new();
    for one in unread {
        by_reason.entry(&one.why).or_default().extend(one.region.as_deref());
    }
    let line = |(why, regions): (&str, Vec<&str>)| {
        let place = if regions.is_empty() { String::new() } else { format!(" in {}", list(&regions, 3)) };
        headed("GAP", Tone::Alert, format!("pipelines and remediations{place} not read: {why}"))
    };
    by_reason.into_iter().map(line).collect()
}

/// Who owns what a step would cut: a line for each owner, and one for what nobody looked at.
pub fn of_step(plan: &StepPlan, each: bool) -> Vec<Line> {
    if does(plan).saves() {
        return vec![];
    }
    let mut by_owner = BTreeMap::<_, (&Owner, Vec<&Change>)>::new();
    for change in &plan.changes {
        for owner in change.owners.iter().flatten() {
            by_owner.entry(owner.key()).or_insert((owner, vec![])).1.push(change);
        }
    }
    let all = plan.changes.len();
    let mut lines: Vec<Line> = vec![];
    let mut say = |text: String| {
        let label = if lines.is_empty() { "owned" } else { "" };
        lines.push(Line::detail(label, text));
    };
    for (owner, changes) in by_owner.into_values() {
        let names: Vec<String> = changes.iter().map(|change| named(owner, change)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let most = if each { usize::MAX } else { SHOWN };
        let guess = if owner.by_aws { String::new() } else { format!(" (a guess: the tag {})", owner.tag) };
        say(format!(
            "{} of {all} by {}{guess}: {}. {}",
            changes.len(),
            owner.title(),
            list(&names, most),
            owner.kind.would()
        ));
    }
    let unseen = plan.changes.iter().filter(|change| change.owners.is_none()).count();
    if each && unseen > 0 {
        say(format!("{unseen} of {all} not known: their tags are not read"));
    }
    lines
}

/// A target with what its owner calls it.
fn named(owner: &Owner, change: &Change) -> String {
    let name = change.target.label.as_deref().unwrap_or(&change.target.id);
    let part = change.owners.iter().flatten().find(|one| one.key() == owner.key());
    match part.and_then(|one| one.part.as_deref()) {
        Some(part) => format!("{name} as {part}"),
        None => name.to_owned(),
    }
}

/// The notes on a run: a paragraph for each pipeline.
pub fn notes(notes: &DriftNotes) -> Vec<Line> {
    let mut lines = vec![];
    for note in &notes.notes {
        lines.push(Line::new());
        lines.extend(paragraph(note));
    }
    if notes.notes.is_empty() {
        lines.push(Line::new());
        lines.push(Line::plain("No tag and no pipeline that was read says who would put these cuts back."));
    }
    lines.push(Line::new());
    lines.extend(rest(notes));
    lines
}

fn paragraph(note: &Note) -> Vec<Line> {
    let back = if note.put_back { "  all of it is put back" } else { "" };
    let mut lines = vec![
        Line::toned(Tone::Bold, &note.title).and(Tone::Good, back).indented(4),
        Line::detail("known", &note.known_by),
        Line::detail("would", &note.would),
    ];
    for (at, target) in note.targets.iter().take(MOST_TARGETS).enumerate() {
        lines.push(Line::detail(if at == 0 { "cut" } else { "" }, of_target(target)));
    }
    if note.targets.len() > MOST_TARGETS {
        let rest = count(note.targets.len() - MOST_TARGETS, "more target");
        lines.push(Line::detail("", format!("and {rest} (--json lists them)")));
    }
    if !note.put_back {
        lines.push(Line::toned(Tone::Dim, "    before the next deployment"));
        lines.extend(note.before.iter().flat_map(to_do));
    }
    lines.push(Line::toned(Tone::Dim, "    after unplug restore"));
    lines.extend(note.after.iter().flat_map(to_do));
    lines
}

fn of_target(target: &Target) -> String {
    let cut = &target.cut;
    let label = cut.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
    let part = target.part.as_ref().map(|part| format!(", {part} in it")).unwrap_or_default();
    let stands = match cut.stands {
        Stands::Planned | Stands::Cut => "",
        Stands::Unknown => "  [not known whether it is cut]",
        Stands::PutBack => "  [put back]",
    };
    let place = cut.region.as_ref().map(|region| format!("{region}  ")).unwrap_or_default();
    format!("{} {place}{} {}{label}{part}: {} → {}{stands}", cut.step, cut.kind, cut.id, cut.was, cut.cut)
}

/// A thing to do, and its command on a line of its own, whole and never broken: it is copied.
fn to_do(action: &Action) -> Vec<Line> {
    let word = match action.deed {
        Deed::Look => "look",
        Deed::Pause => "pause",
        Deed::Ignore => "ignore",
        Deed::Resume => "resume",
        Deed::Import => "import",
    };
    let whole =
        |command: &String| Line::plain(format!("            $ {command}")).whole().indented(usize::MAX);
    let command = action.command.iter().map(whole);
    [Line::detail(word, &action.text)].into_iter().chain(command).collect()
}

/// What the paragraphs do not cover.
fn rest(notes: &DriftNotes) -> Vec<Line> {
    let mut lines = vec![];
    if notes.unowned > 0 {
        let text = format!(
            "{} no tag that names a pipeline. That proves nothing: Terraform and others need set none. Ask whoever \
             deploys here, and let nobody apply before terraform plan -refresh-only was read.",
            agree(notes.unowned, "cut", "has", "have")
        );
        lines.push(Line::detail("no tag", text));
    }
    let unseen: usize = notes.not_looked_at.values().sum();
    if unseen > 0 {
        let counted = |(kind, number): (&String, &usize)| match number {
            1 => format!("1 {}", kind.replace('-', " ")),
            _ => format!("{number} {}", plural(kind)),
        };
        let kinds: Vec<String> = notes.not_looked_at.iter().map(counted).collect();
        let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let text = format!(
            "who owns {} is not known, because no tags of them are recorded: {}",
            count(unseen, "cut"),
            list(&kinds, 8)
        );
        lines.push(Line::detail("unseen", text));
    }
    if !notes.looked_at_aws {
        let text = "CodePipeline and AWS Config's remediations were not looked at: step 690 does.";
        lines.push(Line::detail("unseen", text));
    }
    lines.extend(of_unread(notes.unread.iter()));
    let text =
        "Build servers outside AWS, CodeBuild's own commands and people are not known to this program.";
    lines.push(Line::detail("limits", text));
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::account::Tags;
    use crate::engine::drift_notes::of_plan;
    use crate::engine::plan::{Selected, Selection};
    use crate::pipelines::owners;
    use crate::step::{Params, StepId};

    fn change(number: u32, tags: Option<&[(&str, &str)]>) -> Change {
        let target = crate::step::Target::new("subnet", format!("subnet-{number}")).region("eu-west-1");
        let owners = tags.map(|tags| {
            let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            owners(&tags.collect::<Tags>(), Some("eu-west-1"))
        });
        Change { owners, ..Change::for_test(number, 520, target, json!("a"), json!("b")) }
    }

    fn plan(changes: Vec<Change>) -> Plan {
        let account = crate::scenario::load(crate::scenario::DEFAULT).unwrap().account;
        let empty = Plan::empty(&account, Selection::default(), &crate::aws::Clock::simulated());
        let selected = Selected { step: StepId(520), params: Params::default() };
        Plan { steps: vec![StepPlan { changes, ..StepPlan::empty(&selected) }], ..empty }
    }

    fn text(lines: &[Line]) -> String {
        lines.iter().map(Line::text).collect::<Vec<_>>().join("\n")
    }

    const STACK: (&str, &str) = ("aws:cloudformation:stack-name", "kc-net");

    #[test]
    fn the_first_screen_counts_what_somebody_would_put_back_and_says_what_was_not_read() {
        let mut one = plan(vec![change(1, Some(&[STACK])), change(2, Some(&[])), change(3, None)]);
        assert_eq!(
            text(&to_read(&one)),
            "FIND        1 of 3 targets belong to stacks or pipelines that would put them back: --details"
        );
        let unread = Unread { region: Some("eu-west-1".into()), why: "permission denied".into() };
        one.deployers = Some(Deployers { unread: vec![unread], ..Deployers::default() });
        let said = text(&to_read(&one));
        assert!(said.contains("GAP         pipelines and remediations in eu-west-1 not read"), "{said}");
        assert_eq!(to_read(&plan(vec![change(1, Some(&[]))])), []);
    }

    #[test]
    fn a_step_names_the_owner_of_each_target_and_marks_a_guess() {
        let one = plan(vec![
            change(1, Some(&[STACK, ("aws:cloudformation:logical-id", "PublicA")])),
            change(2, Some(&[("ManagedBy", "terraform")])),
            change(3, None),
        ]);
        let said = text(&of_step(&one.steps[0], true));
        for part in [
            "1 of 3 by stack kc-net (eu-west-1): subnet-1 as PublicA. An update that touches",
            "1 of 3 by Terraform (a guess: the tag ManagedBy=terraform): subnet-2.",
            "1 of 3 not known: their tags are not read",
        ] {
            assert!(said.contains(part), "{part}\n{said}");
        }
    }

    #[test]
    fn notes_hold_no_escape_of_the_account_and_every_command_whole() {
        let hostile = change(1, Some(&[("ManagedBy", "terraform"), ("workspace", "\u{1b}[2Jx")]));
        let said = text(&notes(&of_plan(&plan(vec![hostile, change(2, Some(&[STACK]))]))));
        assert!(!said.contains('\u{1b}') && said.contains("\\u{1b}[2Jx"), "{said}");
        assert!(
            said.contains("$ aws cloudformation detect-stack-drift --stack-name kc-net --region eu-west-1")
        );
        let lines = notes(&of_plan(&plan(vec![change(1, Some(&[STACK]))])));
        let long = lines.iter().find(|line| line.text().contains("set-stack-policy")).unwrap();
        assert!(!long.render(false, 40).contains('\n'), "what is copied is in one piece");
        assert!(said.contains("step 690"), "{said}");
    }

    #[test]
    fn a_cut_without_tags_is_said_to_prove_nothing() {
        let said = text(&notes(&of_plan(&plan(vec![change(1, Some(&[])), change(2, None)]))));
        assert!(said.contains("1 cut has no tag") && said.contains("proves nothing"), "{said}");
        assert!(said.contains("who owns 1 cut is not known"), "{said}");
        let nobody = BTreeSet::<Owner>::new();
        assert_eq!(change(1, Some(&[])).owners, Some(nobody));
    }
}
