//! The prompts, and the only place where a confirmation is made.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::session::{CTRL_C, Session};
use super::typing;
use crate::account::{Account, WORTH};
use crate::aws::Person;
use crate::engine::Stop;
use crate::engine::confirm::{Answer, Confirmed, DriftAnswer, Operator};
use crate::engine::plan::{Selected, StepPlan};
use crate::engine::restore::{Drift, Owed};
use crate::failure::{Exit, Failure};
use crate::step::{Reversal, StepId};
use crate::steps;
use crate::view::plan::Depth;
use crate::view::{Line, Printer, Tone, Word, plan, question, screen};

/// Is there a person to ask?
pub fn person() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Takes typed words that are no answer, as the looks of a facilitated drill. Returns whether it took them:
/// then the question is asked again.
pub type Aside = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// One line from the person. `None` when they pressed Ctrl-C or Ctrl-D, or the terminal went away.
pub fn ask(printer: Printer, question: &str) -> Option<String> {
    let prompt = format!("{}: ", printer.prompt(question));
    typing::line(&console::Term::stderr(), &prompt).map(|answer| answer.trim().to_owned())
}

/// Answers while the credentials are looked for.
#[derive(Debug)]
pub struct SigningIn(pub Printer);

impl Person for SigningIn {
    fn mfa_code(&self, device: &str) -> Option<String> {
        if !person() {
            return None;
        }
        self.0.err_open(&format!("Code of the MFA device {device}: "));
        // As for the AWS CLI it is not shown.
        console::Term::stderr().read_secure_line().ok()
    }

    fn note(&self, text: &str) {
        self.0.err(&Line::toned(Tone::Dim, text));
    }

    fn said(&self, text: &str, whole: bool) {
        if whole {
            self.0.err(&Line::plain(text));
        } else {
            self.0.err_open(text);
        }
    }
}

/// How a verb that changes an account was told to go on without asking.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct YesArgs {
    /// Do not ask. Needs --account
    #[arg(long, requires = "account")]
    pub yes: bool,
    /// The account that the credentials must belong to: its id or alias
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
}

impl YesArgs {
    /// The first question: which account is this? With `--account` it must be that one. `about` says
    /// what would be done there.
    pub fn confirm_account(
        &self,
        account: &Account,
        printer: Printer,
        doing: &str,
        about: &[Line],
    ) -> Result<(), Failure> {
        let is = |given: &str| {
            given == account.id || account.alias.read().is_some_and(|a| a.as_deref() == Some(given))
        };
        if let Some(given) = &self.account
            && !is(given)
        {
            let error = format!(
                "the credentials belong to {}, not to {given}. Nothing was changed.",
                account.title()
            );
            return Err(Failure::new(Exit::NotConfirmed, error));
        }
        if self.yes {
            return Ok(());
        }
        if !person() {
            let hint = format!("add: --yes --account {}", account.id);
            return Err(Failure::new(
                Exit::NotConfirmed,
                "there is no terminal to confirm at. Nothing was changed.",
            )
            .hint(hint));
        }
        printer.err(&Line::new().and(Tone::Bold, format!("{doing} account {}", account.title())));
        printer.err(&Line::detail("you", screen::caller(&account.caller.arn)));
        for (actor, of) in &account.actors {
            let who = screen::caller(&of.arn);
            let text = format!("{actor}: {who}, account {}", of.account().unwrap_or("?"));
            printer.err(&Line::detail("actor", text));
        }
        about.iter().for_each(|line| printer.err(line));
        expect(printer, "Type its id or alias to go on", is)?;
        for (actor, of) in &account.actors {
            let question = format!("Type the id of the account that the actor {actor} changes");
            expect(printer, &question, |given| of.account() == Some(given))?;
        }
        Ok(())
    }

    /// Who answers the questions of a run of these steps.
    pub fn operator(
        &self,
        session: &Session,
        account: &Account,
        allow_irreversible: bool,
        steps: &[Selected],
    ) -> Box<dyn Operator> {
        if self.yes {
            Box::new(Yes { allow_irreversible, printer: session.printer })
        } else {
            Box::new(Prompts::new(session, account, steps))
        }
    }
}

/// Goes on where the right account is typed.
fn expect(printer: Printer, question: &str, is: impl Fn(&str) -> bool) -> Result<(), Failure> {
    match ask(printer, question) {
        Some(answer) if is(&answer) => Ok(()),
        None => Err(Failure::new(Exit::Interrupted, "interrupted. Nothing was changed.")),
        Some(_) => Err(Failure::new(Exit::NotConfirmed, "that is not this account. Nothing was changed.")),
    }
}

