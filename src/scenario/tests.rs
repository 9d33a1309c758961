use super::*;

const SMALL: &str = r#"
title = "x"
story = "x"
[account]
id = "444455556666"
caller = { arn = "arn:aws:iam::444455556666:root", user_id = "444455556666" }
"#;

/// The error of the small account with this added.
fn fault(more: &str) -> String {
    match parse("x", &Document { file: "x.toml", text: &format!("{SMALL}{more}") }) {
        Ok(scenario) => format!("no error: {:?}", scenario.account),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_shipped_scenario_loads_holds_together_and_is_the_one_in_the_folder() {
    let scenarios = list().unwrap();
    assert_eq!(scenarios.first().map(|s| s.name.as_str()), Some(DEFAULT));
    for scenario in &scenarios {
        assert!(!scenario.questions.is_empty() && !scenario.story.is_empty(), "{}", scenario.name);
        assert_eq!(unread(&scenario.account), Vec::<String>::new(), "{}", scenario.name);
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks/drills");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut shipped: Vec<String> = scenarios.into_iter().map(|s| s.name).collect();
    shipped.sort();
    assert_eq!(shipped, files);
}

/// The sections that a scenario leaves out: a drill on it would have a gap.
fn unread(account: &Account) -> Vec<String> {
    let gaps = |at: &str, value: serde_json::Value| -> Vec<String> {
        let fields = value.as_object().unwrap().iter();
        fields.filter(|(_, v)| v.get("gap").is_some()).map(|(name, _)| format!("{at}{name}")).collect()
    };
    let enabled: Vec<_> = account.enabled_regions.read().unwrap().iter().collect();
    assert_eq!(enabled, account.regions.keys().collect::<Vec<_>>());
    let mut unread = gaps("", serde_json::to_value(account).unwrap());
    for (name, region) in &account.regions {
        unread.extend(gaps(&format!("{name} "), serde_json::to_value(region).unwrap()));
    }
    unread
}

#[test]
fn the_shipped_company_has_what_the_steps_are_about() {
    let account = load(DEFAULT).unwrap().account;
    let interfaces: Vec<_> = account.regions.values().flat_map(|r| r.interfaces.items()).collect();
    assert_eq!(interfaces.len(), 38);
    assert!(interfaces.iter().any(|(_, i)| i.managed_by.as_deref() == Some("amazon-elb")));
    assert!(interfaces.iter().any(|(_, i)| i.kind == "nat_gateway"));
    assert!(interfaces.iter().any(|(_, i)| i.managed_by.is_none() && i.instance.is_none()));
    assert!(interfaces.iter().any(|(_, i)| i.groups.len() > 2));
    let nowhere = [
        "access_points",
        "backups",
        "database_proxies",
        "deletion_calls",
        "dns_firewall",
        "key_grants",
        "key_policies",
        "log_groups",
        "queue_policies",
        "quotas",
        "recovery_points",
        "resource_shares",
        "secret_policies",
        "shared_database_snapshots",
        "shared_images",
        "shared_snapshots",
        "sharing_blocks",
        "snapshots",
        "topic_policies",
        "trust_anchors",
        "web_acls",
    ];
    assert_eq!(without(&account), nowhere);
    let subnets: Vec<_> = account.regions.values().flat_map(|r| r.subnets.items()).collect();
    assert!(subnets.iter().any(|(_, subnet)| subnet.owner != account.id));
    assert_eq!(account.caller.role(), Some("AWSReservedSSO_Responder_3f1c9d2e7a8b4c55"));
    assert_eq!(account.exposed_keys.items().count(), 1);
}

/// The sections that are as in an empty Region everywhere.
fn without(account: &Account) -> Vec<String> {
    let regions = account.regions.values().map(|region| serde_json::to_value(region).unwrap());
    let regions: Vec<_> = regions.collect();
    let empty = serde_json::to_value(Region::empty()).unwrap();
    let fields = empty.as_object().unwrap().iter();
    let nowhere = fields.filter(|(name, none)| regions.iter().all(|region| region[*name] == **none));
    nowhere.map(|(name, _)| name.clone()).collect()
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (more, said) in [
        ("s3_blok.read = {}", "x.toml:7:1: unknown key \"s3_blok\"; did you mean \"s3_block\"?"),
        ("trails.reed = {}", "x.toml:7:8: unknown word \"reed\"; did you mean \"read\"?"),
        (
            "[account.regions.eu-west-1.vpcs.read.vpc-1]\nownr = \"x\"",
            "x.toml:8:1: unknown key \"ownr\"; did you mean \"owner\"?",
        ),
        (
            "[account.regions.eu-west-1.vpcs.read.vpc-1]\ncidrs = \"10.0.0.0/8\"",
            "x.toml:8:9: expected a list, found string \"10.0.0.0/8\"",
        ),
        ("[[question]]\nask = \"x\"", "x.toml:7:1: the key \"answer\" is missing"),
        ("format = 3", "x.toml: the account has format 3; this unplug reads format 2"),
    ] {
        assert_eq!(fault(more), said);
    }
}

#[test]
fn contradictions_are_listed() {
    let said = fault(
        r#"
enabled_regions.read = ["us-east-1"]
[account.regions.eu-west-1]
vpcs.read.vpc-1 = { owner = "444455556666" }
subnets.read.subnet-1 = { vpc = "vpc-2" }
instances.read.i-1 = { vpc = "vpc-1", subnet = "subnet-1" }
groups.read.sg-1 = { vpc = "vpc-1", ingress = [{ protocol = "-1", peer = { group = { id = "sg-2" } } }] }
acls.read.acl-1 = { vpc = "vpc-1", is_default = true }
scaling_groups.read.web = { instances = ["i-2"] }
[account.regions.eu-west-1.interfaces.read]
eni-1 = { vpc = "vpc-1", subnet = "subnet-9", groups = ["sg-9"], private_ip = "10.0.0.1" }
eni-2 = { vpc = "vpc-1", subnet = "subnet-1", groups = ["sg-1"], private_ip = "10.0.0.1" }
"#,
    );
    assert_eq!(
        said,
        "\
x.toml: the account does not hold together:
  eu-west-1 is not among the enabled Regions
  eu-west-1 subnet-1 names the VPC \"vpc-2\", which is not there
  eu-west-1 i-1 is in vpc-1, its subnet in vpc-2
  eu-west-1 i-1 has no interface
  eu-west-1 eni-1 names the subnet \"subnet-9\", which is not there
  eu-west-1 eni-1 names the group \"sg-9\", which is not there
  eu-west-1 eni-2 is in vpc-1, its subnet in vpc-2
  eu-west-1 eni-2 has the private address of eni-1
  eu-west-1 sg-1 names the group \"sg-2\", which is not there
  eu-west-1 vpc-1 has no default group
  eu-west-1 subnet-1 has no network ACL
  eu-west-1 web names the instance \"i-2\", which is not there
  eu-west-1 vpc-1 has 0 main route tables"
    );
}

#[test]
fn who_is_suspect_must_be_there() {
    for (kind, id) in [("instances", "i-1"), ("keys", "AKIAABSENT"), ("principals", "nobody")] {
        let text = SMALL.replace("[account]", &format!("suspects = {{ {kind} = [\"{id}\"] }}\n[account]"));
        let error = parse("x", &Document { file: "x.toml", text: &text }).unwrap_err();
        assert!(error.to_string().ends_with(&format!("\n  the suspect {id} is not there")), "{error}");
    }
    let suspects = load(DEFAULT).unwrap().suspects;
    assert_eq!(suspects.instances.into_iter().collect::<Vec<_>>(), ["i-0ca8cc994f08b7f4e"]);
    assert_eq!(suspects.principals.into_iter().collect::<Vec<_>>(), ["ci-deploy"]);
}

#[test]
fn a_name_that_does_not_exist_says_which_do() {
    assert_eq!(
        load("kettle").unwrap_err().to_string(),
        "there is no scenario \"kettle\"; shipped: kettle-and-crane, leaked-key, taken-over; a file is given as a path ending in .toml"
    );
}

#[test]
fn the_example_of_the_documentation_loads() {
    let text = include_str!("../../docs/scenarios.md");
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let scenario = parse("x", &Document { file: "docs/scenarios.md", text: example }).unwrap();
    assert_eq!(scenario.questions.len(), 1);
}

#[tokio::test]
async fn the_shipped_account_is_read_as_it_is_written() {
    use crate::aws::Aws;
    use crate::collect::{Ask, identify, read};
    use crate::sim::Simulation;
    for scenario in list().unwrap() {
        for one_item in [false, true] {
            let simulation = Simulation::new(scenario.account.clone());
            if one_item {
                simulation.one_item_a_page();
            }
            let aws = Aws::simulated(simulation);
            let known = identify(&aws).await.unwrap();
            let mut account = read(&aws, &known, &Ask::everything(), &|_, _| {}).await;
            // A scenario tells everybody's events; those of the suspects are read.
            let (mut events, told) =
                (account.events.read().cloned().unwrap(), scenario.account.events.read().unwrap());
            let suspects = scenario.account.exposed_keys.items().next().is_some();
            assert_eq!(
                events.of.take().is_some() && !events.records.is_empty(),
                suspects,
                "{}",
                scenario.name
            );
            assert!(events.records.iter().all(|record| told.records.contains(record)), "{}", scenario.name);
            account.events = scenario.account.events.clone();
            let names = crate::step::Names::default();
            let left = crate::engine::verify::differences((&account, &names), (&scenario.account, &names));
            assert_eq!(left, [], "{}", scenario.name);
            assert!(account == scenario.account, "{}: differs in what moves by itself", scenario.name);
        }
    }
}

/// The small account with a thief of which this is another part.
fn with_thief(part: &str) -> String {
    let whole = "[adversary]\nholds = [{ account = \"999900001111\" }]\nanswers_after = [\"2s\"]\n\
                 account = \"999900001111\"\naddress = \"198.51.100.7\"\nagent = \"x\"\n";
    let key = part.split('=').next().unwrap();
    let lines = whole.lines().map(|line| if line.starts_with(key) { part } else { line });
    let mut text = lines.map(|line| format!("{line}\n")).collect::<String>();
    if !text.contains(part) {
        text.push_str(part);
    }
    fault(&text)
}

#[test]
fn a_thief_that_cannot_be_played_is_said_with_its_line() {
    for (part, said) in [
        ("holds = [{ kee = \"x\" }]", "x.toml:8:12: unknown word \"kee\"; did you mean \"key\"?"),
        (
            "answers_after = []",
            "x.toml:9:17: answers_after names no time: how long the thief takes to answer a change",
        ),
        ("answers_after = [\"0s\"]", "x.toml:9:18: a time is longer than nothing"),
        (
            "moves = [\"reactivate-keys\"]",
            "x.toml:13:10: there is no move \"reactivate-keys\"; did you mean \"reactivate-key\"?",
        ),
        (
            "speed = 1",
            "x.toml:13:1: unknown key \"speed\"; known are holds, answers_after, moves, account, address, agent",
        ),
        (
            "holds = [{ key = \"AKIAABSENT\" }, { instance = { id = \"i-1\", role = \"x\" } }]",
            "x.toml: the account does not hold together:\n  the adversary holds the key AKIAABSENT, which is not there\n  \
             the adversary holds the instance i-1, which is not there",
        ),
    ] {
        assert_eq!(with_thief(part), said);
    }
    assert!(with_thief("answers_after = [\"soon\"]").starts_with("x.toml:9:18: "));
}

#[test]
fn the_shipped_thief_holds_what_the_story_tells() {
    let scenario = load("leaked-key").unwrap();
    let thief = scenario.adversary.unwrap();
    assert_eq!(thief.holds.len(), 5);
    let suspects = scenario.suspects.keys;
    let keys =
        thief.holds.iter().filter_map(|held| if let Held::Key(id) = held { Some(id.clone()) } else { None });
    assert_eq!(keys.collect::<BTreeSet<_>>(), suspects);
    assert_eq!(load(DEFAULT).unwrap().adversary, None);
}
