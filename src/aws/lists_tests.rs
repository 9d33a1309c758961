use super::{PAGES, Pages, all};
use crate::account::{Account, Section};
use crate::aws::scripted::{Script, scripted};
use crate::aws::{Aws, Kind};
use crate::collect::{self, Ask, RolesOf};
use crate::scenario;
use crate::sim::{Simulation, sample};

/// Sections that AWS answers in one piece, or that are asked for only of what a list has shown.
const IN_ONE_PIECE: [Section; 18] = [
    Section::AccessKeys,
    Section::CredentialReport,
    Section::AccountSummary,
    Section::ExposedKeys,
    Section::Trails,
    Section::LogBuckets,
    Section::S3Block,
    Section::Invalidations,
    Section::Addresses,
    Section::VpnGateways,
    Section::VpnConnections,
    Section::SerialConsole,
    Section::EbsEncryption,
    Section::PasswordPolicy,
    Section::SharingBlocks,
    Section::SecurityContact,
    Section::Recorders,
    // Off in two of the company's three Regions.
    Section::HubFindings,
];

async fn read(simulation: Simulation, ask: &Ask) -> (Aws, Account) {
    let aws = Aws::simulated(simulation);
    let known = collect::identify(&aws).await.unwrap();
    let account = collect::read(&aws, &known, ask, &|_, _| {}).await;
    (aws, account)
}

#[tokio::test]
async fn a_token_that_comes_again_is_a_gap_in_every_list() {
    let mut account = scenario::load(scenario::DEFAULT).unwrap().account;
    account.organization = sample::organization(&account.id);
    let simulation = Simulation::new(account);
    simulation.tokens_repeat();
    let changes_of = RolesOf::new(|_| ["deploy".to_owned()].into());
    let (_, read) = read(simulation, &Ask { changes_of, ..Ask::everything() }).await;
    for section in Section::ALL.iter().filter(|section| !IN_ONE_PIECE.contains(section)) {
        let gaps = section.gaps(&read);
        let places = if section.regional() { read.regions.len() } else { 1 };
        assert!(gaps.len() >= places, "{section:?} passes for whole: {gaps:?}");
        for (_, gap) in gaps {
            assert!(gap.detail.contains("the token of an earlier page"), "{section:?}: {}", gap.detail);
        }
    }
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up_and_is_a_gap() {
    let account = scenario::load(scenario::DEFAULT).unwrap().account;
    let region = account.regions.keys().next().unwrap().clone();
    let simulation = Simulation::new(account);
    simulation.tokens_never_end();
    let regions = Some([region.clone()].into());
    let ask = Ask { sections: [Section::Vpcs].into(), regions, ..Ask::default() };
    let (aws, read) = read(simulation, &ask).await;
    let gap = read.regions[&region].vpcs.gap().unwrap();
    assert!(gap.detail.contains("the list has no end"), "{}", gap.detail);
    let pages = aws.ledger().calls().iter().filter(|call| call.operation == "ec2:DescribeVpcs").count();
    assert_eq!(pages, PAGES);
}

fn page(vpcs: &str, token: Option<&str>) -> Script {
    let token = token.map(|token| format!("<nextToken>{token}</nextToken>")).unwrap_or_default();
    Script::says(200, format!("<DescribeVpcsResponse><vpcSet>{vpcs}</vpcSet>{token}</DescribeVpcsResponse>"))
}

#[tokio::test]
async fn an_empty_page_with_a_token_is_no_end() {
    let aws = scripted(|asked| match asked.number {
        1 => page("", Some("a")),
        2 => page("<item><vpcId>vpc-1</vpcId></item>", Some("b")),
        _ => page("<item><vpcId>vpc-2</vpcId></item>", None),
    });
    let list = aws.ec2("eu-west-1").describe_vpcs();
    let found: Vec<String> = all(&aws, list, |vpc| vpc.vpc_id).await.unwrap();
    assert_eq!(found, ["vpc-1", "vpc-2"]);
}

#[tokio::test]
async fn a_list_may_not_go_round_in_a_circle() {
    let aws = scripted(|asked| page("", Some(if asked.number % 2 == 0 { "even" } else { "odd" })));
    let list = aws.ec2("eu-west-1").describe_vpcs();
    let error = all::<_, String, Vec<_>>(&aws, list, |vpc| vpc.vpc_id).await.unwrap_err();
    assert_eq!((error.kind, aws.ledger().len()), (Kind::Unusable, 3));
}

#[tokio::test]
async fn an_item_without_its_id_is_an_error() {
    let aws = scripted(|_| page("<item><cidrBlock>10.0.0.0/16</cidrBlock></item>", None));
    let list = aws.ec2("eu-west-1").describe_vpcs();
    let error = all::<_, String, Vec<_>>(&aws, list, |vpc| vpc.vpc_id).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (Kind::Unusable, "an item lacks vpc_id"));
}

#[tokio::test]
async fn pages_slow_together_are_given_up() {
    let aws = scripted(|asked| page("", Some(&format!("{}", asked.number))));
    let mut pages = Pages::new(&aws, aws.ec2("eu-west-1").describe_vpcs());
    pages.next().await.unwrap();
    aws.clock().pass(std::time::Duration::from_secs(700));
    let error = pages.next().await.unwrap_err();
    assert!(error.message.contains("600 seconds"), "{}", error.message);
}
