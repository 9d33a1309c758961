//! What is known of a call that failed without a code of AWS's, in words.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ErrorMetadata;

use crate::aws::answer::NoAnswer;
use crate::aws::https::Unreached;
use crate::aws::masks::masked;

pub(super) fn has_source<T: std::error::Error + 'static>(error: &(dyn std::error::Error + 'static)) -> bool {
    source_of::<T>(error).is_some()
}

/// The first error of this type among the causes.
pub(super) fn source_of<'e, T: std::error::Error + 'static>(
    error: &'e (dyn std::error::Error + 'static),
) -> Option<&'e T> {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        source = error.source();
    }
    None
}

/// What is known of an error without a code: an answer that is none of AWS's, or no answer.
pub(super) fn wordless<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: std::error::Error + Send + Sync + 'static,
{
    if let Some(why) = source_of::<NoAnswer>(error) {
        return why.to_string();
    }
    let Some(response) = error.raw_response() else { return chain(error) };
    let status = response.status();
    // What the parser did not find says nothing of a page that is no answer of AWS's at all.
    if status.is_success() {
        return format!("not an answer of AWS's (HTTP {}): {}", status.as_u16(), short(&innermost(error)));
    }
    let words = page(response.body().bytes().unwrap_or_default());
    // A page that only repeats the status says nothing more.
    let repeats = words.is_empty() || words.starts_with(&status.as_u16().to_string());
    let said = if repeats { String::new() } else { format!(": {words}") };
    format!("HTTP {} without an error code of AWS's{said}", status.as_u16())
}

/// The beginning of a page as text, for the name of a proxy or what an emulator says.
fn page(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4_096)]);
    let mut plain = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                plain.push(' ');
            }
            _ if !inside => plain.push(c),
            _ => {}
        }
    }
    short(&masked(&plain).split_whitespace().collect::<Vec<_>>().join(" "))
}

fn short(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The last cause: "failed to load SSO token" says more than "an error occurred".
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    // The SDK's list of what it tried has a line each.
    let words = masked(&last.to_string());
    words.lines().map(str::trim).collect::<Vec<_>>().join("; ").replace(":;", ":")
}

/// Joins the causes of an error without a code: "dispatch failure" alone helps nobody. A host that did
/// not answer says it all.
pub(in crate::aws) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(unreached) = source_of::<Unreached>(error) {
        return unreached.to_string();
    }
    joined(error, &[])
}

/// Says in words why one of the SDK's providers gave no credentials: all causes but the SDK's own
/// headings, and AWS's code and message instead of Rust's form of them.
pub(in crate::aws) fn words(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(unreached) = source_of::<Unreached>(error) {
        return unreached.to_string();
    }
    let words = joined(error, &["an error occurred while loading", "service error", "unhandled error"]);
    if words.is_empty() { innermost(error) } else { words }
}

fn joined(error: &(dyn std::error::Error + 'static), headings: &[&str]) -> String {
    let mut words = String::new();
    let mut source = Some(error);
    while let Some(error) = source {
        let next = match error.downcast_ref::<ErrorMetadata>() {
            Some(meta) => [meta.code(), meta.message()].into_iter().flatten().collect::<Vec<_>>().join(": "),
            None => error.to_string(),
        };
        if !words.contains(&next) && !headings.iter().any(|heading| next.starts_with(heading)) {
            let colon = if words.is_empty() { "" } else { ": " };
            words = format!("{words}{colon}{next}");
        }
        source = error.source();
    }
    masked(&words)
}
