//! The resources of the account that have a policy of their own, found by whom the policy names. An account
//! may have thousands of buckets: not every principal is asked about each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::library::Id;
use super::policy::{Effect, Policy};
use super::principal::{Named, Principal};

/// A resource with a policy.
#[derive(Debug)]
pub(super) struct Resource {
    pub arn: String,
    pub policy: Id,
    /// AWS obeys the policy for principals of the account and for services only.
    pub own_account_only: bool,
}

impl Resource {
    /// Whether AWS obeys the policy for this principal, in the account with this id.
    pub fn is_obeyed_for(&self, principal: &Principal, account: &str) -> bool {
        let own = principal.account() == Some(account) || matches!(principal, Principal::Service(_));
        own || !self.own_account_only
    }
}

#[derive(Debug, Default)]
pub(super) struct Resources {
    all: Vec<Resource>,
    /// Resources by an ARN, an account, a service or a provider that an allow names.
    named: BTreeMap<String, Vec<usize>>,
    /// Resources of which everybody must be asked: they let everybody in, or it is not clear whom.
    open: Vec<usize>,
}

impl Resources {
    /// Adds a resource. `text`: the policy as it was read; `None` where it was not read.
    pub fn add(&mut self, resource: Resource, text: Option<&Policy>) {
        let number = self.all.len();
        self.all.push(resource);
        let Some(policy) = text else {
            self.open.push(number);
            return;
        };
        let mut names = BTreeSet::new();
        let mut open = false;
        for statement in policy.statements.iter().filter(|statement| statement.effect != Effect::Deny) {
            let Some(principals) = statement.principals.as_ref().filter(|principals| !principals.not) else {
                open = true;
                continue;
            };
            for named in &principals.list {
                match named {
                    Named::Arn(arn) if arn.contains(":assumed-role/") => open = true,
                    Named::Account(name)
                    | Named::Arn(name)
                    | Named::Service(name)
                    | Named::Federated(name)
                        if name != "*" =>
                    {
                        names.insert(name.clone());
                    }
                    Named::Deleted(_) => {}
                    _ => open = true,
                }
            }
        }
        if open {
            self.open.push(number);
        }
        for name in names {
            self.named.entry(name).or_default().push(number);
        }
    }

    pub fn policies(&self) -> impl Iterator<Item = Id> {
        self.all.iter().map(|resource| resource.policy)
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The resource that this ARN names, or that it lies in: an object lies in its bucket.
    pub fn holding(&self, arn: &str) -> Option<&Resource> {
        let within = |own: &str| {
            arn.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
        };
        self.all.iter().find(|resource| within(&resource.arn))
    }

    /// The resources whose policies may let this principal in, in the account with this id. `by_account`: also
    /// those that name the principal's whole account.
    pub fn letting_in<'r>(
        &'r self,
        principal: &Principal,
        account: &str,
        by_account: bool,
    ) -> Vec<&'r Resource> {
        let own = match principal {
            Principal::User(name)
            | Principal::Session { role: name, .. }
            | Principal::Outsider(name)
            | Principal::Service(name)
            | Principal::Federated(name) => Some(name.as_str()),
            Principal::FederatedUser { user, .. } => Some(user.as_str()),
            Principal::Root(_) | Principal::Anonymous => None,
        };
        let by_name = own
            .into_iter()
            .chain(principal.account().filter(|_| by_account))
            .filter_map(|name| self.named.get(name));
        // Somebody of another account may be each of those that a policy names there.
        let outside = match principal {
            Principal::Outsider(id) => Some(id),
            _ => None,
        };
        let of_account = outside.into_iter().flat_map(|id| {
            let part = format!(":{id}:");
            self.named.iter().filter(move |(name, _)| name.contains(&part)).map(|(_, numbers)| numbers)
        });
        let mut numbers: BTreeSet<usize> = by_name.chain(of_account).flatten().copied().collect();
        if let Principal::FederatedUser { arn, .. } = principal {
            numbers.extend(self.named.get(arn).into_iter().flatten());
        }
        numbers.extend(&self.open);
        let found = numbers.into_iter().filter_map(|number| self.all.get(number));
        found.filter(|resource| resource.is_obeyed_for(principal, account)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::library::Library;
    use crate::access::parse;

    #[test]
    fn a_principal_is_asked_about_the_resources_that_may_let_it_in() {
        let mut library = Library::new(vec![]);
        let mut resources = Resources::default();
        let anna = "arn:aws:iam::111122223333:user/anna";
        for (name, principal) in [
            ("everybody", r#""*""#.to_owned()),
            ("anna", format!(r#"{{"AWS":"{anna}"}}"#)),
            ("account", r#"{"AWS":"111122223333"}"#.to_owned()),
            ("outside", r#"{"AWS":"arn:aws:iam::999999999999:role/x"}"#.to_owned()),
            ("service", r#"{"Service":"logs.amazonaws.com"}"#.to_owned()),
        ] {
            let text = format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"s3:*","Resource":"*"}}]}}"#
            );
            let policy = library.add(name.to_owned(), &text);
            let resource = Resource { arn: name.to_owned(), policy, own_account_only: false };
            resources.add(resource, Some(&parse::policy(&text).unwrap()));
        }
        let denies = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;
        let policy = library.add("denies".to_owned(), denies);
        let resource = Resource { arn: "denies".to_owned(), policy, own_account_only: false };
        resources.add(resource, Some(&parse::policy(denies).unwrap()));
        for (principal, expected) in [
            (Principal::User(anna.to_owned()), vec!["everybody", "anna", "account"]),
            (Principal::User(anna.replace("anna", "ben")), vec!["everybody", "account"]),
            (Principal::Outsider("999999999999".to_owned()), vec!["everybody", "outside"]),
            (Principal::Service("logs.amazonaws.com".to_owned()), vec!["everybody", "service"]),
            (Principal::Anonymous, vec!["everybody"]),
        ] {
            let found = resources.letting_in(&principal, "111122223333", true);
            let found: Vec<&str> = found.iter().map(|resource| resource.arn.as_str()).collect();
            assert_eq!(found, expected, "{principal:?}");
        }
    }
}
