//! What a cut takes from one principal: each power that it has before, and the statement that ends it.

use serde::Serialize;

use super::book::{Book, Entry};
use super::explained::along;
use super::facts::Facts;
use super::powers::Power;
use super::report::{Report, Standing, Sureness};

/// A principal after a cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct After {
    /// Whether it can act at all then.
    pub acts: Sureness,
    /// Each power that it has before the cut.
    pub powers: Vec<Ended>,
}

/// A power before and after a cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ended {
    pub power: Power,
    pub before: Sureness,
    pub after: Sureness,
    /// What stops the request that the power had before: the statement, or why none allows it. `None` where
    /// the request is still allowed. It names things from policies: escape it.
    pub because: Option<String>,
}

/// An account with its book and report.
pub struct Known<'a> {
    pub book: &'a Book,
    pub facts: &'a Facts<'a>,
    pub report: &'a Report,
}

/// What the cut between two accounts takes from the principal with this id (its ARN). `None` where the
/// first account has no such principal.
pub fn after(before: &Known<'_>, after: &Known<'_>, id: &str) -> Option<After> {
    let standing = before.report.find(id)?;
    let entry = entry_of(before, standing)?;
    let had = standing.powers.iter().filter(|answer| !answer.sure.is_no());
    let mut principals = after.report.principals.iter();
    let Some(then) = principals.find(|one| one.kind == standing.kind && one.id == standing.id) else {
        let gone = had.map(|answer| Ended {
            power: answer.power,
            before: answer.sure.clone(),
            after: Sureness::No,
            because: Some("it is not there any more".to_owned()),
        });
        return Some(After { acts: Sureness::No, powers: gone.collect() });
    };
    let same = after.book.entries.iter().find(|other| other.principal == entry.principal)?;
    let powers = had.map(|answer| {
        let path = answer.path.as_ref();
        let requests = path.map(|path| along(after.book, after.facts, same, path)).unwrap_or_default();
        let stopped = requests.into_iter().find(|request| request.sure != Sureness::Yes);
        Ended {
            power: answer.power,
            before: answer.sure.clone(),
            after: then.answer(answer.power).map_or(Sureness::No, |answer| answer.sure.clone()),
            because: stopped.map(|request| request.because),
        }
    });
    Some(After { acts: then.acts.clone(), powers: powers.collect() })
}

/// The entry of a principal of the report: the two have the same order.
fn entry_of<'a>(known: &Known<'a>, standing: &Standing) -> Option<&'a Entry> {
    let number = known.report.principals.iter().position(|one| std::ptr::eq(one, standing))?;
    known.book.entries.get(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::survey;
    use crate::access::survey::tests as world;

    #[test]
    fn each_power_is_ended_by_the_statement_that_denies_its_request() {
        let mut account = world::account();
        world::user(&mut account, "anna", &world::allow("s3:*", "*"));
        let mut cut = account.clone();
        let deny = r#"{"Statement":[{"Sid":"Out","Effect":"Deny","Action":"*","Resource":"*"}]}"#;
        let anna = cut.principals.read_mut().unwrap().users.get_mut("anna").unwrap();
        anna.inline.insert("unplug".into(), deny.into());
        let facts = [&account, &cut].map(|account| Facts::of(account, world::now()));
        let books = [&facts[0], &facts[1]].map(|facts| Book::new(facts).unwrap());
        let reports = [&facts[0], &facts[1]].map(|facts| survey(facts).unwrap());
        let known = |n: usize| Known { book: &books[n], facts: &facts[n], report: &reports[n] };
        let id = format!("arn:aws:iam::{}:user/anna", world::ME);
        let found = after(&known(0), &known(1), &id).unwrap();
        assert!(!found.powers.is_empty());
        for ended in &found.powers {
            assert!(ended.after.is_no(), "{ended:?}");
            let because = ended.because.as_deref().unwrap_or_default();
            assert!(because.ends_with("inline policy unplug of user anna, statement 1 (Out)"), "{ended:?}");
        }
        let same = after(&known(0), &known(0), &id).unwrap();
        assert!(same.powers.iter().all(|ended| ended.before == ended.after && ended.because.is_none()));
        assert!(after(&known(0), &known(1), "nobody").is_none());
    }
}
