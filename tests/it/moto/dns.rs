//! 330 over the wire: names lead to another place, somebody else's edit stays, and everything else comes back
//! exactly.

use std::path::PathBuf;

use serde_json::Value;

use super::account::{Declared, boto, compare, dump};
use super::binary::Machine;
use super::server::seeded;

/// The names that are switched: of every routing that moto knows.
pub const NAMES: [&str; 4] =
    ["alias.example.com", "shop.example.com", "status.example.com", "www.example.com"];

/// A playbook that leads the names to an address.
pub fn playbook(folder: PathBuf) -> PathBuf {
    let file = folder.join("switch.toml");
    let text = format!(
        "title = \"Switch\"\nabout = \"Names lead to the page.\"\n\n\
         [[step]]\nrun = 330\nwith = {{ names = {NAMES:?}, to = \"192.0.2.99\" }}\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// The values of a name's address records.
fn addresses(records: &Value, name: &str) -> Vec<String> {
    let all = records.as_object().unwrap().values();
    let named = all.filter(|record| record["Name"] == format!("{name}.") && record["Type"] == "A");
    let values = named.flat_map(|record| record["ResourceRecords"].as_array().cloned().unwrap_or_default());
    values.map(|value| value["Value"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn names_are_switched_and_a_foreign_edit_survives_the_restore() {
    let (copy, seed) = seeded();
    let zone = seed["names"]["zone"].as_str().unwrap();
    let machine = Machine::new(&copy.url());
    let file = playbook(machine.path(""));
    let file = file.to_str().unwrap();
    let regions = ["us-east-1"];
    let before = dump(&copy.url(), &regions);

    machine.sure(&["pull", file]).ends(0).says("86400 seconds");
    let cut = dump(&copy.url(), &regions);
    let records = &cut.json["zones"]["global"][zone]["records"];
    for name in NAMES {
        assert_eq!(addresses(records, name), ["192.0.2.99"], "{name}");
    }
    let again = machine.run(&["plan", file, "--json"]).ends(0).json();
    assert_eq!(again["changes"], serde_json::json!([]));

    let code = format!(
        r#"
client({url:?}, "route53").change_resource_record_sets(HostedZoneId={zone:?}, ChangeBatch={{"Changes": [{{
    "Action": "UPSERT",
    "ResourceRecordSet": {{"Name": "text.example.com.", "Type": "TXT", "TTL": 300,
                          "ResourceRecords": [{{"Value": '"written meanwhile"'}}]}},
}}]}})
"#,
        url = copy.url()
    );
    assert!(boto(&copy.url(), &code).status().unwrap().success());
    let (_, run) = machine.latest();
    machine.run(&["verify", &run]).ends(0);
    machine.sure(&["restore", &run]).ends(0);
    let after = dump(&copy.url(), &regions);
    let written =
        Declared::Must(format!("zones/global/{zone}/records/text.example.com. TXT/ResourceRecords"));
    compare(&before, &after, &[written]).unwrap();
}

#[test]
fn a_record_that_somebody_repoints_after_the_cut_is_not_overwritten() {
    let (copy, seed) = seeded();
    let zone = seed["names"]["zone"].as_str().unwrap();
    let machine = Machine::new(&copy.url());
    let file = playbook(machine.path(""));
    machine.sure(&["pull", file.to_str().unwrap()]).ends(0);
    let code = format!(
        r#"
client({url:?}, "route53").change_resource_record_sets(HostedZoneId={zone:?}, ChangeBatch={{"Changes": [{{
    "Action": "UPSERT",
    "ResourceRecordSet": {{"Name": "www.example.com.", "Type": "A", "TTL": 5,
                          "ResourceRecords": [{{"Value": "192.0.2.66"}}]}},
}}]}})
"#,
        url = copy.url()
    );
    assert!(boto(&copy.url(), &code).status().unwrap().success());
    let (_, run) = machine.latest();
    let restored = machine.sure(&["restore", &run]);
    assert_ne!(restored.code, Some(0), "{restored:?}");
    let now = dump(&copy.url(), &["us-east-1"]);
    assert_eq!(addresses(&now.json["zones"]["global"][zone]["records"], "www.example.com"), ["192.0.2.66"]);
}
