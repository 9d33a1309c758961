//! Injects: what happens at set moments of a facilitated drill, and what the room is asked then.

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{MOST, ScenarioError};
use crate::account::Account;
use crate::document::{self, Document, Fault, hint};

/// Something that happens in a facilitated drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inject {
    pub at: Moment,
    /// When what it does ends; `None`: with the drill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// What the room is told.
    pub tell: String,
    /// What the room is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<String>,
    /// What happens in the simulation. The room is not told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub does: Option<Deed>,
}

/// A moment of a drill. Steps are named by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// Before anything is read.
    Beginning,
    /// Before the question about a step.
    Before(u16),
    /// When a step was cut, skipped, or has nothing to cut.
    After(u16),
    /// When no step is left.
    AfterLastCut,
    /// Before the question about putting back.
    BeforeRestore,
}

/// What an inject does to the simulation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// AWS refuses the responder's key, until another credential is brought: this user's or role's (ARN),
    /// or without one a new key of the responder's.
    RevokeKey { break_glass: Option<String> },
    /// AWS throttles the first attempts of each call in a Region.
    ThrottleRegion { region: String, attempts: u32 },
    /// Each answer of AWS comes so much later.
    SlowAws { each: Duration },
    /// Somebody (ARN) puts back what a step has cut.
    RevertStep { step: u16, by: String },
}

