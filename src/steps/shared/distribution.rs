//! Changes some fields of a distribution's configuration, and no other.
//!
//! ```text
//! read the whole configuration ▶ refuse what would be lost ▶ change it ▶ send it with its ETag
//!      ▲                                                                        │
//!      └──────────────── somebody else has written since: 412 ◀────────────────┘
//! ```
//!
//! `UpdateDistribution` replaces the whole configuration. It is read again for each try, so that what
//! somebody else has changed meanwhile stays.
//!
//! <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateDistribution.html>

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudfront::types::DistributionConfig;

use crate::account::Distribution;
use crate::aws::{Aws, AwsError};
use crate::step::{Look, Now, Reason, StepError};

/// How often a configuration is read again because somebody else has written.
const TRIES: usize = 5;

/// CloudFront brings a change to every edge within minutes.
pub(in crate::steps) const SETTLES_WITHIN: Duration = Duration::from_secs(1_200);

/// The state of the distribution that is looked at: on its way until every edge has it.
pub(in crate::steps) fn now<S>(look: &Look<'_>, state: impl FnOnce(&Distribution) -> S) -> Now<S> {
    Now::of_item(&look.account.distributions, &look.at.id, |one| {
        let state = state(one);
        if one.deployed { Now::Is(state) } else { Now::Settling(state) }
    })
}

/// Sends a distribution's configuration with a change. `change` says whether it changed anything: nothing
/// is sent otherwise.
///
/// # Errors
/// AWS's, and that sending would delete elements that this version does not know.
pub(in crate::steps) async fn update(
    aws: &Aws,
    id: &str,
    change: impl Fn(&mut DistributionConfig) -> Result<bool, StepError>,
) -> Result<(), StepError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut whole = aws.distribution_config(id).await?;
        if let Some(why) = would_lose(&whole.unknown) {
            return Err(StepError::State(why));
        }
        if !change(&mut whole.config)? {
            return Ok(());
        }
        let update = aws.cloudfront().update_distribution().id(id).if_match(whole.etag);
        let answer = update.distribution_config(whole.config).send().await.map_err(AwsError::from);
        match answer {
            Err(error) if tries < TRIES && is_of_another_version(&error) => {}
            answer => return Ok(answer.map(drop)?),
        }
    }
}

/// Did AWS refuse because the ETag is not the one of the configuration as it is now?
fn is_of_another_version(error: &AwsError) -> bool {
    error.is("PreconditionFailed") || error.is("InvalidIfMatchVersion")
}

/// Why the configuration cannot be sent back: elements would be deleted.
pub(in crate::steps) fn would_lose(unknown: &BTreeSet<String>) -> Option<Reason> {
    let names: Vec<&str> = unknown.iter().map(String::as_str).collect();
    (!names.is_empty()).then(|| {
        format!(
            "its configuration has {}, which this version of unplug does not know: sending the configuration \
             back would delete that. Take a newer version, or change it by hand",
            names.join(", ")
        )
    })
}

