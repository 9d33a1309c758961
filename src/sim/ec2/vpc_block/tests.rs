use std::time::Duration;

use aws_sdk_ec2::types::{InternetGatewayBlockMode as Mode, InternetGatewayExclusionMode};

use crate::account::Seen;
use crate::account::{Account, Exclusion, Section, VpcBlock};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::sim::{Simulation, probe, probe::code, sample};

fn account() -> Account {
    let exclusion = |what: &str, mode: &str| Exclusion {
        resource: format!("arn:aws:ec2:us-east-1:{}:{what}", sample::ME),
        mode: mode.into(),
        state: "create-complete".into(),
        tags: sample::tag("Name", "left out"),
    };
    let block = VpcBlock {
        mode: "block-ingress".into(),
        state: "update-complete".into(),
        exclusions: [
            ("vpcbpa-exclude-1".to_owned(), exclusion("vpc/vpc-1", "allow-bidirectional")),
            ("vpcbpa-exclude-2".to_owned(), exclusion("subnet/subnet-1a", "allow-egress")),
        ]
        .into(),
        ..VpcBlock::default()
    };
    let mut account = sample::account();
    for region in account.regions.values_mut() {
        region.vpc_block = Seen::Read(VpcBlock::default());
    }
    account.regions.get_mut(sample::REGION).unwrap().vpc_block = Seen::Read(block);
    account
}

async fn collected(aws: &Aws) -> VpcBlock {
    probe::collected(aws, Section::VpcBlock).await.vpc_block.read().unwrap().clone()
}

#[tokio::test]
async fn collecting_a_simulated_account_gives_the_same_account() {
    for paged in [false, true] {
        let simulation = Simulation::new(account());
        if paged {
            simulation.one_item_a_page();
        }
        let wanted = account().regions[sample::REGION].vpc_block.read().unwrap().clone();
        assert_eq!(collected(&Aws::simulated(simulation)).await, wanted);
    }
}

#[tokio::test]
async fn a_mode_takes_minutes_and_is_changed_one_at_a_time() {
    let aws = Aws::simulated(Simulation::new(account()));
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(sample::REGION);
    let modify = |mode| ec2.modify_vpc_block_public_access_options().internet_gateway_block_mode(mode).send();
    assert_eq!(code(modify(Mode::BlockBidirectional).await), "none");
    assert_eq!(collected(&aws).await.mode, "block-ingress", "nothing shows yet");
    assert_eq!(code(modify(Mode::Off).await), "IncorrectState");
    aws.clock().wait(Duration::from_secs(5)).await;
    let now = collected(&aws).await;
    assert_eq!((now.mode.as_str(), now.state.as_str()), ("block-bidirectional", "update-in-progress"));
    aws.clock().wait(Duration::from_secs(120)).await;
    assert_eq!(collected(&aws).await.state, "update-complete");
    assert_eq!(code(modify(Mode::Off).await), "none");
    aws.clock().wait(Duration::from_secs(120)).await;
    let now = collected(&aws).await;
    assert_eq!((now.mode.as_str(), now.state.as_str()), ("off", "default-state"));
    assert_eq!(code(modify("sideways".into()).await), "InvalidParameterValue");
}

#[tokio::test]
async fn exclusions_come_and_go_slowly_and_one_a_resource() {
    let aws = Aws::simulated(Simulation::new(account()));
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(sample::REGION);
    let create = || {
        let create = ec2.create_vpc_block_public_access_exclusion();
        create.internet_gateway_exclusion_mode(InternetGatewayExclusionMode::AllowEgress)
    };
    let delete = |id: &str| ec2.delete_vpc_block_public_access_exclusion().exclusion_id(id).send();
    assert_eq!(code(create().vpc_id("vpc-1").send().await), "ResourceAlreadyExcluded");
    assert_eq!(code(create().vpc_id("vpc-2").send().await), "UnauthorizedOperation");
    assert_eq!(code(create().vpc_id("vpc-9").send().await), "InvalidVpcID.NotFound");
    assert_eq!(code(create().send().await), "InvalidParameterCombination");
    assert_eq!(code(delete("vpcbpa-exclude-1").await), "none");
    assert_eq!(code(delete("vpcbpa-exclude-1").await), "IncorrectState");
    assert_eq!(collected(&aws).await.exclusions["vpcbpa-exclude-1"].state, "delete-in-progress");
    aws.clock().wait(Duration::from_secs(30)).await;
    assert_eq!(collected(&aws).await.exclusions.len(), 1);
    let gone = "InvalidVpcBlockPublicAccessExclusionId.NotFound";
    assert_eq!(code(delete("vpcbpa-exclude-1").await), gone);
    assert_eq!(code(create().vpc_id("vpc-1").send().await), "none");
    assert_eq!(collected(&aws).await.exclusions.len(), 1, "not visible yet");
    aws.clock().wait(Duration::from_secs(30)).await;
    let states: Vec<String> = collected(&aws).await.exclusions.into_values().map(|e| e.state).collect();
    assert_eq!(states, ["create-complete", "create-complete"]);
}

#[tokio::test]
async fn a_declarative_policy_is_refused_and_a_default_quota_is_noted() {
    let simulation = Simulation::new(account());
    let aws = Aws::simulated(simulation.clone());
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(sample::REGION);
    let create = || {
        let create = ec2.create_vpc_block_public_access_exclusion().subnet_id("subnet-1b");
        create.internet_gateway_exclusion_mode(InternetGatewayExclusionMode::AllowEgress).send()
    };
    let change = |change: fn(&mut VpcBlock)| {
        simulation.meddle(|account| {
            change(account.regions.get_mut(sample::REGION).unwrap().vpc_block.read_mut().unwrap());
        });
    };
    change(|block| {
        for n in 3..=50 {
            block.exclusions.insert(format!("vpcbpa-exclude-{n}"), Exclusion::default());
        }
    });
    assert_eq!(code(create().await), "none");
    let noted = simulation.take_above_defaults();
    assert!(noted[0].1.contains("51 with this step's, and AWS's default quota is 50"), "{noted:?}");
    change(|block| block.exclusions_allowed = "not-allowed".into());
    assert_eq!(code(create().await), "OperationNotPermitted");
    change(|block| block.managed_by = "declarative-policy".into());
    let modify = ec2.modify_vpc_block_public_access_options();
    let modify = modify.internet_gateway_block_mode(Mode::BlockBidirectional);
    assert_eq!(code(modify.send().await), "OperationNotPermitted");
}
