use crate::aws::ledger::Phase;
use crate::aws::{Aws, AwsError};
use crate::sim::{Simulation, probe::code, sample::REGION, sample_network};

fn blackholes(simulation: &Simulation, target: &str) -> Vec<bool> {
    let account = simulation.account();
    let tables = account.regions[REGION].route_tables.items();
    tables.flat_map(|(_, t)| &t.routes).filter(|r| r.target == target).map(|r| r.blackhole).collect()
}

#[tokio::test]
async fn a_gateway_is_held_by_any_mapped_address_and_its_routes_follow_it() {
    let simulation = Simulation::new(sample_network::account());
    let aws = Aws::simulated(simulation.clone());
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let detach = |id: &str, vpc: &str| ec2.detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
    let attach = |id: &str, vpc: &str| ec2.attach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
    assert_eq!(code(detach("igw-free", "vpc-1").send().await), "Gateway.NotAttached");
    let held = detach("igw-1", "vpc-1").send().await.map_err(AwsError::from).unwrap_err();
    assert!(held.is("DependencyViolation") && held.message.contains("mapped public address(es)"), "{held}");
    simulation.meddle(|account| {
        let here = account.regions.get_mut(REGION).unwrap();
        for interface in here.interfaces.read_mut().unwrap().values_mut() {
            interface.public_ip = None;
            interface.secondary.values_mut().for_each(|mapped| *mapped = None);
        }
    });
    assert_eq!(code(attach("igw-free", "vpc-1").send().await), "Resource.AlreadyAssociated");
    assert_eq!(code(detach("igw-1", "vpc-1").send().await), "none");
    assert_eq!(blackholes(&simulation, "igw-1"), [true, true]);
    assert_eq!(code(attach("igw-1", "vpc-1").send().await), "none");
    assert_eq!(blackholes(&simulation, "igw-1"), [false, false]);
    assert_eq!(code(attach("igw-1", "vpc-1").send().await), "Resource.AlreadyAssociated");
}

#[tokio::test]
async fn an_egress_only_gateway_comes_back_under_another_id_and_once_a_token() {
    let simulation = Simulation::new(sample_network::account());
    let aws = Aws::simulated(simulation.clone());
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let delete = || ec2.delete_egress_only_internet_gateway().egress_only_internet_gateway_id("eigw-1");
    assert_eq!(code(delete().send().await), "none");
    assert_eq!(code(delete().send().await), "InvalidGatewayID.NotFound");
    assert_eq!(blackholes(&simulation, "eigw-1"), [true]);
    let mut ids = vec![];
    for token in ["a", "a", "b"] {
        let create = ec2.create_egress_only_internet_gateway().vpc_id("vpc-1").client_token(token);
        let made = create.send().await.unwrap();
        let gateway = made.egress_only_internet_gateway().unwrap();
        ids.push(gateway.egress_only_internet_gateway_id().unwrap().to_owned());
    }
    assert!(ids[0] == ids[1] && ids[1] != ids[2]);
    let theirs = ec2.create_egress_only_internet_gateway().vpc_id("vpc-2");
    assert_eq!(code(theirs.send().await), "UnauthorizedOperation");
}

#[tokio::test]
async fn an_address_is_moved_only_by_its_owner() {
    let simulation = Simulation::new(sample_network::account());
    let aws = Aws::simulated(simulation.clone());
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let list = ec2.describe_addresses().send().await.unwrap();
    let association = |id: &str| {
        let address = list.addresses().iter().find(|a| a.allocation_id() == Some(id)).unwrap();
        address.association_id().unwrap().to_owned()
    };
    let end = |id: String| ec2.disassociate_address().association_id(id);
    assert_eq!(
        code(end(association("eipalloc-nat")).send().await),
        "AuthFailure",
        "on a service's interface"
    );
    assert_eq!(code(end(association("eipalloc-nlb")).send().await), "AuthFailure", "a service's own");
    assert_eq!(code(end(association("eipalloc-1")).send().await), "none");
    assert_eq!(code(end(association("eipalloc-1")).send().await), "InvalidAssociationID.NotFound");
    let account = simulation.account();
    assert_eq!(account.regions[REGION].interfaces.item("eni-web").unwrap().secondary["10.0.1.6"], None);
    let begin = |to: &str, ip: &str| {
        let call = ec2.associate_address().allocation_id("eipalloc-1").network_interface_id(to);
        call.private_ip_address(ip).allow_reassociation(false)
    };
    assert_eq!(code(begin("eni-web", "10.0.9.9").send().await), "InvalidParameterValue");
    assert_eq!(code(begin("eni-elb", "10.0.1.5").send().await), "AuthFailure");
    assert_eq!(code(begin("eni-shared", "10.0.1.5").send().await), "Gateway.NotAttached");
    assert_eq!(code(begin("eni-web", "10.0.1.6").send().await), "none");
    assert_eq!(code(begin("eni-web", "10.0.1.6").send().await), "Resource.AlreadyAssociated");
    assert_eq!(simulation.account(), sample_network::account());
}
