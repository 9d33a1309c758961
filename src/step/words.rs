//! Words that findings and views have in common.

/// `1 change`, `2 changes`, `2 addresses`, `2 policies`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        return format!("1 {noun}");
    }
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number} {stem}ies"),
        _ if noun.ends_with('s') => format!("{number} {noun}es"),
        _ => format!("{number} {noun}s"),
    }
}

/// `1 change is`, `2 changes are`: a number, a noun and a verb that agree.
pub fn agree(number: usize, noun: &str, one: &str, many: &str) -> String {
    format!("{} {}", count(number, noun), if number == 1 { one } else { many })
}

/// `a, b and 3 more`: the first names of many.
pub fn first_few<T: AsRef<str>>(names: impl IntoIterator<Item = T>, most: usize) -> String {
    let names: Vec<T> = names.into_iter().collect();
    let first: Vec<&str> = names.iter().take(most).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(most) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_agrees_with_its_number() {
        let owed = |n| agree(n, "change", "is", "are");
        assert_eq!([0, 1, 2].map(owed), ["0 changes are", "1 change is", "2 changes are"]);
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!([0, 1, 2].map(|n| count(n, "VPC")), ["0 VPCs", "1 VPC", "2 VPCs"]);
        assert_eq!([1, 2].map(|n| count(n, "address")), ["1 address", "2 addresses"]);
        assert_eq!([1, 2].map(|n| count(n, "policy")), ["1 policy", "2 policies"]);
        assert_eq!(count(0, "gateway"), "0 gateways");
    }

    #[test]
    fn many_names_are_the_first_and_a_number() {
        let shown = |names: &[&str]| first_few(names, 2);
        assert_eq!([shown(&[]), shown(&["a"]), shown(&["a", "b"])], ["", "a", "a, b"]);
        assert_eq!(shown(&["a", "b", "c", "d"]), "a, b and 2 more");
    }
}
