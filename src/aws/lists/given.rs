//! What every list of the SDK has, whether it is an `Option` or not.

/// A member that an item must have.
pub(super) trait Given {
    fn given(&self) -> bool;
}

impl<T> Given for Option<T> {
    fn given(&self) -> bool {
        self.is_some()
    }
}

impl Given for String {
    fn given(&self) -> bool {
        !self.is_empty()
    }
}

/// Some lists are `Option`s in the SDK, and some are not.
pub(super) trait Items<T> {
    fn items(self) -> Vec<T>;
}

impl<T> Items<T> for Option<Vec<T>> {
    fn items(self) -> Vec<T> {
        self.unwrap_or_default()
    }
}

impl<T> Items<T> for Vec<T> {
    fn items(self) -> Vec<T> {
        self
    }
}
