//! Certificates of ACM that something uses, of one Region.

use std::collections::BTreeMap;

use aws_sdk_acm::types::{CertificateDetail, Filters, KeyAlgorithm, RenewalEligibility};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use futures::{StreamExt as _, TryStreamExt as _};

use super::Ask;
use crate::account::{Certificate, Validation};
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// Calls at once where AWS has one for each item only.
const AT_ONCE: usize = 8;
/// Within how many days a certificate ends soon.
const SOON_DAYS: i64 = 30;

/// Reads certificates in use by ARN.
///
/// A list without key types leaves out certificates with long RSA keys and with elliptic curves.
///
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html>
pub(super) async fn certificates(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, Certificate>, AwsError> {
    let acm = aws.acm(region);
    let types = KeyAlgorithm::values().iter().map(|name| KeyAlgorithm::from(*name));
    let every = Filters::builder().set_key_types(Some(types.collect())).build();
    let list = acm.list_certificates().includes(every).max_items(1_000);
    // An endpoint that does not say whether it is used is asked.
    let arns: Vec<String> = lists::all(aws, list, |certificate| {
        certificate.certificate_arn.filter(|_| certificate.in_use != Some(false))
    })
    .await?;
    let now = aws.clock().timestamp().as_second();
    let each = futures::stream::iter(arns).map(|arn| {
        let acm = &acm;
        async move {
            let answer = unless_gone(acm.describe_certificate().certificate_arn(&arn).send().await)?;
            let detail = answer.map(|answer| {
                answer
                    .certificate
                    .ok_or_else(|| AwsError::unusable("acm:DescribeCertificate", "it lacks Certificate"))
            });
            Ok::<_, AwsError>(detail.transpose()?.map(|detail| (arn, certificate(detail, now))))
        }
    });
    let all: Vec<_> = each.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(all.into_iter().flatten().filter(|(_, certificate)| !certificate.in_use_by.is_empty()).collect())
}

fn certificate(detail: CertificateDetail, now: i64) -> Certificate {
    let text = |word: Option<&str>| word.unwrap_or_default().to_owned();
    let names = detail.subject_alternative_names.unwrap_or_default().into_iter().chain(detail.domain_name);
    let validations = detail.domain_validation_options.unwrap_or_default().into_iter();
    let soon = |end: DateTime| end.secs() - now <= SOON_DAYS * 24 * 60 * 60;
    Certificate {
        names: names.collect(),
        status: text(detail.status.as_ref().map(|status| status.as_str())),
        kind: text(detail.r#type.as_ref().map(|kind| kind.as_str())),
        ends_soon: detail.not_after.is_some_and(soon),
        not_after: detail.not_after.and_then(|end| end.fmt(Format::DateTime).ok()),
        in_use_by: detail.in_use_by.unwrap_or_default().into_iter().collect(),
        renews: detail.renewal_eligibility == Some(RenewalEligibility::Eligible),
        renewal: detail.renewal_summary.map(|summary| summary.renewal_status.as_str().to_owned()),
        validation: validations
            .map(|one| {
                let method = text(one.validation_method.as_ref().map(|method| method.as_str()));
                (
                    one.domain_name,
                    Validation { method, record: one.resource_record.map(|record| record.name) },
                )
            })
            .collect(),
    }
}
