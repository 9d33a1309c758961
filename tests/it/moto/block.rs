//! An attacker's addresses are denied and let in again, over the wire; boto3 looks, and edits a rule
//! meanwhile.

use std::time::Duration;

use serde_json::Value;

use super::account::{Declared, boto, compare, dump};
use super::binary::Machine;
use super::proxy::Proxy;
use super::server::seeded;

pub const WORDS: [&str; 5] =
    ["block-address", "--block-cidr", "198.51.100.142,2001:db8:bad::/48", "--regions", "us-east-1"];
const REGION: &str = "us-east-1";

/// How many rules of an ACL deny the attacker.
fn denies(acl: &Value) -> usize {
    let entries = acl["Entries"].as_array().expect("rules");
    entries.iter().filter(|e| e["CidrBlock"] == "198.51.100.142/32" && e["RuleAction"] == "deny").count()
}

#[test]
fn an_attackers_addresses_are_denied_and_a_rule_of_somebody_else_survives() {
    let (copy, _) = seeded();
    let before = dump(&copy.url(), &[REGION]);
    let proxy = Proxy::start(copy.port, Duration::ZERO, &[]);
    let machine = Machine::new(&proxy.url());
    let pull = [&["pull"], &WORDS[..]].concat();
    machine.sure(&pull).ends(0).says_not("differ from the prediction");
    let cut = dump(&copy.url(), &[REGION]);
    let acls = cut.json["acls"][REGION].as_object().expect("ACLs");
    let used = acls.iter().filter(|(_, acl)| acl["Associations"].as_array().is_some_and(|a| !a.is_empty()));
    let open: Vec<_> = used.filter(|(_, acl)| denies(acl) == 2).collect();
    assert!(!open.is_empty(), "{acls:?}");
    machine.run(&[&["plan"], &WORDS[..]].concat()).ends(0).says_not("350 CUT");

    // Somebody opens a port of one of the ACLs, after the deny: the deny holds, and the rule stays.
    let id = open[0].0;
    let edit = format!(
        "client({:?}, 'ec2', {REGION:?}).create_network_acl_entry(NetworkAclId={id:?}, RuleNumber=777, \
         Protocol='6', RuleAction='allow', Egress=False, CidrBlock='192.0.2.0/24', \
         PortRange={{'From': 443, 'To': 443}})",
        copy.url()
    );
    assert!(boto(&copy.url(), &edit).status().unwrap().success());
    machine.run(&["verify", "--latest"]).ends(0);
    machine.sure(&["restore", "--latest"]).ends(0).says_not("DRIFT");
    let after = dump(&copy.url(), &[REGION]);
    let own = after.json["acls"][REGION][id]["Entries"].as_array().unwrap();
    assert!(own.iter().any(|entry| entry["RuleNumber"] == 777), "{own:?}");
    compare(&before, &after, &[Declared::Must(format!("acls/{REGION}/{id}/Entries"))]).unwrap();
}

#[test]
fn nobody_is_blocked_without_a_name_and_no_responder_is() {
    let (copy, _) = seeded();
    let proxy = Proxy::start(copy.port, Duration::ZERO, &[]);
    let machine = Machine::new(&proxy.url());
    for (words, said) in [
        (&["block-address"][..], "for addresses that you name, and none is named"),
        (&["--steps", "510", "--block-cidr", "203.0.113.7"], "does not take here"),
        (&["block-address", "--block-cidr", "0.0.0.0/0"], "wider than /8"),
        (&["block-address", "--block-cidr", "203.0.113.7/24"], "do you mean 203.0.113.0/24"),
        (
            &["block-address", "--block-cidr", "203.0.113.7", "--keep-cidr", "203.0.113.0/24"],
            "addresses that --keep-cidr 203.0.113.0/24 keeps",
        ),
    ] {
        machine.sure(&[&["pull"], words].concat()).ends(2).says(said);
    }
    assert!(proxy.log().iter().all(|seen| !seen.write), "{:?}", proxy.log());
    assert_eq!(machine.runs().len(), 0, "no run was begun");
}
