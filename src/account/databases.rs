//! Databases that RDS's API serves: RDS, Aurora, Neptune, `DocumentDB`; per Region.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Tags;

/// An RDS instance or cluster, by its ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// The identifier that calls take.
    pub name: String,
    /// `instance` or `cluster`.
    pub kind: String,
    /// Of a cluster those of its members: AWS says only the name of its subnet group.
    pub vpc: String,
    pub subnets: BTreeSet<String>,
    pub engine: String,
    /// `available`, `modifying` …
    pub status: String,
    /// The cluster it is a member of, by name: its groups are the cluster's.
    pub cluster: Option<String>,
    /// Groups that it has or is getting.
    pub groups: BTreeSet<String>,
    /// A group is being added or removed.
    pub groups_changing: bool,
    pub public: bool,
    pub port: Option<i32>,
    pub tags: Tags,
    /// Changes that wait for the maintenance window, in a word or two each: `class`, `engine version`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub pending: BTreeSet<String>,
    /// What keeps it from being stopped or made private, or opens it besides.
    #[serde(skip_serializing_if = "DatabaseTraits::is_plain")]
    pub traits: DatabaseTraits,
    /// Days for which AWS keeps its automated backups; 0: it makes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_days: Option<i32>,
    /// When AWS starts it again by itself: of one that is stopped. RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restarts: Option<String>,
}

/// Properties of a database that most have not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseTraits {
    /// An instance with a standby in another zone.
    pub multi_az: bool,
    /// What it replicates from: an instance's or a cluster's name or ARN.
    pub source: Option<String>,
    /// What replicates from it.
    pub replicas: BTreeSet<String>,
    /// A cluster's mode, where it is not `provisioned`: `serverless` (version 1), `parallelquery` …
    pub mode: Option<String>,
    /// The global database that a cluster is a member of.
    pub global: Option<String>,
    /// A cluster that answers SQL over HTTPS to whoever may call the Data API.
    pub data_api: bool,
    /// A cluster without a VPC, which AWS's own gateway lets the internet reach.
    pub internet_gateway: bool,
    /// An instance on an Outpost with an address of the customer's own network.
    pub customer_owned_ip: bool,
    /// It cannot be deleted before somebody turns this off.
    pub deletion_protection: bool,
}

impl DatabaseTraits {
    fn is_plain(&self) -> bool {
        *self == DatabaseTraits::default()
    }
}

/// A proxy of RDS, by its ARN: it stands in a VPC, and has no public address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseProxy {
    pub name: String,
    pub vpc: String,
    /// `MYSQL`, `POSTGRESQL` or `SQLSERVER`.
    pub engine_family: String,
    /// `available`, `modifying`, `deleting` …
    pub status: String,
}

impl Database {
    /// Does RDS take a change of groups in this status? While it optimizes storage, for a day and more, a
    /// database works in full and only changes of its storage are refused.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html>
    pub fn takes_changes(status: &str) -> bool {
        matches!(status, "available" | "storage-optimization")
    }

    /// Does RDS leave this status by itself, and take changes then? Backups are daily, the others are
    /// changes under way.
    pub fn is_busy(status: &str) -> bool {
        BUSY.contains(&status)
    }

    /// Is it a cluster of three instances in three zones (`Multi-AZ DB cluster`)? The instances of such a
    /// cluster are changed by no call; those of Aurora, Neptune and `DocumentDB` each by their own.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/modify-multi-az-db-cluster.html>
    pub fn is_multi_az_cluster(&self) -> bool {
        let of_instances = ["aurora", "neptune", "docdb"];
        self.kind == "cluster" && !of_instances.iter().any(|engine| self.engine.starts_with(engine))
    }
}

/// Statuses of instances and clusters that pass.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html>
const BUSY: [&str; 24] = [
    "backing-up",
    "backtracking",
    "configuring-enhanced-monitoring",
    "configuring-iam-database-auth",
    "configuring-log-exports",
    "converting-to-vpc",
    "creating",
    "failing-over",
    "maintenance",
    "migrating",
    "modifying",
    "moving-to-vpc",
    "preparing-data-migration",
    "promoting",
    "rebooting",
    "renaming",
    "resetting-master-credentials",
    "scaling-compute",
    "scaling-storage",
    "starting",
    "storage-config-upgrade",
    "storage-initialization",
    "update-iam-db-auth",
    "upgrading",
];
