use std::time::Duration;

use super::*;
use crate::account::{Exclusion as Known, Seen};
use crate::aws::ledger::Phase;
use crate::sim::sample;
use crate::step::{Look, Now, Scope, Verdict, Write};
use crate::steps::shared::testing::{self, collected, simulated};
use mode::POLICY;

fn account(mode: &str) -> Account {
    let mut account = sample::account();
    for region in account.regions.values_mut() {
        region.vpc_block = Seen::Read(VpcBlock::default());
    }
    let exclusion = |what: &str, mode: &str| Known {
        resource: format!("arn:aws:ec2:us-east-1:{}:{what}", sample::ME),
        mode: mode.into(),
        state: "create-complete".into(),
        tags: [
            ("Name".to_owned(), "left out".to_owned()),
            ("aws:cloudformation:stack-name".into(), "x".into()),
        ]
        .into(),
    };
    let region = account.regions.get_mut(sample::REGION).unwrap();
    region.vpc_block = Seen::Read(VpcBlock {
        mode: mode.into(),
        state: if mode == "off" { "default-state" } else { "update-complete" }.into(),
        exclusions: [
            ("vpcbpa-exclude-1".to_owned(), exclusion("vpc/vpc-1", "allow-bidirectional")),
            ("vpcbpa-exclude-2".to_owned(), exclusion("subnet/subnet-1b", "allow-egress")),
        ]
        .into(),
        ..VpcBlock::default()
    });
    account
}

fn case(scope: Scope, wide: bool) -> Case {
    Case { scope, ..testing::case(if wide { &[("region-wide", "yes")] } else { &[] }) }
}

fn only(vpc: &str) -> Scope {
    Scope { vpcs: Some([vpc.to_owned()].into()), ..Scope::default() }
}

/// What the step wants of each target that it finds, by target id.
fn verdicts(account: &Account, case: &Case) -> Vec<(String, Verdict<serde_json::Value>)> {
    let all = testing::verdicts(&BlockPublicAccess, account, case);
    all.into_iter().map(|(at, _, verdict)| (at.id, verdict)).collect()
}

#[test]
fn a_region_with_vpcs_of_its_own_is_blocked_and_its_exclusions_go() {
    let found = verdicts(&account("off"), &case(Scope::default(), false));
    assert_eq!(
        found,
        [
            (sample::REGION.to_owned(), Verdict::Change(BOTH_WAYS.into())),
            ("vpcbpa-exclude-1".into(), Verdict::Change(serde_json::Value::Null)),
            ("vpcbpa-exclude-2".into(), Verdict::Change(serde_json::Value::Null)),
        ]
    );
}

#[test]
fn a_run_on_one_vpc_does_not_cut_the_others() {
    let refused = |verdict: &Verdict<_>| matches!(verdict, Verdict::Refuse(why) if why.contains("every VPC"));
    let found = verdicts(&account("block-ingress"), &case(only("vpc-1"), false));
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|(_, verdict)| refused(verdict)), "{found:?}");
    let wide = verdicts(&account("block-ingress"), &case(only("vpc-2"), true));
    assert!(wide.iter().all(|(_, verdict)| matches!(verdict, Verdict::Change(_))), "{wide:?}");
    // Where the block holds, an exclusion is a matter of its VPC alone.
    let within = verdicts(&account(BOTH_WAYS), &case(only("vpc-1"), false));
    assert_eq!(within[0].1, Verdict::Already);
    assert!(within[1..].iter().all(|(_, verdict)| matches!(verdict, Verdict::Change(_))));
    assert_eq!(verdicts(&account(BOTH_WAYS), &case(only("vpc-2"), false)).len(), 1);
}

#[test]
fn a_mode_that_blocks_holds_once_the_update_is_complete() {
    let (mut account, case) = (account(BOTH_WAYS), case(Scope::default(), false));
    let at = Target::new(Mode::KIND, sample::REGION).region(sample::REGION);
    let mut state = |mode: &str, state: &str| {
        let block = account.regions.get_mut(sample::REGION).unwrap().vpc_block.read_mut().unwrap();
        (block.mode, block.state) = (mode.into(), state.into());
        let said = BlockPublicAccess.find(&account, &case).findings;
        let waits = said.iter().any(|finding| finding.text.contains("not in effect yet"));
        (Mode.state(&Look::new(&at, &account, &case)), waits)
    };
    let mode = |mode: &str| mode.to_owned();
    assert_eq!(state(BOTH_WAYS, "update-complete"), (Now::Is(mode(BOTH_WAYS)), false));
    for unfinished in ["default-state", "update-in-progress", "something-new"] {
        assert_eq!(state(BOTH_WAYS, unfinished), (Now::Settling(mode(BOTH_WAYS)), true), "{unfinished}");
        assert_eq!(state("block-ingress", unfinished), (Now::Settling(mode("block-ingress")), true));
    }
    assert_eq!(state("off", "default-state"), (Now::Is(mode("off")), false));
    assert_eq!(state("off", "update-complete"), (Now::Is(mode("off")), false));
    assert_eq!(state("off", "update-in-progress"), (Now::Settling(mode("off")), false));
}

