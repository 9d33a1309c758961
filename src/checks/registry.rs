//! Every check, a row each. A file of a check that has no row here fails a test.

use super::{
    Check, back_databases, back_deletions, back_log_versions, back_plans, back_recent, back_vault_lock,
    door_administrators, door_console_mfa, door_default_groups, door_ebs_encryption, door_exposed_keys,
    door_exposure, door_metadata, door_names, door_old_keys, door_outsiders, door_password_policy,
    door_ports, door_public_copies, door_root_keys, door_root_mfa, door_s3_block, door_s3_public,
    door_serial_console, door_unused_keys, door_vpc_block, hear_cloudwatch, hear_contact, hear_findings,
    hear_health, hear_security_hub, pull_actors, pull_break_glass, pull_lockout, pull_names, pull_own_path,
    pull_permissions, pull_policies, pull_policy_room, pull_quotas, pull_record, pull_regions, pull_sight,
    pull_support, pull_time, see_access_logs, see_analyzer, see_config, see_delivery, see_detective,
    see_flow_logs, see_guardduty, see_log_bucket, see_trail, see_validation,
};

macro_rules! checks {
    ($($file:ident),* $(,)?) => {
        /// Every check: by group, in each group those that matter most first.
        pub static CHECKS: &[&Check] = &[$(&$file::CHECK),*];
        /// The files that hold them, for the test that compares them with the folder.
        pub const FILES: &[&str] = &[$(stringify!($file)),*];
    };
}

checks! {
    pull_permissions,
    pull_lockout,
    pull_own_path,
    pull_break_glass,
    pull_record,
    pull_actors,
    pull_sight,
    pull_quotas,
    pull_regions,
    pull_policies,
    pull_policy_room,
    pull_names,
    pull_time,
    pull_support,
    see_trail,
    see_delivery,
    see_log_bucket,
    see_validation,
    see_flow_logs,
    see_guardduty,
    see_config,
    see_access_logs,
    see_analyzer,
    see_detective,
    back_deletions,
    back_log_versions,
    back_recent,
    back_databases,
    back_plans,
    back_vault_lock,
    door_exposed_keys,
    door_root_keys,
    door_root_mfa,
    door_console_mfa,
    door_outsiders,
    door_ports,
    door_metadata,
    door_public_copies,
    door_s3_public,
    door_administrators,
    door_default_groups,
    door_exposure,
    door_names,
    door_old_keys,
    door_s3_block,
    door_unused_keys,
    door_ebs_encryption,
    door_password_policy,
    door_serial_console,
    door_vpc_block,
    hear_health,
    hear_contact,
    hear_findings,
    hear_cloudwatch,
    hear_security_hub,
}

/// The check with an id.
pub fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id).copied()
}
