//! A seed of 190, which only looks: the company's exposed key, with what CloudTrail has of it.

use super::{Seed, company, seed};

/// The seed of 190.
pub fn seeds() -> Vec<Seed> {
    vec![seed("a suspect's events", 190, company(), None)]
}
