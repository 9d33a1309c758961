//! The domain list that the run makes in a Region: it holds the name that stands for every name.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_route53resolver::types::FirewallDomainUpdateOperation;

use super::request::{self, request_id, tags, title};
use crate::account::{DnsDomainList, DnsRuleGroup, Gap, Section, Tags};
use crate::aws::{Aws, AwsError};
use crate::collect::resolver;
use crate::step::{Look, Names, Reason, StepError, Target, count};
use crate::steps::shared::made::Resource;

pub(super) struct List;

/// What stands for every name. AWS shows names with a dot at the end.
const EVERY_NAME: &str = "*.";

pub(super) fn every_name() -> BTreeSet<String> {
    [EVERY_NAME.to_owned()].into()
}

impl Resource for List {
    type Found = DnsDomainList;
    type Body = BTreeSet<String>;
    const KIND: &'static str = "dns-block-list";
    const ROLE: &'static str = Self::KIND;
    const NOUN: &'static str = "domain list";
    const NEEDS: &'static [Section] = &[Section::DnsFirewall];
    const SETTLES_WITHIN: Duration = request::SETTLES_WITHIN;

    fn all<'a>(&self, look: &Look<'a>) -> Option<Result<&'a BTreeMap<String, DnsDomainList>, &'a Gap>> {
        look.region().map(|here| here.dns_firewall.as_result().map(|firewall| &firewall.domain_lists))
    }

    fn tags<'a>(&self, found: &'a DnsDomainList) -> &'a Tags {
        &found.tags
    }

    fn is_at(&self, _: &DnsDomainList, _: &Target) -> bool {
        true
    }

    fn is_unused(&self, id: &str, _: &DnsDomainList, look: Option<&Look<'_>>) -> bool {
        look.is_none_or(|look| self.user(id, look).is_none())
    }

    fn body(&self, found: &DnsDomainList, _: &Target, _: &Names) -> BTreeSet<String> {
        found.domains.clone()
    }

    fn wanted(&self, _: &Look<'_>) -> BTreeSet<String> {
        every_name()
    }

    fn user(&self, id: &str, look: &Look<'_>) -> Option<Reason> {
        let here = look.region()?;
        let uses = |group: &DnsRuleGroup| group.rules.values().any(|rule| rule.domain_list == id);
        let (user, _) = here.dns_firewall.read()?.rule_groups.iter().find(|(_, group)| uses(group))?;
        Some(format!("{id} is still a list of {user}"))
    }

    /// It is made empty, and filled by another call.
    fn passes(
        &self,
        from: Option<&BTreeSet<String>>,
        to: Option<&BTreeSet<String>>,
    ) -> Vec<BTreeSet<String>> {
        if from.is_none() == to.is_none() { vec![] } else { vec![BTreeSet::new()] }
    }

    fn show(&self, domains: &BTreeSet<String>) -> String {
        if *domains == every_name() { "every name".into() } else { count(domains.len(), "name") }
    }

    async fn list(
        &self,
        aws: &Aws,
        at: &Target,
        _: Option<&str>,
    ) -> Result<Vec<(String, DnsDomainList)>, AwsError> {
        let lists = resolver::domain_lists(aws, at.region_name(), Some(&title(aws))).await?;
        Ok(lists.into_iter().collect())
    }

    async fn create(&self, aws: &Aws, at: &Target, _: &Self::Body) -> Result<Option<String>, StepError> {
        let create = aws.resolver(at.region_name()).create_firewall_domain_list().name(title(aws));
        let create = create.set_tags(Some(tags(aws, Self::ROLE)?));
        let made = create.creator_request_id(request_id(aws, Self::ROLE)).send().await?;
        Ok(made.firewall_domain_list.and_then(|list| list.id))
    }

    async fn correct(
        &self,
        aws: &Aws,
        at: &Target,
        (id, list): (&str, &DnsDomainList),
        to: &BTreeSet<String>,
    ) -> Result<(), StepError> {
        if list.domains == *to {
            return Ok(());
        }
        let update = aws
            .resolver(at.region_name())
            .update_firewall_domains()
            .firewall_domain_list_id(id)
            .operation(FirewallDomainUpdateOperation::Replace)
            .set_domains(Some(to.iter().cloned().collect()));
        request::until_free(aws, || update.clone().send()).await
    }

    async fn delete(&self, aws: &Aws, at: &Target, (id, _): (&str, &DnsDomainList)) -> Result<(), StepError> {
        let delete = aws.resolver(at.region_name()).delete_firewall_domain_list().firewall_domain_list_id(id);
        request::until_free(aws, || delete.clone().send()).await
    }
}
