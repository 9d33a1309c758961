//! `unplug check` over the wire: weaknesses are found and are gone once they are mended, what moto lacks is
//! unknown, findings go into Security Hub; one permission is missing, is named, is added.

use std::time::Duration;

use serde_json::Value;

use super::account::{boto, compare, dump};
use super::binary::{ACCOUNT, Machine};
use super::network::lacking;
use super::proxy::{At, Fate, Proxy};
use super::server::seeded;

/// Gives the responder's role all but one action, or that one besides.
fn policy(url: &str, statements: &str) {
    let code = format!(
        r#"
import json, os
iam = client(os.environ["URL"], "iam")
trust = json.dumps({{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{ACCOUNT}:root"}}, "Action": "sts:AssumeRole"}}]}})
try:
    iam.create_role(RoleName="responder", AssumeRolePolicyDocument=trust)
except iam.exceptions.EntityAlreadyExistsException:
    pass
iam.put_role_policy(RoleName="responder", PolicyName="work", PolicyDocument='{{"Version":"2012-10-17","Statement":[{statements}]}}')
"#
    );
    assert!(boto(url, &code).status().unwrap().success(), "boto3 could not:\n{code}");
}

fn permissions(machine: &Machine, proxy: &Proxy) -> Value {
    let said = machine.run(&["check", "--steps", "600", "--regions", "us-east-1", "--json"]);
    let report: Value =
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.err));
    let writes = proxy.log().into_iter().filter(|seen| seen.write).map(|seen| seen.name());
    let writes: Vec<String> = writes.filter(|name| name != "iam:SimulatePrincipalPolicy").collect();
    assert_eq!(writes, ["iam:GenerateCredentialReport"; 0], "it changed something");
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == "pull-permissions").unwrap().clone()
}

#[test]
fn a_missing_permission_is_named_with_its_statement_and_is_gone_once_it_is_added() {
    let (copy, _) = seeded();
    let most = r#"{"Effect":"Allow","NotAction":"iam:PutUserPolicy","Resource":"*"}"#;
    policy(&copy.url(), most);
    let caller = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:sts::{ACCOUNT}:assumed-role/responder/akari</Arn><UserId>AROAEXAMPLE:akari</UserId>\
         <Account>{ACCOUNT}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId>\
         </ResponseMetadata></GetCallerIdentityResponse>"
    );
    let rules = [(At::Each("sts:GetCallerIdentity"), Fate::Answer(Box::leak(caller.into_boxed_str())))];
    let rules: Vec<_> = rules.into_iter().chain(lacking()).collect();
    let proxy = Proxy::start(copy.port, Duration::ZERO, &rules);
    let machine = Machine::new(&proxy.url());
    let before = dump(&copy.url(), &["us-east-1"]);

    let found = permissions(&machine, &proxy);
    assert_eq!(found["status"], "failed", "{found}");
    assert_eq!(found["findings"].as_array().unwrap().len(), 1, "{found}");
    let text = found["findings"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("iam:PutUserPolicy: 600 cannot cut"), "{text}");
    let statement = found["fix"].as_str().unwrap().strip_prefix("allow: ").unwrap().to_owned();
    assert!(compare(&before, &dump(&copy.url(), &["us-east-1"]), &[]).is_ok());

    policy(&copy.url(), &format!("{most},{statement}"));
    // What is left is what moto lacks: IAM's simulator.
    let found = permissions(&machine, &proxy);
    assert_eq!(found["findings"].as_array().unwrap().len(), 0, "{found}");
    let of_moto = |text: &Value| text.as_str().unwrap().contains("simulator was not asked");
    assert!(found["unread"].as_array().unwrap().iter().all(of_moto), "{found}");
}

/// What is wrong in the seeded account, by check.
const WEAK: [&str; 5] =
    ["see-config", "door-ebs-encryption", "door-password-policy", "door-s3-block", "hear-contact"];
/// Checks of services that moto lacks.
const UNKNOWN: [&str; 3] = ["see-analyzer", "back-recent", "hear-health"];

const MEND: &str = r#"
import os
url = os.environ["URL"]
role = "arn:aws:iam::123456789012:role/config"
config = client(url, "config")
config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "logs"})
config.start_configuration_recorder(ConfigurationRecorderName="default")
client(url, "ec2").enable_ebs_encryption_by_default()
client(url, "iam").update_account_password_policy(MinimumPasswordLength=14, PasswordReusePrevention=24)
account = client(url, "sts").get_caller_identity()["Account"]
every = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True)
client(url, "s3control").put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=every)
contact = {"Name": "Security", "Title": "Security", "EmailAddress": "security@example.com", "PhoneNumber": "1"}
client(url, "account").put_alternate_contact(AlternateContactType="SECURITY", **contact)
client(url, "securityhub").enable_security_hub()
"#;

/// How the checks ended, by id.
fn statuses(machine: &Machine, more: &[&str]) -> std::collections::BTreeMap<String, String> {
    let words = ["check", "--steps", "600", "--regions", "us-east-1", "--json", "--skip-access-check"];
    let said = machine.run(&[&words[..], more].concat());
    let report: Value =
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.err));
    let text = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap().iter();
    let told = said.err.lines().last().unwrap_or_default().to_owned();
    let ends = checks.map(|check| (text(check, "id"), text(check, "status")));
    ends.chain([("said".to_owned(), told)]).collect()
}

/// Shows 2 and 7: each weakness is found and is gone once it is mended; a service that the endpoint lacks is
/// unknown; Security Hub takes every finding.
#[test]
fn weaknesses_are_found_and_mended_and_findings_are_imported() {
    let (copy, _) = seeded();
    let proxy = Proxy::start(copy.port, Duration::ZERO, &lacking());
    let machine = Machine::new(&proxy.url());
    let before = statuses(&machine, &[]);
    for check in WEAK {
        assert_eq!(before[check], "failed", "{check}: {before:?}");
    }
    for check in UNKNOWN {
        assert_eq!(before[check], "unknown", "{check}: {before:?}");
    }
    assert!(boto(&copy.url(), MEND).status().unwrap().success(), "boto3 could not mend it");
    let after = statuses(&machine, &["--import-findings", "--yes", "--account", ACCOUNT]);
    for check in WEAK {
        assert_eq!(after[check], "passed", "{check}: {after:?}");
    }
    for check in UNKNOWN {
        assert_eq!(after[check], "unknown", "{check}: {after:?}");
    }
    let imported =
        after["said"].strip_suffix(" findings imported, 0 refused").unwrap_or_else(|| panic!("{after:?}"));
    let found = r#"
import os
url = os.environ["URL"]
found = []
for region in client(url, "ec2").describe_regions(AllRegions=True)["Regions"]:
    hub = client(url, "securityhub", region["RegionName"])
    found += [f for page in hub.get_paginator("get_findings").paginate() for f in page["Findings"]]
assert len(found) == COUNT, len(found)
assert all("Workflow" not in f for f in found), found
assert {f["RecordState"] for f in found} == {"ACTIVE", "ARCHIVED"}
"#;
    let found = found.replace("COUNT", imported);
    assert!(boto(&copy.url(), &found).status().unwrap().success(), "Security Hub has other findings");
}
