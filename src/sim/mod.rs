//! The simulated wire: an account that answers the SDK's calls as AWS does, refusals included.
//!
//! An operation is a function from the world and a typed input to a typed output or an error code.
//! It answers a gap with the failure that caused it, and an operation that is not here is a typed
//! failure: never an empty success.

mod acm;
pub mod adversary;
mod apigateway;
mod apigatewayv2;
mod autoscaling;
mod backup;
mod cloud_control;
mod cloudfront;
mod cloudtrail;
mod containers;
mod direct_connect;
pub(crate) mod ec2;
mod eventbridge;
mod handle;
mod hub;
mod iam;
mod iam_simulator;
mod identity_center;
mod kms;
mod lambda;
mod load_balancers;
mod logs;
mod organizations;
#[cfg(test)]
pub(crate) mod probe;
mod public_registry;
mod ram;
mod rds;
mod recorded;
mod resolver;
mod roles_anywhere;
mod route;
mod route53;
mod s3;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
pub(crate) mod sample_network;
mod secrets;
mod ses;
mod side_doors;
mod sns;
mod sqs;
mod ssm;
mod sts;
mod support;
mod synthetics;
mod targets;
mod user_identity;
mod wafv2;
mod watching;
mod world;

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use crate::account::{Account, OrganizationTree, Principals};
use crate::aws::Clock;

pub use public_registry::sample_images;
pub(crate) use route::Dispatch;
pub use user_identity::UserIdentity;
pub use world::World;

/// Adds to a described account the texts of AWS's own policies that somebody has: AWS lists them.
pub(crate) fn add_managed_policies(principals: &mut Principals) {
    iam::managed::add_in_use(principals);
}

/// Adds to a described Organization what AWS makes of its policies for the account.
pub(crate) fn add_effective_policies(tree: &mut OrganizationTree) {
    organizations::add_effective(tree);
}

/// A simulated account behind a wire. Cheap to clone: the clones share the account.
#[derive(Clone, Debug)]
pub struct Simulation {
    world: Arc<Mutex<World>>,
    clock: Clock,
    /// Who calls through this handle; `None`: the responder.
    who: Option<UserIdentity>,
}

/// Every operation of the simulation.
static DISPATCH: LazyLock<Dispatch> = LazyLock::new(|| {
    let mut dispatch = Dispatch::default();
    acm::register(&mut dispatch);
    apigateway::register(&mut dispatch);
    apigatewayv2::register(&mut dispatch);
    autoscaling::register(&mut dispatch);
    backup::register(&mut dispatch);
    cloud_control::register(&mut dispatch);
    cloudfront::register(&mut dispatch);
    cloudtrail::register(&mut dispatch);
    containers::register(&mut dispatch);
    direct_connect::register(&mut dispatch);
    ec2::acls::register(&mut dispatch);
    ec2::addresses::register(&mut dispatch);
    ec2::client_vpn::register(&mut dispatch);
    ec2::connect_endpoints::register(&mut dispatch);
    ec2::endpoint_services::register(&mut dispatch);
    ec2::endpoints::register(&mut dispatch);
    ec2::evidence::register(&mut dispatch);
    ec2::readiness::register(&mut dispatch);
    ec2::fleets::register(&mut dispatch);
    side_doors::register(&mut dispatch);
    ec2::gateways::register(&mut dispatch);
    ec2::groups::register(&mut dispatch);
    ec2::tags::register(&mut dispatch);
    ec2::insights::register(&mut dispatch);
    ec2::interfaces::register(&mut dispatch);
    ec2::links::register(&mut dispatch);
    ec2::nat::register(&mut dispatch);
    ec2::network::register(&mut dispatch);
    ec2::prefix_lists::register(&mut dispatch);
    ec2::propagation::register(&mut dispatch);
    ec2::route_associations::register(&mut dispatch);
    ec2::routes::register(&mut dispatch);
    ec2::sharing::register(&mut dispatch);
    ec2::transit::register(&mut dispatch);
    ec2::vpc_block::register(&mut dispatch);
    eventbridge::register(&mut dispatch);
    hub::register(&mut dispatch);
    iam::register(&mut dispatch);
    iam_simulator::register(&mut dispatch);
    identity_center::register(&mut dispatch);
    kms::register(&mut dispatch);
    lambda::register(&mut dispatch);
    load_balancers::register(&mut dispatch);
    organizations::register(&mut dispatch);
    logs::register(&mut dispatch);
    public_registry::register(&mut dispatch);
    ram::register(&mut dispatch);
    rds::register(&mut dispatch);
    resolver::register(&mut dispatch);
    roles_anywhere::register(&mut dispatch);
    route53::register(&mut dispatch);
    s3::register(&mut dispatch);
    secrets::register(&mut dispatch);
    ses::register(&mut dispatch);
    sns::register(&mut dispatch);
    sqs::register(&mut dispatch);
    ssm::register(&mut dispatch);
    sts::register(&mut dispatch);
    support::register(&mut dispatch);
    synthetics::register(&mut dispatch);
    targets::register(&mut dispatch);
    wafv2::register(&mut dispatch);
    watching::register(&mut dispatch);
    dispatch
});

