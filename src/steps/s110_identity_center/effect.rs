//! What each way of 110 cuts, leaves and gives back.

use super::{SPEC, WAY};
use crate::step::{Effect, Params, Reversal};

pub(super) fn of(params: &Params) -> Effect {
    match WAY.of(params) {
        "everywhere" => Effect {
            cuts: "every call of people who sign in through IAM Identity Center, in every account that has one of this \
                   account's permission sets: sessions that are open too",
            breaks: "People of every account of the Organization that has one of these permission sets lose their \
                     console and their command line.",
            ..SPEC.effect()
        },
        "unassign" => Effect {
            cuts: "new sign-ins to this account through IAM Identity Center: nobody is assigned a permission set; its \
                   role goes, and every call with it",
            leaves: "the permission set with which you have signed in, and those of break-glass principals, whole; \
                     sessions of other roles that were made from these sign-ins, up to twelve hours; applications and \
                     the access portal; what is assigned after the cut; permission sets that only the management \
                     account may change; whoever may assign permission sets",
            breaks: "People lose their console and their command line in this account. Key policies, clusters and \
                     trust policies that name a role of Identity Center do not know the role that a restore makes.",
            reversal: Reversal::Partial(
                "assignments come back, and AWS makes the roles again with another suffix: key policies of KMS, access \
                 entries of EKS and trust policies that name the old ARN have to be changed by hand",
            ),
            ..SPEC.effect()
        },
        "delete" => Effect {
            cuts: "sign-ins to this account through IAM Identity Center: nobody is assigned a permission set, its role \
                   goes, and every call with it; the sets are deleted",
            leaves: "the permission set with which you have signed in, and those of break-glass principals, whole; sets \
                     that another account has too; sessions of other roles that were made from these sign-ins, up to \
                     twelve hours; applications and the access portal; what is made and assigned after the cut; \
                     permission sets that only the management account may change; whoever may make permission sets",
            breaks: "People lose their console and their command line in this account. Key policies, clusters and \
                     trust policies that name a role of Identity Center do not know the role that a restore makes, and \
                     programs that name the set by its ARN do not know the new one.",
            reversal: Reversal::Partial(
                "sets come back with every part and assignment, under a new ARN, and AWS makes their roles with another \
                 suffix: key policies of KMS, access entries of EKS and trust policies that name the old ones have to \
                 be changed by hand",
            ),
            ..SPEC.effect()
        },
        _ => SPEC.effect(),
    }
}
