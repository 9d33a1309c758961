//! Tests of answers that lack what must be there.

use super::*;

const VPCS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeVpcsResponse xmlns=\"http://a/\">\
    <requestId>1</requestId><vpcSet><item><vpcId>vpc-1</vpcId><tagSet/></item>\
    <item><vpcId>vpc-2</vpcId></item></vpcSet></DescribeVpcsResponse>";

#[test]
fn a_document_cut_at_any_byte_is_not_whole() {
    whole("ec2:DescribeVpcs", VPCS.as_bytes()).unwrap();
    let json = br#"{"trailList":[{"Name":"a"},{"Name":"b"}]}"#;
    whole("cloudtrail:DescribeTrails", json).unwrap();
    for (operation, body) in [("ec2:DescribeVpcs", VPCS.as_bytes()), ("cloudtrail:DescribeTrails", json)] {
        for cut in 0..body.len() {
            assert!(whole(operation, &body[..cut]).is_err(), "{operation} cut at {cut}");
        }
    }
}

#[test]
fn an_answer_that_is_not_from_aws_is_not_whole() {
    let pages: [&[u8]; 7] = [
        b"",
        b"{}",
        b"OK",
        b"<html><head><meta></head><body>Sign in</body></html>",
        b"<html><body>Sign in</body></html>",
        b"<DescribeVpcsResponse><requestId>1</requestId></DescribeVpcsResponse>",
        b"\xff\xfe",
    ];
    for page in pages {
        assert!(whole("ec2:DescribeVpcs", page).is_err(), "{}", String::from_utf8_lossy(page));
        assert!(whole("cloudtrail:DescribeTrails", page).is_err());
        assert!(whole("s3control:GetPublicAccessBlock", page).is_err());
    }
    assert_eq!(whole("ec2:DescribeVpcs", pages[5]).unwrap_err(), "it lacks vpcSet");
}

#[test]
fn an_empty_list_is_an_answer() {
    whole("ec2:DescribeVpcs", b"<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>").unwrap();
    whole("cloudtrail:DescribeTrails", br#"{"trailList":[]}"#).unwrap();
    let groups = "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances/>\
                  </DescribeDBInstancesResult></DescribeDBInstancesResponse>";
    whole("rds:DescribeDBInstances", groups.as_bytes()).unwrap();
}

#[test]
fn a_write_may_be_answered_with_nothing_and_not_with_half() {
    for operation in ["s3:PutBucketPolicy", "cloudtrail:StartLogging", "ec2:DeleteRoute"] {
        whole(operation, b"").unwrap();
    }
    whole("s3:HeadBucket", b"").unwrap();
    whole("ec2:DeleteRoute", b"<DeleteRouteResponse><return>true</ret").unwrap_err();
    whole("cloudtrail:StartLogging", b"{").unwrap_err();
}

#[test]
fn a_bucket_policy_is_json_of_its_author() {
    whole("s3:GetBucketPolicy", br#"{"Statement":[]}"#).unwrap();
    whole("s3:GetBucketPolicy", br#"{"Statement":["#).unwrap_err();
    whole("s3:GetBucketPolicy", b"<html/>").unwrap_err();
}

#[test]
fn the_table_is_sorted_and_of_reads() {
    assert!(REQUIRED.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(REQUIRED.iter().all(|(operation, _)| !operations::mutates(operation)));
}

/// Reads of which no member is always there, or none of which absence would be taken for a fact.
const NONE: [&str; 20] = [
    "apigateway:GetBasePathMappings",
    "apigateway:GetExport",
    "apigatewayv2:ExportApi",
    "cloudfront:GetFunction",
    "directconnect:ListVirtualInterfaceTestHistory",
    "ec2:GetConsoleOutput",
    "ec2:GetConsoleScreenshot",
    "iam:GenerateCredentialReport",
    "lambda:GetFunctionConcurrency",
    "s3:GetBucketPolicy",
    "s3:GetBucketVersioning",
    "s3:GetObject",
    "s3:HeadBucket",
    "s3control:GetMultiRegionAccessPointPolicyStatus",
    "sesv2:GetConfigurationSet",
    "sesv2:GetEmailIdentityPolicies",
    "sqs:GetQueueAttributes",
    "sqs:ListQueueTags",
    "sqs:ListQueues",
    "wafv2:GetWebACLForResource",
];

#[test]
fn every_read_says_what_its_answer_must_have() {
    for operation in operations::all().filter(|operation| !operation.mutates) {
        let listed = !required(operation.name).is_empty();
        assert_ne!(listed, NONE.contains(&operation.name), "{}", operation.name);
    }
}
