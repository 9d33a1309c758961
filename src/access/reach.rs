//! Which roles the policies of a principal may let it assume, before each is asked.
//!
//! Where a role trusts its whole account, a principal's own policies decide, and there are many pairs. Their
//! patterns are few: each is compared with each role once, for all principals.

use std::collections::{BTreeSet, HashMap};

use super::arn::ArnPattern;
use super::context::Context;
use super::doubt::Sure;
use super::policy::Effect;
use super::source::{Asked, Body, Source};

/// The roles that each pattern covers, surely or perhaps.
#[derive(Debug)]
pub(super) struct Reach<'b> {
    action: Asked<'b>,
    roles: BTreeSet<usize>,
    by_pattern: HashMap<&'b str, Vec<usize>>,
}

impl<'b> Reach<'b> {
    /// Compares the roles, as number and ARN, with the patterns of every statement that may allow the action.
    pub fn new(action: Asked<'b>, roles: &[(usize, &str)], sources: &'b [Source]) -> Reach<'b> {
        let mut by_pattern = HashMap::<&str, Vec<usize>>::new();
        let nothing = Context::default();
        for pattern in sources.iter().filter_map(|source| patterns(source, &action)).flatten() {
            by_pattern.entry(&pattern.text).or_insert_with(|| {
                let covered = |(_, arn): &&(usize, &str)| pattern.matches(arn, &nothing) != Sure::No;
                roles.iter().filter(covered).map(|(number, _)| *number).collect()
            });
        }
        Reach { action, roles: roles.iter().map(|(number, _)| *number).collect(), by_pattern }
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
}

/// The patterns of the statements that may allow the action; `None` where the policy may allow it on any
/// role: it was not read, excludes resources, names none, or has variables, which each principal fills.
fn patterns<'s>(source: &'s Source, action: &Asked<'_>) -> Option<Vec<&'s ArnPattern>> {
    let Body::Read(indexed) = &source.body else { return None };
    let mut found = vec![];
    for number in indexed.covering(action).iter() {
        let statement = indexed.policy.statements.get(usize::from(*number))?;
        if statement.effect == Effect::Deny {
            continue;
        }
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
        let reach = Reach::new(Asked::new("sts:AssumeRole"), &ROLES, &sources);
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
}
