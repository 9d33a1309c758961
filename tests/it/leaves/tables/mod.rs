//! What each step leaves, part by part of its sentence. One file a step.

mod s100;
mod s110;
mod s190;
mod s410;
mod s505;
mod s510;
mod s520;
mod s525;
mod s530;
mod s540;
mod s550;
mod s560;
mod s570;
mod s580;
mod s590;
mod s600;
mod s605;
mod s620;
mod s700;

use super::By::Beyond;
use super::{Leaves, Part};

/// Every table, by step.
pub const ALL: &[&[Leaves]] = &[
    s100::LEAVES,
    s110::LEAVES,
    s190::LEAVES,
    s410::LEAVES,
    s505::LEAVES,
    s510::LEAVES,
    s520::LEAVES,
    s525::LEAVES,
    s530::LEAVES,
    s540::LEAVES,
    s550::LEAVES,
    s560::LEAVES,
    s570::LEAVES,
    s580::LEAVES,
    s590::LEAVES,
    s600::LEAVES,
    s605::LEAVES,
    s620::LEAVES,
    s700::LEAVES,
];

/// The kinds of way that the account of `world.toml` has. Direct Connect is no way of its own: it
/// comes in by the virtual private gateway, as a VPN does.
pub const KINDS: &[&str] = &[
    "in,out internet igw-home v4 eni-web",
    "in,out internet igw-home v6 eni-web",
    "in,out internet igw-quiet v6 eni-quiet",
    "out internet eigw-home v6 eni-app",
    "out internet nat-public v4 eni-app",
    "out on-premises nat-private v4 eni-app",
    "out internet eni-nat v4 eni-app",
    "in,out vpc pcx-partner v4 eni-app",
    "in,out on-premises tgw-ours v4 eni-app",
    "out internet tgw-ours v4 eni-app",
    "in,out on-premises tgw-group v4 eni-app",
    "in,out on-premises vgw-home v4 eni-app",
    "in,out on-premises core-network-1 v4 eni-app",
    "in,out on-premises lgw-1 v4 eni-app",
    "in on-premises cvpn-app v4 eni-app",
    "in internet shop,bare v4 eni-app",
    "in vpc vpce-svc-ours v4 eni-app",
    "out service vpce-ssm,vpce-kms,vpce-partner v4 eni-app",
    "out service vpce-s3 v4 eni-app",
    "in,out internet igw-theirs v4 eni-guest",
    "out internet nat-theirs v4 eni-guest",
    "out on-premises tgw-theirs v4 eni-guest",
    "in on-premises tgw-theirs v4 eni-guest",
    "unanswered in internet igw-home v6",
    "unanswered in on-premises vgw-home v4,v6",
    "unanswered in on-premises tgw-ours,tgw-group v4,v6",
    "unanswered in vpc pcx-partner v4",
    "door connect-endpoint eice-app",
    "door session-manager",
    "door serial-console",
    "door resolver vpc-home,vpc-quiet,vpc-theirs",
    "door metadata",
    "door gateway-endpoint vpce-s3",
];

/// The end that the sentences of 510 to 590 share, but for 525's, which leaves all that is no DNS. No
/// account shows what unplug does not read; docs/exposure.md says of each what it is.
pub const UNJUDGED: &[Part] = &[
    ("ways that unplug does not judge, so count them as open", &[]),
    ("VPC Lattice", &[Beyond("its associations are vpc-lattice's, which unplug does not call")]),
    (
        "Verified Access",
        &[Beyond("an endpoint reaches hosts as a load balancer does; its rules are not read")],
    ),
    ("Resolver endpoints", &[Beyond("what their rules forward to is not read")]),
    ("secondary and ODB networks", &[Beyond("they have no groups, ACLs or tables that EC2 shows")]),
    ("an Outpost's own interfaces", &[Beyond("the local network of an Outpost is in no API")]),
    ("mirrored traffic", &[Beyond("AWS copies it outside the host; its filters are not read")]),
    (
        "services that reach inside for those who may call them (Lambda, the RDS and Redshift Data APIs, exec of \
         EKS and ECS, WorkSpaces, notebooks, CloudShell, managed connections)",
        &[Beyond("who may call is IAM's to say, and no packet of a VPC shows it")],
    ),
];

/// The ways of the shared subnet: its owner alone cuts them. What comes in by a transit gateway that is
/// not shown has no name.
const SHARED: &str = "* * igw-theirs,nat-theirs,tgw-theirs";
/// What the instances ask of AWS past groups, ACLs and routes.
const RESOLVER: &str = "door resolver";
const METADATA: &str = "door metadata";
const CONSOLE: &str = "door serial-console";
const SESSIONS: &str = "door session-manager";
const TUNNELS: &str = "door connect-endpoint";
/// No cut of a route opens another way to the internet.
const WIDER: &str = "routes to public addresses that a wider route would take over (cut that first: 530)";
