//! Tests of the comparison of two accounts.

use super::*;
use crate::account::{Cause, Gap, Principals, Role, Seen, Trail, VpcBlock};
use crate::sim::sample;

fn without_groups(cause: Cause) -> Account {
    let mut account = sample::account();
    for region in account.regions.values_mut() {
        region.groups = Seen::Gap(Gap { cause, call: String::new(), detail: String::new() });
    }
    account
}

#[test]
fn sections_that_nobody_read_do_not_differ() {
    let (whole, names) = (sample::account(), Names::default());
    let part = without_groups(Cause::NotRead);
    assert_eq!(differences((&part, &names), (&whole, &names)), []);
    assert_eq!(differences((&whole, &names), (&part, &names)), []);
    let denied = without_groups(Cause::Denied);
    assert_ne!(differences((&whole, &names), (&denied, &names)), []);
}

#[test]
fn a_block_that_is_off_again_is_as_it_was() {
    let names = Names::default();
    let with = |mode: &str, state: &str| {
        let mut account = sample::account();
        for region in account.regions.values_mut() {
            let (mode, state) = (mode.into(), state.into());
            region.vpc_block = Seen::Read(VpcBlock { mode, state, ..VpcBlock::default() });
        }
        account
    };
    let never = with("off", "default-state");
    assert_eq!(differences((&never, &names), (&with("off", "update-complete"), &names)), []);
    assert_ne!(differences((&never, &names), (&with("off", "update-in-progress"), &names)), []);
    assert_ne!(differences((&never, &names), (&with("block-ingress", "update-complete"), &names)), []);
}

#[test]
fn which_of_several_calls_failed_first_is_no_difference() {
    let (one, names) = (without_groups(Cause::Denied), Names::default());
    let mut other = one.clone();
    for region in other.regions.values_mut() {
        let call = "ec2:DescribeSecurityGroups".to_owned();
        region.groups = Seen::Gap(Gap { cause: Cause::Denied, call, detail: "no".into() });
    }
    assert_eq!(differences((&one, &names), (&other, &names)), []);
    assert_ne!(differences((&one, &names), (&without_groups(Cause::Throttled), &names)), []);
}

#[test]
fn a_gap_on_either_side_or_on_both_is_neither_equal_nor_different() {
    let (whole, names) = (sample::account(), Names::default());
    let denied = without_groups(Cause::Denied);
    for (one, other) in [(&whole, &denied), (&denied, &whole), (&denied, &denied)] {
        let compared = compared((one, &names), (other, &names));
        assert_eq!(compared.differences, []);
        let unread: Vec<String> =
            whole.regions.keys().map(|region| format!("regions/{region}/groups")).collect();
        assert_eq!(compared.unread, unread);
    }
    let part = without_groups(Cause::NotRead);
    assert_eq!(compared((&part, &names), (&whole, &names)), Compared::default());
}

fn denied() -> Gap {
    Gap { cause: Cause::Denied, call: "s3:GetBucketPolicyStatus".into(), detail: "no".into() }
}

#[test]
fn a_bucket_that_was_not_read_is_neither_open_nor_private() {
    let (names, region) = (Names::default(), || sample::REGION.to_owned());
    let with = |bucket: Option<PublicBucket>| {
        let mut account = sample::account();
        account.public_buckets =
            Seen::Read(bucket.map(|bucket| ("open".to_owned(), bucket)).into_iter().collect());
        account
    };
    let open = with(Some(PublicBucket { region: region(), by_policy: true, ..PublicBucket::default() }));
    let gap = Seen::Gap(denied());
    let unread = with(Some(PublicBucket { region: region(), policy: gap, ..PublicBucket::default() }));
    for (one, other) in [(&open, &unread), (&unread, &open), (&with(None), &unread)] {
        let compared = compared((one, &names), (other, &names));
        assert_eq!(compared.differences, []);
        assert_eq!(compared.unread, ["public_buckets/open"]);
    }
    assert_ne!(compared((&open, &names), (&with(None), &names)).differences, []);
}

#[test]
fn the_trails_of_a_region_that_could_not_be_listed_do_not_differ() {
    let names = Names::default();
    let trail = |at: &str| Trail { home_region: at.into(), name: at.into(), ..Trail::default() };
    let mut whole = sample::account();
    whole.trails = Seen::Read(["a", "b"].map(|at| (format!("arn:{at}"), trail(at))).into());
    let mut part = whole.clone();
    part.trails.read_mut().unwrap().remove("arn:b");
    part.trails_unread = [("b".to_owned(), denied())].into();
    for (one, other) in [(&whole, &part), (&part, &whole)] {
        let compared = compared((one, &names), (other, &names));
        assert_eq!(compared.differences, []);
        assert_eq!(compared.unread, ["trails_unread/b"]);
    }
    part.trails_unread.clear();
    assert_eq!(compared((&whole, &names), (&part, &names)).differences.len(), 1, "it is gone");
}

#[test]
fn a_region_that_was_not_read_is_no_difference() {
    let (whole, names) = (sample::account(), Names::default());
    let mut more = whole.clone();
    more.regions.insert("eu-north-1".into(), Default::default());
    assert_eq!(differences((&whole, &names), (&more, &names)), []);
    assert_eq!(differences((&more, &names), (&whole, &names)), []);
}

#[test]
fn the_suffix_of_a_permission_sets_role_is_no_difference_and_the_role_of_another_instance_is_none_either() {
    let names = Names::default();
    let with = |roles: &[(&str, &str)]| {
        let mut account = sample::account();
        let mut all = Principals::default();
        for (suffix, boundary) in roles {
            let name = format!("AWSReservedSSO_Audit_{suffix}");
            let arn = format!("arn:aws:iam::111122223333:role/{name}");
            all.roles.insert(name, Role { arn, boundary: Some((*boundary).into()), ..Role::default() });
        }
        account.principals = Seen::Read(all);
        account
    };
    let of_one = with(&[("aaaa", "one")]);
    assert_eq!(differences((&of_one, &names), (&with(&[("bbbb", "one")]), &names)), []);
    assert_ne!(differences((&of_one, &names), (&with(&[("aaaa", "two")]), &names)), []);
    let of_two = with(&[("aaaa", "one"), ("cccc", "two")]);
    assert_ne!(differences((&of_two, &names), (&with(&[("aaaa", "three"), ("cccc", "two")]), &names)), []);
}
