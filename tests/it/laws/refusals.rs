//! Refusals that time removes, credentials that expire, and readings that fail after a cut.

use std::collections::BTreeSet;

use unplug::aws::faults::{Fault, When};
use unplug::engine::apply::Outcome;
use unplug::engine::journal::Journal;
use unplug::engine::restore::Back;
use unplug::sim::Simulation;

use super::harness::{Process, each, not_put_back};
use super::seeds::{few, seeds};

/// EC2 shows a new group on one host and does not know it on another.
#[tokio::test]
async fn what_aws_cannot_find_for_some_seconds_is_asked_for_again() {
    let codes = [
        ("ec2:ReplaceRouteTableAssociation", "InvalidRouteTableID.NotFound"),
        ("ec2:ReplaceNetworkAclAssociation", "InvalidAssociationID.NotFound"),
        ("ec2:ModifyNetworkInterfaceAttribute", "InvalidGroup.NotFound"),
        ("ec2:RevokeClientVpnIngress", "ConcurrentMutationLimitExceeded"),
    ];
    let mut met = BTreeSet::new();
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let probe = Process::start(&Simulation::new(seed.account.clone()));
        probe.pull(&seed).await;
        probe.restore().await;
        let calls = probe.aws.ledger().calls();
        let met_here = |operation: &str| calls.iter().any(|call| call.operation == operation);
        for (operation, code) in codes.into_iter().filter(|(operation, _)| met_here(operation)) {
            let simulation = Simulation::new(seed.account.clone());
            let process = Process::start(&simulation);
            let when = || When::Operation { name: operation.into(), times: 2 };
            process.aws.faults().set(when(), Fault::Refuse { code, message: "does not exist" });
            let summary = process.pull(&seed).await;
            met.insert(operation);
            for (change, outcome) in &summary.ends {
                assert_eq!(*outcome, Outcome::Done, "{}, {code}: {}", seed.name, change.target);
            }
            process.aws.faults().set(when(), Fault::Refuse { code, message: "does not exist" });
            let ends = process.restore().await;
            let left = not_put_back(&seed.account, &simulation.account(), &process.names(), &ends);
            assert_eq!(left, vec![], "{}, {code}", seed.name);
        }
    })
    .await;
    assert!(met.len() == codes.len() || super::seeds::only().is_some(), "{met:?}");
}

/// A reading of a gateway that AWS is at another change of has no code of its own.
#[tokio::test]
async fn a_gateway_that_is_at_another_change_is_asked_again() {
    let said = "This call cannot be completed because there are pending VPNs or Virtual Interfaces";
    let pending = Fault::Refuse { code: "InvalidParameterValue", message: said };
    each(seeds().into_iter().filter(|seed| seed.step.0 == 540), async |seed| {
        let process = Process::start(&Simulation::new(seed.account.clone()));
        for name in ["ec2:DetachVpnGateway", "ec2:AttachVpnGateway"] {
            process.aws.faults().set(When::Operation { name: name.into(), times: 2 }, pending);
        }
        let summary = process.pull(&seed).await;
        assert!(summary.ends.iter().all(|(_, outcome)| *outcome == Outcome::Done), "{summary:?}");
        let ends = process.restore().await;
        assert!(ends.iter().all(|(_, back)| back.settled() && !matches!(back, Back::Held(_))), "{ends:?}");
    })
    .await;
}

#[tokio::test]
async fn a_call_that_stays_refused_is_given_up_and_reported() {
    each(seeds().into_iter().filter(|seed| seed.name == "network ACLs"), async |seed| {
        let process = Process::start(&Simulation::new(seed.account.clone()));
        let when = When::Operation { name: "ec2:ReplaceNetworkAclAssociation".into(), times: usize::MAX };
        let code = "InvalidAssociationID.NotFound";
        process.aws.faults().set(when, Fault::Refuse { code, message: "does not exist" });
        let began = process.aws.clock().now_ms();
        let summary = process.pull(&seed).await;
        assert!(process.aws.clock().now_ms() - began < 120_000);
        let named = |outcome: &Outcome| matches!(outcome, Outcome::NotDone(why) if why.why.contains(code));
        assert!(summary.ends.iter().any(|(_, outcome)| named(outcome)), "{summary:?}");
    })
    .await;
}

const EXPIRED: Fault = Fault::Refuse { code: "ExpiredToken", message: "The security token has expired" };

/// The session expires at any call: the run stops, says so, and can be gone on with.
#[tokio::test]
async fn a_run_whose_session_expires_is_gone_on_with_after_signing_in() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let whole = Simulation::new(seed.account.clone());
        let probe = Process::start(&whole);
        probe.pull(&seed).await;
        let made = probe.aws.ledger().calls();
        let calls = made.len();
        // Only helps a reader: a run that lacks nothing else is through.
        let needless = |n: &usize| made[*n - 1].operation == "iam:GetAccessKeyLastUsed";
        let identity = 3 + seed.account.actors.len();
        let after_identity = (identity + 1..=calls).filter(|n| !needless(n)).collect();
        for n in few(after_identity, 4) {
            let simulation = Simulation::new(seed.account.clone());
            let process = Process::start(&simulation);
            process.aws.faults().set(When::From(n), EXPIRED);
            let summary = process.pull(&seed).await;
            let when = format!("{}: expired at call {n} of {calls}", seed.name);
            assert!(
                summary.stopped.as_ref().is_some_and(|why| why.contains("sign in")),
                "{when}: {summary:?}"
            );
            assert!(!Journal::parse(&process.disk.all()).unwrap().closed(), "{when}: it ended by itself");
            process.aws.faults().clear();
            let resumed = process.resume().await;
            assert_eq!((resumed.not_done(), resumed.stopped), (0, None), "{when}");
            let ends = process.restore().await;
            let left = not_put_back(&seed.account, &simulation.account(), &process.names(), &ends);
            assert_eq!(left, vec![], "{when}");
        }
    })
    .await;
}

/// A reading after the cut that fails is a gap: never "as predicted", and never a difference.
#[tokio::test]
async fn a_reading_that_is_denied_after_a_cut_is_a_gap() {
    const DENIED: Fault = Fault::Refuse { code: "AccessDenied", message: "not authorized to perform this" };
    let mut tried = 0;
    each(seeds().into_iter().filter(|seed| seed.name == "network ACLs"), async |seed| {
        let probe = Process::start(&Simulation::new(seed.account.clone()));
        assert_eq!(probe.pull(&seed).await.gaps, 0);
        let calls = probe.aws.ledger().calls();
        // The reading of the whole stage comes after the last write has been read back.
        let last = calls.iter().rposition(|call| call.operation == "ec2:DescribeSubnets").unwrap();
        for name in ["ec2:DescribeNetworkAcls", "ec2:DescribeSubnets"] {
            let process = Process::start(&Simulation::new(seed.account.clone()));
            let call = last.saturating_sub(6);
            process.aws.faults().set(When::OperationFrom { name: name.into(), call }, DENIED);
            let summary = process.pull(&seed).await;
            assert!(summary.gaps > 0, "{name}: {summary:?}");
            assert_eq!(summary.differences, vec![], "{name}: what was not read does not differ");
            tried += 1;
        }
    })
    .await;
    assert!(tried > 0 || super::seeds::only().is_some());
}
