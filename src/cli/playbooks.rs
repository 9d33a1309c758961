//! `unplug playbooks`: list, show, check.

use clap::Args;

use super::session::Session;
use crate::failure::{Exit, Failure, usage};
use crate::playbook::{self, Place};
use crate::steps;
use crate::view::json::pretty;
use crate::view::{Line, Tone};

#[derive(Args)]
pub struct Playbooks {
    /// A playbook's name, or a file to check
    playbook: Option<String>,
}

impl Playbooks {
    pub fn run(self, session: &Session) -> Result<Exit, Failure> {
        let Some(name) = self.playbook else {
            let all = playbook::list().map_err(usage)?;
            if session.json() {
                session.printer.raw(&pretty(&all));
            } else {
                for playbook in all {
                    let head = format!("{:<20}", playbook.name);
                    session.out(&[Line::new()
                        .and(Tone::Bold, head)
                        .and(Tone::Plain, playbook.title)
                        .indented(20)]);
                }
            }
            return Ok(Exit::Done);
        };
        let playbook = playbook::load(&name).map_err(usage)?;
        if session.json() {
            session.printer.raw(&pretty(&playbook));
            return Ok(Exit::Done);
        }
        session.out(&[Line::toned(Tone::Bold, format!("{}: {}", playbook.name, playbook.title))]);
        session.out(&playbook.about.lines().map(Line::plain).collect::<Vec<_>>());
        if playbook.requires == Some(Place::Instance) {
            session.out(&[Line::plain("Needs --instance.")]);
        }
        for entry in &playbook.steps {
            let Some(spec) = steps::find(entry.step).map(|step| step.spec()) else { continue };
            let params: Vec<String> =
                entry.params.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let text = if params.is_empty() {
                spec.title.to_owned()
            } else {
                format!("{}  ({})", spec.title, params.join(", "))
            };
            let head = format!("{} {:<18}", spec.id, spec.slug);
            session.out(&[Line::new().and(Tone::Bold, head).and(Tone::Plain, text).indented(22)]);
        }
        Ok(Exit::Done)
    }
}
