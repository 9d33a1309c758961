//! Elastic Load Balancing: load balancers, their listeners and groups, and target groups.

mod rules;

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{LoadBalancer, Tags, TargetGroup};
use crate::aws::operations::elasticloadbalancingv2;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<elasticloadbalancingv2::DescribeLoadBalancers>(describe_load_balancers);
    dispatch.on::<elasticloadbalancingv2::DescribeListeners>(describe_listeners);
    dispatch.on::<elasticloadbalancingv2::DescribeLoadBalancerAttributes>(describe_attributes);
    dispatch.on::<elasticloadbalancingv2::DescribeTags>(describe_tags);
    dispatch.on::<elasticloadbalancingv2::DescribeTargetGroups>(describe_target_groups);
    dispatch.on::<elasticloadbalancingv2::DescribeTargetHealth>(describe_target_health);
    dispatch.on::<elasticloadbalancingv2::SetSecurityGroups>(set_security_groups);
    rules::register(dispatch);
}

/// Returns the items that a call names by ARN or name. Refuses the call if one does not exist.
fn choose<'a, T>(
    all: &'a BTreeMap<String, T>,
    (arns, names): (&[String], &[String]),
    name: impl Fn(&T) -> &str,
    missing: Refused,
) -> Result<Vec<(&'a String, &'a T)>, Refused> {
    let known = arns.iter().all(|arn| all.contains_key(arn))
        && names.iter().all(|wanted| all.values().any(|item| name(item) == wanted));
    if !known {
        return Err(missing);
    }
    let whole = arns.is_empty() && names.is_empty();
    let asked = |(arn, item): &(&String, &T)| {
        whole || arns.contains(arn) || names.iter().any(|wanted| name(item) == wanted)
    };
    Ok(all.iter().filter(asked).collect())
}

fn page_size(size: Option<i32>) -> Result<(), Refused> {
    match size {
        Some(size) if !(1..=400).contains(&size) => {
            Err(refuse("ValidationError", "PageSize must be between 1 and 400"))
        }
        _ => Ok(()),
    }
}

fn describe_load_balancers(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::DescribeLoadBalancers>,
) -> Said<elasticloadbalancingv2::DescribeLoadBalancers> {
    page_size(input.page_size())?;
    let missing = refuse("LoadBalancerNotFound", "One or more load balancers not found");
    let asked = (input.load_balancer_arns(), input.names());
    let found = choose(seen(&region(cx).load_balancers)?, asked, |lb| &lb.name, missing)?;
    let (found, next) = cx.page(found, input.marker(), input.page_size());
    let found = found.into_iter().map(|(arn, lb)| load_balancer(arn, lb)).collect();
    Ok(Out::<elasticloadbalancingv2::DescribeLoadBalancers>::builder()
        .set_load_balancers(Some(found))
        .set_next_marker(next)
        .build())
}

/// A word of AWS's, `None` where the account has none.
fn word<T: for<'a> From<&'a str>>(text: &str) -> Option<T> {
    Some(text).filter(|text| !text.is_empty()).map(T::from)
}

fn load_balancer(arn: &str, lb: &LoadBalancer) -> types::LoadBalancer {
    let zones = lb.subnets.iter().map(|subnet| types::AvailabilityZone::builder().subnet_id(subnet).build());
    let enforced = if lb.private_link_unfiltered { "off" } else { "on" };
    types::LoadBalancer::builder()
        .load_balancer_arn(arn)
        .load_balancer_name(&lb.name)
        .vpc_id(&lb.vpc)
        .set_type(word(&lb.kind))
        .set_scheme(word(&lb.scheme))
        .set_ip_address_type(word(&lb.ip_address_type))
        .dns_name(&lb.dns_name)
        .set_canonical_hosted_zone_id(Some(lb.zone.clone()).filter(|zone| !zone.is_empty()))
        .state(types::LoadBalancerState::builder().set_code(word(&lb.state)).build())
        .set_availability_zones(Some(zones.collect()))
        .set_security_groups(Some(lb.groups.iter().cloned().collect()))
        .set_enforce_security_group_inbound_rules_on_private_link_traffic(
            (lb.kind == "network" && !lb.groups.is_empty()).then(|| enforced.to_owned()),
        )
        .build()
}

