//! EC2 and VPC.

pub(crate) mod acls;
pub(crate) mod addresses;
pub(crate) mod client_vpn;
pub(crate) mod connect_endpoints;
pub(crate) mod endpoint_services;
pub(crate) mod endpoints;
pub(crate) mod evidence;
pub(crate) mod fleets;
pub(crate) mod gateways;
pub(crate) mod groups;
pub(crate) mod interfaces;
pub(crate) mod links;
pub(crate) mod nat;
pub(crate) mod network;
pub(crate) mod prefix_lists;
pub(crate) mod routes;
pub(crate) mod vpc_block;
