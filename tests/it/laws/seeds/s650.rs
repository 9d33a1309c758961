//! Seeds of 650: databases of every kind, public and private, busy, waiting, stopped.

use serde_json::json;
use unplug::account::{Account, Database, DatabaseProxy, DatabaseTraits, Interface, Region};

use super::s530::{ME, REGION, map, network, set};
use super::{Seed, seed, with};

fn arn(kind: &str, name: &str) -> String {
    let kind = if kind == "cluster" { "cluster" } else { "db" };
    format!("arn:aws:rds:{REGION}:{ME}:{kind}:{name}")
}

fn instance(name: &str, public: bool) -> Database {
    Database {
        name: name.into(),
        kind: "instance".into(),
        vpc: "vpc-1".into(),
        subnets: set(&["subnet-1a", "subnet-1b"]),
        engine: "postgres".into(),
        status: "available".into(),
        groups: set(&["sg-db"]),
        public,
        port: Some(5432),
        ..Database::default()
    }
}

fn cluster(name: &str, engine: &str) -> Database {
    Database { kind: "cluster".into(), engine: engine.into(), ..instance(name, false) }
}

fn member(name: &str, of: &str, engine: &str, public: bool) -> Database {
    Database { cluster: Some(of.into()), engine: engine.into(), ..instance(name, public) }
}

fn account(databases: Vec<Database>) -> Account {
    let mut account = network([]);
    let here: &mut Region = account.regions.get_mut(REGION).unwrap();
    let all = databases.into_iter().map(|database| (arn(&database.kind, &database.name), database));
    here.databases = unplug::account::Seen::Read(all.collect());
    let interface = Interface {
        vpc: "vpc-1".into(),
        subnet: "subnet-1a".into(),
        owner: ME.into(),
        kind: "interface".into(),
        managed_by: Some("amazon-rds".into()),
        description: "RDSNetworkInterface".into(),
        groups: set(&["sg-orders"]),
        private_ip: Some("10.0.1.40".into()),
        public_ip: Some("203.0.113.40".into()),
        source_dest_check: true,
        ..Interface::default()
    };
    here.interfaces.read_mut().unwrap().insert("eni-orders".into(), interface);
    let proxy = DatabaseProxy {
        name: "pool".into(),
        vpc: "vpc-1".into(),
        engine_family: "POSTGRESQL".into(),
        status: "available".into(),
    };
    here.database_proxies = map([("arn:aws:rds:us-east-1:111111111111:db-proxy:prx-1", proxy)]);
    account
}

/// A public instance with its interface.
fn orders() -> Database {
    Database { groups: set(&["sg-orders"]), ..instance("orders", true) }
}

fn kinds() -> Vec<Database> {
    let status = |name: &str, status: &str| Database { status: status.into(), ..instance(name, true) };
    vec![
        orders(),
        instance("private", false),
        status("backed-up", "backing-up"),
        status("stopped", "stopped"),
        status("going", "deleting"),
        status("lost-key", "inaccessible-encryption-credentials"),
        Database { pending: set(&["class", "password"]), ..instance("waits", true) },
        cluster("users", "aurora-postgresql"),
        member("users-1", "users", "aurora-postgresql", true),
        member("users-2", "users", "aurora-postgresql", false),
        cluster("graph", "neptune"),
        member("graph-1", "graph", "neptune", true),
        Database { public: true, ..cluster("three", "mysql") },
        member("three-1", "three", "mysql", true),
    ]
}

fn traits(database: Database, traits: DatabaseTraits) -> Database {
    Database { traits, ..database }
}

fn stopped() -> Vec<Database> {
    let replica = DatabaseTraits { source: Some("orders-main".into()), ..DatabaseTraits::default() };
    let main = DatabaseTraits { replicas: set(&["orders-copy"]), ..DatabaseTraits::default() };
    let standby = DatabaseTraits { multi_az: true, ..DatabaseTraits::default() };
    let serverless = DatabaseTraits { mode: Some("serverless".into()), ..DatabaseTraits::default() };
    let global = DatabaseTraits { global: Some("world".into()), data_api: true, ..DatabaseTraits::default() };
    let windows = Database { engine: "sqlserver-se".into(), ..instance("ledger", false) };
    vec![
        traits(orders(), standby.clone()),
        traits(instance("orders-main", false), main),
        traits(instance("orders-copy", false), replica),
        traits(windows, standby),
        cluster("users", "aurora-postgresql"),
        member("users-1", "users", "aurora-postgresql", true),
        traits(cluster("old", "aurora-mysql"), serverless),
        traits(cluster("world-1", "aurora-mysql"), global),
        Database { status: "stopped".into(), ..instance("idle", false) },
    ]
}

/// The seeds of step 650.
pub fn seeds() -> Vec<Seed> {
    vec![
        seed("databases with public addresses", 650, account(kinds()), None),
        with(seed("databases stopped", 650, account(stopped()), None), "way", json!("stop")),
    ]
}
