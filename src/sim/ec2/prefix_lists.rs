//! EC2: managed prefix lists.

use aws_sdk_ec2::types;

use super::{Query, page_size, region, tags};
use crate::account::PrefixList;
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Said, refuse};
use crate::sim::world::seen;

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeManagedPrefixLists>(describe_managed_prefix_lists);
    dispatch.on::<ec2::GetManagedPrefixListEntries>(get_managed_prefix_list_entries);
}

fn describe_managed_prefix_lists(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeManagedPrefixLists>,
) -> Said<ec2::DescribeManagedPrefixLists> {
    page_size(input.max_results(), 1..=100)?;
    let query = Query {
        filters: input.filters(),
        ids: input.prefix_list_ids(),
        not_found: "InvalidPrefixListID.NotFound",
        max: None,
    };
    query.check(&["owner-id", "prefix-list-id", "prefix-list-name"])?;
    let lists = query.choose(
        cx,
        seen(&region(cx).prefix_lists)?,
        |list| &list.tags,
        |id, list, name| match name {
            "owner-id" => vec![list.owner.clone()],
            "prefix-list-id" => vec![id.to_owned()],
            _ => vec![list.name.clone()],
        },
    )?;
    let (lists, next) = cx.page(lists, input.next_token(), input.max_results());
    let lists = lists.into_iter().map(|(id, l)| list(id, l)).collect();
    Ok(Out::<ec2::DescribeManagedPrefixLists>::builder()
        .set_prefix_lists(Some(lists))
        .set_next_token(next)
        .build())
}

fn list(id: &str, list: &PrefixList) -> types::ManagedPrefixList {
    let ipv6 = list.entries.iter().any(|cidr| cidr.contains(':'));
    types::ManagedPrefixList::builder()
        .prefix_list_id(id)
        .prefix_list_name(&list.name)
        .owner_id(&list.owner)
        .address_family(if ipv6 { "IPv6" } else { "IPv4" })
        .state(types::PrefixListState::CreateComplete)
        .set_tags(Some(tags(&list.tags)))
        .build()
}

fn get_managed_prefix_list_entries(
    cx: &mut Cx<'_>,
    input: &In<ec2::GetManagedPrefixListEntries>,
) -> Said<ec2::GetManagedPrefixListEntries> {
    page_size(input.max_results(), 1..=100)?;
    let id = input.prefix_list_id().unwrap_or_default();
    let Some(list) = seen(&region(cx).prefix_lists)?.get(id) else {
        let message = format!("The prefix list ID '{id}' does not exist");
        return Err(refuse("InvalidPrefixListID.NotFound", message));
    };
    let entries = list.entries.iter().map(|cidr| types::PrefixListEntry::builder().cidr(cidr).build());
    let (entries, next) = cx.page(entries.collect(), input.next_token(), input.max_results());
    Ok(Out::<ec2::GetManagedPrefixListEntries>::builder()
        .set_entries(Some(entries))
        .set_next_token(next)
        .build())
}
