use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::account::Cause;
use crate::aws::ledger::Phase;
use crate::aws::scripted::{Asked, Script, scripted};
use crate::aws::{Aws, AwsError, Clock, Kind};

const VPCS: &str = "<DescribeVpcsResponse><requestId>1</requestId><vpcSet><item><vpcId>vpc-1</vpcId></item>\
    <item><vpcId>vpc-2</vpcId></item></vpcSet></DescribeVpcsResponse>";
const TRAILS: &str = r#"{"trailList":[{"Name":"a","TrailARN":"arn:a"},{"Name":"b","TrailARN":"arn:b"}]}"#;

async fn vpcs(aws: &Aws) -> Result<usize, AwsError> {
    let answer = aws.ec2("eu-west-1").describe_vpcs().send().await?;
    Ok(answer.vpcs().len())
}

async fn trails(aws: &Aws) -> Result<usize, AwsError> {
    let answer = aws.cloudtrail("eu-west-1").describe_trails().send().await?;
    Ok(answer.trail_list().len())
}

/// A write, and how it ended.
async fn start_logging(aws: &Aws) -> Result<(), AwsError> {
    let _writing = aws.enter(Phase::Apply);
    aws.cloudtrail("eu-west-1").start_logging().name("main").send().await?;
    Ok(())
}

