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
mod s190_trace;
mod s200_cloudtrail;
mod s210_evidence;
mod s400_ses;
mod s410_smtp_users;
mod s500_vpcs;
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
mod s620_service_credentials;
mod shared;

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
    s190_trace::Trace,
    s200_cloudtrail::CloudTrail,
    s210_evidence::Evidence,
    s400_ses::SesSending,
    s410_smtp_users::SmtpUsers,
    s500_vpcs::Vpcs,
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
    s620_service_credentials::ServiceCredentials,
}

/// The step with a number.
pub fn find(id: StepId) -> Option<&'static dyn Step> {
    STEPS.iter().find(|step| step.spec().id == id).copied()
}
