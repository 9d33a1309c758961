//! The console of one instance: its output and a screenshot, saved into the run's folder.

use aws_smithy_types::base64;

use super::instance;
use crate::account::Section;
use crate::aws::AwsError;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct Console;

/// The name under which a saved console is recorded.
pub(super) fn name(instance: &str) -> String {
    format!("console/{instance}")
}

impl Lens for Console {
    /// Is it saved?
    type State = bool;
    const KIND: &'static str = "console";
    const NEEDS: &'static [Section] = &[];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        super::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<bool> {
        look.in_region(|_| Now::Is(look.case.names.id(&name(&look.at.id)).is_some()))
    }

    fn contain(&self, saved: &bool, look: &Look<'_>) -> Verdict<bool> {
        match instance(look) {
            Err(why) => Verdict::Refuse(why),
            Ok(_) if *saved => Verdict::Already,
            Ok(instance) => super::lasting(instance, true),
        }
    }

    fn show(&self, saved: &bool) -> String {
        if *saved { "console saved".into() } else { "console not saved".into() }
    }

    async fn write(&self, write: Write<'_, bool>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        if !*to {
            return Err(StepError::State(super::NOTHING_DELETED.into()));
        }
        let ec2 = aws.ec2(at.region_name());
        let output = ec2.get_console_output().instance_id(&at.id);
        let output = match output.clone().latest(true).send().await.map_err(AwsError::from) {
            // Only instances on Nitro show what their console says now.
            Err(error) if error.is("UnsupportedOperation") => output.send().await?,
            output => output?,
        };
        let file = format!("console-{}.txt", at.id);
        aws.keep(&file, &decoded(output.output.as_deref())?)?;
        let screenshot = ec2.get_console_screenshot().instance_id(&at.id);
        match screenshot.send().await.map_err(AwsError::from) {
            Ok(screenshot) => {
                let image = decoded(screenshot.image_data.as_deref())?;
                aws.keep(&format!("screenshot-{}.jpg", at.id), &image)?;
            }
            Err(error) if error.is("UnsupportedOperation") || error.is("IncorrectInstanceState") => {
                let note = format!("no screenshot: {}\n", error.detail());
                aws.keep(&format!("screenshot-{}.txt", at.id), note.as_bytes())?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(aws.created(&name(&at.id), &file)?)
    }
}

fn decoded(text: Option<&str>) -> Result<Vec<u8>, StepError> {
    base64::decode(text.unwrap_or_default().trim())
        .map_err(|error| StepError::State(format!("AWS sent what is no base64: {error}")))
}
