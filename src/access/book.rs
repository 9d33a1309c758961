//! The book of an account's principals: each with the policies that apply to it.

use std::collections::{BTreeMap, BTreeSet};

use super::arn;
use super::decide::{Layers, ResourceSide, is_service_linked};
use super::facts::Facts;
use super::library::{Id, Library};
use super::powers;
use super::principal::{Named, Principal};
use super::resources::{Resource, Resources};
use super::source::{Body, Source};
use crate::account::organization::{RESOURCE_CONTROL, SERVICE_CONTROL};
use crate::account::{Gap, Level, Principals, ResourcePolicy, Seen, Tags};

/// Everybody who may act on the account, and the policies that decide.
#[derive(Debug)]
pub struct Book {
    pub(super) library: Library,
    pub(super) entries: Vec<Entry>,
    /// The entry of each role, by its ARN.
    pub(super) roles: BTreeMap<String, usize>,
    pub(super) service_control: Vec<Vec<Id>>,
    pub(super) resource_control: Vec<Vec<Id>>,
    pub(super) resources: Resources,
    /// `resources` has every KMS key of the account.
    pub(super) every_kms_key: bool,
    pub(super) account: String,
    pub(super) partition: String,
}

/// One principal.
#[derive(Debug)]
pub struct Entry {
    pub principal: Principal,
    /// The name of a user or role; of others the account, service or provider.
    pub name: String,
    /// Policies of its own and of its groups, each with the group's name.
    pub(super) identity: Vec<(Id, Option<String>)>,
    pub(super) boundary: Option<Id>,
    /// Of a role.
    pub(super) trust: Option<Id>,
    pub(super) tags: Tags,
    /// A policy asks when a session was made, or whether with MFA: a key and sessions differ.
    pub(super) credentials_matter: bool,
}

/// Stands for a principal of any other account, as in a policy that allows everybody.
pub const ANY_ACCOUNT: &str = "*";

impl Book {
    /// Reads every policy once. A gap where IAM was not read: nothing can be said without it.
    pub fn new(facts: &Facts<'_>) -> Result<Book, Gap> {
        let account = facts.account;
        let principals = match &account.principals {
            Seen::Read(principals) => principals,
            Seen::Gap(gap) => return Err(gap.clone()),
        };
        let mut book = Book {
            library: Library::new(powers::actions()),
            entries: vec![],
            roles: BTreeMap::new(),
            service_control: vec![],
            resource_control: vec![],
            resources: Resources::default(),
            every_kms_key: facts.every_kms_key,
            account: account.id.clone(),
            partition: account.partition().to_owned(),
        };
        book.add_entry(Principal::Root(account.id.clone()), "root".into());
        book.add_users(principals);
        book.add_roles(principals);
        if let Some(Some(organization)) = facts.organization.read()
            && !organization.management
        {
            book.service_control = book.levels(&organization.levels(SERVICE_CONTROL));
            book.resource_control = book.levels(&organization.levels(RESOURCE_CONTROL));
        }
        for resource in &facts.resources {
            let name = format!("policy of {}", resource.arn);
            let id = match &resource.policy {
                Seen::Read(None) => continue,
                Seen::Read(Some(text)) => book.library.add(name, text),
                Seen::Gap(gap) => book.library.add_seen(name, &Seen::Gap(gap.clone())),
            };
            let ResourcePolicy { arn, own_account_only, .. } = resource;
            let known = Resource { arn: arn.clone(), policy: id, own_account_only: *own_account_only };
            book.resources.add(known, book.library.get(id).and_then(Source::policy));
        }
        book.add_strangers();
        book.note_where_credentials_matter();
        Ok(book)
    }

    fn note_where_credentials_matter(&mut self) {
        let library = &self.library;
        let asks = |id: Id| match library.get(id).map(|source| &source.body) {
            Some(Body::Read(indexed)) => indexed.asks_of_session,
            Some(Body::Unread(_)) | None => false,
        };
        let levels = self.service_control.iter().chain(&self.resource_control).flatten();
        let for_all = levels.copied().chain(self.resources.policies()).any(asks);
        for entry in &mut self.entries {
            let mut own = entry.identity.iter().map(|(id, _)| *id).chain(entry.boundary);
            entry.credentials_matter = for_all || own.any(asks);
        }
    }

    fn add_entry(&mut self, principal: Principal, name: String) -> &mut Entry {
        let (identity, tags) = (vec![], Tags::new());
        self.entries.push(Entry {
            principal,
            name,
            identity,
            boundary: None,
            trust: None,
            tags,
            credentials_matter: true,
        });
        let last = self.entries.len() - 1;
        &mut self.entries[last]
    }

    fn add_users(&mut self, principals: &Principals) {
        for (name, user) in &principals.users {
            let holder = format!("user {name}");
            let mut identity = self.policies(principals, &holder, &user.attached, &user.inline, None);
            for group in &user.groups {
                match principals.groups.get(group) {
                    Some(found) => {
                        let holder = format!("group {group}");
                        let all =
                            self.policies(principals, &holder, &found.attached, &found.inline, Some(group));
                        identity.extend(all);
                    }
                    None => {
                        let unread = Seen::default();
                        let id = self.library.add_seen(format!("policies of group {group}"), &unread);
                        identity.push((id, Some(group.clone())));
                    }
                }
            }
            let boundary = self.boundary(principals, user.boundary.as_deref());
            let entry = self.add_entry(Principal::User(user.arn.clone()), name.clone());
            entry.identity = identity;
            entry.boundary = boundary;
            entry.tags.clone_from(&user.tags);
        }
    }

