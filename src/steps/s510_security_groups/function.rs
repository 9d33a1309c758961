//! The groups of a function of Lambda: those of its unpublished version, `$LATEST`. AWS changes no published
//! version, so these keep their groups, and with them their interfaces.
//!
//! Lambda makes one interface for each subnet and set of groups, and all functions with these share it. With
//! other groups a function moves to another interface: that takes minutes, and until then its invocations
//! use the one of before. Lambda removes an interface that no function uses within 45 minutes or so.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_lambda::types::{LastUpdateStatus, VpcConfig};

use super::group_ref::{Groups, ids, show};
use super::managed::{self, Resource, Service};
use crate::account::{Interface, Region, Section, VpcFunction as Known};
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, Reach, Reason, Scope, StepError, Target, Verdict, Write};
use crate::steps::shared::ready::until_ready;

pub(super) struct Function;

/// Whether what AWS shows is not what its invocations use: a change is under way, or has failed.
fn is_settling(known: &Known) -> bool {
    matches!(known.update.as_str(), "InProgress" | "Failed")
}

pub(super) fn resource<'a>(name: &'a str, known: &'a Known) -> Resource<'a> {
    Resource {
        service: Service::Function,
        id: name,
        vpc: &known.network.vpc,
        owner: None,
        label: None,
        subnets: known.network.subnets.iter().map(String::as_str).collect(),
        groups: &known.network.groups,
        settling: is_settling(known),
        tags: &known.tags,
        refusal: known.on_instances.then(|| {
            "runs on Lambda Managed Instances: its groups are its capacity provider's, which AWS never changes"
                .into()
        }),
    }
}

/// The functions whose groups are those of an interface of Lambda's, or why a change of none would change it.
pub(super) fn users(interface: &Interface, here: &Region) -> Result<Vec<String>, Reason> {
    let unread = |what: &str| {
        format!(
            "managed by a Lambda function, and {what}: lambda:UpdateFunctionConfiguration changes its groups"
        )
    };
    if let Some(gap) = here.vpc_functions.gap() {
        return Err(unread(&format!("the functions in a VPC could not be read ({})", gap.cause.words())));
    }
    let read = || here.vpc_functions.items().filter_map(|(name, one)| Some((name, one.read()?)));
    let named = |fits: &dyn Fn(&Known) -> bool| -> Vec<String> {
        read().filter(|(_, known)| fits(known)).map(|(name, _)| name.clone()).collect()
    };
    let using = named(&|known| known.network.uses(interface));
    if !using.is_empty() {
        return Ok(using);
    }
    let published: Vec<String> = read()
        .flat_map(|(name, known)| {
            let using = known.versions.iter().filter(|(_, network)| network.uses(interface));
            using.map(move |(version, _)| format!("{name}:{version}"))
        })
        .collect();
    if !published.is_empty() {
        return Err(format!(
            "used by published versions of functions, whose groups AWS never changes: {}; 520 cuts their subnets, 660 \
             stops them",
            published.join(", ")
        ));
    }
    // The function says the new groups already, its interface has those of before.
    let moving = named(&|known| is_settling(known) && known.network.subnets.contains(&interface.subnet));
    if !moving.is_empty() {
        return Ok(moving);
    }
    if let Some((name, _)) = here.vpc_functions.items().find(|(_, one)| one.read().is_none()) {
        return Err(unread(&format!("function {name} could not be read")));
    }
    Err("no function uses it any more: Lambda removes it by itself, within 45 minutes or so".into())
}

/// The published versions in scope, which keep their groups.
pub(super) fn published(here: &Region, scope: &Scope) -> Vec<String> {
    let read = here.vpc_functions.items().filter_map(|(name, one)| Some((name, one.read()?)));
    let versions = read.flat_map(|(name, known)| {
        known.versions.iter().map(move |(version, network)| (name, version, network))
    });
    versions
        .filter(|(_, _, network)| network.subnets.iter().any(|subnet| scope.has_subnet(here, subnet)))
        .map(|(name, version, _)| format!("{name}:{version}"))
        .collect()
}

impl Lens for Function {
    type State = Groups;
    const KIND: &'static str = "function";
    const REACH: Reach = Reach::Itself;
    // A group says which run has made it, where something else is found than was left.
    const NEEDS: &'static [Section] = &[Section::Groups, Section::VpcFunctions];
    // Lambda gives no figure: "several minutes".
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.only_function(at.region_name(), &at.id);
        ask.vpcs.get_or_insert_default().extend(at.vpc.clone());
    }

    fn state(&self, look: &Look<'_>) -> Now<Groups> {
        let state = |known: &Known| Resource::state(Some(resource(&look.at.id, known)), look.case);
        look.in_region(|here| {
            Now::of_item(&here.vpc_functions, &look.at.id, |function| Now::of(function, state))
        })
    }

    fn contain(&self, groups: &Groups, look: &Look<'_>) -> Verdict<Groups> {
        let name = &look.at.id;
        let known = look.region().and_then(|here| here.vpc_functions.item(name)?.read());
        managed::contain(known.map(|known| resource(name, known)), groups, false, look)
    }

    fn show(&self, groups: &Groups) -> String {
        if groups.is_empty() { "in no VPC".into() } else { show(groups) }
    }

    async fn write(&self, write: Write<'_, Groups>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let groups = ids(aws, at, to)?;
        let lambda = aws.lambda(at.region_name());
        let (network, failed) = until_ready(aws, || async {
            let found = lambda.get_function_configuration().function_name(&at.id).send().await?;
            let busy = found.last_update_status == Some(LastUpdateStatus::InProgress);
            let failed = found.last_update_status == Some(LastUpdateStatus::Failed);
            Ok((!busy, (found.vpc_config, failed)))
        })
        .await?;
        let Some(network) = network.filter(|network| !network.subnet_ids().is_empty()) else {
            return Err(StepError::State(format!(
                "{} is in no VPC any more: its subnets are not known",
                at.id
            )));
        };
        let has: BTreeSet<&str> = network.security_group_ids().iter().map(String::as_str).collect();
        if !failed && has == groups.iter().map(String::as_str).collect() {
            return Ok(());
        }
        // What is left out of a network is set to AWS's default: subnets and IPv6 are said as they are.
        let wanted = VpcConfig::builder()
            .set_subnet_ids(network.subnet_ids.clone())
            .set_security_group_ids(Some(groups))
            .set_ipv6_allowed_for_dual_stack(network.ipv6_allowed_for_dual_stack)
            .build();
        lambda.update_function_configuration().function_name(&at.id).vpc_config(wanted).send().await?;
        Ok(())
    }
}
