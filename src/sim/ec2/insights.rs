//! Reachability Analyzer: paths and analyses, which take a minute.

use aws_sdk_ec2::types;

use super::{page_size, region};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Said, refuse};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::CreateNetworkInsightsPath>(create_network_insights_path);
    dispatch.on::<ec2::StartNetworkInsightsAnalysis>(start_network_insights_analysis);
    dispatch.on::<ec2::DescribeNetworkInsightsAnalyses>(describe_network_insights_analyses);
    dispatch.on::<ec2::DeleteNetworkInsightsAnalysis>(delete_network_insights_analysis);
    dispatch.on::<ec2::DeleteNetworkInsightsPath>(delete_network_insights_path);
}

/// An analysis takes about a minute.
const TAKES_MS: u64 = 60_000;

/// What the world keeps of an analysis.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Analysis {
    path: String,
    done_at: u64,
}

fn create_network_insights_path(
    cx: &mut Cx<'_>,
    input: &In<ec2::CreateNetworkInsightsPath>,
) -> Said<ec2::CreateNetworkInsightsPath> {
    let (source, destination) = (input.source().unwrap_or_default(), input.destination().unwrap_or_default());
    let known = region(cx).internet_gateways.item(source).is_some()
        && region(cx).interfaces.item(destination).is_some();
    if !known {
        return Err(refuse("InvalidParameterValue", "the source or the destination does not exist"));
    }
    let id = cx.new_id("nip");
    cx.world.insight_paths.insert(id.clone(), (source.to_owned(), destination.to_owned()));
    let path = types::NetworkInsightsPath::builder().network_insights_path_id(id).build();
    Ok(Out::<ec2::CreateNetworkInsightsPath>::builder().network_insights_path(path).build())
}

fn start_network_insights_analysis(
    cx: &mut Cx<'_>,
    input: &In<ec2::StartNetworkInsightsAnalysis>,
) -> Said<ec2::StartNetworkInsightsAnalysis> {
    let path = input.network_insights_path_id().unwrap_or_default().to_owned();
    if !cx.world.insight_paths.contains_key(&path) {
        return Err(refuse("InvalidNetworkInsightsPathId.NotFound", format!("{path} does not exist")));
    }
    let id = cx.new_id("nia");
    let done_at = cx.world.now_ms + TAKES_MS;
    cx.world.insight_analyses.insert(id.clone(), Analysis { path, done_at });
    let analysis = types::NetworkInsightsAnalysis::builder()
        .network_insights_analysis_id(id)
        .status(types::AnalysisStatus::Running);
    Ok(Out::<ec2::StartNetworkInsightsAnalysis>::builder()
        .network_insights_analysis(analysis.build())
        .build())
}

fn describe_network_insights_analyses(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeNetworkInsightsAnalyses>,
) -> Said<ec2::DescribeNetworkInsightsAnalyses> {
    page_size(input.max_results(), 1..=100)?;
    let mut all = vec![];
    for id in input.network_insights_analysis_ids() {
        let Some(analysis) = cx.world.insight_analyses.get(id) else {
            return Err(refuse("InvalidNetworkInsightsAnalysisId.NotFound", format!("{id} does not exist")));
        };
        let shown = types::NetworkInsightsAnalysis::builder().network_insights_analysis_id(id);
        let path = cx.world.insight_paths.get(&analysis.path);
        all.push(match path {
            Some((gateway, interface)) if analysis.done_at <= cx.world.now_ms => {
                let blocked = blocked(cx, gateway, interface);
                let why = blocked.map(|code| types::Explanation::builder().explanation_code(code).build());
                shown
                    .status(types::AnalysisStatus::Succeeded)
                    .network_path_found(blocked.is_none())
                    .set_explanations(Some(why.into_iter().collect()))
                    .build()
            }
            _ => shown.status(types::AnalysisStatus::Running).build(),
        });
    }
    Ok(Out::<ec2::DescribeNetworkInsightsAnalyses>::builder()
        .set_network_insights_analyses(Some(all))
        .build())
}