/// Why no lens changes this distribution, whatever it wants to change.
pub(in crate::steps) fn refusal(one: &Distribution) -> Option<Reason> {
    if let Some(why) = would_lose(&one.unknown) {
        return Some(why);
    }
    if one.staging {
        return Some("it is a staging distribution: it gets visitors from its primary alone".into());
    }
    if let Some(policy) = &one.continuous_policy {
        return Some(format!(
            "continuous deployment {policy} sends a part of its visitors to a staging distribution, which would \
             not be changed: end that first, in the console under Continuous deployment"
        ));
    }
    one.multi_tenant.then(|| {
        "its visitors come by tenants, which have settings of their own: unplug does not change it. Disable the \
         tenants by hand (aws cloudfront update-distribution-tenant)"
            .into()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::aws::ledger::Phase;
    use crate::aws::scripted::{Asked, Script, scripted};

    /// A configuration as AWS sends it, with a comment and with what the SDK does not know.
    fn config(comment: &str, new: &str) -> String {
        format!(
            "<DistributionConfig><CallerReference>2019</CallerReference><Origins><Quantity>1</Quantity><Items>\
             <Origin><Id>shop</Id><DomainName>shop.example.com</DomainName></Origin></Items></Origins>\
             <DefaultCacheBehavior><TargetOriginId>shop</TargetOriginId>\
             <ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy>\
             <CachePolicyId>658327ea</CachePolicyId></DefaultCacheBehavior><Comment>{comment}</Comment>\
             <PriceClass>PriceClass_100</PriceClass><Enabled>true</Enabled>{new}</DistributionConfig>"
        )
    }

    fn says(etag: &str, body: String) -> Script {
        Script::Says(200, vec![("etag", etag.to_owned())], body)
    }

    fn refused(status: u16, code: &str) -> Script {
        let body = format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        Script::says(status, body)
    }

    /// Turns the distribution off, against this other end. Returns how it ended, and what was asked.
    async fn turned_off(
        script: impl Fn(&Asked) -> Script + Send + Sync + 'static,
    ) -> (Result<(), StepError>, Vec<String>) {
        let asked = Arc::new(Mutex::new(vec![]));
        let log = asked.clone();
        let aws = scripted(move |request| {
            log.lock().unwrap().push(request.text.clone());
            script(&request)
        });
        let writing = aws.enter(Phase::Apply);
        let ended = update(&aws, "E1", |config| Ok(std::mem::replace(&mut config.enabled, false))).await;
        drop(writing);
        let asked = asked.lock().unwrap().clone();
        (ended, asked)
    }

    #[tokio::test]
    async fn what_somebody_writes_meanwhile_stays_and_every_other_setting_is_sent_back() {
        let (ended, asked) = turned_off(|asked| match asked.number {
            1 => says("E-OLD", config("shop", "")),
            2 => refused(412, "PreconditionFailed"),
            3 => says("E-NEW", config("written meanwhile", "")),
            _ => says("E-OURS", "<Distribution><Id>E1</Id></Distribution>".into()),
        })
        .await;
        ended.unwrap();
        let [_, first, _, second] = &asked[..] else { panic!("{asked:?}") };
        assert!(first.contains("if-match: E-OLD") && second.contains("if-match: E-NEW"), "{asked:?}");
        let body = second.rsplit("\n\n").next().unwrap();
        for kept in [
            "<CallerReference>2019</CallerReference>",
            "<Comment>written meanwhile</Comment>",
            "<PriceClass>PriceClass_100</PriceClass>",
            "<CachePolicyId>658327ea</CachePolicyId>",
            "<Enabled>false</Enabled>",
        ] {
            assert!(body.contains(kept), "{kept} is not in {body}");
        }
    }

    #[tokio::test]
    async fn a_configuration_with_an_element_that_the_sdk_does_not_know_is_not_sent_back() {
        let (ended, asked) = turned_off(|_| says("E1", config("shop", "<NewThing>on</NewThing>"))).await;
        let why = ended.unwrap_err().to_string();
        assert!(why.starts_with("its configuration has NewThing, which this version"), "{why}");
        assert_eq!(asked.len(), 1, "nothing was sent: {asked:?}");
    }

    #[tokio::test]
    async fn it_gives_up_when_somebody_writes_all_the_time_and_sends_nothing_where_nothing_changes() {
        let (ended, asked) = turned_off(|asked| match asked.number % 2 {
            1 => says("E1", config("shop", "")),
            _ => refused(412, "PreconditionFailed"),
        })
        .await;
        assert!(ended.unwrap_err().aws().is_some_and(|error| error.is("PreconditionFailed")));
        assert_eq!(asked.len(), 2 * TRIES);
        let off = config("shop", "").replace("<Enabled>true", "<Enabled>false");
        let (ended, asked) = turned_off(move |_| says("E1", off.clone())).await;
        assert!(ended.is_ok() && asked.len() == 1, "{asked:?}");
    }
}
