//! The sending switch of one configuration set of SES. Mail that names no set still goes out.

use serde::{Deserialize, Serialize};

use crate::account::Section;
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct SetSending;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    sending: bool,
}

impl Lens for SetSending {
    type State = State;
    const KIND: &'static str = "configuration-set";
    const NEEDS: &'static [Section] = &[Section::Ses];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        look.in_region(|here| {
            Now::of(&here.ses, |ses| {
                let switch = |sending: &bool| Now::Is(State { sending: *sending });
                Now::of_item(&ses.configuration_sets, &look.at.id, switch)
            })
        })
    }

    fn contain(&self, now: &State, _: &Look<'_>) -> Verdict<State> {
        if now.sending { Verdict::Change(State { sending: false }) } else { Verdict::Already }
    }

    fn show(&self, state: &State) -> String {
        if state.sending { "sends".into() } else { "paused".into() }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let client = write.aws.sesv2(write.at.region_name());
        let put = client.put_configuration_set_sending_options().configuration_set_name(&write.at.id);
        // The boolean is optional, and left out it does not mean "as it is".
        put.sending_enabled(write.to.sending).send().await?;
        Ok(())
    }
}
