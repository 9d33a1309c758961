//! Commands for what this step names and does not change.
//!
//! Both replace all groups that there are. What the interface wears now is all that putting back takes.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_ApplySecurityGroupsToLoadBalancer.html>
//! <https://docs.aws.amazon.com/efs/latest/ug/API_ModifyMountTargetSecurityGroups.html>

use crate::account::Interface;

/// The command that gives a Classic Load Balancer or a mount target of EFS another group, in parentheses; empty for
/// all else. AWS writes the name of either into the description of its interface.
pub(super) fn command(interface: &Interface) -> String {
    let description = interface.description.as_str();
    let command = if let Some(name) = description.strip_prefix("ELB ") {
        format!("elb apply-security-groups-to-load-balancer --load-balancer-name {}", plain(name, "NAME"))
    } else if description.starts_with("EFS mount target") || interface.kind == "efs" {
        let target = description.split(['(', ')', ' ']).find(|word| word.starts_with("fsmt-"));
        let target = plain(target.unwrap_or_default(), "MOUNT-TARGET");
        format!("efs modify-mount-target-security-groups --mount-target-id {target}")
    } else {
        return String::new();
    };
    let groups: Vec<&str> = interface.groups.iter().map(String::as_str).collect();
    let now = if groups.is_empty() { "none".to_owned() } else { groups.join(" ") };
    format!(" (aws {command} --security-groups EMPTY-GROUP; now: {now})")
}

/// The name where nothing in it means something to a shell, and else a word in its place.
fn plain<'a>(name: &'a str, instead: &'a str) -> &'a str {
    let is_plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_plain { name } else { instead }
}
