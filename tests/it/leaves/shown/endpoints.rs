//! 570: endpoints that the way chosen does not take.

use unplug::account::{Account, Endpoint};

use super::super::cut::{Cut, here};
use super::{open, with};

fn endpoint(account: &Account, id: &str) -> Endpoint {
    account.regions["eu-west-1"].endpoints.item(id).unwrap().clone()
}

fn add(account: &mut Account, id: &str, change: impl FnOnce(&mut Endpoint)) {
    let all = here(account).endpoints.read_mut().unwrap();
    let mut endpoint = Endpoint { interfaces: [].into(), ..all["vpce-kms"].clone() };
    change(&mut endpoint);
    all.insert(id.into(), endpoint);
}

/// No table of the gateway endpoint leads anywhere else: it may be detached.
pub fn without_a_default_route(account: &mut Account) {
    let tables = here(account).route_tables.read_mut().unwrap();
    let routes = &mut tables.get_mut("rtb-app").unwrap().routes;
    routes.retain(|route| {
        route.destination.starts_with("10.")
            || route.destination.starts_with("2001:")
            || route.target == "vpce-s3"
    });
}

const OTHER: [(&str, &str); 3] =
    [("vpce-lb", "GatewayLoadBalancer"), ("vpce-resource", "Resource"), ("vpce-network", "ServiceNetwork")];

pub fn other_kinds_of_endpoints_stay(cut: &Cut) {
    let cut = with(cut, |account| {
        for (id, kind) in OTHER {
            add(account, id, |endpoint| endpoint.kind = kind.into());
        }
    });
    for (id, _) in OTHER {
        assert!(!cut.refusal(id).is_empty());
        assert_eq!(endpoint(&cut.before, id), endpoint(&cut.after, id));
    }
    open(&cut.left(None), "out service vpce-resource v4 eni-app");
    open(&cut.left(None), "out service vpce-network v4 eni-app");
}

pub fn endpoints_without_a_policy_stay(cut: &Cut) {
    assert!(cut.refusal("vpce-partner").contains("takes no policy"));
    other_kinds_of_endpoints_stay(cut);
}

pub fn endpoints_of_a_service_stay(cut: &Cut) {
    let cut = with(cut, |account| add(account, "vpce-service", |endpoint| endpoint.requester_managed = true));
    assert!(cut.refusal("vpce-service").contains("made it for itself"));
    open(&cut.left(None), "out service vpce-service v4 eni-app");
}

/// The new policy stands at once, and AWS says nothing of when it holds: nobody can wait for it.
pub fn no_state_shows_when_a_policy_holds(cut: &Cut) {
    let (before, after) = (endpoint(&cut.before, "vpce-kms"), endpoint(&cut.after, "vpce-kms"));
    assert_ne!(before.policy, after.policy);
    assert_eq!(Endpoint { policy: before.policy.clone(), ..after }, before, "nothing else of it changes");
}

pub fn private_names_stay(cut: &Cut) {
    let after = endpoint(&cut.after, "vpce-ssm");
    assert!(after.private_dns && after.interfaces.contains("eni-of-vpce-ssm"));
    assert!(cut.after.regions["eu-west-1"].interfaces.item("eni-of-vpce-ssm").is_some());
}
