//! The text of a policy with a statement added at its end, and without it again: all else stays byte for byte.
//!
//! ```text
//! no policy                ─▶ {"Version":"2012-10-17","Statement":[OURS]}
//! "Statement": [ A, B ]    ─▶ "Statement": [ A, B,OURS ]
//! "Statement": { A }       ─▶ "Statement": [{ A },OURS]      the name of OURS says that there was no list
//! ```

use std::ops::Range;

use serde_json::Value;

/// The places of a policy's statements in its text.
struct Statements {
    /// The value of `Statement`.
    whole: Range<usize>,
    each: Vec<Range<usize>>,
    is_list: bool,
}

impl Statements {
    /// `None` for a text that is no policy as IAM takes one.
    fn of(text: &str) -> Option<Statements> {
        if !serde_json::from_str::<Value>(text).ok()?.is_object() {
            return None;
        }
        let members = items(text, text.find('{')?);
        let mut values = members.chunks_exact(2).filter_map(|member| {
            let key: String = serde_json::from_str(text.get(member[0].clone())?).ok()?;
            (key == "Statement").then(|| member[1].clone())
        });
        let (whole, None) = (values.next()?, values.next()) else { return None };
        let is_list = text.get(whole.clone())?.starts_with('[');
        let each = if is_list { items(text, whole.start) } else { vec![whole.clone()] };
        Some(Statements { whole, each, is_list })
    }
}

/// Where each item of the list or object stands that begins at `from`, in a text that is JSON. Of an object:
/// names and values by turns.
fn items(text: &str, from: usize) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut at, mut found) = (from + 1, vec![]);
    loop {
        while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b':')) {
            at += 1;
        }
        if matches!(bytes.get(at), None | Some(b'}' | b']')) {
            return found;
        }
        let end = end(bytes, at);
        found.push(at..end);
        at = end;
    }
}

/// The end of the value that begins at `from`, in a text that is JSON.
fn end(text: &[u8], from: usize) -> usize {
    let (mut depth, mut quoted, mut at) = (0_usize, false, from);
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => {
                quoted = !quoted;
                if !quoted && depth == 0 {
                    return at + 1;
                }
            }
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            // The end of what a number or a word stands in.
            b'}' | b']' | b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    at.min(text.len())
}

/// Adds a statement. `ours` gives its text: it is told whether the policy had one statement and no list.
/// `None` where the text is no policy, or has no statement: IAM takes neither.
pub(super) fn with(text: Option<&str>, ours: impl Fn(bool) -> String) -> Option<String> {
    let Some(text) = text else {
        return Some(format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, ours(false)));
    };
    let Statements { whole, each, is_list } = Statements::of(text)?;
    let last = each.last()?.end;
    if is_list {
        return Some(format!("{},{}{}", &text[..last], ours(false), &text[last..]));
    }
    Some(format!("{}[{},{}]{}", &text[..whole.start], &text[whole.clone()], ours(true), &text[whole.end..]))
}

/// What is found of a statement by its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'t> {
    /// The statement's own text.
    pub statement: &'t str,
    /// The policy without it; `None` where nothing else is in it.
    pub rest: Option<String>,
}

