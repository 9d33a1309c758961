//! `unplug.toml`.

use serde::{Deserialize, Serialize};

/// What an organisation sets once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Config {}
