//! Seeds of 305: nothing is there, a name that another account has, and what a run left half made.

use unplug::account::{Account, PageBucket, PublicAccessBlock, Seen};

use super::{Seed, company, seed};

/// Nothing is prepared, beside two distributions.
fn bare() -> Account {
    let mut account = company();
    account.page_bucket = Seen::Read(None);
    account.access_controls = Seen::Read([].into());
    account
}

/// Another account has the bucket's name.
fn taken() -> Account {
    let mut account = bare();
    let name = PageBucket::name_of(&account.id);
    account.page_bucket = Seen::Read(Some(PageBucket { name, foreign: true, ..PageBucket::default() }));
    account
}

/// A bucket as S3 makes it, empty and without a policy, in another Region.
fn begun() -> Account {
    let mut account = bare();
    let name = PageBucket::name_of(&account.id);
    let bucket = PageBucket {
        domain: format!("{name}.s3.eu-west-1.amazonaws.com"),
        name,
        region: "eu-west-1".into(),
        block: Some(PublicAccessBlock::ALL_ON),
        enforced: true,
        encryption: Some("AES256".into()),
        ..PageBucket::default()
    };
    account.page_bucket = Seen::Read(Some(bucket));
    account
}

pub fn seeds() -> Vec<Seed> {
    vec![
        Seed {
            tamper: Some(|account| {
                let function = "function handler(event) { return event.request; }";
                for one in account.edge_functions.read_mut().unwrap().values_mut() {
                    if one.draft.is_some() {
                        one.draft = Some(function.into());
                        one.live.clone_from(&one.draft);
                    }
                }
                if let Some(bucket) = account.page_bucket.read_mut().unwrap() {
                    bucket.pages.values_mut().for_each(|page| page.html = "<p>pay here".into());
                }
            }),
            ..seed(
                "nothing is prepared",
                305,
                bare(),
                Some(|account| {
                    // Somebody opens the bucket.
                    if let Some(bucket) = account.page_bucket.read_mut().unwrap() {
                        bucket.block = None;
                    }
                }),
            )
        },
        seed("the bucket's name is taken", 305, taken(), None),
        seed("a bucket without a policy", 305, begun(), None),
    ]
}
