//! What `unplug plan --json` prints as left behind a step alone is what the tables name.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::cut::{Cut, short};
use super::{Leaves, tables};
use crate::moto::binary::Machine;

/// The printed exposure counts interfaces: by gateway, not by address family.
fn printed(plan: &Value) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let exposure = &plan["exposure"];
    let after = &exposure["after"];
    let mut left = BTreeSet::new();
    for way in after["ways"].as_array().unwrap() {
        for id in way["paths"].as_object().unwrap().keys() {
            left.insert(format!("{} {} {}", text(&way["direction"]), text(&way["place"]), short(id)));
        }
    }
    for door in after["doors"].as_array().unwrap() {
        left.insert(format!("door {} {}", text(&door["kind"]), text(&door["at"])));
    }
    for kept in exposure["kept"].as_array().unwrap() {
        left.insert(format!("flow {}", short(&text(&kept["path"]["id"]))));
    }
    for (direction, count) in [("in", &after["unanswered_in"]), ("out", &after["unanswered_out"])] {
        left.extend((count.as_u64().unwrap() > 0).then(|| format!("unanswered {direction}")));
    }
    left
}

fn counted(left: &BTreeSet<String>) -> BTreeSet<String> {
    let words = |way: &String, most: usize| way.split(' ').take(most).collect::<Vec<_>>().join(" ");
    let of = |way: &String| match way.split(' ').next() {
        Some("unanswered") => (!way.contains(" service ")).then(|| words(way, 2)),
        _ => Some(words(way, 3)),
    };
    left.iter().filter_map(of).collect()
}

fn playbook(leaves: &Leaves) -> String {
    let with: Vec<String> = leaves.with.iter().map(|(name, value)| format!("{name} = {value:?}")).collect();
    format!(
        "title = \"One step\"\nabout = \"A test.\"\n\n[[step]]\nrun = {}\nwith = {{ {} }}\n",
        leaves.step,
        with.join(", ")
    )
}

#[test]
fn a_plan_prints_what_the_tables_name() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // A plan shows no network where no step cuts one.
    let network = |leaves: &&Leaves| leaves.step / 100 == 5;
    for leaves in tables::ALL.iter().copied().flatten().filter(network) {
        let cut = runtime.block_on(Cut::of(leaves.account(), leaves.step, leaves.with, leaves.scope()));
        let machine = Machine::new("");
        let (account, book) = (machine.path("account.json"), machine.path("one.toml"));
        fs::write(&account, serde_json::to_string(&leaves.account()).unwrap()).unwrap();
        fs::write(&book, playbook(leaves)).unwrap();
        let (account, book) = (account.to_str().unwrap(), book.to_str().unwrap());
        let mut words = vec!["plan", book, "--from", account, "--json"];
        if let Some(instance) = leaves.instance {
            words.extend(["--instance", instance]);
        }
        let plan = machine.run(&words).json();
        assert_eq!(printed(&plan), counted(&cut.left(None)), "{}", leaves.name());
        let said = plan["steps"][0]["leaves"].as_str();
        assert!(said.is_none_or(|said| said == leaves.sentence()), "{said:?}");
    }
}
