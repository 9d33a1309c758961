use super::*;
use crate::account::*;
use std::collections::BTreeMap;
pub(super) async fn vpcs(_: &Aws, _: &str, _: &Ask) -> Result<BTreeMap<String, Vpc>, AwsError> {
    todo!()
}
pub(super) async fn subnets(_: &Aws, _: &str, _: &Ask) -> Result<BTreeMap<String, Subnet>, AwsError> {
    todo!()
}
pub(super) async fn instances(_: &Aws, _: &str, _: &Ask) -> Result<BTreeMap<String, Instance>, AwsError> {
    todo!()
}
