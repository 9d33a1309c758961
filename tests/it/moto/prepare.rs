//! `unplug prepare` over the wire, and 310 with the page from S3 afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::account::{Declared, boto, compare, dump};
use super::binary::{ACCOUNT, Machine};
use super::network::lacking;
use super::proxy::{At, Fate, Proxy};
use super::server::{Copy, seeded};

const REGIONS: [&str; 1] = ["us-east-1"];
const KIM: &str = "arn:aws:iam::123456789012:user/kim";

/// A machine whose configuration names the Region that is looked at.
pub fn machine(url: &str) -> Machine {
    let machine = Machine::new(url);
    std::fs::write(machine.path("unplug.toml"), "regions = [\"us-east-1\"]\n").unwrap();
    machine
}

/// Runs Python with boto3's clients against the copy.
fn runs(copy: &Copy, code: &str) {
    assert!(boto(&copy.url(), code).status().unwrap().success(), "{code}");
}

fn bucket() -> String {
    format!("unplug-page-{ACCOUNT}")
}

#[test]
fn it_makes_everything_once_and_a_restore_takes_it_back() {
    let (copy, _) = seeded();
    let machine = machine(&copy.url());
    let before = dump(&copy.url(), &REGIONS);
    machine.sure(&["prepare"]).ends(0);
    let made = dump(&copy.url(), &REGIONS);
    let found = &made.json["buckets"]["global"][bucket()];
    assert_eq!(found["block"]["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"], true, "{found}");
    assert!(found["policy"].to_string().contains("distribution/*"), "{found}");
    assert!(found["ownership"].to_string().contains("BucketOwnerEnforced"), "{found}");
    assert!(found["encryption"].to_string().contains("AES256"), "{found}");
    assert_eq!(found["objects"].as_array().unwrap().len(), 1, "{found}");
    let controls = made.json["access_controls"]["global"].as_object().unwrap();
    assert!(controls.values().any(|one| one["Name"] == "unplug-page"), "{controls:?}");
    assert!(made.json["functions"]["global"].to_string().contains("unplug-page-"));
    assert_eq!(made.json["distributions"], before.json["distributions"]);
    let (_, run) = machine.latest();

    // Prepared again, everything is there.
    let again = machine.run(&["plan", "prepare", "--json"]).ends(0).json();
    assert_eq!(again["changes"], json!([]));
    machine.sure(&["restore", &run]).ends(0);
    compare(&before, &dump(&copy.url(), &REGIONS), &[]).unwrap();
}

#[test]
fn a_bucket_with_anything_else_in_it_stays_and_that_is_said() {
    let (copy, _) = seeded();
    let machine = machine(&copy.url());
    machine.sure(&["prepare"]).ends(0);
    let (_, run) = machine.latest();
    let (url, name) = (copy.url(), bucket());
    runs(&copy, &format!("client({url:?}, 's3').put_object(Bucket={name:?}, Key='notes.txt', Body=b'ours')"));
    let restored = machine.sure(&["restore", &run]).ends(3);
    restored.says("notes.txt, which this restore has not deleted");
    let left = dump(&copy.url(), &REGIONS);
    assert_eq!(left.json["buckets"]["global"][&name]["objects"], json!([]));
    runs(&copy, &format!("client({url:?}, 's3').delete_object(Bucket={name:?}, Key='notes.txt')"));
    machine.sure(&["restore", &run]).ends(0);
    assert_eq!(dump(&copy.url(), &REGIONS).json["buckets"]["global"][&name], Value::Null);
}

