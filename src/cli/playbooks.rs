//! `unplug playbooks`: list, show, check.

use clap::Args;

use super::session::Session;
use super::steps::listed;
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
                let width = all.iter().map(|playbook| playbook.name.len()).max().unwrap_or_default() + 2;
                session.out(
                    &all.into_iter()
                        .map(|playbook| {
                            let head = format!("{:<width$}", playbook.name);
                            Line::new().and(Tone::Bold, head).and(Tone::Plain, playbook.title).indented(width)
                        })
                        .collect::<Vec<_>>(),
                );
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
        let needs = playbook.requires.map(|place| match place {
            Place::Instance => "Needs --instance.",
            Place::Principal => "Needs --key or --principal.",
            Place::Address => "Needs --block-cidr or --block-country.",
        });
        session.out(&needs.map(Line::plain).into_iter().collect::<Vec<_>>());
        let steps = playbook.steps.iter().filter_map(|entry| {
            let spec = steps::find(entry.step)?.spec();
            let params: Vec<String> =
                entry.params.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let params = if params.is_empty() { String::new() } else { format!("  ({})", params.join(", ")) };
            Some((spec, format!("{}{params}", spec.title)))
        });
        session.out(&listed(steps));
        Ok(Exit::Done)
    }
}
