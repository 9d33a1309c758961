//! Finds elements of an answer that the SDK does not know, and so would not send back.
//!
//! Where a call replaces a whole configuration, an element that is not sent back is deleted. The SDK drops
//! what its version does not know, and says nothing. No table of known elements could stay complete: the
//! parsed configuration is serialised again by the same SDK, and compared with the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;
use xmlparser::{ElementEnd, Token, Tokenizer};

/// The bytes of one body.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Option<Vec<u8>>>>);

impl Kept {
    fn keep(&self, body: Option<&[u8]>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body.map(<[u8]>::to_vec);
    }

    fn take(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Keeps the body of the answer to the one call that it is given to.
#[derive(Clone, Debug, Default)]
pub struct AnswerBody(Kept);

impl AnswerBody {
    /// The body; `None` where no answer came.
    pub fn take(&self) -> Option<Vec<u8>> {
        self.0.take()
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for AnswerBody {
    fn name(&self) -> &'static str {
        "answer-body"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.keep(context.response().body().bytes());
        Ok(())
    }
}

/// Keeps the body of a request and stops the call before anything is sent.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestBody(Kept);

impl RequestBody {
    pub(super) fn take(&self) -> Option<Vec<u8>> {
        self.0.take()
    }
}

/// Ends a call that exists for its serialised form.
#[derive(Debug, thiserror::Error)]
#[error("serialised, and not to be sent")]
struct NotSent;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for RequestBody {
    fn name(&self) -> &'static str {
        "request-body"
    }

    fn read_after_serialization(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.keep(context.request().body().bytes());
        Err(NotSent.into())
    }
}

/// Returns the paths of elements that the answer has and the request would not send with the same text. An
/// empty answer, as the simulated wire gives it, has none.
///
/// # Errors
/// That one of the two is no XML.
pub(super) fn lost(answer: &[u8], request: &[u8]) -> Result<BTreeSet<String>, String> {
    if answer.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sent = leaves(request)?;
    let lost = leaves(answer)?.into_iter().filter(|(leaf, count)| sent.get(leaf).is_none_or(|n| n < count));
    Ok(lost.map(|((path, _), _)| path).collect())
}

/// The path and the text of each element without children, and how often it comes. The root's name is not
/// part of a path.
fn leaves(body: &[u8]) -> Result<BTreeMap<(String, String), usize>, String> {
    struct Open<'a> {
        name: &'a str,
        text: String,
        children: bool,
    }
    let text = std::str::from_utf8(body).map_err(|_| "it is no text".to_owned())?;
    let mut open: Vec<Open<'_>> = vec![];
    let mut found = BTreeMap::new();
    for token in Tokenizer::from(text.trim_start_matches('\u{feff}')) {
        match token.map_err(|error| format!("it is no XML ({error})"))? {
            Token::ElementStart { local, .. } => {
                if let Some(parent) = open.last_mut() {
                    parent.children = true;
                }
                open.push(Open { name: local.as_str(), text: String::new(), children: false });
            }
            Token::Text { text } => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&plain(text.as_str()));
                }
            }
            Token::Cdata { text, .. } => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(text.as_str());
                }
            }
            Token::ElementEnd { end: ElementEnd::Empty | ElementEnd::Close(..), .. } => {
                let names: Vec<&str> = open.iter().skip(1).map(|element| element.name).collect();
                let path = names.join("/");
                if let Some(element) = open.pop().filter(|element| !element.children && !path.is_empty()) {
                    *found.entry((path, element.text.trim().to_owned())).or_insert(0) += 1;
                }
            }
            _ => {}
        }
    }
    if open.is_empty() { Ok(found) } else { Err("it ends early".into()) }
}

