//! CloudFront's own restriction by country, of a distribution without a web ACL: which of the blocked countries
//! it answers. The other countries of its list are somebody else's.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/georestrictions.html>

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudfront::types::{
    DistributionConfig, GeoRestriction as Form, GeoRestrictionType, Restrictions,
};
use serde::{Deserialize, Serialize};

use crate::account::{GeoKind, GeoRestriction, Section};
use crate::step::{Lens, Look, Now, Reach, StepError, Verdict, Write};
use crate::steps::shared::distribution::{SETTLES_WITHIN, now, refusal, update};

pub(super) struct Geo;

/// Which of the blocked countries the distribution answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    answered: BTreeSet<String>,
    /// It has a list of the countries that it answers. Somebody who turns one list into the other has
    /// changed it: no restore writes blocked countries into a list of allowed ones.
    allow_list: bool,
}

fn answers(geo: &GeoRestriction, country: &str) -> bool {
    match geo.kind {
        GeoKind::None => true,
        GeoKind::Allowed => geo.countries.contains(country),
        GeoKind::Blocked => !geo.countries.contains(country),
    }
}

/// The restriction that answers exactly these of the blocked countries. A list of allowed countries is
/// narrowed, and one of blocked countries made longer.
pub(super) fn with(
    geo: &GeoRestriction,
    blocked: &BTreeSet<String>,
    answered: &BTreeSet<String>,
) -> GeoRestriction {
    let mut countries = geo.countries.clone();
    for country in blocked {
        let listed = match geo.kind {
            GeoKind::Allowed => answered.contains(country),
            GeoKind::None | GeoKind::Blocked => !answered.contains(country),
        };
        if listed {
            countries.insert(country.clone());
        } else {
            countries.remove(country);
        }
    }
    let kind = match geo.kind {
        GeoKind::Allowed => GeoKind::Allowed,
        GeoKind::None | GeoKind::Blocked if countries.is_empty() => GeoKind::None,
        GeoKind::None | GeoKind::Blocked => GeoKind::Blocked,
    };
    GeoRestriction { kind, countries }
}

impl Lens for Geo {
    type State = State;
    const KIND: &'static str = "geo-restriction";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::Distributions];
    const SETTLES_WITHIN: Duration = SETTLES_WITHIN;
    const STATES_ONLY: bool = true;

    fn state(&self, look: &Look<'_>) -> Now<State> {
        now(look, |one| {
            let blocked = look.case.scope.block_countries.iter();
            let answered = blocked.filter(|code| answers(&one.geo, code)).cloned().collect();
            State { answered, allow_list: one.geo.kind == GeoKind::Allowed }
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Some(one) = look.account.distributions.item(&look.at.id) else {
            return Verdict::Refuse("it is not there any more".into());
        };
        let none = State { answered: BTreeSet::new(), allow_list: now.allow_list };
        if *now == none {
            return Verdict::Already;
        }
        let after = with(&one.geo, &look.case.scope.block_countries, &none.answered);
        if after.kind == GeoKind::Allowed && after.countries.is_empty() {
            return Verdict::Refuse(
                "it answers these countries alone: without them it would answer nobody (310)".into(),
            );
        }
        Verdict::unless(refusal(one), none)
    }

    fn show(&self, state: &State) -> String {
        match state.answered.len() {
            0 => "answers none of them".into(),
            _ => format!("answers {}", state.answered.iter().cloned().collect::<Vec<_>>().join(" ")),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        // Both states are about the same countries.
        let blocked: BTreeSet<String> = write.from.answered.union(&write.to.answered).cloned().collect();
        update(write.aws, &write.at.id, |config| apply(config, &blocked, &write.to.answered)).await
    }
}

fn apply(
    config: &mut DistributionConfig,
    blocked: &BTreeSet<String>,
    answered: &BTreeSet<String>,
) -> Result<bool, StepError> {
    let form = config.restrictions.as_ref().and_then(|all| all.geo_restriction.as_ref());
    let now = form.cloned().map(crate::collect::cloudfront::geo).unwrap_or_default();
    let to = with(&now, blocked, answered);
    if now == to {
        return Ok(false);
    }
    let kind = match to.kind {
        GeoKind::None => GeoRestrictionType::None,
        GeoKind::Allowed => GeoRestrictionType::Whitelist,
        GeoKind::Blocked => GeoRestrictionType::Blacklist,
    };
    let items: Vec<String> = to.countries.into_iter().collect();
    let quantity = i32::try_from(items.len()).unwrap_or(i32::MAX);
    let form = Form::builder().restriction_type(kind).quantity(quantity);
    let form = form.set_items((!items.is_empty()).then_some(items)).build();
    let form = form.map_err(|error| StepError::State(error.to_string()))?;
    config.restrictions = Some(Restrictions::builder().geo_restriction(form).build());
    Ok(true)
}
