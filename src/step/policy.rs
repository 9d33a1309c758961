//! IAM policy documents that fit where they are attached.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Where a policy goes, and how many characters IAM takes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A managed policy of the account: several may be attached.
    Managed,
    /// An inline policy of a role.
    Role,
    /// An inline policy of a user.
    User,
}

impl Holder {
    /// Characters, white space apart: of each managed policy, and of all inline policies of a role or
    /// user together.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub fn limit(self) -> usize {
        match self {
            Holder::Managed => 6_144,
            Holder::Role => 10_240,
            Holder::User => 2_048,
        }
    }
}

/// The statement with what AWS does to the roles of IAM Identity Center with the caller's own rights.
pub const SIGN_IN_ROLES: &str = "UnplugSignInRoles";

/// Statements about these resources alone. All others are about `*`.
const NARROW: &[(&str, &[&str])] = &[(
    SIGN_IN_ROLES,
    &[
        "arn:*:iam::*:role/aws-reserved/sso.amazonaws.com/*",
        "arn:*:iam::*:saml-provider/AWSSSO_*_DO_NOT_DELETE",
    ],
)];

/// A statement's name, and the actions that it allows.
pub type Statement = (&'static str, BTreeSet<&'static str>);

/// No document of this kind can hold the actions.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong {
    pub size: usize,
    pub limit: usize,
}

/// Returns the size of a document as IAM counts it: its characters without white space.
pub fn size(document: &Value) -> usize {
    length(&document.to_string())
}

/// Returns the length of a document's text as IAM counts it: its characters without white space.
pub fn length(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// Returns the documents that allow all of the parts' actions, each within the holder's limit. One, if
/// that fits; otherwise of managed policies as many as it takes, in the parts' order. Each action
/// stands once, in the first part that has it: together the documents allow everything, and a later
/// one alone does not.
///
/// # Errors
/// Inline policies share one limit: what does not fit there fits in no number of them.
pub fn documents(parts: &[Statement], holder: Holder) -> Result<Vec<Value>, TooLong> {
    let (parts, limit) = (unique(parts), holder.limit());
    let whole = document(&parts);
    if size(&whole) <= limit {
        return Ok(vec![whole]);
    }
    if holder != Holder::Managed {
        return Err(TooLong { size: size(&whole), limit });
    }
    let mut full: Vec<Vec<(String, BTreeSet<&str>)>> = vec![];
    let mut open = vec![];
    for piece in parts.iter().flat_map(|part| pieces(part, limit)) {
        open.push(piece);
        if size(&document(&open)) > limit
            && let Some(next) = open.pop()
        {
            full.push(std::mem::replace(&mut open, vec![next]));
        }
    }
    full.push(open);
    Ok(full.iter().map(|statements| document(statements)).collect())
}

/// The parts, each action in the first one only; a part that is left without any is dropped.
fn unique(parts: &[Statement]) -> Vec<(String, BTreeSet<&'static str>)> {
    let mut seen = BTreeSet::new();
    let own = |(name, actions): &Statement| {
        let own: BTreeSet<&str> = actions.iter().copied().filter(|action| seen.insert(*action)).collect();
        (!own.is_empty()).then(|| ((*name).to_owned(), own))
    };
    parts.iter().filter_map(own).collect()
}

/// The part, in numbered pieces if one document cannot hold it.
fn pieces<'a>(part: &(String, BTreeSet<&'a str>), limit: usize) -> Vec<(String, BTreeSet<&'a str>)> {
    let (name, actions) = part;
    let mut pieces: Vec<(String, BTreeSet<&str>)> = vec![(name.clone(), BTreeSet::new())];
    for action in actions {
        let numbered = format!("{name}{}", pieces.len() + 1);
        let Some((_, last)) = pieces.last_mut() else { continue };
        last.insert(action);
        if size(&document(&[(numbered.clone(), last.clone())])) > limit {
            last.remove(action);
            pieces.push((numbered, [*action].into()));
        }
    }
    pieces
}

/// A document with one statement a part. Resources are `*`, but for the parts of [`NARROW`]: which ones will be cut
/// is not known before the incident.
fn document(parts: &[(String, BTreeSet<&str>)]) -> Value {
    let statement = |(name, actions): &(String, BTreeSet<&str>)| json!({ "Sid": name, "Effect": "Allow", "Action": actions, "Resource": resource(name) });
    json!({ "Version": "2012-10-17", "Statement": parts.iter().map(statement).collect::<Vec<Value>>() })
}

/// The resources of a part, or of a numbered piece of it.
fn resource(name: &str) -> Value {
    let narrow = NARROW.iter().find(|(part, _)| name.starts_with(part));
    narrow.map_or_else(|| "*".into(), |(_, resources)| json!(resources))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three hundred actions, of 8,400 characters together.
    fn many() -> Vec<&'static str> {
        (0..300).map(|n| &*Box::leak(format!("service:DescribeNumber{n:03}").into_boxed_str())).collect()
    }

    fn actions(document: &Value) -> Vec<&str> {
        let statements = document["Statement"].as_array().unwrap();
        statements.iter().flat_map(|s| s["Action"].as_array().unwrap()).map(|a| a.as_str().unwrap()).collect()
    }

    #[test]
    fn white_space_does_not_count() {
        assert_eq!(size(&json!({ "a": "b c" })), "{\"a\":\"bc\"}".len());
    }

    #[test]
    fn an_action_of_two_parts_stands_once_in_the_first() {
        let parts: [Statement; 3] =
            [("Read", ["a:A", "a:B"].into()), ("Ask", ["a:B"].into()), ("Write", ["a:B", "a:C"].into())];
        let [document] = &documents(&parts, Holder::Managed).unwrap()[..] else { panic!("one document") };
        assert_eq!(actions(document), ["a:A", "a:B", "a:C"]);
        assert_eq!(document["Statement"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_does_not_fit_in_one_is_split_by_part_and_nothing_is_lost() {
        let all = many();
        let parts: [Statement; 3] = [
            ("Read", all[..100].iter().copied().collect()),
            ("Apply", all[80..180].iter().copied().collect()),
            ("Restore", all.iter().copied().collect()),
        ];
        let documents = documents(&parts, Holder::Managed).unwrap();
        let names: Vec<Vec<&str>> = documents
            .iter()
            .map(|d| d["Statement"].as_array().unwrap().iter().map(|s| s["Sid"].as_str().unwrap()).collect())
            .collect();
        assert_eq!(names, [vec!["Read", "Apply"], vec!["Restore"]]);
        assert!(documents.iter().all(|document| size(document) <= 6_144));
        assert_eq!(documents.iter().flat_map(actions).collect::<Vec<_>>(), all);
    }

    #[test]
    fn a_part_that_is_too_long_for_one_document_is_numbered() {
        let all: BTreeSet<&str> = many().into_iter().collect();
        let documents = documents(&[("Read", all.clone())], Holder::Managed).unwrap();
        let names: Vec<&str> = documents.iter().map(|d| d["Statement"][0]["Sid"].as_str().unwrap()).collect();
        assert_eq!(names, ["Read", "Read2"]);
        assert_eq!(documents.iter().flat_map(actions).collect::<BTreeSet<_>>(), all);
    }

    #[test]
    fn inline_policies_share_one_limit() {
        let parts: [Statement; 1] = [("Read", many().into_iter().collect())];
        assert_eq!(documents(&parts, Holder::Role).unwrap().len(), 1);
        let TooLong { size, limit } = documents(&parts, Holder::User).unwrap_err();
        assert!(size > limit && limit == 2_048);
    }
}
