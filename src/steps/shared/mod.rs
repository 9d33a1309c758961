//! Lenses that several steps use.

pub(super) mod made;
pub(super) mod route;
#[cfg(test)]
pub(super) mod testing;