/// Of all attributes the one that is asked about: does it write access logs?
fn describe_attributes(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::DescribeLoadBalancerAttributes>,
) -> Said<elasticloadbalancingv2::DescribeLoadBalancerAttributes> {
    let arn = input.load_balancer_arn().unwrap_or_default();
    let here = region(cx);
    let on = seen(&here.balancer_logs)?.get(arn).copied().unwrap_or(false);
    if !seen(&here.load_balancers)?.contains_key(arn) {
        return Err(refuse("LoadBalancerNotFound", "One or more load balancers not found"));
    }
    let logs = types::LoadBalancerAttribute::builder().key("access_logs.s3.enabled").value(on.to_string());
    Ok(Out::<elasticloadbalancingv2::DescribeLoadBalancerAttributes>::builder()
        .attributes(logs.build())
        .build())
}

fn describe_listeners(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::DescribeListeners>,
) -> Said<elasticloadbalancingv2::DescribeListeners> {
    page_size(input.page_size())?;
    let Some(arn) = input.load_balancer_arn() else {
        return Err(refuse("ValidationError", "A load balancer ARN or listener ARNs must be specified"));
    };
    let Some(lb) = seen(&region(cx).load_balancers)?.get(arn) else {
        return Err(refuse("LoadBalancerNotFound", "One or more load balancers not found"));
    };
    let here = region(cx);
    let (found, next) = cx.page(lb.listeners.iter().enumerate().collect(), input.marker(), input.page_size());
    let found = found.into_iter().map(|(number, listener)| {
        types::Listener::builder()
            .listener_arn(rules::listener_arn(here, arn, lb, number))
            .load_balancer_arn(arn)
            .set_protocol(word(&listener.protocol))
            // A Gateway Load Balancer's listener has none.
            .set_port(Some(listener.port).filter(|port| *port != 0))
            .build()
    });
    Ok(Out::<elasticloadbalancingv2::DescribeListeners>::builder()
        .set_listeners(Some(found.collect()))
        .set_next_marker(next)
        .build())
}

fn describe_tags(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::DescribeTags>,
) -> Said<elasticloadbalancingv2::DescribeTags> {
    let arns = input.resource_arns();
    if !(1..=20).contains(&arns.len()) {
        return Err(refuse("ValidationError", "ResourceArns must have between 1 and 20 members"));
    }
    let mut described = vec![];
    for arn in arns {
        let tags = if arn.contains(":listener-rule/") {
            seen(&region(cx).listener_rules)?.get(arn).map(|rule| &rule.tags)
        } else if arn.contains(":targetgroup/") {
            seen(&region(cx).target_groups)?.get(arn).map(|group| &group.tags)
        } else {
            seen(&region(cx).load_balancers)?.get(arn).map(|lb| &lb.tags)
        };
        let Some(tags) = tags else {
            return Err(if arn.contains(":listener-rule/") {
                refuse("RuleNotFound", "One or more rules not found")
            } else if arn.contains(":targetgroup/") {
                refuse("TargetGroupNotFound", "One or more target groups not found")
            } else {
                refuse("LoadBalancerNotFound", "One or more load balancers not found")
            });
        };
        described.push(tagged(arn, tags));
    }
    Ok(Out::<elasticloadbalancingv2::DescribeTags>::builder().set_tag_descriptions(Some(described)).build())
}

fn tagged(arn: &str, tags: &Tags) -> types::TagDescription {
    let tags = tags.iter().map(|(key, value)| types::Tag::builder().key(key).value(value).build());
    types::TagDescription::builder().resource_arn(arn).set_tags(Some(tags.collect())).build()
}

fn describe_target_groups(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::DescribeTargetGroups>,
) -> Said<elasticloadbalancingv2::DescribeTargetGroups> {
    page_size(input.page_size())?;
    let missing = refuse("TargetGroupNotFound", "One or more target groups not found");
    let asked = (input.target_group_arns(), input.names());
    let mut found = choose(seen(&region(cx).target_groups)?, asked, |group| &group.name, missing)?;
    if let Some(arn) = input.load_balancer_arn() {
        if !seen(&region(cx).load_balancers)?.contains_key(arn) {
            return Err(refuse("LoadBalancerNotFound", "One or more load balancers not found"));
        }
        found.retain(|(_, group)| group.load_balancers.contains(arn));
    }
    let (found, next) = cx.page(found, input.marker(), input.page_size());
    let found = found.into_iter().map(|(arn, group)| target_group(arn, group)).collect();
    Ok(Out::<elasticloadbalancingv2::DescribeTargetGroups>::builder()
        .set_target_groups(Some(found))
        .set_next_marker(next)
        .build())
}