impl Simulation {
    pub fn new(account: Account) -> Simulation {
        Simulation::on(account, Clock::simulated())
    }

    /// One of several parts of an account: what they create has different ids.
    pub fn part(account: Account, number: usize) -> Simulation {
        let simulation = Simulation::new(account);
        simulation.world().serial = (number as u64) << 32;
        simulation
    }

    /// On another clock: benchmarks take the machine's, or one that they move themselves.
    pub fn on(account: Account, clock: Clock) -> Simulation {
        Simulation { world: Arc::new(Mutex::new(World::new(account))), clock, who: None }
    }

    /// The account as it is now behind the wire.
    pub fn account(&self) -> Account {
        self.world().account.clone()
    }

    /// Like [`Simulation::account`], without a copy where this is the last handle.
    pub fn into_account(self) -> Account {
        match Arc::try_unwrap(self.world) {
            Ok(world) => world.into_inner().unwrap_or_else(PoisonError::into_inner).account,
            Err(shared) => shared.lock().unwrap_or_else(PoisonError::into_inner).account.clone(),
        }
    }

    /// A copy that goes its own way from here, hidden state and clock included.
    pub fn fork(&self) -> Simulation {
        let world = Arc::new(Mutex::new(self.world().clone()));
        Simulation { world, clock: self.clock.fork(), who: self.who.clone() }
    }

    /// The same account for somebody else: CloudTrail records calls of this handle as theirs.
    #[must_use]
    pub fn acting_as(&self, who: UserIdentity) -> Simulation {
        Simulation { who: Some(who), ..self.clone() }
    }

    /// The events of all calls that wrote since the simulation began, oldest first, also those that
    /// CloudTrail does not show yet.
    pub fn recorded(&self) -> Vec<serde_json::Value> {
        let world = self.world();
        let (id, global) = (&world.account.id, world.global_region());
        world.recorded.iter().map(|recorded| recorded.event(id, global)).collect()
    }

    /// The events of calls that wrote since the simulation began, oldest first, as far as CloudTrail shows
    /// them by now; and how many it does not show yet.
    pub fn shown_and_hidden(&self) -> (Vec<serde_json::Value>, usize) {
        let now_ms = self.clock.now_ms();
        let world = self.world();
        let (id, global) = (&world.account.id, world.global_region());
        let is_shown = |one: &&Arc<recorded::Recorded>| one.at_ms + recorded::SHOWN_AFTER_MS <= now_ms;
        let shown: Vec<_> =
            world.recorded.iter().filter(is_shown).map(|recorded| recorded.event(id, global)).collect();
        let hidden = world.recorded.len() - shown.len();
        (shown, hidden)
    }

    /// Looks at the account as it is now, without a copy of it.
    pub fn look<T>(&self, at: impl FnOnce(&Account) -> T) -> T {
        at(&self.world().account)
    }

    /// Changes the account behind the wire's back: what a thief or a colleague does.
    pub fn meddle(&self, change: impl FnOnce(&mut Account)) {
        change(&mut self.world().account);
    }

    /// Deletes a user or group from the identity stores, by its id, or a policy of AWS, by its ARN. Assignments
    /// stay, as on AWS.
    #[cfg(test)]
    pub(crate) fn delete_for_identity_center(&self, id: &str) {
        self.world().identity_center.gone.insert(id.to_owned());
    }

    /// Serves every list one item a page, with an empty page in between.
    pub fn one_item_a_page(&self) {
        self.world().one_item_a_page = true;
    }

    /// Every list goes on with the same token, as no service of AWS does.
    pub fn tokens_repeat(&self) {
        self.world().tokens_repeat = true;
    }

    /// Every list goes on, each page with a token of its own.
    pub fn tokens_never_end(&self) {
        self.world().tokens_never_end = true;
    }

    /// Answers EC2's lists as emulators do that leave out filters: with all there is.
    pub fn ignore_filters(&self) {
        self.world().ignores_filters = true;
    }

    /// Takes the notes of what is above AWS's default quotas since the last time: Region and sentence.
    pub fn take_above_defaults(&self) -> Vec<(String, String)> {
        self.world().take_above_defaults()
    }

    /// Keeps the account as it was after every change, from now on.
    pub fn remember(&self) {
        let mut world = self.world();
        world.history = Some(vec![world.account.clone()]);
    }

    /// The accounts kept since [`Simulation::remember`], which begins anew.
    pub fn history(&self) -> Vec<Account> {
        let mut world = self.world();
        let now = vec![world.account.clone()];
        world.history.replace(now).unwrap_or_default()
    }

    /// The names of the operations it answers, as `service:Operation`.
    pub fn operations() -> Vec<&'static str> {
        DISPATCH.names()
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    pub(crate) fn home_region(&self) -> String {
        let world = self.world();
        world.account.regions.keys().next().cloned().unwrap_or_else(|| "us-east-1".into())
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
