//! A TOML file that a person wrote: where its words are, and what is wrong with one of them.
//!
//! Playbooks, scenarios and the configuration are read at three in the morning. Whatever is wrong
//! with them is said with file, line, column, the word found and the nearest right one.

use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;

/// The text of a file that a person wrote: configuration, playbook, scenario.
///
/// # Errors
/// When it is no regular file (a pipe would be waited for, a device never ends), or larger than
/// `most` bytes.
pub(crate) fn read_file(path: &Path, most: u64) -> io::Result<String> {
    let mut text = String::new();
    let read = open_regular(path, most)?.take(most + 1).read_to_string(&mut text)?;
    if read as u64 > most {
        return Err(too_large(read as u64, most));
    }
    Ok(text)
}

/// A file to read from: a regular one, of at most so many bytes.
#[expect(clippy::disallowed_methods, reason = "people's own files are read here; the store has the run's")]
pub(crate) fn open_regular(path: &Path, most: u64) -> io::Result<std::fs::File> {
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        let kind = if about.is_dir() { "a folder" } else { "a pipe or a device" };
        return Err(io::Error::other(format!("it is {kind}, and must be a regular file")));
    }
    if about.len() > most {
        return Err(too_large(about.len(), most));
    }
    std::fs::File::open(path)
}

fn too_large(bytes: u64, most: u64) -> io::Error {
    // Rounded up, so that what is too large never looks as large as what is allowed.
    let megabytes = bytes.div_ceil(1 << 20);
    io::Error::other(format!("it has {megabytes} MB, and at most {} MB are read", most >> 20))
}

/// A file's text, and the name under which it is talked about.
#[derive(Clone, Copy)]
pub(crate) struct Document<'t> {
    pub file: &'t str,
    pub text: &'t str,
}

/// Something wrong at one place of a file. Line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct Fault {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub message: String,
}

impl Document<'_> {
    /// The text as a `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        toml::from_str(self.text)
            .map_err(|error| self.fault(&error.span().unwrap_or_default(), plain(error.message())))
    }

    pub fn fault(&self, at: &Range<usize>, message: impl Into<String>) -> Fault {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Fault {
            file: self.file.into(),
            line: self.line(at),
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        }
    }

    pub fn line(&self, at: &Range<usize>) -> usize {
        self.text.get(..at.start).unwrap_or(self.text).matches('\n').count() + 1
    }

    /// The lines of many places, without reading the text for each.
    pub fn lines(&self) -> Lines {
        Lines(self.text.match_indices('\n').map(|(at, _)| at).collect())
    }
}

/// Where the lines of a text end.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub fn of(&self, at: &Range<usize>) -> usize {
        self.0.partition_point(|end| *end < at.start) + 1
    }
}

/// What to say after an unknown word: the nearest right one, or all of them.
pub(crate) fn hint<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(word) = nearest(found, &known) {
        return format!("; did you mean {word:?}?");
    }
    match known.as_slice() {
        [] => String::new(),
        [only] => format!("; known is only {only:?}"),
        _ => format!("; known are {}", known.join(", ")),
    }
}

/// The known word that a typing error may have turned into the one found.
pub(crate) fn nearest<'k>(found: &str, known: &[&'k str]) -> Option<&'k str> {
    let found = found.to_lowercase();
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&found, &word.to_lowercase()), *word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// What the TOML reader says, in the words of a person.
fn plain(message: &str) -> String {
    if let Some((found, expected)) =
        message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "))
    {
        let expected = match expected {
            "a sequence" => "a list",
            "a map" => "a table",
            "a string" => "a text",
            "a boolean" => "true or false",
            "i32" | "i64" | "u16" | "u32" | "u64" => "a number",
            other => other,
        };
        return format!("expected {expected}, found {found}");
    }
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match words.as_slice() {
        [found, known @ ..] if message.starts_with("unknown field") => {
            format!("unknown key {found:?}{}", hint(found, known.iter().copied()))
        }
        [found, known @ ..] if message.starts_with("unknown variant") => {
            format!("unknown word {found:?}{}", hint(found, known.iter().copied()))
        }
        [missing] if message.starts_with("missing field") => format!("the key {missing:?} is missing"),
        _ => message.replace('\n', ", "),
    }
}