#[test]
fn versions_of_the_page_are_deleted_with_it() {
    let (copy, _) = seeded();
    let machine = machine(&copy.url());
    let before = dump(&copy.url(), &REGIONS);
    machine.sure(&["prepare"]).ends(0);
    let (_, run) = machine.latest();
    let (url, name) = (copy.url(), bucket());
    runs(
        &copy,
        &format!(
            r#"
s3 = client({url:?}, "s3")
s3.put_bucket_versioning(Bucket={name:?}, VersioningConfiguration={{"Status": "Enabled"}})
key = s3.list_objects_v2(Bucket={name:?})["Contents"][0]["Key"]
page = s3.get_object(Bucket={name:?}, Key=key)
kept = {{"ContentType": page["ContentType"], "CacheControl": page["CacheControl"]}}
body = page["Body"].read()
s3.put_object(Bucket={name:?}, Key=key, Body=b"other", **kept)
s3.delete_object(Bucket={name:?}, Key=key)
s3.put_object(Bucket={name:?}, Key=key, Body=body, **kept)
"#
        ),
    );
    machine.sure(&["restore", &run]).ends(0);
    compare(&before, &dump(&copy.url(), &REGIONS), &[]).unwrap();
}

/// What every cache behavior fetches from.
fn origins(distribution: &Value) -> Vec<&str> {
    let others = distribution["CacheBehaviors"]["Items"].as_array().unwrap().iter();
    let all = [&distribution["DefaultCacheBehavior"]].into_iter().chain(others);
    all.map(|one| one["TargetOriginId"].as_str().unwrap()).collect()
}

#[test]
fn the_page_comes_from_s3_where_it_is_ready_and_somebody_elses_edit_stays() {
    let (copy, seed) = seeded();
    let id = seed["front"]["shop"].as_str().unwrap();
    let machine = machine(&copy.url());
    machine.sure(&["prepare"]).ends(0);
    let before = dump(&copy.url(), &REGIONS);
    let pulled = machine.sure(&["pull", "--steps", "310", "--details"]).ends(0);
    pulled.says("3 cache behaviors: maintenance page from S3").says("every copy dropped");
    let (_, run) = machine.latest();
    let cut = dump(&copy.url(), &REGIONS);
    let shop = &cut.json["distributions"]["global"][id];
    assert_eq!(origins(shop), ["unplug-page"; 3]);
    let errors = shop["CustomErrorResponses"]["Items"].as_array().unwrap();
    assert_eq!(errors.len(), 11);
    assert!(errors.iter().all(|one| one["ResponseCode"] == "503"), "{errors:?}");
    let asked = format!("client({:?}, 'cloudfront').list_invalidations(DistributionId={id:?})", copy.url());
    runs(&copy, &format!("assert {asked}['InvalidationList']['Quantity'] == 1"));

    let again = machine.run(&["plan", "--steps", "310", "--json"]).ends(0).json();
    assert_eq!(again["changes"], json!([]));
    let code = format!(
        r#"
cloudfront = client({url:?}, "cloudfront")
found = cloudfront.get_distribution_config(Id={id:?})
found["DistributionConfig"]["Comment"] = "written meanwhile"
cloudfront.update_distribution(Id={id:?}, IfMatch=found["ETag"], DistributionConfig=found["DistributionConfig"])
"#,
        url = copy.url()
    );
    runs(&copy, &code);
    machine.run(&["verify", &run]).ends(0);
    machine.sure(&["restore", &run]).ends(0);
    let written = Declared::Must(format!("distributions/global/{id}/Comment"));
    compare(&before, &dump(&copy.url(), &REGIONS), &[written]).unwrap();
}

#[test]
fn what_a_distribution_shows_is_not_taken_away_under_it() {
    let (copy, _) = seeded();
    let machine = machine(&copy.url());
    machine.sure(&["prepare"]).ends(0);
    let (_, prepared) = machine.latest();
    machine.sure(&["pull", "--steps", "310"]).ends(0);
    let restored = machine.sure(&["restore", &prepared]).ends(3);
    restored.says("still has").says("still uses it").says("still shows it").says("3 changes are still owed");
}

