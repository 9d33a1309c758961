//! `unplug access`: who can do what; of one principal statement by statement.

mod after;

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use jiff::Timestamp;

use after::Cut;

use super::plan::snapshot;
use super::session::Session;
use crate::access::book::Book;
use crate::access::ended::{self, Known};
use crate::access::explained::explain;
use crate::access::facts::Facts;
use crate::access::powers::Power;
use crate::access::report::Report;
use crate::access::{NEEDS, survey};
use crate::account::{Account, Actor, Cause, Gap, Section};
use crate::aws::Clock;
use crate::collect::{self, Ask};
use crate::failure::{Exit, Failure, usage};
use crate::view;
use crate::view::Line;
use crate::view::people::People;

#[derive(Args)]
pub struct Access {
    /// Explain this principal statement by statement: a name, an ARN or the id of an access key
    #[arg(value_name = "PRINCIPAL")]
    principal: Option<String>,
    /// Show only who has this power, and by which path
    #[arg(long, value_name = "NAME", value_parser = powers())]
    power: Option<Power>,
    /// Look at a recorded account, or a drill's scenario: needs no credentials and no network
    #[arg(long, value_name = "SNAPSHOT|SCENARIO")]
    from: Option<PathBuf>,
    /// Rehearse the steps of this playbook that act on principals, and say which statement ends each power
    #[arg(
        long,
        value_name = "PLAYBOOK",
        requires = "principal",
        num_args = 0..=1,
        default_missing_value = crate::playbook::DEFAULT
    )]
    after: Option<String>,
}

fn powers() -> impl clap::builder::TypedValueParser<Value = Power> {
    let value = |power: Power| PossibleValue::new(power.name()).help(power.words());
    PossibleValuesParser::new(Power::ALL.map(value)).try_map(|name| {
        Power::ALL.into_iter().find(|power| power.name() == name).ok_or_else(|| format!("no power {name}"))
    })
}

impl Access {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let who = self.principal.as_deref().unwrap_or_default();
        let cut = self.after.as_deref().map(|playbook| Cut::of(session, playbook, who)).transpose()?;
        let (account, now) = match &self.from {
            Some(file) => (snapshot(file)?, Clock::Real.timestamp()),
            None => read(session, cut.as_ref()).await?,
        };
        let facts = Facts::of(&account, now);
        let report = survey(&facts).map_err(|gap| unread(&gap))?;
        let gaps: Vec<String> = gaps(&account);
        match (&self.principal, self.power) {
            (Some(who), power) => one(session, &facts, &report, (who, power), cut.as_ref()).await?,
            (None, Some(power)) if session.json() => {
                let with: Vec<_> = report.with(power).map(view::access::json_of).collect();
                let all = serde_json::json!({
                    "power": power, "principals": with, "unread": report.unread, "gaps": gaps,
                });
                session.printer.raw(&view::json::pretty(&all));
            }
            (None, Some(power)) => session.out(&view::access::with(&report, power)),
            (None, None) if session.json() => {
                let all = serde_json::json!({
                    "principals": report.principals, "unread": report.unread, "gaps": gaps,
                });
                session.printer.raw(&view::json::pretty(&all));
            }
            (None, None) => session.out(&view::access::table(&report)),
        }
        if !session.json() {
            session.out(&view::access::unread(&report, &gaps));
        }
        Ok(if gaps.is_empty() { Exit::Done } else { Exit::Gaps })
    }
}

async fn read(session: &Session, cut: Option<&Cut>) -> Result<(Account, Timestamp), Failure> {
    let (aws, known) = session.connect().await?;
    let mut ask = cut.map(|cut| cut.ask(&known.id)).unwrap_or_default();
    ask.sections.extend(sections());
    let ask = Ask { all_keys: true, every_bucket_policy: true, ..ask };
    let people = People::new(session.printer, false, session.json() || session.globals.quiet);
    let progress = |done, all| people.reading(done, all, aws.waiting().as_deref());
    let account = collect::read(&aws, &known, &ask, &progress).await;
    Ok((account, aws.clock().timestamp()))
}

