//! Regions, VPCs, subnets and instances.

use aws_sdk_ec2::types;

use super::{Query, region, tags};
use crate::account::{Instance, Subnet, Vpc};
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Said};
use crate::sim::world::seen;

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeRegions>(describe_regions);
    dispatch.on::<ec2::DescribeVpcs>(describe_vpcs);
    dispatch.on::<ec2::DescribeSubnets>(describe_subnets);
    dispatch.on::<ec2::DescribeInstances>(describe_instances);
}

fn describe_regions(cx: &mut Cx<'_>, _: &In<ec2::DescribeRegions>) -> Said<ec2::DescribeRegions> {
    let regions = seen(&cx.world.account.enabled_regions)?.iter().map(|name| {
        types::Region::builder().region_name(name).endpoint(format!("ec2.{name}.amazonaws.com")).build()
    });
    Ok(Out::<ec2::DescribeRegions>::builder().set_regions(Some(regions.collect())).build())
}

fn describe_vpcs(cx: &mut Cx<'_>, input: &In<ec2::DescribeVpcs>) -> Said<ec2::DescribeVpcs> {
    let query = Query {
        filters: input.filters(),
        ids: input.vpc_ids(),
        not_found: "InvalidVpcID.NotFound",
        max: input.max_results(),
    };
    query.check(&["vpc-id", "owner-id", "is-default", "cidr"])?;
    let vpcs = query.choose(
        cx,
        seen(&region(cx).vpcs)?,
        |vpc| &vpc.tags,
        |id, vpc, name| match name {
            "vpc-id" => vec![id.to_owned()],
            "owner-id" => vec![vpc.owner.clone()],
            "is-default" => vec![vpc.is_default.to_string()],
            _ => vpc.cidrs.iter().cloned().collect(),
        },
    )?;
    let (vpcs, next) = cx.page(vpcs, input.next_token(), input.max_results());
    let vpcs = vpcs.into_iter().map(|(id, v)| vpc(id, v)).collect();
    Ok(Out::<ec2::DescribeVpcs>::builder().set_vpcs(Some(vpcs)).set_next_token(next).build())
}

fn vpc(id: &str, vpc: &Vpc) -> types::Vpc {
    let blocks = vpc.cidrs.iter().map(|cidr| {
        let state = types::VpcCidrBlockState::builder().state(types::VpcCidrBlockStateCode::Associated);
        types::VpcCidrBlockAssociation::builder().cidr_block(cidr).cidr_block_state(state.build()).build()
    });
    let ipv6 = vpc.ipv6_cidrs.iter().map(|cidr| {
        let state = types::VpcCidrBlockState::builder().state(types::VpcCidrBlockStateCode::Associated);
        types::VpcIpv6CidrBlockAssociation::builder()
            .ipv6_cidr_block(cidr)
            .ipv6_cidr_block_state(state.build())
            .build()
    });
    types::Vpc::builder()
        .vpc_id(id)
        .owner_id(&vpc.owner)
        .set_cidr_block(vpc.cidrs.first().cloned())
        .set_cidr_block_association_set(Some(blocks.collect()))
        .set_ipv6_cidr_block_association_set(Some(ipv6.collect()))
        .is_default(vpc.is_default)
        .set_tags(Some(tags(&vpc.tags)))
        .build()
}

fn describe_subnets(cx: &mut Cx<'_>, input: &In<ec2::DescribeSubnets>) -> Said<ec2::DescribeSubnets> {
    let query = Query {
        filters: input.filters(),
        ids: input.subnet_ids(),
        not_found: "InvalidSubnetID.NotFound",
        max: input.max_results(),
    };
    query.check(&["vpc-id", "subnet-id", "owner-id", "availability-zone"])?;
    let subnets = query.choose(
        cx,
        seen(&region(cx).subnets)?,
        |subnet| &subnet.tags,
        |id, subnet, name| match name {
            "vpc-id" => vec![subnet.vpc.clone()],
            "subnet-id" => vec![id.to_owned()],
            "owner-id" => vec![subnet.owner.clone()],
            _ => vec![subnet.zone.clone()],
        },
    )?;
    let (subnets, next) = cx.page(subnets, input.next_token(), input.max_results());
    let subnets = subnets.into_iter().map(|(id, s)| subnet(id, s)).collect();
    Ok(Out::<ec2::DescribeSubnets>::builder().set_subnets(Some(subnets)).set_next_token(next).build())
}

