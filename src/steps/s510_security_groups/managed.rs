//! What a service manages, as a target of its own: its groups are changed by the service's own call,
//! and its interfaces follow.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum as Enforced;
use serde::{Deserialize, Serialize};

use super::interfaces::{ids, is_isolated, named, of_other_run};
use super::{GroupRef, State, owners};
use crate::account::{
    Account, ConnectEndpoint, Database, Endpoint, Interface, LoadBalancer, Region, Seen, Tags,
};
use crate::aws::{Aws, AwsError, unless_gone};
use crate::step::{Case, Item, Now, Scope, StepError, Target, Verdict};

pub(super) const LOAD_BALANCER: &str = "load-balancer";
pub(super) const DATABASE: &str = "database";
pub(super) const ENDPOINT: &str = "endpoint";
pub(super) const CONNECT_ENDPOINT: &str = "connect-endpoint";

/// The groups of something that a service manages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Groups {
    pub(super) groups: BTreeSet<GroupRef>,
    /// Of a Network Load Balancer: its groups do not apply to what comes in by `PrivateLink`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) private_link_unfiltered: bool,
}

/// A load balancer, a database or an endpoint.
pub(super) struct Resource<'a> {
    pub kind: &'static str,
    pub id: &'a str,
    pub vpc: &'a str,
    owner: Option<&'a str>,
    label: Option<&'a str>,
    subnets: Vec<&'a str>,
    groups: &'a BTreeSet<String>,
    private_link_unfiltered: bool,
    settling: bool,
    tags: &'a Tags,
    refusal: Option<String>,
}

/// Everything in a Region that a service manages and this step can change or must speak of.
pub(super) fn all(here: &Region) -> Vec<Resource<'_>> {
    let balancers = here.load_balancers.items().map(|(arn, lb)| load_balancer(arn, lb));
    let databases = here.databases.items().filter_map(|(arn, known)| database(arn, known));
    let endpoints = here.endpoints.items().filter_map(|(id, known)| endpoint(id, known));
    let connect = here.connect_endpoints.items().map(|(id, known)| connect_endpoint(id, known));
    balancers.chain(databases).chain(endpoints).chain(connect).filter(|known| !known.vpc.is_empty()).collect()
}

fn one<'a>(here: &'a Region, at: &'a Target) -> Option<Resource<'a>> {
    match at.kind.as_str() {
        LOAD_BALANCER => here.load_balancers.item(&at.id).map(|lb| load_balancer(&at.id, lb)),
        DATABASE => here.databases.item(&at.id).and_then(|known| database(&at.id, known)),
        ENDPOINT => here.endpoints.item(&at.id).and_then(|known| endpoint(&at.id, known)),
        CONNECT_ENDPOINT => here.connect_endpoints.item(&at.id).map(|known| connect_endpoint(&at.id, known)),
        _ => None,
    }
}

fn load_balancer<'a>(arn: &'a str, lb: &'a LoadBalancer) -> Resource<'a> {
    Resource {
        kind: LOAD_BALANCER,
        id: arn,
        vpc: &lb.vpc,
        owner: None,
        label: Some(&lb.name),
        subnets: lb.subnets.iter().map(String::as_str).collect(),
        groups: &lb.groups,
        private_link_unfiltered: lb.private_link_unfiltered,
        settling: false,
        tags: &lb.tags,
        refusal: lb
            .groups
            .is_empty()
            .then(|| "has no security group, and AWS lets none be added: 520 and 530 cut it".into()),
    }
}

/// None for a member of a cluster: its groups are the cluster's.
fn database<'a>(arn: &'a str, database: &'a Database) -> Option<Resource<'a>> {
    let refusal = if database.engine.starts_with("custom-") {
        Some("RDS Custom: its groups are those of its host's interface, which its automation keeps".into())
    } else {
        (database.status == "stopped").then(|| "is stopped: AWS changes no groups until it is started".into())
    };
    database.cluster.is_none().then(|| Resource {
        kind: DATABASE,
        id: arn,
        vpc: &database.vpc,
        owner: None,
        label: Some(&database.name),
        subnets: database.subnets.iter().map(String::as_str).collect(),
        groups: &database.groups,
        private_link_unfiltered: false,
        settling: database.groups_changing,
        tags: &database.tags,
        refusal,
    })
}

