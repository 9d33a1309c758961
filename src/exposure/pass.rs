//! What passes between a place in the network and each address of its peers.
//!
//! ```text
//!  addresses  0.0.0.0 ─────┬──────────────┬───────── 255.255.255.255
//!  services       tcp 443  │ all traffic  │ (nothing)
//! ```

use super::services::{self, Services};
use std::rc::Rc;

use super::sets::{Addresses, Family, Set};
use crate::account::Section;

/// Sections that could not be read and on which an answer depends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Doubt(u128);

// Each section has a bit, below those of what is in no section.
const _: () = assert!(Section::ALL.len() <= 126, "a section more than there are bits");

impl Doubt {
    pub const NONE: Doubt = Doubt(0);
    /// Route tables of transit gateways, which are not read.
    pub const TRANSIT_TABLES: Doubt = Doubt(1 << 126);
    /// What only the owner of a shared subnet is told of.
    pub const OWNERS: Doubt = Doubt(1 << 127);

    pub fn of(section: Section) -> Doubt {
        Doubt(1 << (section as u32))
    }

    pub fn and(self, other: Doubt) -> Doubt {
        Doubt(self.0 | other.0)
    }

    pub fn any(self) -> bool {
        self.0 != 0
    }

    /// Is one of these among them?
    pub fn has(self, other: Doubt) -> bool {
        self.0 & other.0 != 0
    }

    pub fn sections(self) -> impl Iterator<Item = Section> {
        Section::ALL.iter().copied().filter(move |section| self.0 & (1 << (*section as u32)) != 0)
    }
}

/// First and last address, and what passes; alike pieces share it.
type Piece = (u128, u128, Rc<Services>);

/// For each address of a peer the services that pass: at most those, where there is doubt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    pieces: Vec<Piece>,
    pub doubt: Doubt,
}

impl Pass {
    pub fn none() -> Pass {
        Pass::default()
    }

    pub fn all(family: Family) -> Pass {
        Pass::of(&family.all(), &services::all())
    }

    pub fn of(addresses: &Addresses, services: &Services) -> Pass {
        if services.is_empty() {
            return Pass::none();
        }
        let services = Rc::new(services.clone());
        let pieces = addresses.parts().iter().map(|(low, high)| (*low, *high, services.clone())).collect();
        Pass { pieces, doubt: Doubt::NONE }
    }

    /// Returns the union of boxes that may overlap.
    pub fn any_of(boxes: &[(u128, u128, Services)]) -> Pass {
        let mut edges: Vec<u128> = boxes.iter().map(|b| b.0).collect();
        edges.extend(boxes.iter().filter_map(|b| b.1.checked_add(1)));
        edges.sort_unstable();
        edges.dedup();
        let mut boxes: Vec<&(u128, u128, Services)> = boxes.iter().collect();
        boxes.sort_unstable_by_key(|b| b.0);
        let mut open: Vec<&(u128, u128, Services)> = vec![];
        let mut coming = boxes.into_iter().peekable();
        let mut pieces = Pieces::default();
        for (n, &low) in edges.iter().enumerate() {
            open.retain(|b| b.1 >= low);
            while let Some(next) = coming.next_if(|b| b.0 <= low) {
                open.push(next);
            }
            let high = edges.get(n + 1).map_or(u128::MAX, |next| next - 1);
            let parts = open.iter().flat_map(|b| b.2.parts()).copied().collect();
            pieces.push(low, high, Rc::new(Set::of(parts)));
        }
        Pass { pieces: pieces.0, doubt: Doubt::NONE }
    }

    #[must_use]
    pub fn doubted(mut self, doubt: Doubt) -> Pass {
        self.doubt = self.doubt.and(doubt);
        self
    }

