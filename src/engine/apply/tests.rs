//! How a write is judged that AWS refuses, and how many writes are in flight.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::*;
use crate::account::Section;
use crate::aws::faults::{Fault, When};
use crate::collect::identify;
use crate::engine::events::Silent;
use crate::sim::{Simulation, sample};
use crate::step::{Lens, Lenses, Names, Scope, Spec, StepId, Verdict};
use crate::step::{Params, Target};
use crate::steps;

fn case() -> Case {
    Case {
        run: "run-1".into(),
        scope: Scope::default(),
        params: Params::new(),
        config: Default::default(),
        names: Names::default(),
    }
}

fn moved(number: u32, target: Target, from: Value, to: Value) -> Move {
    Move::cut(&Change::for_test(number, 510, target, from, to))
}

/// Sends a replacement by an association id that is dead, as when somebody was quicker.
async fn replace_a_dead_association(aws: &Aws) -> Result<(), StepError> {
    let _writing = aws.enter(Phase::Apply);
    let replace = aws.ec2(sample::REGION).replace_network_acl_association();
    replace.association_id("aclassoc-dead").network_acl_id("acl-any").send().await?;
    Ok(())
}

/// AWS took nothing, and the subnet is behind a third ACL: somebody else changed it, which is certain.
/// Without an answer it is not.
#[tokio::test]
async fn a_refused_write_to_what_somebody_else_has_changed_is_drift() {
    let step = steps::find(StepId(520)).unwrap();
    let at = Target::new("subnet", "subnet-1a").region(sample::REGION).vpc("vpc-1");
    let case = case();
    let look = |account: &Account| match step.lens(&at).state(&Look::new(&at, account, &case)) {
        Now::Is(now) => now,
        other => panic!("{other:?}"),
    };
    for (fault, is_certain) in [(None, true), (Some(Fault::Lost), false)] {
        let simulation = Simulation::new(sample::account());
        let aws = Aws::simulated(simulation.clone());
        let known = identify(&aws).await.unwrap();
        let from = look(&simulation.account());
        simulation.meddle(|account| {
            let acls = account.regions.get_mut(sample::REGION).unwrap().acls.read_mut().unwrap();
            let old = acls.values_mut().find(|acl| acl.subnets.contains("subnet-1a")).unwrap();
            old.subnets.remove("subnet-1a");
            let mut third = old.clone();
            third.is_default = false;
            third.subnets = ["subnet-1a".to_owned()].into();
            acls.insert("acl-third".into(), third);
        });
        let now = look(&simulation.account());
        if let Some(fault) = fault {
            let name = "ec2:ReplaceNetworkAclAssociation".to_owned();
            aws.faults().set(When::Operation { name, times: usize::MAX }, fault);
        }
        let answer = replace_a_dead_association(&aws).await;
        let said = answer.as_ref().unwrap_err().aws().unwrap();
        assert_eq!(said.is("InvalidAssociationID.NotFound"), is_certain, "{said:?}");
        aws.faults().clear();
        let to = serde_json::json!("isolation");
        let carrier = Carrier {
            aws: &aws,
            step,
            case: &case,
            known: &known,
            phase: Phase::Apply,
            record: None,
            stop: &Stop::default(),
            listener: &Silent,
        };
        let ended = carrier.settle(vec![(moved(1, at.clone(), from, to), Some(answer))]).await;
        match &ended[0].1 {
            Outcome::Drifted { now: found, shown } => {
                assert!(is_certain, "without an answer nothing is certain");
                assert_eq!((found, shown.contains("acl-third")), (&now, true));
            }
            Outcome::Unknown(_) => assert!(!is_certain, "a refusal is an answer"),
            other => panic!("{other:?}"),
        }
    }
}

/// Writes in flight to each endpoint: now, and at most so far.
static IN_FLIGHT: Mutex<BTreeMap<String, (usize, usize)>> = Mutex::new(BTreeMap::new());

/// A lens that only counts how many of its writes are in flight.
struct Counted;

impl Lens for Counted {
    type State = bool;
    const KIND: &'static str = "rule";
    const NEEDS: &'static [Section] = &[];

    fn state(&self, _: &Look<'_>) -> Now<bool> {
        Now::Is(true)
    }

    fn contain(&self, _: &bool, _: &Look<'_>) -> Verdict<bool> {
        Verdict::Already
    }

    fn queue(&self, at: &Target) -> Option<(String, usize)> {
        at.id.starts_with("cvpn").then(|| (at.parts().0.to_owned(), 5))
    }

    fn show(&self, state: &bool) -> String {
        state.to_string()
    }

    async fn write(&self, write: Write<'_, bool>) -> Result<(), StepError> {
        let count = |by: fn(&mut (usize, usize))| {
            by(IN_FLIGHT.lock().unwrap().entry(write.at.parts().0.to_owned()).or_default());
        };
        count(|(now, most)| {
            *now += 1;
            *most = (*most).max(*now);
        });
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        count(|(now, _)| *now -= 1);
        Ok(())
    }
}

impl Step for Counted {
    fn spec(&self) -> &'static Spec {
        steps::find(StepId(540)).unwrap().spec()
    }

    fn find(&self, _: &Account, _: &Case) -> crate::step::Found {
        crate::step::Found::default()
    }

    fn lenses(&self) -> Lenses {
        &[&Counted]
    }
}

/// AWS takes ten operations at once on a Client VPN endpoint: each endpoint has a queue of its own, and
/// what has none is sent as before.
#[tokio::test]
async fn no_more_writes_of_a_queue_are_in_flight_than_its_step_allows() {
    let aws = Aws::simulated(Simulation::new(sample::account()));
    let known = identify(&aws).await.unwrap();
    let case = case();
    let carrier = Carrier {
        aws: &aws,
        step: &Counted,
        case: &case,
        known: &known,
        phase: Phase::Apply,
        record: None,
        stop: &Stop::default(),
        listener: &Silent,
    };
    let of = |endpoint: &str, number: u32| {
        let at =
            Target::new(Counted::KIND, format!("{endpoint}/*/10.0.{number}.0/24")).region(sample::REGION);
        moved(number, at, true.into(), false.into())
    };
    let two = (0..60).map(|number| of(if number % 2 == 0 { "cvpn-1" } else { "cvpn-2" }, number));
    let free = (60..120).map(|number| of("free", number));
    for moves in [two.collect::<Vec<_>>(), free.collect()] {
        let written = carrier.write_all(moves, &AtomicUsize::new(0), 60).await;
        assert_eq!(written.len(), 60);
        assert!(written.iter().all(|(_, answer)| matches!(answer, Some(Ok(())))));
    }
    let most = |endpoint: &str| IN_FLIGHT.lock().unwrap()[endpoint];
    assert_eq!((most("cvpn-1"), most("cvpn-2"), most("free")), ((0, 5), (0, 5), (0, AT_ONCE)));
}
