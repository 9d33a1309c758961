//! Access points of S3 and a bucket's own block, over the wire: 610 names them and changes none.

use super::account::{boto, compare, dump};
use super::binary::Machine;
use super::server::{Copy, seeded};

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
