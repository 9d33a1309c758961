//! Who watches, who is told, and what is kept: AWS Config, Access Analyzer, AWS Health, the security contact,
//! Service Quotas, AWS Backup's list, and deliveries of CloudWatch Logs.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Refused, Said, refuse};
use super::world::{plain_page, seen};
use crate::aws::plain::PlainOutput;
use crate::aws::plain::services::{
    accessanalyzer, account, backup, cloudwatchlogs, config, health, servicequotas,
};

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<accessanalyzer::ListAnalyzers>(list_analyzers);
    dispatch.on::<account::GetAlternateContact>(get_alternate_contact);
    dispatch.on::<backup::ListProtectedResources>(list_protected_resources);
    dispatch.on::<cloudwatchlogs::DescribeDeliveries>(describe_deliveries);
    dispatch.on::<cloudwatchlogs::DescribeDeliverySources>(describe_delivery_sources);
    dispatch.on::<config::DescribeConfigurationRecorderStatus>(describe_recorder_status);
    dispatch.on::<config::DescribeConfigurationRecorders>(describe_recorders);
    dispatch.on::<health::DescribeEvents>(describe_events);
    dispatch.on::<servicequotas::ListServiceQuotas>(list_service_quotas);
}

fn list_analyzers(
    cx: &mut Cx<'_>,
    input: &In<accessanalyzer::ListAnalyzers>,
) -> Said<accessanalyzer::ListAnalyzers> {
    let (partition, id) = (cx.world.account.partition(), &cx.world.account.id);
    let analyzer = |(name, one): (&String, &crate::account::Analyzer)| {
        json!({
            "arn": format!("arn:{partition}:access-analyzer:{}:{id}:analyzer/{name}", cx.region),
            "name": name,
            "type": one.kind,
            "createdAt": "2024-01-01T00:00:00Z",
            "status": one.status,
        })
    };
    let all = seen(&region(cx).analyzers)?.iter().map(analyzer).collect();
    Ok(plain_page::<accessanalyzer::ListAnalyzers>(cx, all, input, "maxResults"))
}

fn get_alternate_contact(
    cx: &mut Cx<'_>,
    input: &In<account::GetAlternateContact>,
) -> Said<account::GetAlternateContact> {
    if input.body["AlternateContactType"] != "SECURITY" {
        return Err(refuse("ValidationException", "the type of contact is not known here"));
    }
    let Some(contact) = seen(&cx.world.account.security_contact)? else {
        return Err(refuse(
            "ResourceNotFoundException",
            "No contact of the inputted alternate contact type found.",
        ));
    };
    let contact = json!({
        "AlternateContactType": "SECURITY",
        "Name": contact.name,
        "EmailAddress": contact.email,
        "PhoneNumber": "+81 3 0000 0000",
        "Title": "Security",
    });
    Ok(PlainOutput { body: json!({ "AlternateContact": contact }) })
}

fn list_protected_resources(
    cx: &mut Cx<'_>,
    input: &In<backup::ListProtectedResources>,
) -> Said<backup::ListProtectedResources> {
    let kept = |(arn, last): (&String, &String)| {
        let mut one = json!({ "ResourceArn": arn, "ResourceType": arn.split(':').nth(2) });
        if let Ok(last) = last.parse::<Timestamp>() {
            one["LastBackupTime"] = last.as_second().into();
        }
        one
    };
    let all = seen(&region(cx).backups)?.iter().map(kept).collect();
    Ok(plain_page::<backup::ListProtectedResources>(cx, all, input, "maxResults"))
}

/// One source for each resource, and its delivery.
fn deliveries(cx: &Cx<'_>, told: fn(usize, &str) -> Value) -> Result<Vec<Value>, Refused> {
    // CloudFront's are where CloudFront is.
    if cx.region != cx.world.global_region() {
        return Ok(vec![]);
    }
    let arns = seen(&cx.world.account.edge_logs)?.iter().enumerate();
    Ok(arns.map(|(number, arn)| told(number, arn)).collect())
}

