//! One AWS configuration file, read as the AWS CLI reads it: by the rules of Python's `configparser`.
//!
//! The SDK for Rust reads another dialect. A blank before a key, which the AWS CLI allows, makes it drop
//! the whole file without a word; so it never sees the file, only what was understood here.
//!
//! <https://docs.python.org/3/library/configparser.html#supported-ini-file-structure>

use std::collections::BTreeMap;

use crate::document::Fault;

/// One `[section]`.
#[derive(Debug)]
pub(super) struct Section {
    pub header: String,
    pub keys: BTreeMap<String, Value>,
}

/// The value of one key: its own line, and the lines that go on with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub line: usize,
    /// The lines of the value with their numbers, without the blanks around them.
    pub lines: Vec<(usize, String)>,
}

impl Value {
    /// The lines in one text. Empty ones at the end do not count.
    pub fn text(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(|(_, text)| text.as_str()).collect();
        lines.join("\n").trim_end().to_owned()
    }

    /// The first line after the key's own that says something.
    pub fn continued(&self) -> Option<usize> {
        self.lines.iter().skip(1).find(|(_, text)| !text.is_empty()).map(|(line, _)| *line)
    }

    /// Is it a list of settings of its own, as `s3 =` with indented lines below?
    pub fn is_nested(&self) -> bool {
        self.lines.first().is_some_and(|(_, text)| text.is_empty()) && self.continued().is_some()
    }

    /// The settings below such a key.
    pub fn nested(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        self.lines.iter().skip(1).filter_map(|(line, text)| {
            let (key, value) = text.split_once('=')?;
            Some((*line, key.trim(), value.trim()))
        })
    }
}

/// The sections of a file, in its order.
///
/// # Errors
/// Where the AWS CLI refuses the file: the error names file, line and column.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Section>, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader { file, sections: vec![], key: None, indent: 0 };
    for (at, line) in text.lines().enumerate() {
        reader.line(at + 1, line)?;
    }
    reader.end()
}

