//! Who reads a section. A section without a row here does not compile.

use std::future::Future;
use std::pin::Pin;

use super::{
    Ask, access_logs, access_points, alerts, apis, autoscaling, certificates, cloud_control, cloudfront,
    cloudtrail, containers, database_snapshots, databases, deletion_calls, destruction, direct_connect, ec2,
    functions, hub, iam, identity_center, lifecycles, load_balancers, log_groups, notices, organization,
    owned, page_bucket, public_registry, recovery_points, replication, resolver, roles_anywhere, route53, s3,
    seen, ses, shared_policies, shares, side_doors, ssm, synthetics, vpc_functions, watching, web_acls,
};
use crate::account::{Account, Region, Section};
use crate::aws::Aws;

/// Puts what was read in its place. Names the Region that it is of.
pub(super) type Patch = (Option<String>, Box<dyn FnOnce(&mut Account) + Send>);
pub(super) type Work<'a> = Pin<Box<dyn Future<Output = Patch> + Send + 'a>>;

/// Makes a reader's future in a stack frame of its own. A debug build gives each of them a place in the
/// frame of the function that makes it: all in one frame would be more than half a megabyte.
fn apart<T>(make: impl FnOnce() -> T) -> T {
    make()
}

/// A row is a section, its field and its reader:
///
/// - `together`: sections with one reader, which returns an account with those that were asked for.
/// - `account`: a section of the account. Its reader returns a `Seen`.
/// - `region`: a section of a Region. Its reader returns a `Result`; `ours` fills in the account as the
///   owner of what names none.
/// - `named`: a section of a Region whose calls name the account.
/// - `later`: read by name elsewhere, because it needs other sections of the Region.
macro_rules! readers {
    (
        together { $($together:path: $($part:ident)|+;)* }
        account { $($global:ident $global_field:ident: $read_global:path;)* }
        region { $($section:ident $field:ident: $read:path $(, $ours:ident)?;)* }
        named { $($named:ident $named_field:ident: $read_named:path;)* }
        later { $($later:ident;)* }
    ) => {
        /// Reads the sections of the account that are asked for.
        pub(super) fn of_account<'a>(aws: &'a Aws, known: &'a Account, ask: &'a Ask) -> Vec<Work<'a>> {
            let wants = |section: Section| ask.sections.contains(&section);
            let mut work: Vec<Work<'a>> = vec![];
            $(if [$(Section::$part),+].into_iter().any(wants) {
                work.push(apart(|| -> Work<'a> {
                    let read = $together(aws, known, ask);
                    Box::pin(async move {
                        let part = read.await;
                        (None, Box::new(move |account: &mut Account| account.fill_from(part)) as Box<_>)
                    })
                }));
            })*
            $(if wants(Section::$global) {
                work.push(apart(|| -> Work<'a> {
                    let read = $read_global(aws, known, ask);
                    Box::pin(async move {
                        let value = read.await;
                        (None, Box::new(move |account: &mut Account| account.$global_field = value) as Box<_>)
                    })
                }));
            })*
            work
        }

        /// Reads the sections of a Region that are asked for, but for those that are read later.
        pub(super) fn of_region<'a>(
            aws: &'a Aws,
            known: &'a Account,
            ask: &'a Ask,
            region: &str,
        ) -> Vec<Work<'a>> {
            let mut work: Vec<Work<'a>> = vec![];
            $(if ask.sections.contains(&Section::$section) {
                let name = region.to_owned();
                work.push(apart(|| -> Work<'a> {
                    Box::pin(async move {
                        let value = seen($read(aws, &name, ask).await);
                        $(let value = owned::$ours(value, &known.id);)?
                        in_region(name, move |region| region.$field = value)
                    })
                }));
            })*
            $(if ask.sections.contains(&Section::$named) {
                let name = region.to_owned();
                work.push(apart(|| -> Work<'a> {
                    Box::pin(async move {
                        let value = seen($read_named(aws, &known.id, &name, ask).await);
                        in_region(name, move |region| region.$named_field = value)
                    })
                }));
            })*
            work
        }

        // Does not compile where a section is in no row.
        const _: fn(Section) = |section| match section {
            $($(Section::$part)|+ => (),)*
            $(Section::$global => (),)*
            $(Section::$section => (),)*
            $(Section::$named => (),)*
            $(Section::$later => (),)*
        };
    };
}

