//! `unplug exposure`: what can get in and out, and by which way; of one interface hop by hop.

use std::path::PathBuf;

use clap::Args;

use super::plan::snapshot;
use super::selection::{in_regions, refuse_missing};
use super::session::{Session, every_region};
use crate::account::Account;
use crate::collect::{self, Ask};
use crate::config::Config;
use crate::engine::names;
use crate::exposure;
use crate::failure::{Exit, Failure, usage};
use crate::view;
use crate::view::Line;
use crate::view::people::People;

#[derive(Args)]
pub struct Exposure {
    /// Explain this network interface hop by hop
    #[arg(value_name = "ENI")]
    interface: Option<String>,
    /// Look at a recorded account, or a drill's scenario: needs no credentials and no network
    #[arg(long, value_name = "SNAPSHOT|SCENARIO")]
    from: Option<PathBuf>,
    /// Only these Regions; otherwise every enabled one
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    regions: Vec<String>,
}

impl Exposure {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let account = match &self.from {
            Some(file) => {
                let mut account = snapshot(file)?;
                self.known_regions(&account)?;
                account.regions.retain(|name, _| self.regions.is_empty() || self.regions.contains(name));
                account
            }
            None => self.read(session).await?,
        };
        match &self.interface {
            Some(interface) => explain(session, &account, interface),
            None => Ok(table(session, &account)),
        }
    }

    fn known_regions(&self, account: &Account) -> Result<(), Failure> {
        refuse_missing(&names::regions(&in_regions(&self.regions), account), account, &Config::default())
    }

    async fn read(&self, session: &Session) -> Result<Account, Failure> {
        let (aws, known) = session.connect_for(&[]).await?;
        every_region(&known, !self.regions.is_empty())?;
        self.known_regions(&known)?;
        let ask = Ask {
            sections: exposure::NEEDS.iter().copied().collect(),
            regions: (!self.regions.is_empty()).then(|| self.regions.iter().cloned().collect()),
            ..Ask::default()
        };
        let people = People::new(session.printer, false, session.json() || session.globals.quiet);
        Ok(collect::read(&aws, &known, &ask, &|done, all| {
            people.reading(done, all, aws.waiting().as_deref());
        })
        .await)
    }
}

fn table(session: &Session, account: &Account) -> Exit {
    let summary = exposure::summary(account, &exposure::of(account));
    if session.json() {
        session.printer.raw(&view::json::pretty(&summary));
    } else {
        session.out(&view::exposure::summary(&summary));
    }
    if summary.gaps.is_empty() { Exit::Done } else { Exit::Gaps }
}

/// What the verb prints, of an account that was read: the table, or of one interface each hop.
pub(super) fn lines(account: &Account, interface: Option<&str>) -> Result<Vec<Line>, Failure> {
    let Some(interface) = interface else {
        return Ok(view::exposure::summary(&exposure::summary(account, &exposure::of(account))));
    };
    let traces = exposure::explain(account, interface).ok_or_else(|| no_interface(account, interface))?;
    Ok(view::exposure::traces(interface, &traces))
}

/// An interface that no Region has: a wrong name, or one that could not be looked for.
fn no_interface(account: &Account, interface: &str) -> Failure {
    let missing = names::interface(interface, account);
    match refuse_missing(&[missing], account, &Config::default()) {
        Err(failure) => failure,
        Ok(()) => usage(format!("there is no interface {interface}")),
    }
}

fn explain(session: &Session, account: &Account, interface: &str) -> Result<Exit, Failure> {
    let traces = exposure::explain(account, interface).ok_or_else(|| no_interface(account, interface))?;
    if session.json() {
        session.printer.raw(&view::json::pretty(&traces));
    } else {
        session.out(&view::exposure::traces(interface, &traces));
    }
    let unknown =
        traces.iter().flat_map(|trace| &trace.hops).any(|hop| hop.verdict == exposure::HopVerdict::Unknown);
    Ok(if unknown { Exit::Gaps } else { Exit::Done })
}
