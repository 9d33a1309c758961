//! The shortest chain of roles from each principal to a power.

use std::collections::VecDeque;

use crate::access::may::{Found, rank};

/// For one power: the next role on the shortest way to it, from every principal.
pub(super) struct Chains {
    next: Vec<Option<usize>>,
    /// 0 no, 1 perhaps, 2 yes.
    level: Vec<u8>,
}

impl Chains {
    pub fn of(own: &[Vec<Found<'_>>], place: usize, back: &[Vec<(usize, bool)>]) -> Chains {
        let mut level: Vec<u8> = own.iter().map(|found| rank(found[place].sure)).collect();
        let mut next = vec![None; level.len()];
        // First the ways that are sure, then, from all that is at least perhaps, the others.
        for wanted in [2, 1] {
            let mut open: VecDeque<usize> = (0..level.len()).filter(|n| level[*n] >= wanted).collect();
            while let Some(role) = open.pop_front() {
                for (from, sure) in &back[role] {
                    if level[*from] < wanted && (*sure || wanted == 1) {
                        level[*from] = wanted;
                        next[*from] = Some(role);
                        open.push_back(*from);
                    }
                }
            }
        }
        Chains { next, level }
    }

    /// The roles from a principal to the power, and whether each of them can be assumed for sure.
    pub fn path(&self, from: usize) -> (Vec<usize>, bool) {
        let mut roles = vec![];
        let mut at = from;
        while let Some(role) = self.next[at].filter(|_| roles.len() < self.next.len()) {
            roles.push(role);
            at = role;
        }
        (roles, self.level[from] == 2)
    }
}