readers! {
    together {
        iam::read: Principals | AccessKeys | CredentialReport | AccountSummary | PasswordPolicy | ExposedKeys
            | ServiceCredentials | SshKeys;
        cloudtrail::read: Trails | LogBuckets;
    }
    account {
        IdentityCenter identity_center: identity_center::identity_center;
        Organization organization: organization::organization;
        S3Block s3_block: s3::account_block;
        PublicBuckets public_buckets: s3::public_buckets;
        BucketLifecycles bucket_lifecycles: lifecycles::bucket_lifecycles;
        BucketReplications bucket_replications: replication::bucket_replications;
        MultiRegionAccessPoints multi_region_access_points: access_points::multi_region_access_points;
        PublicRepositories public_repositories: public_registry::public_repositories;
        Distributions distributions: cloudfront::distributions;
        EdgeFunctions edge_functions: cloudfront::edge_functions;
        AccessControls access_controls: cloudfront::access_controls;
        OriginAccessIdentities origin_access_identities: cloudfront::origin_access_identities;
        Invalidations invalidations: cloudfront::invalidations;
        PageBucket page_bucket: page_bucket::page_bucket;
        EdgeWebAcls edge_web_acls: web_acls::edge_web_acls;
        Zones zones: route53::zones;
        HealthChecks health_checks: route53::health_checks;
        SecurityContact security_contact: notices::security_contact;
        HealthNotices health_notices: notices::health_notices;
        EdgeLogs edge_logs: access_logs::edge_logs;
    }
    region {
        Vpcs vpcs: ec2::network::vpcs, ours;
        Subnets subnets: ec2::network::subnets, ours;
        Instances instances: ec2::network::instances;
        Interfaces interfaces: ec2::interfaces::interfaces, ours;
        Groups groups: ec2::groups::groups, ours;
        Acls acls: ec2::acls::acls, ours;
        ScalingGroups scaling_groups: autoscaling::scaling_groups;
        Ses ses: ses::ses;
        RouteTables route_tables: ec2::routes::route_tables, ours;
        PrefixLists prefix_lists: ec2::prefix_lists::prefix_lists;
        InternetGateways internet_gateways: ec2::gateways::internet_gateways, ours;
        EgressGateways egress_gateways: ec2::gateways::egress_gateways;
        NatGateways nat_gateways: ec2::nat::nat_gateways;
        Addresses addresses: ec2::addresses::addresses;
        VpnGateways vpn_gateways: ec2::links::vpn_gateways;
        VpnConnections vpn_connections: ec2::links::vpn_connections;
        ClientVpns client_vpns: ec2::client_vpn::client_vpns;
        VirtualInterfaces virtual_interfaces: direct_connect::virtual_interfaces;
        TransitAttachments transit_attachments: ec2::links::transit_attachments;
        Peerings peerings: ec2::links::peerings;
        Endpoints endpoints: ec2::endpoints::endpoints, ours;
        EndpointServices endpoint_services: ec2::endpoint_services::endpoint_services;
        ConnectEndpoints connect_endpoints: ec2::connect_endpoints::connect_endpoints, ours;
        VpcBlock vpc_block: ec2::vpc_block::vpc_block;
        SerialConsole serial_console: ec2::endpoint_services::serial_console;
        Sessions sessions: ssm::sessions;
        DnsFirewall dns_firewall: resolver::dns_firewall;
        LoadBalancers load_balancers: load_balancers::load_balancers;
        ListenerRules listener_rules: load_balancers::rules::listener_rules;
        TargetGroups target_groups: load_balancers::target_groups;
        Databases databases: databases::databases;
        DatabaseProxies database_proxies: databases::proxies;
        Certificates certificates: certificates::certificates;
        Snapshots snapshots: ec2::evidence::snapshots;
        ContainerServices container_services: containers::services;
        Canaries canaries: synthetics::canaries;
        Volumes volumes: ec2::evidence::volumes;
        SpotFleets spot_fleets: ec2::fleets::spot_fleets;
        SideDoors side_doors: side_doors::side_doors;
        KmsKeys kms_keys: destruction::kms_keys;
        Secrets secrets: destruction::secrets;
        DeletionCalls deletion_calls: deletion_calls::deletion_calls;
        LogGroups log_groups: log_groups::log_groups;
        RecoveryPoints recovery_points: recovery_points::recovery_points;
        FlowLogs flow_logs: ec2::readiness::flow_logs;
        EbsEncryption ebs_encryption: ec2::readiness::ebs_encryption;
        Recorders recorders: watching::recorders;
        Analyzers analyzers: watching::analyzers;
        BalancerLogs balancer_logs: access_logs::balancer_logs;
        Quotas quotas: watching::quotas;
        HubFindings hub_findings: hub::hub_findings;
        Backups backups: watching::backups;
        SharedSnapshots shared_snapshots: ec2::sharing::snapshots;
        SharedImages shared_images: ec2::sharing::images;
        SharedDatabaseSnapshots shared_database_snapshots: database_snapshots::snapshots;
        SharingBlocks sharing_blocks: ec2::sharing::blocks;
        QueuePolicies queue_policies: shared_policies::queues;
        TopicPolicies topic_policies: shared_policies::topics;
        SecretPolicies secret_policies: shared_policies::secrets;
        KeyPolicies key_policies: shared_policies::keys;
        KeyGrants key_grants: shared_policies::grants;
        ResourceShares resource_shares: shares::resource_shares;
        TrustAnchors trust_anchors: roles_anywhere::trust_anchors;
        Functions functions: functions::functions;
        VpcFunctions vpc_functions: vpc_functions::vpc_functions;
        EventSources event_sources: functions::event_sources;
        AlertRules alert_rules: alerts::alert_rules;
        RestApis rest_apis: apis::rest_apis;
        HttpApis http_apis: apis::http_apis;
        ApiDomains api_domains: apis::domains::api_domains;
        OtherDoors other_doors: cloud_control::other_doors;
        Watchers watchers: cloud_control::watchers;
        Pipelines pipelines: cloud_control::pipelines;
        WebAcls web_acls: web_acls::web_acls;
    }
    named {
        AccessPoints access_points: access_points::access_points;
    }
    later {
        Events;
        InstanceAttributes;
        RoleChanges;
    }
}

pub(super) fn in_region(name: String, place: impl FnOnce(&mut Region) + Send + 'static) -> Patch {
    let region = name.clone();
    (Some(region), Box::new(move |account| place(account.regions.entry(name).or_default())))
}