/// An inject as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    at: Spanned<String>,
    until: Option<Spanned<String>>,
    tell: Spanned<String>,
    ask: Option<String>,
    does: Option<Spanned<WrittenDeed>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenDeed {
    RevokeKey(RevokeKey),
    ThrottleRegion(ThrottleRegion),
    SlowAws(SlowAws),
    RevertStep(RevertStep),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeKey {
    break_glass: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThrottleRegion {
    region: String,
    attempts: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SlowAws {
    each: SignedDuration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevertStep {
    step: u16,
    by: String,
}

/// A file of injects.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    inject: Vec<Written>,
}

/// The injects in a file, for a drill on this account.
///
/// # Errors
/// When the file cannot be read, something in it is wrong (the error names line and column), or it names
/// what the account does not have.
pub fn injects(file: &str, account: &Account) -> Result<Vec<Inject>, ScenarioError> {
    let text = document::read_file(file.as_ref(), MOST)
        .map_err(|error| ScenarioError::NoInjects { file: file.into(), error })?;
    parse(&Document { file, text: &text }, account)
}

fn parse(document: &Document<'_>, account: &Account) -> Result<Vec<Inject>, ScenarioError> {
    let File { inject } = document.read()?;
    let injects = inject.into_iter().map(|written| written.read(document)).collect::<Result<Vec<_>, _>>()?;
    let missing: Vec<String> = injects.iter().filter_map(|inject| inject.absent(account)).collect();
    if missing.is_empty() {
        Ok(injects)
    } else {
        Err(ScenarioError::Dangling { file: document.file.into(), missing })
    }
}

impl Written {
    /// Reads moments and what is done.
    ///
    /// # Errors
    /// When there is no such moment, nothing is told, or what is done makes no sense.
    pub fn read(self, document: &Document<'_>) -> Result<Inject, Fault> {
        let Written { at, until, tell, ask, does } = self;
        if tell.get_ref().trim().is_empty() {
            return Err(document.fault(&tell.span(), "an inject tells the room something"));
        }
        let lasts = does.as_ref().is_some_and(|does| does.get_ref().lasts());
        if let Some(until) = until.as_ref().filter(|_| !lasts) {
            let text = "only a throttled Region and a slow AWS end: what this inject does has no end";
            return Err(document.fault(&until.span(), text));
        }
        let at = moment(&at, document)?;
        let until = until.map(|until| moment(&until, document)).transpose()?;
        let does = does.map(|does| deed(does, document)).transpose()?;
        Ok(Inject { at, until, tell: tell.into_inner().trim().into(), ask, does })
    }
}

impl WrittenDeed {
    fn lasts(&self) -> bool {
        matches!(self, WrittenDeed::ThrottleRegion(_) | WrittenDeed::SlowAws(_))
    }
}

fn deed(does: Spanned<WrittenDeed>, document: &Document<'_>) -> Result<Deed, Fault> {
    let span = does.span();
    let fault = |text: &str| Err(document.fault(&span, text));
    Ok(match does.into_inner() {
        WrittenDeed::RevokeKey(RevokeKey { break_glass }) => Deed::RevokeKey { break_glass },
        WrittenDeed::ThrottleRegion(ThrottleRegion { attempts: 0, .. }) => {
            return fault("attempts says how often each call is throttled: at least 1");
        }
        WrittenDeed::ThrottleRegion(ThrottleRegion { region, attempts }) => {
            Deed::ThrottleRegion { region, attempts }
        }
        WrittenDeed::SlowAws(SlowAws { each }) => match Duration::try_from(each) {
            Ok(each) if !each.is_zero() => Deed::SlowAws { each },
            _ => return fault("a time is longer than nothing"),
        },
        WrittenDeed::RevertStep(RevertStep { step, by }) => Deed::RevertStep { step, by },
    })
}

fn moment(written: &Spanned<String>, document: &Document<'_>) -> Result<Moment, Fault> {
    let text = written.get_ref();
    Moment::parse(text).ok_or_else(|| {
        let known = ["beginning", "before 520", "after 520", "after-last-cut", "before-restore"];
        let text = format!("there is no moment {text:?}{}", hint(text, known));
        document.fault(&written.span(), text)
    })
}

impl Moment {
    fn parse(text: &str) -> Option<Moment> {
        match text {
            "beginning" => Some(Moment::Beginning),
            "after-last-cut" => Some(Moment::AfterLastCut),
            "before-restore" => Some(Moment::BeforeRestore),
            _ => {
                let (word, step) = text.split_once(' ')?;
                let step = step.parse().ok().filter(|step| (100..800).contains(step))?;
                match word {
                    "before" => Some(Moment::Before(step)),
                    "after" => Some(Moment::After(step)),
                    _ => None,
                }
            }
        }
    }

    /// The step that it waits for.
    pub fn step(self) -> Option<u16> {
        match self {
            Moment::Before(step) | Moment::After(step) => Some(step),
            Moment::Beginning | Moment::AfterLastCut | Moment::BeforeRestore => None,
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::Beginning => write!(f, "at the beginning"),
            Moment::Before(step) => write!(f, "before {step}"),
            Moment::After(step) => write!(f, "after {step}"),
            Moment::AfterLastCut => write!(f, "after the last cut"),
            Moment::BeforeRestore => write!(f, "before the restore"),
        }
    }
}

impl Inject {
    /// What it names and the account does not have.
    pub(super) fn absent(&self, account: &Account) -> Option<String> {
        let principals = account.principals.read();
        let is_there = |arn: &String| {
            principals.is_some_and(|all| {
                all.users.values().any(|user| user.arn == *arn)
                    || all.roles.values().any(|role| role.arn == *arn)
            })
        };
        let what = match self.does.as_ref()? {
            Deed::ThrottleRegion { region, .. } if !account.regions.contains_key(region) => {
                format!("the Region {region}")
            }
            Deed::RevokeKey { break_glass: Some(arn) } | Deed::RevertStep { by: arn, .. }
                if !is_there(arn) =>
            {
                format!("the user or role {arn}")
            }
            _ => return None,
        };
        Some(format!("the inject {} names {what}, which is not there", self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{DEFAULT, load};

    fn fault(text: &str) -> String {
        let account = load(DEFAULT).unwrap().account;
        match parse(&Document { file: "x.toml", text }, &account) {
            Ok(injects) => format!("no error: {injects:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_inject_has_a_moment_words_and_a_deed() {
        let text = "[[inject]]\nat = \"before 520\"\ntell = \"AWS is slow.\"\nask = \"Wait?\"\n\
                    until = \"after 530\"\ndoes = { slow-aws = { each = \"2s\" } }\n";
        let account = load(DEFAULT).unwrap().account;
        let injects = parse(&Document { file: "x.toml", text }, &account).unwrap();
        let expected = Inject {
            at: Moment::Before(520),
            until: Some(Moment::After(530)),
            tell: "AWS is slow.".into(),
            ask: Some("Wait?".into()),
            does: Some(Deed::SlowAws { each: Duration::from_secs(2) }),
        };
        assert_eq!(injects, [expected]);
    }

    #[test]
    fn a_wrong_inject_is_said_with_line_and_column() {
        let told = "[[inject]]\nat = \"beginning\"\ntell = \"x\"\n";
        for (text, said) in [
            (
                "[[inject]]\nat = \"befor 520\"\ntell = \"x\"".to_owned(),
                "x.toml:2:6: there is no moment \"befor 520\"; did you mean \"before 520\"?",
            ),
            (
                "[[inject]]\nat = \"before 20\"\ntell = \"x\"".to_owned(),
                "x.toml:2:6: there is no moment \"before 20\"; did you mean \"before 520\"?",
            ),
            ("[[inject]]\nat = \"beginning\"".to_owned(), "x.toml:1:1: the key \"tell\" is missing"),
            (
                "[[inject]]\nat = \"beginning\"\ntell = \" \"".to_owned(),
                "x.toml:3:8: an inject tells the room something",
            ),
            (format!("{told}aks = \"x\""), "x.toml:4:1: unknown key \"aks\"; did you mean \"ask\"?"),
            (
                format!("{told}until = \"after 520\""),
                "x.toml:4:9: only a throttled Region and a slow AWS end: what this inject does has no end",
            ),
            (
                format!("{told}does = {{ slow-aws = {{ each = \"0s\" }} }}"),
                "x.toml:4:8: a time is longer than nothing",
            ),
            (
                format!("{told}does = {{ throttle-region = {{ region = \"eu-west-1\", attempts = 0 }} }}"),
                "x.toml:4:8: attempts says how often each call is throttled: at least 1",
            ),
            (
                format!("{told}does = {{ revoke-keys = {{}} }}"),
                "x.toml:4:10: unknown word \"revoke-keys\"; did you mean \"revoke-key\"?",
            ),
            (
                format!("{told}does = {{ throttle-region = {{ region = \"eu-west-9\", attempts = 2 }} }}"),
                "x.toml: the account does not hold together:\n  the inject at the beginning names the Region \
                 eu-west-9, which is not there",
            ),
            (
                format!("{told}does = {{ revert-step = {{ step = 400, by = \"arn:aws:iam::1:user/x\" }} }}"),
                "x.toml: the account does not hold together:\n  the inject at the beginning names the user or \
                 role arn:aws:iam::1:user/x, which is not there",
            ),
        ] {
            assert_eq!(fault(&text), said, "{text}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_no_empty_list() {
        let account = load(DEFAULT).unwrap().account;
        let error = injects("/nowhere/injects.toml", &account).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the injects in /nowhere/injects.toml: "), "{error}");
    }
}
