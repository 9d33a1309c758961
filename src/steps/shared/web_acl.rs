//! Changes some rules of a web ACL, and nothing else of it.
//!
//! ```text
//! read the whole web ACL ▶ refuse what would be lost ▶ change it ▶ send it with its lock token
//!      ▲                                                                  │
//!      └─ somebody else has written since: WAFOptimisticLockException ◀───┘
//! ```
//!
//! `UpdateWebACL` replaces the whole web ACL. It is read again for each try, so that what somebody else has
//! changed meanwhile stays.
//!
//! <https://docs.aws.amazon.com/waf/latest/APIReference/API_UpdateWebACL.html>

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_wafv2::types;
use aws_smithy_types::error::operation::BuildError;

use crate::account::{Matches, WebAcl, waf_name};
use crate::aws::{Aws, AwsError, WafPlace};
use crate::collect::web_acls::{our_ip_sets, web_acl_arns};
use crate::step::created::shown;
use crate::step::{Reason, StepError};

/// How often a web ACL is read again because somebody else has written.
const TRIES: usize = 5;
/// How long what was made a moment ago may take to show up.
const SHOWS_WITHIN: Duration = Duration::from_secs(60);
/// Capacity units that a web ACL takes at most.
///
/// <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>
const MOST_CAPACITY: i64 = 5_000;

/// Sends a web ACL with a change. `change` says whether it changed anything: nothing is sent otherwise.
///
/// # Errors
/// AWS's, and that sending would delete members that this version does not know.
pub(in crate::steps) async fn update(
    aws: &Aws,
    place: &WafPlace,
    arn: &str,
    change: impl Fn(&mut types::WebAcl) -> Result<bool, StepError>,
) -> Result<(), StepError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut whole = aws.whole_web_acl(place, arn).await?;
        if let Some(why) = would_lose(&whole.unknown) {
            return Err(StepError::State(why));
        }
        if !change(&mut whole.acl)? {
            return Ok(());
        }
        let update = aws.web_acl_update(place, whole.acl, &whole.lock_token);
        match update.send().await.map_err(AwsError::from) {
            Err(error) if tries < TRIES && error.is("WAFOptimisticLockException") => {}
            answer => return Ok(answer.map(drop)?),
        }
    }
}

/// Why the web ACL cannot be sent back: members would be deleted.
fn would_lose(unknown: &BTreeSet<String>) -> Option<Reason> {
    let names: Vec<&str> = unknown.iter().map(String::as_str).collect();
    (!names.is_empty()).then(|| {
        format!(
            "it has {}, which this version of unplug does not know: sending the web ACL back would delete that. \
             Take a newer version, or change it by hand",
            names.join(", ")
        )
    })
}

/// Why no lens changes the rules of this web ACL. `units` are the capacity units that a change adds.
pub(in crate::steps) fn refusal(acl: &WebAcl, units: i64) -> Option<Reason> {
    if acl.firewall_manager {
        return Some(
            "Firewall Manager manages this web ACL, and its own rule groups are asked first: block them in the \
             organization's Firewall Manager policy"
                .into(),
        );
    }
    if let Some(why) = would_lose(&acl.unknown) {
        return Some(why);
    }
    let needed = acl.capacity + units;
    (needed > MOST_CAPACITY).then(|| {
        format!(
            "its rules would use {needed} capacity units, and AWS takes {MOST_CAPACITY}: take out a rule first"
        )
    })
}

/// The ARN of the web ACL with this name, where there is one.
pub(in crate::steps) async fn arn_of(
    aws: &Aws,
    place: &WafPlace,
    name: &str,
) -> Result<Option<String>, AwsError> {
    Ok(web_acl_arns(aws, place).await?.into_iter().find(|arn| waf_name(arn) == name))
}

/// The ARN of the web ACL with this name, which was made a moment ago.
pub(in crate::steps) async fn arn_of_new(
    aws: &Aws,
    place: &WafPlace,
    name: &str,
) -> Result<String, StepError> {
    let found = shown(aws, SHOWS_WITHIN, || arn_of(aws, place, name)).await?;
    found.ok_or_else(|| StepError::State(format!("the web ACL {name} does not show up")))
}