/// The sections to read. Policies of the Organization can only take away: an answer without them says so. Those of
/// secrets and keys decide about powers.
fn sections() -> impl Iterator<Item = Section> {
    NEEDS.iter().copied().chain([Section::Organization, Section::SecretPolicies, Section::KeyPolicies])
}

/// What was needed and could not be read, with the cause.
fn gaps(account: &Account) -> Vec<String> {
    let all = sections().flat_map(|section| {
        let gaps = section.gaps(account).into_iter();
        gaps.map(move |(region, gap)| {
            let place = region.map(|region| format!(" in {region}")).unwrap_or_default();
            let denied = section == Section::Organization && gap.cause == Cause::Denied;
            let how = format!(": {} reads it", Actor::Organization.how());
            let add = if denied { how } else { String::new() };
            format!("{}{place} not read: {}{add}", section.title(), gap.cause.words())
        })
    });
    // A recorded account may lack what says who can act at all.
    let never = [
        (Section::AccessKeys, account.access_keys.gap()),
        (Section::CredentialReport, account.credential_report.gap()),
    ];
    let never = never.into_iter().filter_map(|(section, gap)| {
        gap.filter(|gap| gap.cause == Cause::NotRead)?;
        Some(format!("{} not read", section.title()))
    });
    let mut gaps: Vec<String> = all.chain(never).collect();
    gaps.dedup();
    gaps
}

/// What the verb prints, of an account that was read: the table, or of one principal each statement.
pub(super) fn lines(account: &Account, now: Timestamp, who: Option<&str>) -> Result<Vec<Line>, Failure> {
    let facts = Facts::of(account, now);
    let report = survey(&facts).map_err(|gap| unread(&gap))?;
    let Some(who) = who else {
        let mut lines = view::access::table(&report);
        lines.extend(view::access::unread(&report, &gaps(account)));
        return Ok(lines);
    };
    let number = find(account, &report, who)?;
    let book = Book::new(&facts).map_err(|gap| unread(&gap))?;
    let explained = explain(&book, &facts, &report, number, None);
    let explained =
        explained.ok_or_else(|| Failure::new(Exit::Failed, format!("{who} cannot be explained")))?;
    Ok(view::access::explained(&explained))
}

/// Without IAM there is no answer: that is not "nobody".
fn unread(gap: &Gap) -> Failure {
    let call = if gap.call.is_empty() { String::new() } else { format!(" ({})", gap.call) };
    let error = format!("IAM was not read: {}{call}. Nobody knows who can act.", gap.cause.words());
    Failure::new(Exit::Gaps, error).hint("the call it takes is iam:GetAccountAuthorizationDetails")
}

async fn one(
    session: &Session,
    facts: &Facts<'_>,
    report: &Report,
    (who, power): (&str, Option<Power>),
    cut: Option<&Cut>,
) -> Result<(), Failure> {
    let number = find(facts.account, report, who)?;
    let book = Book::new(facts).map_err(|gap| unread(&gap))?;
    let explained = explain(&book, facts, report, number, power)
        .ok_or_else(|| Failure::new(Exit::Failed, format!("{who} cannot be explained")))?;
    let mut after = None;
    if let Some(cut) = cut {
        let account = cut.rehearse(facts.account).await?;
        let facts_then = Facts { every_key: facts.every_key, ..Facts::of(&account, facts.now) };
        let report_then = survey(&facts_then).map_err(|gap| unread(&gap))?;
        let book_then = Book::new(&facts_then).map_err(|gap| unread(&gap))?;
        let before = Known { book: &book, facts, report };
        let then = Known { book: &book_then, facts: &facts_then, report: &report_then };
        after = ended::after(&before, &then, &explained.principal.id).map(|after| (cut.words(), after));
    }
    if session.json() {
        let mut all = serde_json::to_value(&explained).unwrap_or_default();
        if let Some((cut, after)) = after {
            all["after"] = serde_json::json!({ "cut": cut, "acts": after.acts, "powers": after.powers });
        }
        session.printer.raw(&view::json::pretty(&all));
    } else {
        session.out(&view::access::explained(&explained));
        session.out(&after.map(|(cut, after)| view::access::ended(&after, &cut)).unwrap_or_default());
    }
    Ok(())
}