/// Finds the statement with one of two names: the second says that the policy had one statement and no list.
pub(super) fn find<'t>(text: &'t str, names: [&str; 2]) -> Option<Found<'t>> {
    let Statements { whole, each, is_list } = Statements::of(text)?;
    let name = |place: &Range<usize>| -> Option<String> {
        let statement: Value = serde_json::from_str(text.get(place.clone())?).ok()?;
        Some(statement.get("Sid")?.as_str()?.to_owned())
    };
    let (at, name) = each
        .iter()
        .enumerate()
        .find_map(|(at, place)| name(place).filter(|name| names.contains(&&**name)).map(|name| (at, name)))?;
    let statement = &text[each[at].clone()];
    if !is_list || each.len() == 1 {
        return Some(Found { statement, rest: None });
    }
    let [without_list, one] = [name == names[1] && each.len() == 2, at == 0];
    let rest = if without_list {
        let other = &text[each[1 - at].clone()];
        format!("{}{other}{}", &text[..whole.start], &text[whole.end..])
    } else if one {
        format!("{}{}", &text[..each[0].start], &text[each[1].start..])
    } else {
        format!("{}{}", &text[..each[at - 1].end], &text[each[at].end..])
    };
    Some(Found { statement, rest: Some(rest) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = ["Ours", "OursAfterOne"];

    fn ours(after_one: bool) -> String {
        format!(
            r#"{{"Sid":"{}","Effect":"Deny","Action":"*","Resource":"*"}}"#,
            NAMES[usize::from(after_one)]
        )
    }

    #[test]
    fn a_policy_comes_back_byte_for_byte() {
        for text in [
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
            "{\n  \"Statement\" : [\n    {\"Sid\": \"A]}\\\"\", \"Effect\": \"Deny\"},\n\t{ \"Action\": [\"s3:*\"] }\r\n  ],\n  \"Version\": \"2012-10-17\"\n}\n",
            r#" { "Id" : "x, [y" , "Statement" : { "Effect" : "Allow" , "Action" : [ "a" , "b" ] } , "Version" : "2012-10-17" } "#,
            r#"{"Statement":{"Effect":"Allow","Condition":{"Null":{"a":true}}}}"#,
            "{\"Statement\":[{\"Resource\":\"\u{e4}rn\"}]}",
            r#"{"St\u0061tement":[{"Sid":"One"}]}"#,
        ] {
            let added = with(Some(text), ours).unwrap();
            serde_json::from_str::<Value>(&added).unwrap();
            let found = find(&added, NAMES).unwrap();
            assert_eq!(found.rest.as_deref(), Some(text));
            assert!(found.statement.contains("Ours"));
            assert_eq!(find(text, NAMES), None);
        }
        let alone = with(None, ours).unwrap();
        assert_eq!(find(&alone, NAMES).unwrap().rest, None);
    }

    #[test]
    fn what_somebody_else_writes_beside_it_stays() {
        let one = r#"{"Statement":{"Sid":"A"}}"#;
        let added = with(Some(one), ours).unwrap();
        let more = added.replace(r#"{"Sid":"A"}"#, r#"{"Sid":"A"}, {"Sid":"B"}"#);
        let rest = find(&more, NAMES).unwrap().rest.unwrap();
        assert_eq!(rest, r#"{"Statement":[{"Sid":"A"}, {"Sid":"B"}]}"#);
        // In whatever place.
        let first = r#"{"Statement":[{"Sid":"Ours"}, {"Sid":"B"} , {"Sid":"C"}]}"#;
        assert_eq!(find(first, NAMES).unwrap().rest.unwrap(), r#"{"Statement":[{"Sid":"B"} , {"Sid":"C"}]}"#);
        let middle = r#"{"Statement":[{"Sid":"B"}, {"Sid":"Ours"} , {"Sid":"C"}]}"#;
        assert_eq!(
            find(middle, NAMES).unwrap().rest.unwrap(),
            r#"{"Statement":[{"Sid":"B"} , {"Sid":"C"}]}"#
        );
        // Whoever took his own statements away left nothing.
        assert_eq!(find(r#"{"Statement":[{"Sid":"OursAfterOne"}]}"#, NAMES).unwrap().rest, None);
        assert_eq!(find(r#"{"Statement":{"Sid":"Ours"}}"#, NAMES).unwrap().rest, None);
    }

    #[test]
    fn a_text_that_is_no_policy_gets_nothing_added() {
        for text in ["", "{", "[]", "{}", r#"{"Statement":[]}"#, r#"{"Statement":[{}],"Statement":[{}]}"#] {
            assert_eq!(with(Some(text), ours), None, "{text}");
        }
    }
}
