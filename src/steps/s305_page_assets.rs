//! 305: what the maintenance page is shown from is made before an incident.

mod access_control;
mod bucket;
mod bucket_body;
mod page;

use std::collections::BTreeSet;

use super::shared::home::home;
use super::shared::page_function::{self, PageFunction};
use crate::account::{Account, PageBucket, Section};
use crate::front::prepared::{self, Readiness};
use crate::step::{
    Case, Does, Found, Iam, Item, Lens as _, Lenses, Params, Reversal, Spec, Step, StepId, Target, Width,
};
use access_control::SigningControl;
use bucket::Bucket;
use page::Page;

pub struct PageAssets;

static SPEC: Spec = Spec {
    id: StepId(305),
    slug: "page-assets",
    title: "Maintenance page: what shows it is made ahead",
    needs: &[Section::Distributions, Section::EdgeFunctions, Section::PageBucket, Section::AccessControls],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "cloudfront:CreateFunction",
            "cloudfront:CreateOriginAccessControl",
            "cloudfront:DescribeFunction",
            "cloudfront:GetFunction",
            "cloudfront:ListOriginAccessControls",
            "cloudfront:PublishFunction",
            "cloudfront:UpdateFunction",
            "s3:CreateBucket",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutEncryptionConfiguration",
            "s3:PutObject",
            "s3:TagResource",
        ],
        undo: &[
            "cloudfront:DeleteFunction",
            "cloudfront:DeleteOriginAccessControl",
            "cloudfront:DescribeFunction",
            "cloudfront:GetOriginAccessControl",
            "cloudfront:ListOriginAccessControls",
            "s3:DeleteBucket",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:ListBucketVersions",
        ],
    },
    params: &[],
    does: Does::Saves("a page is made ready"),
    cuts: "nothing: it makes what step 310 shows the page from, and no distribution uses it yet",
    leaves: "every site as it is; load balancers, for which nothing has to be made ahead; a page that is given \
             later, which has to be prepared again; whoever may change buckets and functions in this account, \
             who can change the page too",
    breaks: "Nothing stops. A bucket with one small object costs next to nothing.",
    doc: include_str!("s305_page_assets/doc.md"),
};

impl Step for PageAssets {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let name = PageBucket::name_of(&account.id);
        let own = account.page_bucket.read().and_then(Option::as_ref).filter(|bucket| !bucket.foreign);
        let region = own.map_or_else(|| home(account), |bucket| bucket.region.clone());
        let key = prepared::key(&prepared::object(case.scope.page.as_deref()).html);
        // The bucket before the page in it.
        let first = |at| Item { rank: 0, ..Item::new(at) };
        found.item(first(Target::new(Bucket::KIND, &name).region(&region)));
        found.item(Item::new(Target::new(Page::KIND, format!("{name}/{key}")).region(&region)));
        found.item(first(Target::new(SigningControl::KIND, prepared::ACCESS_CONTROL)));
        match functions(account, case) {
            Ok(functions) => functions
                .into_iter()
                .for_each(|name| found.item(first(Target::new(PageFunction::KIND, name)))),
            Err(unfit) => found.matters(
                None,
                format!(
                    "the page is shown from S3 alone, because no function of CloudFront takes it: {unfit}"
                ),
            ),
        }
        if let Readiness::Ready(_) = prepared::readiness(account, case.scope.page.as_deref()) {
            found.fine(None, format!("the page is ready in {name}"));
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Bucket, &Page, &SigningControl, &PageFunction]
    }
}

/// The names of the functions that step 310 uses; one where there is no distribution yet.
fn functions(account: &Account, case: &Case) -> Result<BTreeSet<String>, crate::front::page::Unfit> {
    let enabled = account.distributions.items().filter(|(_, one)| one.enabled);
    let all = enabled.map(|(id, _)| page_function::of_distribution(id, account, case));
    let mut all = all.collect::<Result<BTreeSet<String>, _>>()?;
    if all.is_empty() {
        all.insert(page_function::of_distribution("", account, case)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
