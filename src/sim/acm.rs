//! ACM: the certificates in use.

use aws_sdk_acm::types::{
    CertificateDetail, CertificateStatus, CertificateSummary, CertificateType, DomainValidation, RecordType,
    RenewalEligibility, RenewalStatus, RenewalSummary, ResourceRecord, ValidationMethod,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::seen;
use crate::account::Certificate;
use crate::aws::operations::acm;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<acm::DescribeCertificate>(describe_certificate);
    dispatch.on::<acm::ListCertificates>(list_certificates);
}

fn end(certificate: &Certificate) -> Option<DateTime> {
    certificate.not_after.as_deref().and_then(|date| DateTime::from_str(date, Format::DateTime).ok())
}

fn first(certificate: &Certificate) -> Option<String> {
    certificate.names.first().cloned()
}

fn list_certificates(cx: &mut Cx<'_>, input: &In<acm::ListCertificates>) -> Said<acm::ListCertificates> {
    if input.max_items().is_some_and(|max| !(1..=1_000).contains(&max)) {
        return Err(refuse("ValidationException", "maxItems must be between 1 and 1000"));
    }
    let summary = |(arn, certificate): (&String, &Certificate)| {
        CertificateSummary::builder()
            .certificate_arn(arn)
            .set_domain_name(first(certificate))
            .status(CertificateStatus::from(certificate.status.as_str()))
            .in_use(!certificate.in_use_by.is_empty())
            .set_not_after(end(certificate))
            .build()
    };
    let all = seen(&region(cx).certificates)?.iter().map(summary).collect();
    let (page, next) = cx.page(all, input.next_token(), input.max_items());
    Ok(Out::<acm::ListCertificates>::builder()
        .set_certificate_summary_list(Some(page))
        .set_next_token(next)
        .build())
}

fn describe_certificate(
    cx: &mut Cx<'_>,
    input: &In<acm::DescribeCertificate>,
) -> Said<acm::DescribeCertificate> {
    let arn = input.certificate_arn().unwrap_or_default();
    let certificate = seen(&region(cx).certificates)?
        .get(arn)
        .ok_or_else(|| refuse("ResourceNotFoundException", format!("Could not find certificate {arn}.")))?;
    let eligible =
        if certificate.renews { RenewalEligibility::Eligible } else { RenewalEligibility::Ineligible };
    let detail = CertificateDetail::builder()
        .certificate_arn(arn)
        .set_domain_name(first(certificate))
        .set_subject_alternative_names(Some(certificate.names.iter().cloned().collect()))
        .set_domain_validation_options(Some(validations(certificate)?))
        .status(CertificateStatus::from(certificate.status.as_str()))
        .r#type(CertificateType::from(certificate.kind.as_str()))
        .set_not_after(end(certificate))
        .set_in_use_by(Some(certificate.in_use_by.iter().cloned().collect()))
        .renewal_eligibility(eligible)
        .set_renewal_summary(renewal(certificate)?)
        .build();
    Ok(Out::<acm::DescribeCertificate>::builder().certificate(detail).build())
}

fn validations(certificate: &Certificate) -> Result<Vec<DomainValidation>, Refused> {
    let one = |(name, validation): (&String, &crate::account::Validation)| {
        // The record's value proves nothing that a plan says, and is not in the account.
        let record = validation.record.as_ref().map(|record| {
            ResourceRecord::builder()
                .name(record)
                .r#type(RecordType::Cname)
                .value("acm-validations.aws.")
                .build()
        });
        DomainValidation::builder()
            .domain_name(name)
            .validation_method(ValidationMethod::from(validation.method.as_str()))
            .set_resource_record(record.transpose().map_err(|error| invalid(&error))?)
            .build()
            .map_err(|error| invalid(&error))
    };
    certificate.validation.iter().map(one).collect()
}

fn renewal(certificate: &Certificate) -> Result<Option<RenewalSummary>, Refused> {
    let Some(status) = &certificate.renewal else { return Ok(None) };
    let summary = RenewalSummary::builder()
        .renewal_status(RenewalStatus::from(status.as_str()))
        .set_domain_validation_options(Some(validations(certificate)?))
        .updated_at(DateTime::from_secs(0))
        .build();
    summary.map(Some).map_err(|error| invalid(&error))
}

fn invalid(error: &aws_smithy_types::error::operation::BuildError) -> Refused {
    refuse("ValidationException", error.to_string())
}
