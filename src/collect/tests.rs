//! What is read is true, or a gap: answers of AWS that say less than they should.

use std::collections::BTreeSet;

use super::{Ask, identify, read, rights};
use crate::account::{Account, Caller, Cause, Gap, Leave, PublicBucket, Region, Section, Seen, Trail};
use crate::aws::Aws;
use crate::aws::faults::{Fault, When};
use crate::aws::scripted::{Script, scripted};
use crate::engine::checks::denied_besides;
use crate::sim::{Simulation, sample};

fn known() -> Account {
    let arn = "arn:aws:iam::123456789012:user/akari".to_owned();
    Account::unread("123456789012", Caller { arn, user_id: "AIDA1".into(), ..Caller::default() })
}

/// The gaps that these sections leave when every call of an operation is answered so.
async fn gaps(section: Section, operation: &'static str, answer: &'static str) -> Vec<Gap> {
    let aws = scripted(move |asked| {
        assert!(asked.text.contains(operation), "{operation} is not in {}", asked.text);
        Script::says(200, answer)
    });
    let regions = section.regional().then(|| ["eu-west-1".to_owned()].into());
    let ask = Ask { sections: [section].into(), regions, ..Ask::default() };
    let account = read(&aws, &known(), &ask, &|_, _| {}).await;
    section.gaps(&account).into_iter().map(|(_, gap)| gap).collect()
}