async fn delete_route(aws: &Aws) -> Result<(), AwsError> {
    let _writing = aws.enter(Phase::Apply);
    aws.ec2("eu-west-1").delete_route().route_table_id("rtb-1").send().await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_is_asked_for_again_and_then_a_gap() {
    for cut in (0..VPCS.len()).step_by(5) {
        let aws = scripted(move |_| Script::says(200, &VPCS[..cut]));
        let error = vpcs(&aws).await.unwrap_err();
        assert_eq!((error.kind, aws.ledger().len()), (Kind::NoAnswer, 3), "cut at {cut}: {error}");
        assert_eq!(error.gap().cause, Cause::Unreachable);
    }
    for cut in (0..TRAILS.len()).step_by(5) {
        let aws = scripted(move |_| Script::says(200, &TRAILS[..cut]));
        let error = trails(&aws).await.unwrap_err();
        assert_eq!((error.kind, aws.ledger().len()), (Kind::NoAnswer, 3), "cut at {cut}: {error}");
    }
}

#[tokio::test]
async fn what_is_whole_the_second_time_is_read() {
    let first = |asked: &Asked| asked.number == 1;
    for broken in [
        Script::says(200, &VPCS[..150]),
        Script::says(200, ""),
        Script::says(200, "<html><body>sign in</body></html>"),
        Script::Breaks("<DescribeVpcsResponse>"),
        Script::Silent,
    ] {
        let aws = scripted(move |asked| if first(&asked) { broken.clone() } else { Script::says(200, VPCS) });
        assert_eq!(vpcs(&aws).await.unwrap(), 2);
        assert_eq!(aws.ledger().len(), 2);
    }
}

#[tokio::test]
async fn what_is_missing_is_named() {
    for (answer, words) in [
        ("<DescribeVpcsResponse><requestId>1</requestId></DescribeVpcsResponse>", "it lacks vpcSet"),
        ("", "it is empty"),
        ("<DescribeVpcsResponse><vpcSet>", "it ends within <vpcSet>"),
    ] {
        let aws = scripted(move |_| Script::says(200, answer));
        let error = vpcs(&aws).await.unwrap_err();
        assert_eq!(error.message, format!("the answer is not whole: {words}"));
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_given_up_at_once() {
    for (script, words) in
        [(Script::Endless, "more than 128 MB"), (Script::Trickles, "bytes of the answer came in")]
    {
        let aws = scripted(move |_| script.clone());
        let began = aws.clock().now_ms();
        let error = vpcs(&aws).await.unwrap_err();
        assert!(error.kind == Kind::NoAnswer && error.message.contains(words), "{error}");
        assert_eq!(aws.ledger().len(), 1);
        assert!(aws.clock().now_ms() - began < 40_000);
    }
}

#[tokio::test]
async fn silence_is_waited_for_three_times_and_named() {
    let aws = scripted(|_| Script::Silent);
    let began = aws.clock().now_ms();
    let error = vpcs(&aws).await.unwrap_err();
    assert_eq!((error.kind, aws.ledger().len()), (Kind::NoAnswer, 3));
    assert_eq!(error.message, "no answer within 20 seconds");
    let waited = Duration::from_millis(aws.clock().now_ms() - began);
    assert!(waited < Duration::from_secs(100), "{waited:?}");
}

#[tokio::test]
async fn a_call_that_waits_is_named_with_its_age() {
    let aws = scripted(|_| Script::says(200, VPCS));
    vpcs(&aws).await.unwrap();
    assert_eq!(aws.waiting(), None, "nothing is open");
    let number = aws.ledger().enter(crate::aws::ledger::Call {
        operation: "ec2:DescribeVpcs".into(),
        actor: None,
        region: "eu-west-1".into(),
        attempt: 2,
        phase: Phase::Read,
        started_ms: aws.clock().now_ms(),
        ended_ms: 0,
        error: None,
    });
    assert_eq!(aws.waiting(), None, "not worth a word yet");
    aws.clock().pass(Duration::from_secs(12));
    let said = aws.waiting().unwrap();
    assert_eq!(said, "waiting for ec2:DescribeVpcs in eu-west-1 (12 s, attempt 2)");
    aws.ledger().close(number, aws.clock().now_ms(), None);
    assert_eq!(aws.waiting(), None);
}

#[tokio::test]
async fn a_write_with_half_an_answer_is_not_sent_again() {
    for script in [Script::says(200, r#"{"a":"#), Script::Breaks("{"), Script::Endless] {
        let aws = scripted(move |_| script.clone());
        let error = start_logging(&aws).await.unwrap_err();
        assert!(error.maybe_applied, "{error}");
        assert_eq!(aws.ledger().len(), 1);
    }
    let aws = scripted(|_| Script::says(200, ""));
    start_logging(&aws).await.unwrap();
}

/// Signed at which time: `20260101T030000Z`.
fn signed_at(asked: &Asked) -> jiff::civil::DateTime {
    let header = asked.text.lines().find_map(|line| line.strip_prefix("x-amz-date: ")).unwrap();
    jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", header).unwrap()
}

#[tokio::test]
async fn a_clock_that_is_behind_is_corrected_for_reads_and_writes() {
    let two_hours_ahead = i64::try_from(Clock::Real.now_ms() / 1_000).unwrap() + 7_200;
    let date = DateTime::from_secs(two_hours_ahead).fmt(Format::HttpDate).unwrap();
    let expired = "<Response><Errors><Error><Code>RequestExpired</Code><Message>Request has expired.\
                   </Message></Error></Errors></Response>";
    let behind = || {
        let (date, first) = (date.clone(), std::sync::Mutex::new(None));
        scripted(move |asked: Asked| {
            let at = signed_at(&asked);
            let before = *first.lock().unwrap().get_or_insert(at);
            if asked.number == 1 {
                return Script::Says(400, vec![("date", date.clone())], expired.into());
            }
            assert!(before.duration_until(at).as_hours() >= 1, "signed at {before}, then at {at}");
            Script::says(
                200,
                if asked.text.contains("DescribeVpcs") { VPCS } else { "<DeleteRouteResponse/>" },
            )
        })
    };
    let aws = behind();
    assert_eq!(vpcs(&aws).await.unwrap(), 2);
    assert_eq!(aws.ledger().len(), 2);
    let aws = behind();
    delete_route(&aws).await.unwrap();
    assert_eq!(aws.ledger().len(), 2, "a request that has expired was not taken");
}

#[tokio::test]
async fn a_request_that_stays_expired_is_sent_twice() {
    let expired = "<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>";
    let aws = scripted(move |_| Script::says(400, expired));
    assert_eq!(vpcs(&aws).await.unwrap_err().gap().cause, Cause::Credentials);
    assert!(aws.ledger().len() <= 3);
}

#[tokio::test]
async fn three_kinds_of_no_have_three_words() {
    let says = |code: &str, message: &str| {
        let body = format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>"
        );
        scripted(move |_| Script::says(if body.contains("validated") { 401 } else { 403 }, body.clone()))
    };
    for (code, message, cause) in [
        ("UnauthorizedOperation", "You are not authorized to perform this operation.", Cause::Denied),
        (
            "AuthFailure",
            "AWS was not able to validate the provided access credentials: could not be validated",
            Cause::Credentials,
        ),
        ("AuthFailure", "AWS was not able to validate the provided credentials", Cause::Credentials),
        ("AuthFailure", "You do not have permission to access the specified resource.", Cause::Refused),
    ] {
        let error = vpcs(&says(code, message)).await.unwrap_err();
        assert_eq!(error.gap().cause, cause, "{code}: {message}");
    }
    let words = [Cause::Denied, Cause::Credentials, Cause::Refused].map(Cause::words);
    assert_eq!(words, ["permission denied", "credentials not accepted", "AWS refuses it"]);
}

#[tokio::test]
async fn an_error_that_quotes_the_request_shows_no_token() {
    let aws = scripted(|asked| {
        let quoted = asked.text.replace('&', " ");
        Script::says(
            403,
            format!(
                "<Response><Errors><Error><Code>SignatureDoesNotMatch</Code><Message>The signature we \
                 calculated does not match. The request was {quoted}</Message></Error></Errors></Response>"
            ),
        )
    });
    let error = vpcs(&aws).await.unwrap_err();
    assert_eq!(error.kind, Kind::Credentials);
    let said = format!("{error} {} {:?}", error.detail(), error.gap());
    assert!(said.contains("does not match") && !said.contains("tok-of-the-session"), "{said}");
    assert!(!said.contains("Signature="), "{said}");
}

#[tokio::test]
async fn the_ledger_has_the_code_of_a_live_error() {
    for (headers, body, code) in [
        (
            vec![],
            "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
            "UnauthorizedOperation",
        ),
        (
            vec![("x-amzn-errortype", "AccessDeniedException:http://a/".to_owned())],
            "{}",
            "AccessDeniedException",
        ),
        (vec![], "gone", "403"),
    ] {
        let aws = scripted(move |_| Script::Says(403, headers.clone(), body.to_owned()));
        vpcs(&aws).await.unwrap_err();
        assert!(aws.ledger().calls()[0].error.as_ref().unwrap().starts_with(code));
        assert_eq!(aws.ledger().denied_reads().into_iter().collect::<Vec<_>>(), ["ec2:DescribeVpcs"]);
    }
}
