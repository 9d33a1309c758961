//! 190: what the suspect keys did and made, by CloudTrail's event history. Nothing is changed.

mod words;

use std::collections::BTreeSet;

use crate::account::{Account, Section};
use crate::collect::Ask;
use crate::collect::events::{History, exposed};
use crate::step::{Case, Does, Found, Iam, Params, Reversal, Spec, Step, StepId, Width};
use crate::trace::{Report, Suspect};

pub struct Trace;

/// Pages of fifty events that are read for one suspect in one Region: 20 seconds at AWS's two calls a
/// second, so that the plan does not wait for more.
const PAGES: usize = 40;

static SPEC: Spec = Spec {
    id: StepId(190),
    slug: "trace",
    title: "CloudTrail: what the suspects did and made",
    needs: &[Section::Principals, Section::AccessKeys, Section::ExposedKeys, Section::Events],
    reversal: Reversal::Full,
    iam: Iam { apply: &[], undo: &[] },
    params: &[],
    does: Does::Looks,
    cuts: "nothing: it looks",
    leaves: "everything as it is; what a suspect made stays until a step cuts it: each thing is named with the \
             option that adds it",
    breaks: "Nothing stops.",
    doc: include_str!("s190_trace/doc.md"),
};

impl Step for Trace {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    /// It looks into every Region: a thief goes where nobody looks.
    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        ask.keys.extend(case.scope.keys.iter().cloned());
        ask.history = History {
            suspects: named(case),
            of_exposed: true,
            most_pages: Some(PAGES),
            ..History::default()
        };
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let mut suspects = named(case);
        suspects.extend(exposed(account));
        let Some(events) = account.events.read() else { return found };
        if suspects.is_empty() {
            found.note(None, words::nobody(account));
            return found;
        }
        let asked = |suspect: &Suspect| events.of.as_ref().is_none_or(|of| of.contains(suspect.text()));
        for suspect in suspects.iter().filter(|suspect| !asked(suspect)) {
            found.matters(None, format!("{suspect}: its events were not asked for"));
        }
        let report = Report::of(events, &suspects);
        words::of_each(account, &report, &suspects, &mut found);
        words::made(account, case, &report, &mut found);
        words::denied(&report, &mut found);
        for text in &report.unseen {
            found.matters(None, text.clone());
        }
        found.note(None, format!("not in any event history: {}", crate::trace::NEVER_RECORDED));
        found
    }
}

/// The keys and principals that the operator names.
fn named(case: &Case) -> BTreeSet<Suspect> {
    let keys = case.scope.keys.iter().filter_map(|key| Suspect::key(key).ok());
    keys.collect()
}

#[cfg(test)]
mod tests;
