//! A network ACL that the run makes in a VPC, at most one for each purpose. A new ACL holds no rules, and
//! an ACL without rules lets nothing through.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::ResourceType;

use super::body::AclBody;
use crate::account::{Acl, Gap, Region, Section, Tags};
use crate::aws::{Aws, AwsError};
use crate::collect::ec2::acls::acl as from_aws;
use crate::step::created::ec2_tags;
use crate::step::{Case, Look, Names, Reason, StepError, Target};
use crate::steps::shared::acl_entries::{self as entries, by_id, filter, list};
use crate::steps::shared::made::Resource;

/// What an ACL is made for.
pub(in crate::steps) trait Purpose: Sync + 'static {
    const KIND: &'static str;
    const ROLE: &'static str;
    /// Whether it is prepared, and serves whichever run made it.
    const PREPARED: bool = false;

    /// Pure: what it must say in a VPC.
    fn wished(&self, here: &Region, case: &Case, vpc: &str) -> AclBody;

    /// Pure: why AWS would not make it.
    fn obstacle(&self, _look: &Look<'_>) -> Option<Reason> {
        None
    }
}

pub(in crate::steps) struct Created<P>(pub(in crate::steps) P);

impl<P: Purpose> Resource for Created<P> {
    type Found = Acl;
    type Body = AclBody;
    const KIND: &'static str = P::KIND;
    const ROLE: &'static str = P::ROLE;
    const NOUN: &'static str = "ACL";
    const ANY_RUN: bool = P::PREPARED;
    const NEEDS: &'static [Section] = &[Section::Acls];

    fn all<'a>(&self, look: &Look<'a>) -> Option<Result<&'a BTreeMap<String, Acl>, &'a Gap>> {
        look.region().map(|here| here.acls.as_result())
    }

    fn tags<'a>(&self, found: &'a Acl) -> &'a Tags {
        &found.tags
    }

    fn is_at(&self, found: &Acl, at: &Target) -> bool {
        found.vpc == at.id && !found.is_default
    }

    fn is_unused(&self, _: &str, found: &Acl, look: Option<&Look<'_>>) -> bool {
        if P::PREPARED {
            look.is_none_or(|look| found.owner == look.account.id)
        } else {
            found.subnets.is_empty()
        }
    }

    fn body(&self, found: &Acl, _: &Target, _: &Names) -> AclBody {
        AclBody::of(found)
    }

    fn wanted(&self, look: &Look<'_>) -> AclBody {
        let wished = |here| self.0.wished(here, look.case, &look.at.id);
        look.region().map(wished).unwrap_or_default()
    }

    /// Without its last rules it would shut a kept CIDR out, so that more of these than AWS's default
    /// quota allows are refused, unless some ACL shows that the quota was raised.
    fn obstacle(&self, wanted: &AclBody, look: &Look<'_>) -> Option<Reason> {
        let mut acls = look.region()?.acls.items();
        let mut raised = || acls.any(|(_, acl)| AclBody::of(acl).above_default().is_some());
        let kept = || AclBody::isolation(&look.case.scope.keep_cidrs).above_default().filter(|_| !raised());
        wanted.too_long().or_else(kept).or_else(|| self.0.obstacle(look))
    }

    fn user(&self, id: &str, look: &Look<'_>) -> Option<Reason> {
        let here = look.region()?;
        let subnet = here.acls.item(id)?.subnets.first()?;
        Some(format!("{id} is still the ACL of {subnet}"))
    }

    /// Rules go and come one call at a time.
    fn passes(&self, from: Option<&AclBody>, to: Option<&AclBody>) -> Vec<AclBody> {
        let Some(to) = to else { return vec![] };
        let mut passes = if from.is_none() { vec![AclBody::default()] } else { vec![] };
        passes.extend(from.cloned().unwrap_or_default().path(to));
        passes
    }

    fn show(&self, body: &AclBody) -> String {
        body.words()
    }

    async fn list(&self, aws: &Aws, at: &Target, id: Option<&str>) -> Result<Vec<(String, Acl)>, AwsError> {
        if let Some(id) = id {
            return Ok(by_id(aws, at, id).await?.into_iter().collect());
        }
        let tag = if P::PREPARED {
            filter("tag:unplug:role", P::ROLE)
        } else {
            filter("tag:unplug:run", aws.run())
        };
        let filters = vec![tag, filter("vpc-id", &at.id)];
        Ok(list(aws, at, filters).await?.into_iter().filter_map(from_aws).collect())
    }

    async fn create(&self, aws: &Aws, at: &Target, _: &Self::Body) -> Result<Option<String>, StepError> {
        let name = if P::PREPARED {
            format!("unplug-{}", P::ROLE)
        } else {
            format!("unplug-{}-{}", P::ROLE, aws.run())
        };
        let tags = ec2_tags(aws, ResourceType::NetworkAcl, P::ROLE, &name);
        let create = aws.ec2(at.region_name()).create_network_acl().vpc_id(&at.id).tag_specifications(tags);
        Ok(create.send().await?.network_acl.and_then(|acl| acl.network_acl_id))
    }

    async fn correct(
        &self,
        aws: &Aws,
        at: &Target,
        (id, acl): (&str, &Acl),
        to: &AclBody,
    ) -> Result<(), StepError> {
        for call in AclBody::of(acl).calls(to) {
            entries::send(aws, at, id, call).await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, at: &Target, (id, _): (&str, &Acl)) -> Result<(), StepError> {
        aws.ec2(at.region_name()).delete_network_acl().network_acl_id(id).send().await?;
        Ok(())
    }
}