/// The statement that takes these requests. IP sets that were made a moment ago are waited for.
pub(in crate::steps) async fn statement(
    aws: &Aws,
    place: &WafPlace,
    matches: &Matches,
) -> Result<types::Statement, StepError> {
    let names = set_names(matches);
    let arns = async || {
        let known = our_ip_sets(aws, place).await?.into_iter();
        let known: BTreeMap<String, String> = known.filter_map(|one| Some((one.name?, one.arn?))).collect();
        Ok(Some(known).filter(|known| names.iter().all(|name| known.contains_key(*name))))
    };
    let arns = if names.is_empty() { Some(BTreeMap::new()) } else { shown(aws, SHOWS_WITHIN, arns).await? };
    let arns = arns.ok_or_else(|| StepError::State("the new IP set does not show up".into()))?;
    form(matches, &arns)
}

fn set_names(matches: &Matches) -> BTreeSet<&str> {
    match matches {
        Matches::IpSet(name) => [name.as_str()].into(),
        Matches::AnyOf(all) => all.iter().flat_map(set_names).collect(),
        Matches::Countries(_) | Matches::Other(_) => BTreeSet::new(),
    }
}

fn form(matches: &Matches, arns: &BTreeMap<String, String>) -> Result<types::Statement, StepError> {
    let form_of = types::Statement::builder();
    let form_of = match matches {
        Matches::IpSet(name) => {
            let set = types::IpSetReferenceStatement::builder().set_arn(arns.get(name).cloned());
            form_of.ip_set_reference_statement(set.build().map_err(|error| incomplete(&error))?)
        }
        Matches::Countries(countries) => {
            let codes = countries.iter().map(|code| types::CountryCode::from(code.as_str())).collect();
            let geo = types::GeoMatchStatement::builder().set_country_codes(Some(codes));
            form_of.geo_match_statement(geo.build())
        }
        Matches::AnyOf(all) => {
            let all = all.iter().map(|one| form(one, arns)).collect::<Result<Vec<_>, _>>()?;
            let or = types::OrStatement::builder().set_statements(Some(all));
            form_of.or_statement(or.build().map_err(|error| incomplete(&error))?)
        }
        Matches::Other(text) => {
            return Err(StepError::State(format!("unplug cannot write a rule with {text}")));
        }
    };
    Ok(form_of.build())
}

/// What AWS counts of a rule or a web ACL, under this name.
pub(in crate::steps) fn visibility(name: &str) -> Result<types::VisibilityConfig, StepError> {
    let config = types::VisibilityConfig::builder()
        .sampled_requests_enabled(true)
        .cloud_watch_metrics_enabled(true)
        .metric_name(name);
    config.build().map_err(|error| incomplete(&error))
}

/// A rule that blocks what the statement takes, and is asked first.
pub(in crate::steps) fn blocking(name: &str, statement: types::Statement) -> Result<types::Rule, StepError> {
    let block = types::RuleAction::builder().block(types::BlockAction::builder().build()).build();
    let rule = types::Rule::builder().name(name).priority(0).statement(statement).action(block);
    rule.visibility_config(visibility(name)?).build().map_err(|error| incomplete(&error))
}

