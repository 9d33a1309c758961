//! Access points and Multi-Region Access Points: which are open, and what the account's block does to them.
//!
//! S3 asks the access point's own block, the bucket's and that of the bucket's account; of a Multi-Region
//! Access Point that of its own account too. An access point's block is set when it is made, and nobody can
//! change it: the account's closes what it leaves open.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-bpa-settings.html>
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/multi-region-access-point-block-public-access.html>

use crate::account::{AccessPoint, Account, MultiRegionAccessPoint};
use crate::step::{Case, Found, first_few};

/// How many names a line has before it counts the rest.
const SHOWN: usize = 8;

/// Says of every access point in scope, and of every Multi-Region Access Point, who reaches it.
pub(super) fn say(account: &Account, case: &Case, found: &mut Found) {
    for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
        let mut closed = vec![];
        for (name, point) in here.access_points.items() {
            // One that was not read is a gap of the section.
            let Some(point) = point.read() else { continue };
            match (point.is_open(), &point.bucket_account) {
                (true, None) => found.note(Some(region), open(name, point)),
                // The block of the bucket's account counts, not that of the access point's.
                (true, Some(owner)) => {
                    let text = open(name, point);
                    found.matters(
                        Some(region),
                        format!("{text}, of account {owner}: this block does not close it"),
                    );
                }
                (false, _) => closed.push(words(name, point)),
            }
        }
        if !closed.is_empty() {
            let text = format!("access points that are not public: {}", first_few(&closed, SHOWN));
            found.fine(Some(region), text);
        }
    }
    for (name, point) in account.multi_region_access_points.items() {
        let Some(point) = point.read() else { continue };
        let text = multi_region(name, point);
        if point.is_open() { found.note(None, text) } else { found.fine(None, text) }
    }
}

fn open(name: &str, point: &AccessPoint) -> String {
    format!("access point {name} is public by its policy, to bucket {}", point.bucket)
}

/// `logs (from vpc-1)`
fn words(name: &str, point: &AccessPoint) -> String {
    match &point.vpc {
        Some(vpc) => format!("{name} (from {vpc} alone)"),
        None if point.by_policy => format!("{name} (its own block closes its policy)"),
        None => format!("{name} (from the internet, by those whom policies name)"),
    }
}

fn multi_region(name: &str, point: &MultiRegionAccessPoint) -> String {
    let buckets: Vec<String> = point.buckets.iter().map(|(bucket, at)| format!("{bucket} in {at}")).collect();
    let state = match (point.is_open(), point.by_policy) {
        (true, _) => "is public by its policy",
        (false, true) => "has a public policy, and its own block closes it",
        (false, false) => "is not public",
    };
    format!("Multi-Region Access Point {name} {state}: {}", first_few(&buckets, SHOWN))
}

#[cfg(test)]
mod tests {
    use super::super::S3PublicAccess;
    use super::*;
    use crate::account::{PublicAccessBlock, Region, Seen};
    use crate::sim::sample;
    use crate::step::{Finding, Scope, Step as _};
    use crate::steps::shared::testing::case;

    const OFF: PublicAccessBlock = PublicAccessBlock {
        block_public_acls: false,
        ignore_public_acls: false,
        block_public_policy: false,
        restrict_public_buckets: false,
    };

    fn point(by_policy: bool, block: PublicAccessBlock) -> AccessPoint {
        AccessPoint { bucket: "shop-site".into(), by_policy, block, ..AccessPoint::default() }
    }

    fn said(points: Vec<(&str, AccessPoint)>, multi: Vec<(&str, MultiRegionAccessPoint)>) -> Vec<Finding> {
        let mut account = sample::account();
        let read = |(name, point): (&str, AccessPoint)| (name.to_owned(), Seen::Read(point));
        let here =
            Region { access_points: Seen::Read(points.into_iter().map(read).collect()), ..Region::empty() };
        account.regions.insert(sample::REGION.into(), here);
        let read = |(name, point): (&str, MultiRegionAccessPoint)| (name.to_owned(), Seen::Read(point));
        account.multi_region_access_points = Seen::Read(multi.into_iter().map(read).collect());
        S3PublicAccess.find(&account, &case(&[])).findings
    }

    fn has(said: &[Finding], words: &str) -> bool {
        said.iter().any(|finding| finding.text.contains(words))
    }

    #[test]
    fn an_open_access_point_is_named_and_a_closed_one_says_why() {
        let inside = AccessPoint { vpc: Some("vpc-1".into()), ..point(false, OFF) };
        let said = said(
            vec![
                ("open", point(true, OFF)),
                ("shut", point(true, PublicAccessBlock::ALL_ON)),
                ("inside", inside),
                ("named", point(false, OFF)),
            ],
            vec![],
        );
        assert!(has(&said, "access point open is public by its policy, to bucket shop-site"), "{said:?}");
        for words in [
            "shut (its own block closes its policy)",
            "inside (from vpc-1 alone)",
            "named (from the internet",
        ] {
            assert!(has(&said, words), "{said:?}");
        }
    }

    #[test]
    fn the_account_s_block_does_not_close_a_bucket_of_another_account() {
        let theirs = AccessPoint { bucket_account: Some(sample::OTHER.into()), ..point(true, OFF) };
        let said = said(vec![("theirs", theirs)], vec![]);
        assert!(has(&said, "of account 222222222222: this block does not close it"), "{said:?}");
    }

    #[test]
    fn multi_region_access_points_are_named_with_their_buckets() {
        let multi = |by_policy, block| MultiRegionAccessPoint {
            status: "READY".into(),
            buckets: [("eu-site".to_owned(), "eu-west-1".to_owned())].into(),
            by_policy,
            block,
        };
        let said =
            said(vec![], vec![("open", multi(true, OFF)), ("shut", multi(true, PublicAccessBlock::ALL_ON))]);
        assert!(
            has(&said, "Multi-Region Access Point open is public by its policy: eu-site in eu-west-1"),
            "{said:?}"
        );
        assert!(has(&said, "shut has a public policy, and its own block closes it"), "{said:?}");
    }

    #[test]
    fn access_points_of_other_regions_are_not_named() {
        let mut account = sample::account();
        let points = [("open".to_owned(), Seen::Read(point(true, OFF)))].into();
        account
            .regions
            .insert(sample::REGION.into(), Region { access_points: Seen::Read(points), ..Region::empty() });
        let mut case = case(&[]);
        case.scope = Scope { regions: Some(["eu-west-1".to_owned()].into()), ..Scope::default() };
        assert!(!has(&S3PublicAccess.find(&account, &case).findings, "access point"));
    }
}
