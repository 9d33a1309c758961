//! The account: a plain, typed, serialisable picture of an AWS account, and nothing else.
//!
//! It holds what containment reads and writes. It holds nothing that AWS reassigns by itself
//! (association ids): a write reads those fresh. What moves by itself but helps a reader (last
//! use of a key, recent sends) is kept and left out of comparisons, see [`VOLATILE`].

mod access_points;
mod actors;
pub mod apis;
mod authority;
mod caller;
mod certificates;
mod cloudfront;
mod compute;
mod databases;
pub mod denial;
mod destruction;
pub mod dns;
mod events;
pub mod functions;
mod gaps;
pub mod hub;
mod identity;
pub mod identity_center;
mod listeners;
mod network;
pub mod organization;
pub mod other_doors;
mod page_bucket;
pub mod pipelines;
pub mod policy;
mod public_registry;
mod readiness;
pub mod resources;
mod rights;
mod role_changes;
mod routing;
mod scope;
mod sections;
mod seen;
mod services;
mod sharing;
pub mod watchers;
mod web_acls;

use std::collections::BTreeMap;

pub use access_points::{AccessPoint, MultiRegionAccessPoint};
pub use actors::Actor;
pub use apis::{ApiDomain, ApiStage, HttpApi, RestApi, RestStage, RouteSettings, Throttle};
pub use authority::{MadeSession, ResourcePolicy};
pub use caller::{Caller, Chain, Link};
pub use certificates::{Certificate, Validation};
pub use cloudfront::*;
pub use compute::*;
pub use databases::{Database, DatabaseProxy, DatabaseTraits};
pub use destruction::{
    BucketLifecycle, DeletionCall, DeletionCalls, KmsKey, LifecycleRule, LogGroup, RecoveryPoint, Secret,
};
pub use dns::{AliasTarget, Canary, CidrRouting, GeoLocation, GeoProximity, HealthCheck, Record, Zone, host};
pub use events::Events;
pub use functions::{AlertRule, EventSource, Function, FunctionNetwork, Provisioned, VpcFunction};
pub use hub::HubFindings;
pub use identity::*;
pub use identity_center::{
    Assignment, IdentityCenter, PermissionSet, PolicyReference, SetBoundary, SetParts, SignInInstance,
};
pub use listeners::{FixedResponse, ListenerRule, RuleAction, RuleCondition};
pub use network::*;
pub use organization::{
    Level, Organization, OrganizationAccount, OrganizationPolicy, OrganizationTree, Unit,
};
pub use page_bucket::{PageBucket, PageObject};
pub use public_registry::{CatalogData, PublicImage, PublicRepository};
pub use readiness::{Analyzer, FlowLog, HealthNotice, PasswordPolicy, Recorder, SecurityContact};
pub use resources::{OfType, Properties, Resources};
pub use rights::{Leave, Rights, WORTH};
pub use role_changes::{LastChange, RoleChange};
pub use scope::{Scope, Width};
pub use sections::{Account, Region, Section};
pub use seen::{Cause, Gap, Seen};
pub use services::*;
pub use sharing::{
    EVERYBODY, HeldPolicy, KeyGrant, Replication, ReplicationRule, ResourceShare, SharedCopy, Sharer,
    SharingBlock, SharingBlocks,
};
pub use web_acls::{IpSet, Matches, WebAcl, WebAcls, WebRule, waf_id, waf_name};

/// Tags of a resource, by key.
pub type Tags = BTreeMap<String, String>;

/// Fields that change without anybody cutting anything; a comparison of two accounts skips them.
pub const VOLATILE: &[&str] = &[
    "last_used",
    "credential_report",
    "recent_sends",
    "log_delivery_error",
    "tunnels",
    "client_connections",
    "sessions",
    "peers",
    "ends_at",
    "events",
    "deletion_calls",
    "role_changes",
    "unhealthy",
    "ends_soon",
    "deployed",
    "invalidations",
    "capacity",
    "restarts",
    "effective_policies",
    "backups",
    "health_notices",
    "hub_findings",
];

/// Version of the serialised form (snapshots, the `account.json` of a run, scenarios).
pub const FORMAT: u32 = 2;

impl Account {
    /// Whose account it is and which Regions are enabled; nothing of what was read besides.
    pub fn identity(&self) -> Account {
        let mut bare = Account::unread(&self.id, self.caller.clone());
        bare.format = self.format;
        bare.alias = self.alias.clone();
        bare.enabled_regions = self.enabled_regions.clone();
        bare.actors = self.actors.clone();
        bare
    }

    /// `alias (123456789012)`, or the id alone where there is no alias.
    pub fn title(&self) -> String {
        match self.alias.read() {
            Some(Some(alias)) => format!("{alias} ({})", self.id),
            _ => self.id.clone(),
        }
    }

    /// A VPC that two Regions show, and those. On AWS an id is of one Region.
    pub fn vpc_of_two_regions(&self) -> Option<(&str, &str, &str)> {
        let mut seen = BTreeMap::<&str, &str>::new();
        let all =
            self.regions.iter().flat_map(|(name, here)| here.vpcs.items().map(move |(id, _)| (id, name)));
        for (vpc, region) in all {
            if let Some(first) = seen.insert(vpc, region) {
                return Some((vpc, first, region));
            }
        }
        None
    }

    /// The AWS partition the caller's ARN names: `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        self.caller.arn.split(':').nth(1).filter(|p| !p.is_empty()).unwrap_or("aws")
    }
}
