use super::*;
use crate::account::*;
use std::collections::BTreeMap;
pub(super) async fn interfaces(_: &Aws, _: &str, _: &Ask) -> Result<BTreeMap<String, Interface>, AwsError> {
    todo!()
}
