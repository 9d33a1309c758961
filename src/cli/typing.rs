//! One typed line: read key by key, so that Ctrl-C and Ctrl-D end a question at once.

use std::io::{self, Write as _};

use console::{Key, Term, measure_text_width};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// What a key does to the line.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    /// Nothing, or another letter: how many columns to take away, and what to add.
    Change {
        erased: usize,
        added: String,
    },
    Enter,
    /// Ctrl-C, or Ctrl-D on an empty line.
    End,
}

/// A terminal that hands over every key, Ctrl-C too, and shows none. Dropped, it is as before.
struct Keys(Termios);

impl Keys {
    /// Before the prompt is shown: whoever sees it may press Ctrl-C at once.
    fn taken() -> Option<Keys> {
        let before = tcgetattr(io::stdin()).ok()?;
        let mut now = before.clone();
        now.local_modes.remove(LocalModes::ISIG | LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Drain, &now).ok()?;
        Some(Keys(before))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
    }
}

/// The line that is typed after a prompt. `None` when Ctrl-C was pressed, or Ctrl-D, or when the
/// terminal went away.
#[expect(clippy::disallowed_methods, reason = "the one place that reads keys")]
pub fn line(term: &Term, prompt: &str) -> Option<String> {
    let mut line = String::new();
    let shown = |text: &str| -> io::Result<()> {
        let mut out: &Term = term;
        out.write_all(text.as_bytes())?;
        out.flush()
    };
    let _keys = Keys::taken()?;
    shown(prompt).ok()?;
    loop {
        let typed = match term.read_key_raw() {
            Ok(key) => press(&mut line, &key),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Typed::End,
            Err(_) => return None,
        };
        match typed {
            Typed::Change { erased, added } => {
                term.clear_chars(erased).ok()?;
                shown(&added).ok()?;
            }
            Typed::Enter => {
                // What was typed ahead has been shown by the terminal itself: once more, as a whole.
                let whole = format!("{prompt}{line}");
                if measure_text_width(&whole) < usize::from(term.size().1) {
                    term.clear_line().ok()?;
                    shown(&whole).ok()?;
                }
                shown("\n").ok()?;
                return Some(line);
            }
            Typed::End => {
                let _ = shown("\n");
                return None;
            }
        }
    }
}

fn press(line: &mut String, key: &Key) -> Typed {
    let erase = |line: &mut String, kept: usize| {
        let erased = measure_text_width(&line.split_off(kept));
        Typed::Change { erased, added: String::new() }
    };
    match key {
        Key::Enter => Typed::Enter,
        Key::CtrlC | Key::Char('\u{3}') => Typed::End,
        Key::Char('\u{4}') if line.is_empty() => Typed::End,
        Key::Char('\u{15}') => erase(line, 0),
        Key::Char('\u{17}') => {
            let kept = line.trim_end().rfind(' ').map_or(0, |blank| blank + 1);
            erase(line, kept)
        }
        Key::Backspace => {
            let kept = line.char_indices().next_back().map_or(0, |(at, _)| at);
            erase(line, kept)
        }
        Key::Char(letter) if !letter.is_control() => {
            line.push(*letter);
            Typed::Change { erased: 0, added: letter.to_string() }
        }
        _ => Typed::Change { erased: 0, added: String::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[Key]) -> (String, Typed) {
        let mut line = String::new();
        let mut last = Typed::Enter;
        for key in keys {
            last = press(&mut line, key);
        }
        (line, last)
    }

    fn letters(text: &str) -> Vec<Key> {
        text.chars().map(Key::Char).collect()
    }

    #[test]
    fn ctrl_c_ends_a_line_and_ctrl_d_an_empty_one() {
        assert_eq!(typed(&[Key::CtrlC]).1, Typed::End);
        assert_eq!(typed(&[Key::Char('\u{4}')]).1, Typed::End);
        assert_eq!(typed(&[letters("ye"), vec![Key::CtrlC]].concat()).1, Typed::End);
        let begun = typed(&[letters("ye"), vec![Key::Char('\u{4}')]].concat());
        assert_eq!(begun, ("ye".into(), Typed::Change { erased: 0, added: String::new() }));
    }

    #[test]
    fn a_slip_is_taken_back_by_letter_by_word_and_whole() {
        let gone = |erased| Typed::Change { erased, added: String::new() };
        assert_eq!(typed(&[letters("yes線"), vec![Key::Backspace]].concat()), ("yes".into(), gone(2)));
        assert_eq!(typed(&[Key::Backspace]), (String::new(), gone(0)));
        let word = [letters("one two"), vec![Key::Char('\u{17}')]].concat();
        assert_eq!(typed(&word), ("one ".into(), gone(3)));
        assert_eq!(typed(&[letters("skip"), vec![Key::Char('\u{15}')]].concat()), (String::new(), gone(4)));
        assert_eq!(typed(&[letters("y"), vec![Key::Enter]].concat()), ("y".into(), Typed::Enter));
        assert_eq!(typed(&[Key::ArrowLeft, Key::Escape, Key::Tab]), (String::new(), gone(0)));
    }
}
