//! Verified Access endpoints, traffic mirror sessions, Resolver endpoints and endpoint associations: they
//! are listed only.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;
use aws_sdk_route53resolver::types::{ResolverEndpoint, ResolverEndpointDirection};

use super::ec2::{page_size, region};
use super::route::{Cx, Dispatch, In, Out, Said};
use super::world::seen;
use crate::account::SideDoor;
use crate::aws::operations::{ec2, route53resolver};
use crate::collect::side_doors::{ASSOCIATION, MIRROR, RESOLVER, VERIFIED_ACCESS};

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeVerifiedAccessEndpoints>(describe_verified_access_endpoints);
    dispatch.on::<ec2::DescribeTrafficMirrorSessions>(describe_traffic_mirror_sessions);
    dispatch.on::<route53resolver::ListResolverEndpoints>(list_resolver_endpoints);
    dispatch.on::<ec2::DescribeVpcEndpointAssociations>(describe_vpc_endpoint_associations);
}

/// Returns the side doors of one kind, by id.
fn of<'a>(doors: &'a BTreeMap<String, SideDoor>, kind: &str) -> Vec<(&'a String, &'a SideDoor)> {
    doors.iter().filter(|(_, door)| door.kind == kind).collect()
}

fn describe_verified_access_endpoints(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeVerifiedAccessEndpoints>,
) -> Said<ec2::DescribeVerifiedAccessEndpoints> {
    let all = of(seen(&region(cx).side_doors)?, VERIFIED_ACCESS);
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    let endpoint = |(id, door): (&String, &SideDoor)| {
        let subnets = types::VerifiedAccessEndpointLoadBalancerOptions::builder()
            .set_subnet_ids(Some(door.subnets.iter().cloned().collect()));
        let interface = types::VerifiedAccessEndpointEniOptions::builder()
            .set_network_interface_id(door.interface.clone());
        types::VerifiedAccessEndpoint::builder()
            .verified_access_endpoint_id(id)
            .application_domain(&door.to)
            .set_load_balancer_options((!door.subnets.is_empty()).then(|| subnets.build()))
            .set_network_interface_options(door.interface.is_some().then(|| interface.build()))
            .build()
    };
    Ok(Out::<ec2::DescribeVerifiedAccessEndpoints>::builder()
        .set_verified_access_endpoints(Some(page.into_iter().map(endpoint).collect()))
        .set_next_token(next)
        .build())
}

fn describe_traffic_mirror_sessions(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeTrafficMirrorSessions>,
) -> Said<ec2::DescribeTrafficMirrorSessions> {
    let all = of(seen(&region(cx).side_doors)?, MIRROR);
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    let session = |(id, door): (&String, &SideDoor)| {
        types::TrafficMirrorSession::builder()
            .traffic_mirror_session_id(id)
            .traffic_mirror_target_id(&door.to)
            .set_network_interface_id(door.interface.clone())
            .build()
    };
    Ok(Out::<ec2::DescribeTrafficMirrorSessions>::builder()
        .set_traffic_mirror_sessions(Some(page.into_iter().map(session).collect()))
        .set_next_token(next)
        .build())
}

fn list_resolver_endpoints(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::ListResolverEndpoints>,
) -> Said<route53resolver::ListResolverEndpoints> {
    let all = of(seen(&region(cx).side_doors)?, RESOLVER);
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    let endpoint = |(id, door): (&String, &SideDoor)| {
        ResolverEndpoint::builder()
            .id(id)
            .set_host_vpc_id(door.vpc.clone())
            .direction(ResolverEndpointDirection::from(door.to.to_uppercase().as_str()))
            .build()
    };
    Ok(Out::<route53resolver::ListResolverEndpoints>::builder()
        .set_resolver_endpoints(Some(page.into_iter().map(endpoint).collect()))
        .set_next_token(next)
        .build())
}

fn describe_vpc_endpoint_associations(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeVpcEndpointAssociations>,
) -> Said<ec2::DescribeVpcEndpointAssociations> {
    page_size(input.max_results(), 1..=100)?;
    let all = of(seen(&region(cx).side_doors)?, ASSOCIATION);
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    let association = |(id, door): (&String, &SideDoor)| {
        types::VpcEndpointAssociation::builder()
            .id(id)
            .set_vpc_endpoint_id(door.endpoint.clone())
            .associated_resource_arn(&door.to)
            .build()
    };
    Ok(Out::<ec2::DescribeVpcEndpointAssociations>::builder()
        .set_vpc_endpoint_associations(Some(page.into_iter().map(association).collect()))
        .set_next_token(next)
        .build())
}

#[cfg(test)]
mod tests {
    use crate::account::{Region, Section, Seen, SideDoor};
    use crate::aws::Aws;
    use crate::collect::{Ask, identify, read};
    use crate::sim::{Simulation, sample};

    #[tokio::test]
    async fn side_doors_are_read_as_they_are_shown_one_a_page_too() {
        let door =
            |kind: &str, vpc: Option<&str>, subnets: &[&str], interface: Option<&str>, to: &str| SideDoor {
                kind: kind.into(),
                vpc: vpc.map(Into::into),
                subnets: subnets.iter().map(ToString::to_string).collect(),
                interface: interface.map(Into::into),
                to: to.into(),
                endpoint: (kind == "association").then(|| "vpce-1".into()),
            };
        let doors = Seen::Read(
            [
                ("vae-1", door("verified-access", None, &["subnet-1a"], None, "app.example")),
                ("vae-2", door("verified-access", None, &[], Some("eni-web"), "db.example")),
                ("vpce-rsc-asc-1", door("association", None, &[], None, "arn:aws:vpc-lattice:a")),
                ("vpce-rsc-asc-2", door("association", None, &[], None, "arn:aws:vpc-lattice:b")),
                ("tms-1", door("mirror", None, &[], Some("eni-web"), "tmt-1")),
                ("tms-2", door("mirror", None, &[], Some("eni-plain"), "tmt-1")),
                ("rslvr-in-1", door("resolver", Some("vpc-1"), &[], None, "inbound")),
                ("rslvr-out-1", door("resolver", Some("vpc-1"), &[], None, "outbound")),
            ]
            .map(|(id, door)| (id.to_owned(), door))
            .into(),
        );
        let mut account = sample::account();
        let here = account.regions.entry(sample::REGION.into()).or_default();
        *here = Region { side_doors: doors.clone(), ..Region::empty() };
        for one_a_page in [false, true] {
            let simulation = Simulation::new(account.clone());
            if one_a_page {
                simulation.one_item_a_page();
            }
            let aws = Aws::simulated(simulation);
            let known = identify(&aws).await.unwrap();
            let ask = Ask {
                sections: [Section::SideDoors].into(),
                regions: Some([sample::REGION.to_owned()].into()),
                ..Ask::default()
            };
            let read = read(&aws, &known, &ask, &|_, _| {}).await;
            assert_eq!(read.regions[sample::REGION].side_doors, doors);
        }
    }
}
