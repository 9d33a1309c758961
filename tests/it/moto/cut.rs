//! A seeded account is cut and put back; another client looks before, between and after.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use unplug::aws::operations;

use super::account::{Declared, Dump, boto, compare, dump};
use super::binary::{Machine, Said};
use super::network::lacking;
use super::proxy::{At, Fate, Proxy};
use super::server::seeded;

const STEPS: &str = "100,200,410,505,510,520,605,610,620";
const HELD: [&str; 8] = [
    "AZRebalance",
    "AlarmNotification",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

/// What AWS answers without a support plan; moto's own answer takes the SDK's six attempts.
pub const NO_SUPPORT: (At, Fate) =
    (At::Each("support:DescribeTrustedAdvisorCheckResult"), Fate::Refuse("SubscriptionRequiredException"));

fn items<'a>(dump: &'a Dump, section: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let regions = dump.json[section].as_object().expect("the section").values();
    regions.flat_map(|items| items.as_object().expect("a Region's items"))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn suspended(group: &Value) -> BTreeSet<&str> {
    list(group, "SuspendedProcesses").iter().map(|p| p["ProcessName"].as_str().unwrap()).collect()
}

/// Every interface that the account may change wears one group, and that has no rules.
pub fn interfaces_are_isolated(cut: &Dump) {
    let groups: std::collections::BTreeMap<_, _> = items(cut, "groups").collect();
    let mut seen = 0;
    for (id, interface) in items(cut, "interfaces").filter(|(_, i)| i["RequesterManaged"] == false) {
        let [group] = list(interface, "Groups") else { panic!("{id}: {}", interface["Groups"]) };
        let group = groups[&group["GroupId"].as_str().unwrap().to_owned()];
        let rules = [list(group, "IpPermissions"), list(group, "IpPermissionsEgress")].concat();
        assert_eq!(rules, [] as [Value; 0], "{id} wears {}", group["GroupName"]);
        seen += 1;
    }
    assert!(seen > 0);
}

/// Every subnet is on an ACL that allows nothing.
pub fn subnets_are_cut(cut: &Dump) {
    let mut on = std::collections::BTreeMap::new();
    for (_, acl) in items(cut, "acls") {
        let closed = list(acl, "Entries").iter().all(|entry| entry["RuleAction"] == "deny");
        on.extend(list(acl, "Associations").iter().map(|at| (at["SubnetId"].as_str().unwrap(), closed)));
    }
    for (id, _) in items(cut, "subnets") {
        assert_eq!(on.get(id.as_str()), Some(&true), "{id}");
    }
}

fn scaling_is_held(before: &Dump, cut: &Dump) {
    for ((name, was), (_, is)) in items(before, "scaling_groups").zip(items(cut, "scaling_groups")) {
        let wanted: BTreeSet<&str> = suspended(was).into_iter().chain(HELD).collect();
        assert_eq!(suspended(is), wanted, "{name}");
    }
}

fn everything_is_cut(before: &Dump, cut: &Dump, key: &str) {
    interfaces_are_isolated(cut);
    subnets_are_cut(cut);
    scaling_is_held(before, cut);
    let block = &cut.json["s3_block"]["global"]["account"]["PublicAccessBlockConfiguration"];
    assert_eq!(block.as_object().map(|b| b.values().filter(|on| **on == true).count()), Some(4), "{block}");
    let logs = |trail: &Value| {
        trail["trail"]["IsMultiRegionTrail"] == true
            && trail["trail"]["IncludeGlobalServiceEvents"] == true
            && trail["status"]["IsLogging"] == true
    };
    assert!(items(cut, "trails").any(|(_, trail)| logs(trail)), "{}", cut.json["trails"]);
    assert_eq!(cut.json["keys"]["global"][key]["Status"], "Inactive");
    assert!(items(before, "ssh_keys").all(|(_, key)| key["Status"] == "Active"));
    assert!(items(cut, "ssh_keys").all(|(_, key)| key["Status"] == "Inactive"));
    let scheduled = |dump: &Dump, section: &str, date: &str| {
        items(dump, section).filter(|(_, item)| !item[date].is_null()).map(|(id, _)| id.clone()).collect()
    };
    for (section, date) in [("kms_keys", "DeletionDate"), ("secrets", "DeletedDate")] {
        let (was, is): (Vec<String>, Vec<String>) =
            (scheduled(before, section, date), scheduled(cut, section, date));
        assert_eq!((was.len(), is.len()), (1, 0), "{section}");
    }
    // What deletes by a rule that somebody has set lately stops, and nothing else of it changes.
    let retention = |group: &str| cut.json["log_groups"]["eu-west-1"][group]["retentionInDays"].as_i64();
    assert_eq!((retention("shop-orders"), retention("shop-mail")), (None, Some(30)));
    let rules = |dump: &Dump| dump.json["buckets"]["global"]["shop-images"]["lifecycle"]["Rules"].clone();
    let mut wanted = rules(before);
    let gone = wanted.as_array_mut().unwrap().iter_mut().find(|rule| rule["ID"] == "gone").unwrap();
    gone["Status"] = "Disabled".into();
    assert_eq!(rules(cut), wanted);
    let mailer = &cut.json["users"]["global"]["mailer"];
    assert!(mailer["UserPolicyList"].to_string().contains("ses:Send*"), "{mailer}");
    let mut keys = items(cut, "keys").filter(|(_, key)| key["UserName"] == "mailer");
    assert!(keys.all(|(_, key)| key["Status"] == "Inactive"));
}

/// Every action of the operations that were seen is in the policy that `unplug policy` prints.
fn the_policy_has_what_was_done(machine: &Machine, proxy: &Proxy) {
    let part = |number: usize| machine.bare(&["policy", "--part", &number.to_string()]).output().unwrap();
    let parts = (1..).map(|number| Said::of(part(number))).take_while(|said| said.code == Some(0));
    let granted: BTreeSet<String> = parts
        .flat_map(|said| list(&said.json(), "Statement").to_vec())
        .flat_map(|statement| list(&statement, "Action").to_vec())
        .map(|action| action.as_str().unwrap().to_owned())
        .collect();
    for operation in proxy.log().iter().map(super::proxy::Seen::name).collect::<BTreeSet<_>>() {
        let known = operations::find(&operation);
        let known = known.unwrap_or_else(|| panic!("{operation} is not in the table"));
        for action in known.actions {
            assert!(granted.contains(*action), "{operation} needs {action}, which the policy lacks");
        }
    }
}

#[test]
fn every_region_is_cut_and_put_back() {
    let (copy, seed) = seeded();
    let key = seed["keys"]["alice"][0].as_str().unwrap();
    let before = dump(&copy.url(), &[]);
    let proxy = Proxy::start(copy.port, Duration::ZERO, &lacking());
    let machine = Machine::new(&proxy.url());
    let pulled = machine.sure(&["pull", "--steps", STEPS, "--key", key, "--details"]);
    // Trusted Advisor could not be looked at: everything else was done.
    let pulled = pulled.ends(4).says("SubscriptionRequiredException").says_not("differ from the prediction");
    let cut = dump(&copy.url(), &[]);
    everything_is_cut(&before, &cut, key);
    let managed = seed["shop"]["managed"][0].as_str().unwrap();
    let kept = pulled.out.lines().any(|line| line.contains("510 KEEP") && line.contains(managed));
    assert!(kept, "{}", pulled.out);

    // Planned again, there is nothing left to cut.
    let again = machine.run(&["plan", "--steps", STEPS, "--key", key, "--json"]).ends(4).json();
    assert_eq!(again["changes"], serde_json::json!([]));

    // The rehearsal before it says what the restore then does.
    machine.sure(&["restore", "--latest"]).ends(0).says_not("FAILED");
    let after = dump(&copy.url(), &[]);
    let id = |kind: &str| seed["clocks"][kind][0].as_str().unwrap();
    let declared = [
        "keys/global/".to_owned() + key,
        "trails/eu-west-1/*".into(),
        // What was to be deleted is not put back: a restore schedules no deletion.
        "kms_keys/eu-west-1/".to_owned() + id("keys"),
        "secrets/eu-west-1/".to_owned() + id("secrets"),
        "buckets/global/shop-images/lifecycle/*".into(),
        "log_groups/eu-west-1/shop-orders/*".into(),
    ];
    let declared = declared.map(Declared::Must);
    compare(&before, &after, &declared).unwrap();
    the_policy_has_what_was_done(&machine, &proxy);

    // The way back of the key is asked for by its name.
    machine.sure(&["restore", "--latest", "--reactivate", key]).ends(0);
    let after = dump(&copy.url(), &[]);
    compare(&before, &after, &declared[1..]).unwrap();
}

#[test]
fn a_cancelled_deletion_stays_cancelled_and_a_key_that_somebody_enables_stays_enabled() {
    let (copy, seed) = seeded();
    let id = |kind: &str| seed["clocks"][kind][0].as_str().unwrap();
    let proxy = Proxy::start(copy.port, Duration::ZERO, &lacking());
    let machine = Machine::new(&proxy.url());
    let words = ["--steps", "605", "--regions", "eu-west-1"];
    // moto does not say in which Region a bucket is, so that its lifecycle is of another one here.
    machine.sure(&[&["pull"], &words[..]].concat()).ends(0).says("605 OK      done: 3 of 3 changes");
    let cut = dump(&copy.url(), &["eu-west-1"]);
    assert_eq!(cut.json["kms_keys"]["eu-west-1"][id("keys")]["KeyState"], "Disabled");
    assert!(cut.json["secrets"]["eu-west-1"][id("secrets")]["DeletedDate"].is_null());
    machine.run(&[&["plan"], &words[..]].concat()).ends(0).says_not("605 SAVE");

    let kms = format!("client({:?}, 'kms', 'eu-west-1')", copy.url());
    let enable = format!("{kms}.enable_key(KeyId={:?})", id("keys"));
    assert!(boto(&copy.url(), &enable).status().unwrap().success());
    let enabled = dump(&copy.url(), &["eu-west-1"]);
    machine.sure(&["restore", "--latest"]).ends(0).says("unplug never schedules a deletion");
    compare(&enabled, &dump(&copy.url(), &["eu-west-1"]), &[]).unwrap();
    // Nor does it where somebody names the key.
    machine.sure(&["restore", "--latest", "--reactivate", id("keys")]).says("unplug never schedules");
    compare(&enabled, &dump(&copy.url(), &["eu-west-1"]), &[]).unwrap();
}

#[test]
fn without_a_trail_one_is_made_and_stays() {
    let (copy, _) = seeded();
    let trails = format!("client({:?}, 'cloudtrail', 'eu-west-1')", copy.url());
    let delete = format!("{trails}.delete_trail(Name='trail-main')");
    assert!(boto(&copy.url(), &delete).status().unwrap().success());
    let before = dump(&copy.url(), &["us-east-1", "eu-west-1"]);
    let proxy = Proxy::start(copy.port, Duration::ZERO, &[]);
    let machine = Machine::new(&proxy.url());
    machine.sure(&["pull", "--steps", "200"]).ends(0).says("new-trail unplug-");
    let cut = dump(&copy.url(), &["us-east-1", "eu-west-1"]);
    let trails = cut.json["trails"]["us-east-1"].as_object().unwrap();
    let (_, trail) = trails.iter().next().expect("a trail");
    assert_eq!(
        (&trail["trail"]["IsMultiRegionTrail"], &trail["status"]["IsLogging"]),
        (&true.into(), &true.into())
    );
    machine.run(&["plan", "--steps", "200"]).ends(0).says_not("200 CUT");
    machine.sure(&["restore", "--latest"]).ends(0).says("evidence");
    let after = dump(&copy.url(), &["us-east-1", "eu-west-1"]);
    compare(&cut, &after, &[]).unwrap();
    let made = ["trails/us-east-1/*", "buckets/global/unplug-trail-*"].map(|p| Declared::Must(p.into()));
    compare(&before, &after, &made).unwrap();
    the_policy_has_what_was_done(&machine, &proxy);
}

#[test]
fn what_moto_lacks_is_a_gap_and_the_rest_is_done() {
    let (copy, seed) = seeded();
    let key = seed["keys"]["alice"][0].as_str().unwrap();
    let machine = Machine::new(&copy.url());
    let words = ["--steps", "100,400,610", "--key", key, "--regions", "eu-west-1,us-east-1"];
    let plan = machine.run(&[&["plan", "--json"], &words[..]].concat()).ends(4).json();
    let gaps: Vec<(u64, &str)> = list(&plan, "gaps")
        .iter()
        .map(|gap| (gap["step"].as_u64().unwrap(), gap["cause"].as_str().unwrap()))
        .collect();
    assert_eq!(gaps, [(100, "unreachable"), (400, "not-supported"), (400, "not-supported")], "{gaps:?}");
    let touched: Vec<_> = list(&plan, "changes").iter().map(|c| c["step"].as_u64().unwrap()).collect();
    assert_eq!(touched, [100, 610]);

    let pulled = machine.sure(&[&["pull"], &words[..]].concat()).ends(4);
    let pulled = pulled.says("100 GAP     Trusted Advisor's exposed keys not read: no answer");
    let pulled = pulled.says("400 GAP     SES in eu-west-1, us-east-1 not read: not supported here");
    for claim in ["400 OK", "not used", "no SES", "no identities", "no exposed"] {
        assert!(!pulled.out.contains(claim), "{claim:?} in\n{}", pulled.out);
    }
    let cut = dump(&copy.url(), &["us-east-1"]);
    assert_eq!(cut.json["keys"]["global"][key]["Status"], "Inactive");
    let block = &cut.json["s3_block"]["global"]["account"]["PublicAccessBlockConfiguration"];
    assert_eq!(block["RestrictPublicBuckets"], true);
}

/// An Organization of which the account is the management account, with more policies than a page holds.
const ORGANIZATION: &str = r#"
import os
org = client(os.environ["URL"], "organizations")
org.create_organization(FeatureSet="ALL")
root = org.list_roots()["Roots"][0]["Id"]
org.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
def unit(parent, name):
    return org.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"]
production = unit(unit(root, "workloads"), "production")
member = org.create_account(Email="shop@example.com", AccountName="shop")["CreateAccountStatus"]["AccountId"]
org.move_account(AccountId=member, SourceParentId=root, DestinationParentId=production)
deny = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}'
def policy(name):
    made = org.create_policy(Name=name, Description=name, Content=deny, Type="SERVICE_CONTROL_POLICY",
                             Tags=[{"Key": "team", "Value": "platform"}])
    return made["Policy"]["PolicySummary"]["Id"]
