//! Is what a step says that it leaves open the truth? Each table takes the step's sentence apart and
//! says by what each part of it is shown; what is left open behind the step must be exactly that.
//!
//! ```text
//!  leaves of 590:  site-to-site VPN, Client VPN, … ; the serial console; subnets shared …
//!  table           └ "* vgw-home"   └ "* cvpn-app"   └ "door serial-console"  └ "* igw-theirs"
//!  rehearsal       what exposure finds open behind 590 alone  ==  all of these together
//! ```
//!
//! The sentence is read from left to right: the parts of the table in their order, and between them
//! nothing but `, ` `; ` ` and ` and such. A part that is added to the sentence later belongs to no
//! table and fails; so does one that is taken out.

mod cut;
mod json;
mod shown;
mod tables;

use std::collections::BTreeSet;

use cut::{Cut, params, ways, world};
use unplug::account::Account;
use unplug::step::{ParamKind, Params, Scope};
use unplug::steps::{STEPS, find};

/// A step, and what it leaves.
pub struct Leaves {
    pub step: u16,
    pub with: &'static [(&'static str, &'static str)],
    /// What the account has or lacks, where the step needs it otherwise than the whole one.
    pub given: fn(&mut Account),
    /// The one instance that the run is for: then only its ways are looked at.
    pub instance: Option<&'static str>,
    /// The parts of the sentence, each with what shows it. Runs of parts that sentences have in common
    /// have a name.
    pub says: &'static [&'static [Part]],
}

pub type Part = (&'static str, &'static [By]);

/// What shows that a part of the sentence is true.
pub enum By {
    /// These ways, doors or flows are open behind the cut: see [`Cut::left`]. Words that are left out
    /// or `*` stand for all; several are parted by commas: `in,out internet igw-home v4 eni-web`.
    Open(&'static str),
    /// Everything that was open before.
    Everything,
    /// Everything that was open before, but for what goes by these.
    AllBut(&'static [&'static str]),
    /// What exposure does not know: a test of its own, given the cut.
    Test(fn(&Cut)),
    /// No account and no simulation can show it: why.
    Beyond(&'static str),
}

const NOTHING: fn(&mut Account) = |_| {};

impl Leaves {
    fn name(&self) -> String {
        let with: Vec<String> = self.with.iter().map(|(name, value)| format!(" {name} = {value}")).collect();
        format!("step {}{}", self.step, with.concat())
    }

    fn scope(&self) -> Scope {
        let instances = self.instance.iter().map(ToString::to_string).collect();
        // Where only those who are named are cut, it is this one.
        let named = self.with.contains(&("who", "named")).then(|| "ben".to_owned());
        Scope { instances, principals: named.into_iter().collect(), ..Scope::default() }
    }

    fn account(&self) -> Account {
        let mut account = world();
        (self.given)(&mut account);
        account
    }

    fn parts(&self) -> impl Iterator<Item = &'static Part> {
        self.says.iter().copied().flatten()
    }

    fn sentence(&self) -> &'static str {
        let step = find(unplug::step::StepId(self.step)).unwrap();
        step.effect(&params(self.with)).leaves
    }
}

/// The sentence, read with the parts of the table: what of it belongs to none.
fn unread(sentence: &str, parts: &[&str]) -> Vec<String> {
    let mut left = sentence;
    let mut unread = vec![];
    for part in parts {
        let Some(at) = left.find(part) else {
            unread.push(format!("{sentence:?} says no longer {part:?}"));
            continue;
        };
        unread.extend(more_than_a_join(&left[..at]));
        left = &left[at + part.len()..];
    }
    unread.extend(more_than_a_join(left));
    unread
}

fn more_than_a_join(between: &str) -> Option<String> {
    const JOINS: [&str; 7] = ["", ", ", "; ", " and ", ", and ", "; and ", ": "];
    (!JOINS.contains(&between)).then(|| format!("{between:?} is in no table: show that it is true"))
}

/// The ways that a pattern stands for, of those before the cut. What is new behind it is as written.
fn meant(pattern: &str, before: &BTreeSet<String>) -> BTreeSet<String> {
    let words: Vec<&str> = pattern.split(' ').collect();
    let fits = |way: &&String| {
        let own: Vec<&str> = way.split(' ').collect();
        own.len() >= words.len()
            && words.iter().zip(own).all(|(word, own)| *word == "*" || word.split(',').any(|one| one == own))
    };
    let known: BTreeSet<String> = before.iter().filter(fits).cloned().collect();
    if known.is_empty() { [pattern.to_owned()].into() } else { known }
}

fn named(leaves: &Leaves, before: &BTreeSet<String>) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for by in leaves.parts().flat_map(|(_, by)| by.iter()) {
        match by {
            By::Open(pattern) => named.extend(meant(pattern, before)),
            By::Everything => named.extend(before.iter().cloned()),
            By::AllBut(ids) => {
                let other = |way: &&String| !way.split(' ').any(|word| ids.contains(&word));
                named.extend(before.iter().filter(other).cloned());
            }
            By::Test(_) | By::Beyond(_) => {}
        }
    }
    named
}

