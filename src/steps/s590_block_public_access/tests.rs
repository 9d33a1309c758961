use crate::aws::Aws;
use std::sync::Arc;

use super::*;
use crate::aws::ledger::Phase;
use crate::collect::{Ask, identify, read};
use crate::sim::{Simulation, sample};
use crate::step::{Names, Scope};

fn account(mode: &str) -> Account {
    let mut account = sample::account();
    for region in account.regions.values_mut() {
        region.vpc_block = Seen::Read(VpcBlock::default());
    }
    let exclusion = |what: &str, mode: &str| Exclusion {
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

fn case(scope: Scope, wide: bool, names: &Names) -> Case {
    let params = wide.then(|| ("region-wide".to_owned(), "yes".into()));
    Case {
        run: "run1".into(),
        scope,
        params: params.into_iter().collect(),
        config: Arc::default(),
        names: names.clone(),
    }
}

fn only(vpc: &str) -> Scope {
    Scope { vpcs: Some([vpc.to_owned()].into()), ..Scope::default() }
}

/// What the step wants of each target that it finds, by target id.
fn verdicts(account: &Account, case: &Case) -> Vec<(String, Verdict<State>)> {
    let items = BlockPublicAccess.find(account, case).items;
    let judge = |item: Item| {
        let (Now::Is(now) | Now::Settling(now)) =
            BlockPublicAccess.state(&Look::new(&item.at, account, case))
        else {
            panic!("{} is there", item.at)
        };
        (item.at.id.clone(), BlockPublicAccess.contain(&now, &Look::new(&item.at, account, case)))
    };
    items.into_iter().map(judge).collect()
}

#[test]
fn a_region_with_vpcs_of_its_own_is_blocked_and_its_exclusions_go() {
    let found = verdicts(&account("off"), &case(Scope::default(), false, &Names::default()));
    assert_eq!(
        found,
        [
            (sample::REGION.to_owned(), Verdict::Change(State::Mode(BOTH_WAYS.into()))),
            ("vpcbpa-exclude-1".into(), Verdict::Change(State::Exclusion(None))),
            ("vpcbpa-exclude-2".into(), Verdict::Change(State::Exclusion(None))),
        ]
    );
}

#[test]
fn a_run_on_one_vpc_does_not_cut_the_others() {
    let names = Names::default();
    let refused =
        |verdict: &Verdict<State>| matches!(verdict, Verdict::Refuse(why) if why.contains("every VPC"));
    let found = verdicts(&account("block-ingress"), &case(only("vpc-1"), false, &names));
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|(_, verdict)| refused(verdict)), "{found:?}");
    let wide = verdicts(&account("block-ingress"), &case(only("vpc-2"), true, &names));
    assert!(wide.iter().all(|(_, verdict)| matches!(verdict, Verdict::Change(_))), "{wide:?}");
    // Where the block holds, an exclusion is a matter of its VPC alone.
    let within = verdicts(&account(BOTH_WAYS), &case(only("vpc-1"), false, &names));
    assert_eq!(within[0].1, Verdict::Already);
    assert!(within[1..].iter().all(|(_, verdict)| matches!(verdict, Verdict::Change(_))));
    assert_eq!(verdicts(&account(BOTH_WAYS), &case(only("vpc-2"), false, &names)).len(), 1);
}

#[test]
fn a_mode_that_blocks_holds_once_the_update_is_complete() {
    let (mut account, case) = (account(BOTH_WAYS), case(Scope::default(), false, &Names::default()));
    let at = Target::new(MODE, sample::REGION).region(sample::REGION);
    let mut state = |mode: &str, state: &str| {
        let block = account.regions.get_mut(sample::REGION).unwrap().vpc_block.read_mut().unwrap();
        (block.mode, block.state) = (mode.into(), state.into());
        let said = BlockPublicAccess.find(&account, &case).findings;
        let waits = said.iter().any(|finding| finding.text.contains("not in effect yet"));
        (BlockPublicAccess.state(&Look::new(&at, &account, &case)), waits)
    };
    let mode = |mode: &str| State::Mode(mode.into());
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
    assert!(BlockPublicAccess::SETTLES_WITHIN <= Duration::from_secs(300));
}

