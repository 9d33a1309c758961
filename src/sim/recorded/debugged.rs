//! Reads the SDK's `Debug` text of an input or an answer back into JSON.
//!
//! The SDK's types have no other form that is the same for every service. Members that are `None` and the
//! SDK's own `_request_id` are left out; what the SDK holds back as sensitive stays held back.

use serde_json::{Map, Value};

/// The members of a structure, named as CloudTrail names them; null where there are none.
pub(super) fn members(text: &str) -> Value {
    let mut reader = Reader { rest: text };
    match reader.value() {
        Some(Value::Object(members)) if !members.is_empty() => Value::Object(members),
        _ => Value::Null,
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes this text, if it comes next.
    fn take(&mut self, text: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> String {
        self.skip();
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-.+".contains(c)));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word.to_owned()
    }

    /// The next value; `None` where the text has another form than `Debug` writes.
    fn value(&mut self) -> Option<Value> {
        self.skip();
        match self.rest.chars().next()? {
            '"' => self.string().map(Value::String),
            '[' => self.list("[", "]").map(Value::Array),
            '{' => self.map(),
            '*' => {
                let end = self.rest[3..].find("***")? + 6;
                let (held_back, rest) = self.rest.split_at(end);
                self.rest = rest;
                Some(held_back.into())
            }
            c if c == '-' || c.is_ascii_digit() => Some(self.number()),
            _ => self.named(),
        }
    }

    /// A number, or a time, which the SDK writes as CloudTrail does.
    fn number(&mut self) -> Value {
        let end = self.rest.find([',', ' ', ')', ']', '}']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        serde_json::from_str::<serde_json::Number>(word).map_or(word.into(), Value::Number)
    }

    /// What begins with a word: a switch, a variant or a structure.
    fn named(&mut self) -> Option<Value> {
        let word = self.word();
        if word.is_empty() {
            return None;
        }
        if self.rest.starts_with('(') {
            let mut inner = self.list("(", ")")?;
            return Some(if inner.len() == 1 { inner.remove(0) } else { Value::Array(inner) });
        }
        if self.rest.trim_start().starts_with('{') {
            return self.structure();
        }
        Some(match word.as_str() {
            "None" => Value::Null,
            "true" => true.into(),
            "false" => false.into(),
            _ => word.into(),
        })
    }

    fn structure(&mut self) -> Option<Value> {
        self.take("{");
        let mut members = Map::new();
        while !self.take("}") {
            let key = self.word();
            if key.is_empty() || !self.take(":") {
                return None;
            }
            let value = self.value()?;
            self.take(",");
            if !value.is_null() && !key.starts_with('_') {
                members.insert(camel(&key), value);
            }
        }
        Some(Value::Object(members))
    }

    fn map(&mut self) -> Option<Value> {
        self.take("{");
        let mut members = Map::new();
        while !self.take("}") {
            let key = self.value()?;
            if !self.take(":") {
                return None;
            }
            let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
            members.insert(key, self.value()?);
            self.take(",");
        }
        Some(Value::Object(members))
    }

    fn list(&mut self, open: &str, close: &str) -> Option<Vec<Value>> {
        self.take(open);
        let mut items = vec![];
        while !self.take(close) {
            items.push(self.value()?);
            self.take(",");
        }
        Some(items)
    }

    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(text);
                }
                '\\' => match chars.next()?.1 {
                    'n' => text.push('\n'),
                    'r' => text.push('\r'),
                    't' => text.push('\t'),
                    '0' => text.push('\0'),
                    'u' => {
                        let digits: String =
                            chars.by_ref().map(|(_, c)| c).skip(1).take_while(|c| *c != '}').collect();
                        text.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                    }
                    other => text.push(other),
                },
                other => text.push(other),
            }
        }
        None
    }
}

/// `user_name` → `userName`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut chars = part.chars();
        camel.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        camel.push_str(chars.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use aws_sdk_iam::operation::create_access_key::CreateAccessKeyOutput;
    use aws_sdk_iam::operation::create_user::CreateUserInput;
    use aws_sdk_iam::types::{AccessKey, StatusType, Tag};
    use aws_smithy_types::DateTime;
    use serde_json::json;

    use super::members;

    #[test]
    fn an_input_is_read_back_with_cloudtrails_names() {
        let tag = Tag::builder().key("te\"am\n").value("büro\u{7}\\").build().unwrap();
        let input = CreateUserInput::builder().user_name("svc, {backup}").tags(tag).build().unwrap();
        let expected =
            json!({ "userName": "svc, {backup}", "tags": [{ "key": "te\"am\n", "value": "büro\u{7}\\" }] });
        assert_eq!(members(&format!("{input:?}")), expected);
    }

    #[test]
    fn an_answer_is_read_back_without_its_secret() {
        let key = AccessKey::builder()
            .user_name("svc")
            .access_key_id("AKIAIOSFODNN7EXAMPLE")
            .status(StatusType::Active)
            .secret_access_key("never shown")
            .create_date(DateTime::from_secs(0))
            .build()
            .unwrap();
        let answer = CreateAccessKeyOutput::builder().access_key(key).build();
        let read = members(&format!("{answer:?}"));
        assert_eq!(read["accessKey"]["accessKeyId"], "AKIAIOSFODNN7EXAMPLE");
        assert_eq!(read["accessKey"]["status"], "Active");
        assert_eq!(read["accessKey"]["createDate"], "1970-01-01T00:00:00Z");
        assert!(!read.to_string().contains("never shown"), "{read}");
    }

    #[test]
    fn numbers_switches_and_nested_lists_are_read_back() {
        let text = r#"A { n: Some(-3), on: Some(true), off: None, of: [B { id: "x" }, C(Some("y"))], m: {"k": 1.5} }"#;
        let expected = json!({ "n": -3, "on": true, "of": [{ "id": "x" }, "y"], "m": { "k": 1.5 } });
        assert_eq!(members(text), expected);
        assert!(members("A { broken").is_null() && members("A").is_null());
    }
}