fn describe_deliveries(
    cx: &mut Cx<'_>,
    input: &In<cloudwatchlogs::DescribeDeliveries>,
) -> Said<cloudwatchlogs::DescribeDeliveries> {
    let all = deliveries(
        cx,
        |number, _| json!({ "id": format!("d{number}"), "deliverySourceName": format!("edge-{number}") }),
    )?;
    Ok(plain_page::<cloudwatchlogs::DescribeDeliveries>(cx, all, input, "limit"))
}

fn describe_delivery_sources(
    cx: &mut Cx<'_>,
    input: &In<cloudwatchlogs::DescribeDeliverySources>,
) -> Said<cloudwatchlogs::DescribeDeliverySources> {
    let all = deliveries(cx, |number, arn| {
        json!({
            "name": format!("edge-{number}"),
            "resourceArns": [arn],
            "service": "cloudfront",
            "logType": "ACCESS_LOGS",
        })
    })?;
    Ok(plain_page::<cloudwatchlogs::DescribeDeliverySources>(cx, all, input, "limit"))
}

fn describe_recorders(
    cx: &mut Cx<'_>,
    _: &In<config::DescribeConfigurationRecorders>,
) -> Said<config::DescribeConfigurationRecorders> {
    let recorder = |(name, one): (&String, &crate::account::Recorder)| json!({ "name": name, "recordingGroup": { "allSupported": one.everything } });
    let all: Vec<Value> = seen(&region(cx).recorders)?.iter().map(recorder).collect();
    Ok(PlainOutput { body: json!({ "ConfigurationRecorders": all }) })
}

fn describe_recorder_status(
    cx: &mut Cx<'_>,
    _: &In<config::DescribeConfigurationRecorderStatus>,
) -> Said<config::DescribeConfigurationRecorderStatus> {
    let status = |(name, one): (&String, &crate::account::Recorder)| {
        let mut status = json!({ "name": name, "recording": one.recording });
        if !one.last_status.is_empty() {
            status["lastStatus"] = one.last_status.as_str().into();
        }
        status
    };
    let all: Vec<Value> = seen(&region(cx).recorders)?.iter().map(status).collect();
    Ok(PlainOutput { body: json!({ "ConfigurationRecordersStatus": all }) })
}

fn describe_events(cx: &mut Cx<'_>, input: &In<health::DescribeEvents>) -> Said<health::DescribeEvents> {
    let event = |(arn, one): (&String, &crate::account::HealthNotice)| {
        let region = if one.region.is_empty() { "global" } else { &one.region };
        json!({
            "arn": arn,
            "service": one.service,
            "eventTypeCode": one.code,
            "eventTypeCategory": one.category,
            "region": region,
            "statusCode": one.status,
        })
    };
    let all = seen(&cx.world.account.health_notices)?.iter().map(event).collect();
    Ok(plain_page::<health::DescribeEvents>(cx, all, input, "maxResults"))
}

fn list_service_quotas(
    cx: &mut Cx<'_>,
    input: &In<servicequotas::ListServiceQuotas>,
) -> Said<servicequotas::ListServiceQuotas> {
    if input.body["ServiceCode"] != "vpc" {
        return Err(refuse(
            "NoSuchResourceException",
            "The request failed because the service does not exist.",
        ));
    }
    let quota = |(code, value): (&String, &u64)| {
        // As AWS writes it: a number with a point.
        #[expect(clippy::cast_precision_loss, reason = "quotas are far below 2^52")]
        let value = *value as f64;
        json!({ "ServiceCode": "vpc", "QuotaCode": code, "Value": value, "Adjustable": true })
    };
    let all = seen(&region(cx).quotas)?.iter().map(quota).collect();
    Ok(plain_page::<servicequotas::ListServiceQuotas>(cx, all, input, "MaxResults"))
}
