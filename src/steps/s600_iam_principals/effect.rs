//! What each way of 600 cuts, leaves and gives back.

use super::{SPEC, every_role, of_instances};
use crate::step::{Effect, Params, Reversal};
use crate::steps::shared::named::WHO;

pub(super) fn of(params: &Params) -> Effect {
    if of_instances(params) {
        return Effect {
            cuts: "every call with the sessions that these instances have of their roles, wherever they are used, \
                   within seconds",
            leaves: "the same roles in other hands: other instances, whoever else can assume them; sessions of other \
                     roles that were made from these sessions, and of roles that the instances had before; access \
                     keys and other credentials that lie on the instances; roles that only AWS may change; what \
                     other accounts and services may do here by the policies of resources; GetCallerIdentity, which \
                     no policy denies",
            breaks: "What runs on these instances loses its rights in AWS: Session Manager, logs, buckets, secrets.",
            reversal: Reversal::Partial(
                "the deny goes, and sessions that these instances got before the restore stay denied: up to six \
                 hours, or until they are stopped and started",
            ),
            ..SPEC.effect()
        };
    }
    if WHO.is(params, "named") {
        return Effect {
            cuts: "every call of the users and roles that are named: with keys, passwords and sessions that are \
                   there already, within seconds",
            breaks: "Whatever signs in with one of them stops: people, build servers, scripts, partners.",
            ..SPEC.effect()
        };
    }
    if !every_role(params) {
        return SPEC.effect();
    }
    Effect {
        cuts: "every call of users and of roles, those of instances, containers and functions included: with \
               keys, passwords and sessions that are there already, within seconds; new sessions by certificate \
               (IAM Roles Anywhere)",
        leaves: "root, which only policies of the Organization stop; you, those who may have made your session, and break-glass \
                 principals; service-linked roles and those of Identity Center; roles that only services for \
                 logs, alerts and backups assume; roles with which trails write to CloudWatch Logs; what other \
                 accounts and services may do here by the policies of resources; GetSessionToken and \
                 GetCallerIdentity, which no policy denies",
        breaks: "Nobody but you can use the console or the API, and whatever runs in the account loses its \
                 rights: applications, functions, containers, Session Manager. After a restore an instance \
                 goes on with its old session, denied, until it gets the next: up to six hours, or a stop and start.",
        ..SPEC.effect()
    }
}