/// None where it has no groups, as a gateway endpoint.
fn endpoint<'a>(id: &'a str, endpoint: &'a Endpoint) -> Option<Resource<'a>> {
    let name = endpoint.tags.get("Name").unwrap_or(&endpoint.service);
    (!endpoint.groups.is_empty()).then(|| Resource {
        kind: ENDPOINT,
        id,
        vpc: &endpoint.vpc,
        owner: Some(&endpoint.owner),
        label: Some(name),
        subnets: endpoint.subnets.iter().map(String::as_str).collect(),
        groups: &endpoint.groups,
        private_link_unfiltered: false,
        settling: endpoint.state == "pending",
        tags: &endpoint.tags,
        refusal: endpoint
            .requester_managed
            .then(|| "made by a service of AWS for itself: only that service changes it".into()),
    })
}

fn connect_endpoint<'a>(id: &'a str, endpoint: &'a ConnectEndpoint) -> Resource<'a> {
    Resource {
        kind: CONNECT_ENDPOINT,
        id,
        vpc: &endpoint.vpc,
        owner: Some(&endpoint.owner),
        label: endpoint.tags.get("Name").map(String::as_str),
        subnets: vec![&endpoint.subnet],
        groups: &endpoint.groups,
        private_link_unfiltered: false,
        settling: endpoint.state.ends_with("-in-progress"),
        tags: &endpoint.tags,
        refusal: None,
    }
}

impl Resource<'_> {
    pub fn target(&self, region: &str) -> Target {
        Target::new(self.kind, self.id).region(region).vpc(self.vpc).label(self.label)
    }

    pub fn item(&self, region: &str, here: &Region, interfaces: &[(&String, &Interface)]) -> Item {
        let item = Item::new(self.target(region)).tags(self.tags);
        let item = interfaces.iter().fold(item, |item, (_, interface)| item.tags(&interface.tags));
        match here.vpcs.item(self.vpc) {
            Some(vpc) => item.tags(&vpc.tags),
            None => item,
        }
    }

    /// How many of its parts are in scope, and how many it has: a change of its groups is one of
    /// all of them.
    pub fn within(
        &self,
        scope: &Scope,
        here: &Region,
        interfaces: &[(&String, &Interface)],
    ) -> (usize, usize) {
        let whole = usize::from(scope.has_vpc(here, self.vpc));
        match (interfaces.len(), self.subnets.len()) {
            (0, 0) => (whole, 1),
            (0, all) => (self.subnets.iter().filter(|subnet| scope.has_subnet(here, subnet)).count(), all),
            (all, _) => (interfaces.iter().filter(|(_, i)| scope.has_interface(here, i)).count(), all),
        }
    }

    fn state(&self, case: &Case) -> Groups {
        Groups {
            groups: named(self.groups, self.vpc, case),
            private_link_unfiltered: self.private_link_unfiltered,
        }
    }

    pub fn name(&self) -> &str {
        self.label.unwrap_or(self.id)
    }

    /// Where it can be reached with `front = "keep"`: a load balancer's listeners.
    pub fn front(&self, here: &Region) -> Option<String> {
        let lb = here.load_balancers.item(self.id).filter(|_| self.kind == LOAD_BALANCER)?;
        let ports: Vec<String> = lb.listeners.iter().map(|l| format!("{} {}", l.protocol, l.port)).collect();
        Some(format!(
            "{} ({})",
            lb.name,
            if ports.is_empty() { "no listener".into() } else { ports.join(", ") }
        ))
    }
}

pub(super) fn is_managed(kind: &str) -> bool {
    matches!(kind, LOAD_BALANCER | DATABASE | ENDPOINT | CONNECT_ENDPOINT)
}

pub(super) fn state(at: &Target, here: &Region, case: &Case) -> Now<State> {
    let gap = match at.kind.as_str() {
        LOAD_BALANCER => here.load_balancers.gap(),
        DATABASE => here.databases.gap(),
        ENDPOINT => here.endpoints.gap(),
        _ => here.connect_endpoints.gap(),
    };
    match (gap, one(here, at)) {
        (Some(gap), _) => Now::Unknown(gap.clone()),
        (None, None) => Now::Vanished,
        (None, Some(known)) if known.settling => Now::Settling(State::Managed(known.state(case))),
        (None, Some(known)) => Now::Is(State::Managed(known.state(case))),
    }
}

