//! Why a run ends before its end.

use super::store::StoreError;
use crate::step::BadState;

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    State(#[from] BadState),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Journal(String),
}