/// Quotas that leave each VPC its group and its ACL, and nothing more, as Service Quotas tells them.
fn tight(account: &Value) -> &'static str {
    let of = |section: &str| account[section]["us-east-1"].as_object().unwrap().values();
    let mut acls = BTreeMap::<&str, usize>::new();
    of("acls").for_each(|acl| *acls.entry(acl["VpcId"].as_str().unwrap()).or_default() += 1);
    let (groups, acls) = (of("groups").count() + acls.len(), acls.values().max().unwrap() + 1);
    let quota = |code: &str, value: usize| json!({ "QuotaCode": code, "Value": value });
    let quotas = json!({ "Quotas": [quota("L-E79EC296", groups), quota("L-B4A6D682", acls)] });
    Box::leak(quotas.to_string().into_boxed_str())
}

#[test]
fn a_way_in_and_what_a_cut_uses_are_made_once_used_by_a_cut_and_taken_back() {
    let (copy, _) = seeded();
    runs(&copy, &format!("client({:?}, 'iam').create_user(UserName='kim')", copy.url()));
    let before = dump(&copy.url(), &REGIONS);
    let quotas = (At::Each("servicequotas:ListServiceQuotas"), Fate::Answer(tight(&before.json)));
    let rules: Vec<_> = [quotas].into_iter().chain(lacking()).collect();
    let proxy = Proxy::start(copy.port, Duration::ZERO, &rules);
    let machine = machine(&proxy.url());
    let writes = || proxy.log().into_iter().filter(|seen| seen.write).map(|seen| seen.name());
    let asked = |name: &str| writes().filter(|seen| seen == name).count();

    let of_mail = ["prepare", "--for", "mail-stop", "--trust", KIM];
    let said = machine.sure(&[&of_mail[..], &["--details"]].concat()).ends(0);
    said.says("may be assumed with MFA by").says(KIM).says("a cut takes the role too");
    let (_, first) = machine.latest();
    let made = dump(&copy.url(), &REGIONS);
    let role = &made.json["roles"]["global"]["unplug-break-glass"];
    let trust = role["AssumeRolePolicyDocument"].to_string();
    assert!(trust.contains("aws:MultiFactorAuthPresent") && trust.contains(KIM), "{role}");
    assert!(role["AttachedManagedPolicies"].to_string().contains("policy/unplug-responder-1"), "{role}");
    let (groups, acls) = (asked("ec2:CreateSecurityGroup"), asked("ec2:CreateNetworkAcl"));
    assert!(groups >= 1 && acls >= 1, "{groups} groups, {acls} ACLs");

    // Prepared again, nothing is written.
    let count = writes().count();
    machine.sure(&of_mail).ends(0);
    assert_eq!(writes().count(), count);

    // Another playbook takes another text: a new version, and the old one comes back.
    machine.sure(&["prepare", "--for", "maintenance"]).ends(0);
    assert_eq!(asked("iam:CreatePolicyVersion"), 1);
    let (_, second) = machine.latest();
    machine.sure(&["restore", &second]).ends(0);
    compare(&made, &dump(&copy.url(), &REGIONS), &[]).unwrap();

    // A cut makes no group and no ACL, and leaves what was prepared.
    let ready = |acl: &&Value| acl.to_string().contains("isolation-ready");
    let ready = made.json["acls"]["us-east-1"].as_object().unwrap().values().find(ready).unwrap();
    let vpc = ready["VpcId"].as_str().unwrap();
    let place = ["--regions", "us-east-1", "--vpc", vpc];
    let pulled = machine.sure(&[&["pull", "--steps", "510,520"], &place[..]].concat());
    pulled.says_not("FAILED").says("used by this run");
    assert_eq!((asked("ec2:CreateSecurityGroup"), asked("ec2:CreateNetworkAcl")), (groups, acls));
    let (_, cut) = machine.latest();
    machine.sure(&["restore", &first, "--steps", "502", "--vpc", vpc]).says("still");
    machine.sure(&["restore", &cut]);
    compare(&made, &dump(&copy.url(), &REGIONS), &[]).unwrap();
    machine.sure(&["restore", &first]).ends(0);
    compare(&before, &dump(&copy.url(), &REGIONS), &[]).unwrap();
}
