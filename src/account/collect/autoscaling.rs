use super::*;
use crate::account::*;
use std::collections::BTreeMap;
pub(super) async fn scaling_groups(
    _: &Aws,
    _: &str,
    _: &Ask,
) -> Result<BTreeMap<String, ScalingGroup>, AwsError> {
    todo!()
}
