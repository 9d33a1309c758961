//! Masks what signs requests in every string that comes from outside: error messages of AWS, pages
//! of proxies, the output of a credential process.
//!
//! An answer may quote the request it is about. `SignatureDoesNotMatch` quotes the signed headers,
//! and the session token is one of them.

/// What stands in place of a secret.
const MASK: &str = "[masked]";

/// Names whose value is secret, lower case, without `-`, `_` and blanks.
const NAMES: &[&str] = &[
    "authorization",
    "awssecretaccesskey",
    "awssecuritytoken",
    "awssessiontoken",
    "clientsecret",
    "password",
    "privatekey",
    "refreshtoken",
    "secretaccesskey",
    "secretkey",
    "securitytoken",
    "sessiontoken",
    "signature",
    "signatureprovided",
    "tokencode",
    "accesstoken",
    "xamzsecuritytoken",
    "xamzsignature",
    "xamzssobearertoken",
];

/// EC2 encodes why it denies: long, no secret, and what `sts:DecodeAuthorizationMessage` takes.
const ENCODED_DENIAL: &str = "failure message:";

/// The length of a secret access key.
const SECRET_KEY: usize = 40;
/// The length of a signature: a SHA-256 in hex.
const SIGNATURE: usize = 64;
/// No session token is shorter, and no other word of an error message is so long.
const TOKEN: usize = 100;

/// Returns the text with tokens, signatures and secrets masked: the values of names that say so, and
/// words that look like one.
pub(crate) fn masked(text: &str) -> String {
    let named = by_name(text);
    by_shape(&named)
}

/// Masks the value behind `name:`, `name=`, `"name":` and `<name>`.
fn by_name(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    let mut at = 0;
    while at < bytes.len() {
        if !is_name(bytes[at]) {
            at += 1;
            continue;
        }
        let end = at + bytes[at..].iter().take_while(|byte| is_name(**byte)).count();
        let value = NAMES.contains(&plain(&text[at..end]).as_str()).then(|| value(bytes, end)).flatten();
        at = end;
        if let Some((first, last)) = value.filter(|(first, last)| first < last) {
            out.push_str(&text[from..first]);
            out.push_str(MASK);
            (from, at) = (last, last);
        }
    }
    out.push_str(&text[from..]);
    out
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Where the value of a name begins and ends, if one follows. A header's value (`authorization`) has
/// blanks and goes to the end of its line; another value ends at a blank or a mark.
fn value(bytes: &[u8], name_ends: usize) -> Option<(usize, usize)> {
    let skip = |mut at: usize, what: &[u8]| {
        while bytes.get(at).is_some_and(|byte| what.contains(byte)) {
            at += 1;
        }
        at
    };
    let at = skip(name_ends, b" \"'\\");
    if !bytes.get(at).is_some_and(|byte| b":=>".contains(byte)) {
        return None;
    }
    let quoted = skip(at + 1, b" ");
    let first = skip(quoted, b"\"'\\");
    let ends: &[u8] = if first > quoted { b"\"'\\\n" } else { b" \"'\\,;&<>\n\r\t)}]" };
    let scheme = [&b"AWS4-HMAC-SHA256 "[..], b"Bearer ", b"Basic "];
    let last = match scheme.iter().find(|scheme| bytes[first..].starts_with(scheme)) {
        // The scheme, and all that belongs to it.
        Some(_) => first + bytes[first..].iter().take_while(|byte| !b"\"'\n\r<".contains(byte)).count(),
        None => first + bytes[first..].iter().take_while(|byte| !ends.contains(byte)).count(),
    };
    Some((first, last))
}

/// Masks words that look like a session token, a signature or a secret access key.
fn by_shape(text: &str) -> String {
    let of_token = |c: char| c.is_ascii_alphanumeric() || "+/=_-%".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(of_token) {
        let (before, from) = rest.split_at(start);
        let length = from.find(|c| !of_token(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(length);
        out.push_str(before);
        if looks_secret(word) && !out.trim_end().ends_with(ENCODED_DENIAL) {
            out.push_str(MASK);
        } else {
            out.push_str(word);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn looks_secret(word: &str) -> bool {
    let has = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
    let mixed = has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(|c| c.is_ascii_digit());
    let paths = ["role/", "user/", "policy/", "group/", "/aws"];
    match word.len() {
        // A path of an ARN has the letters of a secret key too.
        SECRET_KEY => {
            mixed && !word.contains(['-', '_', '%', '=']) && !paths.iter().any(|path| word.contains(path))
        }
        SIGNATURE => word.chars().all(|c| c.is_ascii_hexdigit()),
        TOKEN.. => mixed,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens of AWS are some hundred characters long.
    fn token() -> String {
        format!("IQoJb3JpZ2luX2VjEJj{}/+Xy9==", "a1B2c3D4".repeat(30))
    }

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKE1";
    const SIGNED: &str = "fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024";

    #[test]
    fn a_quoted_request_shows_no_token_and_no_signature() {
        let token = token();
        let text = format!(
            "The request signature we calculated does not match. The canonical string was\n\
             'POST\n/\n\nhost:ec2.eu-west-1.amazonaws.com\nx-amz-security-token:{token}\n\nhost\n{SIGNED}'\n\
             authorization: AWS4-HMAC-SHA256 Credential=AKIA1/20260101/a, Signature={SIGNED}\n\
             GET /?X-Amz-Security-Token=short-one&X-Amz-Signature={SIGNED}&Version=1"
        );
        let text = masked(&text);
        for secret in [&token, SIGNED, "short-one", "AKIA1/20260101"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        for kept in ["does not match", "host:ec2.eu-west-1.amazonaws.com", "&Version=1"] {
            assert!(text.contains(kept), "{kept} not in {text}");
        }
    }

    #[test]
    fn what_a_credential_process_prints_shows_no_secret() {
        let token = token();
        for text in [
            format!(r#"{{"AccessKeyId": "AKIA1", "SecretAccessKey": "{SECRET}", "SessionToken":"{token}""#),
            format!("aws_secret_access_key = {SECRET}\naws_session_token={token}"),
            format!("export AWS_SESSION_TOKEN='{token}' AWS_SECRET_ACCESS_KEY=\"{SECRET}\""),
            format!("what is {SECRET}? or {token}?"),
            r#"{\"SecretAccessKey\":\"abc\",\"SessionToken\":\"def\"}"#.replace("abc", SECRET).replace("def", &token),
        ] {
            let shown = masked(&text);
            assert!(!shown.contains(SECRET) && !shown.contains(&token), "{shown}");
        }
        assert_eq!(masked("SessionToken: tok-1, next"), "SessionToken: [masked], next");
        assert_eq!(masked("password=p%26w&user=akari"), "password=[masked]&user=akari");
    }

    #[test]
    fn words_of_aws_stay_as_they_are() {
        let denial = format!("Encoded authorization failure message: {}", token());
        for text in [
            denial.as_str(),
            "User: arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/akari is not \
             authorized to perform: ec2:DescribeVpcs with an explicit deny in a service control policy",
            "The security token included in the request is invalid.",
            "The request signature we calculated does not match the signature you provided.",
            "arn:aws:iam::123456789012:role/Team1/ServiceRoleForTheNightShift1234",
            "A tag with the password policy: see below",
            "loadbalancer/net/gateway-0123456789abcdef/0123456789abcdef",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn any_text_is_masked_without_a_fault() {
        for text in ["", "signature=", "token", "SessionToken:\"", "é=ü signature: é\u{1F600}", "=:<>\"'"]
        {
            masked(text);
        }
    }
}
