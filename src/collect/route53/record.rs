//! A set of records as the SDK has it, and as the account has it.

use std::collections::BTreeSet;

use aws_sdk_route53::types;
use aws_smithy_types::error::operation::BuildError;

use crate::account::{AliasTarget, CidrRouting, GeoLocation, GeoProximity, Record};

/// A set of records with its name.
pub(crate) fn record(set: types::ResourceRecordSet) -> (String, Record) {
    let text = |word: Option<&str>| word.map(str::to_owned);
    let value = Record {
        kind: set.r#type.as_str().to_owned(),
        set: set.set_identifier,
        ttl: set.ttl,
        values: set.resource_records.unwrap_or_default().into_iter().map(|record| record.value).collect(),
        alias: set.alias_target.map(|to| AliasTarget {
            zone: to.hosted_zone_id,
            name: to.dns_name,
            evaluate_health: to.evaluate_target_health,
        }),
        weight: set.weight,
        latency_region: text(set.region.as_ref().map(|region| region.as_str())),
        geo: set.geo_location.map(|at| GeoLocation {
            continent: at.continent_code,
            country: at.country_code,
            subdivision: at.subdivision_code,
        }),
        proximity: set.geo_proximity_location.map(|at| GeoProximity {
            region: at.aws_region,
            local_zone_group: at.local_zone_group,
            coordinates: at.coordinates.map(|at| (at.latitude, at.longitude)),
            bias: at.bias,
        }),
        cidr: set
            .cidr_routing_config
            .map(|by| CidrRouting { collection: by.collection_id, location: by.location_name }),
        failover: text(set.failover.as_ref().map(|failover| failover.as_str())),
        multi_value: set.multi_value_answer,
        health_check: set.health_check_id,
        traffic_policy: set.traffic_policy_instance_id,
        unknown: BTreeSet::new(),
    };
    (set.name, value)
}

/// The set of a name as a call takes it and as Route 53 answers it.
///
/// # Errors
/// A member that must be there is not.
pub(crate) fn set(name: &str, record: &Record) -> Result<types::ResourceRecordSet, BuildError> {
    let values = record.values.iter().map(|value| types::ResourceRecord::builder().value(value).build());
    let values = values.collect::<Result<Vec<_>, _>>()?;
    types::ResourceRecordSet::builder()
        .name(name)
        .r#type(record.kind.as_str().into())
        .set_set_identifier(record.set.clone())
        .set_ttl(record.ttl)
        .set_resource_records(Some(values).filter(|values| !values.is_empty()))
        .set_alias_target(record.alias.as_ref().map(alias).transpose()?)
        .set_weight(record.weight)
        .set_region(record.latency_region.as_deref().map(Into::into))
        .set_geo_location(record.geo.as_ref().map(geo))
        .set_geo_proximity_location(record.proximity.as_ref().map(proximity).transpose()?)
        .set_cidr_routing_config(record.cidr.as_ref().map(cidr).transpose()?)
        .set_failover(record.failover.as_deref().map(Into::into))
        .set_multi_value_answer(record.multi_value)
        .set_health_check_id(record.health_check.clone())
        .set_traffic_policy_instance_id(record.traffic_policy.clone())
        .build()
}

fn alias(to: &AliasTarget) -> Result<types::AliasTarget, BuildError> {
    types::AliasTarget::builder()
        .hosted_zone_id(&to.zone)
        .dns_name(&to.name)
        .evaluate_target_health(to.evaluate_health)
        .build()
}

fn geo(at: &GeoLocation) -> types::GeoLocation {
    types::GeoLocation::builder()
        .set_continent_code(at.continent.clone())
        .set_country_code(at.country.clone())
        .set_subdivision_code(at.subdivision.clone())
        .build()
}

fn proximity(at: &GeoProximity) -> Result<types::GeoProximityLocation, BuildError> {
    let coordinates = at.coordinates.as_ref().map(|(latitude, longitude)| {
        types::Coordinates::builder().latitude(latitude).longitude(longitude).build()
    });
    Ok(types::GeoProximityLocation::builder()
        .set_aws_region(at.region.clone())
        .set_local_zone_group(at.local_zone_group.clone())
        .set_coordinates(coordinates.transpose()?)
        .set_bias(at.bias)
        .build())
}

fn cidr(by: &CidrRouting) -> Result<types::CidrRoutingConfig, BuildError> {
    types::CidrRoutingConfig::builder().collection_id(&by.collection).location_name(&by.location).build()
}