fn subnet(id: &str, subnet: &Subnet) -> types::Subnet {
    let ipv6 = subnet.ipv6_cidr.iter().map(|cidr| {
        let state = types::SubnetCidrBlockState::builder().state(types::SubnetCidrBlockStateCode::Associated);
        types::SubnetIpv6CidrBlockAssociation::builder()
            .ipv6_cidr_block(cidr)
            .ipv6_cidr_block_state(state.build())
            .build()
    });
    types::Subnet::builder()
        .subnet_id(id)
        .vpc_id(&subnet.vpc)
        .owner_id(&subnet.owner)
        .availability_zone(&subnet.zone)
        .set_cidr_block(Some(subnet.cidr.clone()).filter(|cidr| !cidr.is_empty()))
        .set_ipv6_cidr_block_association_set(Some(ipv6.collect()))
        .set_enable_lni_at_device_index(subnet.local_interfaces_at)
        .set_tags(Some(tags(&subnet.tags)))
        .build()
}

fn describe_instances(cx: &mut Cx<'_>, input: &In<ec2::DescribeInstances>) -> Said<ec2::DescribeInstances> {
    let query = Query {
        filters: input.filters(),
        ids: input.instance_ids(),
        not_found: "InvalidInstanceID.NotFound",
        max: input.max_results(),
    };
    query.check(&["vpc-id", "subnet-id", "instance-id", "instance-state-name", "instance-type"])?;
    let instances = query.choose(
        cx,
        seen(&region(cx).instances)?,
        |instance| &instance.tags,
        |id, instance, name| match name {
            "vpc-id" => vec![instance.vpc.clone()],
            "subnet-id" => vec![instance.subnet.clone()],
            "instance-id" => vec![id.to_owned()],
            "instance-type" => vec![instance.kind.clone()],
            _ => vec![instance.state.clone()],
        },
    )?;
    let managed = input.include_managed_resources().unwrap_or(false);
    let account = &cx.world.account.id;
    let shown = |(_, instance): &(_, &Instance)| managed || instance.managed_by.is_none();
    let instances = instances.into_iter().filter(shown).collect();
    let (instances, next) = cx.page(instances, input.next_token(), input.max_results());
    let reservations = instances
        .into_iter()
        .map(|(id, i)| types::Reservation::builder().owner_id(account).instances(instance(id, i)).build())
        .collect();
    Ok(Out::<ec2::DescribeInstances>::builder()
        .set_reservations(Some(reservations))
        .set_next_token(next)
        .build())
}

fn instance(id: &str, instance: &Instance) -> types::Instance {
    let state = types::InstanceState::builder().name(instance.state.as_str().into()).build();
    let disks = instance.disks.iter().map(|(device, disk)| {
        let ebs = types::EbsInstanceBlockDevice::builder()
            .volume_id(&disk.volume)
            .delete_on_termination(disk.delete_on_termination);
        types::InstanceBlockDeviceMapping::builder().device_name(device).ebs(ebs.build()).build()
    });
    let secondary = instance
        .secondary_networks
        .iter()
        .map(|network| types::InstanceSecondaryInterface::builder().secondary_network_id(network).build());
    types::Instance::builder()
        .instance_id(id)
        .set_secondary_interfaces(Some(secondary.collect()))
        .set_block_device_mappings(Some(disks.collect()))
        .vpc_id(&instance.vpc)
        .subnet_id(&instance.subnet)
        .state(state)
        .instance_type(instance.kind.as_str().into())
        .set_operator(instance.managed_by.as_deref().map(operator))
        .set_iam_instance_profile(
            instance.profile.as_ref().map(|arn| types::IamInstanceProfile::builder().arn(arn).build()),
        )
        .set_instance_lifecycle(instance.spot.then_some(types::InstanceLifecycleType::Spot))
        .root_device_type(if instance.instance_store {
            types::DeviceType::InstanceStore
        } else {
            types::DeviceType::Ebs
        })
        .set_metadata_options(metadata(&instance.metadata))
        .set_tags(Some(tags(&instance.tags)))
        .build()
}

