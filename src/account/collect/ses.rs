use super::*;
use crate::account::*;
use std::collections::BTreeMap;
pub(super) async fn ses(_: &Aws, _: &str, _: &Ask) -> Result<Ses, AwsError> {
    todo!()
}
