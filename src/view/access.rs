//! Access in lines: pure.

mod ended;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

pub use ended::ended;

use super::count;
use super::fold::list;
use super::lines::{Line, Tone};
use crate::access::explained::{Explained, Judged, Way};
use crate::access::powers::Power;
use crate::access::report::{Acting, Answer, Count, Grant, Kind, Path, Report, Standing, Staying, Sureness};
use crate::account::{Gap, Seen};

/// Lines of principals and of what was not read; the rest is counted.
const MOST: usize = 7;
/// The width of the column that says who.
const WHO: usize = 38;

/// How many principals have each power, then who has most, most powerful first: one screen.
pub fn table(report: &Report) -> Vec<Line> {
    let head = format!("Access  of {}", count(report.principals.len(), "principal"));
    let mut lines = vec![
        Line::new()
            .and(Tone::Bold, format!("{head:<44}"))
            .and(Tone::Dim, format!("{:>5}{:>9}", "yes", "perhaps")),
    ];
    for power in Power::ALL {
        let (mut yes, mut perhaps) = (0, 0);
        for (_, answer) in report.with(power) {
            if answer.sure == Sureness::Yes { yes += 1 } else { perhaps += 1 }
        }
        let row = format!("{:<15} {:<28}{yes:>5}{perhaps:>9}", power.name(), power.words());
        lines.push(Line::new().and(Tone::Plain, row).indented(16));
    }
    lines.push(Line::new());
    let folded = folded(report);
    let shown = folded.iter().take(MOST).map(|(powers, standings)| {
        let who = fit(&names(standings), WHO);
        Line::new()
            .and(Tone::Bold, format!("{who:<WHO$}  "))
            .and(Tone::Plain, powers.clone())
            .indented(WHO + 2)
    });
    lines.extend(shown);
    let more: usize = folded.iter().skip(MOST).map(|(_, standings)| standings.len()).sum();
    if more > 0 {
        let text = format!("and {} with a power (--power NAME or --json has them)", count(more, "more"));
        lines.push(Line::toned(Tone::Dim, text.replace(" mores ", " more ")));
    }
    lines
}

/// Who has a power, each with its path.
pub fn with(report: &Report, power: Power) -> Vec<Line> {
    let mut with: Vec<(&Standing, &Answer)> = report.with(power).collect();
    with.sort_by_key(|(_, answer)| answer.sure != Sureness::Yes);
    let head = format!("Who can {}", power.words());
    let mut lines = vec![
        Line::new().and(Tone::Bold, head).and(Tone::Dim, format!("  {}", count(with.len(), "principal"))),
    ];
    for (standing, answer) in with {
        let (tone, word) = verdict(&answer.sure);
        let name = names(&[standing]);
        lines.push(Line::new().and(tone, format!("{word:<8}")).and(Tone::Plain, name).indented(8));
        lines.extend(answer.path.iter().map(|path| Line::detail("by", way(path))));
        if let Sureness::Perhaps(why) = &answer.sure {
            lines.push(Line::detail("doubt", why.clone()));
        }
    }
    lines
}

/// One principal: each power with its path, statement by statement.
pub fn explained(explained: &Explained) -> Vec<Line> {
    let standing = &explained.principal;
    let mut lines =
        vec![Line::new().and(Tone::Bold, names(&[standing])).and(Tone::Dim, format!("  {}", standing.id))];
    match &standing.acts {
        Sureness::Yes => {}
        Sureness::No => {
            let text = "no active key, no password, and nobody who can act may assume it";
            lines.push(Line::detail("acts", format!("not with new credentials: {text}")));
        }
        Sureness::Perhaps(why) => lines.push(Line::detail("acts", format!("perhaps: {why}"))),
    }
    let (has, lacks): (Vec<&Way>, Vec<&Way>) =
        explained.powers.iter().partition(|way| !way.answer.sure.is_no());
    for one in has.into_iter().chain(lacks) {
        lines.push(Line::new());
        lines.extend(power(one, standing));
    }
    lines
}

