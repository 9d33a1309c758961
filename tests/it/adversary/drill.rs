//! The thief in a drill: what it says is what happened, for every speed of his.

use serde_json::Value;

use crate::moto::binary::{Machine, Said};

const SCENARIO: &str = include_str!("../../../playbooks/drills/leaked-key.toml");
const SPEEDS: &str = "answers_after = [\"2s\", \"2s\", \"1m\"]";
const MOVES: &str = r#"moves = ["get-session-token", "assume-role", "delete-inline-deny", "reactivate-key"]"#;

/// A drill on the shipped scenario, with these changes of its text.
struct Drill {
    events: Vec<Value>,
    code: Option<i32>,
}

impl Drill {
    fn with(changes: &[(&str, &str)]) -> Drill {
        let mut text = SCENARIO.to_owned();
        for (old, new) in changes {
            assert!(text.contains(old), "{old} is not in the scenario");
            text = text.replace(old, new);
        }
        let machine = Machine::new("");
        std::fs::write(machine.path("night.toml"), text).unwrap();
        let words = ["drill", "--scenario", "./night.toml", "--playbook", "leaked-key", "--auto", "--json"];
        let said = Said::of(machine.bare(&words).output().expect("the binary runs"));
        let events: Result<Vec<Value>, _> = said.out.lines().map(serde_json::from_str).collect();
        Drill { events: events.unwrap_or_else(|error| panic!("{error}\n{said:?}")), code: said.code }
    }

    fn events<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events.iter().filter(move |event| event["event"] == name)
    }

    /// What the drill tells of the thief at its end.
    fn thief(&self) -> &Value {
        self.events("adversary").next().expect("he is told of")
    }

    /// How many changes each look of the watch found open.
    fn open(&self) -> Vec<u64> {
        let looks = self.thief()["looks"].as_array().unwrap();
        looks
            .iter()
            .map(|look| look["broken"].as_u64().unwrap() + look["appeared"].as_u64().unwrap())
            .collect()
    }

    fn moves(&self) -> Vec<&str> {
        let moves = self.thief()["moves"].as_array().unwrap();
        moves.iter().map(|one| one["move"].as_str().unwrap()).collect()
    }

    /// The credentials with which he reaches something.
    fn reach(&self, when: &str) -> Vec<&str> {
        let mut with: Vec<&str> =
            self.thief()[when].as_array().unwrap().iter().map(|one| one["with"].as_str().unwrap()).collect();
        with.sort_unstable();
        with.dedup();
        with
    }
}

#[test]
fn the_shipped_thief_comes_back_and_is_held() {
    let drill = Drill::with(&[]);
    assert_eq!(drill.code, Some(0), "{:?}", drill.events.last());
    let open = drill.open();
    assert!(open[0] > 0, "something came back: {open:?}");
    assert_eq!(open.last(), Some(&0), "it holds in the end: {open:?}");
    // What the summary counts is what the looks said themselves.
    let looked: Vec<u64> = drill
        .events("looked")
        .map(|look| {
            (look["open"].as_array().unwrap().len() + look["appeared"].as_array().unwrap().len()) as u64
        })
        .collect();
    assert_eq!(open, looked);
    // Each change that was found open was cut again, and CloudTrail named the thief.
    let culprits = drill.events("by-whom").flat_map(|told| told["found"].as_array().unwrap());
    let calls: Vec<&str> = culprits.map(|one| one["by"]["call"].as_str().unwrap()).collect();
    for call in ["iam:DeleteUserPolicy", "iam:DeleteRolePolicy", "iam:UpdateAccessKey"] {
        assert!(calls.contains(&call), "{call}: {calls:?}");
    }
    assert!(drill.reach("before").len() > 4, "{:?}", drill.reach("before"));
    assert_eq!(drill.reach("after"), ["function ll-booking (role ll-booking)"], "the layer is not cut");
    assert!(!drill.thief()["refused"].as_array().unwrap().is_empty());
    let access = &drill.events("access").next().unwrap()["acting"]["read"];
    assert!(access["before"]["yes"].as_u64() > access["after"]["yes"].as_u64(), "{access}");
}

/// The rows of step 600 in docs/adversary.md: against a person it holds, against a tool it does not.
#[test]
fn a_drill_ends_as_the_table_of_the_adversary_says() {
    let person = Drill::with(&[(SPEEDS, "answers_after = [\"1m\"]"), (MOVES, "")]);
    assert!(person.open().iter().all(|open| *open == 0), "{:?}", person.open());
    assert_eq!(person.code, Some(0));
    assert!(person.moves().iter().all(|name| ["get-session-token", "assume-role"].contains(name)));
    let tool = Drill::with(&[(SPEEDS, "answers_after = [\"1s\"]"), (MOVES, "")]);
    assert!(tool.open().iter().all(|open| *open > 0), "{:?}", tool.open());
    for name in ["delete-inline-deny", "reactivate-key", "create-admin-user"] {
        assert!(tool.moves().contains(&name), "{name}: {:?}", tool.moves());
    }
    assert!(tool.reach("after").len() > 1, "{:?}", tool.reach("after"));
}

#[test]
fn what_the_thief_made_stays_and_is_named() {
    let machine = Machine::new("");
    let more = MOVES.replace(']', ", \"create-admin-user\"]");
    std::fs::write(machine.path("night.toml"), SCENARIO.replace(MOVES, &more)).unwrap();
    let words = ["drill", "--scenario", "./night.toml", "--playbook", "leaked-key", "--auto"];
    Said::of(machine.bare(&words).output().expect("the binary runs"))
        .says("What the thief changed stays as it is: ")
        .says("principals/users/svc-metrics: made");
}
