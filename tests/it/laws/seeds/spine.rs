//! Seeds of 100, 200, 400, 505, 510, 520 and 610: the drill's company, less its largest Region.

use std::collections::BTreeMap;

use serde_json::json;
use unplug::account::{
    AccessPoint, Account, AclEntry, MultiRegionAccessPoint, Peer, PublicAccessBlock, PublicBucket, Rule,
    Seen, Trail,
};
use unplug::engine::plan::Selected;
use unplug::step::{Params, StepId};

use super::{Seed, company, seed, with};

/// Access points that are open and closed, one of them to another account's bucket.
fn access_points(account: &mut Account) {
    let point =
        |block| AccessPoint { bucket: "site".into(), by_policy: true, block, ..AccessPoint::default() };
    let open = point(PublicAccessBlock::default());
    let theirs = AccessPoint { bucket_account: Some("222222222222".into()), ..open.clone() };
    let inside = AccessPoint { vpc: Some("vpc-1".into()), by_policy: false, ..open.clone() };
    let points =
        [("open", open), ("theirs", theirs), ("inside", inside), ("shut", point(PublicAccessBlock::ALL_ON))];
    let here = account.regions.get_mut("us-east-1").unwrap();
    here.access_points = Seen::Read(points.map(|(name, point)| (name.to_owned(), Seen::Read(point))).into());
    let multi = MultiRegionAccessPoint {
        status: "READY".into(),
        buckets: [("site".to_owned(), "us-east-1".to_owned())].into(),
        by_policy: true,
        block: PublicAccessBlock::default(),
    };
    account.multi_region_access_points = Seen::Read([("everywhere".to_owned(), Seen::Read(multi))].into());
}

fn open_the_isolation_groups(account: &mut Account) {
    for region in account.regions.values_mut() {
        for group in region.groups.read_mut().unwrap().values_mut() {
            if group.tags.get("unplug:role").is_some_and(|role| role == "isolation") {
                let anyone = Rule::all(Peer::Ipv4("198.51.100.7/32".into()));
                group.ingress.insert(anyone.clone());
                group.egress.insert(anyone);
            }
        }
    }
}

fn open_the_isolation_acls(account: &mut Account) {
    for region in account.regions.values_mut() {
        for acl in region.acls.read_mut().unwrap().values_mut() {
            if acl.tags.contains_key("unplug:run") {
                let allow = AclEntry {
                    allow: true,
                    protocol: "-1".into(),
                    cidr: "0.0.0.0/0".into(),
                    ports: None,
                    icmp: None,
                };
                acl.ingress.insert(100, allow.clone());
                acl.egress.insert(100, allow);
            }
        }
    }
}

/// The company with its trails changed.
fn trails(change: fn(&mut BTreeMap<String, Trail>)) -> Account {
    let mut account = company();
    change(account.trails.read_mut().unwrap());
    account
}

