//! Users and roles are denied everything and put back, over the wire; boto3 makes them, edits one
//! meanwhile, and looks.

use std::time::Duration;

use serde_json::Value;
use unplug::account::denial::{self, Denial};

use super::account::{Declared, boto, compare, denied, dump};
use super::binary::Machine;
use super::network::lacking;
use super::proxy::Proxy;
use super::server::seeded;

/// Regions that are dumped; none of them matters here.
const REGIONS: [&str; 1] = ["us-east-1"];

/// `near` has an inline policy that leaves just room, `full` and the role `packed` have none left;
/// `partner` and `packed` let another account in, and `shop-web` a service.
const PEOPLE: &str = r#"
import json
iam = client(os.environ["URL"], "iam")
def text(size):
    def of(sid):
        statement = {"Sid": sid, "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    return of("x" * (size - len(of(""))))
edge = iam.create_policy(PolicyName="edge", PolicyDocument=text(120))["Policy"]["Arn"]
for name, size in [("near", 1700), ("full", 1990)]:
    iam.create_user(UserName=name, Path="/people/")
    iam.put_user_policy(UserName=name, PolicyName="long", PolicyDocument=text(size))
iam.put_user_permissions_boundary(UserName="full", PermissionsBoundary=edge)
statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}
trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
for name, size in [("partner", 500), ("packed", 10200)]:
    iam.create_role(RoleName=name, Path="/build/", AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=name, PolicyName="long", PolicyDocument=text(size))
iam.put_role_permissions_boundary(RoleName="packed", PermissionsBoundary=edge)
"#;

fn write(url: &str, code: &str) {
    let done = boto(url, &format!("import os\n{code}")).status().expect("python runs");
    assert!(done.success(), "boto3 could not:\n{code}");
}

fn boundary(principal: &Value) -> &str {
    let arn = principal["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str().unwrap_or_default();
    arn.rsplit('/').next().unwrap_or_default()
}

#[test]
fn users_and_roles_are_denied_everything_and_put_back() {
    let (copy, _) = seeded();
    write(&copy.url(), PEOPLE);
    let before = dump(&copy.url(), &REGIONS);
    let proxy = Proxy::start(copy.port, Duration::ZERO, &lacking());
    let machine = Machine::new(&proxy.url());
    let steps = ["--steps", "600", "--details"];
    let pulled = machine.sure(&[&["pull", "pull-the-plug"], &steps[..]].concat());
    let pulled = pulled.ends(0).says_not("differ from the prediction").says("only services assume it");
    let cut = dump(&copy.url(), &REGIONS);
    let (users, roles) = (&cut.json["users"]["global"], &cut.json["roles"]["global"]);
    for name in ["alice", "bob", "deploy", "mailer", "near"] {
        assert_eq!(denied(&users[name]), Some(Denial::Everything), "{name}: {}\n{}", users[name], pulled.out);
    }
    assert_eq!(denied(&roles["partner"]), Some(Denial::Everything), "{}", roles["partner"]);
    for full in [&users["full"], &roles["packed"]] {
        assert_eq!((denied(full), boundary(full)), (None, "AWSDenyAll"), "{full}");
    }
    assert_eq!(denied(&roles["shop-web"]), None);
    machine.run(&[&["plan"], &steps[..]].concat()).ends(0).says_not("600 CUT");

    // Somebody edits another inline policy, and it survives; somebody changes unplug's own, and that is asked.
    let edit = "iam = client(os.environ['URL'], 'iam')\n\
                text = '{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sqs:*\",\"Resource\":\"*\"}]}'\n\
                iam.put_user_policy(UserName='deploy', PolicyName='inline', PolicyDocument=text)\n";
    let tamper =
        format!("iam.put_user_policy(UserName='bob', PolicyName='{}', PolicyDocument=text)", denial::NAME);
    write(&copy.url(), &format!("{edit}{tamper}"));
    machine.sure(&["restore", "--latest"]).ends(3).says("DRIFT").says("bob");
    let after = dump(&copy.url(), &REGIONS);
    let (users, roles) = (&after.json["users"]["global"], &after.json["roles"]["global"]);
    for name in ["alice", "deploy", "mailer", "near"] {
        assert!(matches!(denied(&users[name]), Some(Denial::Sessions(_))), "{name}: {}", users[name]);
    }
    assert!(matches!(denied(&roles["partner"]), Some(Denial::Sessions(_))));
    assert_eq!((boundary(&users["full"]), boundary(&roles["packed"])), ("edge", "edge"));
    let edited = users["deploy"]["UserPolicyList"].to_string();
    assert!(edited.contains("sqs:*"), "{edited}");
    let own = |path: &str| Declared::Must(format!("{path}/{}", denial::NAME));
    let declared = [
        own("users/global/alice/UserPolicyList"),
        own("users/global/bob/UserPolicyList"),
        own("users/global/deploy/UserPolicyList"),
        own("users/global/mailer/UserPolicyList"),
        own("users/global/near/UserPolicyList"),
        own("roles/global/partner/RolePolicyList"),
        Declared::Must("users/global/deploy/UserPolicyList/inline/PolicyDocument/*".to_owned()),
    ];
    compare(&before, &after, &declared).unwrap();
}
