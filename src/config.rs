//! `unplug.toml`.

use serde::{Deserialize, Serialize};

/// What an organisation sets once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Config {}

impl Config {
    pub fn protects(&self, _: &str, _: &[crate::account::Tags]) -> Option<String> {
        None
    }
}
