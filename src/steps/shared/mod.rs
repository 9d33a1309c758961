//! Lenses that several steps use, and what they spare.

pub(super) mod access_key;
pub(super) mod acl_entries;
pub(super) mod deny;
pub(super) mod distribution;
pub(super) mod home;
pub(super) mod in_use;
pub(super) mod leaked;
pub(super) mod made;
pub(super) mod named;
pub(super) mod page_function;
pub(super) mod people;
pub mod prepared;
pub(super) mod ready;
pub mod room;
pub(super) mod route;
pub(super) mod session;
pub(super) mod spared;
#[cfg(test)]
pub(super) mod testing;
pub(super) mod web_acl;
