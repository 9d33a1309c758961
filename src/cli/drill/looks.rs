//! `look`: the participants of a facilitated drill look around in the simulated account.
//!
//! A look is made on a copy: it changes nothing, and the drill's clock does not move. It shows what the
//! verbs exposure, access and trace print of an account like this one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::apart::apart;
use crate::account::{Account, Events};
use crate::aws::Aws;
use crate::cli::plan::bug;
use crate::cli::{access, exposure};
use crate::collect::events::{History, exposed, read};
use crate::collect::identify;
use crate::failure::{Exit, Failure};
use crate::scenario::Suspects;
use crate::sim::Simulation;
use crate::trace::{Event, Report, Suspect};
use crate::view::json::compact;
use crate::view::{self, Line, Tone, agree, count};

/// What can be looked at.
const WORDS: &str = "look exposure [INTERFACE]: what gets in and out. look access [PRINCIPAL]: who can do what. \
                     look who [KEY, ARN or ADDRESS]: who did what. look ID: one resource with its fields.";

/// Callers that are listed; the rest is counted.
const MOST: usize = 12;

/// The words of a look, if somebody asks for one.
pub fn asked(typed: &str) -> Option<&str> {
    let (word, rest) = typed.trim().split_once(char::is_whitespace).unwrap_or((typed.trim(), ""));
    word.eq_ignore_ascii_case("look").then(|| rest.trim())
}

/// What a look at these words shows.
///
/// # Errors
/// When there is nothing of that name, or it cannot be known.
pub fn look(
    simulation: &Simulation,
    suspects: &Suspects,
    columns: usize,
    words: &str,
) -> Result<Vec<Line>, Failure> {
    let (what, of) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let of = Some(of.trim()).filter(|of| !of.is_empty());
    let account = simulation.account();
    match what {
        "" => Ok(vec![Line::plain(WORDS)]),
        "exposure" => exposure::lines(&account, of),
        "access" => access::lines(&account, simulation.clock().timestamp(), of),
        "who" => {
            let named = match of {
                Some(of) => [suspect(of)?].into(),
                None => named(suspects, &account),
            };
            let mut lines = if of.is_none() { callers(simulation) } else { vec![] };
            if !named.is_empty() {
                let events = traced(simulation, named.clone())?;
                lines.extend(view::trace::report(&Report::of(&events, &named), columns));
            }
            Ok(lines)
        }
        _ => resource(&account, words),
    }
}

/// The suspects of the story, and the keys that AWS found exposed.
fn named(suspects: &Suspects, account: &Account) -> BTreeSet<Suspect> {
    let mut all = exposed(account);
    all.extend(suspects.keys.iter().filter_map(|key| Suspect::key(key).ok()));
    if let Some(known) = account.principals.read() {
        let arn = |name: &String| {
            let user = known.users.get(name).map(|user| &user.arn);
            user.or_else(|| known.roles.get(name).map(|role| &role.arn))
        };
        all.extend(suspects.principals.iter().filter_map(arn).filter_map(|arn| Suspect::principal(arn).ok()));
    }
    all
}

fn suspect(text: &str) -> Result<Suspect, Failure> {
    Suspect::key(text).or_else(|_| Suspect::principal(text)).or_else(|_| Suspect::address(text)).map_err(
        |_| {
            Failure::new(
                Exit::Usage,
                format!("{text} is no access key, no ARN of a principal and no address"),
            )
        },
    )
}

/// Reads CloudTrail's event history as the verb trace does, on a copy.
fn traced(simulation: &Simulation, named: BTreeSet<Suspect>) -> Result<Events, Failure> {
    let copy = simulation.fork();
    apart(async move || {
        let aws = Aws::simulated(copy);
        let known = identify(&aws).await.map_err(bug)?;
        Ok(read(&aws, &known, &History::default(), named, &|_| {}).await)
    })?
}

/// Who has changed something since the drill began, as far as CloudTrail shows it by now.
fn callers(simulation: &Simulation) -> Vec<Line> {
    let (shown, hidden) = simulation.shown_and_hidden();
    let mut all: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for record in &shown {
        let event = Event(record);
        *all.entry(event.caller().to_owned()).or_default().entry(event.call()).or_default() += 1;
    }
    let mut lines = vec![Line::toned(Tone::Bold, "Who has changed something since the drill began")];
    if all.is_empty() {
        lines.push(Line::detail("", "nobody, as far as CloudTrail shows it by now"));
    }
    for (caller, calls) in all.iter().take(MOST) {
        let calls: Vec<String> = calls.iter().map(|(call, times)| format!("{call} ({times})")).collect();
        lines.push(Line::detail("", format!("{caller}: {}", calls.join(", "))));
    }
    if all.len() > MOST {
        lines.push(Line::detail("", format!("and {}", count(all.len() - MOST, "more caller"))));
    }
    if hidden > 0 {
        let text = format!(
            "{} not shown yet: CloudTrail takes about 5 minutes, on the drill's clock",
            agree(hidden, "call", "is", "are")
        );
        lines.push(Line::toned(Tone::Dim, text).indented(4));
    }
    lines
}

