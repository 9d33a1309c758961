//! The list of a zone's records, whose pages go on by name, type and identifier together, and whose members
//! are held against those that the account keeps: a record is put back by its exact value.

use std::collections::BTreeSet;

use aws_sdk_route53::operation::list_resource_record_sets::ListResourceRecordSetsOutput;
use aws_sdk_route53::operation::list_resource_record_sets::builders::ListResourceRecordSetsFluentBuilder;
use aws_sdk_route53::types::{ResourceRecordSet, RrType};
use xmlparser::{ElementEnd, Token, Tokenizer};

use super::List;
use crate::aws::AwsError;
use crate::aws::operations::name_of_type;
use crate::aws::unknown::AnswerBody;

/// Stands between the three parts of a token. No name of DNS has it.
const BETWEEN: char = '\n';

/// The members of a set that `account::Record` keeps, as paths within the set. Sorted.
pub(crate) const KEPT: [&str; 24] = [
    "AliasTarget/DNSName",
    "AliasTarget/EvaluateTargetHealth",
    "AliasTarget/HostedZoneId",
    "CidrRoutingConfig/CollectionId",
    "CidrRoutingConfig/LocationName",
    "Failover",
    "GeoLocation/ContinentCode",
    "GeoLocation/CountryCode",
    "GeoLocation/SubdivisionCode",
    "GeoProximityLocation/AWSRegion",
    "GeoProximityLocation/Bias",
    "GeoProximityLocation/Coordinates/Latitude",
    "GeoProximityLocation/Coordinates/Longitude",
    "GeoProximityLocation/LocalZoneGroup",
    "HealthCheckId",
    "MultiValueAnswer",
    "Name",
    "Region",
    "ResourceRecords/ResourceRecord/Value",
    "SetIdentifier",
    "TTL",
    "TrafficPolicyInstanceId",
    "Type",
    "Weight",
];

/// A page of records, and where the next one begins.
pub struct RecordPage {
    sets: Vec<(ResourceRecordSet, BTreeSet<String>)>,
    next: Option<String>,
}

impl List for ListResourceRecordSetsFluentBuilder {
    type Page = RecordPage;
    /// A set, and its members that are not kept.
    type Item = (ResourceRecordSet, BTreeSet<String>);

    fn operation() -> String {
        name_of_type::<Self>("FluentBuilder")
    }

    async fn page(self, token: Option<String>) -> Result<RecordPage, AwsError> {
        let list = match token {
            Some(token) => {
                let mut parts =
                    token.split(BETWEEN).map(|part| Some(part.to_owned()).filter(|part| !part.is_empty()));
                let mut part = || parts.next().flatten();
                self.set_start_record_name(part())
                    .set_start_record_type(part().as_deref().map(RrType::from))
                    .set_start_record_identifier(part())
            }
            None => self,
        };
        let body = AnswerBody::default();
        let output = list.customize().interceptor(body.clone()).send().await?;
        page(output, &body.take().unwrap_or_default())
            .map_err(|why| AwsError::unusable(&Self::operation(), why))
    }

    fn token(page: &RecordPage) -> Option<&str> {
        page.next.as_deref()
    }

    fn items(page: RecordPage) -> Result<Vec<Self::Item>, &'static str> {
        let nameless = |set: &ResourceRecordSet| set.name.is_empty() || set.r#type.as_str().is_empty();
        if page.sets.iter().any(|(set, _)| nameless(set)) { Err("name or type") } else { Ok(page.sets) }
    }
}

/// # Errors
/// What the answer lacks. A page that is not the last one and does not say how to go on would pass for the whole.
fn page(output: ListResourceRecordSetsOutput, body: &[u8]) -> Result<RecordPage, &'static str> {
    let next = match &output.next_record_name {
        None if output.is_truncated => return Err("a page is not the last one and names no next"),
        name => name.as_ref().filter(|_| output.is_truncated).map(|name| {
            let kind = output.next_record_type.as_ref().map_or("", RrType::as_str);
            let set = output.next_record_identifier.as_deref().unwrap_or_default();
            format!("{name}{BETWEEN}{kind}{BETWEEN}{set}")
        }),
    };
    let sets = output.resource_record_sets;
    // The simulated wire has a body only where the typed answer cannot say everything.
    let mut lost = if body.is_empty() { vec![] } else { lost(body) };
    if lost.is_empty() {
        lost.resize(sets.len(), BTreeSet::new());
    }
    if lost.len() != sets.len() {
        return Err("its records cannot be told apart");
    }
    Ok(RecordPage { sets: sets.into_iter().zip(lost).collect(), next })
}

/// The members of each set of an answer that are not kept.
pub(crate) fn lost(body: &[u8]) -> Vec<BTreeSet<String>> {
    let mut sets = vec![];
    let mut open: Vec<&str> = vec![];
    let mut leaf = false;
    let Ok(text) = std::str::from_utf8(body) else { return sets };
    for token in Tokenizer::from(text.trim_start_matches('\u{feff}')).map_while(Result::ok) {
        match token {
            Token::ElementStart { local, .. } => {
                open.push(local.as_str());
                leaf = true;
                if local.as_str() == "ResourceRecordSet" {
                    sets.push(BTreeSet::new());
                }
            }
            Token::ElementEnd { end: ElementEnd::Empty | ElementEnd::Close(..), .. } => {
                let within = open.iter().position(|name| *name == "ResourceRecordSet");
                if let (true, Some(at), Some(set)) = (leaf, within, sets.last_mut()) {
                    let path = open[at + 1..].join("/");
                    if !path.is_empty() && KEPT.binary_search(&path.as_str()).is_err() {
                        set.insert(path);
                    }
                }
                open.pop();
                leaf = false;
            }
            _ => {}
        }
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_is_not_kept_is_named_with_its_set() {
        let body = "<?xml version=\"1.0\"?><ListResourceRecordSetsResponse><ResourceRecordSets>\
            <ResourceRecordSet><Name>a.</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord>\
            <Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>\
            <ResourceRecordSet><Name>b.</Name><Type>A</Type><AZAffinity><Zone>x</Zone></AZAffinity><New/>\
            </ResourceRecordSet></ResourceRecordSets><IsTruncated>false</IsTruncated></ListResourceRecordSetsResponse>";
        let lost = lost(body.as_bytes());
        assert_eq!(lost.len(), 2);
        assert!(lost[0].is_empty());
        assert_eq!(lost[1].iter().collect::<Vec<_>>(), ["AZAffinity/Zone", "New"]);
    }

    #[test]
    fn the_list_of_what_is_kept_is_sorted() {
        assert!(KEPT.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