#[tokio::test]
async fn a_member_that_aws_always_sends_is_no_default_when_it_is_missing() {
    for (section, operation, answer, words) in [
        (
            Section::SerialConsole,
            "GetSerialConsoleAccessStatus",
            "<GetSerialConsoleAccessStatusResponse/>",
            "it lacks serialConsoleAccessEnabled",
        ),
        (
            Section::AccountSummary,
            "GetAccountSummary",
            "<GetAccountSummaryResponse><GetAccountSummaryResult><SummaryMap><entry><key>AccountMFAEnabled</key>\
             <value>1</value></entry></SummaryMap></GetAccountSummaryResult></GetAccountSummaryResponse>",
            "it lacks AccountAccessKeysPresent",
        ),
        (
            Section::S3Block,
            "publicAccessBlock",
            "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
             <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
             </PublicAccessBlockConfiguration>",
            "it lacks RestrictPublicBuckets",
        ),
        (Section::ExposedKeys, "TrustedAdvisor", "{}", "it lacks result"),
        (Section::Trails, "DescribeTrails", r#"{"trailList":[{"Name":"main"}]}"#, "a trail lacks its ARN"),
        (Section::Trails, "DescribeTrails", "", "it is empty"),
        (
            Section::Instances,
            "DescribeInstances",
            "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>\
             <instanceId>i-1</instanceId></item></instancesSet></item></reservationSet></DescribeInstancesResponse>",
            "lacks its id or its state",
        ),
        (
            Section::Interfaces,
            "DescribeNetworkInterfaces",
            "<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-1\
             </networkInterfaceId><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId></item>\
             </networkInterfaceSet></DescribeNetworkInterfacesResponse>",
            "an item lacks groups",
        ),
        (Section::VirtualInterfaces, "DescribeVirtualInterfaces", "{}", "it lacks virtualInterfaces"),
    ] {
        let gaps = gaps(section, operation, answer).await;
        assert!(gaps.iter().any(|gap| gap.detail.contains(words)), "{section:?}: {gaps:?}");
    }
}

#[tokio::test]
async fn a_block_without_its_mode_is_a_gap_and_not_off() {
    let aws = scripted(|asked| {
        Script::says(
            200,
            if asked.text.contains("Exclusions") {
                "<DescribeVpcBlockPublicAccessExclusionsResponse><vpcBlockPublicAccessExclusionSet/>\
                 </DescribeVpcBlockPublicAccessExclusionsResponse>"
            } else {
                "<DescribeVpcBlockPublicAccessOptionsResponse><vpcBlockPublicAccessOptions>\
                 <state>update-complete</state></vpcBlockPublicAccessOptions>\
                 </DescribeVpcBlockPublicAccessOptionsResponse>"
            },
        )
    });
    let regions = Some(["eu-west-1".to_owned()].into());
    let ask = Ask { sections: [Section::VpcBlock].into(), regions, ..Ask::default() };
    let account = read(&aws, &known(), &ask, &|_, _| {}).await;
    assert!(account.regions["eu-west-1"].vpc_block.gap().is_some_and(|gap| gap.detail.contains("mode")));
}

#[tokio::test]
async fn an_instance_whose_protection_is_not_said_is_a_gap() {
    let aws = scripted(|_| {
        Script::says(
            200,
            "<DescribeInstanceAttributeResponse><instanceId>i-1</instanceId><disableApiTermination/>\
             </DescribeInstanceAttributeResponse>",
        )
    });
    let instances: BTreeSet<String> = ["i-1".to_owned()].into();
    let error = super::ec2::evidence::attributes(&aws, "eu-west-1", instances).await.unwrap_err();
    assert!(error.message.contains("no value for i-1"), "{error}");
}

#[tokio::test]
async fn regions_that_are_not_told_are_a_gap_and_who_calls_is_an_error() {
    let identity = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/a\
                    </Arn><UserId>A</UserId><Account>123456789012</Account></GetCallerIdentityResult>\
                    </GetCallerIdentityResponse>";
    let aliases = "<ListAccountAliasesResponse><ListAccountAliasesResult><AccountAliases/>\
                   </ListAccountAliasesResult></ListAccountAliasesResponse>";
    for regions in
        ["", "<html><body/></html>", "<DescribeRegionsResponse><regionInfo/></DescribeRegionsResponse>"]
    {
        let aws = scripted(move |asked| {
            let (identity, aliases) = (identity.replace(' ', ""), aliases.replace(' ', ""));
            match &asked.text {
                text if text.contains("GetCallerIdentity") => Script::says(200, identity),
                text if text.contains("ListAccountAliases") => Script::says(200, aliases),
                _ => Script::says(200, regions),
            }
        });
        let known = identify(&aws).await.unwrap();
        assert_eq!(known.enabled_regions.gap().unwrap().call, "ec2:DescribeRegions");
    }
    let aws = scripted(|_| Script::says(200, "<html><body/></html>"));
    assert!(identify(&aws).await.is_err());
}

#[tokio::test]
async fn a_report_that_somebody_else_has_just_asked_for_is_read() {
    let mut account = sample::account();
    account.credential_report = Seen::Read([("akari".to_owned(), Default::default())].into());
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let name = "iam:GenerateCredentialReport".to_owned();
    let refused = Fault::Refuse { code: "LimitExceeded", message: "a report is being generated" };
    aws.faults().set(When::Operation { name, times: 1 }, refused);
    let ask = Ask { sections: [Section::CredentialReport].into(), ..Ask::default() };
    let read = read(&aws, &account, &ask, &|_, _| {}).await;
    assert_eq!(read.credential_report, account.credential_report);
}

#[tokio::test]
async fn an_organizations_trail_is_judged_without_its_selectors_and_bucket() {
    let mut account = sample::account();
    let arn = "arn:aws:cloudtrail:us-east-1:999999999999:trail/org".to_owned();
    let org = Trail {
        name: "org".into(),
        home_region: "us-east-1".into(),
        bucket: "of-the-organization".into(),
        multi_region: true,
        organization: true,
        validated: true,
        global_events: true,
        logging: Seen::Read(true),
        all_management_events: Seen::Read(true),
        ..Trail::default()
    };
    account.enabled_regions = Seen::Read(["us-east-1".to_owned()].into());
    account.regions = [("us-east-1".to_owned(), Region::empty())].into();
    account.trails = Seen::Read([(arn, org)].into());
    account.log_buckets = Seen::Read(Default::default());
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let sections = [Section::Trails, Section::LogBuckets];
    let ask = Ask { sections: sections.into(), ..Ask::default() };
    let read = read(&aws, &account, &ask, &|_, _| {}).await;
    assert_eq!((&read.trails, &read.log_buckets), (&account.trails, &account.log_buckets));
    assert!(sections.iter().all(|section| section.gaps(&read).is_empty()));
    let asked: BTreeSet<String> = aws.ledger().calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(
        asked.into_iter().collect::<Vec<_>>(),
        ["cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"]
    );
}

#[tokio::test]
async fn one_bucket_that_cannot_be_read_is_a_gap_of_its_own() {
    let mut account = sample::account();
    let bucket = |region: &str| PublicBucket { region: region.into(), ..PublicBucket::default() };
    let gap = Gap { cause: Cause::Refused, call: String::new(), detail: "not here".into() };
    let unread = PublicBucket { policy: Seen::Gap(gap), ..bucket("ap-east-1") };
    let open = PublicBucket { by_acl: true, block: Seen::Read(None), ..bucket("eu-west-1") };
    account.public_buckets =
        Seen::Read([("open".to_owned(), open.clone()), ("old".to_owned(), unread)].into());
    account.log_buckets = Seen::Read(Default::default());
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let ask = Ask { sections: [Section::PublicBuckets].into(), ..Ask::default() };
    let seen = read(&aws, &account, &ask, &|_, _| {}).await;
    assert_eq!(seen.public_buckets.item("open"), Some(&open));
    let gaps = Section::PublicBuckets.gaps(&seen);
    assert_eq!((gaps.len(), gaps[0].0.as_deref()), (1, Some("ap-east-1")));
    assert!(gaps[0].1.cause == Cause::Refused && gaps[0].1.detail.contains("bucket old"), "{gaps:?}");
    // Where no bucket can be read, that is said once.
    account.public_buckets.read_mut().unwrap().remove("open");
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let seen = read(&aws, &account, &ask, &|_, _| {}).await;
    assert!(seen.public_buckets.gap().is_some());
}

#[tokio::test]
async fn the_policy_of_every_bucket_is_read_where_that_is_asked_for() {
    let mut account = sample::account();
    let policy = |text: Option<&str>| Seen::Read(text.map(str::to_owned));
    let bucket = |policy| PublicBucket { region: "eu-west-1".into(), policy, ..PublicBucket::default() };
    let named =
        r#"{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Principal":{"AWS":"999999999999"}}]}"#;
    let buckets = [("partner", bucket(policy(Some(named)))), ("plain", bucket(policy(None)))];
    account.public_buckets = Seen::Read(buckets.map(|(name, bucket)| (name.to_owned(), bucket)).into());
    account.log_buckets = Seen::Read(Default::default());
    let aws = Aws::simulated(Simulation::new(account.clone()));
    for (every_bucket_policy, expected) in [(false, vec![]), (true, vec!["partner"])] {
        let sections = [Section::PublicBuckets].into();
        let ask = Ask { sections, every_bucket_policy, ..Ask::default() };
        let seen = read(&aws, &account, &ask, &|_, _| {}).await;
        let names: Vec<&str> = seen.public_buckets.items().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected);
        assert!(Section::PublicBuckets.gaps(&seen).is_empty());
    }
}

