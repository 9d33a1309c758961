//! 660: functions of Lambda are invoked no more: event sources off, no concurrency, URLs closed.

mod concurrency;
mod event_source;
mod kept;
mod provisioned;
mod url;

use crate::account::functions::name_of;
use crate::account::{Account, Function, Region, Section};
use crate::step::{
    Case, Choice, Does, Found, Iam, Item, Lens as _, Lenses, Params, Reversal, Spec, Step, StepId, Stops,
    Target, Width, count,
};
use concurrency::Concurrency;
use event_source::Source;
use provisioned::ProvisionedConcurrency;
use url::Url;

pub struct Lambda;

const CARRIERS: Choice = Choice {
    name: "carriers",
    values: &["keep", "cut"],
    doc: "`keep`: functions that carry security alerts or logs, evaluate Config rules, authorise callers of an \
          API or rotate secrets go on. `cut`: those too. Whoever may write a function's policy can make it look \
          like one of these.",
};

static SPEC: Spec = Spec {
    id: StepId(660),
    slug: "lambda",
    title: "Lambda: functions are invoked no more",
    needs: &[Section::EventSources, Section::Functions, Section::AlertRules],
    reversal: Reversal::Partial(
        "events that came meanwhile may be lost: asynchronous ones after 6 hours, those of streams when their \
         records age out",
    ),
    iam: Iam {
        apply: &[
            "lambda:DeleteProvisionedConcurrencyConfig",
            "lambda:GetEventSourceMapping",
            "lambda:PutFunctionConcurrency",
            "lambda:UpdateEventSourceMapping",
            "lambda:UpdateFunctionUrlConfig",
        ],
        undo: &[
            "lambda:DeleteFunctionConcurrency",
            "lambda:GetEventSourceMapping",
            "lambda:PutFunctionConcurrency",
            "lambda:PutProvisionedConcurrencyConfig",
            "lambda:UpdateEventSourceMapping",
            "lambda:UpdateFunctionUrlConfig",
        ],
    },
    params: &[CARRIERS.param()],
    does: Does::Cuts(&[Stops::Functions]),
    cuts: "every new invocation of the functions: their event sources are turned off, then their reserved \
           concurrency is 0, and their URLs ask for a signature of IAM",
    leaves: "invocations that run, until they end: 15 minutes at the most, longer for durable functions; functions \
             that carry alerts or logs, evaluate Config rules, authorise callers or rotate secrets, each named; \
             functions on Lambda Managed Instances; replicas of Lambda@Edge; new functions, and whoever may change \
             a function's concurrency back; what the functions' roles may do elsewhere (600); schedules and rules, \
             which go on and whose events are lost",
    breaks: "Sites, APIs and jobs behind functions: callers get 429 (Rate Exceeded), URLs answer 403. Asynchronous \
             events are tried again for 6 hours at the most and then lost; messages of a queue wait.",
    doc: include_str!("s660_lambda/doc.md"),
};

impl Step for Lambda {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Region
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            sources(region, here, &mut found);
            for (name, function) in here.functions.items() {
                // One that was not read is a gap of the section.
                let Some(function) = function.read() else { continue };
                parts(region, name, function, &mut found);
            }
            remarks(region, here, case, &mut found);
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Source, &ProvisionedConcurrency, &Concurrency, &Url]
    }
}

/// What Lambda polls: off, and settled, before the functions stop, so that no message is taken and fails.
fn sources(region: &str, here: &Region, found: &mut Found) {
    for (id, source) in here.event_sources.items() {
        let name = name_of(&source.function);
        let at = Target::new(Source::KIND, id).region(region).label(Some(name));
        let item = Item { rank: 0, ..Item::new(at) };
        let tags = here.functions.item(name).and_then(|one| one.read()).map(|function| &function.tags);
        found.item(tags.map_or(item.clone(), |tags| item.tags(tags)));
    }
}

/// The parts of one function. AWS takes no concurrency of 0 while some is provisioned.
fn parts(region: &str, name: &str, function: &Function, found: &mut Found) {
    let mut add = |kind: &str, id: String, rank: u8| {
        let item = Item { rank, ..Item::new(Target::new(kind, id).region(region)) };
        found.item(item.tags(&function.tags));
    };
    for qualifier in function.provisioned.keys() {
        add(ProvisionedConcurrency::KIND, format!("{name}/{qualifier}"), 1);
    }
    add(Concurrency::KIND, name.to_owned(), 2);
    for qualifier in function.urls.keys() {
        add(Url::KIND, url::id(name, qualifier), 2);
    }
}

fn remarks(region: &str, here: &Region, case: &Case, found: &mut Found) {
    if here.functions.read().is_some_and(|all| all.is_empty()) {
        found.fine(Some(region), "no function of Lambda");
        return;
    }
    let read = || here.functions.items().filter_map(|(name, one)| Some((name, one.read()?)));
    let open = read().filter(|(_, one)| one.urls.values().any(|auth| auth == url::PUBLIC)).count();
    if open > 0 {
        found.matters(
            Some(region),
            format!("anybody may call {} by a URL, without a signature", count(open, "function")),
        );
    }
    let edge: Vec<&str> =
        read().filter(|(_, one)| one.replica_of.is_some()).map(|(name, _)| &**name).collect();
    if !edge.is_empty() {
        found.note(Some(region), format!("replicas at the edge, which 310 takes off: {}", edge.join(", ")));
    }
    if CARRIERS.is(&case.params, "keep") && here.alert_rules.read().is_none() {
        found.matters(
            Some(region),
            "the rules of EventBridge were not read: functions that carry alerts are not told from the others, and \
             are cut",
        );
    }
}

#[cfg(test)]
mod tests;
