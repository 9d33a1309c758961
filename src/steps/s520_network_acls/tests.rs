use std::sync::Arc;

use super::*;
use crate::account::collect::{Ask, identify, read};
use crate::aws::ledger::Phase;
use crate::sim::{Simulation, sample};
use crate::step::Names;

fn case(names: &Names) -> Case {
    Case {
        run: "run1".into(),
        scope: crate::step::Scope::default(),
        params: Params::new(),
        config: Arc::default(),
        names: names.clone(),
    }
}

fn subnet(id: &str, vpc: &str) -> Target {
    Target::new("subnet", id).region(sample::REGION).vpc(vpc)
}

fn created() -> Target {
    Target::new(CREATED, "vpc-1").region(sample::REGION).vpc("vpc-1")
}

async fn collected(aws: &Aws) -> Account {
    let known = identify(aws).await.unwrap();
    let ask = Ask { sections: SPEC.needs.iter().copied().collect(), ..Ask::default() };
    read(aws, &known, &ask, &|_, _| {}).await
}

/// The changes that a plan would hold, created resources first.
fn plan(account: &Account, case: &Case) -> Vec<(Target, State, State)> {
    let mut items = NetworkAcls.find(account, case).items;
    items.sort_by_key(|item| item.rank);
    let change = |item: Item| {
        let Now::Is(now) = NetworkAcls.state(&item.at, account, case) else { return None };
        match NetworkAcls.contain(&now, &item.at, account, case) {
            Verdict::Change(to) | Verdict::Lasting(to, _) => Some((item.at, now, to)),
            _ => None,
        }
    };
    items.into_iter().filter_map(change).collect()
}

#[test]
fn own_open_subnets_change_and_shared_ones_are_refused() {
    let (account, case) = (sample::account(), case(&Names::default()));
    let changed: Vec<String> = plan(&account, &case).into_iter().map(|(at, ..)| at.id).collect();
    assert_eq!(changed, ["vpc-1", "subnet-1a", "subnet-1b"]);
    let shared = subnet("subnet-2a", "vpc-2");
    let Now::Is(now) = NetworkAcls.state(&shared, &account, &case) else { panic!("it is there") };
    let verdict = NetworkAcls.contain(&now, &shared, &account, &case);
    let why = format!("shared from {}: only its owner can change the ACL", sample::OTHER);
    assert_eq!(verdict, Verdict::Refuse(why));
}

#[test]
fn an_acl_that_allows_nothing_is_already_enough() {
    let (mut account, case) = (sample::account(), case(&Names::default()));
    let acls = account.regions.get_mut(sample::REGION).unwrap().acls.read_mut().unwrap();
    let open = acls.get_mut("acl-open").unwrap();
    open.ingress.clear();
    open.egress.clear();
    let now = State::Subnet(AclRef::Id("acl-open".into()));
    let at = subnet("subnet-1a", "vpc-1");
    assert_eq!(NetworkAcls.contain(&now, &at, &account, &case), Verdict::Already);
}

#[test]
fn rules_go_one_by_one_and_each_stop_on_the_way_is_known() {
    let entry = sample::allow("0.0.0.0/0");
    let open = Body { ingress: [(1, entry.clone()), (2, entry.clone())].into(), egress: [(1, entry)].into() };
    let passes = NetworkAcls.passes(&State::Acl(Some(open)), &State::Acl(Some(Body::default())));
    let left: Vec<String> = passes.iter().map(|state| NetworkAcls.show(state)).collect();
    assert_eq!(left, ["an ACL with 2 rules", "an ACL with 1 rules"]);
}

#[test]
fn a_state_survives_its_json() {
    for state in [
        State::Acl(None),
        State::Acl(Some(Body { ingress: [(100, sample::allow("::/0"))].into(), egress: BTreeMap::new() })),
        State::Subnet(AclRef::Isolation),
        State::Subnet(AclRef::Id("acl-1".into())),
    ] {
        let json = serde_json::to_value(&state).unwrap();
        assert_eq!(serde_json::from_value::<State>(json).unwrap(), state);
    }
}

#[tokio::test]
async fn there_and_back() {
    let simulation = Simulation::new(sample::account());
    let names = Names::default();
    let aws = Aws::simulated(simulation.clone()).for_run("run1", names.clone(), None);
    let case = case(&names);
    let before = collected(&aws).await;
    let changes = plan(&before, &case);
    {
        let _phase = aws.enter(Phase::Apply);
        for (at, from, to) in &changes {
            NetworkAcls.write(&aws, at, from, to, &Params::new()).await.unwrap();
            // Again, as after a timeout: nothing more happens.
            NetworkAcls.write(&aws, at, from, to, &Params::new()).await.unwrap();
        }
    }
    let during = collected(&aws).await;
    for (at, _, to) in &changes {
        assert_eq!(NetworkAcls.state(at, &during, &case), Now::Is(to.clone()));
    }
    assert!(plan(&during, &case).is_empty());
    let _phase = aws.enter(Phase::Restore);
    for (at, from, to) in changes.iter().rev() {
        NetworkAcls.write(&aws, at, to, from, &Params::new()).await.unwrap();
    }
    assert_eq!(collected(&aws).await, before);
}

#[tokio::test]
async fn what_a_crash_left_unrecorded_is_adopted_and_emptied() {
    let simulation = Simulation::new(sample::account());
    simulation.meddle(|account| {
        let tags = [("unplug:run", "run1"), ("unplug:role", "isolation")];
        let acl = Acl {
            vpc: "vpc-1".into(),
            owner: sample::ME.into(),
            ingress: [(1, sample::allow("0.0.0.0/0"))].into(),
            tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            ..Acl::default()
        };
        account.regions.get_mut(sample::REGION).unwrap().acls.read_mut().unwrap().insert("acl-left".into(), acl);
    });
    let names = Names::default();
    let aws = Aws::simulated(simulation).for_run("run1", names.clone(), None);
    let case = case(&names);
    let before = collected(&aws).await;
    let Now::Is(now) = NetworkAcls.state(&created(), &before, &case) else { panic!("it was read") };
    assert!(matches!(NetworkAcls.contain(&now, &created(), &before, &case), Verdict::Lasting(..)));
    let _phase = aws.enter(Phase::Apply);
    let closed = State::Acl(Some(Body::default()));
    NetworkAcls.write(&aws, &created(), &now, &closed, &Params::new()).await.unwrap();
    assert_eq!(names.id("isolation-acl/vpc-1").as_deref(), Some("acl-left"));
    assert_eq!(NetworkAcls.state(&created(), &collected(&aws).await, &case), Now::Is(closed));
}
