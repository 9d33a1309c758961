//! Functions of Lambda that are in a VPC, and their published versions.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::types::{FunctionConfiguration, FunctionVersion, VpcConfigResponse};
use futures::future::join_all;

use super::functions::configuration;
use super::{Ask, each_seen, only_in, without_endpoint};
use crate::account::{FunctionNetwork, Seen, VpcFunction};
use crate::aws::{Aws, AwsError, lists};

type Functions = BTreeMap<String, VpcFunction>;

/// What AWS calls the version that is not published.
const LATEST: &str = "$LATEST";

/// Functions of a Region that are in a VPC, by name. The list has the networks of all versions; each of
/// these functions is asked once for its tags and for how its last change ended, which no list says.
///
/// Where `ask` names functions, these are read without their published versions, in a VPC or not. With
/// `states_only` and no names the list alone is read.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>
pub(super) async fn vpc_functions(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Seen<VpcFunction>>, AwsError> {
    let listed: Functions = match only_in(ask.only_functions.as_ref(), region) {
        Some(names) => names.map(|name| (name.clone(), VpcFunction::default())).collect(),
        None => {
            let listed = list(aws, region, ask).await?;
            if ask.states_only {
                return Ok(listed.into_iter().map(|(name, one)| (name, Seen::Read(one))).collect());
            }
            listed
        }
    };
    let functions = listed.into_iter().map(async |(name, listed)| {
        let function = one(aws, region, &name, listed).await;
        (name, function)
    });
    each_seen(join_all(functions).await)
}

/// The functions in a VPC as the list has them.
async fn list(aws: &Aws, region: &str, ask: &Ask) -> Result<Functions, AwsError> {
    let list = aws.lambda(region).list_functions().function_version(FunctionVersion::All);
    let all: Vec<(FunctionConfiguration, FunctionNetwork)> = lists::all(aws, list, |mut one| {
        let network = one.vpc_config.take().map(network).filter(|network| !network.vpc.is_empty())?;
        let asked = ask.vpcs.as_ref().is_none_or(|vpcs| vpcs.contains(&network.vpc));
        asked.then_some((one, network))
    })
    .await
    .map_err(without_endpoint)?;
    let mut found = Functions::new();
    for (config, network) in all {
        let Some(name) = config.function_name else { continue };
        let function = found.entry(name).or_default();
        // That of a version has its number at the end.
        function.arn =
            config.function_arn.iter().flat_map(|arn| arn.split(':').take(7)).collect::<Vec<_>>().join(":");
        function.on_instances |= config.capacity_provider_config.is_some();
        match config.version.filter(|version| version != LATEST) {
            Some(version) => drop(function.versions.insert(version, network)),
            None => function.network = network,
        }
    }
    Ok(found)
}

/// One function; `None` where it is gone.
async fn one(
    aws: &Aws,
    region: &str,
    name: &str,
    listed: VpcFunction,
) -> Result<Option<VpcFunction>, AwsError> {
    let Some((arn, config, tags)) = configuration(aws, region, name).await? else { return Ok(None) };
    Ok(Some(VpcFunction {
        arn,
        network: config.vpc_config.map(network).unwrap_or_default(),
        update: config.last_update_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        versions: listed.versions,
        on_instances: config.capacity_provider_config.is_some(),
        tags,
    }))
}

fn network(config: VpcConfigResponse) -> FunctionNetwork {
    let set = |ids: Option<Vec<String>>| ids.unwrap_or_default().into_iter().collect::<BTreeSet<String>>();
    FunctionNetwork {
        vpc: config.vpc_id.unwrap_or_default(),
        subnets: set(config.subnet_ids),
        groups: set(config.security_group_ids),
        ipv6: config.ipv6_allowed_for_dual_stack.unwrap_or_default(),
    }
}
