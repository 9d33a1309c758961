//! The simulated wire: an account that answers the SDK's calls as AWS does, refusals included.
//!
//! An operation is a function from the world and a typed input to a typed output or an error code.
//! It answers a gap with the failure that caused it, and an operation that is not here is a typed
//! failure: never an empty success.

mod autoscaling;
mod cloudtrail;
mod containers;
mod direct_connect;
pub(crate) mod ec2;
mod handle;
mod iam;
mod iam_simulator;
mod load_balancers;
#[cfg(test)]
pub(crate) mod probe;
mod rds;
mod resolver;
mod route;
mod s3;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
pub(crate) mod sample_network;
mod ses;
mod side_doors;
mod ssm;
mod sts;
mod support;
mod targets;
mod world;

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use crate::account::Account;
use crate::aws::Clock;

pub(crate) use route::Routes;
pub use world::World;

/// A simulated account behind a wire. Cheap to clone: the clones share the account.
#[derive(Clone, Debug)]
pub struct Simulation {
    world: Arc<Mutex<World>>,
    clock: Clock,
}

/// Every operation of the simulation.
static ROUTES: LazyLock<Routes> = LazyLock::new(|| {
    let mut routes = Routes::default();
    autoscaling::routes(&mut routes);
    cloudtrail::routes(&mut routes);
    containers::routes(&mut routes);
    direct_connect::routes(&mut routes);
    ec2::acls::routes(&mut routes);
    ec2::addresses::routes(&mut routes);
    ec2::client_vpn::routes(&mut routes);
    ec2::connect_endpoints::routes(&mut routes);
    ec2::endpoint_services::routes(&mut routes);
    ec2::endpoints::routes(&mut routes);
    ec2::evidence::routes(&mut routes);
    ec2::fleets::routes(&mut routes);
    side_doors::routes(&mut routes);
    ec2::gateways::routes(&mut routes);
    ec2::groups::routes(&mut routes);
    ec2::insights::routes(&mut routes);
    ec2::interfaces::routes(&mut routes);
    ec2::links::routes(&mut routes);
    ec2::nat::routes(&mut routes);
    ec2::network::routes(&mut routes);
    ec2::prefix_lists::routes(&mut routes);
    ec2::propagation::routes(&mut routes);
    ec2::route_associations::routes(&mut routes);
    ec2::routes::routes(&mut routes);
    ec2::transit::routes(&mut routes);
    ec2::vpc_block::routes(&mut routes);
    iam::routes(&mut routes);
    iam_simulator::routes(&mut routes);
    load_balancers::routes(&mut routes);
    rds::routes(&mut routes);
    resolver::routes(&mut routes);
    s3::routes(&mut routes);
    ses::routes(&mut routes);
    ssm::routes(&mut routes);
    sts::routes(&mut routes);
    support::routes(&mut routes);
    targets::routes(&mut routes);
    routes
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
        Simulation { world: Arc::new(Mutex::new(World::new(account))), clock }
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
        Simulation { world: Arc::new(Mutex::new(self.world().clone())), clock: self.clock.fork() }
    }

    /// Looks at the account as it is now, without a copy of it.
    pub fn look<T>(&self, at: impl FnOnce(&Account) -> T) -> T {
        at(&self.world().account)
    }

    /// Changes the account behind the wire's back: what a thief or a colleague does.
    pub fn meddle(&self, change: impl FnOnce(&mut Account)) {
        change(&mut self.world().account);
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
        ROUTES.names()
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
