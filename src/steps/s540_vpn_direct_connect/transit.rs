//! The route table that an attachment of a transit gateway is associated with: `way = "detach"`. Without
//! one, what the attachment sends goes nowhere. Only the owner of the transit gateway changes it.

use std::time::Duration;

use super::keeps;
use super::settled::settled;
use crate::account::{Region, Section, TransitAttachment as Known};
use crate::aws::{lists, unless_gone};
use crate::collect::ec2::links::transit_attachment;
use crate::step::{Case, Item, Lens, Look, Now, Reason, StepError, Target, Verdict, Write};

pub(super) struct TransitAttachment;

impl Lens for TransitAttachment {
    /// The route table that it is associated with.
    type State = Option<String>;
    const KIND: &'static str = "transit-attachment";
    const NEEDS: &'static [Section] = &[Section::TransitAttachments];
    const SETTLES_WITHIN: Duration = Duration::from_mins(10);

    fn state(&self, look: &Look<'_>) -> Now<Option<String>> {
        look.in_region(|here| Now::of_item(&here.transit_attachments, &look.at.id, association))
    }

    fn contain(&self, table: &Option<String>, look: &Look<'_>) -> Verdict<Option<String>> {
        let here = look.region();
        let Some((here, known)) =
            here.and_then(|here| Some((here, here.transit_attachments.item(&look.at.id)?)))
        else {
            return Verdict::Refuse("its Region was not read".into());
        };
        match (owned_elsewhere(known, &look.account.id), table) {
            (Some(why), _) => Verdict::Refuse(why),
            (None, None) => Verdict::Already,
            (None, Some(_)) => {
                let gateway = Some(known.gateway.as_str()).filter(|_| known.kind == "vpc");
                Verdict::unless(keeps::by_link(gateway, here, look.case), None)
            }
        }
    }

    fn show(&self, table: &Option<String>) -> String {
        match table {
            Some(table) => format!("associated with {table}"),
            None => "associated with no route table".into(),
        }
    }

    async fn write(&self, write: Write<'_, Option<String>>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let ec2 = aws.ec2(at.region_name());
        let look = || async {
            let list = ec2.describe_transit_gateway_attachments().transit_gateway_attachment_ids(&at.id);
            let mut pages = lists::Pages::new(aws, list);
            while let Some(page) = unless_gone(pages.next().await)?.flatten() {
                let found = page.transit_gateway_attachments.unwrap_or_default().into_iter();
                let mut found = found.filter_map(transit_attachment);
                if let Some((_, attachment)) = found.find(|(id, _)| *id == at.id) {
                    return Ok(Some(attachment));
                }
            }
            Ok(None)
        };
        match (settled(aws, look, association).await?, to) {
            (None, Some(table)) => {
                let give = ec2.associate_transit_gateway_route_table().transit_gateway_attachment_id(&at.id);
                give.transit_gateway_route_table_id(table).send().await?;
            }
            (Some(table), None) => {
                let take = ec2.disassociate_transit_gateway_route_table();
                let take = take.transit_gateway_attachment_id(&at.id).transit_gateway_route_table_id(table);
                take.send().await?;
            }
            _ => {}
        }
        Ok(())
    }
}

pub(super) fn items<'a>(
    region: &'a str,
    here: &'a Region,
    case: &'a Case,
) -> impl Iterator<Item = Item> + 'a {
    let in_scope = here.transit_attachments.items().filter(|(_, attachment)| {
        case.scope.is_whole() || (attachment.kind == "vpc" && case.scope.has_vpc(here, &attachment.resource))
    });
    in_scope.map(move |(id, attachment)| {
        let at = Target::new(TransitAttachment::KIND, id).region(region).named(&attachment.tags);
        Item::new(at).tags(&attachment.tags)
    })
}

fn association(attachment: &Known) -> Now<Option<String>> {
    match attachment.association.as_str() {
        "disassociating" => Now::Settling(None),
        "associating" => Now::Settling(attachment.table.clone()),
        _ => Now::Is(attachment.table.clone()),
    }
}

/// Only the owner of a transit gateway changes its associations, and only what is its own.
fn owned_elsewhere(attachment: &Known, account: &str) -> Option<Reason> {
    let (gateway, owner) = (&attachment.gateway, &attachment.gateway_owner);
    if owner != account {
        return Some(format!("{gateway} belongs to {owner}: only its owner can take the route table away"));
    }
    let (resource, owner) = (&attachment.resource, &attachment.resource_owner);
    (owner != account).then(|| format!("{resource} behind it belongs to {owner}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attachment_is_changed_by_the_owner_of_its_gateway_and_of_what_is_attached() {
        let why = |gateway: &str, resource: &str| {
            let owners =
                Known { gateway_owner: gateway.into(), resource_owner: resource.into(), ..Known::default() };
            owned_elsewhere(&owners, "me")
        };
        assert_eq!(why("me", "me"), None);
        assert!(why("you", "me").unwrap().contains("only its owner can take the route table away"));
        assert!(why("me", "you").unwrap().contains("behind it belongs to you"));
    }
}
