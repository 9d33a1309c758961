//! One principal of a report explained: each power with its path, each request of the path judged
//! statement by statement.

use serde::Serialize;

use super::book::{Book, Entry};
use super::facts::Facts;
use super::inquiry::{Inquiry, Judgement};
use super::moment::Holding;
use super::powers::Power;
use super::principal::Principal;
use super::report::{Answer, Path, Report, Standing, Sureness};
use super::roles::holdings;

/// A principal with its powers, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    pub principal: Standing,
    pub powers: Vec<Way>,
    /// What was not read and could change an answer.
    pub unread: Vec<String>,
}

/// One power, and the requests that lead to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    #[serde(flatten)]
    pub answer: Answer,
    /// Each role that is assumed, in order, then the action. Without a path: an action of the power.
    pub requests: Vec<Judged>,
}

/// One request, judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The name of the principal that sends it.
    pub by: String,
    pub action: String,
    pub on: String,
    pub sure: Sureness,
    pub because: String,
    /// Every statement that covers the action.
    pub statements: Vec<String>,
}

/// Explains the principal with this number in the report. `power`: explains only this one.
pub fn explain(
    book: &Book,
    facts: &Facts<'_>,
    report: &Report,
    number: usize,
    power: Option<Power>,
) -> Option<Explained> {
    // A report has the principals of its book, in the same order.
    let (standing, entry) = (report.principals.get(number)?, book.entries.get(number)?);
    let wanted = standing.powers.iter().filter(|answer| power.is_none_or(|power| answer.power == power));
    let way = |answer: &Answer| Way {
        answer: answer.clone(),
        requests: match &answer.path {
            Some(path) => along(book, facts, entry, path),
            None => vec![not(book, facts, entry, answer.power)].into_iter().flatten().collect(),
        },
    };
    let powers = wanted.map(way).collect();
    Some(Explained { principal: standing.clone(), powers, unread: report.unread.clone() })
}

/// The requests of a path: each role assumed by the one before it, then the action.
pub(super) fn along(book: &Book, facts: &Facts<'_>, entry: &Entry, path: &Path) -> Vec<Judged> {
    let mut judged = vec![];
    let mut sender = entry;
    for name in &path.roles {
        let Some(role) = book.role(name) else { return judged };
        let Principal::Session { role: arn, .. } = &role.principal else { return judged };
        let best = best(sender, None, |holding| book.judge_assume(facts, sender, holding, arn));
        judged.push(told(sender, "sts:AssumeRole", arn, best));
        sender = role;
    }
    let earlier = path.session.is_some().then_some(Holding::EarlierSession);
    let ask = |holding| Inquiry { holding, action: &path.action, resource: &path.on, keys: &[] };
    let best = best(sender, earlier, |holding| book.judge(facts, sender, ask(holding)));
    judged.push(told(sender, &path.action, &path.on, best));
    judged
}

/// Why a principal lacks a power, by the power's first action.
fn not(book: &Book, facts: &Facts<'_>, entry: &Entry, power: Power) -> Option<Judged> {
    let deed = power.deeds().first()?;
    let on = match deed.on {
        "*" => "*".to_owned(),
        on => format!("arn:{}:{}", book.partition, on.replace("{}", &book.account)),
    };
    let ask = |holding| Inquiry { holding, action: deed.action, resource: &on, keys: &[] };
    let best = best(entry, None, |holding| book.judge(facts, entry, ask(holding)));
    Some(told(entry, deed.action, &on, best))
}

/// The judgement with the credentials that get furthest.
fn best(entry: &Entry, only: Option<Holding>, judge: impl Fn(Holding) -> Judgement) -> Option<Judgement> {
    let all = only.as_ref().map_or_else(|| holdings(entry), std::slice::from_ref);
    let rank = |judgement: &Judgement| match judgement.sure {
        Sureness::Yes => 0,
        Sureness::Perhaps(_) => 1,
        Sureness::No => 2,
    };
    all.iter().map(|holding| judge(*holding)).min_by_key(rank)
}

fn told(by: &Entry, action: &str, on: &str, judgement: Option<Judgement>) -> Judged {
    let (sure, because, statements) = match judgement {
        Some(one) => (one.sure, one.because, one.lines),
        None => (Sureness::No, String::new(), vec![]),
    };
    Judged { by: by.name.clone(), action: action.to_owned(), on: on.to_owned(), sure, because, statements }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::survey;
    use crate::access::survey::tests as world;

    #[test]
    fn a_chain_is_explained_role_by_role_and_a_lacking_power_by_the_statement_that_denies() {
        let mut account = world::account();
        let assume = world::allow("sts:AssumeRole", "*");
        world::user(&mut account, "anna", &assume);
        let trusted = format!(r#"{{"AWS":"arn:aws:iam::{}:user/anna"}}"#, world::ME);
        world::role(&mut account, "reader", &trusted, &world::allow("s3:GetObject", "*"));
        let facts = Facts::of(&account, world::now());
        let (book, report) = (Book::new(&facts).unwrap(), survey(&facts).unwrap());
        let number = report.principals.iter().position(|one| one.name == "anna").unwrap();
        let read = explain(&book, &facts, &report, number, Some(Power::ReadS3)).unwrap();
        let requests = &read.powers[0].requests;
        let steps: Vec<(&str, &str)> =
            requests.iter().map(|one| (one.by.as_str(), one.action.as_str())).collect();
        assert_eq!(steps, [("anna", "sts:AssumeRole"), ("reader", "s3:GetObject")]);
        for one in requests {
            assert!(one.because.starts_with("allowed by "), "{one:?}");
        }
        let all = explain(&book, &facts, &report, number, None).unwrap();
        assert_eq!(all.powers.len(), Power::ALL.len());
        let mail = all.powers.iter().find(|way| way.answer.power == Power::SendMail).unwrap();
        assert!(mail.answer.sure.is_no());
        assert!(mail.requests[0].because.starts_with("no statement allows it"), "{mail:?}");
    }
}
