//! AWS → `Account`: every section that is asked for, all Regions and services at once, each list
//! once. A read that fails leaves a gap with its cause; the rest goes on.

mod access_logs;
mod access_points;
mod alerts;
pub(crate) mod apis;
mod autoscaling;
mod certificates;
mod cloud_control;
pub(crate) mod cloudfront;
mod cloudtrail;
mod containers;
pub(crate) mod database_snapshots;
pub(crate) mod databases;
mod deletion_calls;
mod destruction;
mod direct_connect;
pub(crate) mod ec2;
pub mod events;
mod functions;
mod hub;
mod iam;
mod identity;
pub(crate) mod identity_center;
mod late;
mod lifecycles;
pub(crate) mod load_balancers;
mod log_groups;
mod members;
mod notices;
mod organization;
mod owned;
mod page_bucket;
pub(crate) mod public_registry;
mod readers;
mod recovery_points;
mod replication;
pub(crate) mod resolver;
mod rights;
mod role_changes;
mod roles_anywhere;
pub(crate) mod route53;
mod s3;
mod ses;
mod shared_policies;
pub(crate) mod shares;
pub(crate) mod side_doors;
mod ssm;
mod synthetics;
mod vpc_functions;
mod watching;
pub(crate) mod web_acls;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use futures::StreamExt as _;
use futures::future::{Either, select};
use futures::stream::FuturesUnordered;

use crate::account::{Account, Region, Scope, Section, Seen};
use crate::aws::{Aws, AwsError, Kind};

#[cfg(test)]
mod tests;

use events::History;
use late::Late;
use members::{moment, text, texts};
use readers::{Patch, Work, in_region};

pub(crate) use iam::decoded;
pub use iam::named_keys;
pub use identity::{identify, identify_actor, in_organization};
pub use organization::OrganizationAsk;
pub use rights::rights;
pub use role_changes::RolesOf;

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub sections: BTreeSet<Section>,
    /// `None`: every enabled Region.
    pub regions: Option<BTreeSet<String>>,
    /// `None`: every VPC.
    pub vpcs: Option<BTreeSet<String>>,
    /// Read the keys of these users only; `None`: of the users that look compromised.
    pub users: Option<BTreeSet<String>>,
    /// Read the keys of every user.
    pub all_keys: bool,
    /// Read the keys of users that may send mail, and of those whose keys were last used for SES.
    pub mail_users: bool,
    /// Keys that the operator names: their users' keys are read.
    pub keys: BTreeSet<String>,
    /// Read whether each SES configuration set sends: AWS answers one a second.
    pub configuration_sets: bool,
    /// Read who else may send as each SES identity: AWS answers one a second.
    pub senders: bool,
    /// Read the policy of each bucket that a policy opens to everybody.
    pub bucket_policies: bool,
    /// Read the policy of every bucket, open or not: it may let another account in.
    pub every_bucket_policy: bool,
    /// Look at these buckets only, open or not; `None`: at all of them.
    pub only_buckets: Option<BTreeSet<String>>,
    /// Log buckets to read besides those of the trails.
    pub buckets: BTreeSet<String>,
    /// Read the attributes of these instances only; empty: of all that are in `scope`.
    pub instances: BTreeSet<String>,
    /// Read these keys and secrets only, by Region and id; `None`: all of them.
    pub only_keys_and_secrets: Option<BTreeSet<(String, String)>>,
    /// Read these lifecycles of buckets only, by Region and bucket; `None`: of all buckets.
    pub only_lifecycles: Option<BTreeSet<(String, String)>>,
    /// Read these log groups only, by Region and name; `None`: all of them.
    pub only_log_groups: Option<BTreeSet<(String, String)>>,
    /// Read these recovery points only, by Region and `VAULT/ARN`; `None`: those whose lifecycle was changed.
    pub only_recovery_points: Option<BTreeSet<(String, String)>>,
    /// How many days back to read the calls that set deletions going; `None`: 14.
    pub deletions_within_days: Option<u64>,
    /// Read these functions only, by Region and name; `None`: all of them.
    pub only_functions: Option<BTreeSet<(String, String)>>,
    /// Read these APIs of API Gateway only, by Region and id; `None`: all of them.
    pub only_apis: Option<BTreeSet<(String, String)>>,
    /// Compare what stages of HTTP APIs serve with what is drafted, also where `only_apis` narrows.
    pub drafts: bool,
    /// Read which resource policy each stage of a REST API serves.
    pub served_policies: bool,
    /// Read these permission sets only, by Region and `INSTANCE/SET`; `None`: all that are provisioned to the
    /// account.
    pub only_permission_sets: Option<BTreeSet<(String, String)>>,
    /// Read to which accounts each permission set is provisioned.
    pub permission_set_accounts: bool,
    /// Read who is assigned each permission set in this account, also of those that are not provisioned to it.
    pub assignments: bool,
    /// Read what each permission set is made of besides its inline policy.
    pub permission_set_parts: bool,
    /// The ids that permission sets have now which the run has made again, by the ids that they had.
    pub made_again: BTreeMap<String, String>,
    /// Read what is attached to these units of the Organization, besides the levels of this account.
    pub organization_units: BTreeSet<String>,
    /// Read this of the Organization only; `None`: all of it.
    pub only_organization: Option<OrganizationAsk>,
    /// Read these snapshots, images, resource shares and policies only, by Region and id (a queue by its URL, other
    /// things with a policy and shares by ARN); `None`: all that the account owns.
    pub only_copies: Option<BTreeSet<(String, String)>>,
    /// Read the records of these hosted zones only; `None`: of all. Every zone is listed.
    pub only_zones: Option<BTreeSet<String>>,
    /// Names whose records are wanted, as a person writes them. Zones that hold none of them are listed, and
    /// their records are not read, unless `every_zone` says so. With `only_zones` no other name is read.
    pub names: BTreeSet<String>,
    /// Read the records of every public zone, whatever names are wanted.
    pub every_zone: bool,
    /// Read the rules of these listeners only, by ARN; `None`: of all of them.
    pub only_listeners: Option<BTreeSet<String>>,
    /// Read the invalidations of these distributions.
    pub invalidations: BTreeSet<String>,
    /// Read the rules of these web ACLs only, by ARN, and those that unplug makes; `None`: all of them.
    pub only_web_acls: Option<BTreeSet<String>>,
    /// Read every web ACL, whatever `only_web_acls` says.
    pub every_web_acl: bool,
    /// Whose events to read from CloudTrail's history.
    pub history: History,
    /// Of which roles to read when they were changed last: two a second.
    pub changes_of: RolesOf,
    /// Instances outside are not asked for their attributes.
    pub scope: Option<Scope>,
    /// Leave out what costs a call for each item and is in no state: listeners, tags.
    pub states_only: bool,
}

