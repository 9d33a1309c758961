//! The names of what a run creates.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What the name of a recreated resource starts with; its old id follows.
pub const ALIAS: &str = "alias/";

/// What the name of a resource starts with that was there before the run, and that the run uses.
pub const USED: &str = "used/";

/// The name under which a recreated resource is recorded: a write gives it to
/// [`Aws::created`](super::Aws::created) with the new id.
pub fn alias(old: &str) -> String {
    format!("{ALIAS}{old}")
}

/// The names of what this run has created: `isolation-group/vpc-1` → `sg-0a…`.
///
/// A state names a created resource, never by its id: a rehearsal's id means nothing later. An id
/// gets in here from the journal, or from AWS's answer to the run's own create call. A tag never
/// puts one in by itself, because a thief can set a tag.
#[derive(Clone, Debug, Default)]
pub struct Names(Arc<Mutex<BTreeMap<String, String>>>);

impl Names {
    pub fn new(names: BTreeMap<String, String>) -> Names {
        Names(Arc::new(Mutex::new(names)))
    }

    pub fn id(&self, name: &str) -> Option<String> {
        self.lock().get(name).cloned()
    }

    /// The name that this run gave to an id.
    pub fn name(&self, id: &str) -> Option<String> {
        self.lock().iter().find(|(_, known)| *known == id).map(|(name, _)| name.clone())
    }

    pub fn set(&self, name: &str, id: &str) {
        self.lock().insert(name.into(), id.into());
    }

    /// The id that a resource has now: AWS gives a resource that was recreated another one.
    pub fn current(&self, id: &str) -> String {
        self.id(&alias(id)).unwrap_or_else(|| id.to_owned())
    }

    /// The id that a resource had when the run began.
    pub fn original(&self, id: &str) -> String {
        let name = self.name(id);
        name.as_deref().and_then(|name| name.strip_prefix(ALIAS)).unwrap_or(id).to_owned()
    }

    pub fn all(&self) -> BTreeMap<String, String> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