fn lines(ways: &BTreeSet<String>, other: &BTreeSet<String>) -> String {
    ways.difference(other).map(|way| format!("\n    {way}")).collect()
}

#[test]
fn every_step_leaves_what_it_says_and_nothing_else() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut wrong = vec![];
    for leaves in tables::ALL.iter().copied().flatten() {
        let cut = runtime.block_on(Cut::of(leaves.account(), leaves.step, leaves.with, leaves.scope()));
        let focus = leaves.instance;
        let (before, left) = (ways(&cut.before, focus), cut.left(focus));
        let named = named(leaves, &before);
        let name = leaves.name();
        let parts: Vec<&str> = leaves.parts().map(|(part, _)| *part).collect();
        wrong.extend(unread(leaves.sentence(), &parts).iter().map(|words| format!("{name}: {words}")));
        if named != left {
            let (silent, untrue) = (lines(&left, &named), lines(&named, &left));
            wrong.push(format!("{name}\n  left and not named:{silent}\n  named and not left:{untrue}"));
        }
        if !matches!(leaves.step, 190 | 500 | 505) {
            assert!(!cut.step.changes.is_empty(), "{name} cuts nothing");
        }
        for (part, by) in leaves.parts() {
            for by in *by {
                match by {
                    By::Test(test) => {
                        let proven = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&cut)));
                        wrong.extend(
                            proven.is_err().then(|| format!("{name}: {part:?} is not shown, see above")),
                        );
                    }
                    By::Beyond(why) => assert!(!why.is_empty()),
                    By::Open(_) | By::Everything | By::AllBut(_) => {}
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The ways of a step: each choice of each parameter by itself.
fn choices(step: &dyn unplug::step::Step) -> Vec<Params> {
    let mut all = vec![Params::new()];
    for param in step.spec().params {
        if let ParamKind::Choice(values) = param.kind {
            all.extend(values.iter().map(|value| params(&[(param.name, value)])));
        }
    }
    all
}

#[test]
fn every_sentence_of_a_network_step_and_of_those_on_identities_has_a_table() {
    let identities = [100, 110, 190, 410, 600, 605, 620, 700];
    for step in STEPS {
        let id = step.spec().id;
        // What is made ahead takes no way away.
        if id.stage() != 5 && !identities.contains(&id.0) || unplug::steps::prepares(id) {
            continue;
        }
        let tables: Vec<&str> = tables::ALL
            .iter()
            .copied()
            .flatten()
            .filter(|leaves| leaves.step == id.0)
            .map(Leaves::sentence)
            .collect();
        for params in choices(*step) {
            let sentence = step.effect(&params).leaves;
            assert!(tables.contains(&sentence), "step {id} {params:?} has no table for {sentence:?}");
        }
    }
}

#[test]
fn what_is_not_judged_is_explained_in_docs_exposure() {
    let page = include_str!("../../../docs/exposure.md");
    let (_, page) = page.split_once("**Not judged").unwrap();
    let rows: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()).collect();
    for (part, _) in &tables::UNJUDGED[1..] {
        let way = part.split(" for those who").next().unwrap();
        assert!(rows.contains(&way), "docs/exposure.md has no row for {way:?}");
    }
}

#[test]
fn the_account_has_every_kind_of_way() {
    let open = ways(&world(), None);
    for kind in tables::KINDS {
        let known = meant(kind, &open);
        assert!(known.is_subset(&open), "no {kind} among {open:#?}");
    }
}

#[test]
fn a_part_that_no_table_has_is_seen_and_so_is_one_that_is_gone() {
    let parts = ["VPN", "peering and links", "the serial console"];
    assert_eq!(unread("VPN, peering and links; and the serial console", &parts), Vec::<String>::new());
    for sentence in [
        "VPN, peering and links; DNS; the serial console",
        "some VPN, peering and links; the serial console",
        "VPN, peering and links; the serial console, unless it is off",
        "VPN, peering and links",
        "peering and links, VPN; the serial console",
    ] {
        assert!(!unread(sentence, &parts).is_empty(), "{sentence:?}");
    }
}

#[test]
fn a_pattern_stands_for_what_was_open_before() {
    let before: BTreeSet<String> =
        ["in internet igw-1 v4 eni-1", "out internet igw-1 v4 eni-1", "out internet igw-1 v6 eni-2"]
            .map(str::to_owned)
            .into();
    assert_eq!(meant("in,out internet igw-1 v4", &before).len(), 2);
    assert_eq!(meant("* * igw-1", &before), before);
    // What nothing had before is as written: it has to be new behind the cut.
    assert_eq!(meant("out internet igw-2", &before), ["out internet igw-2".to_owned()].into());
}
