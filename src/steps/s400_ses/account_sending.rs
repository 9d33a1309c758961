//! The sending switch of one Region's SES.

use serde::{Deserialize, Serialize};

use super::is_shut_down;
use crate::account::Section;
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write};

pub(super) struct AccountSending;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    sending: bool,
}

impl Lens for AccountSending {
    type State = State;
    const KIND: &'static str = "ses-sending";
    const NEEDS: &'static [Section] = &[Section::Ses];
    /// The second is that of SES's older API.
    const SWITCHED_BY: &'static [&'static str] =
        &["ses:PutAccountSendingAttributes", "ses:UpdateAccountSendingEnabled"];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        look.in_region(|here| Now::of(&here.ses, |ses| Now::Is(State { sending: ses.sending })))
    }

    fn contain(&self, now: &State, _: &Look<'_>) -> Verdict<State> {
        if now.sending { Verdict::Change(State { sending: false }) } else { Verdict::Already }
    }

    fn hold_back(&self, before: &State, look: &Look<'_>) -> Option<Reason> {
        let ses = look.region()?.ses.read()?;
        (before.sending && is_shut_down(ses)).then(|| {
            "AWS paused it meanwhile (enforcement SHUTDOWN): ask AWS Support; only AWS can turn sending on".into()
        })
    }

    fn show(&self, state: &State) -> String {
        if state.sending { "sends".into() } else { "paused".into() }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let client = write.aws.sesv2(write.at.region_name());
        // The boolean is optional, and left out it does not mean "as it is".
        client.put_account_sending_attributes().sending_enabled(write.to.sending).send().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{account, case, mailing};
    use super::*;
    use crate::account::Ses;
    use crate::step::Target;

    #[test]
    fn sending_that_is_off_is_already_so_and_stays_off_where_aws_shut_it_down() {
        let (off, on) = (State { sending: false }, State { sending: true });
        let at = Target::new(AccountSending::KIND, "eu-west-1").region("eu-west-1");
        let case = case("account");
        let shut = account(Ses { enforcement: "SHUTDOWN".into(), ..mailing() });
        let look = Look::new(&at, &shut, &case);
        assert_eq!(AccountSending.contain(&off, &look), Verdict::Already);
        assert!(AccountSending.hold_back(&on, &look).is_some());
        assert!(AccountSending.hold_back(&off, &look).is_none());
        assert!(AccountSending.hold_back(&on, &Look::new(&at, &account(mailing()), &case)).is_none());
    }
}