struct Reader<'f> {
    file: &'f str,
    sections: Vec<Section>,
    /// The key that an indented line goes on with.
    key: Option<String>,
    indent: usize,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Fault> {
        let words = line.trim();
        if words.starts_with(['#', ';']) {
            return Ok(());
        }
        let indent = line.len() - line.trim_start().len();
        if let Some(key) = &self.key
            && (words.is_empty() || indent > self.indent)
        {
            if let Some(value) = self.sections.last_mut().and_then(|section| section.keys.get_mut(key)) {
                value.lines.push((number, words.to_owned()));
            }
            return Ok(());
        }
        if words.is_empty() {
            return Ok(());
        }
        self.indent = indent;
        match header(words) {
            Some(header) => self.section(number, header),
            None => self.pair(number, indent, words),
        }
    }

    fn section(&mut self, number: usize, header: &str) -> Result<(), Fault> {
        if self.sections.iter().any(|section| section.header == header) {
            return Err(self.fault(number, 1, format!("the section [{header}] is there twice; make it one")));
        }
        self.sections.push(Section { header: header.to_owned(), keys: BTreeMap::new() });
        self.key = None;
        Ok(())
    }

    fn pair(&mut self, number: usize, indent: usize, words: &str) -> Result<(), Fault> {
        let pair = words.split_once(['=', ':']).map(|(key, value)| (key.trim().to_lowercase(), value.trim()));
        let Some((key, value)) = pair.filter(|(key, _)| !key.is_empty()) else {
            let why = "this is neither a [section] nor KEY = VALUE; mend or delete the line";
            return Err(self.fault(number, indent + 1, why.into()));
        };
        let Some(section) = self.sections.last_mut() else {
            let why = "a section must come first: [default], or [profile NAME]";
            return Err(self.fault(number, indent + 1, why.into()));
        };
        if section.keys.contains_key(&key) {
            let why = format!("the section [{}] has {key} twice; delete one of them", section.header);
            return Err(self.fault(number, indent + 1, why));
        }
        section.keys.insert(key.clone(), Value { line: number, lines: vec![(number, value.to_owned())] });
        self.key = Some(key);
        Ok(())
    }

    /// Gives the keys of `[DEFAULT]` to every section, and checks the nested ones.
    fn end(mut self) -> Result<Vec<Section>, Fault> {
        if let Some(at) = self.sections.iter().position(|section| section.header == "DEFAULT") {
            let defaults = self.sections.remove(at).keys;
            for section in &mut self.sections {
                for (key, value) in &defaults {
                    section.keys.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        let values = self.sections.iter().flat_map(|section| section.keys.values());
        for value in values.filter(|value| value.is_nested()) {
            let odd = value.lines.iter().skip(1).find(|(_, text)| !text.is_empty() && !text.contains('='));
            if let Some((line, _)) = odd {
                return Err(self.fault(*line, 1, "an indented line here must be KEY = VALUE".into()));
            }
        }
        Ok(self.sections)
    }

    fn fault(&self, line: usize, column: usize, message: String) -> Fault {
        Fault { file: self.file.to_owned(), line, column, message }
    }
}

/// What stands between the first `[` and the last `]`, if the line begins with one.
fn header(words: &str) -> Option<&str> {
    let end = words.starts_with('[').then(|| words.rfind(']')).flatten()?;
    words.get(1..end).filter(|header| !header.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Vec<(String, String)>)> {
        let sections = parse("f", text).unwrap();
        sections
            .into_iter()
            .map(|s| (s.header, s.keys.into_iter().map(|(key, value)| (key, value.text())).collect()))
            .collect()
    }

    fn fault(text: &str) -> String {
        parse("f", text).unwrap_err().to_string()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.into(), value.into())
    }

    /// Each expectation is what Python 3.11's configparser answers.
    #[test]
    fn a_file_means_what_it_means_to_the_aws_cli() {
        for (text, keys) in [
            ("[a]\n region = x\n output = y\n", vec![pair("output", "y"), pair("region", "x")]),
            ("[a]\n region = x\noutput = y\n", vec![pair("output", "y"), pair("region", "x")]),
            ("[a]\nregion = x\n output = y\n", vec![pair("region", "x\noutput = y")]),
            ("[a]\nRegion: x\n", vec![pair("region", "x")]),
            ("[a]\nregion = x # home\n", vec![pair("region", "x # home")]),
            ("[a]\n# no\n ; no\nregion=\n", vec![pair("region", "")]),
            ("[a]\ns3 =\n  x = 1\n\n  y = 2\n", vec![pair("s3", "\nx = 1\n\ny = 2")]),
            ("[a] # words\r\nb = c=d\r\n", vec![pair("b", "c=d")]),
            ("\u{feff}[a]\nb = c\n", vec![pair("b", "c")]),
            ("[DEFAULT]\nb = c\nd = e\n[a]\nb = x\n", vec![pair("b", "x"), pair("d", "e")]),
        ] {
            assert_eq!(read(text), [("a".to_owned(), keys)], "{text:?}");
        }
        assert_eq!(read("[a]\n[b]\n  [c]\n").len(), 3, "a section may be indented");
    }

    #[test]
    fn what_the_aws_cli_refuses_is_refused_by_file_and_line() {
        for (text, said) in [
            ("region = x\n", "f:1:1: a section must come first"),
            ("[a]\n\n  region\n", "f:3:3: this is neither a [section] nor KEY = VALUE"),
            ("[a]\n= x\n", "f:2:1: this is neither"),
            ("[a]\n[b]\n[a]\n", "f:3:1: the section [a] is there twice"),
            ("[a]\nb = 1\nB = 2\n", "f:3:1: the section [a] has b twice"),
            ("[a]\ns3 =\n  x = 1\n  y\n", "f:4:1: an indented line here must be KEY = VALUE"),
        ] {
            assert!(fault(text).starts_with(said), "{text:?}: {}", fault(text));
        }
    }
}
