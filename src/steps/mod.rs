//! Every step of the runbook: its words and what it finds in one file, its lenses beside it.

use crate::step::{Step, StepId};

/// The end of every sentence that says what a cut of the network leaves: ways that no step cuts and
/// the exposure does not compute. docs/exposure.md has a row for each.
macro_rules! unjudged {
    () => {
        "; ways that unplug does not judge, so count them as open: VPC Lattice, Verified Access, Resolver \
         endpoints, secondary and ODB networks, an Outpost's own interfaces, mirrored traffic, and services \
         that reach inside for those who may call them (Lambda, the RDS and Redshift Data APIs, exec of EKS \
         and ECS, WorkSpaces, notebooks, CloudShell, managed connections)"
    };
}

pub mod permissions;
mod s100_exposed_keys;
mod s110_identity_center;
mod s120_break_glass;
mod s190_trace;
mod s200_cloudtrail;
mod s210_evidence;
mod s300_dns_records;
mod s305_page_assets;
mod s310_cloudfront;
mod s320_load_balancers;
mod s330_dns_switch;
mod s340_certificates;
mod s350_block_addresses;
mod s400_ses;
mod s410_smtp_users;
mod s500_vpcs;
mod s502_isolation_ready;
mod s505_hold_scaling;
mod s510_security_groups;
mod s520_network_acls;
mod s525_dns_firewall;
mod s530_route_tables;
mod s540_vpn_direct_connect;
mod s550_internet_gateways;
mod s560_nat;
mod s570_vpc_endpoints;
mod s580_peering_transit;
mod s590_block_public_access;
mod s600_iam_principals;
mod s605_destruction_clocks;
mod s610_s3_public_access;
mod s615_shared_copies;
mod s620_service_credentials;
mod s630_ecr_public;
mod s640_workdocs;
mod s650_rds;
mod s660_lambda;
mod s670_api_gateway;
mod s690_other_doors;
mod s700_organization;
mod shared;

pub use s120_break_glass::responder;
pub use shared::{prepared, room};

// The files are declared above, not by the macro: rustfmt does not look into one.
macro_rules! steps {
    ($($file:ident :: $step:ident),* $(,)?) => {
        /// Every step, by number.
        pub static STEPS: &[&dyn Step] = &[$(&$file::$step),*];
        /// The files that hold them, for the test that compares them with the folder.
        pub const FILES: &[&str] = &[$(stringify!($file)),*];
    };
}

steps! {
    s100_exposed_keys::ExposedKeys,
    s110_identity_center::IdentityCenter,
    s120_break_glass::BreakGlass,
    s190_trace::Trace,
    s200_cloudtrail::CloudTrail,
    s210_evidence::Evidence,
    s300_dns_records::DnsRecords,
    s305_page_assets::PageAssets,
    s310_cloudfront::CloudFront,
    s320_load_balancers::LoadBalancers,
    s330_dns_switch::DnsSwitch,
    s340_certificates::Certificates,
    s350_block_addresses::BlockAddresses,
    s400_ses::SesSending,
    s410_smtp_users::SmtpUsers,
    s500_vpcs::Vpcs,
    s502_isolation_ready::IsolationReady,
    s505_hold_scaling::HoldScaling,
    s510_security_groups::SecurityGroups,
    s520_network_acls::NetworkAcls,
    s525_dns_firewall::DnsFirewall,
    s530_route_tables::RouteTables,
    s540_vpn_direct_connect::VpnDirectConnect,
    s550_internet_gateways::InternetGateways,
    s560_nat::Nat,
    s570_vpc_endpoints::VpcEndpoints,
    s580_peering_transit::PeeringTransit,
    s590_block_public_access::BlockPublicAccess,
    s600_iam_principals::IamPrincipals,
    s605_destruction_clocks::DestructionClocks,
    s610_s3_public_access::S3PublicAccess,
    s615_shared_copies::SharedCopies,
    s620_service_credentials::ServiceCredentials,
    s630_ecr_public::EcrPublic,
    s640_workdocs::WorkDocs,
    s650_rds::Rds,
    s660_lambda::Lambda,
    s670_api_gateway::ApiGateway,
    s690_other_doors::OtherDoors,
    s700_organization::Organization,
}

/// The step with a number.
pub fn find(id: StepId) -> Option<&'static dyn Step> {
    STEPS.iter().find(|step| step.spec().id == id).copied()
}

/// Is it a step of the front door that changes what visitors see, or looks at it? With one of those a plan shows
/// what visitors of public names see.
pub fn shows_front(id: StepId) -> bool {
    id.is_front() && find(id).is_some_and(|step| !step.spec().does.saves())
}

/// Does it make ahead, in peacetime, what other steps use in an incident?
pub fn prepares(id: StepId) -> bool {
    matches!(id, StepId(120 | 305 | 502))
}

/// Is it a step of the network that cuts there, or looks at it? With one of those a plan shows what can get in and
/// out.
pub fn shows_exposure(id: StepId) -> bool {
    id.is_network() && !prepares(id)
}