fn power(one: &Way, standing: &Standing) -> Vec<Line> {
    let (tone, word) = verdict(&one.answer.sure);
    let mut lines = vec![
        Line::new().and(tone, format!("{word:<8}")).and(Tone::Bold, one.answer.power.words()).indented(8),
    ];
    // Without roles on the way the one request below says it all.
    let path = one.answer.path.as_ref();
    lines.extend(path.filter(|path| !path.roles.is_empty()).map(|path| Line::detail("by", way(path))));
    if let Sureness::Perhaps(why) = &one.answer.sure
        && one.requests.iter().all(|request| request.because != *why)
    {
        lines.push(Line::detail("doubt", why.clone()));
    }
    if one.answer.sure.is_no() && standing.acts.is_no() {
        lines.push(Line::detail("", "it cannot act; what its policies say of one such request:"));
    }
    let held = path.filter(|path| path.roles.is_empty()).map(held).unwrap_or_default();
    one.requests.iter().for_each(|request| judged(request, standing, &held, &mut lines));
    lines
}

/// One request. Where a single statement covers it, that is the one that decides.
fn judged(request: &Judged, standing: &Standing, held: &str, lines: &mut Vec<Line>) {
    let by = if request.by == standing.name { String::new() } else { format!("{}: ", request.by) };
    lines.push(Line::detail("asks", format!("{by}{} on {}", request.action, request.on)));
    lines.push(Line::detail("", format!("{}{held}", request.because)));
    if request.statements.len() < 2 {
        return;
    }
    for statement in request.statements.iter().take(MOST) {
        lines.push(Line::new().and(Tone::Dim, format!("            · {statement}")).indented(14));
    }
    let more = request.statements.len().saturating_sub(MOST);
    if more > 0 {
        lines.push(Line::detail("", format!("and {} (--json has them)", count(more, "more statement"))));
    }
}

/// Who can act before and after a cut, and by name who still can.
pub fn acting(acting: &Seen<Acting>) -> Vec<Line> {
    before_and_after(acting, "now")
}

/// The same of a cut that was made.
pub fn acted(acting: &Seen<Acting>) -> Vec<Line> {
    before_and_after(acting, "before")
}

fn before_and_after(acting: &Seen<Acting>, before: &str) -> Vec<Line> {
    let acting = match acting {
        Seen::Read(acting) => acting,
        Seen::Gap(gap) => {
            let text = not_known(gap);
            return vec![
                Line::new(),
                Line::new().and(Tone::Bold, "Access  ").and(Tone::Alert, text).indented(8),
            ];
        }
    };
    let mut lines = vec![
        Line::new(),
        Line::new().and(Tone::Bold, "Access  ").and(Tone::Plain, counted_from(before, acting)).indented(8),
    ];
    let sure = acting.stay.iter().filter(|one| one.sure && !one.earlier_sessions);
    let perhaps = acting.stay.iter().filter(|one| !one.sure && !one.earlier_sessions);
    let earlier = acting.stay.iter().filter(|one| one.earlier_sessions);
    let all: [(&str, Vec<&Staying>); 3] =
        [("still", sure.collect()), ("perhaps", perhaps.collect()), ("sessions", earlier.collect())];
    for (label, some) in all {
        let names: Vec<String> = some.iter().map(|one| named(one.kind, &one.name)).collect();
        if !names.is_empty() {
            lines.push(Line::detail(label, list(&names.iter().map(String::as_str).collect::<Vec<_>>(), 12)));
        }
    }
    lines
}

/// `identities that can act: 41 now, 38–40 after`: with those that perhaps can.
pub fn counted(acting: &Acting) -> String {
    counted_from("now", acting)
}

fn counted_from(before: &str, acting: &Acting) -> String {
    let range = |count: Count| match count.perhaps {
        0 => count.yes.to_string(),
        perhaps => format!("{}–{}", count.yes, count.yes + perhaps),
    };
    format!("identities that can act: {} {before}, {} after", range(acting.before), range(acting.after))
}

