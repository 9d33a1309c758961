//! The EC2 serial console of a Region. It works without any network, and ignores groups and ACLs.

use crate::account::Section;
use crate::step::{Lens, Look, Now, Reach, StepError, Verdict, Write};

pub(super) struct SerialConsole;

impl Lens for SerialConsole {
    /// Is it on?
    type State = bool;
    const KIND: &'static str = "serial-console";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::SerialConsole];
    const SWITCHED_BY: &'static [&'static str] =
        &["ec2:EnableSerialConsoleAccess", "ec2:DisableSerialConsoleAccess"];

    fn state(&self, look: &Look<'_>) -> Now<bool> {
        look.in_region(|here| Now::of(&here.serial_console, |on| Now::Is(*on)))
    }

    fn contain(&self, on: &bool, _: &Look<'_>) -> Verdict<bool> {
        if *on { Verdict::Change(false) } else { Verdict::Already }
    }

    fn show(&self, on: &bool) -> String {
        if *on { "on" } else { "off" }.into()
    }

    async fn write(&self, write: Write<'_, bool>) -> Result<(), StepError> {
        let ec2 = write.aws.ec2(write.at.region_name());
        if *write.to {
            ec2.enable_serial_console_access().send().await?;
        } else {
            ec2.disable_serial_console_access().send().await?;
        }
        Ok(())
    }
}