fn target_group(arn: &str, group: &TargetGroup) -> types::TargetGroup {
    types::TargetGroup::builder()
        .target_group_arn(arn)
        .target_group_name(&group.name)
        .set_vpc_id(word::<String>(&group.vpc))
        .set_protocol(word(&group.protocol))
        .set_port(group.port)
        .set_target_type(word(&group.kind))
        .set_load_balancer_arns(Some(group.load_balancers.iter().cloned().collect()))
        .build()
}

fn describe_target_health(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::DescribeTargetHealth>,
) -> Said<elasticloadbalancingv2::DescribeTargetHealth> {
    let arn = input.target_group_arn().unwrap_or_default();
    let Some(group) = seen(&region(cx).target_groups)?.get(arn) else {
        return Err(refuse("TargetGroupNotFound", "One or more target groups not found"));
    };
    let health = |id: &str| {
        let state = match (group.load_balancers.is_empty(), group.unhealthy.contains(id)) {
            (true, _) => types::TargetHealthStateEnum::Unused,
            (false, true) => types::TargetHealthStateEnum::Unhealthy,
            (false, false) => types::TargetHealthStateEnum::Healthy,
        };
        types::TargetHealth::builder().state(state).build()
    };
    let described = group.targets.iter().map(|target| {
        let described = types::TargetDescription::builder()
            .id(&target.id)
            .set_port(target.port)
            .set_availability_zone(target.zone.clone());
        let of = types::TargetHealthDescription::builder().target(described.build());
        of.target_health(health(&target.id)).build()
    });
    Ok(Out::<elasticloadbalancingv2::DescribeTargetHealth>::builder()
        .set_target_health_descriptions(Some(described.collect()))
        .build())
}

fn set_security_groups(
    cx: &mut Cx<'_>,
    input: &In<elasticloadbalancingv2::SetSecurityGroups>,
) -> Said<elasticloadbalancingv2::SetSecurityGroups> {
    use types::EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum as Enforced;
    let arn = input.load_balancer_arn().unwrap_or_default().to_owned();
    let Some(lb) = seen(&region(cx).load_balancers)?.get(&arn) else {
        return Err(refuse("LoadBalancerNotFound", format!("Load balancer '{arn}' not found")));
    };
    let (network, vpc) = (lb.kind == "network", lb.vpc.clone());
    if lb.kind == "gateway" {
        let message = "Security groups are not supported for load balancers with type 'gateway'";
        return Err(refuse("InvalidConfigurationRequest", message));
    }
    if network && lb.groups.is_empty() {
        let message = "A Network Load Balancer created without security groups cannot get any";
        return Err(refuse("InvalidConfigurationRequest", message));
    }
    let enforced = input.enforce_security_group_inbound_rules_on_private_link_traffic();
    if enforced.is_some() && !network {
        let message = "Inbound rules for PrivateLink are not supported for this load balancer type";
        return Err(refuse("InvalidConfigurationRequest", message));
    }
    if input.security_groups().is_empty() {
        return Err(refuse("InvalidConfigurationRequest", "At least one security group must be specified"));
    }
    let known = seen(&region(cx).groups)?;
    for id in input.security_groups() {
        if known.get(id).filter(|_| cx.visible(id)).is_none_or(|group| group.vpc != vpc) {
            return Err(refuse("InvalidSecurityGroup", format!("Security group '{id}' is not valid")));
        }
    }
    let groups: std::collections::BTreeSet<String> = input.security_groups().iter().cloned().collect();
    let unfiltered = enforced.map(|enforced| *enforced == Enforced::Off);
    let here = cx.region_mut();
    if let Some(lb) = seen_mut(&mut here.load_balancers)?.get_mut(&arn) {
        lb.groups.clone_from(&groups);
        lb.private_link_unfiltered = unfiltered.unwrap_or(lb.private_link_unfiltered);
    }
    // Its interfaces follow. Each says in its description whose it is.
    let described = arn.split_once(":loadbalancer/").map(|(_, rest)| format!("ELB {rest}"));
    for interface in here.interfaces.read_mut().into_iter().flat_map(BTreeMap::values_mut) {
        if interface.managed_by.is_some() && Some(&interface.description) == described.as_ref() {
            interface.groups.clone_from(&groups);
        }
    }
    Ok(Out::<elasticloadbalancingv2::SetSecurityGroups>::builder()
        .set_security_group_ids(Some(groups.into_iter().collect()))
        .set_enforce_security_group_inbound_rules_on_private_link_traffic(enforced.cloned())
        .build())
}