org.attach_policy(PolicyId=[policy(f"deny-{n}") for n in range(25)][0], TargetId=root)
org.attach_policy(PolicyId=policy("unplug-earlier"), TargetId=production)
"#;

/// What boto3 made of the Organization is in the snapshot.
fn has_the_organization(snapshot: &Value) {
    let organization = &snapshot["organization"]["read"];
    assert_eq!((&organization["management"], &organization["feature_set"]), (&true.into(), &"ALL".into()));
    let tree = &organization["tree"]["read"];
    assert_eq!(tree["policy_types"], json!({ "SERVICE_CONTROL_POLICY": "ENABLED" }));
    let (root, units) = (&tree["root"], tree["units"]["read"].as_object().unwrap());
    assert_eq!(tree["levels"], json!([root, snapshot["id"]]));
    let unit = |name: &str| units.iter().find(|(_, unit)| unit["name"] == name).unwrap();
    assert_eq!((&unit("workloads").1["parent"], units.len()), (root, 2));
    let production = unit("production").0;
    let accounts = tree["accounts"]["read"].as_object().unwrap();
    let parents: BTreeSet<&str> = accounts.values().map(|one| one["parent"].as_str().unwrap()).collect();
    assert_eq!(parents, [root.as_str().unwrap(), production.as_str()].into());
    assert!(accounts.values().all(|one| one["status"] == "ACTIVE"));
    let policies = tree["policies"]["read"].as_object().unwrap();
    assert_eq!(policies.len(), 27, "AWS's own, and two pages of boto3's");
    let policy = |name: &str| policies.iter().find(|(_, policy)| policy["name"] == name).unwrap();
    let attached = &tree["attached"]["SERVICE_CONTROL_POLICY"];
    let on_root: BTreeSet<&str> =
        list(&attached[root.as_str().unwrap()], "read").iter().filter_map(Value::as_str).collect();
    assert_eq!(on_root, ["p-FullAWSAccess", policy("deny-0").0.as_str()].into());
    for name in ["FullAWSAccess", "deny-0", "unplug-earlier"] {
        assert!(policy(name).1["content"]["read"].as_str().unwrap().contains("Statement"), "{name}");
    }
    assert_eq!(policy("deny-1").1["content"]["gap"]["cause"], "not-read");
    let earlier = policy("unplug-earlier").1;
    assert_eq!(earlier["targets"]["read"], json!([production]));
    assert_eq!(earlier["tags"]["read"], json!({ "team": "platform" }));
}