/// Without IAM there is no number.
pub fn not_known(gap: &Gap) -> String {
    format!("identities that can act: not known, IAM was not read ({})", gap.cause.words())
}

/// What was not read: without it no list is complete.
pub fn unread(report: &Report, gaps: &[String]) -> Vec<Line> {
    let mut lines = vec![];
    let line =
        |tone: Tone, text: String| Line::new().and(Tone::Dim, "    unknown ").and(tone, text).indented(12);
    lines.extend(gaps.iter().take(MOST).map(|gap| line(Tone::Alert, gap.clone())));
    if gaps.len() > MOST {
        lines.push(line(Tone::Alert, format!("{} more not read (--json has them)", gaps.len() - MOST)));
    }
    let names: Vec<&str> = report.unread.iter().map(String::as_str).collect();
    if !names.is_empty() {
        let first = if names.len() > 4 { &names[..3] } else { &names[..] };
        let mut text = first.join("; ");
        if names.len() > first.len() {
            let _ = write!(text, "; {} more (--json has them)", names.len() - first.len());
        }
        lines.push(line(Tone::Warn, format!("not taken into account: {text}")));
    }
    lines
}

/// One principal with a power, for a program.
pub fn json_of((standing, answer): (&Standing, &Answer)) -> Value {
    json!({
        "kind": standing.kind, "id": standing.id, "name": standing.name,
        "sure": answer.sure, "path": answer.path,
    })
}

fn verdict(sure: &Sureness) -> (Tone, &'static str) {
    match sure {
        Sureness::Yes => (Tone::Warn, "yes"),
        Sureness::Perhaps(_) => (Tone::Warn, "perhaps"),
        Sureness::No => (Tone::Good, "no"),
    }
}

/// `as role deploy: iam:PutUserPolicy on *, by inline policy own of role deploy, statement 1`
fn way(path: &Path) -> String {
    let mut text = String::new();
    for role in &path.roles {
        let _ = write!(text, "assumes role {role}, ");
    }
    let _ = write!(text, "{} on {}", path.action, path.on);
    match &path.grant {
        Grant::Root => text.push_str(": the root user needs no policy"),
        Grant::ResourcePolicy(arn) => {
            let _ = write!(text, ", by the policy of {arn}");
        }
        Grant::Own | Grant::Group(_) => {}
    }
    if let Some(statement) = &path.statement {
        let _ = write!(text, ", by {statement}");
    }
    text + &held(path)
}

/// `, as a member of group admins, with a session made earlier, until …`
fn held(path: &Path) -> String {
    let mut text = String::new();
    if let Grant::Group(group) = &path.grant {
        let _ = write!(text, ", as a member of group {group}");
    }
    if let Some(session) = &path.session {
        let _ = write!(text, ", with a session made earlier, until {} at the latest", session.until);
    }
    text
}

/// Principals with the same powers, the most powerful first.
fn folded(report: &Report) -> Vec<(String, Vec<&Standing>)> {
    type Rank = (std::cmp::Reverse<usize>, std::cmp::Reverse<usize>, std::cmp::Reverse<usize>);
    let mut groups = BTreeMap::<(Rank, String, Kind), Vec<&Standing>>::new();
    for standing in report.principals.iter().filter(|standing| standing.has_any_power()) {
        let all = |sure: fn(&Sureness) -> bool| -> Vec<&'static str> {
            let with = standing.powers.iter().filter(|answer| sure(&answer.sure));
            with.map(|answer| answer.power.name()).collect()
        };
        let yes = all(|sure| *sure == Sureness::Yes);
        let perhaps = all(|sure| matches!(sure, Sureness::Perhaps(_)));
        let everything = match standing.answer(Power::Everything).map(|answer| &answer.sure) {
            Some(Sureness::Yes) => 2,
            Some(Sureness::Perhaps(_)) => 1,
            _ => 0,
        };
        let mut powers = if everything == 2 { "everything".to_owned() } else { list_of(&yes) };
        if everything < 2 && !perhaps.is_empty() {
            let text = if everything == 1 { "everything".to_owned() } else { list_of(&perhaps) };
            powers =
                if yes.is_empty() { format!("perhaps {text}") } else { format!("{powers}, perhaps more") };
        }
        let rank = [everything, yes.len(), perhaps.len()].map(std::cmp::Reverse);
        let [everything, yes, perhaps] = rank;
        groups.entry(((everything, yes, perhaps), powers, standing.kind)).or_default().push(standing);
    }
    groups.into_iter().map(|((_, powers, _), standings)| (powers, standings)).collect()
}

