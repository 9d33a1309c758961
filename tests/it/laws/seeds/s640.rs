//! The seed of 640: the step looks at nothing.

use super::{Seed, s630, seed};

pub fn seeds() -> Vec<Seed> {
    vec![seed("a retired service", 640, s630::account(), None)]
}
