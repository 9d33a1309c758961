//! `unplug restore RUN --sweep`: takes away the denies of older sessions that a restore left.

use super::super::session::failed;
use super::Desk;
use crate::account::Section;
use crate::collect::{self, Ask};
use crate::engine::store::RunFolder;
use crate::engine::sweep::{self, LeftDeny};
use crate::failure::{Exit, Failure};
use crate::view::{Line, Tone, Word, count};

impl Desk<'_> {
    /// Deletes the denies of a run that no session can need any more; says until when the others stay.
    pub(super) async fn sweep(&self, folder: &RunFolder) -> Result<Exit, Failure> {
        let journal = folder.journal().map_err(|error| failed(&error))?;
        super::opened_on(&journal, &self.account)?;
        let ask = Ask { sections: [Section::Principals].into(), ..Ask::default() };
        let account = collect::read(&self.aws, &self.account, &ask, &|_, _| {}).await;
        if let Some(gap) = account.principals.gap() {
            let why =
                format!("users and roles could not be read ({}). Nothing was changed.", gap.cause.words());
            return Err(Failure::new(Exit::Gaps, why));
        }
        let now = self.aws.clock().timestamp();
        let (due, early): (Vec<LeftDeny>, Vec<LeftDeny>) =
            sweep::left(&journal, &account).into_iter().partition(|deny| deny.is_due(now));
        for deny in &early {
            self.say(deny, Word::Stay, format!("it denies older sessions until {}", deny.due));
        }
        if due.is_empty() {
            let text = match early.len() {
                0 => format!("Run {} left no deny of older sessions.", folder.id),
                left => format!("Nothing to delete yet: {} deny older sessions.", count(left, "principal")),
            };
            self.session.out(&[Line::plain(text)]);
            return Ok(Exit::Done);
        }
        let whose = count(due.len(), "principal");
        let what = format!("the deny of older sessions of {whose}: no session is that old any more");
        let about = [Line::detail("run", &folder.id), Line::detail("what", what)];
        self.yes.confirm_account(
            &self.account,
            self.session.printer,
            "Delete what a restore left on",
            &about,
        )?;
        let mut left = 0;
        for deny in &due {
            match sweep::remove(&self.aws, deny).await {
                Ok(()) => self.say(deny, Word::Back, "its deny of older sessions is deleted".into()),
                Err(error) => {
                    left += 1;
                    let add = error.statement().map(|add| format!(". Add {add}")).unwrap_or_default();
                    self.say(deny, Word::Failed, format!("{}: {}{add}", error.operation, error.detail()));
                }
            }
        }
        let text = format!("Deleted the deny of older sessions of {} of {whose}.", due.len() - left);
        self.session.out(&[Line::toned(if left == 0 { Tone::Good } else { Tone::Bad }, text)]);
        Ok(if left == 0 { Exit::Done } else { Exit::Partial })
    }

    fn say(&self, deny: &LeftDeny, word: Word, text: String) {
        let text = format!("{} {}  {text}", deny.holder.word(), deny.name);
        self.session.out(&[Line::step(deny.step, word, text)]);
    }
}