    /// Nothing passes, and that is certain.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub fn at(&self, address: u128) -> Option<&Services> {
        let at = self.pieces.partition_point(|piece| piece.1 < address);
        self.pieces.get(at).filter(|piece| piece.0 <= address).map(|piece| &*piece.2)
    }

    pub fn lets(&self, address: u128, service: u32) -> bool {
        self.at(address).is_some_and(|services| services.contains(service))
    }

    pub fn addresses(&self) -> Addresses {
        Set::of(self.pieces.iter().map(|piece| (piece.0, piece.1)).collect())
    }

    /// Services that pass for one address or another.
    pub fn services(&self) -> Services {
        Set::of(self.pieces.iter().flat_map(|piece| piece.2.parts()).copied().collect())
    }

    #[must_use]
    pub fn and(&self, other: &Pass) -> Pass {
        self.with(other, |a, b| a.intersect(b))
    }

    /// Returns the services that pass and are answered. `reply` holds the services that are let through on
    /// the way back, by the same addresses.
    #[must_use]
    pub fn answered(&self, family: Family, reply: &Pass) -> Pass {
        self.with(reply, |asked, reply| services::answered(family, asked, reply))
    }

    fn with(&self, other: &Pass, join: impl Fn(&Services, &Services) -> Services) -> Pass {
        let (mut a, mut b) = (0, 0);
        let mut pieces = Pieces::default();
        let mut joined = Joined::default();
        while let (Some((l1, h1, s1)), Some((l2, h2, s2))) = (self.pieces.get(a), other.pieces.get(b)) {
            let (low, high) = (*l1.max(l2), *h1.min(h2));
            if low <= high {
                pieces.push(low, high, joined.of(s1, s2, &join));
            }
            if h1 <= h2 { a += 1 } else { b += 1 }
        }
        self.certain(pieces.0, other.doubt)
    }

    /// Drops the doubts of an empty pass: it is closed, whatever the unread sections hold.
    fn certain(&self, pieces: Vec<Piece>, doubt: Doubt) -> Pass {
        let doubt = if pieces.is_empty() { Doubt::NONE } else { self.doubt.and(doubt) };
        Pass { pieces, doubt }
    }

    #[must_use]
    pub fn or(&self, other: &Pass) -> Pass {
        if other.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        let doubt = self.doubt.and(other.doubt);
        if self.pieces == other.pieces {
            return Pass { pieces: self.pieces.clone(), doubt };
        }
        let of = |pass: &Pass| {
            pass.pieces.iter().map(|piece| (piece.0, piece.1, Services::clone(&piece.2))).collect::<Vec<_>>()
        };
        Pass::any_of(&[of(self), of(other)].concat()).doubted(doubt)
    }

    /// With these peers only.
    #[must_use]
    pub fn within(&self, addresses: &Addresses) -> Pass {
        self.and(&Pass::of(addresses, &services::all()))
    }

    /// With these services only.
    #[must_use]
    pub fn only(&self, services: &Services) -> Pass {
        let mut pieces = Pieces::default();
        let (mut joined, services) = (Joined::default(), Rc::new(services.clone()));
        for (low, high, open) in &self.pieces {
            pieces.push(*low, *high, joined.of(open, &services, &|a, b| a.intersect(b)));
        }
        self.certain(pieces.0, Doubt::NONE)
    }

    #[must_use]
    pub fn minus(&self, other: &Pass) -> Pass {
        let mut left = Pieces::default();
        let mut joined = Joined::default();
        for (low, high, open) in &self.pieces {
            let mut from = Some(*low);
            let at = other.pieces.partition_point(|piece| piece.1 < *low);
            for (l, h, taken) in other.pieces[at..].iter().take_while(|piece| piece.0 <= *high) {
                let Some(start) = from else { break };
                if *l > start {
                    left.push(start, l - 1, open.clone());
                }
                let (low, high) = (start.max(*l), *high.min(h));
                left.push(low, high, joined.of(open, taken, &|a, b| a.minus(b)));
                from = high.checked_add(1);
            }
            if let Some(start) = from.filter(|start| start <= high) {
                left.push(start, *high, open.clone());
            }
        }
        self.certain(left.0, Doubt::NONE)
    }

    /// Returns the pass with its addresses shifted: `base` becomes `to`.
    #[must_use]
    pub fn moved(&self, base: u128, to: u128) -> Pass {
        let place = |n: u128| n.wrapping_sub(base).wrapping_add(to);
        let pieces = self.pieces.iter().map(|(l, h, s)| (place(*l), place(*h), s.clone())).collect();
        Pass { pieces, doubt: self.doubt }
    }
}

/// Collects pieces. Joins neighbours that have the same services.
#[derive(Default)]
struct Pieces(Vec<Piece>);

/// Remembers the last two operands and their result: the next piece often has the same operands.
#[derive(Default)]
struct Joined(Option<[Rc<Services>; 3]>);

impl Joined {
    fn of(
        &mut self,
        a: &Rc<Services>,
        b: &Rc<Services>,
        join: &impl Fn(&Services, &Services) -> Services,
    ) -> Rc<Services> {
        if let Some([first, second, known]) = &self.0
            && Rc::ptr_eq(first, a)
            && Rc::ptr_eq(second, b)
        {
            return known.clone();
        }
        let found = Rc::new(join(a, b));
        self.0 = Some([a.clone(), b.clone(), found.clone()]);
        found
    }
}

impl Pieces {
    fn push(&mut self, low: u128, high: u128, services: Rc<Services>) {
        if services.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.1.checked_add(1) == Some(low) && last.2 == services => last.1 = high,
            _ => self.0.push((low, high, services)),
        }
    }
}
