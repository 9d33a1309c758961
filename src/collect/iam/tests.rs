use super::super::{Ask, named_keys, read};
use crate::account::*;
use crate::aws::Aws;
use crate::aws::faults::{Fault, When};
use crate::sim::Simulation;

/// A small account: a leaked key, a quarantined user, SES, a trail, a public bucket.
#[expect(clippy::too_many_lines, reason = "a picture of an account is read from top to bottom")]
pub(crate) fn account() -> Account {
    let caller = Caller {
        arn: "arn:aws:sts::123456789012:assumed-role/responder/me".into(),
        user_id: "AROA:me".into(),
        access_key: Some("ASIA1".into()),
        ..Caller::default()
    };
    let user = |name: &str, attached: &[&str]| {
        let user = User {
            arn: format!("arn:aws:iam::123456789012:user/{name}"),
            path: "/".into(),
            groups: ["staff".to_owned()].into(),
            attached: attached.iter().map(|arn| (*arn).to_owned()).collect(),
            inline: [("p".to_owned(), "{\"Statement\": [\"100 % + ü\"]}".to_owned())].into(),
            boundary: Some("arn:aws:iam::123456789012:policy/edge".into()),
            tags: [("team".to_owned(), "a=b, c".to_owned())].into(),
        };
        (name.to_owned(), user)
    };
    let key = |id: &str, user: &str, status: &str, used: Option<&str>| {
        let key = AccessKey { user: user.into(), status: status.into(), last_used: used.map(Into::into) };
        (id.to_owned(), key)
    };
    let mut account = Account::unread("123456789012", caller);
    account.alias = Seen::Read(Some("acme".into()));
    account.enabled_regions = Seen::Read(["eu-west-1".to_owned(), "us-east-1".to_owned()].into());
    account.principals = Seen::Read(Principals {
        users: [
            user("anna,b", &[]),
            user("ben", &["arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"]),
            user("carl", &["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
        ]
        .into(),
        roles: [(
            "app".to_owned(),
            Role {
                arn: "arn:aws:iam::123456789012:role/x/app".into(),
                path: "/x/".into(),
                trust: "{\"Statement\":[]}".into(),
                ..Role::default()
            },
        )]
        .into(),
        groups: [("staff".to_owned(), IamGroup { path: "/".into(), ..IamGroup::default() })].into(),
        policies: [
            ("arn:aws:iam::123456789012:policy/edge".to_owned(), "{\"a\":1}".to_owned()),
            ("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned(), "{\"b\":1}".to_owned()),
        ]
        .into(),
        versions: [(
            "arn:aws:iam::123456789012:policy/edge".to_owned(),
            PolicyVersions {
                default: "v2".into(),
                others: [
                    ("v1".to_owned(), "{\"a\":0}".to_owned()),
                    ("v3".to_owned(), "{\"a\":2}".to_owned()),
                ]
                .into(),
            },
        )]
        .into(),
    });
    account.access_keys = Seen::Read(
        [
            key("AKIAANNA1", "anna,b", "Active", Some("2026-01-01T00:00:00Z s3 us-east-1")),
            key("AKIAANNA2", "anna,b", "Inactive", None),
            key("AKIABEN1", "ben", "Active", None),
            key("AKIACARL1", "carl", "Active", None),
        ]
        .into(),
    );
    let row = ReportRow {
        password_enabled: true,
        mfa_active: false,
        active_keys_since: vec!["2020-05-01T00:00:00+00:00".into()],
        active_keys_last_used: vec!["N/A".into()],
        active_keys_last_used_for: ["s3".to_owned()].into(),
    };
    let root = ReportRow { mfa_active: true, ..ReportRow::default() };
    account.credential_report =
        Seen::Read([("<root_account>".to_owned(), root), ("anna,b".to_owned(), row)].into());
    account.account_summary = Seen::Read(AccountSummary { root_mfa: true, ..AccountSummary::default() });
    account.exposed_keys = Seen::Read(
        [(
            "AKIAANNA1".to_owned(),
            ExposedKey {
                user: "anna,b".into(),
                fraud_type: "Exposed".into(),
                case_id: "12".into(),
                location: "https://example.org/x".into(),
            },
        )]
        .into(),
    );
    let trail = |name: &str, region: &str, owner: &str| {
        let trail = Trail {
            name: name.into(),
            home_region: region.into(),
            bucket: "acme-logs".into(),
            prefix: Some("p".into()),
            logging: Seen::Read(name != "old"),
            all_management_events: Seen::Read(name != "old"),
            organization: owner != "123456789012",
            multi_region: owner != "123456789012",
            log_delivery_error: (name == "old").then(|| "AccessDenied".to_owned()),
            ..Trail::default()
        };
        (format!("arn:aws:cloudtrail:{region}:{owner}:trail/{name}"), trail)
    };
    account.trails = Seen::Read(
        [
            trail("main", "eu-west-1", "123456789012"),
            trail("old", "us-east-1", "123456789012"),
            trail("org", "us-east-1", "210987654321"),
        ]
        .into(),
    );
    account.log_buckets = Seen::Read(
        [(
            "acme-logs".to_owned(),
            LogBucket {
                region: "eu-west-1".into(),
                policy: Seen::Read(None),
                versioning: Seen::Read(true),
                block: Seen::Read(Some(PublicAccessBlock::ALL_ON)),
            },
        )]
        .into(),
    );
    let service = "codecommit.amazonaws.com".to_owned();
    let password = ServiceCredential { user: "carl".into(), service, status: "Active".into() };
    account.service_credentials =
        Seen::Read([("ACCA1".to_owned(), password.clone()), ("ACCA2".to_owned(), password)].into());
    let key = |user: &str| SshKey { user: user.into(), status: "Inactive".into() };
    account.ssh_keys = Seen::Read(
        [
            ("APKA1".to_owned(), key("carl")),
            ("APKA2".to_owned(), key("ben")),
            ("APKA3".to_owned(), key("ben")),
        ]
        .into(),
    );
    account.s3_block = Seen::Read(None);
    account.public_buckets = Seen::Read(
        [("site", "us-east-1", true, false), ("pics", "eu-west-1", false, true)]
            .map(|(name, region, by_policy, by_acl)| {
                let text = r#"{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Principal":"*"}]}"#;
                let policy = if by_policy { Seen::Read(Some(text.to_owned())) } else { Seen::default() };
                let block = Seen::Read(None);
                (name.to_owned(), PublicBucket { region: region.into(), by_policy, by_acl, policy, block })
            })
            .into(),
    );
    for (region, sending) in [("eu-west-1", true), ("us-east-1", false)] {
        let ses = Ses {
            sending,
            enforcement: "HEALTHY".into(),
            production: sending,
            quota: 50_000,
            identities: ["a.example".to_owned(), "b.example".to_owned()].into(),
            configuration_sets: Seen::Read([("x".to_owned(), true), ("y".to_owned(), false)].into()),
            senders: Seen::Read(
                [("a.example", "arn:aws:iam::999988887777:root"), ("b.example", "")]
                    .map(|(name, who)| {
                        let who = Some(who.to_owned()).filter(|who| !who.is_empty());
                        (name.to_owned(), who.into_iter().collect())
                    })
                    .into(),
            ),
            recent_sends: 7,
        };
        account.regions.insert(region.into(), Region { ses: Seen::Read(ses), ..Region::default() });
    }
    account
}

const OWN: &[Section] = &[
    Section::Principals,
    Section::AccessKeys,
    Section::ServiceCredentials,
    Section::SshKeys,
    Section::CredentialReport,
    Section::AccountSummary,
    Section::ExposedKeys,
    Section::Trails,
    Section::LogBuckets,
    Section::S3Block,
    Section::PublicBuckets,
    Section::Ses,
];

fn everything() -> Ask {
    Ask {
        sections: OWN.iter().copied().collect(),
        all_keys: true,
        configuration_sets: true,
        senders: true,
        bucket_policies: true,
        ..Ask::default()
    }
}

async fn collected(aws: &Aws, known: &Account, ask: &Ask) -> Account {
    read(aws, known, ask, &|_, _| {}).await
}

#[tokio::test]
async fn collecting_a_simulated_account_gives_the_account() {
    let account = account();
    let simulation = Simulation::new(account.clone());
    let aws = Aws::simulated(simulation.clone());
    assert_eq!(collected(&aws, &account, &everything()).await, account);
    simulation.one_item_a_page();
    assert_eq!(collected(&aws, &account, &everything()).await, account);
}

#[tokio::test]
async fn policies_come_by_the_filter_that_asks_for_them() {
    use aws_sdk_iam::types::EntityType;
    let aws = Aws::simulated(Simulation::new(account()));
    for (filter, expected) in [
        (EntityType::LocalManagedPolicy, "arn:aws:iam::123456789012:policy/edge"),
        (EntityType::AwsManagedPolicy, "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    ] {
        let answer = aws.iam().get_account_authorization_details().filter(filter).send().await.expect("read");
        let arns: Vec<&str> = answer.policies().iter().filter_map(|policy| policy.arn()).collect();
        assert_eq!(arns, [expected]);
        assert!(answer.user_detail_list().is_empty());
    }
}

/// Some emulators send every policy of AWS's own.
#[tokio::test]
async fn a_policy_of_aws_that_nobody_has_is_left_out() {
    let account = account();
    let mut sent = account.clone();
    let policies = &mut sent.principals.read_mut().expect("principals").policies;
    policies.insert("arn:aws:iam::aws:policy/PowerUserAccess".into(), "{}".into());
    policies.insert("arn:aws:iam::123456789012:policy/spare".into(), "{}".into());
    let read = collected(&Aws::simulated(Simulation::new(sent)), &account, &everything()).await;
    let policies: Vec<&str> =
        read.principals.read().expect("principals").policies.keys().map(String::as_str).collect();
    assert_eq!(
        policies,
        [
            "arn:aws:iam::123456789012:policy/edge",
            "arn:aws:iam::123456789012:policy/spare",
            "arn:aws:iam::aws:policy/ReadOnlyAccess"
        ]
    );
}

#[tokio::test]
async fn only_the_keys_of_suspects_are_read() {
    let account = account();
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let mut ask = Ask { sections: [Section::AccessKeys].into(), ..Ask::default() };
    let keys =
        |read: Account| -> Vec<String> { read.access_keys.items().map(|(id, _)| id.clone()).collect() };
    // Exposed: anna,b. Quarantined: ben.
    let read = collected(&aws, &account, &ask).await;
    assert!(read.principals.read().is_none());
    assert_eq!(keys(read), ["AKIAANNA1", "AKIAANNA2", "AKIABEN1"]);
    ask.keys = ["AKIACARL1".to_owned()].into();
    assert_eq!(keys(collected(&aws, &account, &ask).await).len(), 4);
    ask.users = Some(["carl".to_owned(), "gone".to_owned(), "<root>".to_owned()].into());
    assert_eq!(keys(collected(&aws, &account, &ask).await), ["AKIACARL1"]);
}

#[tokio::test]
async fn a_named_key_that_aws_does_not_know_is_left_out() {
    let account = account();
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let ask = Ask {
        sections: [Section::AccessKeys].into(),
        keys: ["AKIAOTHER".to_owned()].into(),
        ..Ask::default()
    };
    let read = collected(&aws, &account, &ask).await;
    // Every user's keys were read to prove it.
    assert_eq!(read.access_keys.read().map(std::collections::BTreeMap::len), Some(4));
}

/// A named key whose owner AWS would not say, in any way: the key that is cut, or a gap.
#[tokio::test]
async fn a_named_key_that_could_not_be_looked_up_is_found_by_its_list_or_is_a_gap() {
    let account = account();
    let named: std::collections::BTreeSet<String> = ["AKIACARL1".to_owned()].into();
    for code in ["ValidationError", "InternalFailure", "AccessDenied", "PermanentRedirect"] {
        let aws = Aws::simulated(Simulation::new(account.clone()));
        let refuse = |aws: &Aws, name: &str| {
            let when = When::Operation { name: name.into(), times: usize::MAX };
            aws.faults().set(when, Fault::Refuse { code, message: "no" });
        };
        refuse(&aws, "iam:GetAccessKeyLastUsed");
        let ask = Ask { sections: [Section::AccessKeys].into(), keys: named.clone(), ..Ask::default() };
        let read = collected(&aws, &account, &ask).await;
        assert!(read.access_keys.item("AKIACARL1").is_some(), "{code}: {:?}", read.access_keys);
        assert!(named_keys(&aws, &account, &named).await.item("AKIACARL1").is_some(), "{code}");
        refuse(&aws, "iam:GetAccountAuthorizationDetails");
        assert!(named_keys(&aws, &account, &named).await.gap().is_some(), "{code}");
        refuse(&aws, "iam:ListAccessKeys");
        assert!(named_keys(&aws, &account, &named).await.gap().is_some(), "{code}");
        assert!(collected(&aws, &account, &ask).await.access_keys.gap().is_some(), "{code}");
    }
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let other = ["AKIAOTHER".to_owned()].into();
    assert_eq!(named_keys(&aws, &account, &other).await.items().count(), 4, "every user's keys prove it");
}

#[tokio::test]
async fn gaps_keep_their_causes_and_the_rest_goes_on() {
    let denied = Gap { cause: Cause::Denied, call: String::new(), detail: String::new() };
    let mut account = account();
    account.exposed_keys = Seen::Gap(Gap { cause: Cause::NotSubscribed, ..denied.clone() });
    account.trails_unread = [("us-east-1".to_owned(), denied.clone())].into();
    if let Some(buckets) = account.log_buckets.read_mut() {
        buckets.get_mut("acme-logs").expect("the bucket").policy = Seen::Gap(denied);
    }
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let ask = Ask { all_keys: false, ..everything() };
    let read = collected(&aws, &account, &ask).await;
    assert_eq!(read.exposed_keys.gap().map(|gap| gap.cause), Some(Cause::NotSubscribed));
    assert_eq!(read.access_keys.items().count(), 1);
    // The trail that logs us-east-1 only is not seen; the multi-Region one is.
    assert_eq!(read.trails.items().count(), 2);
    assert_eq!(Section::Trails.gaps(&read).len(), 1);
    let bucket = read.log_buckets.item("acme-logs").expect("the bucket");
    assert_eq!(bucket.policy.gap().map(|gap| gap.cause), Some(Cause::Denied));
    assert_eq!(bucket.versioning, Seen::Read(true));
}
