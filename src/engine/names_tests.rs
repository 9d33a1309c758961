use super::*;
use crate::account::Cause;
use crate::sim::{Simulation, sample};

fn one(id: &str) -> BTreeSet<String> {
    [id.to_owned()].into()
}

fn said(scope: &Scope, account: &Account) -> Vec<String> {
    missing(&mut scope.clone(), account).iter().map(Missing::sentence).collect()
}

/// The drill's company, where ids are as long as AWS's.
fn company() -> Account {
    crate::scenario::load(crate::scenario::DEFAULT).unwrap().account
}

#[test]
fn nothing_that_is_there_is_called_missing() {
    let account = company();
    let here = &account.regions["eu-west-1"];
    let first = |seen: Option<&String>| [seen.unwrap().clone()].into();
    let scope = Scope {
        regions: Some(one("eu-west-1")),
        vpcs: Some(first(here.vpcs.items().map(|(id, _)| id).next())),
        subnets: first(here.subnets.items().map(|(id, _)| id).next()),
        instances: first(here.instances.items().map(|(id, _)| id).next()),
        keys: first(account.access_keys.items().map(|(id, _)| id).next()),
        ..Scope::default()
    };
    assert_eq!(said(&scope, &account), [""; 0]);
    assert_eq!(said(&Scope::default(), &account), [""; 0]);
}

#[test]
fn a_wrong_last_digit_is_said_with_the_right_id_and_its_name() {
    let account = company();
    let mut all = account.regions.values().flat_map(|here| here.instances.items());
    let (id, host) = all.find(|(_, host)| host.tags.contains_key("Name")).unwrap();
    let last = if id.ends_with('0') { '1' } else { '0' };
    let wrong = format!("{}{last}", &id[..id.len() - 1]);
    let name = &host.tags["Name"];
    let scope = Scope { instances: one(&wrong), ..Scope::default() };
    let regions = account.regions.len();
    assert_eq!(
        said(&scope, &account),
        [format!("no instance {wrong} in {regions} Regions; did you mean {id} ({name})?")]
    );
    let by_name = Scope { instances: one(name), ..Scope::default() };
    let expected = format!("no instance {name} in {regions} Regions; did you mean {id} ({name})?");
    assert_eq!(said(&by_name, &account), [expected]);
    let elsewhere = Scope { instances: one(id), regions: Some(BTreeSet::new()), ..Scope::default() };
    assert_eq!(said(&elsewhere, &account).len(), 1, "a host of another Region is not there");
}

#[test]
fn a_subnet_a_tag_a_vpc_a_key_and_a_region_that_are_not_there_are_said() {
    let account = company();
    let tags = [("foo".to_owned(), "bar".to_owned())].into();
    let keys = ["AKIAFOO".to_owned(), "ASIAFOO".to_owned()].into();
    let scope = Scope { subnets: one("foo"), vpcs: Some(one("")), tags, keys, ..Scope::default() };
    let places = "3 Regions";
    assert_eq!(
        said(&scope, &account),
        [
            format!("no VPC \"\" in {places}"),
            format!("no subnet foo in {places}"),
            format!("no VPC, subnet, instance or interface tagged foo=bar in {places}"),
            "no access key AKIAFOO of an IAM user of this account".to_owned(),
            "no access key ASIAFOO of an IAM user: ASIA begins the key of a temporary session, which no \
             step turns off"
                .to_owned(),
        ]
    );
    let scope = Scope { regions: Some(one("eu-wset-1")), ..scope };
    assert_eq!(
        said(&scope, &account),
        ["no Region eu-wset-1 is enabled for this account; did you mean eu-west-1?"]
    );
}

#[test]
fn where_not_everything_was_read_a_name_is_unknown_and_not_wrong() {
    let mut account = company();
    account.access_keys =
        Seen::Gap(Gap { cause: Cause::Failed, call: "iam:ListAccessKeys".into(), detail: String::new() });
    account.regions.get_mut("us-east-1").unwrap().instances = Seen::default();
    let mut scope = Scope { instances: one("i-typo"), keys: one("AKIAFOO"), ..Scope::default() };
    let missing = missing(&mut scope, &account);
    assert!(missing.iter().all(Missing::is_unknown));
    let said: Vec<String> = missing.iter().map(Missing::sentence).collect();
    let why = "was not found, and not everything could be read:";
    assert_eq!(
        said,
        [
            format!("instance i-typo {why} instances in us-east-1 (not read)"),
            format!("access key AKIAFOO {why} access keys (failed: iam:ListAccessKeys)"),
        ]
    );
}

#[test]
fn an_entry_of_the_configuration_that_fits_nothing_is_known() {
    let account = company();
    let host = account.regions["eu-west-1"].instances.items().next().unwrap().0.clone();
    let mut config = Config::default();
    config.protected.resources = vec![host, "i-typo".into(), "kc-logs".into(), "i-0a*".into()];
    config.break_glass = vec![
        "ops-*".into(),
        format!("arn:aws:iam::{}:user/nobody", account.id),
        "arn:aws:iam::210987654321:user/nobody".into(),
    ];
    let nobody = format!("arn:aws:iam::{}:user/nobody", account.id);
    assert_eq!(
        protects_nothing(&config, &account),
        [("protected.resources", "i-typo".to_owned()), ("break_glass", nobody)]
    );
    assert!(protects_nothing(&config, &account.identity()).is_empty());
}

#[tokio::test]
async fn only_what_the_names_need_is_read() {
    let account = sample::account();
    let aws = Aws::simulated(Simulation::new(account.clone()));
    assert_eq!(look_up(&aws, &account, &mut Scope::default()).await, []);
    assert_eq!(aws.ledger().len(), 0);
    let mut scope = Scope { instances: one("i-1"), ..Scope::default() };
    assert_eq!(look_up(&aws, &account, &mut scope).await, []);
    let calls = aws.ledger().tally_since(0);
    let called: Vec<_> = calls.by_operation().keys().cloned().collect();
    assert_eq!(called, ["ec2:DescribeInstances"]);
    let mut scope = Scope { instances: one("i-9"), ..Scope::default() };
    assert_eq!(look_up(&aws, &account, &mut scope).await.len(), 1);
}

/// One flag is enough for a leaked key: the steps that cut its user find the user by it.
#[tokio::test]
async fn a_key_that_is_named_names_its_user() {
    let account = company();
    let (key, owner) = account.access_keys.items().next().unwrap();
    let mut scope = Scope { keys: one(key), ..Scope::default() };
    assert_eq!(missing(&mut scope, &account), []);
    assert_eq!(scope.key_users, one(&owner.user));
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let mut live = Scope { keys: one(key), ..Scope::default() };
    assert_eq!(look_up(&aws, &account.identity(), &mut live).await, []);
    assert_eq!(live, scope);
}
