//! The notes of a facilitated drill: one JSON line each, on the disk before the drill goes on.

use crate::aws::Clock;
use crate::cli::session::failed;
use crate::engine::store::{Disk, FileDisk, NOTES, RunFolder};
use crate::engine::tabletop::{Note, What};
use crate::failure::{Exit, Failure};
use crate::view::json::compact;

/// The notes so far, and the file that they are written to.
pub struct Notes {
    disk: FileDisk,
    all: Vec<Note>,
}

impl Notes {
    /// # Errors
    /// When the file cannot be made: a drill that cannot be noted does not begin.
    pub fn begin(folder: &RunFolder, clock: &Clock) -> Result<Notes, Failure> {
        let disk = FileDisk::create(&folder.path.join(NOTES)).map_err(|error| failed(&error))?;
        let mut notes = Notes { disk, all: vec![] };
        let cannot = |error| Failure::new(Exit::Failed, format!("cannot write the notes: {error}"));
        notes.write(clock, What::Began).map_err(cannot)?;
        Ok(notes)
    }

    /// Notes something, with the time on the drill's clock and on the wall.
    ///
    /// # Errors
    /// When it could not be made durable. It is in memory all the same, for the hand-out.
    pub fn write(&mut self, clock: &Clock, what: What) -> Result<(), String> {
        let note = Note { drill: clock.timestamp(), wall: Clock::Real.timestamp(), what };
        let line = format!("{}\n", compact(&note));
        self.all.push(note);
        self.disk.append(line.as_bytes())?;
        self.disk.sync()
    }

    pub fn all(&self) -> &[Note] {
        &self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_note_is_a_line_with_both_times_and_nothing_that_a_terminal_obeys() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(dir.path());
        let clock = Clock::simulated();
        let mut notes = Notes::begin(&folder, &clock).map_err(|failure| failure.error).unwrap();
        clock.pass(std::time::Duration::from_secs(90));
        let why = "they said \"\u{1b}[2J\u{202e}\"\nand more".to_owned();
        let what = What::Decision { question: "Cut 400?".into(), answer: "yes".into(), why };
        notes.write(&clock, what).unwrap();
        let text = std::fs::read_to_string(dir.path().join(NOTES)).unwrap();
        assert!(text.ends_with('\n') && !text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        let read: Vec<Note> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, notes.all());
        assert_eq!(read[1].drill.as_second() - read[0].drill.as_second(), 90);
        // A second drill never writes over the notes of a first.
        assert!(Notes::begin(&folder, &clock).is_err());
    }
}
