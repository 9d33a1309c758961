//! The rules of a group that the run makes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::group::Purpose;
use crate::account::{Peer, Rule};
use crate::step::{Case, count};

/// The rules of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::steps) struct GroupBody {
    pub(super) ingress: BTreeSet<Rule>,
    pub(super) egress: BTreeSet<Rule>,
}

impl GroupBody {
    pub(super) fn of<P: Purpose>(purpose: &P, case: &Case) -> GroupBody {
        let rules = purpose.lets_through(case);
        GroupBody { ingress: rules.clone(), egress: rules }
    }

    /// As a person reads it.
    pub(super) fn words(&self) -> String {
        let cidr = |rule: &Rule| match &rule.peer {
            Peer::Ipv4(cidr) | Peer::Ipv6(cidr) if *rule == Rule::all(rule.peer.clone()) => {
                Some(cidr.clone())
            }
            _ => None,
        };
        let cidrs: Option<Vec<String>> = self.ingress.iter().map(cidr).collect();
        match cidrs.filter(|_| self.ingress == self.egress) {
            Some(cidrs) if cidrs.is_empty() => "a group without rules".into(),
            Some(cidrs) if cidrs == ["0.0.0.0/0", "::/0"] => "a group that allows everything".into(),
            Some(cidrs) => format!("isolation group, open to {}", cidrs.join(", ")),
            None => {
                format!("a group with {} in, {} out", count(self.ingress.len(), "rule"), self.egress.len())
            }
        }
    }

    /// What a group may hold on its way to these rules: what must go goes first, then comes what is
    /// missing.
    pub(super) fn on_the_way(from: Option<&GroupBody>, to: &GroupBody) -> Vec<GroupBody> {
        let ipv4 = Rule::all(Peer::Ipv4("0.0.0.0/0".into()));
        let ipv6 = Rule::all(Peer::Ipv6("::/0".into()));
        // A new group lets everything out; how, depends on the VPC.
        let fresh =
            [BTreeSet::from([ipv4.clone()]), BTreeSet::from([ipv4, ipv6.clone()]), BTreeSet::from([ipv6])];
        let starts: Vec<GroupBody> = match from {
            Some(from) => vec![from.clone()],
            None => fresh.map(|egress| GroupBody { ingress: BTreeSet::new(), egress }).into(),
        };
        let mut passes = vec![];
        for mut body in starts {
            let mut stops = vec![body.clone()];
            body.egress.retain(|rule| to.egress.contains(rule));
            stops.push(body.clone());
            body.ingress.retain(|rule| to.ingress.contains(rule));
            stops.push(body.clone());
            body.egress.clone_from(&to.egress);
            stops.push(body);
            for stop in stops {
                if !passes.contains(&stop) {
                    passes.push(stop);
                }
            }
        }
        passes
    }
}