/// Everything of the account that has this id, name or ARN.
fn resource(account: &Account, id: &str) -> Result<Vec<Line>, Failure> {
    let account = serde_json::to_value(account).map_err(bug)?;
    let mut found = vec![];
    search(&account, id, &mut vec![], &mut found);
    if found.is_empty() {
        let error = format!("nothing here is called {id:?}");
        return Err(Failure::new(Exit::Usage, error).hint(WORDS));
    }
    Ok(found.iter().flat_map(|(path, value)| fields(path, value)).collect())
}

/// Finds the objects under a key of this name, and those with this ARN.
fn search<'v>(value: &'v Value, id: &str, path: &mut Vec<&'v str>, found: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                path.push(key);
                if key == id || member.get("arn").and_then(Value::as_str) == Some(id) {
                    let words = path.iter().filter(|word| !["read", "regions"].contains(word));
                    found.push((words.copied().collect::<Vec<_>>().join(" "), member));
                } else {
                    search(member, id, path, found);
                }
                path.pop();
            }
        }
        Value::Array(members) => members.iter().for_each(|member| search(member, id, path, found)),
        _ => {}
    }
}

fn fields(path: &str, value: &Value) -> Vec<Line> {
    let mut lines = vec![Line::toned(Tone::Bold, path.to_owned())];
    match value {
        Value::Object(members) => {
            let text = |member: &Value| match member {
                Value::String(text) => text.clone(),
                other => compact(other),
            };
            let shown = members.iter().filter(|(_, member)| !member.is_null());
            lines.extend(shown.map(|(key, member)| Line::detail(key, text(member))));
        }
        other => lines.push(Line::detail("", compact(other))),
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load;

    fn said(words: &str) -> Result<String, String> {
        let scenario = load("leaked-key").unwrap();
        let simulation = Simulation::new(scenario.account);
        let lines = look(&simulation, &scenario.suspects, 100, words);
        lines
            .map(|lines| lines.iter().map(|line| line.text() + "\n").collect())
            .map_err(|failure| format!("{}; {}", failure.error, failure.hints.join("; ")))
    }

    #[test]
    fn a_look_is_told_from_an_answer() {
        assert_eq!(asked("look exposure"), Some("exposure"));
        assert_eq!(asked("  LOOK  who  x "), Some("who  x"));
        assert_eq!(asked("look"), Some(""));
        assert_eq!(asked("yes"), None);
        assert_eq!(asked("looking"), None);
    }

    #[test]
    fn each_look_shows_what_its_verb_prints() {
        assert!(said("exposure").unwrap().starts_with("Exposure"));
        assert!(said("access").unwrap().contains("build-bot"));
        assert!(said("access build-bot").unwrap().contains("build-bot"));
        let who = said("who").unwrap();
        assert!(who.contains("nobody, as far as CloudTrail shows it by now"), "{who}");
        assert!(who.contains("Trace   ") && who.contains("AKIALLBUILD01EXAMPLE"), "{who}");
        let one = said("who AKIALLBUILD01EXAMPLE").unwrap();
        assert!(one.starts_with("Trace   AKIALLBUILD01EXAMPLE"), "{one}");
    }

    #[test]
    fn one_resource_is_shown_with_its_fields_by_its_name_and_by_its_arn() {
        for id in ["build-bot", "arn:aws:iam::555566667777:user/build-bot"] {
            let shown = said(id).unwrap();
            assert!(shown.contains("principals users build-bot\n"), "{shown}");
            assert!(shown.contains("arn:aws:iam::555566667777:user/build-bot"), "{shown}");
        }
    }

    #[test]
    fn what_is_not_there_says_what_can_be_looked_at() {
        let error = said("around").unwrap_err();
        assert!(error.contains("\"around\"") && error.contains("look exposure [INTERFACE]"), "{error}");
        assert!(said("").unwrap().contains("look ID"));
        assert!(said("who nobody").unwrap_err().contains("nobody is no access key"));
        assert!(said("exposure eni-1").is_err());
    }

    #[test]
    fn a_look_leaves_account_and_clock_as_they_were() {
        let scenario = load("leaked-key").unwrap();
        let simulation = Simulation::new(scenario.account.clone());
        let before = simulation.now_ms();
        look(&simulation, &scenario.suspects, 100, "who").map_err(|failure| failure.error).unwrap();
        assert!(simulation.now_ms() == before && simulation.account() == scenario.account);
    }
}
