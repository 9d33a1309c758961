//! The maintenance page, as each service that can show it takes it.
//!
//! The shipped pages say "maintenance", and name neither an incident nor this program: everybody reads
//! them. They ask for nothing from outside: no font, no picture, no script.

/// The page in English.
pub const ENGLISH: &str = include_str!("page/en.html");
/// The page in Japanese.
pub const JAPANESE: &str = include_str!("page/ja.html");
/// The page in both languages, where nothing can choose one: of load balancers.
pub const BOTH: &str = include_str!("page/both.html");

/// What a page carries, so that a visitor's answer is known for ours: the name of a header and of a
/// `meta` element.
pub const MARK: &str = "maintenance-page";

/// The size of a CloudFront function that AWS takes, in bytes: "10 KB".
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
pub const FUNCTION_TAKES: usize = 10_000;

/// The size of a fixed response that a load balancer takes. AWS counts 1,024 characters; bytes are never
/// fewer.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html>
pub const BALANCER_TAKES: usize = 1_024;

const FUNCTION: &str = include_str!("page/viewer_request.js");

/// Why a page cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("it has {has} bytes, and a load balancer takes {BALANCER_TAKES}: {} too many", has - BALANCER_TAKES)]
    Balancer { has: usize },
    #[error(
        "a CloudFront function with it has {has} bytes, and CloudFront takes {FUNCTION_TAKES}: {} too many",
        has - FUNCTION_TAKES
    )]
    Function { has: usize },
    #[error("it is empty")]
    Empty,
    #[error("it has a NUL character: it is no HTML")]
    NoText,
}

/// Returns the operator's page as it is sent: lines end with a line feed alone, because XML, in which AWS
/// answers, keeps no other ends.
///
/// # Errors
/// Where it is empty or no text.
pub fn given(html: &str) -> Result<String, Unfit> {
    let html = html.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    match html.trim() {
        "" => Err(Unfit::Empty),
        text if text.contains('\0') => Err(Unfit::NoText),
        text => Ok(text.to_owned()),
    }
}

/// Returns the code of a CloudFront function that answers every request with a page: the one in the
/// language that the visitor prefers. Two equal pages are sent once.
///
/// # Errors
/// Where CloudFront would not take a function of this size.
pub fn function(en: &str, ja: &str) -> Result<String, Unfit> {
    let english = quoted(en);
    let japanese = if en == ja { "EN".to_owned() } else { quoted(ja) };
    let mut code = String::with_capacity(FUNCTION_TAKES);
    let mut rest = FUNCTION;
    for (mark, page) in [("\"@EN@\"", &english), ("\"@JA@\"", &japanese)] {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        code.push_str(before);
        code.push_str(page);
        rest = after;
    }
    code.push_str(rest);
    if code.len() > FUNCTION_TAKES { Err(Unfit::Function { has: code.len() }) } else { Ok(code) }
}

/// Returns the body of a load balancer's fixed response.
///
/// # Errors
/// Where a load balancer would not take a page of this size.
pub fn balancer(html: &str) -> Result<&str, Unfit> {
    let html = html.trim_end();
    if html.len() > BALANCER_TAKES { Err(Unfit::Balancer { has: html.len() }) } else { Ok(html) }
}

/// Returns the code of the function for the operator's page, or for the shipped ones where none is given.
///
/// # Errors
/// As [`function`].
pub fn function_of(page: Option<&str>) -> Result<String, Unfit> {
    page.map_or_else(|| function(ENGLISH, JAPANESE), |page| function(page, page))
}

/// Returns the body of the fixed response for the operator's page, or for the shipped one where none is
/// given.
///
/// # Errors
/// As [`balancer`].
pub fn balancer_of(page: Option<&str>) -> Result<&str, Unfit> {
    balancer(page.unwrap_or(BOTH))
}

/// Is this the code of a function that [`function`] made, of whatever pages?
pub fn is_function(code: &str) -> bool {
    let begins = FUNCTION.split("\"@EN@\"").next().is_some_and(|head| code.starts_with(head));
    begins && FUNCTION.rsplit("\"@JA@\"").next().is_some_and(|tail| code.ends_with(tail))
}

/// A text as a string of JavaScript: JSON's, and two characters that end a line in older JavaScript.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_pages_fit_both_ways() {
        let code = function_of(None).unwrap();
        assert!(code.len() <= FUNCTION_TAKES, "{} bytes", code.len());
        assert!(!code.contains("@EN@") && !code.contains("@JA@"));
        assert!(is_function(&code) && is_function(&function_of(Some("<p>closed")).unwrap()));
        assert!(!is_function("") && !is_function(&code[1..]) && !is_function(&format!("{code};")));
        let body = balancer_of(None).unwrap();
        assert!(body.len() <= BALANCER_TAKES && body.contains("lang=\"ja\""), "{} bytes", body.len());
    }

    #[test]
    fn every_page_carries_the_mark() {
        for page in [ENGLISH, JAPANESE, BOTH] {
            assert!(page.contains(&format!("<meta name=\"{MARK}\" content=\"1\">")), "{page}");
        }
        assert!(FUNCTION.contains(&format!("'x-{MARK}': {{ value: '1' }}")));
    }

    #[test]
    fn a_page_of_any_words_stays_one_string_in_the_function() {
        let page = "\"@JA@\" @EN@ ' \\ $& `${x}` \u{2028} 停止中";
        let code = function(page, "@EN@").unwrap();
        let line = code.lines().find(|line| line.starts_with("const EN")).unwrap();
        let text = line.trim_start_matches("const EN = ").trim_end_matches(';');
        assert_eq!(serde_json::from_str::<String>(text).unwrap(), page);
        assert!(code.contains("const JA = \"@EN@\";\n"));
        assert!(!code.contains('\u{2028}'));
    }

    #[test]
    fn one_page_for_all_is_sent_once() {
        let code = function_of(Some("<p>closed")).unwrap();
        assert_eq!(code.matches("<p>closed").count(), 1);
        assert!(code.contains("const JA = EN;\n"));
    }

    #[test]
    fn a_page_that_is_too_large_is_told_how_much() {
        let page = "x".repeat(1_380);
        let said = balancer(&page).unwrap_err().to_string();
        assert_eq!(said, "it has 1380 bytes, and a load balancer takes 1024: 356 too many");
        let largest = FUNCTION_TAKES - (function_of(Some("x")).unwrap().len() - 1);
        assert!(function_of(Some(&"x".repeat(largest))).is_ok());
        let said = function_of(Some(&"x".repeat(largest + 7))).unwrap_err().to_string();
        assert_eq!(
            said,
            "a CloudFront function with it has 10007 bytes, and CloudFront takes 10000: 7 too many"
        );
    }

    #[test]
    fn a_given_page_has_line_feeds_alone() {
        assert_eq!(given("\u{feff}<p>a\r\n<p>b\r\n").unwrap(), "<p>a\n<p>b");
        assert_eq!(given(" \n"), Err(Unfit::Empty));
        assert_eq!(given("a\0b"), Err(Unfit::NoText));
    }
}