pub(super) fn contain(
    now: &Groups,
    at: &Target,
    account: &Account,
    here: &Region,
    case: &Case,
) -> Verdict<State> {
    let Some(known) = one(here, at) else { return Verdict::Refuse("it was not read".into()) };
    if let Some(owner) = known.owner.filter(|owner| *owner != account.id) {
        return Verdict::Refuse(format!("belongs to {owner}"));
    }
    if let Some(why) = known.refusal {
        return Verdict::Refuse(why);
    }
    if now.groups.is_empty() {
        return Verdict::Refuse("has no security group to replace".into());
    }
    let interfaces = owners::interfaces(&known, here);
    let protected = |(id, interface): &(&String, &Interface)| {
        let why = case.config.protects(id, std::slice::from_ref(&interface.tags))?;
        Some(format!("its interface {id} is protected: {why}"))
    };
    if let Some(why) = interfaces.iter().find_map(protected) {
        return Verdict::Refuse(why);
    }
    let (within, all) = known.within(&case.scope, here, &interfaces);
    if within < all {
        let parts = if interfaces.is_empty() { "subnets" } else { "interfaces" };
        return Verdict::Refuse(format!(
            "only {within} of its {all} {parts} are in scope, and its groups are those of all"
        ));
    }
    let Seen::Read(groups) = &here.groups else {
        return Verdict::Refuse("the security groups could not be read".into());
    };
    if !now.private_link_unfiltered && is_isolated(&now.groups, groups, case) {
        return Verdict::Already;
    }
    let isolated = Groups { groups: [GroupRef::Isolation].into(), private_link_unfiltered: false };
    match of_other_run(&now.groups, groups, case) {
        Some(why) => Verdict::Lasting(State::Managed(isolated), why),
        None => Verdict::Change(State::Managed(isolated)),
    }
}

/// How long a resource may be busy with an earlier change before AWS is asked all the same.
const BUSY: Duration = Duration::from_secs(300);

pub(super) async fn write(aws: &Aws, at: &Target, from: &Groups, to: &Groups) -> Result<(), StepError> {
    let groups = ids(aws, at, &to.groups)?;
    match at.kind.as_str() {
        LOAD_BALANCER => {
            let set = aws.elbv2(at.region_name()).set_security_groups().load_balancer_arn(&at.id);
            let enforced = if to.private_link_unfiltered { Enforced::Off } else { Enforced::On };
            // Left out where nothing is to change: other load balancers refuse it.
            let said = from.private_link_unfiltered || to.private_link_unfiltered;
            set.set_security_groups(Some(groups))
                .set_enforce_security_group_inbound_rules_on_private_link_traffic(said.then_some(enforced))
                .send()
                .await?;
            Ok(())
        }
        DATABASE => database_groups(aws, at, groups).await,
        ENDPOINT => endpoint_groups(aws, at, groups).await,
        _ => connect_endpoint_groups(aws, at, groups).await,
    }
}

