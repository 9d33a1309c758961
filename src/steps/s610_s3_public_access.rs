//! 610: the account-level S3 Block Public Access, all four switches on; on request a deny in the
//! policies of public buckets too.

mod access_points;
mod account_block;
mod bucket_policy;

use account_block::AccountBlock;
use bucket_policy::BucketPolicy;

use crate::account::{Account, Section};
use crate::collect::Ask;
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Item, Lens as _, Lenses, Params, Reversal, Spec, Step, StepId,
    Stops, Target, Width,
};

pub struct S3PublicAccess;

const WAY: Choice = Choice {
    name: "way",
    values: &["account", "policies"],
    doc: "`account` turns the account's block on; `policies` does that too, and before it adds a deny for \
              everybody outside this account to the policy of each bucket that a policy opens",
};

static SPEC: Spec = Spec {
    id: StepId(610),
    slug: "s3-public-access",
    title: "S3: no public access to any bucket",
    needs: &[
        Section::S3Block,
        Section::PublicBuckets,
        Section::AccessPoints,
        Section::MultiRegionAccessPoints,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &["s3:PutAccountPublicAccessBlock", "s3:PutBucketPolicy"],
        undo: &["s3:PutAccountPublicAccessBlock", "s3:PutBucketPolicy"],
    },
    params: &[WAY.param()],
    does: Does::Cuts(&[Stops::Downloads]),
    cuts: "anonymous and public access to every bucket, by policy or ACL, in every Region, and by access points",
    leaves: "presigned URLs, your own users and roles, named accounts in policies that are not \
             public, CloudFront with origin access control, replication; access points of this account to \
             buckets of other accounts",
    breaks: "Websites and downloads served from public buckets stop; a public policy's named \
             accounts lose access too.",
    doc: include_str!("s610_s3_public_access/doc.md"),
};

fn by_policies(params: &Params) -> bool {
    WAY.is(params, "policies")
}

impl Step for S3PublicAccess {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn effect(&self, params: &Params) -> Effect {
        if !by_policies(params) {
            return SPEC.effect();
        }
        Effect {
            cuts: "anonymous and public access to every bucket, by policy or ACL, in every Region, and by access \
                   points; and everybody outside the account, of the buckets that a policy opens",
            breaks: "Websites and downloads served from public buckets stop; of those that a policy opens, so do \
                     CloudFront distributions with an origin access identity (the older kind), and every other \
                     account that the policy names.",
            ..SPEC.effect()
        }
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        ask.bucket_policies |= by_policies(&case.params);
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (name, bucket) in account.public_buckets.items().filter(|(_, bucket)| bucket.unread().is_none()) {
            let by = match (bucket.is_open_by_policy(), bucket.is_open_by_acl()) {
                (true, true) => "its policy and its ACL",
                (true, false) => "its policy",
                (false, true) => "its ACL",
                (false, false) => {
                    let text =
                        format!("bucket {name} has a public policy or ACL, and its own block closes it");
                    found.fine(Some(&bucket.region), text);
                    continue;
                }
            };
            found.note(Some(&bucket.region), format!("bucket {name} is public by {by}"));
            if by_policies(&case.params)
                && bucket.is_open_by_policy()
                && case.scope.has_region(&bucket.region)
            {
                let mut item = Item::new(Target::new(BucketPolicy::KIND, name).region(&bucket.region));
                // Before the block, and back after it: S3 takes no public policy while it is on.
                item.rank = 0;
                found.item(item);
            }
        }
        access_points::say(account, case, &mut found);
        if account.s3_block.read().is_some() {
            found.item(Item::new(Target::new(AccountBlock::KIND, &account.id)));
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&AccountBlock, &BucketPolicy]
    }
}