#[test]
fn a_snapshot_is_planned_without_credentials_as_the_account_itself() {
    let (copy, seed) = seeded();
    assert!(boto(&copy.url(), ORGANIZATION).status().unwrap().success(), "boto3 made no Organization");
    let key = seed["keys"]["bob"][0].as_str().unwrap();
    let proxy = Proxy::start(copy.port, Duration::ZERO, &lacking());
    let machine = Machine::new(&proxy.url());
    let regions = "us-east-1,eu-west-1,ap-northeast-1";
    let before = dump(&copy.url(), &["us-east-1"]);
    machine.run(&["snapshot", "--out", "account.json", "--regions", regions]).ends(4);
    let snapshot = std::fs::read_to_string(machine.path("account.json")).unwrap();
    has_the_organization(&serde_json::from_str(&snapshot).unwrap());
    let words = ["plan", "--json", "--key", key, "--regions", regions];
    let live = machine.run(&words).ends(4).json();
    let seen = proxy.log().len();
    let said = Said::of(machine.bare(&[&words[..], &["--from", "account.json"]].concat()).output().unwrap());
    let recorded = said.ends(4).json();
    assert_eq!(proxy.log().len(), seen);
    assert!(list(&live, "changes").len() > 20);
    for part in ["changes", "already", "refused"] {
        assert_eq!(live[part], recorded[part], "{part}");
    }
    // A snapshot reads the events of exposed keys, not of a key that somebody names later: 190 says so.
    let findings = |plan: &Value| -> Vec<Value> {
        list(plan, "findings").iter().filter(|finding| finding["step"] != 190).cloned().collect()
    };
    assert_eq!(findings(&live), findings(&recorded));
    let unasked =
        |finding: &Value| finding["text"].as_str().unwrap().contains("its events were not asked for");
    assert!(list(&recorded, "findings").iter().any(unasked), "{}", recorded["findings"]);
    // Which of a section's calls failed first is another each time.
    let gaps = |plan: &Value| -> Vec<String> {
        let fields = |gap: &Value| ["step", "section", "region", "cause"].map(|key| gap[key].to_string());
        list(plan, "gaps").iter().filter(|gap| gap["step"] != 190).map(|gap| fields(gap).join(" ")).collect()
    };
    assert_eq!(gaps(&live), gaps(&recorded));
    assert_eq!(live["calls"]["by_operation"], recorded["calls"]["by_operation"]);
    // Issue 15, show 4: checked and drilled on, and the account itself is untouched.
    for verb in [&["check"][..], &["drill", "--auto"]] {
        let words = [verb, &["--from", "account.json"]].concat();
        let said = Said::of(machine.bare(&words).output().unwrap());
        assert!(matches!(said.code, Some(0 | 1 | 4)), "{verb:?}: {}{}", said.out, said.err);
    }
    assert_eq!(proxy.log().len(), seen, "a call was made");
    assert!(proxy.log().iter().all(|seen| !seen.write), "a plan and a snapshot write nothing");
    compare(&before, &dump(&copy.url(), &["us-east-1"]), &[]).unwrap();
}
