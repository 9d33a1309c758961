//! Members of an answer that came back as plain JSON.

use jiff::Timestamp;
use serde_json::Value;

/// A text; empty where the member is missing.
pub(super) fn text(member: &Value) -> String {
    member.as_str().unwrap_or_default().to_owned()
}

/// The texts of a list; none where the member is missing.
pub(super) fn texts(member: &Value) -> impl Iterator<Item = String> + use<> {
    let all = member.as_array().into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<String>>().into_iter()
}

/// A moment, as AWS's JSON protocols write it: seconds since 1970, perhaps with a fraction.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of our time are far below 2^53")]
pub(super) fn moment(member: &Value) -> Option<Timestamp> {
    Timestamp::from_millisecond((member.as_f64()? * 1_000.0).round() as i64).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_are_seconds_with_or_without_a_fraction() {
        let told = |member: Value| moment(&member).map(|moment| moment.to_string());
        assert_eq!(told(json!(1_700_000_000)).as_deref(), Some("2023-11-14T22:13:20Z"));
        assert_eq!(told(json!(1.700_000_000_25e9)).as_deref(), Some("2023-11-14T22:13:20.25Z"));
        assert_eq!(told(Value::Null), None);
        assert_eq!(told(json!("2023-11-14T22:13:20Z")), None);
    }

    #[test]
    fn a_missing_member_is_empty() {
        assert_eq!(text(&Value::Null), "");
        assert_eq!(texts(&Value::Null).count(), 0);
        assert_eq!(texts(&json!(["a", 1, "b"])).collect::<Vec<_>>(), ["a", "b"]);
    }
}
