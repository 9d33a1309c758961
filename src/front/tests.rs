//! What visitors see, against a second computation: from the invented facts, request by request, for random
//! companies. The account is built from the same facts, and `of` sees the account alone.

mod company;

use std::collections::BTreeSet;

use super::*;
use crate::dice::Dice;
use crate::exposure;
use company::{Company, Outcome};

const COMPANIES: u64 = 400;

/// What the outcomes of all requests are together.
fn together(outcomes: &BTreeSet<Outcome>) -> Option<Seen> {
    let all: Vec<&Outcome> = outcomes.iter().collect();
    match all[..] {
        [Outcome::Page] => Some(Seen::Page(By::CloudFront)),
        [Outcome::Site] => Some(Seen::Answers),
        [Outcome::Error(status)] => Some(Seen::Error(*status)),
        [Outcome::Nothing] => Some(Seen::TimesOut),
        _ => None,
    }
}

/// Who shows the page is not compared: the outcome of a request does not say it.
fn plain(seen: Seen) -> Option<Seen> {
    match seen {
        Seen::Page(_) => Some(Seen::Page(By::CloudFront)),
        Seen::Perhaps(_) => None,
        other => Some(other),
    }
}

#[test]
fn what_visitors_see_is_what_each_of_their_requests_gets() {
    let mut met = BTreeSet::new();
    for seed in 0..COMPANIES {
        let company = Company::random(&mut Dice(seed));
        let account = company.account();
        let names = of(&account);
        assert_eq!(names.len(), company.names.len(), "{seed}");
        for (n, name) in names.into_iter().enumerate() {
            let expected = together(&company.requests(n));
            let seen = plain(name.seen.clone());
            assert_eq!(seen, expected, "company {seed}, {}: {:?}\n{company:#?}", name.name, name.seen);
            met.insert(seen);
        }
    }
    assert!(met.len() >= 7, "every kind of answer comes up: {met:?}");
}

#[test]
fn what_was_not_read_makes_it_not_known_and_never_something_else() {
    let sections: Vec<Section> = NEEDS.iter().chain(exposure::NEEDS).copied().collect();
    let mut mattered = BTreeSet::new();
    for seed in 0..COMPANIES / 4 {
        let account = Company::random(&mut Dice(seed)).account();
        let whole = of(&account);
        for section in &sections {
            let part =
                account.part(&sections.iter().filter(|one| *one != section).copied().collect(), |_| true);
            for name in of(&part) {
                let known = whole.iter().find(|one| one.name == name.name).unwrap();
                match name.seen {
                    Seen::Perhaps(why) => {
                        assert!(!why.is_empty(), "{seed} {section:?} {}", name.name);
                        if plain(known.seen.clone()).is_some() {
                            mattered.insert(*section);
                        }
                    }
                    seen => assert_eq!(seen, known.seen, "company {seed} without {section:?}: {}", name.name),
                }
            }
        }
    }
    for section in [
        Section::Zones,
        Section::EdgeFunctions,
        Section::ListenerRules,
        Section::S3Block,
        Section::LoadBalancers,
        Section::TargetGroups,
        Section::Interfaces,
        Section::Groups,
        Section::VpcBlock,
    ] {
        assert!(mattered.contains(&section), "{section:?} never mattered");
    }
}

#[test]
fn a_zone_that_could_not_be_read_is_named() {
    let mut account = Company::random(&mut Dice(1)).account();
    account.zones = crate::account::Seen::default();
    assert_eq!(shift(&account, &account).unread, [""; 0], "nobody asked");
    let gap = Gap { cause: crate::account::Cause::Denied, call: String::new(), detail: String::new() };
    account.zones = crate::account::Seen::Gap(gap);
    assert_eq!(shift(&account, &account).unread, ["hosted zones: permission denied"]);
}
