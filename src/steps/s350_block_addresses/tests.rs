use std::collections::BTreeSet;

use super::acl_denies::AclDenies;
use super::block::Block;
use super::denies::{Denies, Deny};
use super::*;
use crate::account::{Acl, AclEntry, GeoKind, GeoRestriction, Matches, WebAcl, WebRule};
use crate::sim::sample::{self, allow};
use crate::step::{Lens as _, Look, Now, Target, Verdict};
use crate::steps::shared::acl_entries::deny;
use crate::steps::shared::testing::case;

const THIEF: &str = "198.51.100.142/32";
const THIEF_V6: &str = "2001:db8:bad::/48";

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(ToString::to_string).collect()
}

fn acl(rules: &[(i32, AclEntry)]) -> Acl {
    let rules: std::collections::BTreeMap<_, _> = rules.iter().cloned().collect();
    Acl { ingress: rules.clone(), egress: rules, ..Acl::default() }
}

fn denying(acl: &Acl, cidrs: &[&str]) -> Result<Denies, String> {
    let cidrs = set(cidrs);
    Denies::of(acl, &cidrs).denying(acl, &cidrs)
}

fn numbers(denies: &Denies) -> Vec<i32> {
    denies.ingress.keys().copied().collect()
}

#[test]
fn denies_take_the_lowest_free_numbers_before_what_allows_them_both_ways() {
    let open = acl(&[
        (1, allow("10.0.0.0/8")),
        (3, deny("192.0.2.0/24")),
        (100, allow("0.0.0.0/0")),
        (101, allow("::/0")),
    ]);
    let denies = denying(&open, &[THIEF, THIEF_V6]).unwrap();
    assert_eq!(numbers(&denies), [2, 4]);
    assert_eq!(denies.ingress, denies.egress);
    assert_eq!(
        denies.words(),
        format!("denies {THIEF} in by rule 2, out by rule 2; {THIEF_V6} in by rule 4, out by rule 4")
    );
}

#[test]
fn what_is_denied_already_or_let_through_by_nothing_needs_no_rule() {
    let closed = acl(&[(100, allow("10.0.0.0/8"))]);
    assert_eq!(denying(&closed, &[THIEF, THIEF_V6]), Ok(Denies::default()));
    let wide = acl(&[(5, deny("198.51.100.0/24")), (100, allow("0.0.0.0/0"))]);
    assert_eq!(denying(&wide, &[THIEF]), Ok(Denies::default()));
    let of_one_port = AclEntry { protocol: "6".into(), ports: Some((22, 22)), ..deny(THIEF) };
    let narrow = acl(&[(5, of_one_port), (100, allow("0.0.0.0/0"))]);
    assert_eq!(numbers(&denying(&narrow, &[THIEF]).unwrap()), [1]);
}

#[test]
fn a_deny_after_what_allows_the_address_does_not_hold_and_another_comes_first() {
    let late = acl(&[(100, allow("0.0.0.0/0")), (200, deny(THIEF))]);
    let now = Denies::of(&late, &set(&[THIEF]));
    assert_eq!(now.ingress[&200], Deny { cidr: THIEF.into(), holds: false });
    assert_eq!(numbers(&denying(&late, &[THIEF]).unwrap()), [1, 200]);
}

#[test]
fn without_a_free_number_or_with_too_many_rules_it_is_refused() {
    let full = acl(&[(1, allow("0.0.0.0/0"))]);
    assert!(denying(&full, &[THIEF]).unwrap_err().contains("no number is free before its inbound rule 1"));
    let many: Vec<_> = (1..=38).map(|n| (n * 10, deny(&format!("203.0.113.{n}/32")))).collect();
    let many = acl(&[many, vec![(1_000, allow("0.0.0.0/0"))]].concat());
    assert!(denying(&many, &[THIEF]).unwrap_err().contains("it would need 40 inbound IPv4 rules"));
}

#[test]
fn every_state_on_the_way_is_one_call_further() {
    let open = acl(&[(100, allow("0.0.0.0/0"))]);
    let from = Denies::of(&open, &set(&[THIEF]));
    let to = denying(&open, &[THIEF]).unwrap();
    assert_eq!((from.calls(&to).len(), from.path(&to).len()), (2, 1));
    assert_eq!(to.path(&from)[0], Denies { egress: to.egress.clone(), ..Denies::default() });
}

fn account_and_case() -> (crate::account::Account, crate::step::Case) {
    let mut case = case(&[]);
    case.scope.block_cidrs = set(&[THIEF]);
    (sample::account(), case)
}

#[test]
fn the_acls_of_subnets_in_scope_are_edited_and_the_responder_is_asked_for() {
    let (account, mut case) = account_and_case();
    let found = BlockAddresses.find(&account, &case);
    assert!(!found.items.is_empty());
    assert!(found.findings.iter().any(|one| one.matters && one.text.contains("your own address")));
    case.config = std::sync::Arc::new(crate::config::Config {
        responder_cidrs: vec!["203.0.113.0/24".parse().unwrap()],
        ..Default::default()
    });
    assert!(!BlockAddresses.find(&account, &case).findings.iter().any(|one| one.matters));
    // One subnet of several behind an ACL: the others are out of scope.
    case.scope.subnets = set(&["subnet-1a"]);
    let narrow = BlockAddresses.find(&account, &case);
    let left_alone = narrow.findings.iter().any(|one| one.text.contains("left alone"));
    assert!(left_alone || narrow.items.len() < found.items.len());
    case.scope.block_cidrs.clear();
    let none = BlockAddresses.find(&account, &case);
    assert!(none.items.is_empty() && none.findings[0].text.contains("no address is named"));
}

