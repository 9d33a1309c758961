//! Lenses that several steps use.

#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "for steps 410 and 600"))]
pub(super) mod deny;
pub(super) mod made;
pub(super) mod route;
pub(super) mod spared;
#[cfg(test)]
pub(super) mod testing;