#[test]
fn the_following_steps_are_not_held_for_a_quarter_of_an_hour() {
    assert!(Mode::SETTLES_WITHIN <= Duration::from_secs(300));
}

#[test]
fn a_kept_path_is_cut_only_when_that_is_said() {
    let scope = |cidrs: &[&str], lose_my_path| Scope {
        keep_cidrs: cidrs.iter().map(ToString::to_string).collect(),
        lose_my_path,
        ..Scope::default()
    };
    let first = |scope| verdicts(&account("off"), &case(scope, false)).remove(0).1;
    let why = "it would cut the path of 198.51.100.7/32, 2001:db8::/32 too: --lose-my-path if it should";
    let kept = ["198.51.100.7/32", "2001:db8::/32", "10.0.0.0/8"];
    assert_eq!(first(scope(&kept, false)), Verdict::Refuse(why.into()));
    assert!(matches!(first(scope(&kept, true)), Verdict::Change(_)));
    assert!(matches!(first(scope(&["10.1.0.0/16", "fd00::/8"], false)), Verdict::Change(_)), "no gateway");
}

#[test]
fn what_the_organization_sets_is_its_own() {
    let mut account = account("off");
    let block = account.regions.get_mut(sample::REGION).unwrap().vpc_block.read_mut().unwrap();
    block.managed_by = "declarative-policy".into();
    block.exclusions_allowed = "not-allowed".into();
    block.exclusions.get_mut("vpcbpa-exclude-2").unwrap().state = "disable-complete".into();
    let case = case(Scope::default(), false);
    let found = verdicts(&account, &case);
    assert_eq!(found.len(), 2, "one that is disabled leaves nothing open");
    assert_eq!(found[0].1, Verdict::Refuse(POLICY.into()));
    let at = Target::new(Mode::KIND, sample::REGION).region(sample::REGION);
    let look = Look::new(&at, &account, &case);
    assert!(Mode.hold_back(&"off".into(), &look).is_some() && Exclusion.hold_back(&None, &look).is_none());
}

#[tokio::test]
async fn there_and_back_while_aws_is_still_at_it() {
    let case = case(Scope::default(), false);
    let (_, aws) = simulated(account("block-ingress"), &case);
    let before = collected(&BlockPublicAccess, &aws).await;
    let changes = testing::plan(&BlockPublicAccess, &before, &case);
    let lens = |at: &Target| -> &dyn crate::step::AnyLens { (&BlockPublicAccess as &dyn Step).lens(at) };
    {
        let _phase = aws.enter(Phase::Apply);
        for (at, from, to) in &changes {
            // Twice, as after a timeout: what is under way is waited for, and nothing more is sent.
            for _ in 0..2 {
                lens(at).write(Write::new(&aws, at, from, to, &case.params)).await.unwrap();
            }
        }
    }
    aws.clock().wait(Duration::from_secs(200)).await;
    let during = collected(&BlockPublicAccess, &aws).await;
    for (at, _, to) in &changes {
        assert_eq!(lens(at).state(&Look::new(at, &during, &case)), Now::Is(to.clone()), "{at}");
    }
    {
        let _phase = aws.enter(Phase::Restore);
        for (at, from, to) in changes.iter().rev() {
            lens(at).write(Write::new(&aws, at, to, from, &case.params)).await.unwrap();
        }
    }
    aws.clock().wait(Duration::from_secs(200)).await;
    let after = collected(&BlockPublicAccess, &aws).await;
    for (at, from, _) in &changes {
        assert_eq!(lens(at).state(&Look::new(at, &after, &case)), Now::Is(from.clone()), "{at}");
    }
    let names: Vec<String> = case.names.all().into_keys().collect();
    assert_eq!(names, ["alias/vpcbpa-exclude-1", "alias/vpcbpa-exclude-2"]);
}