#[test]
fn addresses_of_the_vpc_itself_are_refused() {
    let (account, mut case) = account_and_case();
    case.scope.block_cidrs = set(&["10.0.1.5/32"]);
    let here = &account.regions[sample::REGION];
    let (id, _) = here.acls.items().find(|(_, acl)| acl.vpc == "vpc-1" && acl.owner == account.id).unwrap();
    let at = Target::new(AclDenies::KIND, id).region(sample::REGION).vpc("vpc-1");
    let look = Look::new(&at, &account, &case);
    let Now::Is(now) = AclDenies.state(&look) else { panic!("no state") };
    let Verdict::Refuse(why) = AclDenies.contain(&now, &look) else { panic!("not refused") };
    assert!(why.contains("10.0.1.5/32 has addresses of vpc-1 itself"), "{why}");
}

/// A web ACL with a rule of each number, and one of this name where one is given.
fn web_acl(numbers: &[i32], block: Option<(&str, WebRule)>) -> WebAcl {
    let rule =
        |number: &i32| WebRule { name: format!("rule-{number}"), priority: *number, ..WebRule::default() };
    let mut rules: Vec<WebRule> = numbers.iter().map(rule).collect();
    rules.extend(block.map(|(name, rule)| WebRule { name: name.into(), ..rule }));
    rules.sort_by_key(|rule| rule.priority);
    WebAcl { rules, ..WebAcl::default() }
}

fn block(cidrs: &[&str], countries: &[&str]) -> Block {
    Block { cidrs: set(cidrs), countries: set(countries) }
}

#[test]
fn a_set_holds_addresses_of_one_version_and_names_say_what_they_hold() {
    let both = block(&[THIEF, THIEF_V6], &["KP"]);
    let sets = both.sets();
    let [(v4, four), (v6, six)] = &sets[..] else { panic!("{sets:?}") };
    assert_eq!((&four.addresses, four.ipv6), (&set(&[THIEF]), false));
    assert_eq!((&six.addresses, six.ipv6), (&set(&[THIEF_V6]), true));
    let sets = [Matches::IpSet(v4.clone()), Matches::IpSet(v6.clone())];
    assert_eq!(both.matches(), Matches::AnyOf([&sets[..], &[Matches::Countries(set(&["KP"]))]].concat()));
    assert_eq!(block(&[THIEF], &[]).matches(), Matches::IpSet(v4.clone()), "an OR of one is none");
    assert_eq!(block(&[], &["KP"]).matches(), Matches::Countries(set(&["KP"])));
    assert_eq!((both.units(), block(&[THIEF], &[]).units()), (3, 1));
    assert_ne!(both.name(), block(&[THIEF], &["KP"]).name());
}

#[test]
fn rules_without_a_gap_from_zero_stand_in_the_way() {
    let ours = "unplug-block-1";
    assert_eq!(acl_order::run_from_zero(&web_acl(&[0, 1, 4], None), ours), 2);
    assert_eq!(acl_order::run_from_zero(&web_acl(&[1, 2], None), ours), 0);
    assert_eq!(acl_order::run_from_zero(&web_acl(&[], None), ours), 0);
    let cut = web_acl(&[1, 2, 4], Some((ours, WebRule::default())));
    assert_eq!(acl_order::run_from_zero(&cut, ours), 0, "the block itself is no other");
}

#[test]
fn a_block_behind_another_rule_is_not_first_unless_that_blocks_for_another_run() {
    let rule = |priority, action: &str| WebRule { priority, action: action.into(), ..WebRule::default() };
    let first = |acl: &WebAcl| acl_rule::Rule::of(acl, "unplug-block-1").unwrap().first;
    assert!(first(&web_acl(&[3], Some(("unplug-block-1", rule(0, "block"))))));
    assert!(!first(&web_acl(&[3], Some(("unplug-block-1", rule(4, "block"))))));
    let mut two = web_acl(&[], Some(("unplug-block-1", rule(1, "block"))));
    two.rules.insert(0, WebRule { name: "unplug-block-2".into(), ..rule(0, "block") });
    assert!(first(&two));
    two.rules[0].action = "allow".into();
    assert!(!first(&two), "a thief may take the name");
}

#[test]
fn a_list_of_allowed_countries_is_narrowed_and_one_of_blocked_countries_grows() {
    let geo = |kind, countries: &[&str]| GeoRestriction { kind, countries: set(countries) };
    let blocked = set(&["KP", "SY"]);
    let cut = |now: &GeoRestriction| geo::with(now, &blocked, &set(&[]));
    let none = geo(GeoKind::None, &[]);
    assert_eq!(cut(&none), geo(GeoKind::Blocked, &["KP", "SY"]));
    assert_eq!(geo::with(&cut(&none), &blocked, &blocked), none, "and back");
    let listed = geo(GeoKind::Blocked, &["CU", "KP"]);
    assert_eq!(cut(&listed), geo(GeoKind::Blocked, &["CU", "KP", "SY"]));
    assert_eq!(geo::with(&cut(&listed), &set(&["SY"]), &set(&["SY"])), listed);
    let allowed = geo(GeoKind::Allowed, &["JP", "KP"]);
    assert_eq!(cut(&allowed), geo(GeoKind::Allowed, &["JP"]));
    assert_eq!(geo::with(&cut(&allowed), &set(&["KP"]), &set(&["KP"])), allowed);
    // What somebody has added meanwhile stays.
    let edited = geo(GeoKind::Blocked, &["KP", "SY", "CU"]);
    assert_eq!(geo::with(&edited, &blocked, &blocked), geo(GeoKind::Blocked, &["CU"]));
}
