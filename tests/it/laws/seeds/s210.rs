//! Seeds of 210: hosts of every kind, one of them in scope or all.

use unplug::account::{Account, Disk, Instance, InstanceAttributes, Region, Subnet, Volume, Vpc};
use unplug::step::Scope;

use super::s520::{account, map, set};
use super::{Seed, seed};

fn here() -> Region {
    let disk = |volume: &str, delete_on_termination| Disk { volume: volume.into(), delete_on_termination };
    let instance = Instance {
        vpc: "vpc-1".into(),
        subnet: "subnet-a".into(),
        state: "running".into(),
        kind: "m7i.large".into(),
        disks: [
            ("/dev/xvda".to_owned(), disk("vol-1", true)),
            ("/dev/xvdb".to_owned(), disk("vol-2", false)),
        ]
        .into(),
        ..Instance::default()
    };
    let spot = Instance {
        spot: true,
        state: "stopped".into(),
        disks: [("/dev/xvda".to_owned(), disk("vol-3", false))].into(),
        ..instance.clone()
    };
    let managed = Instance {
        managed_by: Some("eks.amazonaws.com".into()),
        disks: [("/dev/xvda".to_owned(), disk("vol-4", true))].into(),
        ..instance.clone()
    };
    let open = InstanceAttributes { termination_protection: false, shutdown_behavior: "terminate".into() };
    let closed = InstanceAttributes { termination_protection: true, shutdown_behavior: "stop".into() };
    Region {
        vpcs: map([(
            "vpc-1",
            Vpc { owner: "111111111111".into(), cidrs: set(&["10.0.0.0/16"]), ..Vpc::default() },
        )]),
        subnets: map([(
            "subnet-a",
            Subnet { vpc: "vpc-1".into(), owner: "111111111111".into(), ..Subnet::default() },
        )]),
        instances: map([("i-1", instance), ("i-managed", managed), ("i-spot", spot)]),
        instance_attributes: map([("i-1", open.clone()), ("i-managed", open), ("i-spot", closed)]),
        volumes: map([
            ("vol-1", Volume { gib: 30, encrypted: true }),
            ("vol-2", Volume { gib: 8, encrypted: false }),
        ]),
        ..Region::empty()
    }
}

/// The seeds of 210.
pub fn seeds() -> Vec<Seed> {
    let all: Account = account(here());
    let mut one = seed("evidence of one host", 210, all.clone(), None);
    one.scope = Scope { instances: set(&["i-1"]), ..Scope::default() };
    vec![one, seed("evidence of all hosts", 210, all, None)]
}
