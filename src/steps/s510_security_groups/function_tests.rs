//! Functions as targets: whose an interface is, what keeps its groups, what is not read.

use super::*;
use crate::account::{Cause, FunctionNetwork, Gap, Interface as Known, Region, Seen, VpcFunction};
use crate::sim::sample;
use crate::step::{Finding, Look, Now, Target, Verdict};
use crate::steps::shared::made::Resource as _;
use crate::steps::shared::testing::{self, case};

/// The sample with a change.
fn with(change: impl FnOnce(&mut Region)) -> Account {
    let mut account = sample::with_services();
    change(account.regions.get_mut(sample::REGION).unwrap());
    account
}

fn edit(here: &mut Region, name: &str, change: impl FnOnce(&mut VpcFunction)) {
    let function = here.vpc_functions.read_mut().unwrap().get_mut(name).unwrap();
    change(function.read_mut().unwrap());
}

/// Whose the interface is, as the plan would have it.
fn users(account: &Account, interface: &str) -> Result<Vec<String>, String> {
    let here = &account.regions[sample::REGION];
    function::users(here.interfaces.item(interface).unwrap(), here)
}

fn refusal(account: &Account, id: &str) -> String {
    let all = testing::verdicts(&SecurityGroups, account, &case(&[]));
    let refused = all.into_iter().find_map(|(at, _, verdict)| match verdict {
        Verdict::Refuse(why) if at.id == id => Some(why),
        _ => None,
    });
    refused.unwrap_or_else(|| panic!("{id} is not refused"))
}

#[test]
fn an_interface_is_of_every_function_with_its_subnet_and_groups() {
    let shared =
        with(|here| edit(here, "resize", |known| known.network.groups = ["sg-web".to_owned()].into()));
    assert_eq!(users(&shared, "eni-report").unwrap(), ["report", "resize"]);
    assert!(users(&shared, "eni-resize").unwrap_err().contains("Lambda removes it by itself"));
}

#[test]
fn published_versions_keep_their_interface_and_are_named() {
    let cut = with(|here| edit(here, "report", |known| known.network.groups = ["sg-ssh".to_owned()].into()));
    let why = refusal(&cut, "eni-report");
    assert!(why.contains("published versions") && why.contains("report:1"), "{why}");
    let found = SecurityGroups.find(&sample::with_services(), &case(&[]));
    let says = |finding: &Finding| {
        finding.text.contains("never changes published versions") && finding.text.ends_with("report:1")
    };
    assert!(found.findings.iter().any(says), "{:?}", found.findings);
}

#[test]
fn a_function_that_is_being_changed_may_still_have_its_old_interface() {
    let moving = with(|here| {
        edit(here, "resize", |known| {
            known.network.groups = ["sg-default".to_owned()].into();
            known.update = "InProgress".into();
        });
    });
    assert_eq!(users(&moving, "eni-resize").unwrap(), ["resize"]);
    let at = Target::new("function", "resize").region(sample::REGION).vpc("vpc-1");
    let lens = (&SecurityGroups as &dyn Step).lens(&at);
    let state = |account: &Account| lens.state(&Look::new(&at, account, &case(&[])));
    assert!(matches!(state(&moving), Now::Settling(_)));
    let failed = with(|here| edit(here, "resize", |known| known.update = "Failed".into()));
    assert!(matches!(state(&failed), Now::Settling(_)), "what AWS shows is not in effect");
}

#[test]
fn functions_that_could_not_be_read_are_said_and_are_not_none() {
    let gap = Gap { cause: Cause::Denied, call: String::new(), detail: String::new() };
    let unread = with(|here| here.vpc_functions = Seen::Gap(gap.clone()));
    assert!(refusal(&unread, "eni-report").contains("could not be read (permission denied)"));
    let one = with(|here| {
        here.vpc_functions.read_mut().unwrap().insert("resize".into(), Seen::Gap(gap));
    });
    assert!(refusal(&one, "eni-resize").contains("function resize could not be read"));
}

#[test]
fn a_function_on_instances_and_one_that_left_the_vpc_are_not_changed() {
    let account = with(|here| {
        edit(here, "report", |known| known.on_instances = true);
        edit(here, "resize", |known| known.network = FunctionNetwork::default());
    });
    assert!(refusal(&account, "report").contains("capacity provider"));
    let ids = testing::changed(&SecurityGroups, &account, &case(&[]));
    assert!(!ids.contains(&"resize".to_owned()), "{ids:?}");
}

#[test]
fn a_group_is_in_use_while_an_interface_of_lambda_lingers() {
    let account = with(|here| {
        here.vpc_functions = Seen::Read([].into());
        let interfaces = here.interfaces.read_mut().unwrap();
        interfaces.retain(|_, interface: &mut Known| interface.kind == "lambda");
    });
    let mut case = case(&[]);
    case.names = crate::step::Names::new([("isolation-group/vpc-1".to_owned(), "sg-ssh".to_owned())].into());
    let at = Target::new(Group::<Isolation>::KIND, "vpc-1").region(sample::REGION).vpc("vpc-1");
    let lens = (&SecurityGroups as &dyn Step).lens(&at);
    let why = lens.used_by(&Look::new(&at, &account, &case)).unwrap();
    assert!(why.contains("eni-resize, which Lambda removes by itself"), "{why}");
}
