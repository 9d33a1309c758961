//! Which roles the policies of a principal may let it assume, before each is asked.
//!
//! Where a role trusts its whole account, a principal's own policies decide, and there are many pairs. Their
//! patterns are few: each is compared with each role once, for all principals.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::arn::ArnPattern;
use super::context::Context;
use super::may::rank;
use super::policy::{Effect, Statement};
use super::source::{Asked, Body, Source};

/// A role that trusts its whole account.
pub(super) struct Wide<'b> {
    pub number: usize,
    pub arn: &'b str,
    pub trust: Option<&'b Source>,
}

/// The roles that each pattern covers, surely or perhaps.
#[derive(Debug)]
pub(super) struct Reach<'b> {
    action: Asked<'b>,
    roles: BTreeSet<usize>,
    by_pattern: HashMap<&'b str, Vec<usize>>,
    class: HashMap<usize, usize>,
}

impl<'b> Reach<'b> {
    /// Compares the roles with the patterns of every statement that may allow the action, or deny it.
    pub fn new(action: Asked<'b>, roles: &[Wide<'b>], sources: &'b [Source]) -> Reach<'b> {
        let mut by_pattern = HashMap::<&str, Vec<usize>>::new();
        // What is said of each role: the patterns that cover it, and how surely.
        let mut said: Vec<Vec<(usize, u8)>> = vec![vec![]; roles.len()];
        let nothing = Context::default();
        for pattern in sources.iter().flat_map(|source| statements(source, &action)).flat_map(resources) {
            let pattern_number = by_pattern.len();
            by_pattern.entry(&pattern.text).or_insert_with(|| {
                let mut covered = vec![];
                for (role, said) in roles.iter().zip(&mut said) {
                    match rank(pattern.matches(role.arn, &nothing)) {
                        0 => {}
                        sure => {
                            covered.push(role.number);
                            said.push((pattern_number, sure));
                        }
                    }
                }
                covered
            });
        }
        let mut classes = HashMap::new();
        let class = roles.iter().zip(said).map(|(role, said)| {
            let next = classes.len();
            (role.number, *classes.entry((role.trust.and_then(text), said)).or_insert(next))
        });
        let class = class.collect();
        Reach { action, roles: roles.iter().map(|role| role.number).collect(), by_pattern, class }
    }

    /// Returns the roles that these identity policies may allow to be assumed. A role that is missing is not
    /// allowed; of each other one the whole decision must be asked.
    pub fn of(&self, identity: &[&Source]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for source in identity {
            let Some(patterns) = patterns(source, &self.action) else { return self.roles.clone() };
            for pattern in patterns {
                match self.by_pattern.get(pattern.text.as_str()) {
                    Some(roles) => found.extend(roles),
                    None => return self.roles.clone(),
                }
            }
        }
        found
    }

    /// Returns the class of a role. Roles of one class have one trust policy and are covered by the same
    /// patterns: a principal whose policies have no variables can assume all of them or none.
    pub fn class(&self, role: usize) -> Option<usize> {
        self.class.get(&role).copied()
    }

    /// Whether the resources of a statement about the action have a variable, which each principal fills.
    pub fn has_variables(&self, source: &Source) -> bool {
        statements(source, &self.action).flat_map(resources).any(|pattern| pattern.keys().next().is_some())
    }
}

/// A policy that was read, by the place of its text: the library reads each text once.
fn text(source: &Source) -> Option<usize> {
    match &source.body {
        Body::Read(indexed) => Some(Arc::as_ptr(indexed).addr()),
        Body::Unread(_) => None,
    }
}

/// The statements about the action; none of a policy that was not read.
fn statements<'s>(source: &'s Source, action: &Asked<'_>) -> impl Iterator<Item = &'s Statement> {
    let indexed = match &source.body {
        Body::Read(indexed) => Some(indexed),
        Body::Unread(_) => None,
    };
    let numbers = indexed.map(|indexed| indexed.covering(action).into_owned()).unwrap_or_default();
    let known = indexed.map_or(&[][..], |indexed| &indexed.policy.statements[..]);
    numbers.into_iter().filter_map(|number| known.get(usize::from(number)))
}

fn resources(statement: &Statement) -> impl Iterator<Item = &ArnPattern> {
    statement.resources.iter().flat_map(|resources| &resources.patterns)
}

