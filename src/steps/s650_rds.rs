//! 650: databases lose their public addresses; on request they are stopped.

mod findings;
mod power;
mod public_access;

use crate::account::{Account, Database, Region, Section};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Item, Lens as _, Lenses, Look, Params, Reason, Reversal, Spec,
    Step, StepId, Stops, Target,
};
use power::Power;
use public_access::PublicAccess;

pub struct Rds;

const WAY: Choice = Choice {
    name: "way",
    values: &["private", "stop"],
    doc: "`private`: no database has a public address. `stop`: besides, databases are stopped; AWS starts \
          them again by itself after 7 days",
};

macro_rules! leaves {
    ($more:literal) => {
        concat!(
            "whoever reaches a database inside its VPC, by peering, VPN or a host that is open (5xx); databases \
             whose other changes wait for the maintenance window, and Multi-AZ DB clusters, which AWS lets \
             nobody make private: both are refused; ",
            $more,
            "the Data API and the console's query editor, for whoever may call them (600); clusters behind AWS's \
             internet access gateway; addresses of an Outpost's own network; passwords and IAM tokens that are \
             known; snapshots and exports; Redshift, DynamoDB, ElastiCache, MemoryDB, Timestream, QLDB and \
             databases on hosts, which this step does not look at"
        )
    };
}

static SPEC: Spec = Spec {
    id: StepId(650),
    slug: "rds",
    title: "RDS, Aurora, Neptune, DocumentDB: no public address; on request stopped",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Interfaces, // with the public addresses
        Section::Databases,
        Section::DatabaseProxies,
    ],
    reversal: Reversal::Partial("a database that is public again has a new address under its old name"),
    iam: Iam {
        apply: &[
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "rds:ModifyDBInstance",
            "rds:StopDBCluster",
            "rds:StopDBInstance",
        ],
        undo: &[
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "rds:ModifyDBInstance",
            "rds:StartDBCluster",
            "rds:StartDBInstance",
        ],
    },
    params: &[WAY.param()],
    does: Does::Cuts(&[Stops::PublicDatabases]),
    cuts: "the public addresses of database instances, whatever their groups allow",
    leaves: leaves!("connections that are open, of which AWS does not say when they end; "),
    breaks: "Clients outside the VPC that use a database by its public address lose it: developers at home, \
             reports, another provider's hosts.",
    doc: include_str!("s650_rds/doc.md"),
};

fn stops(params: &Params) -> bool {
    WAY.is(params, "stop")
}

impl Step for Rds {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        if !stops(params) {
            return SPEC.effect();
        }
        Effect {
            does: Does::Cuts(&[Stops::Databases, Stops::PublicDatabases]),
            cuts: "database instances and clusters: they are stopped, for 7 days; and their public addresses",
            leaves: leaves!(
                "what cannot be stopped, each refused by name (read replicas and their sources, SQL Server with a \
                 standby, Multi-AZ DB clusters, Aurora Serverless v1, members of a global database); every \
                 database again after 7 days, when AWS starts it; "
            ),
            breaks: "Every application that uses a stopped database fails. A start takes from minutes to hours, \
                     and what was in memory only is gone.",
            reversal: Reversal::Partial(
                "exactly those that the run stopped are started, with empty caches; a public one has a new address \
                 under its old name",
            ),
            ..SPEC.effect()
        }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            findings::say(&mut found, region, here, case);
            // What is being deleted has no address before long, and no call changes it.
            let all = here.databases.items().filter(|(_, database)| database.status != "deleting");
            for (arn, database) in all.filter(|(_, database)| within(database, here, case).0 > 0) {
                if has_address_of_its_own(database, here) {
                    found.item(item(PublicAccess::KIND, region, here, (arn, database)));
                }
                // A member is stopped with its cluster.
                if stops(&case.params) && database.cluster.is_none() {
                    // After it is private: AWS changes nothing of what is stopped.
                    let item = item(Power::KIND, region, here, (arn, database));
                    found.item(Item { rank: 2, ..item });
                }
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&PublicAccess, &Power]
    }
}

/// Instances have addresses, those of a Multi-AZ DB cluster by the cluster's setting.
fn has_address_of_its_own(database: &Database, here: &Region) -> bool {
    match database.kind.as_str() {
        "cluster" => database.is_multi_az_cluster(),
        _ => !cluster_of(database, here).is_some_and(Database::is_multi_az_cluster),
    }
}

fn cluster_of<'a>(instance: &Database, here: &'a Region) -> Option<&'a Database> {
    let cluster = instance.cluster.as_ref()?;
    here.databases.items().map(|(_, d)| d).find(|d| d.kind == "cluster" && d.name == *cluster)
}

fn item(kind: &str, region: &str, here: &Region, (arn, database): (&str, &Database)) -> Item {
    let mut at = Target::new(kind, arn).region(region).label(Some(&database.name));
    at.vpc = Some(database.vpc.clone()).filter(|vpc| !vpc.is_empty());
    let item = Item::new(at).tags(&database.tags);
    match here.vpcs.item(&database.vpc) {
        Some(vpc) => item.within(&vpc.tags),
        None => item,
    }
}

/// How many of its subnets are in scope, and how many it has. AWS may move it to any of them.
fn within(database: &Database, here: &Region, case: &Case) -> (usize, usize) {
    let whole = usize::from(case.scope.has_vpc(here, &database.vpc));
    let all = database.subnets.len();
    match all {
        0 => (whole, 1),
        _ if whole == 1 => (all, all),
        _ => (database.subnets.iter().filter(|subnet| case.scope.has_subnet(here, subnet)).count(), all),
    }
}

/// The database of a target, unless something keeps the step from changing it.
fn changeable<'a>(look: &Look<'a>) -> Result<&'a Database, Reason> {
    let here = look.region().ok_or("its Region was not read")?;
    let database = here.databases.item(&look.at.id).ok_or("it was not read")?;
    let (within, all) = within(database, here, look.case);
    if within < all {
        return Err(format!("only {within} of its {all} subnets are in scope, and AWS may move it to any"));
    }
    Ok(database)
}

/// Why AWS must not be asked to change it: changes that wait would come with ours, or before their time.
fn waits(database: &Database) -> Option<Reason> {
    let waits: Vec<&str> = database.pending.iter().map(String::as_str).collect();
    (!waits.is_empty()).then(|| {
        format!(
            "other changes of it wait for its maintenance window ({}): look at them, then let them be done or \
             take them back",
            waits.join(", ")
        )
    })
}

/// The identifier that calls take, and whether it is a cluster's: the end of an ARN.
fn identifier(arn: &str) -> (&str, bool) {
    let mut parts = arn.rsplitn(3, ':');
    let (name, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    (name, kind == "cluster")
}

#[cfg(test)]
mod tests;
