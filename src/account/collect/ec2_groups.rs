use super::*;
use crate::account::*;
use std::collections::BTreeMap;
pub(super) async fn groups(_: &Aws, _: &str, _: &Ask) -> Result<BTreeMap<String, Group>, AwsError> {
    todo!()
}