/// The seeds of the first seven steps.
pub fn seeds() -> Vec<Seed> {
    let mut seeds = vec![
        seed("leaked keys", 100, company(), None),
        with(
            seed(
                "all keys but mine",
                100,
                company(),
                Some(|account| {
                    // Somebody turned a key on again and deleted another: the first is drift.
                    let keys = account.access_keys.read_mut().unwrap();
                    keys.values_mut().for_each(|key| key.status = "Expired".into());
                }),
            ),
            "keys",
            json!("all-but-mine"),
        ),
        seed("a trail of one Region", 200, company(), None),
        seed(
            "a trail that does not log",
            200,
            trails(|trails| {
                for trail in trails.values_mut() {
                    trail.multi_region = true;
                    trail.logging = Seen::Read(false);
                }
            }),
            None,
        ),
        seed("no trail at all", 200, trails(|trails| trails.clear()), None),
        seed("mail", 400, company(), None),
        with(
            seed(
                "mail by configuration set",
                400,
                {
                    let mut account = company();
                    for region in account.regions.values_mut() {
                        if let Seen::Read(ses) = &mut region.ses {
                            ses.configuration_sets =
                                Seen::Read([("news".into(), true), ("orders".into(), false)].into());
                        }
                    }
                    account
                },
                None,
            ),
            "scope",
            json!("configuration-sets"),
        ),
        seed(
            "scaling groups",
            505,
            company(),
            Some(|account| {
                for region in account.regions.values_mut() {
                    for group in region.scaling_groups.read_mut().unwrap().values_mut() {
                        group.suspended.remove("Launch");
                    }
                }
            }),
        ),
        seed(
            "security groups",
            510,
            company(),
            Some(|account| {
                for region in account.regions.values_mut() {
                    let groups: Vec<(String, String)> = region
                        .groups
                        .items()
                        .filter(|(_, group)| group.name == "default")
                        .map(|(id, group)| (group.vpc.clone(), id.clone()))
                        .collect();
                    for interface in region.interfaces.read_mut().unwrap().values_mut() {
                        if let Some((_, id)) = groups.iter().find(|(vpc, _)| *vpc == interface.vpc) {
                            interface.groups = [id.clone()].into();
                        }
                    }
                }
            }),
        ),
        seed(
            "network ACLs",
            520,
            company(),
            Some(|account| {
                for region in account.regions.values_mut() {
                    // Every subnet of a VPC moves to the first ACL that is not the subnet's old one.
                    let acls = region.acls.read_mut().unwrap();
                    let mut subnets: BTreeMap<String, Vec<String>> = BTreeMap::new();
                    for acl in acls.values_mut() {
                        subnets.entry(acl.vpc.clone()).or_default().extend(std::mem::take(&mut acl.subnets));
                    }
                    for (vpc, subnets) in subnets {
                        let id = format!("acl-of-somebody-else-{vpc}");
                        let acl = unplug::account::Acl {
                            vpc,
                            owner: account.id.clone(),
                            subnets: subnets.into_iter().collect(),
                            ..Default::default()
                        };
                        acls.insert(id, acl);
                    }
                }
            }),
        ),
        seed(
            "S3 block, half set",
            610,
            company(),
            Some(|account| {
                let block = PublicAccessBlock { restrict_public_buckets: false, ..PublicAccessBlock::ALL_ON };
                account.s3_block = Seen::Read(Some(block));
            }),
        ),
        with(
            seed(
                "public buckets, by their policies",
                610,
                {
                    let mut account = company();
                    account.s3_block = Seen::Read(None);
                    let open = r#"{"Statement":{"Action":"s3:GetObject","Effect":"Allow","Principal":"*"}}"#;
                    let bucket = |by_policy, by_acl| PublicBucket {
                        region: "us-east-1".into(),
                        by_policy,
                        by_acl,
                        policy: Seen::Read(Some(open.to_owned())),
                        block: Seen::Read(None),
                    };
                    let buckets = [("site", bucket(true, false)), ("pics", bucket(true, true))];
                    let mut buckets: BTreeMap<_, _> =
                        buckets.map(|(name, bucket)| (name.to_owned(), bucket)).into();
                    let by_acl = PublicBucket { policy: Seen::default(), ..bucket(false, true) };
                    buckets.insert("acl".into(), by_acl);
                    // Public by its policy, but for its own block.
                    let block = Seen::Read(Some(PublicAccessBlock::ALL_ON));
                    buckets.insert("closed".into(), PublicBucket { block, ..bucket(true, true) });
                    access_points(&mut account);
                    account.public_buckets = Seen::Read(buckets);
                    account
                },
                Some(|account| {
                    let buckets = account.public_buckets.read_mut().unwrap();
                    let policy =
                        r#"{"Statement":{"Action":"s3:PutObject","Effect":"Allow","Principal":"*"}}"#;
                    buckets.get_mut("site").unwrap().policy = Seen::Read(Some(policy.into()));
                }),
            ),
            "way",
            json!("policies"),
        ),
        seed(
            "S3 block, never set",
            610,
            {
                let mut account = company();
                account.s3_block = Seen::Read(None);
                account
            },
            None,
        ),
    ];
    let mut two_step =
        with(seed("security groups in two steps", 510, company(), None), "way", json!("two-step"));
    two_step.steps.insert(0, Selected { step: StepId(520), params: Params::default() });
    seeds.push(two_step);
    for seed in &mut seeds {
        match seed.step.0 {
            510 => seed.tamper = Some(open_the_isolation_groups),
            520 => seed.tamper = Some(open_the_isolation_acls),
            _ => {}
        }
    }
    seeds
}
