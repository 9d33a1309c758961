use crate::account::organization::{DECLARATIVE_EC2, RESOURCE_CONTROL, S3, SERVICE_CONTROL};
use crate::account::{
    Account, Actor, Caller, Cause, Gap, OrganizationTree, PublicAccessBlock, Region, Section, Seen, VpcBlock,
};
use crate::aws::ledger::Phase;
use crate::aws::{Aws, AwsError};
use crate::collect::{self, Ask, OrganizationAsk};
use crate::sim::Simulation;
use crate::sim::sample::{self, MANAGEMENT, ME, PRODUCTION, ROOT, SANDBOX, WORKLOADS};

const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
const BLOCK: &str = r#"{"ec2_attributes":{"vpc_block_public_access":{"internet_gateway_block":{"mode":{"@@assign":"block_bidirectional"},"exclusions_allowed":{"@@assign":"disabled"}}}}}"#;
const NOT_PUBLIC: &str = r#"{"s3_attributes":{"public_access_block_configuration":{"@@assign":"all"}}}"#;

fn account() -> Account {
    let mut account = sample::account();
    account.organization = sample::organization(ME);
    account.s3_block = Seen::Read(None);
    for here in account.regions.values_mut() {
        here.vpc_block = Seen::Read(VpcBlock::default());
    }
    account
}

/// A simulation whose Organization may be written to.
fn wire(account: Account) -> (Simulation, Aws) {
    let simulation = Simulation::new(account);
    let aws = Aws::simulated(simulation.clone());
    (simulation, aws)
}

async fn read(aws: &Aws, known: &Account, only: Option<OrganizationAsk>) -> Account {
    let ask = Ask { sections: [Section::Organization].into(), only_organization: only, ..Ask::default() };
    collect::read(aws, known, &ask, &|_, _| {}).await
}

fn tree(account: &Account) -> &OrganizationTree {
    account.organization.read().unwrap().as_ref().unwrap().tree.read().unwrap()
}

async fn create(aws: &Aws, kind: &str, name: &str, content: &str) -> Result<String, AwsError> {
    let made = aws.organizations().create_policy().r#type(kind.into()).name(name);
    let made = made.description("for a test").content(content).send().await?;
    Ok(made.policy.unwrap().policy_summary.unwrap().id.unwrap())
}

async fn attach(aws: &Aws, id: &str, target: &str) -> Result<(), AwsError> {
    aws.organizations().attach_policy().policy_id(id).target_id(target).send().await?;
    Ok(())
}

async fn detach(aws: &Aws, id: &str, target: &str) -> Result<(), AwsError> {
    aws.organizations().detach_policy().policy_id(id).target_id(target).send().await?;
    Ok(())
}

fn code<T: std::fmt::Debug>(answer: Result<T, AwsError>) -> String {
    answer.unwrap_err().code.unwrap_or_default()
}

#[tokio::test]
async fn what_is_read_is_the_account_also_page_by_page() {
    for one_item_a_page in [false, true] {
        let account = account();
        let (simulation, aws) = wire(account.clone());
        if one_item_a_page {
            simulation.one_item_a_page();
        }
        assert_eq!(read(&aws, &account, None).await.organization, account.organization);
    }
    let mut alone = account();
    alone.organization = Seen::Read(None);
    let (_, aws) = wire(alone.clone());
    assert_eq!(read(&aws, &alone, None).await.organization, Seen::Read(None));
}

