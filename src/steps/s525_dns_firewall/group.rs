//! The rule group that the run makes in a Region: one rule, which blocks every name.

use std::collections::BTreeMap;
use std::time::Duration;

use super::request::{self, request_id, tags, title};
use super::rules::{self, Rules, block_all, on_the_way};
use crate::account::{DnsRuleGroup, Gap, Section, Tags};
use crate::aws::{Aws, AwsError};
use crate::collect::resolver;
use crate::step::{Look, Names, Reason, StepError, Target, count};
use crate::steps::shared::made::Resource;

pub(super) struct Group;

impl Resource for Group {
    type Found = DnsRuleGroup;
    type Body = Rules;
    const KIND: &'static str = "dns-block-group";
    const ROLE: &'static str = Self::KIND;
    const NOUN: &'static str = "rule group";
    const NEEDS: &'static [Section] = &[Section::DnsFirewall];
    const SETTLES_WITHIN: Duration = request::SETTLES_WITHIN;

    fn all<'a>(&self, look: &Look<'a>) -> Option<Result<&'a BTreeMap<String, DnsRuleGroup>, &'a Gap>> {
        look.region().map(|here| here.dns_firewall.as_result().map(|firewall| &firewall.rule_groups))
    }

    fn tags<'a>(&self, found: &'a DnsRuleGroup) -> &'a Tags {
        &found.tags
    }

    fn is_at(&self, _: &DnsRuleGroup, _: &Target) -> bool {
        true
    }

    fn is_unused(&self, id: &str, _: &DnsRuleGroup, look: Option<&Look<'_>>) -> bool {
        let firewall = look.and_then(Look::region).and_then(|here| here.dns_firewall.read());
        firewall.is_none_or(|firewall| firewall.associations.iter().all(|on| on.rule_group != id))
    }

    /// Its rules, the list by name where it is the run's own.
    fn body(&self, found: &DnsRuleGroup, at: &Target, names: &Names) -> Rules {
        rules::of(found, at.region_name(), names)
    }

    fn wanted(&self, _: &Look<'_>) -> Rules {
        block_all()
    }

    fn user(&self, id: &str, look: &Look<'_>) -> Option<Reason> {
        let here = look.region()?;
        let mut all = here.dns_firewall.read()?.associations.iter();
        let user = all.find(|on| on.rule_group == id && on.status != "DELETING")?;
        Some(format!("{id} still filters the DNS of {}", user.vpc))
    }

    /// It is made without rules; rules go and come one call at a time, what is not wanted first.
    fn passes(&self, from: Option<&Rules>, to: Option<&Rules>) -> Vec<Rules> {
        on_the_way(from, to)
    }

    fn show(&self, rules: &Rules) -> String {
        if *rules == block_all() { "blocks every name".into() } else { count(rules.len(), "rule") }
    }

    async fn list(
        &self,
        aws: &Aws,
        at: &Target,
        _: Option<&str>,
    ) -> Result<Vec<(String, DnsRuleGroup)>, AwsError> {
        let groups = resolver::rule_groups(aws, at.region_name(), Some(&title(aws))).await?;
        Ok(groups.into_iter().collect())
    }

    async fn create(&self, aws: &Aws, at: &Target, _: &Self::Body) -> Result<Option<String>, StepError> {
        let create = aws.resolver(at.region_name()).create_firewall_rule_group().name(title(aws));
        let create = create.set_tags(Some(tags(aws, Self::ROLE)?));
        let made = create.creator_request_id(request_id(aws, Self::ROLE)).send().await?;
        Ok(made.firewall_rule_group.and_then(|group| group.id))
    }

    async fn correct(
        &self,
        aws: &Aws,
        at: &Target,
        (id, group): (&str, &DnsRuleGroup),
        to: &Rules,
    ) -> Result<(), StepError> {
        let have = self.body(group, at, aws.names());
        for (priority, rule) in &group.rules {
            if have.get(priority) != to.get(priority) {
                rules::delete(aws, at, id, rule).await?;
            }
        }
        for (priority, rule) in to.iter().filter(|(priority, rule)| have.get(*priority) != Some(*rule)) {
            rules::create(aws, at, id, *priority, rule).await?;
        }
        Ok(())
    }

    /// The rules first: AWS keeps a list that a rule uses.
    async fn delete(
        &self,
        aws: &Aws,
        at: &Target,
        (id, group): (&str, &DnsRuleGroup),
    ) -> Result<(), StepError> {
        for rule in group.rules.values() {
            rules::delete(aws, at, id, rule).await?;
        }
        let delete = aws.resolver(at.region_name()).delete_firewall_rule_group();
        delete.firewall_rule_group_id(id).send().await?;
        Ok(())
    }
}
