//! The services that watch an account and keep its backups, as far as Cloud Control lists them. AWS Config's
//! recorder is not among them: its type has no handlers.

use super::resources::ResourceType;

/// The detector of `GuardDuty`: one in each Region where it was turned on.
pub const DETECTOR: ResourceType = ResourceType {
    name: "AWS::GuardDuty::Detector",
    asked: &["/Enable"],
    kept: &[],
    only_in: None,
    model: None,
    list: &["guardduty:ListDetectors"],
    get: &["guardduty:GetDetector", "guardduty:ListTagsForResource"],
    off: &[],
};

/// The behavior graph of Amazon Detective: one in each Region where this account turned it on. A graph that another
/// account administers is not listed.
pub const GRAPH: ResourceType = ResourceType {
    name: "AWS::Detective::Graph",
    asked: &[],
    kept: &[],
    only_in: None,
    model: None,
    list: &["detective:ListGraphs"],
    get: &[],
    off: &[],
};

/// Security Hub in its first form, now called CSPM.
pub const HUB: ResourceType = ResourceType {
    name: "AWS::SecurityHub::Hub",
    asked: &[],
    kept: &[],
    only_in: None,
    model: None,
    list: &["securityhub:DescribeHub", "securityhub:ListTagsForResource"],
    get: &[],
    // DescribeHub: InvalidAccessException.
    off: &["is not subscribed to AWS Security Hub"],
};

/// Security Hub of 2025.
pub const HUB_V2: ResourceType = ResourceType {
    name: "AWS::SecurityHub::HubV2",
    asked: &[],
    kept: &[],
    only_in: None,
    model: None,
    list: &["securityhub:DescribeSecurityHubV2", "securityhub:ListTagsForResource"],
    get: &[],
    // DescribeSecurityHubV2 has a code of its own for it.
    off: &["is not subscribed to AWS Security Hub", "ResourceNotFoundException"],
};

/// A plan of AWS Backup.
pub const BACKUP_PLAN: ResourceType = ResourceType {
    name: "AWS::Backup::BackupPlan",
    asked: &[],
    kept: &[],
    only_in: None,
    model: None,
    list: &["backup:ListBackupPlans"],
    get: &[],
    off: &[],
};

/// A vault of AWS Backup. Each is asked for by itself: only a locked one has the property.
pub const VAULT: ResourceType = ResourceType {
    name: "AWS::Backup::BackupVault",
    asked: &[LOCKED],
    kept: &[],
    only_in: None,
    model: None,
    list: &["backup:ListBackupVaults"],
    get: &[
        "backup:DescribeBackupVault",
        "backup:GetBackupVaultAccessPolicy",
        "backup:GetBackupVaultNotifications",
        "backup:ListTags",
    ],
    off: &[],
};

/// Where a locked vault has the least days for which it keeps what is in it.
pub const LOCKED: &str = "/LockConfiguration/MinRetentionDays";

/// Everything that is listed of them.
pub static WATCHERS: &[&ResourceType] = &[&BACKUP_PLAN, &VAULT, &GRAPH, &DETECTOR, &HUB, &HUB_V2];
