//! Seeds of 590: a Region that nothing blocks, one that is blocked inwards, exclusions, and a run on
//! one VPC.

use serde_json::json;
use unplug::account::{Account, Caller, Exclusion, Region, Seen, Subnet, Tags, Vpc, VpcBlock};
use unplug::step::Scope;

use super::{Seed, seed, with};

const ME: &str = "111111111111";
const OTHER: &str = "222222222222";

fn name(text: &str) -> Tags {
    [("Name".to_owned(), text.to_owned())].into()
}

fn vpc(owner: &str, ipv6: &[&str]) -> Vpc {
    Vpc {
        owner: owner.into(),
        cidrs: ["10.0.0.0/16".to_owned()].into(),
        ipv6_cidrs: ipv6.iter().map(ToString::to_string).collect(),
        ..Vpc::default()
    }
}

fn exclusion(what: &str, mode: &str) -> Exclusion {
    Exclusion {
        resource: format!("arn:aws:ec2:us-east-1:{ME}:{what}"),
        mode: mode.into(),
        state: "create-complete".into(),
        tags: name("partners"),
    }
}

/// One Region with a VPC of ours, dual stack, and one that is shared with us.
fn region(mode: &str, exclusions: Vec<(&str, Exclusion)>) -> Region {
    let subnet = |owner: &str, vpc: &str| Subnet {
        vpc: vpc.into(),
        owner: owner.into(),
        zone: "us-east-1a".into(),
        cidr: "10.0.1.0/24".into(),
        ..Subnet::default()
    };
    Region {
        vpcs: Seen::Read(
            [("vpc-1".into(), vpc(ME, &["2001:db8::/56"])), ("vpc-shared".into(), vpc(OTHER, &[]))].into(),
        ),
        subnets: Seen::Read(
            [("subnet-1".into(), subnet(ME, "vpc-1")), ("subnet-shared".into(), subnet(OTHER, "vpc-shared"))]
                .into(),
        ),
        vpc_block: Seen::Read(VpcBlock {
            mode: mode.into(),
            state: if mode == "off" { "default-state" } else { "update-complete" }.into(),
            exclusions: exclusions.into_iter().map(|(id, e)| (id.to_owned(), e)).collect(),
            ..VpcBlock::default()
        }),
        ..Region::empty()
    }
}

/// The same with other ids: no two Regions have one in common.
fn elsewhere(region: &Region, number: u8) -> Region {
    let text = serde_json::to_string(region).unwrap();
    let ids = [("vpc-1", "vpc-{}"), ("subnet-1", "subnet-{}"), ("-shared", "-shared-{}")];
    let text = ids
        .iter()
        .fold(text, |text, (id, other)| text.replace(id, &other.replace("{}", &number.to_string())));
    serde_json::from_str(&text).unwrap()
}

fn account(regions: Vec<(&str, Region)>) -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ME}:user/oncall"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(regions.iter().map(|(name, _)| (*name).to_owned()).collect());
    account.regions = regions.into_iter().map(|(name, region)| (name.to_owned(), region)).collect();
    account
}

fn block(account: &mut Account) -> &mut VpcBlock {
    account.regions.get_mut("us-east-1").unwrap().vpc_block.read_mut().unwrap()
}

/// The seeds of step 590.
pub fn seeds() -> Vec<Seed> {
    let whole = vec![
        ("vpcbpa-exclude-1", exclusion("vpc/vpc-1", "allow-bidirectional")),
        ("vpcbpa-exclude-2", exclusion("subnet/subnet-1", "allow-egress")),
    ];
    let mut theirs = region("off", vec![]);
    theirs.vpc_block.read_mut().unwrap().managed_by = "declarative-policy".into();
    let regions = vec![
        ("us-east-1", region("off", whole)),
        ("us-east-2", elsewhere(&region("block-bidirectional", vec![]), 2)),
        ("us-west-2", elsewhere(&theirs, 3)),
    ];
    let narrow = |mut seed: Seed| {
        seed.scope = Scope { vpcs: Some(["vpc-1".to_owned()].into()), ..Scope::default() };
        seed
    };
    let hole = || vec![("vpcbpa-exclude-1", exclusion("vpc/vpc-1", "allow-egress"))];
    vec![
        seed(
            "block public access",
            590,
            account(regions),
            Some(|account| block(account).mode = "block-ingress".into()),
        ),
        narrow(with(
            seed(
                "block public access for one VPC, the Region with it",
                590,
                account(vec![("us-east-1", region("block-ingress", vec![]))]),
                Some(|account| block(account).mode = "off".into()),
            ),
            "region-wide",
            json!("yes"),
        )),
        narrow(seed(
            "an exclusion of one VPC, where the block holds",
            590,
            account(vec![("us-east-1", region("block-bidirectional", hole()))]),
            None,
        )),
    ]
}
