//! Asks AWS's own Reachability Analyzer whether a packet from the internet gets to an interface.
//!
//! It models configuration only: it sends no packet and knows nothing of connections that are open
//! already. IPv4, one Region, and each answer is paid for.
//!
//! <https://docs.aws.amazon.com/vpc/latest/reachability/how-reachability-analyzer-works.html>

use std::time::Duration;

use aws_sdk_ec2::types::{AnalysisStatus, NetworkInsightsAnalysis, Protocol, ResourceType};
use serde::Serialize;

use crate::account::{Account, Section};
use crate::aws::ledger::Phase;
use crate::aws::{Aws, AwsError};
use crate::step::Scope;
use crate::step::created::ec2_tags;

/// What one analysis costs, in cents of a US dollar.
///
/// <https://aws.amazon.com/vpc/pricing/>
pub const CENTS: usize = 10;

/// How long an analysis may take.
const ENDS_WITHIN: Duration = Duration::from_secs(600);

/// What a sample is chosen from.
pub const NEEDS: &[Section] =
    &[Section::Vpcs, Section::Subnets, Section::Instances, Section::Interfaces, Section::InternetGateways];

/// One question: from an internet gateway to an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probe {
    pub region: String,
    pub gateway: String,
    pub interface: String,
}

/// What AWS answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The wanted one: no path, and the first thing that stops it, as AWS calls it.
    Unreachable(Option<String>),
    Reachable,
    /// The analysis failed, or was not made: that is no answer.
    None(String),
}

/// Interfaces in scope that have a public address, behind the gateways of their VPCs: at most so
/// many, and none of one VPC twice before every VPC had one.
pub fn sample(account: &Account, scope: &Scope, most: usize) -> Vec<Probe> {
    let mut by_vpc: Vec<Vec<Probe>> = vec![];
    for (region, here) in &account.regions {
        for (gateway, vpc) in here.internet_gateways.items().filter_map(|(id, g)| Some((id, g.vpc.as_ref()?)))
        {
            let public = here.interfaces.items().filter(|(_, interface)| {
                interface.vpc == *vpc && interface.public_ip.is_some() && scope.has_interface(here, interface)
            });
            by_vpc.push(
                public
                    .map(|(id, _)| Probe {
                        region: region.clone(),
                        gateway: gateway.clone(),
                        interface: id.clone(),
                    })
                    .collect(),
            );
        }
    }
    let deepest = by_vpc.iter().map(Vec::len).max().unwrap_or(0);
    let rounds = (0..deepest).flat_map(|n| by_vpc.iter().filter_map(move |probes| probes.get(n)));
    rounds.take(most).cloned().collect()
}

/// Asks AWS each question and removes what it made for it.
pub async fn analyze(aws: &Aws, probes: Vec<Probe>) -> Vec<(Probe, Answer)> {
    let _writing = aws.enter(Phase::Apply);
    futures::future::join_all(probes.into_iter().map(|probe| async move {
        let answer = one(aws, &probe).await.unwrap_or_else(|error| Answer::None(error.detail()));
        (probe, answer)
    }))
    .await
}

async fn one(aws: &Aws, probe: &Probe) -> Result<Answer, AwsError> {
    let ec2 = aws.ec2(&probe.region);
    let name = format!("unplug-verify-{}", aws.run());
    let tagged = |kind: ResourceType| ec2_tags(aws, kind, "verify", &name);
    let token = |what: &str| format!("unplug-{what}-{}-{}", probe.interface, aws.clock().now_ms());
    let path = ec2
        .create_network_insights_path()
        .source(&probe.gateway)
        .destination(&probe.interface)
        .protocol(Protocol::Tcp)
        .client_token(token("path"))
        .tag_specifications(tagged(ResourceType::NetworkInsightsPath));
    let path = path.send().await?.network_insights_path.and_then(|path| path.network_insights_path_id);
    let Some(path) = path else { return Ok(Answer::None("AWS gave the path no id".into())) };
    let start = ec2
        .start_network_insights_analysis()
        .network_insights_path_id(&path)
        .client_token(token("analysis"))
        .tag_specifications(tagged(ResourceType::NetworkInsightsAnalysis));
    let started = start.send().await.map_err(AwsError::from);
    let id = started.as_ref().ok().and_then(|answer| {
        answer.network_insights_analysis.as_ref().and_then(|a| a.network_insights_analysis_id.clone())
    });
    let answer = match (started, &id) {
        (Err(error), _) => Err(error),
        (Ok(_), None) => Ok(Answer::None("AWS gave the analysis no id".into())),
        (Ok(_), Some(id)) => wait(aws, probe, id).await,
    };
    // An analysis must go before its path.
    if let Some(id) = id {
        ec2.delete_network_insights_analysis().network_insights_analysis_id(id).send().await?;
    }
    ec2.delete_network_insights_path().network_insights_path_id(path).send().await?;
    answer
}

async fn wait(aws: &Aws, probe: &Probe, id: &str) -> Result<Answer, AwsError> {
    let began = aws.clock().now_ms();
    let mut pause = Duration::from_secs(2);
    loop {
        let list = aws.ec2(&probe.region).describe_network_insights_analyses();
        let list = list.network_insights_analysis_ids(id).send().await?;
        let analysis = list.network_insights_analyses.unwrap_or_default().into_iter().next();
        if let Some(answer) = analysis.and_then(|analysis| read(&analysis)) {
            return Ok(answer);
        }
        if u128::from(aws.clock().now_ms().saturating_sub(began)) > ENDS_WITHIN.as_millis() {
            return Ok(Answer::None(format!("{id} is still running")));
        }
        aws.clock().wait(pause).await;
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}

/// `None` while it runs. `failed` is no answer, and neither is `succeeded` without a verdict.
fn read(analysis: &NetworkInsightsAnalysis) -> Option<Answer> {
    match analysis.status()? {
        AnalysisStatus::Running => None,
        AnalysisStatus::Succeeded => Some(match analysis.network_path_found() {
            Some(true) => Answer::Reachable,
            Some(false) => {
                let codes = analysis.explanations().iter().find_map(|why| why.explanation_code());
                Answer::Unreachable(codes.map(str::to_owned))
            }
            None => Answer::None("AWS ended the analysis without a verdict".into()),
        }),
        other => Some(Answer::None(
            analysis.status_message().map_or_else(|| other.as_str().to_owned(), str::to_owned),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_no_path_found_by_an_analysis_that_succeeded_is_the_wanted_answer() {
        let analysis = |status: AnalysisStatus, found: Option<bool>| {
            let analysis = NetworkInsightsAnalysis::builder().status(status).set_network_path_found(found);
            read(&analysis.build())
        };
        assert_eq!(analysis(AnalysisStatus::Running, None), None);
        assert_eq!(analysis(AnalysisStatus::Succeeded, Some(false)), Some(Answer::Unreachable(None)));
        assert_eq!(analysis(AnalysisStatus::Succeeded, Some(true)), Some(Answer::Reachable));
        assert!(matches!(analysis(AnalysisStatus::Succeeded, None), Some(Answer::None(_))));
        assert!(matches!(analysis(AnalysisStatus::Failed, Some(false)), Some(Answer::None(_))));
    }
}
