//! A function's URL that anybody may call: it asks for a signature of IAM. Deleting it would lose its address
//! for ever.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>

use serde::{Deserialize, Serialize};

use super::concurrency::of_function;
use super::kept;
use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct Url;

/// Whoever knows the address may call, where the function's policy lets everybody.
pub(super) const PUBLIC: &str = "NONE";
const SIGNED: &str = "AWS_IAM";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// `NONE` or `AWS_IAM`.
    auth: String,
}

/// The id of a function's URL, or of that of one of its aliases.
pub(super) fn id(name: &str, qualifier: &str) -> String {
    if qualifier.is_empty() { name.to_owned() } else { format!("{name}/{qualifier}") }
}

impl Lens for Url {
    type State = State;
    const KIND: &'static str = "function-url";
    const NEEDS: &'static [Section] = &[Section::Functions];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.states_only = true;
        ask.only_function(at.region_name(), at.parts().0);
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let (name, qualifier) = look.at.parts();
        of_function(look, name, |function| match function.urls.get(qualifier) {
            None => Now::Vanished,
            Some(auth) => Now::Is(State { auth: auth.clone() }),
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if now.auth == SIGNED {
            return Verdict::Already;
        }
        let kept = kept::why(look, look.at.parts().0);
        Verdict::unless(kept, State { auth: SIGNED.into() })
    }

    fn show(&self, state: &State) -> String {
        match state.auth.as_str() {
            PUBLIC => "asks for no signature".into(),
            _ => "asks for a signature of IAM".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let lambda = write.aws.lambda(write.at.region_name());
        let (name, qualifier) = write.at.parts();
        let update = lambda.update_function_url_config().function_name(name);
        let update = if qualifier.is_empty() { update } else { update.qualifier(qualifier) };
        update.auth_type(write.to.auth.as_str().into()).send().await?;
        Ok(())
    }
}
