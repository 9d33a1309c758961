use serde_json::{Value, json};

use super::*;
use crate::account::{EndpointConnection, EndpointService, Seen, Session as Opened};
use crate::aws::ledger::Phase;
use crate::sim::sample::{self, ME, OTHER, REGION};
use crate::step::{Params, Scope, Verdict, Write};
use crate::steps::shared::testing::{case, simulated, verdicts};

fn scoped(scope: Scope) -> Case {
    Case { scope, ..case(&[]) }
}

fn account() -> Account {
    let mut account = sample::account();
    let here = account.regions.get_mut(REGION).unwrap();
    let session = |host: &str, owner: &str| Opened {
        target: host.into(),
        owner: owner.into(),
        status: "Connected".into(),
        started: None,
    };
    let sessions = [
        ("oncall-1".into(), session("i-1", &account.caller.arn)),
        ("thief-1".into(), session("i-1", &format!("arn:aws:iam::{ME}:user/thief"))),
        ("thief-2".into(), session("mi-1", &format!("arn:aws:iam::{ME}:user/thief"))),
    ];
    here.sessions = Seen::Read(sessions.into());
    let connection = |state: &str| EndpointConnection { owner: OTHER.into(), state: state.into() };
    let connections = ["available", "pendingacceptance", "rejected", "failed"]
        .map(|state| (format!("vpce-{state}"), connection(state)));
    let service = EndpointService { connections: connections.into(), ..EndpointService::default() };
    here.endpoint_services = Seen::Read([("vpce-svc-1".into(), service)].into());
    here.serial_console = Seen::Read(true);
    account
}

fn wanted(scope: &Scope, kind: &str) -> Vec<(String, Verdict<Value>)> {
    let all = verdicts(&PeeringTransit, &account(), &scoped(scope.clone())).into_iter();
    all.filter(|(at, ..)| at.kind == kind).map(|(at, _, verdict)| (at.id, verdict)).collect()
}

fn instance(id: &str) -> Scope {
    Scope { instances: [id.to_owned()].into(), ..Scope::default() }
}

#[test]
fn the_callers_own_session_is_left_unless_it_is_given_up() {
    let ended = |scope: &Scope| {
        let sessions = wanted(scope, Session::KIND).into_iter();
        sessions.filter(|(_, v)| matches!(v, Verdict::Lasting(..))).map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!(ended(&Scope::default()), ["thief-1", "thief-2"]);
    let given_up = Scope { lose_my_path: true, ..Scope::default() };
    assert_eq!(ended(&given_up), ["oncall-1", "thief-1", "thief-2"]);
    assert_eq!(ended(&instance("i-1")), ["thief-1"], "a host that is no instance is in no VPC");
}

#[test]
fn only_a_connection_that_is_open_is_rejected() {
    let changed: Vec<_> = wanted(&Scope::default(), Connection::KIND)
        .into_iter()
        .filter(|(_, verdict)| *verdict != Verdict::Already)
        .collect();
    let rejected = Verdict::Change(json!("rejected"));
    assert_eq!(changed, [("vpce-svc-1/vpce-available".to_owned(), rejected)]);
}

#[test]
fn what_belongs_to_the_whole_region_is_left_in_a_narrow_scope_and_said() {
    let scope = instance("i-1");
    assert_eq!((wanted(&scope, SerialConsole::KIND), wanted(&scope, Connection::KIND)), (vec![], vec![]));
    let found = PeeringTransit.find(&account(), &scoped(scope));
    let said = |words: &str| found.findings.iter().any(|finding| finding.text.contains(words));
    assert!(said("serial console is on") && said("1 endpoint service left"));
}

#[test]
fn a_core_network_leads_to_other_vpcs_and_another_arn_does_not() {
    assert!(leads("arn:aws:networkmanager::111111111111:core-network/core-network-1"));
    assert!(leads("pcx-1") && leads("tgw-1"));
    assert!(!leads("arn:aws:odb:us-east-1:111111111111:odb-network/odbnet_1") && !leads("vgw-1"));
}

#[tokio::test]
async fn an_item_that_aws_did_not_reject_is_a_failure() {
    let (_, aws) = simulated(account(), &case(&[]));
    let _phase = aws.enter(Phase::Apply);
    let at = Target::new(Connection::KIND, "vpce-svc-1/vpce-failed").region(REGION);
    let (from, to) = ("available".to_owned(), "rejected".to_owned());
    let error = Connection.write(Write::new(&aws, &at, &from, &to, &Params::new())).await.unwrap_err();
    assert!(error.aws().unwrap().is("InvalidState"), "{error}");
}

#[tokio::test]
async fn an_ended_session_cannot_be_opened_again() {
    let (_, aws) = simulated(account(), &case(&[]));
    let _phase = aws.enter(Phase::Restore);
    let at = Target::new(Session::KIND, "thief-1").region(REGION);
    assert!(Session.write(Write::new(&aws, &at, &false, &true, &Params::new())).await.is_err());
    assert_eq!(aws.ledger().len(), 0);
}