/// Two powers by name, the others counted.
fn list_of(powers: &[&str]) -> String {
    match powers {
        [first, _, _, ..] => format!("{first} and {} more", powers.len() - 1),
        few => list(few, 2),
    }
}

fn names(standings: &[&Standing]) -> String {
    let Some(first) = standings.first() else { return String::new() };
    let kind = kind(first.kind);
    match standings {
        [one] => named(one.kind, &one.name),
        many => {
            let names: Vec<&str> = many.iter().map(|one| one.name.as_str()).collect();
            format!("{}: {}", count(many.len(), kind), names[..names.len().min(4)].join(", "))
        }
    }
}

fn named(of: Kind, name: &str) -> String {
    if of == Kind::Root { "root".to_owned() } else { format!("{} {name}", kind(of)) }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Root => "root",
        Kind::User => "user",
        Kind::Role => "role",
        Kind::PermissionSet => "permission set",
        Kind::ServiceLinkedRole => "service-linked role",
        Kind::OtherAccount => "outsider",
        Kind::Service => "service",
        Kind::IdentityProvider => "identity provider",
    }
}

/// Cuts a text to a width, with a mark.
fn fit(text: &str, width: usize) -> String {
    console::truncate_str(text, width, "…").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::book::Book;
    use crate::access::explained::explain;
    use crate::access::facts::Facts;
    use crate::access::survey;
    use crate::account::Account;
    use crate::scenario;

    fn shown(lines: &[Line]) -> Vec<String> {
        let text: Vec<String> = lines.iter().map(|line| line.render(false, 80)).collect();
        text.join("\n").split('\n').map(ToOwned::to_owned).collect()
    }

    fn kettle() -> Account {
        scenario::load(scenario::DEFAULT).unwrap().account
    }

    #[test]
    fn the_table_of_a_whole_company_is_one_screen() {
        let account = kettle();
        let report = survey(&Facts::of(&account, jiff::Timestamp::UNIX_EPOCH)).unwrap();
        let rows = shown(&[table(&report), unread(&report, &[])].concat());
        let text = rows.join("\n");
        assert!(rows.len() <= 23, "{text}");
        assert!(rows.iter().all(|row| row.chars().count() <= 80), "{text}");
        for power in Power::ALL {
            assert!(rows.iter().any(|row| row.starts_with(power.name())), "{text}");
        }
        assert!(text.contains("root") && text.contains("not taken into account"), "{text}");
    }

    #[test]
    fn a_name_cannot_obey_a_terminal_and_a_principal_is_explained_by_its_statements() {
        let mut account = kettle();
        let principals = account.principals.read_mut().unwrap();
        let mut user = principals.users.values().next().unwrap().clone();
        user.arn = format!("{}-evil", user.arn);
        let all = r#"{"Statement":[{"Sid":"\u001b[2J","Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        user.inline = [("own".to_owned(), all.to_owned())].into();
        (user.boundary, user.attached, user.groups) = (None, [].into(), [].into());
        principals.users.insert("\u{1b}[31mevil".into(), user.clone());
        let facts = Facts::of(&account, jiff::Timestamp::UNIX_EPOCH);
        let (book, report) = (Book::new(&facts).unwrap(), survey(&facts).unwrap());
        let number = report.principals.iter().position(|one| one.id == user.arn).unwrap();
        let explained = explain(&book, &facts, &report, number, None).unwrap();
        let all = [super::explained(&explained), with(&report, Power::ChangeIam), table(&report)].concat();
        let text = shown(&all).join("\n");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(text.contains("statement 1"), "{text}");
    }
}