/// The patterns of the statements that may allow the action; `None` where the policy may allow it on any
/// role: it was not read, excludes resources, names none, or has variables, which each principal fills.
fn patterns<'s>(source: &'s Source, action: &Asked<'_>) -> Option<Vec<&'s ArnPattern>> {
    source.policy()?;
    let mut found = vec![];
    for statement in statements(source, action).filter(|statement| statement.effect == Effect::Allow) {
        let resources = statement.resources.as_ref().filter(|resources| !resources.not)?;
        if resources.patterns.iter().any(|pattern| pattern.keys().next().is_some()) {
            return None;
        }
        found.extend(&resources.patterns);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [(usize, &str); 3] = [
        (4, "arn:aws:iam::123456789012:role/team-1/build"),
        (7, "arn:aws:iam::123456789012:role/team-12/build"),
        (9, "arn:aws:iam::123456789012:role/anna"),
    ];

    fn reached(policies: &[&str]) -> Vec<usize> {
        let sources: Vec<Source> = policies.iter().map(|text| Source::parse("own", text)).collect();
        let roles = ROLES.map(|(number, arn)| Wide { number, arn, trust: None });
        let reach = Reach::new(Asked::new("sts:AssumeRole"), &roles, &sources);
        reach.of(&sources.iter().collect::<Vec<_>>()).into_iter().collect()
    }

    fn allow(rest: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{rest}}}]}}"#)
    }

    #[test]
    fn the_roles_are_those_that_a_pattern_covers() {
        for (rest, expected) in [
            (r#""Action":"sts:AssumeRole","Resource":"*""#, &[4, 7, 9][..]),
            (r#""Action":"sts:*","Resource":"arn:aws:iam::123456789012:role/team-1/*""#, &[4]),
            (r#""Action":"*","Resource":["arn:aws:iam::*:role/team-1*","arn:aws:s3:::b"]"#, &[4, 7]),
            (r#""NotAction":"iam:*","Resource":"arn:aws:iam::123456789012:role/anna""#, &[9]),
            (r#""Action":"sts:AssumeRole","Resource":"arn:aws:iam::999999999999:role/*""#, &[]),
            (r#""Action":"s3:*","Resource":"*""#, &[]),
            (r#""NotAction":"sts:*","Resource":"*""#, &[]),
        ] {
            assert_eq!(reached(&[&allow(rest)]), expected, "{rest}");
        }
    }

    #[test]
    fn a_policy_that_may_name_any_role_reaches_all() {
        for rest in [
            r#""Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/${aws:username}""#,
            r#""Action":"sts:AssumeRole","NotResource":"arn:aws:iam::123456789012:role/anna""#,
            r#""Action":"sts:AssumeRole""#,
            r#""Resource":"*""#,
            r#""Action":"sts:AssumeRole","Resource":"anna*""#,
        ] {
            assert_eq!(reached(&[&allow(rest)]), [4, 7, 9], "{rest}");
        }
        assert_eq!(reached(&["not a policy"]), [4, 7, 9]);
    }

    #[test]
    fn the_roles_of_several_policies_are_added_up_and_a_deny_adds_none() {
        let one = allow(r#""Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/anna""#);
        let two = allow(r#""Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/team-12/*""#);
        let deny = r#"{"Statement":{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}}"#;
        assert_eq!(reached(&[&one, deny, &two]), [7, 9]);
        assert_eq!(reached(&[deny]), [0_usize; 0]);
    }

    #[test]
    fn roles_are_of_one_class_where_trust_and_patterns_are_the_same() {
        let trust = |account| {
            let text = format!(r#"{{"AWS":"arn:aws:iam::{account}:root"}}"#);
            let text = format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":{text},"Action":"sts:AssumeRole"}}}}"#
            );
            Source::parse("trust", &text)
        };
        let (one, other) = (trust("123456789012"), trust("999999999999"));
        let classes = |trusts: [&Source; 3], policies: &[&str]| {
            let sources: Vec<Source> = policies.iter().map(|text| Source::parse("own", text)).collect();
            let roles: Vec<Wide<'_>> = ROLES
                .iter()
                .zip(trusts)
                .map(|((number, arn), trust)| Wide { number: *number, arn, trust: Some(trust) })
                .collect();
            let reach = Reach::new(Asked::new("sts:AssumeRole"), &roles, &sources);
            [4, 7, 9].map(|role| reach.class(role).unwrap())
        };
        let any = allow(r#""Action":"sts:*","Resource":"*""#);
        assert_eq!(classes([&one, &one, &one], &[&any]), [0, 0, 0]);
        assert_eq!(classes([&one, &other, &one], &[&any]), [0, 1, 0]);
        let team = r#""Action":"sts:*","Resource":"arn:aws:iam::123456789012:role/team-1/*""#;
        assert_eq!(classes([&one, &one, &one], &[&any, &allow(team)]), [0, 1, 1]);
        let deny = format!(r#"{{"Statement":{{"Effect":"Deny",{team}}}}}"#);
        assert_eq!(classes([&one, &one, &one], &[&any, &deny]), [0, 1, 1]);
        let but = allow(&team.replace("Resource", "NotResource"));
        assert_eq!(classes([&one, &one, &one], &[&but]), [0, 1, 1]);
    }

    #[test]
    fn variables_are_seen_in_allows_and_in_denies() {
        let reach = Reach::new(Asked::new("sts:AssumeRole"), &[], &[]);
        let variable = r#""Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/${aws:username}""#;
        let deny = allow(variable).replace("Allow", "Deny");
        for (text, expected) in [
            (allow(variable), true),
            (deny, true),
            (allow(&variable.replace("sts:AssumeRole", "s3:GetObject")), false),
            (allow(r#""Action":"*","Resource":"*""#), false),
        ] {
            assert_eq!(reach.has_variables(&Source::parse("own", &text)), expected, "{text}");
        }
    }
}
