//! AWS Organizations: the levels that bind this account, the tree around them, and the policies.
//!
//! ```text
//! any member           DescribeOrganization ─▶ id, management account, feature set
//! management account,  ListRoots ─▶ policy types ─▶ each type: ListPolicies ─▶ content, targets
//! delegated            ListParents, from this account to the root ─▶ each level, each type: ListPoliciesForTarget
//! administrators       ListOrganizationalUnitsForParent, ListAccountsForParent, from the root down
//! ```

mod policies;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_organizations::types;
use futures::future::join_all;

use super::identity::NO_ORGANIZATION;
use super::{Ask, seen};
use crate::account::organization::{MADE, POLICY_TYPES};
use crate::account::{
    Account, Actor, Cause, Gap, Organization, OrganizationAccount, OrganizationTree, Seen, Tags, Unit,
};
use crate::aws::{Aws, AwsError, Kind, lists, unless_gone};

/// The largest page of its lists.
const PAGE: i32 = 20;
/// How many levels there may be between the root and an account: AWS allows five.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const DEEPEST: usize = 20;

/// What of the Organization a second read is for. The id, the policy types of the root, and the levels of this
/// account are always read. Accounts, and what is attached to each level, are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationAsk {
    /// List the policies of these types, and read those of unplug: content, targets, tags.
    pub policy_types: BTreeSet<String>,
    /// List the units of these parents: the root's id, or a unit's. Tags of those of unplug.
    pub units_of: BTreeSet<String>,
}

/// Reads the Organization.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html>
pub(super) async fn organization(aws: &Aws, known: &Account, ask: &Ask) -> Seen<Option<Organization>> {
    let described = aws.organizations().describe_organization().send().await;
    let described = match described.map_err(AwsError::from) {
        Ok(described) => described.organization,
        Err(error) if error.is(NO_ORGANIZATION) && aws.has(Actor::Organization) => {
            return Seen::Gap(actor_in_none(error.gap(), known));
        }
        Err(error) if error.is(NO_ORGANIZATION) => return Seen::Read(None),
        Err(error) => return seen(Err(error)),
    };
    let lacks = |what: &str| AwsError::unusable("organizations:DescribeOrganization", what);
    let Some(described) = described else { return seen(Err(lacks("it lacks Organization"))) };
    let (Some(id), Some(management_account)) = (described.id, described.master_account_id) else {
        return seen(Err(lacks("it lacks Id or MasterAccountId")));
    };
    let management = management_account == known.id;
    let tree = match tree(aws, known, ask).await {
        Err(error) if error.kind == Kind::Denied => {
            Seen::Gap(told_to_few(error.gap(), known, &management_account))
        }
        // The credentials are of another Organization than the account.
        Err(error) if error.is("ChildNotFoundException") => {
            return Seen::Gap(elsewhere(error.gap(), known, &id));
        }
        tree => seen(tree),
    };
    let feature_set = described.feature_set.map(|set| set.as_str().to_owned()).unwrap_or_default();
    Seen::Read(Some(Organization { id, management_account, management, feature_set, tree }))
}

/// How the words begin that a gap of the tree ends with.
const NEEDS: &str = "AWS tells this to the management account";

/// Adds to a denial who is told, and whose credentials to give or to mend.
fn told_to_few(mut gap: Gap, known: &Account, management_account: &str) -> Gap {
    if gap.detail.contains(NEEDS) {
        return gap;
    }
    let (actor, action) = (Actor::Organization, &gap.call);
    let needed = if known.actors.contains_key(&actor) {
        format!("the actor {actor} (account {}) has to be of these and allowed {action}", known.holder(actor))
    } else {
        format!(
            "configure the actor {actor} ({}), with credentials there that are allowed {action}",
            actor.how()
        )
    };
    gap.detail = format!(
        "{}. {NEEDS} {management_account} and to delegated administrators of AWS Organizations alone: {needed}",
        gap.detail.trim_end_matches('.')
    );
    gap
}