fn metadata(tokens: &str) -> Option<types::InstanceMetadataOptionsResponse> {
    let options = types::InstanceMetadataOptionsResponse::builder();
    let options = match tokens {
        "" => return None,
        "off" => options
            .http_endpoint(types::InstanceMetadataEndpointState::Disabled)
            .http_tokens(types::HttpTokensState::Optional),
        tokens => {
            options.http_endpoint(types::InstanceMetadataEndpointState::Enabled).http_tokens(tokens.into())
        }
    };
    Some(options.build())
}

pub(in crate::sim) fn operator(principal: &str) -> types::OperatorResponse {
    types::OperatorResponse::builder().managed(true).principal(principal).hidden_by_default(true).build()
}

#[cfg(test)]
mod tests {
    use crate::account::{Account, Cause, Gap, Section, Seen};
    use crate::aws::{Aws, AwsError};
    use crate::collect::{Ask, identify, read};
    use crate::sim::{Simulation, sample};

    async fn collected(simulation: &Simulation, vpcs: Option<&str>) -> Account {
        use Section::{Acls, Groups, Instances, Interfaces, ScalingGroups, Subnets, Vpcs};
        let aws = Aws::simulated(simulation.clone());
        let known = identify(&aws).await.expect("an identity");
        let ask = Ask {
            sections: [Vpcs, Subnets, Instances, Interfaces, Groups, Acls, ScalingGroups].into(),
            vpcs: vpcs.map(|vpc| [vpc.to_owned()].into()),
            ..Ask::default()
        };
        let mut account = read(&aws, &known, &ask, &|_, _| {}).await;
        account.caller.access_key = None;
        account
    }

    #[tokio::test]
    async fn collecting_a_simulated_account_gives_the_same_account() {
        let simulation = Simulation::new(sample::account());
        assert_eq!(collected(&simulation, None).await, sample::account());
    }

    #[tokio::test]
    async fn one_item_a_page_and_empty_pages_lose_nothing() {
        let simulation = Simulation::new(sample::account());
        simulation.one_item_a_page();
        assert_eq!(collected(&simulation, None).await, sample::account());
    }

    #[tokio::test]
    async fn a_gap_stays_a_gap() {
        let simulation = Simulation::new(sample::account());
        let gap = Gap { cause: Cause::Denied, call: String::new(), detail: "no".into() };
        simulation.meddle(|a| a.regions.get_mut(sample::REGION).unwrap().acls = Seen::Gap(gap));
        let account = collected(&simulation, None).await;
        assert_eq!(account.regions[sample::REGION].acls.gap().unwrap().cause, Cause::Denied);
        assert!(account.regions["eu-west-1"].acls.read().is_some());
    }

    #[tokio::test]
    async fn a_vpc_that_is_asked_for_is_read_alone() {
        let simulation = Simulation::new(sample::account());
        let region = collected(&simulation, Some("vpc-2")).await.regions.remove(sample::REGION).unwrap();
        assert_eq!(region.interfaces.items().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["eni-shared"]);
        assert_eq!(region.acls.items().count(), 1);
        assert_eq!(region.instances.items().count(), 0);
    }

    #[tokio::test]
    async fn lists_refuse_what_aws_refuses_and_hide_what_aws_hides() {
        let aws = Aws::simulated(Simulation::new(sample::account()));
        let ec2 = aws.ec2(sample::REGION);
        let filter = |name: &str| super::types::Filter::builder().name(name).values("x*").build();
        let unknown = ec2.describe_vpcs().filters(filter("colour")).send().await.map_err(AwsError::from);
        assert!(unknown.unwrap_err().is("InvalidParameterValue"));
        let gone = ec2.describe_instances().instance_ids("i-9").send().await.map_err(AwsError::from);
        assert!(gone.unwrap_err().is("InvalidInstanceID.NotFound"));
        let few = ec2.describe_subnets().max_results(1).send().await.map_err(AwsError::from);
        assert!(few.unwrap_err().is("InvalidParameterValue"));
        let instances = ec2.describe_instances().send().await.unwrap();
        assert_eq!(instances.reservations().len(), 1, "the managed one is hidden");
    }

    #[test]
    fn a_filter_takes_stars() {
        assert!(super::super::like("unplug-*-1", "unplug-isolation-1"));
        assert!(
            super::super::like("a", "a")
                && !super::super::like("a", "ab")
                && !super::super::like("a*c", "ab")
        );
    }
}
