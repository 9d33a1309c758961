use super::*;
use crate::account::*;
use std::collections::BTreeMap;
pub(super) async fn acls(_: &Aws, _: &str, _: &Ask) -> Result<BTreeMap<String, Acl>, AwsError> {
    todo!()
}
