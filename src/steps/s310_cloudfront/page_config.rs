//! The fields of a distribution's configuration that point it at the page's bucket.

use std::collections::BTreeMap;

use aws_sdk_cloudfront::types::{
    CookieNames, CookiePreference, CustomErrorResponse, CustomErrorResponses, CustomHeaders,
    DistributionConfig, ForwardedValues, Headers, ItemSelection, Origin, OriginShield, QueryStringCacheKeys,
    S3OriginConfig,
};

use super::associations::{functions, incomplete, lambdas, number, some};
use super::page_origin::{ORIGIN, State};
use super::{VIEWER_RESPONSE, page_origin};
use crate::account::{DEFAULT_BEHAVIOR, ErrorPage, Forwarded};
use crate::collect::cloudfront::forwarded;
use crate::step::StepError;

/// Sets a field. Says whether that changed it.
fn set<T: PartialEq>(field: &mut T, to: T) -> bool {
    let changed = *field != to;
    *field = to;
    changed
}

/// Sets an id that CloudFront gives as an empty text where there is none.
fn set_id(field: &mut Option<String>, to: Option<&String>) -> bool {
    let now = field.as_ref().filter(|id| !id.is_empty());
    now != to && set(field, to.cloned())
}

/// Points one cache behavior, the default one or another: the SDK has two types with these members.
macro_rules! aimed {
    ($one:ident, $aim:ident) => {{
        let mut changed = set(&mut $one.target_origin_id, $aim.origin.clone());
        changed |= set_id(&mut $one.cache_policy_id, $aim.cache.policy.as_ref());
        changed |= set_id(&mut $one.origin_request_policy_id, $aim.request_policy.as_ref());
        #[expect(deprecated, reason = "behaviors from before cache policies have nothing else")]
        {
            changed |= forward(&mut $one.forwarded_values, $aim.cache.forwarded.as_ref())?;
            changed |= set(&mut $one.min_ttl, $aim.cache.min_ttl);
            changed |= set(&mut $one.default_ttl, $aim.cache.default_ttl);
            changed |= set(&mut $one.max_ttl, $aim.cache.max_ttl);
        }
        changed |= functions(&mut $one.function_associations, $aim.function.as_deref())?;
        let wanted: Vec<_> = $aim.lambdas.iter().map(|(event, lambda)| (event.as_str(), lambda)).collect();
        let mine = |event: &str| event != VIEWER_RESPONSE;
        changed | lambdas(&mut $one.lambda_function_associations, mine, &wanted)?
    }};
}

/// Gives a configuration the state. A cache behavior that is not in it is new since it was looked at: it gets the
/// page when the others do, and stays as it is otherwise. Says whether anything changed.
pub(super) fn apply(config: &mut DistributionConfig, to: &State) -> Result<bool, StepError> {
    let new = to.of_new();
    let wanted = |path: &str| to.behaviors.get(path).or(new.as_ref());
    let (mut changed, mut asked) = (false, false);
    if let Some(one) = &mut config.default_cache_behavior {
        if let Some(aim) = wanted(DEFAULT_BEHAVIOR) {
            changed |= aimed!(one, aim);
        }
        asked |= one.target_origin_id == ORIGIN;
    }
    for one in config.cache_behaviors.iter_mut().filter_map(|all| all.items.as_mut()).flatten() {
        if let Some(aim) = wanted(&one.path_pattern) {
            changed |= aimed!(one, aim);
        }
        asked |= one.target_origin_id == ORIGIN;
    }
    changed |= origin(config, to.origin.as_ref(), asked)?;
    changed |= errors(&mut config.custom_error_responses, &to.errors)?;
    Ok(changed)
}