/// Asks until the answer is that it is ready, or for as long as a change may take.
async fn until_ready<T, F>(aws: &Aws, look: impl Fn() -> F) -> Result<T, AwsError>
where
    F: Future<Output = Result<(bool, T), AwsError>>,
{
    let began = aws.clock().now_ms();
    let mut pause = Duration::from_secs(2);
    loop {
        let (ready, seen) = look().await?;
        if ready || u128::from(aws.clock().now_ms().saturating_sub(began)) >= BUSY.as_millis() {
            return Ok(seen);
        }
        aws.clock().wait(pause).await;
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}

/// `ApplyImmediately` is never sent: groups change at once without it, and with it AWS would also
/// carry out every other change that waits for the maintenance window.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>
async fn database_groups(aws: &Aws, at: &Target, groups: Vec<String>) -> Result<(), StepError> {
    let rds = aws.rds(at.region_name());
    let mut parts = at.id.rsplitn(3, ':');
    let (name, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let wanted: BTreeSet<&str> = groups.iter().map(String::as_str).collect();
    let cluster = kind == "cluster";
    let has = until_ready(aws, || async {
        let (status, members) = if cluster {
            let answer = rds.describe_db_clusters().db_cluster_identifier(name).send().await?;
            let found = answer.db_clusters.unwrap_or_default().into_iter().next();
            found.map(|found| (found.status, found.vpc_security_groups)).unwrap_or_default()
        } else {
            let answer = rds.describe_db_instances().db_instance_identifier(name).send().await?;
            let found = answer.db_instances.unwrap_or_default().into_iter().next();
            found.map(|found| (found.db_instance_status, found.vpc_security_groups)).unwrap_or_default()
        };
        Ok((status.as_deref().is_some_and(Database::takes_changes), members.unwrap_or_default()))
    })
    .await?;
    if has.iter().filter_map(|group| group.vpc_security_group_id()).collect::<BTreeSet<_>>() == wanted {
        return Ok(());
    }
    if cluster {
        let modify = rds.modify_db_cluster().db_cluster_identifier(name);
        modify.set_vpc_security_group_ids(Some(groups)).send().await?;
    } else {
        let modify = rds.modify_db_instance().db_instance_identifier(name);
        modify.set_vpc_security_group_ids(Some(groups)).send().await?;
    }
    Ok(())
}

/// What is missing is added and what is too much removed, in one call: at 0.3 calls a second.
async fn endpoint_groups(aws: &Aws, at: &Target, groups: Vec<String>) -> Result<(), StepError> {
    let ec2 = aws.ec2(at.region_name());
    let wanted: BTreeSet<String> = groups.into_iter().collect();
    let has: BTreeSet<String> = until_ready(aws, || async {
        let answer = unless_gone(ec2.describe_vpc_endpoints().vpc_endpoint_ids(&at.id).send().await)?;
        let mut endpoints = answer.and_then(|answer| answer.vpc_endpoints).unwrap_or_default().into_iter();
        let found = endpoints.find(|found| found.vpc_endpoint_id.as_ref() == Some(&at.id));
        let pending =
            found.as_ref().and_then(|found| found.state()).map(|state| state.as_str().to_lowercase());
        let groups = found.and_then(|found| found.groups).unwrap_or_default();
        let groups = groups.into_iter().filter_map(|group| group.group_id).collect();
        Ok((pending.as_deref() != Some("pending"), groups))
    })
    .await?;
    let list = |of: &BTreeSet<String>, less: &BTreeSet<String>| {
        let list: Vec<String> = of.difference(less).cloned().collect();
        (!list.is_empty()).then_some(list)
    };
    let (add, remove) = (list(&wanted, &has), list(&has, &wanted));
    if add.is_some() || remove.is_some() {
        let modify = ec2.modify_vpc_endpoint().vpc_endpoint_id(&at.id);
        modify.set_add_security_group_ids(add).set_remove_security_group_ids(remove).send().await?;
    }
    Ok(())
}

async fn connect_endpoint_groups(aws: &Aws, at: &Target, groups: Vec<String>) -> Result<(), StepError> {
    let ec2 = aws.ec2(at.region_name());
    let has: BTreeSet<String> = until_ready(aws, || async {
        let look = ec2.describe_instance_connect_endpoints().instance_connect_endpoint_ids(&at.id);
        let answer = unless_gone(look.send().await)?;
        let found = answer.and_then(|answer| answer.instance_connect_endpoints).unwrap_or_default();
        let mut found = found.into_iter();
        let found = found.find(|found| found.instance_connect_endpoint_id.as_ref() == Some(&at.id));
        let busy = found
            .as_ref()
            .and_then(|found| found.state())
            .is_some_and(|state| state.as_str().ends_with("-in-progress"));
        let groups = found.and_then(|found| found.security_group_ids).unwrap_or_default();
        Ok((!busy, groups.into_iter().collect()))
    })
    .await?;
    if has != groups.iter().cloned().collect() {
        let modify = ec2.modify_instance_connect_endpoint().instance_connect_endpoint_id(&at.id);
        modify.set_security_group_ids(Some(groups)).send().await?;
    }
    Ok(())
}
