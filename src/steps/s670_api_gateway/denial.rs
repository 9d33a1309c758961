//! A resource policy that denies everybody, and whether a policy does.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>

use serde_json::{Value, json};

/// A policy that denies everybody to call anything of the API that has it. AWS writes the resource out as an ARN.
pub(super) fn denial() -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Principal": "*",
            "Action": "execute-api:Invoke",
            "Resource": "execute-api:/*",
        }],
    })
    .to_string()
}

/// Does a statement deny everybody to call anything, without a condition?
pub(super) fn denies_all(policy: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else { return false };
    let any = |value: &Value, is: &dyn Fn(&str) -> bool| match value {
        Value::Array(many) => many.iter().filter_map(Value::as_str).any(is),
        one => one.as_str().is_some_and(is),
    };
    let everybody =
        |principal: &Value| any(principal, &|who| who == "*") || any(&principal["AWS"], &|who| who == "*");
    let denies = |statement: &Value| {
        statement["Effect"] == "Deny"
            && statement.get("Condition").is_none()
            && everybody(&statement["Principal"])
            && any(&statement["Action"], &|action| {
                ["*", "execute-api:*", "execute-api:invoke"].contains(&action.to_ascii_lowercase().as_str())
            })
            && any(&statement["Resource"], &is_whole_api)
    };
    match &policy["Statement"] {
        Value::Array(statements) => statements.iter().any(denies),
        one => denies(one),
    }
}

/// Is it every method of every stage: `execute-api:/*`, or the same as an ARN, `arn:…:a1b2c3/*/*/*`?
fn is_whole_api(resource: &str) -> bool {
    let stars = |tail: &str| !tail.is_empty() && tail.chars().all(|one| "*/".contains(one));
    resource == "*" || resource.split_once('/').is_some_and(|(_, tail)| stars(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_denial_of_everybody_everything_and_always_counts() {
        let ours = denial();
        assert!(denies_all(&ours), "{ours}");
        let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2";
        let as_arn = ours.replace("execute-api:/*", &format!("{arn}/*"));
        assert!(denies_all(&as_arn) && denies_all(&as_arn.replace("a1b2/*", "a1b2/*/*/*")));
        assert!(denies_all(&ours.replace("\"Principal\":\"*\"", "\"Principal\":{\"AWS\":\"*\"}")));
        for (part, other) in [
            ("Deny", "Allow"),
            ("execute-api:/*", "execute-api:/prod/*"),
            ("execute-api:Invoke", "execute-api:ManageConnections"),
            ("\"Principal\":\"*\"", "\"Principal\":{\"AWS\":\"arn:aws:iam::123456789012:root\"}"),
            ("\"Effect\"", "\"Condition\":{},\"Effect\""),
        ] {
            assert!(!denies_all(&ours.replace(part, other)), "{other}");
        }
        assert!(!denies_all("no JSON"));
    }
}