/// Adds the page's origin, corrects it, or takes it out where no behavior asks it.
fn origin(
    config: &mut DistributionConfig,
    to: Option<&page_origin::Origin>,
    asked: bool,
) -> Result<bool, StepError> {
    let Some(all) = &mut config.origins else {
        return Err(StepError::State("the configuration has no origins".into()));
    };
    let Some(to) = to else {
        let before = all.items.len();
        all.items.retain(|one| one.id != ORIGIN || asked);
        all.quantity = number(all.items.len());
        return Ok(all.items.len() != before);
    };
    if let Some(one) = all.items.iter_mut().find(|one| one.id == ORIGIN) {
        let changed = set(&mut one.domain_name, to.domain.clone());
        return Ok(set_id(&mut one.origin_access_control_id, to.access_control.as_ref()) | changed);
    }
    let none = CustomHeaders::builder().quantity(0).build().map_err(|error| incomplete(&error))?;
    let shield = OriginShield::builder().enabled(false).build().map_err(|error| incomplete(&error))?;
    let one = Origin::builder()
        .id(ORIGIN)
        .domain_name(&to.domain)
        .origin_path("")
        .custom_headers(none)
        // Of an access identity, which is older than access controls, there is none.
        .s3_origin_config(S3OriginConfig::builder().origin_access_identity("").build())
        .origin_access_control_id(to.access_control.clone().unwrap_or_default())
        .connection_attempts(3)
        .connection_timeout(10)
        .origin_shield(shield);
    all.items.push(one.build().map_err(|error| incomplete(&error))?);
    all.quantity = number(all.items.len());
    Ok(true)
}

fn errors(
    all: &mut Option<CustomErrorResponses>,
    to: &BTreeMap<String, ErrorPage>,
) -> Result<bool, StepError> {
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let now = all.as_ref().map(CustomErrorResponses::items).unwrap_or_default().iter().map(|one| {
        let page = ErrorPage {
            path: text(one.response_page_path()),
            status: text(one.response_code()),
            min_ttl: one.error_caching_min_ttl,
        };
        (one.error_code.to_string(), page)
    });
    if now.collect::<BTreeMap<_, _>>() == *to {
        return Ok(false);
    }
    let items = to.iter().map(|(code, page)| {
        let one = CustomErrorResponse::builder()
            .error_code(code.parse().unwrap_or_default())
            // Empty texts stand for a status without a page.
            .response_page_path(page.path.clone().unwrap_or_default())
            .response_code(page.status.clone().unwrap_or_default())
            .set_error_caching_min_ttl(page.min_ttl);
        one.build().map_err(|error| incomplete(&error))
    });
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let list = CustomErrorResponses::builder().quantity(number(items.len())).set_items(some(items));
    *all = Some(list.build().map_err(|error| incomplete(&error))?);
    Ok(true)
}

fn forward(field: &mut Option<ForwardedValues>, to: Option<&Forwarded>) -> Result<bool, StepError> {
    if field.clone().map(forwarded).as_ref() == to {
        return Ok(false);
    }
    *field = to.map(values).transpose()?;
    Ok(true)
}

fn values(one: &Forwarded) -> Result<ForwardedValues, StepError> {
    let list = |names: &std::collections::BTreeSet<String>| {
        let names: Vec<String> = names.iter().cloned().collect();
        (number(names.len()), some(names))
    };
    let (quantity, names) = list(&one.cookie_names);
    let names = CookieNames::builder().quantity(quantity).set_items(names).build();
    let names =
        (!one.cookie_names.is_empty()).then_some(names).transpose().map_err(|error| incomplete(&error))?;
    let cookies = CookiePreference::builder()
        .forward(ItemSelection::from(one.cookies.as_str()))
        .set_whitelisted_names(names)
        .build()
        .map_err(|error| incomplete(&error))?;
    let (quantity, names) = list(&one.headers);
    let headers = Headers::builder().quantity(quantity).set_items(names).build();
    let (quantity, names) = list(&one.query_keys);
    let keys = QueryStringCacheKeys::builder().quantity(quantity).set_items(names).build();
    let values = ForwardedValues::builder()
        .query_string(one.query_string)
        .cookies(cookies)
        .headers(headers.map_err(|error| incomplete(&error))?)
        .query_string_cache_keys(keys.map_err(|error| incomplete(&error))?);
    values.build().map_err(|error| incomplete(&error))
}
