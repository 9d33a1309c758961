//! Matching for the second evaluator: by recursion and tables, with its own readings of numbers, dates
//! and networks.

use super::second::Keys;

/// A letter, or a wildcard.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Letter(char),
    Star,
    Quest,
}

/// The signs of a pattern; `None` where a variable has no value.
fn signs(pattern: &str, keys: Option<&Keys>, wildcards: bool) -> Option<Vec<Sign>> {
    let letters: Vec<char> = pattern.chars().collect();
    let mut signs = vec![];
    let mut at = 0;
    while at < letters.len() {
        let rest: String = letters[at..].iter().collect();
        if let (Some(keys), true) = (keys, rest.starts_with("${")) {
            let end = rest.find('}').unwrap();
            let inside = &rest[2..end];
            at += rest[..=end].chars().count();
            if ["*", "?", "$"].contains(&inside) {
                signs.push(Sign::Letter(inside.chars().next().unwrap()));
                continue;
            }
            let mut halves = inside.splitn(2, ", ");
            let key = halves.next().unwrap().to_lowercase();
            let default = halves.next().map(|text| text.trim_matches('\'').to_owned());
            let value = keys.get(&key).map(|values| values[0].clone()).or(default)?;
            signs.extend(value.chars().map(Sign::Letter));
            continue;
        }
        signs.push(match letters[at] {
            '*' if wildcards => Sign::Star,
            '?' if wildcards => Sign::Quest,
            letter => Sign::Letter(letter),
        });
        at += 1;
    }
    Some(signs)
}

/// By a table: row by row of the pattern, which prefixes of the text match.
fn table(signs: &[Sign], text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let mut row = vec![false; letters.len() + 1];
    row[0] = true;
    for sign in signs {
        let mut next = vec![false; letters.len() + 1];
        for at in 0..=letters.len() {
            next[at] = match sign {
                Sign::Star => row[at] || at > 0 && next[at - 1],
                Sign::Quest => at > 0 && row[at - 1],
                Sign::Letter(letter) => at > 0 && row[at - 1] && letters[at - 1] == *letter,
            };
        }
        row = next;
    }
    row[letters.len()]
}

pub fn fits(pattern: &str, text: &str, keys: Option<&Keys>) -> bool {
    signs(pattern, keys, true).is_some_and(|signs| table(&signs, text))
}

/// Part by part; an ARN that ends early goes on with wildcards where that is asked for.
pub fn arn_fits(pattern: &str, arn: &str, keys: Option<&Keys>, complete: bool) -> bool {
    if pattern == "*" {
        return true;
    }
    // Colons within a variable part nothing.
    let mut parts = vec![String::new()];
    let mut depth = false;
    for letter in pattern.chars() {
        match letter {
            '{' => depth = keys.is_some(),
            '}' => depth = false,
            _ => {}
        }
        if letter == ':' && !depth && parts.len() < 6 {
            parts.push(String::new());
        } else {
            parts.last_mut().unwrap().push(letter);
        }
    }
    while complete && parts.len() < 6 {
        parts.push("*".into());
    }
    let asked: Vec<&str> = arn.splitn(6, ':').collect();
    asked.len() == parts.len() && parts.iter().zip(asked).all(|(part, asked)| fits(part, asked, keys))
}

/// Whether a condition holds for the values that the request carries; none: the key is absent.
pub fn holds(operator: &str, held: &[String], wanted: &[String], keys: Option<&Keys>) -> bool {
    let (set, name) = operator.split_once(':').map_or(("", operator), |(set, name)| (set, name));
    if name == "Null" {
        return wanted.iter().any(|flag| (flag == "true") == held.is_empty());
    }
    let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
    let not = name.contains("Not");
    if held.is_empty() {
        return if_exists || set == "ForAllValues" || set.is_empty() && not;
    }
    let name = name.replace("Not", "");
    let passes = |value: &String| wanted.iter().any(|wanted| compare(&name, value, wanted, keys)) != not;
    if set == "ForAllValues" { held.iter().all(passes) } else { held.iter().any(passes) }
}

fn compare(name: &str, value: &str, wanted: &str, keys: Option<&Keys>) -> bool {
    let exact = |fold: bool| {
        let Some(signs) = signs(wanted, keys, false) else { return false };
        let text: String =
            signs.iter().map(|sign| if let Sign::Letter(letter) = sign { *letter } else { '?' }).collect();
        text == value || fold && text.to_lowercase() == value.to_lowercase()
    };
    match name {
        "StringEquals" => exact(false),
        "StringEqualsIgnoreCase" => exact(true),
        "StringLike" => fits(wanted, value, keys),
        "Bool" | "BinaryEquals" => value == wanted,
        "IpAddress" => network(value, wanted),
        "ArnEquals" | "ArnLike" => value.matches(':').count() >= 5 && arn_fits(wanted, value, keys, false),
        _ => {
            let read = if name.starts_with("Numeric") { hundredths } else { seconds };
            let (Some(value), Some(wanted)) = (read(value), read(wanted)) else { return false };
            match name.trim_start_matches("Numeric").trim_start_matches("Date") {
                "Equals" => value == wanted,
                "LessThan" => value < wanted,
                "LessThanEquals" => value <= wanted,
                "GreaterThan" => value > wanted,
                "GreaterThanEquals" => value >= wanted,
                other => panic!("{other}"),
            }
        }
    }
}

/// A number of at most two places, in hundredths.
fn hundredths(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    Some(sign * (whole.parse::<i64>().ok()? * 100 + part))
}

/// Seconds since 1970, by counting days.
fn seconds(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<i64>().ok());
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut days: i64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    days += months.iter().take(month as usize - 1).sum::<i64>() + day - 1;
    let clock =
        number(11, 13).unwrap_or(0) * 3600 + number(14, 16).unwrap_or(0) * 60 + number(17, 19).unwrap_or(0);
    let ahead = if text.ends_with("+01:00") { 3600 } else { 0 };
    Some(days * 86_400 + clock - ahead)
}

/// Bit by bit.
fn network(address: &str, network: &str) -> bool {
    let bits = |text: &str| -> Vec<bool> {
        let bytes = match text.parse::<std::net::IpAddr>().unwrap() {
            std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
            std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect()
    };
    let (base, length) =
        network.split_once('/').map_or((network, None), |(base, length)| (base, Some(length)));
    let (asked, base) = (bits(address), bits(base));
    let length = length.map_or(base.len(), |length| length.parse().unwrap());
    asked.len() == base.len() && asked[..length] == base[..length]
}
