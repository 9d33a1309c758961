//! Lenses that several steps use.

pub(super) mod deny;
pub(super) mod made;
pub(super) mod route;
pub(super) mod spared;
#[cfg(test)]
pub(super) mod testing;