/// Yes to everything that can be undone.
pub struct Yes {
    pub allow_irreversible: bool,
    pub printer: Printer,
}

impl Operator for Yes {
    #[expect(clippy::disallowed_methods, reason = "the one place that confirms")]
    fn cut(&self, plan: &StepPlan, _: bool) -> Answer {
        if is_final(plan) && !self.allow_irreversible {
            let text = "cannot be undone: needs --allow-irreversible";
            self.printer.err(&Line::step(plan.step, Word::Keep, text));
            return Answer::Skip;
        }
        Answer::Cut(Confirmed::by_operator(plan))
    }

    fn drift(&self, _: &Drift<'_>) -> DriftAnswer {
        DriftAnswer::Leave
    }

    /// What may destroy evidence is not done on a yes given beforehand.
    fn risk(&self, _: &Owed, _: &str) -> bool {
        false
    }

    fn go_on_without_copy(&self, why: &str) -> bool {
        let text = format!("the copy of the journal is no longer written ({why}); the local one is");
        self.printer.err(&Line::toned(Tone::Warn, text));
        true
    }

    fn cut_without_undo(&self, missing: &str) -> bool {
        let text = format!("{NO_WAY_BACK} {missing}. It goes on; somebody else has to restore.");
        self.printer.err(&Line::toned(Tone::Warn, text));
        true
    }
}

/// What is asked when the way back is missing.
const NO_WAY_BACK: &str = "These credentials may cut and may not put back: they lack";

fn is_final(plan: &StepPlan) -> bool {
    steps::find(plan.step)
        .is_some_and(|step| matches!(step.effect(&plan.params).reversal, Reversal::Never(_)))
}

/// Asks a person.
pub struct Prompts {
    printer: Printer,
    stop: Stop,
    account: String,
    /// The steps of the run, in their order.
    steps: Vec<StepId>,
    /// "All": Enter means yes for the rest of this stage.
    rest_of: Mutex<Option<u16>>,
    aside: Option<Aside>,
}

impl Prompts {
    pub fn new(session: &Session, account: &Account, steps: &[Selected]) -> Prompts {
        Prompts {
            printer: session.printer,
            stop: session.stop.clone(),
            account: account.id.clone(),
            steps: steps.iter().map(|selected| selected.step).collect(),
            rest_of: Mutex::default(),
            aside: None,
        }
    }

    /// The same, with words that are no answer.
    #[must_use]
    pub fn hearing(self, aside: Aside) -> Prompts {
        Prompts { aside: Some(aside), ..self }
    }

    /// The id, typed: what cannot be undone is asked whatever was answered before.
    fn typed_id(&self) -> Option<bool> {
        let question = format!("This cannot be undone. Type the account's id ({}) to cut it", self.account);
        self.ask(&question).map(|answer| answer == self.account)
    }

    /// Like [`ask`]; Ctrl-C stops the run.
    fn ask(&self, question: &str) -> Option<String> {
        let answer = ask_beside(self.printer, question, self.aside.as_ref());
        if answer.is_none() {
            self.stop.request(CTRL_C);
        }
        answer
    }

    /// A question whose default is no; Ctrl-C stops the run.
    fn yes(&self, question: &str) -> bool {
        decide(question, false, |question| self.ask(question)).unwrap_or(false)
    }

    fn agreed(&self, plan: &StepPlan) -> Answer {
        if is_final(plan) {
            match self.typed_id() {
                Some(true) => {}
                Some(false) => return Answer::Skip,
                None => return Answer::Quit,
            }
        }
        #[expect(clippy::disallowed_methods, reason = "the one place that confirms")]
        Answer::Cut(Confirmed::by_operator(plan))
    }
}

