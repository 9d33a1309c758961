//! `unplug snapshot`: record the account.

use std::path::PathBuf;

use clap::Args;

use super::selection::{in_regions, refuse_missing};
use super::session::{Session, every_region, failed};
use crate::account::Section;
use crate::collect::{self, Ask};
use crate::config::Config;
use crate::engine::names;
use crate::engine::store;
use crate::failure::{Exit, Failure};
use crate::view::people::People;
use crate::view::{Line, Tone, count};

#[derive(Args)]
pub struct Snapshot {
    /// Where to write it. It holds no secrets, but the shape of the account: keep it private
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only these Regions; otherwise every enabled one
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    regions: Vec<String>,
}

impl Snapshot {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let (aws, known) = session.connect().await?;
        every_region(&known, !self.regions.is_empty())?;
        let missing = names::regions(&in_regions(&self.regions), &known);
        refuse_missing(&missing, &known, &Config::default())?;
        let ask = Ask {
            regions: (!self.regions.is_empty()).then(|| self.regions.iter().cloned().collect()),
            ..Ask::everything()
        };
        let people = People::new(session.printer, false, session.json() || session.globals.quiet);
        let account = collect::read(&aws, &known, &ask, &|done, all| {
            people.reading(done, all, aws.waiting().as_deref());
        })
        .await;
        store::save_json(&self.out, &account).map_err(|error| failed(&error))?;
        let gaps: Vec<_> = Section::ALL
            .iter()
            .flat_map(|section| section.gaps(&account).into_iter().map(move |gap| (section, gap)))
            .collect();
        if session.json() {
            session.printer.raw(&crate::view::json::compact(&serde_json::json!({
                "account": account.id, "out": self.out, "gaps": gaps.len(),
            })));
        } else {
            session.out(&[Line::plain(format!(
                "Recorded {} with {} in {}.",
                account.title(),
                count(aws.ledger().len(), "call"),
                self.out.display()
            ))]);
            for (section, (region, gap)) in &gaps {
                let place = region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
                let text =
                    format!("{}{place} not read: {} {}", section.title(), gap.cause.words(), gap.detail);
                session
                    .out(&[Line::new().and(Tone::Warn, "    GAP     ").and(Tone::Plain, text).indented(12)]);
            }
        }
        Ok(if gaps.is_empty() { Exit::Done } else { Exit::Gaps })
    }
}