fn incomplete(error: &BuildError) -> StepError {
    StepError::State(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::aws::ledger::Phase;
    use crate::aws::scripted::{Asked, Script, scripted};

    const ARN: &str = "arn:aws:wafv2:us-east-1:111111111111:regional/webacl/shop/1234";

    /// A web ACL as AWS sends it: a rule of a managed group, and what the SDK does not know.
    fn acl(token: &str, description: &str, new: &str) -> Script {
        Script::says(
            200,
            format!(
                r#"{{"LockToken":"{token}","WebACL":{{"Name":"shop","Id":"1234","ARN":"{ARN}","Capacity":700,
                "Description":"{description}","DefaultAction":{{"Allow":{{}}}},"LabelNamespace":"awswaf:1:",
                "ManagedByFirewallManager":false,{new}"TokenDomains":["example.com"],
                "CustomResponseBodies":{{"busy":{{"ContentType":"TEXT_PLAIN","Content":"later"}}}},
                "Rules":[{{"Name":"common","Priority":3,"OverrideAction":{{"None":{{}}}},"Statement":
                {{"ManagedRuleGroupStatement":{{"VendorName":"AWS","Name":"AWSManagedRulesCommonRuleSet",
                "RuleActionOverrides":[{{"Name":"SizeRestrictions_BODY","ActionToUse":{{"Count":{{}}}}}}]}}}},
                "VisibilityConfig":{{"SampledRequestsEnabled":true,"CloudWatchMetricsEnabled":true,
                "MetricName":"common"}}}}],"VisibilityConfig":{{"SampledRequestsEnabled":true,
                "CloudWatchMetricsEnabled":true,"MetricName":"shop"}}}}}}"#
            ),
        )
    }

    fn stale() -> Script {
        Script::says(400, r#"{"__type":"WAFOptimisticLockException","Message":"changed"}"#)
    }

    /// Moves the first rule, against this other end. Returns how it ended, and what was asked.
    async fn moved(
        script: impl Fn(&Asked) -> Script + Send + Sync + 'static,
    ) -> (Result<(), StepError>, Vec<String>) {
        let asked = Arc::new(Mutex::new(vec![]));
        let log = asked.clone();
        let aws = scripted(move |request| {
            log.lock().unwrap().push(request.text.clone());
            script(&request)
        });
        let writing = aws.enter(Phase::Apply);
        let place = aws.waf_place(Some("us-east-1"));
        let change = |acl: &mut types::WebAcl| {
            let rule = acl.rules.as_mut().and_then(|rules| rules.first_mut()).unwrap();
            Ok(std::mem::replace(&mut rule.priority, 4) != 4)
        };
        let ended = update(&aws, &place, ARN, change).await;
        drop(writing);
        let asked = asked.lock().unwrap().clone();
        (ended, asked)
    }

    #[tokio::test]
    async fn what_somebody_writes_meanwhile_stays_and_every_other_setting_is_sent_back() {
        let (ended, asked) = moved(|asked| match asked.number {
            1 => acl("token-old", "", ""),
            2 => stale(),
            3 => acl("token-new", "written meanwhile", ""),
            _ => Script::says(200, r#"{"NextLockToken":"next"}"#),
        })
        .await;
        ended.unwrap();
        let [_, first, _, second] = &asked[..] else { panic!("{asked:?}") };
        assert!(first.contains("token-old") && !first.contains(r#""Description""#), "{first}");
        for kept in [
            "token-new",
            r#""Description":"written meanwhile""#,
            r#""Priority":4"#,
            "SizeRestrictions_BODY",
            r#""TokenDomains":["example.com"]"#,
            r#""Content":"later""#,
        ] {
            assert!(second.contains(kept), "{kept} is not in {second}");
        }
    }

    #[tokio::test]
    async fn a_web_acl_with_a_member_that_the_sdk_does_not_know_is_not_sent_back() {
        let (ended, asked) = moved(|_| acl("token", "", r#""NewConfig":{"On":true},"#)).await;
        let why = ended.unwrap_err().to_string();
        assert!(why.starts_with("it has NewConfig/On, which this version"), "{why}");
        assert_eq!(asked.len(), 1, "nothing was sent: {asked:?}");
    }

    #[tokio::test]
    async fn it_gives_up_when_somebody_writes_all_the_time() {
        let (ended, asked) =
            moved(|asked| if asked.number % 2 == 1 { acl("t", "", "") } else { stale() }).await;
        assert!(ended.unwrap_err().aws().is_some_and(|error| error.is("WAFOptimisticLockException")));
        assert_eq!(asked.len(), 2 * TRIES);
    }

    #[test]
    fn a_web_acl_of_firewall_manager_or_without_room_is_refused() {
        let acl = WebAcl { capacity: 4_999, ..WebAcl::default() };
        assert_eq!(refusal(&acl, 1), None);
        assert!(refusal(&acl, 2).unwrap().contains("5001 capacity units"));
        let managed = WebAcl { firewall_manager: true, ..WebAcl::default() };
        assert!(refusal(&managed, 1).unwrap().contains("Firewall Manager"));
        let newer = WebAcl { unknown: ["Rules/New".to_owned()].into(), ..WebAcl::default() };
        assert!(refusal(&newer, 1).unwrap().contains("Rules/New"));
    }
}