impl Operator for Prompts {
    fn cut(&self, plan: &StepPlan, second_pass: bool) -> Answer {
        let stage = plan.step.stage();
        let at = self.steps.iter().position(|step| *step == plan.step);
        let place = at.map(|at| (at + 1, self.steps.len()));
        let mut rest_of = self.rest_of.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            // What has appeared since is no part of what "all" was said to.
            let all = *rest_of == Some(stage) && !second_pass;
            let look = if self.aside.is_some() { "look, " } else { "" };
            let answers = if all {
                format!("yes, skip, details, {look}quit [yes]")
            } else {
                format!("yes, all, skip, details, {look}quit [skip]")
            };
            question::lines(plan, place).iter().for_each(|line| self.printer.err(line));
            let Some(answer) = self.ask(&format!("{} {answers}", question::words(plan))) else {
                return Answer::Quit;
            };
            match answer.to_lowercase().as_str() {
                "" if all => return self.agreed(plan),
                "y" | "yes" => return self.agreed(plan),
                "a" | "all" => {
                    *rest_of = Some(stage);
                    let text =
                        format!("From here Enter means yes, until the end of {stage}xx. Each step is shown.");
                    self.printer.err(&Line::toned(Tone::Warn, text));
                    return self.agreed(plan);
                }
                "" | "n" | "no" | "s" | "skip" => return Answer::Skip,
                "q" | "quit" => return Answer::Quit,
                "d" | "details" => {
                    plan::step(plan, Depth::Each).iter().for_each(|line| self.printer.err(line));
                }
                _ => self.printer.err(&Line::plain(format!(
                    "yes: cut this step. all: this one, and then Enter means yes for the rest of {stage}xx. \
                     skip (or Enter): leave it. details: every change. quit: stop here."
                ))),
            }
        }
    }

    fn drift(&self, drift: &Drift<'_>) -> DriftAnswer {
        let owed = drift.owed;
        let place = owed.change.target.region.as_ref().map_or(String::new(), |region| format!("{region}  "));
        let text = format!("{place}{} was changed since the cut", owed.change.target);
        self.printer.err(&Line::step(owed.change.step, Word::Drift, text));
        self.printer.err(&Line::detail("before", owed.change.shown.0.clone()));
        self.printer.err(&Line::detail("cut to", owed.change.shown.1.clone()));
        self.printer.err(&Line::detail("now", drift.now));
        if let Some(why) = drift.why {
            self.printer.err(&Line::detail("why", why));
        }
        loop {
            let question = "Leave it, or put back the state before? leave, put-back, quit [leave]";
            let Some(answer) = self.ask(question) else { return DriftAnswer::Quit };
            match answer.to_lowercase().as_str() {
                "" | "l" | "leave" | "n" | "no" => return DriftAnswer::Leave,
                "p" | "put-back" | "put back" => return DriftAnswer::PutBack,
                "q" | "quit" => return DriftAnswer::Quit,
                _ => self.printer.err(&Line::plain(
                    "leave (or Enter): it stays as it is now, and is still owed. put-back: as before the cut, \
                     over what somebody changed since. quit: stop here.",
                )),
            }
        }
    }

    fn risk(&self, owed: &Owed, why: &str) -> bool {
        let text = format!("{}: {why}.", owed.change.target);
        self.printer.err(&Line::step(owed.change.step, Word::Find, text));
        self.yes("Put it back all the same?")
    }

    fn go_on_without_copy(&self, why: &str) -> bool {
        self.printer
            .err(&Line::toned(Tone::Warn, format!("The copy of the journal cannot be written: {why}")));
        self.yes("Go on with the local journal alone?")
    }

    fn cut_without_undo(&self, missing: &str) -> bool {
        self.printer.err(&Line::toned(Tone::Warn, format!("{NO_WAY_BACK} {missing}")));
        self.printer.err(&Line::toned(Tone::Dim, WORTH));
        self.yes("Cut now, and somebody else restores?")
    }
}

/// The id of a key, typed: a leaked key is not turned on again by a slip.
pub fn typed_key(printer: Printer, key: &str) -> bool {
    ask(printer, &format!("{key} was leaked. Type its id to turn it on again"))
        .is_some_and(|answer| answer == key)
}

/// A question that is asked again after words that are no answer.
fn ask_beside(printer: Printer, question: &str, aside: Option<&Aside>) -> Option<String> {
    loop {
        let answer = ask(printer, question)?;
        if !aside.is_some_and(|aside| aside(&answer)) {
            return Some(answer);
        }
    }
}

/// A question with a default, asked again after a slip. `None` when they pressed Ctrl-C.
pub fn yes_or_no(printer: Printer, question: &str, default: bool) -> Option<bool> {
    decide(question, default, |question| ask(printer, question))
}

/// The same, asked in this way.
pub fn decide(question: &str, default: bool, ask: impl Fn(&str) -> Option<String>) -> Option<bool> {
    let shown = if default { "[yes]" } else { "[no]" };
    loop {
        let answer = ask(&format!("{question} yes, no {shown}"))?;
        match answer.to_lowercase().as_str() {
            "y" | "yes" => return Some(true),
            "n" | "no" => return Some(false),
            "" => return Some(default),
            _ => {}
        }
    }
}

/// Waits for Enter. `None` when they pressed Ctrl-C.
pub fn enter(printer: Printer, for_what: &str) -> Option<()> {
    ask(printer, for_what).map(drop)
}
