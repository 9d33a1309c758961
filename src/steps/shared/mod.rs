//! Lenses that several steps use.

pub(super) mod made;
#[cfg(test)]
pub(super) mod testing;
