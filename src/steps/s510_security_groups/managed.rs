//! What a service manages: its groups are changed by the service's own call, and its interfaces follow.
//! What is the same for load balancers, databases, endpoints and functions.

use super::connect_endpoint::{self, ConnectEndpoint};
use super::database::{self, Database};
use super::endpoint::{self, Endpoint};
use super::function::{self, Function};
use super::group_ref::{Groups, group_refs, is_isolated, of_other_run, wanted};
use super::load_balancer::{self, LoadBalancer};
use super::owners;
use crate::account::{Interface, Region, Tags};
use crate::step::{AnyLens, Case, Item, Look, Now, Scope, Target, Verdict};

/// The services whose call this step sends, each with a lens of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Service {
    LoadBalancer,
    Database,
    Endpoint,
    ConnectEndpoint,
    Function,
}

impl Service {
    pub(super) fn lens(self) -> &'static dyn AnyLens {
        match self {
            Service::LoadBalancer => &LoadBalancer,
            Service::Database => &Database,
            Service::Endpoint => &Endpoint,
            Service::ConnectEndpoint => &ConnectEndpoint,
            Service::Function => &Function,
        }
    }
}

/// One thing that a service manages.
pub(super) struct Resource<'a> {
    pub service: Service,
    pub id: &'a str,
    pub vpc: &'a str,
    /// Its account, where it may be another one.
    pub owner: Option<&'a str>,
    pub label: Option<&'a str>,
    pub subnets: Vec<&'a str>,
    pub groups: &'a std::collections::BTreeSet<String>,
    pub settling: bool,
    pub tags: &'a Tags,
    /// Why its service does not change its groups.
    pub refusal: Option<String>,
}

/// Everything in a Region that a service manages and this step can change or must speak of.
pub(super) fn all(here: &Region) -> Vec<Resource<'_>> {
    let balancers = here.load_balancers.items().map(|(arn, known)| load_balancer::resource(arn, known));
    let databases = here.databases.items().filter_map(|(arn, known)| database::resource(arn, known));
    let endpoints = here.endpoints.items().filter_map(|(id, known)| endpoint::resource(id, known));
    let connect = here.connect_endpoints.items().map(|(id, known)| connect_endpoint::resource(id, known));
    let functions = here.vpc_functions.items();
    let functions = functions.filter_map(|(name, known)| Some(function::resource(name, known.read()?)));
    let all = balancers.chain(databases).chain(endpoints).chain(connect).chain(functions);
    all.filter(|known| !known.vpc.is_empty()).collect()
}

impl Resource<'_> {
    pub fn item(&self, region: &str, here: &Region, interfaces: &[(&String, &Interface)]) -> Item {
        let at = Target::new(self.service.lens().kind(), self.id).region(region).vpc(self.vpc);
        let item = Item::new(at.label(self.label)).tags(self.tags);
        let item = interfaces.iter().fold(item, |item, (_, interface)| item.tags(&interface.tags));
        match here.vpcs.item(self.vpc) {
            Some(vpc) => item.within(&vpc.tags),
            None => item,
        }
    }

    /// How many of its parts are in scope, and how many it has: a change of its groups is one of
    /// all of them.
    pub fn within(
        &self,
        scope: &Scope,
        here: &Region,
        interfaces: &[(&String, &Interface)],
    ) -> (usize, usize) {
        let whole = usize::from(scope.has_vpc(here, self.vpc));
        match (interfaces.len(), self.subnets.len()) {
            (0, 0) => (whole, 1),
            (0, all) => (self.subnets.iter().filter(|subnet| scope.has_subnet(here, subnet)).count(), all),
            (all, _) => (interfaces.iter().filter(|(_, i)| scope.has_interface(here, i)).count(), all),
        }
    }

    pub fn name(&self) -> &str {
        self.label.unwrap_or(self.id)
    }

    /// Its groups, settled or not; vanished where it is none that has groups of its own.
    pub fn state(resource: Option<Resource<'_>>, case: &Case) -> Now<Groups> {
        let Some(known) = resource else { return Now::Vanished };
        let groups = group_refs(known.groups, known.vpc, case);
        if known.settling { Now::Settling(groups) } else { Now::Is(groups) }
    }
}

/// The verdict on its groups. `unfiltered`: they do not apply to all that comes in.
pub(super) fn contain(
    resource: Option<Resource<'_>>,
    groups: &Groups,
    unfiltered: bool,
    look: &Look<'_>,
) -> Verdict<Groups> {
    let Look { account, case, .. } = *look;
    let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
    let Some(known) = resource else { return Verdict::Refuse("it was not read".into()) };
    if let Some(owner) = known.owner.filter(|owner| *owner != account.id) {
        return Verdict::Refuse(format!("belongs to {owner}"));
    }
    if let Some(why) = known.refusal {
        return Verdict::Refuse(why);
    }
    if groups.is_empty() {
        return Verdict::Refuse("has no security group to replace".into());
    }
    let interfaces = owners::interfaces(&known, here);
    let protected = |(id, interface): &(&String, &Interface)| {
        let why = case.config.protects(id, std::slice::from_ref(&interface.tags))?;
        Some(format!("its interface {id} is protected: {why}"))
    };
    if let Some(why) = interfaces.iter().find_map(protected) {
        return Verdict::Refuse(why);
    }
    let (within, all) = known.within(&case.scope, here, &interfaces);
    if within < all {
        let parts = if interfaces.is_empty() { "subnets" } else { "interfaces" };
        return Verdict::Refuse(format!(
            "only {within} of its {all} {parts} are in scope, and its groups are those of all"
        ));
    }
    let Some(all) = here.groups.read() else {
        return Verdict::Refuse("the security groups could not be read".into());
    };
    if !unfiltered && is_isolated(groups, all, case) {
        return Verdict::Already;
    }
    let to = wanted(here, known.vpc, &account.id, case);
    match of_other_run(groups, all, case) {
        Some(why) => Verdict::Lasting(to, why),
        None => Verdict::Change(to),
    }
}
