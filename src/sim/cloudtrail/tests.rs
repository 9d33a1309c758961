use crate::account::{Account, Caller, LogBucket, PublicAccessBlock, Seen, Trail};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::sim::Simulation;
use crate::sim::probe::code;

fn aws() -> Aws {
    let mut account = Account::unread("123456789012", Caller::default());
    let trail = Trail {
        name: "main".into(),
        home_region: "eu-west-1".into(),
        multi_region: true,
        ..Trail::default()
    };
    account.trails =
        Seen::Read([("arn:aws:cloudtrail:eu-west-1:123456789012:trail/main".into(), trail)].into());
    let bucket = LogBucket {
        region: "eu-west-1".into(),
        policy: Seen::Read(None),
        versioning: Seen::Read(false),
        block: Seen::Read(Some(PublicAccessBlock::ALL_ON)),
    };
    account.log_buckets = Seen::Read([("logs".to_owned(), bucket)].into());
    Aws::simulated(Simulation::new(account))
}

#[tokio::test]
async fn trails_are_changed_at_home_only() {
    let aws = aws();
    let _phase = aws.enter(Phase::Apply);
    let arn = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main";
    let elsewhere = aws.cloudtrail("us-east-1");
    // The shadow copy is listed, unless it is not wanted.
    let list = async |shadows| {
        let answer = elsewhere.describe_trails().include_shadow_trails(shadows).send().await;
        answer.expect("a list").trail_list.unwrap_or_default().len()
    };
    assert_eq!((list(true).await, list(false).await), (1, 0));
    assert_eq!(code(elsewhere.start_logging().name(arn).send().await), "InvalidHomeRegionException");
    assert_eq!(code(elsewhere.update_trail().name(arn).send().await), "InvalidHomeRegionException");
    assert_eq!(code(elsewhere.start_logging().name("none").send().await), "TrailNotFoundException");
    assert_eq!(code(aws.cloudtrail("eu-west-1").start_logging().name("main").send().await), "none");
}

#[tokio::test]
async fn a_trail_needs_a_free_name_and_a_bucket_that_lets_it_in() {
    let aws = aws();
    let _phase = aws.enter(Phase::Apply);
    let client = aws.cloudtrail("eu-west-1");
    let create = async |name: &str, bucket: &str| {
        code(client.create_trail().name(name).s3_bucket_name(bucket).send().await)
    };
    assert_eq!(create("main", "logs").await, "TrailAlreadyExistsException");
    assert_eq!(create("b d", "logs").await, "InvalidTrailNameException");
    assert_eq!(create("new", "none").await, "S3BucketDoesNotExistException");
    assert_eq!(create("new", "logs").await, "InsufficientS3BucketPolicyException");
}

#[tokio::test]
async fn buckets_refuse_what_s3_refuses() {
    use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
    let aws = aws();
    let _phase = aws.enter(Phase::Apply);
    let create = async |region: &str, name: &str, place: Option<&str>| {
        let place = place.map(|place| {
            let place = BucketLocationConstraint::from(place);
            CreateBucketConfiguration::builder().location_constraint(place).build()
        });
        let create = aws.s3(region).create_bucket().bucket(name);
        code(create.set_create_bucket_configuration(place).send().await)
    };
    assert_eq!(create("eu-west-1", "logs", Some("eu-west-1")).await, "BucketAlreadyOwnedByYou");
    assert_eq!(create("eu-west-1", "new", None).await, "IllegalLocationConstraintException");
    assert_eq!(create("us-east-1", "new", Some("us-east-1")).await, "InvalidLocationConstraint");
    assert_eq!(create("us-east-1", "Bad_Name", None).await, "InvalidBucketName");
    assert_eq!(create("us-east-1", "new", None).await, "none");
    assert_eq!(create("us-east-1", "new", None).await, "none");
    let wrong = aws.s3("us-east-1").get_bucket_policy().bucket("logs").send().await;
    assert_eq!(code(wrong), "PermanentRedirect");
    let open = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]}"#;
    let put = aws.s3("eu-west-1").put_bucket_policy().bucket("logs").policy(open).send().await;
    assert_eq!(code(put), "AccessDenied");
}