/// The actor's account is in no Organization, which says nothing about the account of the run.
fn actor_in_none(mut gap: Gap, known: &Account) -> Gap {
    gap.cause = Cause::Refused;
    gap.detail = format!(
        "the actor {actor} (account {}) is in no Organization: whether account {} is in one is not known. The actor \
         {actor} needs credentials of the Organization that the account is in; without an actor AWS is asked as the \
         account itself ({})",
        known.holder(Actor::Organization),
        known.id,
        gap.detail,
        actor = Actor::Organization,
    );
    gap
}

/// The account is not in the Organization of the credentials.
fn elsewhere(mut gap: Gap, known: &Account, organization: &str) -> Gap {
    gap.cause = Cause::Refused;
    gap.detail = format!(
        "account {} is not in the Organization {organization} of these credentials: the actor organization needs \
         credentials of the Organization that the account is in ({})",
        known.id, gap.detail
    );
    gap
}

async fn tree(aws: &Aws, known: &Account, ask: &Ask) -> Result<OrganizationTree, AwsError> {
    let (root, levels) = futures::try_join!(root(aws), levels(aws, &known.id))?;
    let lacks = || AwsError::unusable("organizations:ListRoots", "it has no root");
    let (root, policy_types) = root.ok_or_else(lacks)?;
    let mut tree = OrganizationTree { root, policy_types, levels, ..OrganizationTree::default() };
    let is_asked = |kind: &&str| {
        let only = ask.only_organization.as_ref();
        tree.policy_types.contains_key(*kind) && only.is_none_or(|only| only.policy_types.contains(*kind))
    };
    let kinds: Vec<&'static str> = POLICY_TYPES.into_iter().filter(is_asked).collect();
    let more = ask.organization_units.iter().filter(|unit| !tree.levels.contains(unit));
    let targets: Vec<String> = tree.levels.iter().chain(more).cloned().collect();
    let attached = async {
        match ask.only_organization {
            Some(_) => BTreeMap::new(),
            None => policies::attached(aws, &targets, &kinds).await,
        }
    };
    let units_and_accounts = async {
        match &ask.only_organization {
            None => everybody(aws, &tree.root).await,
            Some(only) if only.units_of.is_empty() => (Seen::default(), Seen::default()),
            Some(only) => (seen(units_of(aws, &only.units_of).await), Seen::default()),
        }
    };
    let effective = policies::effective(aws, &known.id, &kinds);
    let (attached, (units, accounts), effective) = futures::join!(attached, units_and_accounts, effective);
    let all = policies::all(aws, &kinds, &attached).await;
    (tree.attached, tree.policies, tree.effective_policies) = (attached, all, effective);
    (tree.units, tree.accounts) = (units, accounts);
    Ok(tree)
}