#[tokio::test]
async fn reads_that_were_denied_and_left_no_gap_are_named() {
    let account = sample::account();
    for (operation, action) in
        [("iam:ListAccountAliases", "iam:ListAccountAliases"), ("s3:HeadBucket", "s3:ListBucket")]
    {
        let aws = Aws::simulated(Simulation::new(account.clone()));
        let denied = Fault::Refuse { code: "AccessDenied", message: "no" };
        aws.faults().set(When::Operation { name: operation.into(), times: 100 }, denied);
        let known = identify(&aws).await.unwrap();
        let buckets = ["acme-logs".to_owned()].into();
        let ask = Ask { sections: [Section::LogBuckets].into(), buckets, ..Ask::default() };
        read(&aws, &known, &ask, &|_, _| {}).await;
        let said = denied_besides(&aws, &[]).unwrap_or_default();
        assert!(said.contains(operation) && said.contains(action), "{operation}: {said:?}");
    }
    let aws = Aws::simulated(Simulation::new(account));
    identify(&aws).await.unwrap();
    assert_eq!(denied_besides(&aws, &[]), None);
}

const ACLS: &str = "<DescribeNetworkAclsResponse><networkAclSet/></DescribeNetworkAclsResponse>";

#[tokio::test]
async fn what_an_organization_denies_to_the_simulator_is_not_proven_and_never_against_the_evidence() {
    let result = |action: &str| {
        format!(
            "<member><EvalActionName>{action}</EvalActionName><EvalResourceName>*</EvalResourceName>\
             <EvalDecision>implicitDeny</EvalDecision><OrganizationsDecisionDetail><AllowedByOrganizations>false\
             </AllowedByOrganizations></OrganizationsDecisionDetail></member>"
        )
    };
    let of_policies = "<member><EvalActionName>ec2:DescribeVpcs</EvalActionName><EvalDecision>explicitDeny\
                       </EvalDecision></member>";
    let results =
        [result("ec2:DescribeNetworkAcls"), result("ec2:DeleteRoute"), of_policies.to_owned()].concat();
    let results = results.replace(' ', "");
    let aws = scripted(move |asked| {
        Script::says(
            200,
            if asked.text.contains("SimulatePrincipalPolicy") {
                format!(
                    "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>{results}\
                     </EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
                )
            } else {
                ACLS.to_owned()
            },
        )
    });
    aws.ec2("eu-west-1").describe_network_acls().send().await.unwrap();
    let actions = ["ec2:DescribeNetworkAcls", "ec2:DeleteRoute", "ec2:DescribeVpcs"].into();
    let rights = rights(&aws, &known(), &actions).await.unwrap();
    assert_eq!(rights.0["ec2:DescribeNetworkAcls"], Leave::Allowed, "it has just been done");
    assert!(matches!(rights.0["ec2:DeleteRoute"], Leave::Unproven(_)));
    assert_eq!(rights.0["ec2:DescribeVpcs"], Leave::Denied);
}
