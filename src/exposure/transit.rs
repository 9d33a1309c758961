//! Transit gateways, as one VPC sees them.
//!
//! Which attachment reaches which is said by the gateway's route tables, which nobody reads: what
//! could get through is open at most.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::area::{Area, Net};
use super::pass::Doubt;
use super::sets::{Addresses, Family};
use crate::account::TransitAttachment;

/// Addresses, and what makes them uncertain.
pub type Senders = Rc<(Addresses, Doubt)>;

/// A transit gateway as one VPC sees it.
pub struct Transit {
    pub id: String,
    /// Does the gateway route the traffic from this VPC?
    pub sends: bool,
    /// It leads further: to a VPN, Direct Connect, another gateway, others' VPCs.
    pub further: bool,
    /// Other VPCs of this account on it, and whether what they send is routed.
    vpcs: Vec<(String, bool)>,
    /// Their addresses.
    known: [Addresses; 2],
    /// Address boundaries at which their routing changes.
    edges: [Vec<u128>; 2],
    senders: RefCell<HashMap<(Family, usize), Senders>>,
}

impl Transit {
    fn new(net: &Net<'_>, own: &TransitAttachment, all: &[&TransitAttachment]) -> Transit {
        // Only the gateway's owner is told of associations, and of everybody's attachments.
        let routed = |a: &TransitAttachment| a.gateway_owner != net.account.id || !a.association.is_empty();
        let known = |a: &TransitAttachment| a.kind == "vpc" && net.vpc(&a.resource).is_some();
        let others = all.iter().filter(|a| a.gateway == own.gateway && a.resource != own.resource);
        let vpcs: Vec<(String, bool)> =
            others.clone().filter(|a| known(a)).map(|a| (a.resource.clone(), routed(a))).collect();
        let there = || vpcs.iter().filter_map(|(vpc, _)| Some((vpc, net.vpc(vpc)?.0)));
        Transit {
            id: own.gateway.clone(),
            sends: routed(own),
            further: own.gateway_owner != net.account.id || others.clone().any(|a| !known(a) && routed(a)),
            known: Family::BOTH.map(|family| {
                Addresses::of(
                    there().flat_map(|(vpc, area)| area.own(vpc, family).parts()).copied().collect(),
                )
            }),
            edges: Family::BOTH.map(|family| {
                let mut edges: Vec<u128> =
                    there().flat_map(|(vpc, area)| area.route_edges(vpc, family)).collect();
                edges.sort_unstable();
                edges.dedup();
                edges
            }),
            vpcs,
            senders: RefCell::default(),
        }
    }

    /// Are other VPCs of this account on it?
    pub fn has_vpcs(&self) -> bool {
        !self.vpcs.is_empty()
    }

    /// The addresses of the other VPCs of this account on it.
    pub fn known(&self, family: Family) -> &Addresses {
        &self.known[family as usize]
    }

    pub fn edges(&self, family: Family) -> &[u128] {
        &self.edges[family as usize]
    }

    /// Addresses of other VPCs from which packets to `address` come here by this gateway.
    pub fn senders(&self, net: &Net<'_>, family: Family, address: u128) -> Senders {
        let slot = (family, self.edges(family).partition_point(|edge| *edge <= address));
        if let Some(known) = self.senders.borrow().get(&slot) {
            return known.clone();
        }
        let (mut from, mut doubt) = (vec![], Doubt::NONE);
        for (vpc, _) in self.vpcs.iter().filter(|(_, routed)| *routed) {
            if let Some((addresses, unsure)) = net.far(vpc, &self.id, family, address) {
                from.extend_from_slice(addresses.parts());
                doubt = doubt.and(unsure);
            }
        }
        let found = Rc::new((Addresses::of(from), doubt));
        self.senders.borrow_mut().insert(slot, found.clone());
        found
    }
}

/// The transit gateways that a VPC is attached to.
pub fn transits(net: &Net<'_>, area: &Area<'_>, vpc: &str) -> Vec<Transit> {
    let up = |state: &str| matches!(state, "available" | "modifying" | "deleting");
    let all: Vec<&TransitAttachment> =
        area.region.transit_attachments.items().map(|(_, a)| a).filter(|a| up(&a.state)).collect();
    let ours = all.iter().filter(|a| a.kind == "vpc" && a.resource == vpc);
    ours.map(|own| Transit::new(net, own, &all)).collect()
}