/// The number of a principal in the report, by its ARN, its session's ARN, its key or its name.
fn find(account: &Account, report: &Report, who: &str) -> Result<usize, Failure> {
    let key = account.access_keys.item(who).map(|key| key.user.as_str());
    let session = who.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next());
    let all = || report.principals.iter().enumerate();
    if let Some((number, _)) = all().find(|(_, one)| one.id == who) {
        return Ok(number);
    }
    let is_user = |id: &str| id.contains(":user/");
    let is_role = |id: &str| id.contains(":role/");
    let named = key.or(session).unwrap_or(who);
    let fits = |id: &str| match (key, session) {
        (Some(_), _) => is_user(id),
        (None, Some(_)) => is_role(id),
        (None, None) => true,
    };
    let found: Vec<_> = all().filter(|(_, one)| one.name == named && fits(&one.id)).collect();
    match &found[..] {
        [(number, _)] => Ok(*number),
        [] => Err(not_found(account, who)),
        several => {
            let ids: Vec<&str> = several.iter().map(|(_, one)| one.id.as_str()).collect();
            let failure = usage(format!("{} principals have the name {who}", several.len()));
            Err(failure.hint(format!("name one by its ARN: {}", ids.join(", "))))
        }
    }
}

/// A wrong name, or a key whose owner could not be looked for.
fn not_found(account: &Account, who: &str) -> Failure {
    let key = who.starts_with("AKIA") || who.starts_with("ASIA");
    match account.access_keys.gap().filter(|_| key) {
        Some(gap) => {
            let error =
                format!("access keys were not read ({}): whose {who} is, is not known", gap.cause.words());
            Failure::new(Exit::Gaps, error)
        }
        None if who.starts_with("ASIA") => usage(format!("{who} is the key of a session"))
            .hint("name the role or the user; a session's key does not say whose it is"),
        None => usage(format!("the account {} has no principal {who}", account.id))
            .hint("unplug access --json lists them all"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    fn kettle() -> Account {
        scenario::load(scenario::DEFAULT).unwrap().account
    }

    #[test]
    fn a_principal_is_found_by_name_by_arn_and_by_key() {
        let account = kettle();
        let report = survey(&Facts::of(&account, Timestamp::UNIX_EPOCH)).unwrap();
        let (id, key) = account.access_keys.items().next().unwrap();
        let by_key = find(&account, &report, id).map_err(|failure| failure.error).unwrap();
        assert_eq!(report.principals[by_key].name, key.user);
        let arn = report.principals[by_key].id.clone();
        assert_eq!(find(&account, &report, &arn).map_err(|failure| failure.error), Ok(by_key));
        assert_eq!(find(&account, &report, &key.user).map_err(|failure| failure.error), Ok(by_key));
        let missing = find(&account, &report, "nobody-here").map_err(|failure| failure.exit);
        assert_eq!(missing, Err(Exit::Usage));
    }

    #[test]
    fn keys_that_were_not_read_are_a_gap_and_iam_that_was_not_read_is_no_answer() {
        let mut account = kettle();
        account.access_keys = crate::account::Seen::default();
        let report = survey(&Facts::of(&account, Timestamp::UNIX_EPOCH)).unwrap();
        let failure = find(&account, &report, "AKIAUNKNOWN").map_err(|failure| failure.exit);
        assert_eq!(failure, Err(Exit::Gaps));
        assert!(gaps(&account).iter().any(|gap| gap.starts_with("access keys not read")));
    }
}
