//! Words for a command that a responder copies into a shell.

/// Puts a word so that a POSIX shell and the AWS CLI take it as one value, whatever is in it. Returns `None`
/// for a word that no command should hold: an empty one, one that begins like an option or like the AWS CLI's
/// `file://`, and one with control or invisible characters. Names come from the account, and a thief may have
/// chosen them.
pub fn word(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@+%,".contains(c);
    let looks_like_more = text.starts_with(['-', '~']) || text.contains("://");
    if text.is_empty() || looks_like_more || !text.chars().all(is_shown) {
        return None;
    }
    if text.chars().all(plain) {
        return Some(text.to_owned());
    }
    Some(format!("'{}'", text.replace('\'', r"'\''")))
}

/// The name of a file for something with this name, of letters and digits.
pub fn file_name(text: &str, end: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("{}.{end}", text.chars().take(60).map(letter).collect::<String>())
}

/// ASCII that is shown, letters and digits of every script, and a blank.
fn is_shown(c: char) -> bool {
    c == ' ' || c.is_ascii_graphic() || (!c.is_ascii() && c.is_alphanumeric())
}
