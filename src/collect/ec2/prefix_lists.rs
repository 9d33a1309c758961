//! Prefix lists and their entries: the account's own, those shared with it, and AWS's.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;
use futures::StreamExt as _;

use super::tags;
use crate::account::PrefixList;
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// The largest page that AWS gives of these lists.
const PAGE: i32 = 100;
/// Lists whose entries are read at the same time: AWS has about fifteen of its own in each Region.
const AT_ONCE: usize = 8;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeManagedPrefixLists.html>
pub(in crate::collect) async fn prefix_lists(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, PrefixList>, AwsError> {
    use types::PrefixListState as State;
    let list = aws.ec2(region).describe_managed_prefix_lists().max_results(PAGE);
    let found: Vec<_> = lists::all(aws, list, Some).await?;
    let lives = |list: &types::ManagedPrefixList| {
        !matches!(list.state, Some(State::DeleteComplete | State::DeleteInProgress))
    };
    let mut read = futures::stream::iter(found.into_iter().filter(lives))
        .map(|list| one(aws, region, list))
        .buffer_unordered(AT_ONCE);
    let mut all = BTreeMap::new();
    while let Some(list) = read.next().await {
        all.extend(list?);
    }
    Ok(all)
}

async fn one(
    aws: &Aws,
    region: &str,
    list: types::ManagedPrefixList,
) -> Result<Option<(String, PrefixList)>, AwsError> {
    let Some(id) = list.prefix_list_id else { return Ok(None) };
    let value = PrefixList {
        name: list.prefix_list_name.unwrap_or_default(),
        owner: list.owner_id.unwrap_or_default(),
        entries: entries(aws, region, &id).await?,
        tags: tags(list.tags),
    };
    Ok(Some((id, value)))
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetManagedPrefixListEntries.html>
async fn entries(aws: &Aws, region: &str, id: &str) -> Result<BTreeSet<String>, AwsError> {
    let list = aws.ec2(region).get_managed_prefix_list_entries().prefix_list_id(id).max_results(PAGE);
    lists::all(aws, list, |entry| entry.cidr).await
}
