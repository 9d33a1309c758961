//! `unplug check --import-findings`: asks, and puts the findings into Security Hub.

use super::super::confirm::YesArgs;
use super::super::session::Session;
use crate::account::Account;
use crate::aws::Aws;
use crate::checks::Report;
use crate::engine::import::{Imported, by_region, import};
use crate::failure::{Exit, Failure};
use crate::view::{Line, Tone, checks, count};

/// Asks and imports. Returns the exit code where not all of it went well.
///
/// # Errors
/// Nobody agreed. Nothing was imported.
pub async fn run(
    session: &Session,
    aws: &Aws,
    report: &Report,
    account: &Account,
    yes: &YesArgs,
) -> Result<Option<Exit>, Failure> {
    let findings = checks::asff(report, account);
    let regions = by_region(findings.as_array().cloned().unwrap_or_default());
    let all: usize = regions.values().map(Vec::len).sum();
    let about: Vec<Line> = regions
        .iter()
        .map(|(region, findings)| Line::detail(region, count(findings.len(), "finding")))
        .collect();
    let doing = format!("Import {} into Security Hub of", count(all, "finding"));
    yes.confirm_account(account, session.printer, &doing, &about)?;
    let imported = import(aws, regions).await;
    tell(session, &imported);
    let whole = imported.refused == 0 && imported.failed.is_empty();
    Ok((!whole).then_some(Exit::Partial))
}

fn tell(session: &Session, imported: &Imported) {
    let say = |tone: Tone, text: String| session.printer.err(&Line::toned(tone, text));
    let taken = usize::try_from(imported.taken).unwrap_or(usize::MAX);
    say(Tone::Plain, format!("{} imported, {} refused", count(taken, "finding"), imported.refused));
    for text in &imported.told {
        say(Tone::Bad, format!("refused: {text}"));
    }
    for (region, count_of, error) in &imported.failed {
        let hint = if error.is("InvalidAccessException") {
            format!("; aws securityhub enable-security-hub --region {region}")
        } else {
            String::new()
        };
        let of = count(*count_of, "finding");
        say(Tone::Bad, format!("{of} of {region} not imported: {}{hint}", error.detail()));
    }
}
