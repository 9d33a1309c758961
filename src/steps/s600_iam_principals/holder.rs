//! Users and roles: each carries inline policies and a boundary of its own.

use std::collections::BTreeMap;

use super::spared;
use crate::account::{Principals, Tags, denial};
use crate::aws::Aws;
use crate::step::{Look, Reason, StepError};

/// A kind of principal, and the calls that change one.
pub(super) trait Holder: Sync + 'static {
    /// The kind of a target that gets the inline policy.
    const KIND: &'static str;
    /// The kind of a target that gets the boundary.
    const BOUNDARY_KIND: &'static str;
    /// The characters that IAM takes of all its inline policies.
    const ROOM: usize;

    fn find<'a>(&self, all: &'a Principals, name: &str) -> Option<Held<'a>>;

    /// Why this one is not cut.
    fn spared(&self, look: &Look<'_>) -> Option<Reason>;

    fn put_policy(
        &self,
        aws: &Aws,
        name: &str,
        text: &str,
    ) -> impl Future<Output = Result<(), StepError>> + Send;

    /// Sets the boundary, or takes it away.
    fn set_boundary(
        &self,
        aws: &Aws,
        name: &str,
        arn: Option<&str>,
    ) -> impl Future<Output = Result<(), StepError>> + Send;
}

/// What a principal carries.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    pub arn: &'a str,
    pub inline: &'a BTreeMap<String, String>,
    pub boundary: Option<&'a str>,
    pub tags: &'a Tags,
}

impl Held<'_> {
    /// Is there room for unplug's inline policy beside the others?
    pub fn has_room(&self, room: usize) -> bool {
        let others = self.inline.iter().filter(|(name, _)| *name != denial::NAME);
        others.map(|(_, text)| denial::size(text)).sum::<usize>() + denial::longest() <= room
    }
}

pub(super) struct OfUser;

impl Holder for OfUser {
    const KIND: &'static str = "user";
    const BOUNDARY_KIND: &'static str = "user-boundary";
    const ROOM: usize = denial::ROOM_OF_USER;

    fn find<'a>(&self, all: &'a Principals, name: &str) -> Option<Held<'a>> {
        let user = all.users.get(name)?;
        let boundary = user.boundary.as_deref();
        Some(Held { arn: &user.arn, inline: &user.inline, boundary, tags: &user.tags })
    }

    fn spared(&self, look: &Look<'_>) -> Option<Reason> {
        spared::user(look)
    }

    async fn put_policy(&self, aws: &Aws, name: &str, text: &str) -> Result<(), StepError> {
        let put = aws.iam().put_user_policy().user_name(name).policy_name(denial::NAME);
        put.policy_document(text).send().await?;
        Ok(())
    }

    async fn set_boundary(&self, aws: &Aws, name: &str, arn: Option<&str>) -> Result<(), StepError> {
        let iam = aws.iam();
        match arn {
            Some(arn) => {
                iam.put_user_permissions_boundary().user_name(name).permissions_boundary(arn).send().await?;
            }
            None => {
                iam.delete_user_permissions_boundary().user_name(name).send().await?;
            }
        }
        Ok(())
    }
}

pub(super) struct OfRole;

impl Holder for OfRole {
    const KIND: &'static str = "role";
    const BOUNDARY_KIND: &'static str = "role-boundary";
    const ROOM: usize = denial::ROOM_OF_ROLE;

    fn find<'a>(&self, all: &'a Principals, name: &str) -> Option<Held<'a>> {
        let role = all.roles.get(name)?;
        let boundary = role.boundary.as_deref();
        Some(Held { arn: &role.arn, inline: &role.inline, boundary, tags: &role.tags })
    }

    fn spared(&self, look: &Look<'_>) -> Option<Reason> {
        spared::role(look)
    }

    async fn put_policy(&self, aws: &Aws, name: &str, text: &str) -> Result<(), StepError> {
        let put = aws.iam().put_role_policy().role_name(name).policy_name(denial::NAME);
        put.policy_document(text).send().await?;
        Ok(())
    }

    async fn set_boundary(&self, aws: &Aws, name: &str, arn: Option<&str>) -> Result<(), StepError> {
        let iam = aws.iam();
        match arn {
            Some(arn) => {
                iam.put_role_permissions_boundary().role_name(name).permissions_boundary(arn).send().await?;
            }
            None => {
                iam.delete_role_permissions_boundary().role_name(name).send().await?;
            }
        }
        Ok(())
    }
}
