//! What follows from a change of the Organization's policies: what can be read of them, and what they set in the
//! account.
//!
//! AWS gives no time for any of it. Here all of it is in effect at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::account::organization::{DECLARATIVE_EC2, MADE, S3};
use crate::account::{OrganizationTree, PublicAccessBlock, Seen, VpcBlock};
use crate::sim::route::Cx;
use crate::sim::world::World;

impl Cx<'_> {
    /// Lets everything follow from a change of the Organization.
    pub(super) fn follow(&mut self) {
        self.world.show_contents();
        let effective: Vec<(&str, Option<Value>)> = [DECLARATIVE_EC2, S3]
            .into_iter()
            .map(|kind| (kind, self.world.tree().and_then(|tree| effective(tree, kind))))
            .collect();
        for (kind, value) in effective {
            self.world.set_vpc_blocks(kind, value.as_ref());
            self.world.set_s3_block(kind, value.as_ref());
            let Some(tree) = self.world.tree_mut().filter(|tree| tree.policy_types.contains_key(kind)) else {
                continue;
            };
            let text = value.map(|value| value.to_string());
            tree.effective_policies.insert(kind.to_owned(), Seen::Read(text));
        }
    }
}

impl World {
    /// Shows the documents of what is attached to a level and of what unplug made, and no others: as they are read.
    fn show_contents(&mut self) {
        let kept = std::mem::take(&mut self.organizations.policies);
        let mut keep = kept.clone();
        if let Some(tree) = self.tree_mut() {
            let binds: BTreeSet<String> = tree
                .attached
                .values()
                .flat_map(BTreeMap::values)
                .filter_map(Seen::read)
                .flatten()
                .cloned()
                .collect();
            for (id, policy) in tree.policies.read_mut().into_iter().flatten() {
                let is_read = binds.contains(id) || policy.name.starts_with(MADE);
                if is_read && policy.content.is_not_read() {
                    if let Some(kept) = kept.get(id) {
                        policy.content = kept.content.clone();
                    }
                } else if !is_read && policy.content.read().is_some() {
                    keep.insert(id.clone(), policy.clone());
                    policy.content = Seen::default();
                }
            }
        }
        self.organizations.policies = keep;
    }

    /// Sets the block of each Region as a declarative policy says, or as it was before.
    ///
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_declarative_policies.html>
    fn set_vpc_blocks(&mut self, kind: &str, effective: Option<&Value>) {
        if kind != DECLARATIVE_EC2 {
            return;
        }
        let block = effective.and_then(|value| {
            value.pointer("/ec2_attributes/vpc_block_public_access/internet_gateway_block")
        });
        let text = |key: &str| block.and_then(|block| block.get(key)).and_then(Value::as_str);
        let wanted = text("mode").map(|mode| {
            // EC2 writes hyphens where Organizations writes underscores.
            let exclusions =
                if text("exclusions_allowed") == Some("disabled") { "not-allowed" } else { "allowed" };
            (mode.replace('_', "-"), exclusions)
        });
        for (name, here) in &mut self.account.regions {
            let Some(block) = here.vpc_block.read_mut() else { continue };
            let managed = block.managed_by == "declarative-policy";
            match &wanted {
                Some((mode, exclusions)) => {
                    if !managed {
                        self.organizations.own_blocks.insert(name.clone(), block.clone());
                    }
                    block.mode.clone_from(mode);
                    block.exclusions_allowed = (*exclusions).into();
                    block.state = "update-complete".into();
                    block.managed_by = "declarative-policy".into();
                }
                None if managed => {
                    let own = self.organizations.own_blocks.remove(name).unwrap_or_default();
                    let exclusions = std::mem::take(&mut block.exclusions);
                    *block = VpcBlock { exclusions, ..own };
                }
                None => {}
            }
        }
    }

    /// Sets S3's block of the account as a policy says, or as it was before: all four settings or none.
    ///
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3.html>
    fn set_s3_block(&mut self, kind: &str, effective: Option<&Value>) {
        let Some(block) = self.account.s3_block.read_mut().filter(|_| kind == S3) else { return };
        let wanted = match s3_setting(effective) {
            Some("all") => Some(PublicAccessBlock::ALL_ON),
            Some(_) => Some(PublicAccessBlock::default()),
            None => None,
        };
        match wanted {
            Some(wanted) => {
                let own = block.replace(wanted);
                self.organizations.own_s3_block.get_or_insert(super::OwnS3Block(own));
            }
            None => {
                if let Some(super::OwnS3Block(own)) = self.organizations.own_s3_block.take() {
                    *block = own;
                }
            }
        }
    }
}

/// Adds to a described tree what AWS makes of its policies, where the description does not say it.
pub(in crate::sim) fn add_effective(tree: &mut OrganizationTree) {
    for kind in [DECLARATIVE_EC2, S3] {
        if !tree.policy_types.contains_key(kind) {
            continue;
        }
        let text = effective(tree, kind).map(|value| value.to_string());
        tree.effective_policies.entry(kind.to_owned()).or_insert(Seen::Read(text));
    }
}

fn s3_setting(effective: Option<&Value>) -> Option<&str> {
    effective?.pointer("/s3_attributes/public_access_block_configuration")?.as_str()
}

/// Whether a policy of the Organization sets S3's block of the account: the account cannot change it then.
pub(in crate::sim) fn manages_s3_block(world: &World) -> bool {
    let effective = world.tree().and_then(|tree| effective(tree, S3));
    s3_setting(effective.as_ref()).is_some()
}

/// What the policies of a type come to for this account: those of a lower level win. Of AWS's operators `@@assign`
/// alone is simulated; a document without any says nothing.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inheritance_mgmt.html>
fn effective(tree: &OrganizationTree, kind: &str) -> Option<Value> {
    let attached = tree.attached.get(kind).filter(|_| tree.is_enabled(kind))?;
    let mut whole = Value::Object(Map::new());
    for level in &tree.levels {
        for id in attached.get(level).and_then(Seen::read).into_iter().flatten() {
            let content = tree.policies.item(id).and_then(|policy| policy.content.read());
            let document = content.and_then(|text| serde_json::from_str::<Value>(text).ok());
            merge(&mut whole, document.as_ref().and_then(assigned));
        }
    }
    whole.as_object().is_some_and(|whole| !whole.is_empty()).then_some(whole)
}

/// A document with each `@@assign` in place of the object that holds it.
fn assigned(document: &Value) -> Option<Value> {
    let members = document.as_object()?;
    if let Some(value) = members.get("@@assign") {
        return Some(value.clone());
    }
    let inner = members.iter().filter_map(|(key, value)| Some((key.clone(), assigned(value)?)));
    let inner: Map<String, Value> = inner.collect();
    (!inner.is_empty()).then_some(Value::Object(inner))
}

fn merge(whole: &mut Value, more: Option<Value>) {
    match (whole, more) {
        (Value::Object(whole), Some(Value::Object(more))) => {
            for (key, value) in more {
                merge(whole.entry(key).or_insert_with(|| Value::Object(Map::new())), Some(value));
            }
        }
        (whole, Some(more)) => *whole = more,
        (_, None) => {}
    }
}