#[cfg(test)]
mod tests {
    use crate::account::{Account, Section};
    use crate::aws::ledger::Phase;
    use crate::aws::{Aws, AwsError};
    use crate::collect::{Ask, identify, read};
    use crate::sim::{Simulation, sample};

    async fn collected(simulation: &Simulation) -> Account {
        use Section::{
            Acls, ConnectEndpoints, DatabaseProxies, Databases, Endpoints, Groups, Instances, Interfaces,
            ListenerRules, LoadBalancers, ScalingGroups, Subnets, TargetGroups, VpcBlock, VpcFunctions, Vpcs,
        };
        let aws = Aws::simulated(simulation.clone());
        let known = identify(&aws).await.unwrap();
        let sections = [
            Vpcs,
            Subnets,
            Instances,
            Interfaces,
            Groups,
            Acls,
            ScalingGroups,
            LoadBalancers,
            ListenerRules,
            TargetGroups,
            Databases,
            DatabaseProxies,
            ConnectEndpoints,
            Endpoints,
            VpcBlock,
            VpcFunctions,
        ];
        let ask = Ask { sections: sections.into(), ..Ask::default() };
        let mut account = read(&aws, &known, &ask, &|_, _| {}).await;
        account.caller.access_key = None;
        account
    }

    #[tokio::test]
    async fn collecting_one_item_a_page_gives_the_same_account() {
        let simulation = Simulation::new(sample::with_services());
        assert_eq!(collected(&simulation).await, sample::with_services());
        simulation.one_item_a_page();
        assert_eq!(collected(&simulation).await, sample::with_services());
    }

    #[tokio::test]
    async fn tags_are_asked_for_twenty_at_a_time() {
        let mut account = sample::with_services();
        let balancers = account.regions.get_mut(sample::REGION).unwrap().load_balancers.read_mut().unwrap();
        let front = balancers[sample::FRONT].clone();
        for number in 0..41 {
            let mut more = front.clone();
            more.tags.insert("number".into(), number.to_string());
            balancers.insert(sample::FRONT.replace("front", &format!("front-{number}")), more);
        }
        let simulation = Simulation::new(account.clone());
        assert_eq!(collected(&simulation).await, account);
    }

    #[tokio::test]
    async fn groups_of_load_balancers_are_refused_as_aws_refuses_them() {
        use aws_sdk_elasticloadbalancingv2::types::EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum as Enforced;
        let simulation = Simulation::new(sample::with_services());
        let aws = Aws::simulated(simulation.clone());
        let _phase = aws.enter(Phase::Apply);
        let client = aws.elbv2(sample::REGION);
        let set = |arn: &str, group: &str| {
            client.set_security_groups().load_balancer_arn(arn).security_groups(group)
        };
        let code = |error: AwsError| error.code.unwrap_or_default();
        let refused = |result: Result<_, _>| code(AwsError::from(result.err().unwrap()));
        assert_eq!(refused(set("arn:none", "sg-web").send().await), "LoadBalancerNotFound");
        assert_eq!(refused(set(sample::BARE, "sg-web").send().await), "InvalidConfigurationRequest");
        assert_eq!(refused(set(sample::INSPECT, "sg-web").send().await), "InvalidConfigurationRequest");
        assert_eq!(refused(set(sample::FRONT, "sg-none").send().await), "InvalidSecurityGroup");
        assert_eq!(refused(set(sample::FRONT, "sg-shared").send().await), "InvalidSecurityGroup");
        let enforced = |arn| {
            set(arn, "sg-ssh").enforce_security_group_inbound_rules_on_private_link_traffic(Enforced::On)
        };
        assert_eq!(refused(enforced(sample::FRONT).send().await), "InvalidConfigurationRequest");
        enforced(sample::LINK).send().await.unwrap();
        set(sample::FRONT, "sg-ssh").send().await.unwrap();
        simulation.look(|account| {
            let here = &account.regions[sample::REGION];
            assert!(!here.load_balancers.item(sample::LINK).unwrap().private_link_unfiltered);
            for id in ["eni-elb", "eni-front-2"] {
                assert!(here.interfaces.item(id).unwrap().groups.contains("sg-ssh"), "{id} follows");
            }
        });
    }
}
