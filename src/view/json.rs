//! JSON for programs: one object for a plan, one object a line for events.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use serde_json::{Value, json};

use super::lines::{Word, obeyed};
use super::printer::Printer;
use crate::engine::drift_notes::of_plan;
use crate::engine::events::{Event, Listener};
use crate::engine::plan::{Plan, StepPlan};
use crate::steps;

/// JSON in which also C1 controls and direction marks are written as `\uXXXX`: it may end on a
/// terminal.
struct Safe<F>(F);

macro_rules! delegate {
    ($($name:ident($($arg:ident: $type:ty),*);)*) => {
        $(fn $name<W: ?Sized + io::Write>(&mut self, w: &mut W $(, $arg: $type)*) -> io::Result<()> {
            self.0.$name(w $(, $arg)*)
        })*
    };
}

impl<F: Formatter> Formatter for Safe<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, w: &mut W, text: &str) -> io::Result<()> {
        for c in text.chars() {
            if obeyed(c) {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    write!(w, "\\u{unit:04x}")?;
                }
            } else {
                write!(w, "{c}")?;
            }
        }
        Ok(())
    }

    delegate! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }
}

/// One line.
pub fn compact(value: &impl Serialize) -> String {
    write(value, CompactFormatter)
}

/// Indented.
pub fn pretty(value: &impl Serialize) -> String {
    write(value, PrettyFormatter::new())
}

fn write(value: &impl Serialize, formatter: impl Formatter) -> String {
    let mut bytes = vec![];
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Safe(formatter));
    // Plain data with string keys always has a JSON form, and memory takes it.
    let _ = value.serialize(&mut serializer);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The object of `plan --json`, documented in docs/json.md.
pub fn plan(plan: &Plan) -> Value {
    let each = |of: fn(&StepPlan) -> Vec<Value>| plan.steps.iter().flat_map(of).collect::<Vec<_>>();
    let calls = plan.calls();
    json!({
        "format": plan.format,
        "account": plan.account,
        "alias": plan.alias,
        "made_at": plan.made_at,
        "playbook": plan.selection.playbook,
        "scope": plan.selection.scope,
        "left_out": plan.selection.left_out,
        "changes": each(|step| step.changes.iter().map(|change| json!({
            "step": step.step,
            "region": change.target.region,
            "target": change.target,
            "before": change.before,
            "after": change.after,
            "shown": { "before": change.shown.0, "after": change.shown.1 },
            "word": Word::of(step.step).text(),
            "reversal": reversal(step, change.lasting.as_deref()),
            "owners": change.owners,
        })).collect()),
        "already": each(|step| step.already.iter().map(|target| json!({
            "step": step.step, "region": target.region, "target": target,
        })).collect()),
        "refused": each(|step| step.refused.iter().map(|refused| json!({
            "step": step.step, "region": refused.target.region, "target": refused.target, "why": refused.why,
        })).collect()),
        "gaps": each(|step| step.gaps.iter().map(|gap| json!({
            "step": step.step, "region": gap.region, "section": gap.section,
            "cause": gap.gap.cause, "call": gap.gap.call, "detail": gap.gap.detail,
        })).collect()),
        "findings": each(|step| step.findings.iter().map(|finding| json!({
            "step": step.step, "region": finding.region, "good": finding.good, "matters": finding.matters, "text": finding.text,
        })).collect()),
        "front": plan.front,
        "exposure": plan.exposure,
        "access": plan.access,
        "pipelines": of_plan(plan),
        "calls": {
            "total": calls.total(),
            "by_operation": calls.by_operation(),
            "seconds": plan.seconds(),
            "expected": plan.time(),
            "reading": { "total": plan.reading.total(), "by_operation": plan.reading.by_operation() },
        },
    })
}

fn reversal(step: &StepPlan, lasting: Option<&str>) -> Value {
    use crate::step::Reversal;
    if let Some(why) = lasting {
        return json!({ "kind": "keep", "why": why });
    }
    match steps::find(step.step).map(|s| s.effect(&step.params).reversal) {
        Some(Reversal::Keep(why)) => json!({ "kind": "keep", "why": why }),
        Some(Reversal::Partial(why)) => json!({ "kind": "partial", "why": why }),
        Some(Reversal::Never(why)) => json!({ "kind": "never", "why": why }),
        Some(Reversal::Full) | None => json!({ "kind": "full" }),
    }
}

/// Events as JSON lines on stdout.
pub struct JsonLines(pub Printer);

impl Listener for JsonLines {
    fn event(&self, event: &Event<'_>) {
        if !matches!(event, Event::Reading { .. } | Event::Writing { .. } | Event::Waiting { .. }) {
            self.0.raw(&compact(event));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_on_a_terminal_is_as_harmless_as_text() {
        let text = compact(&json!({ "tag": "a\u{9b}31m\u{202e}\u{1b}[2J\"" }));
        assert_eq!(text, r#"{"tag":"a\u009b31m\u202e\u001b[2J\""}"#);
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({ "tag": "a\u{9b}31m\u{202e}\u{1b}[2J\"" })
        );
    }
}
