//! What tests ask of the simulation.

use super::sample::REGION;
use crate::account::{Region, Section};
use crate::aws::{Aws, AwsError};
use crate::collect::{Ask, identify, read};

/// The code of a refusal, or `none`.
pub(crate) fn code<T, E>(result: Result<T, E>) -> String
where
    AwsError: From<E>,
{
    result.map_err(AwsError::from).err().and_then(|error| error.code).unwrap_or_else(|| "none".into())
}

/// One section of the sample's Region, as the collectors read it.
pub(crate) async fn collected(aws: &Aws, section: Section) -> Region {
    let known = identify(aws).await.expect("an identity");
    let ask = Ask { sections: [section].into(), ..Ask::default() };
    let mut account = read(aws, &known, &ask, &|_, _| {}).await;
    account.regions.remove(REGION).expect("the sample's Region")
}