impl Ask {
    /// All there is: what a snapshot records.
    pub fn everything() -> Ask {
        Ask {
            sections: Section::ALL.iter().copied().collect(),
            all_keys: true,
            configuration_sets: true,
            senders: true,
            bucket_policies: true,
            permission_set_accounts: true,
            permission_set_parts: true,
            every_zone: true,
            history: History { of_exposed: true, most_pages: Some(20), ..History::default() },
            ..Ask::default()
        }
    }

    /// The Regions to read, given those that are enabled.
    fn regions(&self, account: &Account, home: &str) -> BTreeSet<String> {
        match (&account.enabled_regions, &self.regions) {
            (Seen::Read(enabled), Some(wanted)) => enabled.intersection(wanted).cloned().collect(),
            (Seen::Read(enabled), None) => enabled.clone(),
            (Seen::Gap(_), Some(wanted)) => wanted.clone(),
            (Seen::Gap(_), None) => [home.to_owned()].into(),
        }
    }

    /// The VPCs to filter by: AWS takes at most 200 values, beyond that everything is read.
    fn vpc_filter(&self) -> Option<Vec<String>> {
        self.vpcs.as_ref().filter(|vpcs| vpcs.len() <= 200).map(|vpcs| vpcs.iter().cloned().collect())
    }
}

/// Says how far reading is: sections done, sections in all.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Send + Sync);

/// Is told of a Region each time that a section of it has been read.
pub type Told<'a> = &'a mut (dyn FnMut(&Account, &str) + Send);

/// Reads sections of an account whose identity is known.
pub async fn read(aws: &Aws, known: &Account, ask: &Ask, progress: Progress<'_>) -> Account {
    read_telling(aws, known, ask, progress, &mut |_, _| {}).await
}