/// What stops a packet from the gateway, by AWS's own codes; coarse: a rule that lets anything in
/// counts as open.
///
/// <https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html>
fn blocked(cx: &Cx<'_>, gateway: &str, interface: &str) -> Option<&'static str> {
    let here = region(cx);
    let Some(to) = here.interfaces.item(interface) else { return Some("NO_PATH") };
    let attached = here.internet_gateways.item(gateway).is_some_and(|g| g.vpc.as_ref() == Some(&to.vpc));
    let explicit = here.route_tables.items().find(|(_, table)| table.subnets.contains(&to.subnet));
    let main = || here.route_tables.items().find(|(_, table)| table.vpc == to.vpc && table.main);
    let routed = explicit.or_else(main).is_some_and(|(_, table)| {
        table.routes.iter().any(|route| route.target == gateway && !route.blackhole)
    });
    let acl = here.acls.items().find(|(_, acl)| acl.subnets.contains(&to.subnet));
    let rules = to.groups.iter().filter_map(|id| here.groups.item(id)).any(|group| !group.ingress.is_empty());
    if here.vpc_block.read().is_some_and(|block| block.mode != "off") {
        Some("VPC_BLOCK_PUBLIC_ACCESS_ENABLED")
    } else if !attached || to.public_ip.is_none() {
        Some("NO_PATH")
    } else if acl.is_some_and(|(_, acl)| acl.denies_all()) {
        Some("SUBNET_ACL_RESTRICTION")
    } else if !rules {
        Some("ENI_SG_RULES_MISMATCH")
    } else if !routed {
        Some("NO_ROUTE_TO_DESTINATION")
    } else {
        None
    }
}

fn delete_network_insights_analysis(
    cx: &mut Cx<'_>,
    input: &In<ec2::DeleteNetworkInsightsAnalysis>,
) -> Said<ec2::DeleteNetworkInsightsAnalysis> {
    let id = input.network_insights_analysis_id().unwrap_or_default();
    if cx.world.insight_analyses.remove(id).is_none() {
        return Err(refuse("InvalidNetworkInsightsAnalysisId.NotFound", format!("{id} does not exist")));
    }
    Ok(Out::<ec2::DeleteNetworkInsightsAnalysis>::builder().build())
}

fn delete_network_insights_path(
    cx: &mut Cx<'_>,
    input: &In<ec2::DeleteNetworkInsightsPath>,
) -> Said<ec2::DeleteNetworkInsightsPath> {
    let id = input.network_insights_path_id().unwrap_or_default();
    if cx.world.insight_analyses.values().any(|analysis| analysis.path == id) {
        let message = format!("{id} has an analysis");
        return Err(refuse("AnalysisExistsForNetworkInsightsPath", message));
    }
    if cx.world.insight_paths.remove(id).is_none() {
        return Err(refuse("InvalidNetworkInsightsPathId.NotFound", format!("{id} does not exist")));
    }
    Ok(Out::<ec2::DeleteNetworkInsightsPath>::builder().build())
}

#[cfg(test)]
mod tests {
    use crate::account::{InternetGateway, Seen};
    use crate::aws::Aws;
    use crate::engine::analyzer::{Answer, Probe, analyze, sample};
    use crate::sim::{Simulation, sample as account};
    use crate::step::{Names, Scope};

    #[tokio::test]
    async fn a_sample_is_asked_for_and_nothing_is_left_behind() {
        let mut account = account::account();
        let gateway =
            InternetGateway { owner: account.id.clone(), vpc: Some("vpc-1".into()), ..Default::default() };
        let here = account.regions.get_mut(account::REGION).unwrap();
        here.internet_gateways = Seen::Read([("igw-1".into(), gateway)].into());
        let probes = sample(&account, &Scope::default(), 5);
        let wanted = Probe {
            region: account::REGION.into(),
            gateway: "igw-1".into(),
            interface: probes[0].interface.clone(),
        };
        assert_eq!(probes, [wanted]);
        let simulation = Simulation::new(account);
        let aws = Aws::simulated(simulation.clone()).for_run("run1", Names::default(), None);
        let answers = analyze(&aws, probes).await;
        // It has no route table, so nothing gets to it.
        assert_eq!(answers[0].1, Answer::Unreachable(Some("NO_ROUTE_TO_DESTINATION".into())));
        assert!(simulation.world().insight_paths.is_empty());
        assert!(simulation.world().insight_analyses.is_empty());
    }
}