/// The text with its references replaced: AWS and the SDK do not write the same ones.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = after.split_once(';').and_then(|(name, tail)| Some((character(name)?, tail)));
        match known {
            Some((c, tail)) => {
                out.push(c);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// What a reference stands for: `lt`, `#10`, `#xA`.
fn character(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

/// Returns the paths of members that the JSON answer has under `root`, and the request would not send with
/// the same value. Members of `root` that AWS alone sets are left out. An empty answer has none.
///
/// # Errors
/// That one of the two is no JSON.
pub(super) fn lost_members(
    answer: &[u8],
    root: &str,
    set_by_aws: &[&str],
    request: &[u8],
) -> Result<BTreeSet<String>, String> {
    if answer.is_empty() {
        return Ok(BTreeSet::new());
    }
    let parse =
        |body| serde_json::from_slice::<Value>(body).map_err(|error| format!("it is no JSON ({error})"));
    let mut answer = parse(answer)?;
    let mut told = answer.get_mut(root).map(Value::take).unwrap_or_default();
    if let Value::Object(members) = &mut told {
        members.retain(|name, _| !set_by_aws.contains(&name.as_str()));
    }
    let (mut has, mut sent) = (BTreeMap::new(), BTreeMap::new());
    members(&told, "", &mut has);
    members(&parse(request)?, "", &mut sent);
    let lost = has.into_iter().filter(|(leaf, count)| sent.get(leaf).is_none_or(|n| n < count));
    Ok(lost.map(|((path, _), _)| path).collect())
}

/// Members of AWS WAF that the SDK does not send where they have the value that AWS takes without them.
const DEFAULTS: [(&str, bool); 4] = [
    ("/EnableMachineLearning", true),
    ("/EnableRegexInPath", false),
    ("/ExcludeRateBasedDetails", false),
    ("/ExcludeRuleMatchDetails", false),
];

/// The path and the text of each value without members, and how often it comes. What is null or an empty text
/// says nothing.
fn members(value: &Value, path: &str, found: &mut BTreeMap<(String, String), usize>) {
    match value {
        Value::Object(object) if !object.is_empty() => {
            for (name, value) in object {
                let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                members(value, &path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members(item, path, found)),
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        Value::Bool(on) if DEFAULTS.iter().any(|(name, default)| path.ends_with(name) && on == default) => {}
        leaf => *found.entry((path.to_owned(), leaf.to_string())).or_insert(0) += 1,
    }
}

#[cfg(test)]
mod tests {
    fn lost(answer: &str, request: &str) -> Vec<String> {
        super::lost(answer.as_bytes(), request.as_bytes()).unwrap().into_iter().collect()
    }

    #[test]
    fn an_element_that_is_not_sent_back_is_named_by_its_path() {
        let sent = "<C xmlns='a'><A>1</A><L><I><P>x</P></I><I><P>y</P></I></L></C>";
        assert_eq!(lost("<C><A>1</A></C>", sent), [""; 0], "more in what is sent is fine");
        assert_eq!(lost("<C><A> 1\n</A><B><New/></B></C>", sent), ["B/New"]);
        assert_eq!(lost("<C><L><I><P>x</P><N>1</N></I></L></C>", sent), ["L/I/N"]);
        assert_eq!(lost("<C><A>2</A></C>", sent), ["A"], "another text is lost too");
        assert_eq!(lost("<C><L><I><P>x</P></I><I><P>x</P></I></L></C>", sent), ["L/I/P"], "one too few");
    }

    #[test]
    fn a_member_that_is_not_sent_back_is_named_by_its_path() {
        let lost = |answer: &str, request: &str| -> Vec<String> {
            let found = super::lost_members(answer.as_bytes(), "W", &["ARN"], request.as_bytes());
            found.unwrap().into_iter().collect()
        };
        let sent = r#"{"Name":"a","Rules":[{"P":0,"Block":{}},{"P":1}],"LockToken":"t"}"#;
        assert_eq!(
            lost(r#"{"W":{"Name":"a","ARN":"x","Text":"","No":null},"LockToken":"u"}"#, sent),
            [""; 0]
        );
        assert_eq!(lost(r#"{"W":{"Rules":[{"P":0,"Block":{}}]}}"#, sent), [""; 0]);
        assert_eq!(lost(r#"{"W":{"Rules":[{"P":1,"New":{"On":true}}]}}"#, sent), ["Rules/New/On"]);
        let bots =
            r#"{"W":{"Rules":[{"P":1,"C":{"EnableMachineLearning":true,"EnableRegexInPath":false}}]}}"#;
        assert_eq!(lost(bots, sent), [""; 0], "the SDK sends no defaults");
        let off = r#"{"W":{"C":{"EnableMachineLearning":false}}}"#;
        assert_eq!(lost(off, sent), ["C/EnableMachineLearning"]);
        assert_eq!(lost(r#"{"W":{"Rules":[{"P":1},{"P":1}]}}"#, sent), ["Rules/P"], "one too few");
        assert!(super::lost_members(b"{", "W", &[], b"{}").is_err());
    }

    #[test]
    fn references_and_empty_elements_are_no_difference() {
        assert_eq!(
            lost("<C><A>a &#38;&quot;b&#x22;</A><B/></C>", "<C><A>a &amp;\"b\"</A><B></B></C>"),
            [""; 0]
        );
        assert_eq!(lost("", "<C/>"), [""; 0]);
        assert!(super::lost(b"<C><A>", b"<C/>").is_err());
    }
}
