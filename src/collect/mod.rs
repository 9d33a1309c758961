//! AWS → `Account`: every section that is asked for, all Regions and services at once, each list
//! once. A read that fails leaves a gap with its cause; the rest goes on.

mod autoscaling;
mod cloudtrail;
mod containers;
mod databases;
mod direct_connect;
pub(crate) mod ec2;
mod iam;
mod identity;
mod load_balancers;
mod owned;
pub(crate) mod resolver;
mod rights;
mod s3;
mod ses;
pub(crate) mod side_doors;
mod ssm;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::{Pin, pin};

use futures::StreamExt as _;
use futures::future::{Either, select};
use futures::stream::FuturesUnordered;

use crate::account::{Account, Region, Scope, Section, Seen};
use crate::aws::{Aws, AwsError};

#[cfg(test)]
mod tests;

pub use iam::named_keys;
pub use identity::identify;
pub use rights::rights;

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
    /// Keys that the operator names: their users' keys are read.
    pub keys: BTreeSet<String>,
    /// Read whether each SES configuration set sends: AWS answers one a second.
    pub configuration_sets: bool,
    /// Read who else may send as each SES identity: AWS answers one a second.
    pub senders: bool,
    /// Read the policy of each bucket that a policy opens to everybody.
    pub bucket_policies: bool,
    /// Look at these buckets only, open or not; `None`: at all of them.
    pub only_buckets: Option<BTreeSet<String>>,
    /// Log buckets to read besides those of the trails.
    pub buckets: BTreeSet<String>,
    /// Read the attributes of these instances only; empty: of all that are in `scope`.
    pub instances: BTreeSet<String>,
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

/// A value read, and where it goes: the Region, and the place in it.
type Patch = (Option<String>, Box<dyn FnOnce(&mut Account) + Send>);
type Work<'a> = Pin<Box<dyn Future<Output = Patch> + Send + 'a>>;

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
    let wants = |section: Section| ask.sections.contains(&section);
    let mut work: Vec<Work<'_>> = vec![];
    if iam::SECTIONS.iter().any(|s| wants(*s)) {
        work.push(place(iam::read(aws, known, ask), iam::Part::place));
    }
    if wants(Section::Trails) || wants(Section::LogBuckets) {
        work.push(place(cloudtrail::read(aws, known, ask), cloudtrail::Part::place));
    }
    if wants(Section::S3Block) {
        work.push(place(s3::account_block(aws, &known.id), |a, block| a.s3_block = block));
    }
    if wants(Section::PublicBuckets) {
        work.push(place(s3::public_buckets(aws, ask), |a, buckets| a.public_buckets = buckets));
    }
    let regions: Vec<String> = ask.regions(known, &aws.home_region()).into_iter().collect();
    for region in &regions {
        account.regions.entry(region.clone()).or_default();
        regional(aws, known, ask, region, &mut work);
    }
    let mut all = work.len();
    progress(0, all);
    let mut running: FuturesUnordered<_> = work.into_iter().collect();
    let (mut done, mut open) = (0, if wants(Section::InstanceAttributes) { regions } else { vec![] });
    while let Some((region, place)) = next(aws, &mut running, &|| progress(done, all)).await {
        place(&mut account);
        done += 1;
        if let Some(region) = region {
            told(&account, &region);
        }
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

/// Every regional section of one Region.
fn regional<'a>(aws: &'a Aws, known: &'a Account, ask: &'a Ask, region: &str, work: &mut Vec<Work<'a>>) {
    let wants = |section: Section| ask.sections.contains(&section);
    let name = region.to_owned();
    macro_rules! section {
        ($section:ident, $read:path, $field:ident) => {
            section!($section, $read, $field, |value| value);
        };
        (owned $section:ident, $read:path, $field:ident) => {
            section!($section, $read, $field, |value| owned::ours(value, &known.id));
        };
        ($section:ident, $read:path, $field:ident, |$value:ident| $finished:expr) => {
            if wants(Section::$section) {
                let name = name.clone();
                work.push(Box::pin(async move {
                    let $value = seen($read(aws, &name, ask).await);
                    let value = $finished;
                    in_region(name, move |region| region.$field = value)
                }));
            }
        };
    }
    section!(owned Vpcs, ec2::network::vpcs, vpcs);
    section!(owned Subnets, ec2::network::subnets, subnets);
    section!(Instances, ec2::network::instances, instances);
    section!(owned Interfaces, ec2::interfaces::interfaces, interfaces);
    section!(owned Groups, ec2::groups::groups, groups);
    section!(owned Acls, ec2::acls::acls, acls);
    section!(ScalingGroups, autoscaling::scaling_groups, scaling_groups);
    section!(Ses, ses::ses, ses);
    section!(owned RouteTables, ec2::routes::route_tables, route_tables);
    section!(PrefixLists, ec2::prefix_lists::prefix_lists, prefix_lists);
    section!(owned InternetGateways, ec2::gateways::internet_gateways, internet_gateways);
    section!(EgressGateways, ec2::gateways::egress_gateways, egress_gateways);
    section!(NatGateways, ec2::nat::nat_gateways, nat_gateways);
    section!(Addresses, ec2::addresses::addresses, addresses);
    section!(VpnGateways, ec2::links::vpn_gateways, vpn_gateways);
    section!(VpnConnections, ec2::links::vpn_connections, vpn_connections);
    section!(ClientVpns, ec2::client_vpn::client_vpns, client_vpns);
    section!(VirtualInterfaces, direct_connect::virtual_interfaces, virtual_interfaces);
    section!(TransitAttachments, ec2::links::transit_attachments, transit_attachments);
    section!(Peerings, ec2::links::peerings, peerings);
    section!(owned Endpoints, ec2::endpoints::endpoints, endpoints);
    section!(EndpointServices, ec2::endpoint_services::endpoint_services, endpoint_services);
    section!(owned ConnectEndpoints, ec2::connect_endpoints::connect_endpoints, connect_endpoints);
    section!(VpcBlock, ec2::vpc_block::vpc_block, vpc_block);
    section!(SerialConsole, ec2::endpoint_services::serial_console, serial_console);
    section!(Sessions, ssm::sessions, sessions);
    section!(DnsFirewall, resolver::dns_firewall, dns_firewall);
    section!(LoadBalancers, load_balancers::load_balancers, load_balancers);
    section!(TargetGroups, load_balancers::target_groups, target_groups);
    section!(Databases, databases::databases, databases);
    section!(Snapshots, ec2::evidence::snapshots, snapshots);
    section!(ContainerServices, containers::services, container_services);
    section!(Volumes, ec2::evidence::volumes, volumes);
    section!(SpotFleets, ec2::fleets::spot_fleets, spot_fleets);
    section!(SideDoors, side_doors::side_doors, side_doors);
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

fn in_region(name: String, place: impl FnOnce(&mut Region) + Send + 'static) -> Patch {
    let region = name.clone();
    (Some(region), Box::new(move |account| place(account.regions.entry(name).or_default())))
}

fn place<'a, T: Send + 'static>(
    read: impl Future<Output = T> + Send + 'a,
    place: fn(&mut Account, T),
) -> Work<'a> {
    Box::pin(async move {
        let value = read.await;
        (None, Box::new(move |account: &mut Account| place(account, value)) as Box<_>)
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
