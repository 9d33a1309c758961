//! `unplug check` over the wire: one permission is missing, is named, is added.

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
    let unread = found["unread"].as_array().unwrap();
    assert!(unread.len() == 1 && unread[0].as_str().unwrap().contains("simulator was not asked"), "{found}");
}
