//! What each way of 700 cuts, leaves and breaks.

use super::kinds::PolicyKind;
use super::{SPEC, TEMPLATE, WAY};
use crate::step::{Does, Effect, Params, Stops};

/// What all four policies stop.
pub(super) const EVERYTHING: &[Stops] =
    &[Stops::Sites, Stops::OwnWay, Stops::Identities, Stops::Outbound, Stops::Downloads];

/// What the service and the resource control policy stop.
const RIGHTS: &[Stops] = &[Stops::Identities, Stops::Downloads];

pub(super) const CUTS: &str = "every call of the account's users, roles and root, with keys and sessions that are there already; what \
     outsiders may do to its buckets, queues, keys, secrets, tables and images; everything between the internet and \
     its VPCs, in every Region; public access to S3. Nobody in the account can take it back";

const CUTS_RIGHTS: &str = "every call of the account's users, roles and root, with keys and sessions that are there already; what \
     outsiders may do to its buckets, queues, keys, secrets, tables and images, where the policy is chosen. Nobody \
     in the account can take it back";

pub(super) const LEAVES: &str = "you, break-glass principals and what `exempt` names; roles that only services assume and that may not change \
     roles, in whatever hands their credentials are; roles of AWS Control Tower, StackSets and the Organization that \
     let in nobody but the management account; service-linked roles; services by their own principal; accounts of AWS \
     that write load balancers' logs; origin access identities of CloudFront that this account has; outsiders, where \
     a resource is none of those kinds; whoever administers the Organization or may become the management account; \
     GetCallerIdentity, which no policy denies; what runs already, and its network paths but those to the \
     internet";

const LEAVES_EVERYTHING: &str = "you, break-glass principals and what `exempt` names; service-linked roles; services by their own principal; \
     accounts of AWS that write load balancers' logs; origin access identities of CloudFront that this account has; \
     outsiders, where a resource is none of those kinds; whoever administers the Organization or may become the \
     management account; GetCallerIdentity, which no policy denies; what runs already, and its network paths but \
     those to the internet";

pub(super) const BREAKS: &str = "Nobody but you can use the console or the API, other accounts lose what they use here, and sites behind \
     internet gateways and public buckets are gone. Logs that CloudFront and S3 write because a bucket's ACL lets \
     them may stop.";

pub(super) fn of(params: &Params) -> Effect {
    if WAY.is(params, "quarantine-ou") {
        return Effect {
            does: Does::Cuts(&[Stops::Identities]),
            cuts: "whatever the policies of the unit deny, for every principal of the account, root included",
            leaves: "whatever the policies of the unit do not deny; what the policies of the old unit denied and these \
                     do not; service-linked roles; whoever administers the Organization",
            breaks: "What the unit's policies deny stops, and what the old unit's policies guarded is guarded no more.",
            ..SPEC.effect()
        };
    }
    let chosen = PolicyKind::chosen(params);
    let blocks = chosen.iter().any(|kind| matches!(kind, PolicyKind::VpcBlock | PolicyKind::S3Block));
    let everything = TEMPLATE.is(params, "everything");
    let leaves = if everything { LEAVES_EVERYTHING } else { LEAVES };
    match (blocks, everything) {
        (true, false) => SPEC.effect(),
        (true, true) => Effect {
            leaves,
            breaks: "Nobody and nothing but you can use the console or the API: applications, functions and containers \
                     lose their rights, deliveries of logs and backups by roles stop, other accounts lose what they use \
                     here, and sites behind internet gateways and public buckets are gone. Logs that CloudFront and S3 \
                     write because a bucket's ACL lets them may stop.",
            ..SPEC.effect()
        },
        (false, false) => Effect {
            does: Does::Cuts(RIGHTS),
            cuts: CUTS_RIGHTS,
            breaks: "Nobody but you can use the console or the API, and other accounts lose what they use here; public \
                     buckets answer nobody. Logs that CloudFront and S3 write because a bucket's ACL lets them may \
                     stop.",
            ..SPEC.effect()
        },
        (false, true) => Effect {
            does: Does::Cuts(RIGHTS),
            cuts: CUTS_RIGHTS,
            leaves,
            breaks: "Nobody and nothing but you can use the console or the API: applications, functions and containers \
                     lose their rights, deliveries of logs and backups by roles stop, and other accounts lose what they \
                     use here. Logs that CloudFront and S3 write because a bucket's ACL lets them may stop.",
            ..SPEC.effect()
        },
    }
}
