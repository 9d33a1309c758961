//! Certificates of ACM that something uses, of one Region.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Ask, moment, text, texts};
use crate::account::{Certificate, Validation};
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::acm;
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// Calls at once where AWS has one for each item only.
const AT_ONCE: usize = 8;
/// Within how many days a certificate ends soon.
const SOON_DAYS: i64 = 30;
/// Every kind of key. A list without them leaves out certificates with long RSA keys and with elliptic curves.
///
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html>
const KEYS: [&str; 7] =
    ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

/// Reads certificates in use by ARN.
///
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html>
pub(super) async fn certificates(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, Certificate>, AwsError> {
    let input = PlainInput::new(json!({ "Includes": { "keyTypes": KEYS }, "MaxItems": 1_000 }));
    let list = aws.plain_list::<acm::ListCertificates>(region, input);
    // An endpoint that does not say whether it is used is asked.
    let arns: Vec<String> = lists::all(aws, list, |certificate| {
        let arn = certificate["CertificateArn"].as_str()?;
        (certificate["InUse"] != false).then(|| arn.to_owned())
    })
    .await?;
    let now = aws.clock().timestamp();
    let each = futures::stream::iter(arns).map(|arn| async move {
        let input = PlainInput::new(json!({ "CertificateArn": arn }));
        let answer = unless_gone(aws.plain::<acm::DescribeCertificate>(region, input).await)?;
        Ok::<_, AwsError>(answer.map(|answer| (arn, certificate(&answer["Certificate"], now))))
    });
    let all: Vec<_> = each.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(all.into_iter().flatten().filter(|(_, certificate)| !certificate.in_use_by.is_empty()).collect())
}

fn certificate(detail: &Value, now: Timestamp) -> Certificate {
    let names =
        texts(&detail["SubjectAlternativeNames"]).chain(detail["DomainName"].as_str().map(str::to_owned));
    let end = moment(&detail["NotAfter"]);
    let soon = SignedDuration::from_hours(SOON_DAYS * 24);
    let validations = detail["DomainValidationOptions"].as_array().into_iter().flatten();
    Certificate {
        names: names.collect(),
        status: text(&detail["Status"]),
        kind: text(&detail["Type"]),
        ends_soon: end.is_some_and(|end| end.duration_since(now) <= soon),
        not_after: end.map(|end| end.to_string()),
        in_use_by: texts(&detail["InUseBy"]).collect(),
        renews: detail["RenewalEligibility"] == "ELIGIBLE",
        renewal: detail["RenewalSummary"]["RenewalStatus"].as_str().map(str::to_owned),
        validation: validations
            .map(|one| {
                let record = one["ResourceRecord"]["Name"].as_str().map(str::to_owned);
                (text(&one["DomainName"]), Validation { method: text(&one["ValidationMethod"]), record })
            })
            .collect(),
    }
}
