//! Every step of the runbook, one file each, one line here.

use crate::step::{AnyStep, StepId};

mod routes;

macro_rules! steps {
    ($($file:ident :: $step:ident),* $(,)?) => {
        $(mod $file;)*
        /// Every step, by number.
        pub static STEPS: &[&dyn AnyStep] = &[$(&$file::$step),*];
        /// The files that hold them, for the test that compares them with the folder.
        pub const FILES: &[&str] = &[$(stringify!($file)),*];
    };
}

steps! {
    s100_exposed_keys::ExposedKeys,
    s200_cloudtrail::CloudTrail,
    s210_evidence::Evidence,
    s400_ses::SesSending,
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
    s610_s3_public_access::S3PublicAccess,
}

/// The step with a number.
pub fn find(id: StepId) -> Option<&'static dyn AnyStep> {
    STEPS.iter().find(|step| step.spec().id == id).copied()
}
