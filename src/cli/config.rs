//! `unplug config`: which settings apply, and where they come from.

use clap::Args;

use super::session::Session;
use crate::failure::{Exit, Failure};
use crate::view::json::pretty;
use crate::view::{Line, Tone};

#[derive(Args)]
pub struct Config {}

impl Config {
    pub fn run(self, session: &Session) -> Result<Exit, Failure> {
        let loaded = session.config()?;
        if session.json() {
            session.printer.raw(&pretty(&loaded));
            return Ok(Exit::Done);
        }
        for source in &loaded.sources {
            let head = format!("{:<22}", source.setting);
            let line = Line::new()
                .and(Tone::Bold, head)
                .and(Tone::Plain, source.value.clone())
                .and(Tone::Dim, format!("  ({})", source.from));
            session.out(&[line.indented(22)]);
        }
        Ok(Exit::Done)
    }
}
