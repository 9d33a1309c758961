//! Principals of AWS's own that are no services: accounts that write load balancers' access logs, and `CloudFront`'s
//! origin access identities. Their calls have `aws:PrincipalIsAWSService` false, so the resource control policy names
//! them.
//!
//! <https://github.com/aws-samples/data-perimeter-policy-examples/blob/main/resource_control_policies/README.md>

use std::collections::BTreeSet;

use super::kinds::PolicyKind;
use super::template::{document, identities_in};
use crate::account::{Account, Cause};
use crate::step::{Case, Found, count, first_few};

/// The account that writes the access logs of Application and Classic Load Balancers in a Region. In Regions that are
/// not here, and opened later, a service does: `logdelivery.elasticloadbalancing.amazonaws.com`.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/enable-access-logs.html>
const LOG_WRITERS: [(&str, &str); 26] = [
    ("af-south-1", "098369216593"),
    ("ap-east-1", "754344448648"),
    ("ap-northeast-1", "582318560864"),
    ("ap-northeast-2", "600734575887"),
    ("ap-northeast-3", "383597477331"),
    ("ap-south-1", "718504428378"),
    ("ap-southeast-1", "114774131450"),
    ("ap-southeast-2", "783225319266"),
    ("ap-southeast-3", "589379963580"),
    ("ca-central-1", "985666609251"),
    ("cn-north-1", "638102146993"),
    ("cn-northwest-1", "037604701340"),
    ("eu-central-1", "054676820928"),
    ("eu-north-1", "897822967062"),
    ("eu-south-1", "635631232127"),
    ("eu-west-1", "156460612806"),
    ("eu-west-2", "652711504416"),
    ("eu-west-3", "009996457667"),
    ("me-south-1", "076674570225"),
    ("sa-east-1", "507241528517"),
    ("us-east-1", "127311923021"),
    ("us-east-2", "033677994240"),
    ("us-gov-east-1", "190560391635"),
    ("us-gov-west-1", "048591011584"),
    ("us-west-1", "027434742980"),
    ("us-west-2", "797873946194"),
];

/// How many identities the plan names.
const SHOWN: usize = 8;

fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The accounts that write load balancers' logs in the enabled Regions: in every Region of the partition where the
/// enabled ones are not known.
pub(super) fn log_writers(account: &Account) -> Vec<&'static str> {
    let enabled = account.enabled_regions.read().filter(|regions| !regions.is_empty());
    let is_ours = |region: &str| match enabled {
        Some(regions) => regions.contains(region),
        None => partition(region) == account.partition(),
    };
    LOG_WRITERS.into_iter().filter(|(region, _)| is_ours(region)).map(|(_, id)| id).collect()
}

/// The ARNs of this account's origin access identities, as AWS writes them for `aws:PrincipalArn`. Those of other
/// accounts stay outsiders: anybody can make one.
pub(super) fn identities(account: &Account) -> BTreeSet<String> {
    let all = account.origin_access_identities.read().into_iter().flatten();
    let plain = all.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let partition = account.partition();
    plain
        .map(|id| format!("arn:{partition}:iam::cloudfront:user/CloudFront Origin Access Identity {id}"))
        .collect()
}

/// Says which of them go on behind the resource control policy, and which do not.
pub(super) fn say(account: &Account, case: &Case, found: &mut Found) {
    let kind = PolicyKind::ResourceControl;
    if !PolicyKind::chosen(&case.params).contains(&kind) {
        return;
    }
    // Where no policy can be written the policy's own target says so.
    let Ok(policy) = document(kind, account, case, None) else { return };
    let writers = log_writers(account);
    if !writers.is_empty() {
        found.note(
            None,
            format!(
                "load balancers go on writing access logs: {} of AWS that {} them {} spared ({})",
                count(writers.len(), "account"),
                if writers.len() == 1 { "writes" } else { "write" },
                if writers.len() == 1 { "is" } else { "are" },
                first_few(&writers, SHOWN)
            ),
        );
    }
    match account.origin_access_identities.as_result() {
        Ok(ids) if ids.is_empty() => {}
        Ok(ids) if identities_in(&policy).is_empty() => found.matters(
            None,
            format!(
                "{} of CloudFront ({}) do not fit into the resource control policy: buckets refuse the distributions \
                 that use them (403). Move these to origin access control first, or leave resource-control out of \
                 `policies`",
                identities_of(ids.len()),
                first_few(ids, SHOWN)
            ),
        ),
        Ok(ids) => found.note(
            None,
            format!(
                "{} of CloudFront stay spared, and buckets that let them in answer its distributions: {}",
                identities_of(ids.len()),
                first_few(ids, SHOWN)
            ),
        ),
        // A partition without CloudFront.
        Err(gap) if gap.cause == Cause::NotSupported => {}
        Err(gap) => found.matters(
            None,
            format!(
                "CloudFront's origin access identities are not known ({}), and none is spared: buckets refuse the \
                 distributions that use one (403)",
                gap.cause.words()
            ),
        ),
    }
}

fn identities_of(number: usize) -> String {
    match number {
        1 => "1 origin access identity".into(),
        _ => format!("{number} origin access identities"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Caller, Seen};

    #[test]
    fn the_accounts_that_write_logs_are_those_of_the_enabled_regions() {
        let arn = "arn:aws:iam::111111111111:user/ci".to_owned();
        let mut account = Account::unread("111111111111", Caller { arn, ..Caller::default() });
        assert_eq!(log_writers(&account).len(), 22, "every Region of the partition");
        account.enabled_regions = Seen::Read(["us-east-1", "il-central-1"].map(str::to_owned).into());
        assert_eq!(log_writers(&account), ["127311923021"]);
        account.enabled_regions = Seen::default();
        account.caller.arn = "arn:aws-us-gov:iam::111111111111:user/ci".into();
        assert_eq!(log_writers(&account), ["190560391635", "048591011584"]);
        assert!(LOG_WRITERS.iter().all(|(_, id)| id.len() == 12));
    }

    #[test]
    fn an_id_that_a_policy_would_read_as_a_pattern_is_left_out() {
        let mut account = Account::unread("111111111111", Caller::default());
        account.origin_access_identities =
            Seen::Read(["E1OLD", "E*", "${aws:username}"].map(str::to_owned).into());
        let arn = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1OLD";
        assert_eq!(identities(&account), [arn.to_owned()].into());
    }
}