/// The same, for whoever can begin while some of it is still being read.
pub async fn read_telling(
    aws: &Aws,
    known: &Account,
    ask: &Ask,
    progress: Progress<'_>,
    told: Told<'_>,
) -> Account {
    let mut account = known.identity();
    let mut work = readers::of_account(aws, known, ask);
    let regions: Vec<String> = ask.regions(known, &aws.home_region()).into_iter().collect();
    for region in &regions {
        account.regions.entry(region.clone()).or_default();
        work.extend(readers::of_region(aws, known, ask, region));
    }
    let mut all = work.len();
    progress(0, all);
    let mut running: FuturesUnordered<_> = work.into_iter().collect();
    let (mut done, mut open) =
        (0, if ask.sections.contains(&Section::InstanceAttributes) { regions } else { vec![] });
    // Whose events to read is known once the keys are.
    let mut late = Late::of(ask);
    let begun = late.ready((aws, known, ask), &account, running.is_empty());
    all += begun.len();
    running.extend(begun);
    while let Some((region, place)) = next(aws, &mut running, &|| progress(done, all)).await {
        place(&mut account);
        done += 1;
        if let Some(region) = region {
            told(&account, &region);
        }
        let begun = late.ready((aws, known, ask), &account, running.is_empty());
        all += begun.len();
        running.extend(begun);
        // Which instances to ask about is known once those of the Region are read.
        let ready = |name: &String| running.is_empty() || ready_for_instances(ask, &account.regions[name]);
        let (now, later) = open.into_iter().partition(ready);
        open = later;
        for name in now {
            running.push(of_instances(aws, ask, &name, &account));
            all += 1;
        }
        progress(done, all);
    }
    account
}

/// The next part that is read. Until then the progress is told every second: it names a call that AWS
/// does not answer.
async fn next(
    aws: &Aws,
    running: &mut FuturesUnordered<Work<'_>>,
    tell: &(dyn Fn() + Send + Sync),
) -> Option<Patch> {
    loop {
        match select(running.next(), pin!(aws.clock().tick())).await {
            Either::Left((part, _)) => return part,
            Either::Right(_) => tell(),
        }
    }
}

/// Is everything read that says which instances are in scope?
fn ready_for_instances(ask: &Ask, region: &Region) -> bool {
    let open = |section: Section| ask.sections.contains(&section) && section.unread_in(region);
    ![Section::Vpcs, Section::Subnets, Section::Instances, Section::Interfaces].into_iter().any(open)
}

/// What is read of each instance of a Region.
fn of_instances<'a>(aws: &'a Aws, ask: &Ask, name: &str, account: &Account) -> Work<'a> {
    let name = name.to_owned();
    let wanted = match account.regions.get(&name).map(|region| (region, &region.instances)) {
        Some((region, Seen::Read(_))) => Ok(ec2::evidence::wanted(ask, region)),
        Some((_, Seen::Gap(gap))) => Err(Seen::Gap(gap.clone())),
        None => Err(Seen::default()),
    };
    Box::pin(async move {
        let value = match wanted {
            Ok(wanted) => seen(ec2::evidence::attributes(aws, &name, wanted).await),
            Err(gap) => gap,
        };
        in_region(name, move |region| region.instance_attributes = value)
    })
}

/// A failed read is a gap.
fn seen<T>(result: Result<T, AwsError>) -> Seen<T> {
    match result {
        Ok(value) => Seen::Read(value),
        Err(error) => {
            tracing::info!(call = error.operation, code = error.code, "not read");
            Seen::Gap(error.gap())
        }
    }
}

/// What was read of each item, or its gap; what is gone is left out.
///
/// # Errors
/// The section is a gap, and not each item, where AWS takes the credentials no longer, and where no item
/// could be read: the first failure.
fn each_seen<T>(
    mut answers: Vec<(String, Result<Option<T>, AwsError>)>,
) -> Result<BTreeMap<String, Seen<T>>, AwsError> {
    // A session that expires on the way matters more than an item that is denied.
    let is_expired =
        |answer: &Result<_, AwsError>| answer.as_ref().is_err_and(|error| error.kind == Kind::Credentials);
    answers.sort_by_key(|(_, answer)| !is_expired(answer));
    let none_read = answers.iter().all(|(_, answer)| answer.is_err());
    let mut items = BTreeMap::new();
    for (id, answer) in answers {
        match answer {
            Err(error) if none_read || error.kind == Kind::Credentials => return Err(error),
            Ok(None) => {}
            Ok(Some(item)) => drop(items.insert(id, Seen::Read(item))),
            Err(error) => drop(items.insert(id, seen(Err(error)))),
        }
    }
    Ok(items)
}

/// The ids to read in a Region, where not all are wanted.
fn only_in<'a>(
    only: Option<&'a BTreeSet<(String, String)>>,
    region: &'a str,
) -> Option<impl Iterator<Item = &'a String>> {
    Some(only?.iter().filter(move |(of, _)| of == region).map(|(_, id)| id))
}

/// A Region without a service has no endpoint of it: the name does not resolve.
fn without_endpoint(mut error: AwsError) -> AwsError {
    if error.kind == Kind::NoAnswer && error.message.contains("dns error") {
        error.kind = Kind::NotSupported;
    }
    error
}