/// The root's id and the status of its policy types. An Organization has one root.
async fn root(aws: &Aws) -> Result<Option<(String, BTreeMap<String, String>)>, AwsError> {
    let list = aws.organizations().list_roots().max_results(PAGE);
    let roots: Vec<types::Root> = lists::all(aws, list, Some).await?;
    let Some(root) = roots.into_iter().next() else { return Ok(None) };
    let types = root.policy_types.unwrap_or_default().into_iter().filter_map(|one| {
        let status = one.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
        Some((one.r#type?.as_str().to_owned(), status))
    });
    Ok(Some((root.id.unwrap_or_default(), types.collect())))
}

/// The ids from the root down to an account.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html>
async fn levels(aws: &Aws, account: &str) -> Result<Vec<String>, AwsError> {
    let mut levels = vec![account.to_owned()];
    loop {
        let child = levels.last().map(String::as_str).unwrap_or_default();
        let list = aws.organizations().list_parents().child_id(child).max_results(PAGE);
        let parents: Vec<types::Parent> = lists::all(aws, list, Some).await?;
        let unusable = |why| AwsError::unusable("organizations:ListParents", why);
        let parent =
            parents.into_iter().next().ok_or_else(|| unusable("an account or unit has no parent"))?;
        let is_root = parent.r#type == Some(types::ParentType::Root);
        let id = parent.id.unwrap_or_default();
        if levels.contains(&id) || levels.len() > DEEPEST {
            return Err(unusable("the parents of an account do not lead to the root"));
        }
        levels.push(id);
        if is_root {
            levels.reverse();
            return Ok(levels);
        }
    }
}

type Units = BTreeMap<String, Unit>;
type Accounts = BTreeMap<String, OrganizationAccount>;

/// Every unit and every account, level by level from the root down.
async fn everybody(aws: &Aws, root: &str) -> (Seen<Units>, Seen<Accounts>) {
    let (mut units, mut accounts) = (Units::new(), Ok(Accounts::new()));
    let mut open: BTreeSet<String> = [root.to_owned()].into();
    while !open.is_empty() {
        let (below, inside) = futures::join!(units_of(aws, &open), accounts_of(aws, &open));
        accounts = accounts.and_then(|mut all| {
            all.extend(inside?);
            Ok(all)
        });
        let below = match below {
            Ok(below) => below,
            // Which accounts there are below is not known then either.
            Err(error) => {
                let gap = error.gap();
                return (
                    Seen::Gap(gap.clone()),
                    Seen::Gap(accounts.err().map_or(gap, |error: AwsError| error.gap())),
                );
            }
        };
        open = below.keys().filter(|id| !units.contains_key(*id)).cloned().collect();
        units.extend(below);
    }
    (Seen::Read(units), seen(accounts))
}

/// The units that are in these parents.
async fn units_of(aws: &Aws, parents: &BTreeSet<String>) -> Result<Units, AwsError> {
    let mut all = Units::new();
    for of_parent in join_all(parents.iter().map(|parent| units_in(aws, parent))).await {
        all.extend(of_parent?);
    }
    Ok(all)
}

async fn units_in(aws: &Aws, parent: &str) -> Result<Units, AwsError> {
    let list = aws.organizations().list_organizational_units_for_parent();
    let list = list.parent_id(parent).max_results(PAGE);
    let units: Option<Vec<types::OrganizationalUnit>> = unless_gone(lists::all(aws, list, Some).await)?;
    let units = units.unwrap_or_default().into_iter().map(async |unit| {
        let (id, name) = (unit.id.unwrap_or_default(), unit.name.unwrap_or_default());
        let tags = if name.starts_with(MADE) { seen(tags(aws, &id).await) } else { Seen::default() };
        (id, Unit { name, parent: parent.to_owned(), tags })
    });
    Ok(join_all(units).await.into_iter().collect())
}

/// The accounts that are in these parents.
async fn accounts_of(aws: &Aws, parents: &BTreeSet<String>) -> Result<Accounts, AwsError> {
    let mut all = Accounts::new();
    for of_parent in join_all(parents.iter().map(|parent| accounts_in(aws, parent))).await {
        all.extend(of_parent?);
    }
    Ok(all)
}

async fn accounts_in(aws: &Aws, parent: &str) -> Result<Accounts, AwsError> {
    let list = aws.organizations().list_accounts_for_parent().parent_id(parent).max_results(PAGE);
    let one = |account: types::Account| {
        let status = account.status.map(|status| status.as_str().to_owned());
        let state = account.state.map(|state| state.as_str().to_owned());
        let about = OrganizationAccount {
            name: account.name.unwrap_or_default(),
            status: state.or(status).unwrap_or_default(),
            parent: parent.to_owned(),
        };
        Some((account.id?, about))
    };
    Ok(unless_gone(lists::all::<_, _, Accounts>(aws, list, one).await)?.unwrap_or_default())
}

/// The tags of a policy or a unit.
async fn tags(aws: &Aws, id: &str) -> Result<Tags, AwsError> {
    let list = aws.organizations().list_tags_for_resource().resource_id(id);
    lists::all(aws, list, |tag| Some((tag.key, tag.value))).await
}
