//! `unplug steps`: the catalogue.

use clap::Args;

use super::session::Session;
use crate::failure::{Exit, Failure, usage};
use crate::playbook::Selector;
use crate::step::{ParamKind, Reversal, Spec};
use crate::steps::{STEPS, find};
use crate::view::json::pretty;
use crate::view::{Line, Tone, Word, paragraphs};

#[derive(Args)]
pub struct Steps {
    /// A step, for its full text: its number or its name (520, network-acls); or several (5xx)
    step: Option<Selector>,
}

impl Steps {
    pub fn run(self, session: &Session) -> Result<Exit, Failure> {
        let all: Vec<&Spec> = STEPS.iter().map(|step| step.spec()).collect();
        let chosen: Vec<&Spec> = match &self.step {
            None => all.clone(),
            Some(selector) => all.iter().copied().filter(|spec| selector.matches(spec.id)).collect(),
        };
        match (&chosen[..], &self.step, session.json()) {
            ([], Some(selector), _) => return Err(no_step(selector, &all)),
            ([spec], Some(_), true) => session.printer.raw(&pretty(&json(spec))),
            ([spec], Some(_), false) => session.out(&full(spec)),
            (several, _, true) => {
                session.printer.raw(&pretty(&several.iter().map(|spec| json(spec)).collect::<Vec<_>>()));
            }
            (several, _, false) => {
                session.out(&listed(several.iter().map(|spec| (*spec, spec.title.to_owned()))));
            }
        }
        Ok(Exit::Done)
    }
}

/// No step has this number: what there is.
fn no_step(selector: &Selector, all: &[&Spec]) -> Failure {
    let failure = usage(format!("there is no step {selector} in this version"));
    let have = all.iter().map(|spec| spec.id.to_string()).collect::<Vec<_>>().join(", ");
    failure.hint(format!("there are {have}"))
}

/// Steps with a text each, in columns.
pub fn listed<'a>(steps: impl Iterator<Item = (&'a Spec, String)>) -> Vec<Line> {
    let steps: Vec<_> = steps.collect();
    let width = steps.iter().map(|(spec, _)| spec.slug.len()).max().unwrap_or_default();
    let line = |(spec, text): (&Spec, String)| {
        let head = format!("{} {:<width$}  ", spec.id, spec.slug);
        Line::new().and(Tone::Bold, head).and(Tone::Plain, text).indented(width + 6)
    };
    steps.into_iter().map(line).collect()
}

fn full(spec: &Spec) -> Vec<Line> {
    let needs: Vec<&str> = spec.needs.iter().map(|section| section.title()).collect();
    let mut lines = vec![
        Line::toned(Tone::Bold, format!("{} {}: {}", spec.id, spec.slug, spec.title)),
        Line::detail("looks", needs.join(", ")),
        Line::detail("cuts", spec.cuts),
        Line::detail("leaves", spec.leaves),
        Line::detail("breaks", spec.breaks),
        Line::detail("undo", spec.reversal.sentence()),
        Line::detail("apply", spec.iam.apply.join(", ")),
        Line::detail("restore", spec.iam.undo.join(", ")),
    ];
    for param in spec.params {
        let values = match param.kind {
            ParamKind::Choice(values) => values.join(" | "),
            ParamKind::Text => "text".into(),
            ParamKind::List => "list".into(),
        };
        lines.push(Line::detail("param", format!("{} = {values}: {}", param.name, param.doc)));
    }
    let other = find(spec.id).map(|step| step.other_leaves()).unwrap_or_default();
    lines.extend(other.into_iter().map(|(way, leaves)| Line::detail("leaves", format!("{way}: {leaves}"))));
    lines.push(Line::new());
    lines.extend(paragraphs(spec.doc).into_iter().map(Line::plain));
    lines
}

fn json(spec: &Spec) -> serde_json::Value {
    let reversal = match spec.reversal {
        Reversal::Full => "full",
        Reversal::Keep(_) => "keep",
        Reversal::Partial(_) => "partial",
        Reversal::Never(_) => "never",
    };
    serde_json::json!({
        "id": spec.id, "slug": spec.slug, "title": spec.title, "needs": spec.needs, "reversal": reversal,
        "word": Word::of(spec.id).text(),
        "cuts": spec.cuts, "leaves": spec.leaves, "breaks": spec.breaks, "doc": spec.doc,
        "iam": { "apply": spec.iam.apply, "undo": spec.iam.undo },
    })
}
