//! `unplug verify`: does what a run has cut still hold?

use std::collections::BTreeSet;

use clap::Args;

use super::confirm::YesArgs;
use super::plan::bug;
use super::probe;
use super::session::{Session, failed, opened_on, shared};
use super::which::RunArgs;
use crate::account::Section;
use crate::aws::Aws;
use crate::engine::analyzer::{self, Answer, Probe};
use crate::engine::hold::{self, Held, Story};
use crate::engine::plan::Brief;
use crate::engine::restore;
use crate::failure::{Exit, Failure};
use crate::step::Scope;
use crate::view;
use crate::view::people::People;
use crate::view::{Line, count};

#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    which: RunArgs,
    /// Also ask AWS's Reachability Analyzer about so many public interfaces [10]. It is paid for:
    /// the price is said first
    #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "10")]
    reachability_analyzer: Option<usize>,
    /// Also ask each public name of the account once over HTTPS, from this machine. The names are shown first
    #[arg(long)]
    probe: bool,
    #[command(flatten)]
    yes: YesArgs,
    /// Show each change instead of folding alike ones
    #[arg(long)]
    details: bool,
}

impl Verify {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let loaded = session.config()?;
        let config = shared(&loaded);
        let (folder, aws, account) =
            self.which.run_and_account(session, "verify", |_| Ok(()), |_, _| Ok(true)).await?;
        let journal = folder.journal().map_err(|error| failed(&error))?;
        let opened = opened_on(&journal, &account)?;
        session.tell(&view::first::configuration(&loaded, &opened.selection));
        let plan = folder.plan(&opened).map_err(|error| failed(&error))?;
        let owed = restore::owed(&journal, plan.as_ref()).map_err(bug)?;
        let story = Story::new(&journal, plan.as_ref());
        let brief = Brief::of(&opened, &journal, config, plan.as_ref());
        let people = People::new(session.printer, false, session.json() || session.globals.quiet);
        let steps = &opened.selection.steps;
        let analyzed = if self.reachability_analyzer.is_some() { analyzer::NEEDS } else { &[] };
        let named = if self.probe { probe::needs() } else { BTreeSet::new() };
        let besides: Vec<Section> = analyzed.iter().copied().chain(named).collect();
        let reading = |done, all| people.reading(done, all, aws.waiting().as_deref());
        let held = hold::look(&aws, &account, &brief, steps, owed, &story, &besides, &reading);
        let held = held.await.map_err(bug)?;
        if !session.json() {
            session.out(&view::hold::lines(&folder.id, &account.title(), &held, self.details));
        }
        let aws = aws.for_run(&folder.id, brief.names.clone(), None);
        let answers = self.analyze(session, &aws, &held, &brief.scope).await?;
        let page = brief.scope.page.as_deref();
        let looks = if self.probe { probe::ask(session, &aws, &held.account, page).await } else { vec![] };
        if session.json() {
            let mut object = view::hold::json(&folder.id, &held, &answers);
            object["probed"] = view::front::looks_json(&looks).into();
            session.printer.raw(&view::json::pretty(&object));
        } else {
            session.out(&view::hold::answers(&answers));
            probe::tell(session, &looks);
        }
        Ok(match (exit(&held, &answers), probe::exit(&looks)) {
            (Exit::Done | Exit::Gaps, Exit::Partial) => Exit::Partial,
            (exit, _) => exit,
        })
    }

    /// Asks AWS's own analyser, when that was asked for and the price agreed to.
    async fn analyze(
        &self,
        session: &Session,
        aws: &Aws,
        held: &Held,
        scope: &Scope,
    ) -> Result<Vec<(Probe, Answer)>, Failure> {
        let Some(most) = self.reachability_analyzer else { return Ok(vec![]) };
        let probes = analyzer::sample(&held.account, scope, most);
        if probes.is_empty() {
            let text = "no interface in scope has a public address behind an internet gateway";
            session.printer.err(&Line::plain(format!("Reachability Analyzer: not asked, {text}.")));
            return Ok(vec![]);
        }
        let price = format!(
            "{} at about USD {:.2} each, USD {:.2} in all (IPv4 and configuration only)",
            count(probes.len(), "path"),
            dollars(1),
            dollars(probes.len()),
        );
        session.printer.err(&Line::plain(format!("Reachability Analyzer: {price}.")));
        self.yes.confirm_account(&held.account, session.printer, "Let AWS analyse paths of", &[])?;
        Ok(analyzer::analyze(aws, probes).await)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a handful of analyses")]
fn dollars(analyses: usize) -> f64 {
    (analyses * analyzer::CENTS) as f64 / 100.0
}

fn exit(held: &Held, answers: &[(Probe, Answer)]) -> Exit {
    let reachable = answers.iter().any(|(_, answer)| *answer == Answer::Reachable);
    let unknown = answers.iter().any(|(_, answer)| matches!(answer, Answer::None(_)));
    match exit_of(held) {
        _ if reachable => Exit::Partial,
        Exit::Done if unknown => Exit::Gaps,
        exit => exit,
    }
}

/// What one look says about the cut, for verify and watch.
pub fn exit_of(held: &Held) -> Exit {
    if held.broken() + held.appeared() + held.unbegun() > 0 {
        Exit::Partial
    } else if held.gaps() > 0 {
        Exit::Gaps
    } else {
        Exit::Done
    }
}
