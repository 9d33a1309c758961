//! The plain client over a wire whose other end says what a test wants.

use std::sync::{Arc, Mutex};

use aws_types::SdkConfig;
use serde_json::{Value, json};

use super::made::{endpoint, host};
use super::services::{accessanalyzer, account, config, securityhub};
use super::{PlainInput, PlainOperation as _};
use crate::aws::ledger::Phase;
use crate::aws::lists;
use crate::aws::scripted::{Asked, Script, scripted};
use crate::aws::{Aws, AwsError, Kind};

/// A wire that says `said`, and notes what it was asked.
fn says(said: impl Fn(&Asked) -> Script + Send + Sync + 'static) -> (Aws, Arc<Mutex<Vec<String>>>) {
    let noted: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = noted.clone();
    let aws = scripted(move |asked| {
        notes.lock().unwrap().push(asked.text.clone());
        said(&asked)
    });
    (aws, noted)
}

async fn recorders(aws: &Aws) -> Result<Value, AwsError> {
    let input = PlainInput::new(Value::Null);
    aws.plain::<config::DescribeConfigurationRecorders>("eu-west-1", input).await
}

async fn import(aws: &Aws) -> Result<Value, AwsError> {
    let input = PlainInput::new(json!({ "Findings": [] }));
    aws.plain::<securityhub::BatchImportFindings>("eu-west-1", input).await
}