#[test]
fn a_kept_path_is_cut_only_when_that_is_said() {
    let scope = |cidrs: &[&str], lose_my_path| Scope {
        keep_cidrs: cidrs.iter().map(ToString::to_string).collect(),
        lose_my_path,
        ..Scope::default()
    };
    let first = |scope| verdicts(&account("off"), &case(scope, false, &Names::default())).remove(0).1;
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
    let case = case(Scope::default(), false, &Names::default());
    let found = verdicts(&account, &case);
    assert_eq!(found.len(), 2, "one that is disabled leaves nothing open");
    assert_eq!(found[0].1, Verdict::Refuse(POLICY.into()));
    let at = Target::new(MODE, sample::REGION).region(sample::REGION);
    let held =
        |before: &State| BlockPublicAccess.hold_back(before, &Look::new(&at, &account, &case)).is_some();
    assert!(held(&State::Mode("off".into())) && !held(&State::Exclusion(None)));
}

#[test]
fn a_state_survives_its_json_and_a_person_reads_it() {
    let body = Body { resource: "arn:1".into(), mode: "allow-egress".into(), tags: sample::tag("a", "b") };
    let shown = |state: &State| BlockPublicAccess.show(state);
    for state in [State::Mode("off".into()), State::Exclusion(None), State::Exclusion(Some(body))] {
        let json = serde_json::to_value(&state).unwrap();
        assert_eq!(serde_json::from_value::<State>(json).unwrap(), state);
        assert!(!shown(&state).is_empty());
    }
}

#[tokio::test]
async fn there_and_back_while_aws_is_still_at_it() {
    let simulation = Simulation::new(account("block-ingress"));
    let names = Names::default();
    let aws = Aws::simulated(simulation.clone()).for_run("run1", names.clone(), None);
    let case = case(Scope::default(), false, &names);
    let known = identify(&aws).await.unwrap();
    let ask = Ask { sections: SPEC.needs.iter().copied().collect(), ..Ask::default() };
    let look = || read(&aws, &known, &ask, &|_, _| {});
    let before = look().await;
    let items: Vec<Target> =
        BlockPublicAccess.find(&before, &case).items.into_iter().map(|item| item.at).collect();
    let state = |at: &Target, account: &Account| match BlockPublicAccess.state(&Look::new(at, account, &case))
    {
        Now::Is(state) | Now::Settling(state) => state,
        other => panic!("{at}: {other:?}"),
    };
    let was: Vec<State> = items.iter().map(|at| state(at, &before)).collect();
    let contained = |at: &Target| {
        if at.kind == MODE { State::Mode(BOTH_WAYS.into()) } else { State::Exclusion(None) }
    };
    {
        let _phase = aws.enter(Phase::Apply);
        for at in &items {
            let (from, to) = (state(at, &before), contained(at));
            BlockPublicAccess.write(Write::new(&aws, at, &from, &to, &Params::new())).await.unwrap();
            // Again, as after a timeout: what is under way is waited for, and nothing more is sent.
            BlockPublicAccess.write(Write::new(&aws, at, &from, &to, &Params::new())).await.unwrap();
        }
    }
    aws.clock().wait(Duration::from_secs(200)).await;
    let during = look().await;
    assert!(items.iter().all(|at| state(at, &during) == contained(at)));
    {
        let _phase = aws.enter(Phase::Restore);
        for (at, was) in items.iter().zip(&was).rev() {
            BlockPublicAccess.write(Write::new(&aws, at, &contained(at), was, &Params::new())).await.unwrap();
        }
    }
    aws.clock().wait(Duration::from_secs(200)).await;
    let after = look().await;
    for (at, was) in items.iter().zip(was) {
        assert_eq!(BlockPublicAccess.state(&Look::new(at, &after, &case)), Now::Is(was));
    }
    let names: Vec<String> = names.all().into_keys().collect();
    assert_eq!(names, ["alias/vpcbpa-exclude-1", "alias/vpcbpa-exclude-2"]);
}
