//! Buckets and access points of S3, over the wire: 610 closes by the account's block and by policies, and names access
//! points and a bucket's own block.

use serde_json::{Value, json};

use super::account::{Declared, boto, compare, dump};
use super::binary::Machine;
use super::server::{Copy, seeded};
use super::stores::playbook;

const REGION: &str = "us-east-1";

/// An access point with a policy, one that its own block closes, and a Multi-Region Access Point.
fn with_access_points(copy: &Copy) {
    let code = r#"
import json, os
url = os.environ["URL"]
s3, control = client(url, "s3"), client(url, "s3control")
s3.create_bucket(Bucket="shop-site")
off = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], False)
for name, block in [("open", off), ("shut", dict.fromkeys(off, True))]:
    control.create_access_point(
        AccountId=ACCOUNT, Name=name, Bucket="shop-site", PublicAccessBlockConfiguration=block
    )
    arn = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/{name}/object/*"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    control.put_access_point_policy(AccountId=ACCOUNT, Name=name, Policy=policy)
control.create_access_point(AccountId=ACCOUNT, Name="plain", Bucket="shop-site")
control.create_multi_region_access_point(
    AccountId=ACCOUNT,
    ClientToken="once",
    Details={"Name": "everywhere", "PublicAccessBlock": off, "Regions": [{"Bucket": "shop-site"}]},
)
"#;
    assert!(boto(&copy.url(), code).status().unwrap().success(), "access points");
}

#[test]
fn access_points_are_named_with_who_reaches_them() {
    let (copy, _) = seeded();
    with_access_points(&copy);
    let before = dump(&copy.url(), &[REGION]);
    let machine = Machine::new(&copy.url());
    machine
        .sure(&["pull", "--steps", "610", "--regions", REGION])
        .ends(0)
        .says("access point open is public by its policy, to bucket shop-site")
        .says("shut (its own block closes its policy)")
        .says("access points that are not public: plain (from the internet, by those whom")
        .says("Multi-Region Access Point everywhere is not public: shop-site in us-east-1")
        .says_not("differ from the prediction");
    machine.sure(&["restore", "--latest"]).ends(0);
    compare(&before, &dump(&copy.url(), &[REGION]), &[]).unwrap();
}

/// A bucket that its policy opens, one that its ACL opens, and one with a public policy that its own block closes.
fn with_buckets(copy: &Copy) {
    let code = r#"
import json, os
s3 = client(os.environ["URL"], "s3")
for name in ["shop-policy", "shop-acl", "shop-block"]:
    s3.create_bucket(Bucket=name)
for name in ["shop-policy", "shop-block"]:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": statement}))
s3.put_bucket_acl(Bucket="shop-acl", ACL="public-read")
off = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy"], False)
s3.put_public_access_block(
    Bucket="shop-block", PublicAccessBlockConfiguration={**off, "RestrictPublicBuckets": True}
)
"#;
    assert!(boto(&copy.url(), code).status().unwrap().success(), "buckets");
}

#[test]
fn buckets_are_closed_by_block_and_policy_and_open_as_before() {
    let (copy, _) = seeded();
    with_buckets(&copy);
    let before = dump(&copy.url(), &[REGION]);
    let machine = Machine::new(&copy.url());
    let file = playbook(&machine.path(""), 610, "way = \"policies\"");
    machine
        .sure(&["pull", &file, "--regions", REGION])
        .ends(0)
        .says("bucket shop-policy is public by its policy")
        .says("bucket shop-acl is public by its ACL")
        .says("bucket shop-block has a public policy or ACL, and its own block closes it");
    let cut = dump(&copy.url(), &[REGION]);
    let policy = |dump: &Value, name: &str| -> Value {
        let text = dump["buckets"]["global"][name]["policy"]["Policy"].as_str().unwrap();
        serde_json::from_str(text).unwrap()
    };
    let closed = policy(&cut.json, "shop-policy");
    assert_eq!(closed["Statement"][0], policy(&before.json, "shop-policy")["Statement"]);
    assert_eq!(closed["Statement"][1]["Effect"], "Deny", "{closed}");
    for (name, part) in [("shop-acl", "acl"), ("shop-block", "policy"), ("shop-block", "block")] {
        let of = |dump: &Value| dump["buckets"]["global"][name][part].clone();
        assert_eq!(
            of(&cut.json),
            of(&before.json),
            "{name}: what the account's block ignores is not written"
        );
    }
    let again = machine.run(&["plan", &file, "--regions", REGION, "--json"]).ends(0).json();
    assert_eq!(again["changes"], json!([]));
    // Somebody closes the ACL meanwhile: that stays.
    let edit = format!("client({:?}, 's3').put_bucket_acl(Bucket='shop-acl', ACL='private')", copy.url());
    assert!(boto(&copy.url(), &edit).status().unwrap().success());
    machine.sure(&["restore", "--latest"]).ends(0).says_not("DRIFT");
    let after = dump(&copy.url(), &[REGION]);
    assert_eq!(policy(&after.json, "shop-policy"), policy(&before.json, "shop-policy"));
    let declared = [
        Declared::Must("buckets/global/shop-acl/acl/Grants".into()),
        // The same document: the order of its keys and its blanks are not kept.
        Declared::May("buckets/global/shop-policy/policy/Policy".into()),
    ];
    compare(&before, &after, &declared).unwrap();
}