    fn add_roles(&mut self, principals: &Principals) {
        for (name, role) in &principals.roles {
            let holder = format!("role {name}");
            let identity = self.policies(principals, &holder, &role.attached, &role.inline, None);
            let boundary = self.boundary(principals, role.boundary.as_deref());
            let trust = self.library.add(format!("trust policy of role {name}"), &role.trust);
            self.roles.insert(role.arn.clone(), self.entries.len());
            let session = Principal::Session { role: role.arn.clone(), name: None };
            let entry = self.add_entry(session, name.clone());
            entry.identity = identity;
            entry.boundary = boundary;
            entry.trust = Some(trust);
            entry.tags.clone_from(&role.tags);
        }
    }

    fn policies(
        &mut self,
        principals: &Principals,
        holder: &str,
        attached: &BTreeSet<String>,
        inline: &BTreeMap<String, String>,
        group: Option<&String>,
    ) -> Vec<(Id, Option<String>)> {
        let mut ids: Vec<Id> = vec![];
        for arn in attached {
            ids.push(self.library.managed(arn, principals.policies.get(arn).map(String::as_str)));
        }
        for (name, text) in inline {
            ids.push(self.library.add(format!("inline policy {name} of {holder}"), text));
        }
        ids.into_iter().map(|id| (id, group.cloned())).collect()
    }

    fn boundary(&mut self, principals: &Principals, arn: Option<&str>) -> Option<Id> {
        arn.map(|arn| self.library.managed(arn, principals.policies.get(arn).map(String::as_str)))
    }

    /// The policies of each level. What was not read binds nobody here: the report says that it was not read.
    fn levels(&mut self, levels: &Seen<Vec<Level>>) -> Vec<Vec<Id>> {
        let mut all = vec![];
        for level in levels.read().into_iter().flatten() {
            let mut ids = vec![];
            for (name, text) in &level.policies {
                ids.push(self.library.add_seen(format!("{name} on {}", level.target), text));
            }
            all.push(ids);
        }
        all
    }

    /// Adds whom trust policies and resource policies name and who is no user or role of the account.
    fn add_strangers(&mut self) {
        let trusts = self.entries.iter().filter_map(|entry| entry.trust);
        let policies = trusts.chain(self.resources.policies());
        let mut found = BTreeSet::new();
        for policy in policies.filter_map(|id| self.library.get(id)?.policy()) {
            let named = policy.statements.iter().filter_map(|statement| statement.principals.as_ref());
            for principals in named {
                if principals.not {
                    found.insert(Principal::Outsider(ANY_ACCOUNT.into()));
                }
                found.extend(principals.list.iter().filter_map(|named| self.stranger(named)));
            }
        }
        for principal in found {
            let name = match &principal {
                Principal::Outsider(account) if account == ANY_ACCOUNT => "any other account".to_owned(),
                Principal::Outsider(account) => format!("account {account}"),
                Principal::Service(name) | Principal::Federated(name) => name.clone(),
                _ => continue,
            };
            self.add_entry(principal, name);
        }
    }

    fn stranger(&self, named: &Named) -> Option<Principal> {
        match named {
            Named::Everybody => Some(Principal::Outsider(ANY_ACCOUNT.into())),
            Named::Account(id) => (*id != self.account).then(|| Principal::Outsider(id.clone())),
            Named::Arn(arn) => {
                let account = arn::account(arn).filter(|id| *id != self.account)?;
                Some(Principal::Outsider(account.to_owned()))
            }
            Named::Service(name) => Some(Principal::Service(name.clone())),
            Named::Federated(name) => Some(Principal::Federated(name.clone())),
            Named::CanonicalUser(_) | Named::Deleted(_) | Named::Unclear(_) => None,
        }
    }

    /// The policies that apply to a principal of this account, without those of a resource.
    pub fn layers(&self, entry: &Entry) -> Layers<'_> {
        let one = |id: &Id| self.library.get(*id);
        let level = |ids: &Vec<Id>| -> Vec<&Source> { ids.iter().filter_map(one).collect() };
        let own = entry.principal.account() == Some(&self.account);
        let spared = matches!(&entry.principal, Principal::Session { role, .. } if is_service_linked(role));
        let scp = if own && !spared { &self.service_control[..] } else { &[] };
        let rcp = if spared { &[] } else { &self.resource_control[..] };
        Layers {
            identity: entry.identity.iter().filter_map(|(id, _)| self.library.get(*id)).collect(),
            boundary: entry.boundary.as_ref().and_then(one),
            session: None,
            service_control: scp.iter().map(level).collect(),
            resource_control: rcp.iter().map(level).collect(),
            resource: ResourceSide { policy: None, account: Some(&self.account), must_allow: false },
        }
    }

    /// The role of this name.
    pub(super) fn role(&self, name: &str) -> Option<&Entry> {
        self.roles.values().filter_map(|number| self.entries.get(*number)).find(|entry| entry.name == name)
    }

    /// The principal of this ARN (of a role: the role's), or of this name.
    pub fn find(&self, who: &str) -> Option<&Entry> {
        let by_arn = |entry: &&Entry| match &entry.principal {
            Principal::User(arn) | Principal::Session { role: arn, .. } => arn == who,
            Principal::Root(_) => who.ends_with(":root") && arn::account(who) == Some(&self.account),
            _ => false,
        };
        let by_name = |entry: &&Entry| entry.name == who;
        self.entries.iter().find(by_arn).or_else(|| self.entries.iter().find(by_name))
    }
}