#[tokio::test]
async fn a_member_is_told_its_organization_and_which_actor_to_configure() {
    let mut account = account();
    let gap = Gap { cause: Cause::Denied, call: String::new(), detail: "You don't have permissions.".into() };
    account.organization.read_mut().unwrap().as_mut().unwrap().tree = Seen::Gap(gap);
    let (_, aws) = wire(account.clone());
    let seen = read(&aws, &account, None).await;
    let organization = seen.organization.read().unwrap().as_ref().unwrap();
    assert_eq!((organization.management_account.as_str(), organization.management), (MANAGEMENT, false));
    let gaps = Section::Organization.gaps(&seen);
    assert_eq!(gaps.len(), 1);
    let words = &gaps[0].1.detail;
    for part in
        [MANAGEMENT, "--actor organization=PROFILE", "that are allowed organizations:List", "[actors]"]
    {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert_eq!(gaps[0].1.cause, Cause::Denied);
}

#[tokio::test]
async fn an_account_of_another_organization_is_a_gap_and_never_in_none() {
    let account = account();
    let (_, aws) = wire(account.clone());
    let other = Account::unread("555555555555", account.caller.clone());
    let seen = read(&aws, &other, None).await;
    let gap = seen.organization.gap().unwrap();
    assert!(gap.cause == Cause::Refused && gap.detail.contains("not in the Organization"), "{gap:?}");
}

#[tokio::test]
async fn an_actor_whose_account_is_in_no_organization_is_refused_and_tells_nothing_of_this_one() {
    let mut account = account();
    account.organization = Seen::Read(None);
    let arn = "arn:aws:iam::555555555555:user/stranger".to_owned();
    account.actors.insert(Actor::Organization, Caller { arn, ..Caller::default() });
    let (_, aws) = wire(account.clone());
    assert!(!collect::in_organization(&aws, &account.id).await.unwrap());
    let seen = read(&aws, &account, None).await;
    let gap = seen.organization.gap().unwrap();
    assert_eq!(gap.cause, Cause::Refused);
    for part in ["account 555555555555", "is in no Organization", &account.id] {
        assert!(gap.detail.contains(part), "{part}: {}", gap.detail);
    }
}

#[tokio::test]
async fn a_second_read_asks_for_what_it_is_for() {
    let account = account();
    let (_, aws) = wire(account.clone());
    let policy_types = [SERVICE_CONTROL.to_owned()].into();
    let only = OrganizationAsk { policy_types, units_of: [ROOT.to_owned()].into() };
    let seen = read(&aws, &account, Some(only)).await;
    let (narrow, whole) = (tree(&seen), tree(&account));
    assert_eq!((&narrow.levels, &narrow.policy_types), (&whole.levels, &whole.policy_types));
    assert_eq!(narrow.policies.item("p-earlier00"), whole.policies.item("p-earlier00"));
    assert!(narrow.policies.item("p-regions00").unwrap().content.is_not_read());
    assert!(narrow.policies.item("p-serial000").is_none() && narrow.accounts.is_not_read());
    assert_eq!(narrow.units.item(SANDBOX), whole.units.item(SANDBOX));
    assert!(narrow.units.item(PRODUCTION).is_none());
    assert!(seen.organization.read().unwrap().as_ref().unwrap().levels(SERVICE_CONTROL).gap().is_some());
    let calls = aws.ledger().calls().len();
    assert!(calls <= 11, "{calls}");
}

#[tokio::test]
async fn a_policy_is_made_attached_detached_and_deleted_and_the_account_is_as_before() {
    let before = account();
    let (simulation, aws) = wire(before.clone());
    let _writing = aws.enter(Phase::Apply);
    let id = create(&aws, SERVICE_CONTROL, "unplug-run-1", DENY).await.unwrap();
    assert_eq!(code(create(&aws, SERVICE_CONTROL, "unplug-run-1", DENY).await), "DuplicatePolicyException");
    attach(&aws, &id, ME).await.unwrap();
    assert_eq!(code(attach(&aws, &id, ME).await), "DuplicatePolicyAttachmentException");
    let policy = tree(&simulation.account()).policies.item(&id).unwrap().clone();
    assert_eq!(policy.targets, Seen::Read([ME.to_owned()].into()));
    let levels = simulation.account().organization.read().unwrap().as_ref().unwrap().levels(SERVICE_CONTROL);
    let last = levels.read().unwrap().last().unwrap().clone();
    assert!(last.policies.values().any(|text| text.read().is_some_and(|text| text == DENY)));
    assert_eq!(read(&aws, &before, None).await.organization, simulation.account().organization);
    let delete = || aws.organizations().delete_policy().policy_id(&id).send();
    assert_eq!(code(delete().await.map_err(AwsError::from)), "PolicyInUseException");
    detach(&aws, &id, ME).await.unwrap();
    assert_eq!(code(detach(&aws, &id, ME).await), "PolicyNotAttachedException");
    delete().await.unwrap();
    assert_eq!(simulation.account(), before);
}

#[tokio::test]
async fn what_somebody_attaches_and_detaches_is_read_as_aws_shows_it() {
    let before = account();
    let (simulation, aws) = wire(before.clone());
    let _writing = aws.enter(Phase::Apply);
    let id = create(&aws, SERVICE_CONTROL, "of the platform team", DENY).await.unwrap();
    for change in [None, Some(PRODUCTION), Some(SANDBOX)] {
        if let Some(target) = change {
            attach(&aws, &id, target).await.unwrap();
        }
        assert_eq!(read(&aws, &before, None).await.organization, simulation.account().organization);
    }
    detach(&aws, &id, PRODUCTION).await.unwrap();
    assert!(tree(&simulation.account()).policies.item(&id).unwrap().content.is_not_read());
    assert_eq!(read(&aws, &before, None).await.organization, simulation.account().organization);
}

#[tokio::test]
async fn what_aws_refuses_is_refused() {
    let (_, aws) = wire(account());
    let _writing = aws.enter(Phase::Apply);
    let long = |letters: usize| DENY.replace("\"*\",", &format!("\"{}\",", "s".repeat(letters)));
    let limit = "ConstraintViolationException";
    assert_eq!(code(create(&aws, SERVICE_CONTROL, "x", &long(10_240)).await), limit);
    assert_eq!(code(create(&aws, RESOURCE_CONTROL, "x", &long(5_120)).await), limit);
    let malformed = "MalformedPolicyDocumentException";
    let with_principal = DENY.replace("\"Action\"", "\"Principal\":\"*\",\"Action\"");
    for (kind, content) in [
        (SERVICE_CONTROL, "no document"),
        (SERVICE_CONTROL, &*with_principal),
        (RESOURCE_CONTROL, DENY),
        (RESOURCE_CONTROL, &with_principal.replace("Deny", "Allow")),
        (DECLARATIVE_EC2, NOT_PUBLIC),
        (S3, BLOCK),
    ] {
        assert_eq!(code(create(&aws, kind, "x", content).await), malformed, "{kind} {content}");
    }
    create(&aws, RESOURCE_CONTROL, "unplug-resources", &with_principal).await.unwrap();
    // The last one, and AWS's own.
    assert_eq!(code(detach(&aws, "p-FullAWSAccess", ME).await), limit);
    assert_eq!(code(detach(&aws, "p-RCPFullAWSAccess", ME).await), limit);
    assert_eq!(code(attach(&aws, "p-regions00", "123123123123").await), "TargetNotFoundException");
    assert_eq!(code(attach(&aws, "p-nothere00", ME).await), "PolicyNotFoundException");
    for number in 1..10 {
        let id = create(&aws, SERVICE_CONTROL, &format!("unplug-{number}"), DENY).await.unwrap();
        attach(&aws, &id, ME).await.unwrap();
    }
    assert_eq!(code(attach(&aws, "p-regions00", ME).await), limit);
}

#[tokio::test]
async fn a_type_that_is_enabled_brings_awss_own_policy_and_disabling_it_forgets_all() {
    let mut before = account();
    let organization = before.organization.read_mut().unwrap().as_mut().unwrap();
    let tree_before = organization.tree.read_mut().unwrap();
    tree_before.policy_types.remove(RESOURCE_CONTROL);
    tree_before.attached.remove(RESOURCE_CONTROL);
    tree_before.policies.read_mut().unwrap().retain(|_, policy| policy.kind != RESOURCE_CONTROL);
    let (simulation, aws) = wire(before.clone());
    let _writing = aws.enter(Phase::Apply);
    let document = DENY.replace("\"Action\"", "\"Principal\":\"*\",\"Action\"");
    let id = create(&aws, RESOURCE_CONTROL, "unplug-resources", &document).await.unwrap();
    assert_eq!(simulation.account(), before, "a policy of a type that is off does not show");
    assert_eq!(code(attach(&aws, &id, ME).await), "PolicyTypeNotEnabledException");
    let enable =
        || aws.organizations().enable_policy_type().root_id(ROOT).policy_type(RESOURCE_CONTROL.into()).send();
    enable().await.unwrap();
    assert_eq!(code(enable().await.map_err(AwsError::from)), "PolicyTypeAlreadyEnabledException");
    attach(&aws, &id, ME).await.unwrap();
    let seen = read(&aws, &before, None).await;
    assert_eq!(seen.organization, simulation.account().organization);
    let attached = &tree(&seen).attached[RESOURCE_CONTROL];
    assert!(attached.values().all(|ids| ids.read().unwrap().contains("p-RCPFullAWSAccess")));
    assert!(attached[ME].read().unwrap().contains(&id));
    let disable =
        aws.organizations().disable_policy_type().root_id(ROOT).policy_type(RESOURCE_CONTROL.into());
    disable.send().await.unwrap();
    assert_eq!(simulation.account(), before);
    enable().await.unwrap();
    let after = simulation.account();
    assert!(!tree(&after).attached[RESOURCE_CONTROL][ME].read().unwrap().contains(&id), "it is forgotten");
}

#[tokio::test]
async fn a_moved_account_is_bound_by_where_it_is() {
    let before = account();
    let (simulation, aws) = wire(before.clone());
    let _writing = aws.enter(Phase::Apply);
    let make =
        |name: &str| aws.organizations().create_organizational_unit().parent_id(ROOT).name(name).send();
    let unit = make("unplug-run-1").await.unwrap().organizational_unit.unwrap().id.unwrap();
    let again = make("unplug-run-1").await.map_err(AwsError::from);
    assert_eq!(code(again), "DuplicateOrganizationalUnitException");
    let id = create(&aws, SERVICE_CONTROL, "unplug-run-1", DENY).await.unwrap();
    attach(&aws, &id, &unit).await.unwrap();
    let go = |from: &str, to: &str| {
        let go = aws.organizations().move_account().account_id(ME).source_parent_id(from);
        go.destination_parent_id(to).send()
    };
    assert_eq!(code(go(ROOT, &unit).await.map_err(AwsError::from)), "SourceParentNotFoundException");
    go(PRODUCTION, &unit).await.unwrap();
    assert_eq!(code(go(PRODUCTION, &unit).await.map_err(AwsError::from)), "DuplicateAccountException");
    let seen = read(&aws, &before, None).await;
    assert_eq!(seen.organization, simulation.account().organization);
    assert_eq!(tree(&seen).levels, [ROOT, &unit, ME]);
    assert!(tree(&seen).attached[SERVICE_CONTROL][&unit].read().unwrap().contains(&id));
    let remove = || aws.organizations().delete_organizational_unit().organizational_unit_id(&unit).send();
    assert_eq!(code(remove().await.map_err(AwsError::from)), "OrganizationalUnitNotEmptyException");
    go(&unit, PRODUCTION).await.unwrap();
    assert_eq!(tree(&simulation.account()).levels, [ROOT, WORKLOADS, PRODUCTION, ME]);
    detach(&aws, &id, &unit).await.unwrap();
    aws.organizations().delete_policy().policy_id(&id).send().await.unwrap();
    remove().await.unwrap();
    assert_eq!(simulation.account(), before);
}

#[tokio::test]
async fn a_declarative_policy_sets_every_region_and_detaching_it_rolls_back() {
    let mut before = account();
    let own =
        VpcBlock { mode: "block-ingress".into(), state: "update-complete".into(), ..VpcBlock::default() };
    before.regions.get_mut("eu-west-1").unwrap().vpc_block = Seen::Read(own);
    let (simulation, aws) = wire(before.clone());
    let _writing = aws.enter(Phase::Apply);
    let id = create(&aws, DECLARATIVE_EC2, "unplug-block", BLOCK).await.unwrap();
    attach(&aws, &id, ME).await.unwrap();
    let block = |here: &Region| {
        let block = here.vpc_block.read().unwrap().clone();
        (block.mode, block.exclusions_allowed, block.managed_by)
    };
    let all = simulation.look(|account| account.regions.values().map(block).collect::<Vec<_>>());
    let set = ("block-bidirectional".to_owned(), "not-allowed".to_owned(), "declarative-policy".to_owned());
    assert!(all.len() == 2 && all.iter().all(|one| *one == set), "{all:?}");
    let seen = read(&aws, &before, None).await;
    assert_eq!(seen.organization, simulation.account().organization);
    let effective = tree(&seen).effective_policies[DECLARATIVE_EC2].read().unwrap().clone().unwrap();
    assert!(effective.contains("block_bidirectional") && effective.contains("serial_console_access"));
    let modify = aws.ec2("us-east-1").modify_vpc_block_public_access_options();
    let refused = modify.internet_gateway_block_mode("off".into()).send().await;
    assert_eq!(code(refused.map_err(AwsError::from)), "OperationNotPermitted");
    detach(&aws, &id, ME).await.unwrap();
    aws.organizations().delete_policy().policy_id(&id).send().await.unwrap();
    assert_eq!(simulation.account(), before);
}

#[tokio::test]
async fn an_s3_policy_sets_the_accounts_block_and_detaching_it_rolls_back() {
    let before = account();
    let (simulation, aws) = wire(before.clone());
    let _writing = aws.enter(Phase::Apply);
    let id = create(&aws, S3, "unplug-s3", NOT_PUBLIC).await.unwrap();
    attach(&aws, &id, ROOT).await.unwrap();
    assert_eq!(simulation.account().s3_block, Seen::Read(Some(PublicAccessBlock::ALL_ON)));
    let delete = aws.s3control("us-east-1").delete_public_access_block().account_id(ME).send().await;
    assert_eq!(code(delete.map_err(AwsError::from)), "AccessDenied");
    detach(&aws, &id, ROOT).await.unwrap();
    aws.organizations().delete_policy().policy_id(&id).send().await.unwrap();
    assert_eq!(simulation.account(), before);
}
