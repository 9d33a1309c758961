//! What the simulated CloudTrail records: every call that writes, whether it succeeded or not.

mod debugged;

use serde_json::{Value, json};

use super::World;
use super::adversary::Call;
use super::user_identity::UserIdentity;

/// How long an event takes until `LookupEvents` shows it: about five minutes.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>
pub(super) const SHOWN_AFTER_MS: u64 = 300_000;

/// One call that writes.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub at_ms: u64,
    region: String,
    operation: &'static str,
    who: UserIdentity,
    input: Members,
    outcome: Result<Members, (String, String)>,
    number: usize,
}

/// The members of an input or an answer.
#[derive(Clone, Debug)]
enum Members {
    /// The SDK's `Debug` text: read when somebody asks.
    Debugged(String),
    Json(Value),
}

impl Members {
    fn json(&self) -> Value {
        match self {
            Members::Debugged(text) => debugged::members(text),
            Members::Json(value) => value.clone(),
        }
    }
}

impl World {
    /// Records a call of whoever calls now. The outcome is the answer, or its code and message.
    pub(super) fn record(
        &mut self,
        operation: &'static str,
        region: &str,
        input: String,
        outcome: Result<String, (String, String)>,
    ) {
        let who = self.who.clone().unwrap_or_else(|| UserIdentity::of_caller(&self.account.caller));
        let number = self.recorded.len();
        let (region, at_ms) = (region.to_owned(), self.now_ms);
        let (input, outcome) = (Members::Debugged(input), outcome.map(Members::Debugged));
        self.recorded.push(Recorded { at_ms, region, operation, who, input, outcome, number }.into());
    }

    /// Records a call of the thief.
    pub(super) fn record_call(&mut self, call: Call) {
        let Call { at_ms, action: operation, region, who, asked, outcome } = call;
        let region = region.unwrap_or_else(|| self.global_region().to_owned());
        let (input, outcome, number) =
            (Members::Json(asked), outcome.map(Members::Json), self.recorded.len());
        self.recorded.push(Recorded { at_ms, region, operation, who, input, outcome, number }.into());
    }
}

impl Recorded {
    /// The event as CloudTrail has it. Names are the SDK's: IAM's and STS's are CloudTrail's own, EC2's
    /// lack the `Set` and `items` that CloudTrail puts between.
    pub fn event(&self, account: &str, global: &str) -> Value {
        let (service, name) = self.operation.split_once(':').unwrap_or(("", self.operation));
        let name = match (service, name) {
            ("s3", "PutPublicAccessBlock") => "PutBucketPublicAccessBlock",
            ("s3", "DeletePublicAccessBlock") => "DeleteBucketPublicAccessBlock",
            ("s3control", "PutPublicAccessBlock") => "PutAccountPublicAccessBlock",
            ("s3control", "DeletePublicAccessBlock") => "DeleteAccountPublicAccessBlock",
            _ => name,
        };
        // IAM is recorded in the partition's main Region, wherever it is called from.
        let region = if service == "iam" { global } else { &self.region };
        let mut event = json!({
            "eventVersion": "1.11",
            "userIdentity": self.who.identity(account),
            "eventTime": time(self.at_ms),
            "eventSource": format!("{}.amazonaws.com", source(service)),
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": self.who.address,
            "userAgent": self.who.agent,
            "requestParameters": self.input.json(),
            "responseElements": null,
            "eventID": format!("51000000-0000-4000-8000-{:012x}", self.number + 1),
            // STS makes credentials and changes nothing.
            "readOnly": service == "sts",
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": account,
            "eventCategory": "Management",
        });
        match &self.outcome {
            Ok(output) => event["responseElements"] = output.json(),
            Err((code, message)) => {
                event["errorCode"] = code.clone().into();
                event["errorMessage"] = message.clone().into();
            }
        }
        event
    }
}

/// A time as CloudTrail writes it: to the second.
fn time(ms: u64) -> String {
    let seconds = i64::try_from(ms / 1_000).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

/// The service as CloudTrail names it, by the name of the SDK's crate.
fn source(service: &str) -> &str {
    match service {
        "apigatewayv2" => "apigateway",
        "elasticloadbalancingv2" => "elasticloadbalancing",
        "sesv2" => "ses",
        "s3control" => "s3",
        "ecrpublic" => "ecr-public",
        "cloudwatchlogs" => "logs",
        other => other,
    }
}