#[tokio::test]
async fn a_call_in_aws_json_names_its_operation_and_is_signed_for_its_service() {
    let (aws, noted) = says(|_| Script::says(200, r#"{"ConfigurationRecorders":[{"name":"default"}]}"#));
    assert_eq!(recorders(&aws).await.unwrap()["ConfigurationRecorders"][0]["name"], "default");
    let asked = noted.lock().unwrap();
    for part in [
        "POST https://config.eu-west-1.amazonaws.com/",
        "x-amz-target: StarlingDoveService.DescribeConfigurationRecorders",
        "content-type: application/x-amz-json-1.1",
        "/eu-west-1/config/aws4_request, SignedHeaders=",
        "x-amz-security-token: tok-of-the-session",
        "\n\n{}",
    ] {
        assert!(asked[0].contains(part), "{part} not in {}", asked[0]);
    }
    let calls = aws.ledger().calls();
    assert_eq!(
        (calls[0].operation.as_str(), calls[0].region.as_str()),
        ("config:DescribeConfigurationRecorders", "eu-west-1")
    );
}

#[tokio::test]
async fn a_rest_list_is_read_page_by_page() {
    let (aws, noted) = says(|asked| {
        let more =
            if asked.number < 3 { format!(r#","nextToken":"t/{}""#, asked.number) } else { String::new() };
        Script::says(200, format!(r#"{{"analyzers":[{{"name":"{}"}}]{more}}}"#, asked.number))
    });
    let input = PlainInput::default().query("type", "ACCOUNT");
    let list = aws.plain_list::<accessanalyzer::ListAnalyzers>("eu-west-1", input);
    let names: Vec<String> =
        lists::all(&aws, list, |item| item["name"].as_str().map(str::to_owned)).await.unwrap();
    assert_eq!(names, ["1", "2", "3"]);
    let asked = noted.lock().unwrap();
    let first = |at: usize| asked[at].lines().next().unwrap().to_owned();
    let url = "GET https://access-analyzer.eu-west-1.amazonaws.com/analyzer?type=ACCOUNT";
    assert_eq!([first(0), first(1)], [url.to_owned(), format!("{url}&nextToken=t%2F1")]);
    assert!(!asked[0].contains("content-type"), "{}", asked[0]);
}

#[tokio::test]
async fn a_token_that_comes_again_is_no_end() {
    let (aws, _) = says(|_| Script::says(200, r#"{"Findings":[],"NextToken":"again"}"#));
    let list = aws.plain_list::<securityhub::GetFindings>("eu-west-1", PlainInput::new(json!({})));
    let error = lists::all::<_, Value, Vec<Value>>(&aws, list, Some).await.unwrap_err();
    assert!(error.kind == Kind::Unusable && error.message.contains("earlier page"), "{error}");
}

#[tokio::test]
async fn an_error_has_the_kind_that_its_code_has_everywhere() {
    let header = |code: &str| Script::Says(400, vec![("x-amzn-errortype", code.to_owned())], "{}".into());
    for (script, kind, code) in [
        (header("AccessDeniedException:http://a/"), Kind::Denied, "AccessDeniedException"),
        (
            Script::says(
                400,
                r#"{"__type":"com.amazon.x#SubscriptionRequiredException","message":"no plan"}"#,
            ),
            Kind::NotSubscribed,
            "SubscriptionRequiredException",
        ),
        (
            Script::says(404, r#"{"__type":"ResourceNotFoundException"}"#),
            Kind::Gone,
            "ResourceNotFoundException",
        ),
    ] {
        let (aws, _) = says(move |_| script.clone());
        let error = recorders(&aws).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)));
        assert_eq!(error.operation, "config:DescribeConfigurationRecorders");
        assert_eq!(aws.ledger().calls()[0].error.as_deref(), Some(code));
    }
    let (aws, _) = says(|_| Script::says(200, "{}"));
    let error = recorders(&aws).await.unwrap_err();
    assert!(error.message.contains("it lacks ConfigurationRecorders"), "{error}");
}

#[tokio::test]
async fn a_read_is_sent_again_and_a_write_is_not() {
    let throttled = r#"{"__type":"ThrottlingException"}"#;
    let (aws, _) = says(move |asked| match asked.number {
        1 => Script::says(400, throttled),
        2 => Script::says(503, ""),
        _ => Script::says(200, r#"{"ConfigurationRecorders":[]}"#),
    });
    recorders(&aws).await.unwrap();
    assert_eq!(aws.ledger().len(), 3);

    let (aws, _) = says(|_| Script::says(500, r#"{"__type":"InternalException"}"#));
    let error = import(&aws).await.unwrap_err();
    assert_eq!((error.kind, aws.ledger().len()), (Kind::Bug, 0), "outside apply nothing is sent");
    let _writing = aws.enter(Phase::Apply);
    let error = import(&aws).await.unwrap_err();
    assert!(error.maybe_applied && aws.ledger().len() == 1, "{error}");
}

#[tokio::test]
async fn a_global_service_is_asked_where_its_partition_has_it() {
    for (region, url, signed) in [
        ("eu-west-1", "https://account.us-east-1.amazonaws.com/getAlternateContact", "/us-east-1/account/"),
        (
            "cn-north-1",
            "https://account.cn-northwest-1.amazonaws.com.cn/getAlternateContact",
            "/cn-northwest-1/account/",
        ),
    ] {
        let (aws, noted) = says(|_| Script::says(200, r#"{"AlternateContact":{}}"#));
        let input = PlainInput::new(json!({ "AlternateContactType": "SECURITY" }));
        aws.plain::<account::GetAlternateContact>(region, input).await.unwrap();
        let asked = noted.lock().unwrap()[0].clone();
        assert!(asked.contains(url) && asked.contains(signed), "{asked}");
    }
}

#[tokio::test]
async fn a_path_that_its_labels_do_not_fit_is_not_sent() {
    let (aws, _) = says(|_| Script::Silent);
    let input = PlainInput::default().label("one too many");
    let error = aws.plain::<accessanalyzer::ListAnalyzers>("eu-west-1", input).await.unwrap_err();
    assert!(error.message.contains("the path has fewer labels"), "{error}");
    assert!(aws.ledger().is_empty());
}

#[test]
fn endpoints_follow_the_settings_and_the_partition() {
    let service = securityhub::GetFindings::service();
    let own = SdkConfig::builder().build();
    assert_eq!(endpoint(&own, service, "eu-west-1"), "https://securityhub.eu-west-1.amazonaws.com");
    let other = SdkConfig::builder().endpoint_url("http://127.0.0.1:5000").build();
    assert_eq!(endpoint(&other, service, "eu-west-1"), "http://127.0.0.1:5000");
    let fips = SdkConfig::builder().use_fips(true).build();
    assert_eq!(endpoint(&fips, service, "us-east-1"), "https://securityhub-fips.us-east-1.amazonaws.com");
    for (prefix, region, fips, dual_stack, url) in [
        ("config", "us-gov-west-1", true, false, "https://config.us-gov-west-1.amazonaws.com"),
        ("events", "us-gov-west-1", true, false, "https://events.us-gov-west-1.amazonaws.com"),
        ("config", "cn-north-1", false, false, "https://config.cn-north-1.amazonaws.com.cn"),
        ("config", "eusc-de-east-1", false, false, "https://config.eusc-de-east-1.amazonaws.eu"),
        ("config", "eu-west-1", false, true, "https://config.eu-west-1.api.aws"),
    ] {
        assert_eq!(host(prefix, region, fips, dual_stack), url);
    }
}

#[test]
fn an_input_is_told_as_cloudtrail_tells_it() {
    let input = PlainInput::new(json!({ "a": [1] })).label("vault/1").query("next", "2");
    assert_eq!(format!("{input:?}"), r#"{"a":[1],"labels":["vault/1"],"next":"2"}"#);
}
