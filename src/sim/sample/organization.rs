//! An Organization around the sample: a unit of workloads, and policies of every type that is read.

use std::collections::BTreeMap;

use crate::account::organization::{DECLARATIVE_EC2, POLICY_TYPES, RESOURCE_CONTROL, S3, SERVICE_CONTROL};
use crate::account::{
    Organization, OrganizationAccount, OrganizationPolicy, OrganizationTree, Seen, Tags, Unit,
};

pub(crate) const MANAGEMENT: &str = "999999999999";
pub(crate) const ROOT: &str = "r-5a3b";
pub(crate) const WORKLOADS: &str = "ou-5a3b-workload";
pub(crate) const PRODUCTION: &str = "ou-5a3b-producti";
pub(crate) const SANDBOX: &str = "ou-5a3b-sandboxx";

const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const ALLOW_TO_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
const REGIONS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["us-east-1"]}}}]}"#;
const SERIAL: &str = r#"{"ec2_attributes":{"serial_console_access":{"status":{"@@assign":"disabled"}}}}"#;

/// The Organization of an account in production: root, workloads, production.
pub(crate) fn organization(account: &str) -> Seen<Option<Organization>> {
    let policy = |kind: &str, name: &str, content: Option<&str>| OrganizationPolicy {
        name: name.into(),
        description: format!("about {name}"),
        kind: kind.into(),
        content: content.map_or_else(Seen::default, |content| Seen::Read(content.into())),
        ..OrganizationPolicy::default()
    };
    let made = |kind: &str, name: &str, content: &str, targets: &[&str]| OrganizationPolicy {
        targets: Seen::Read(super::set(targets)),
        tags: Seen::Read(super::tag("unplug:run", "run-0")),
        ..policy(kind, name, Some(content))
    };
    let of_aws = |kind: &str, name: &str, content: &str| OrganizationPolicy {
        aws_managed: true,
        ..policy(kind, name, Some(content))
    };
    let policies = [
        ("p-FullAWSAccess", of_aws(SERVICE_CONTROL, "FullAWSAccess", ALLOW)),
        ("p-RCPFullAWSAccess", of_aws(RESOURCE_CONTROL, "RCPFullAWSAccess", ALLOW_TO_ALL)),
        ("p-regions00", policy(SERVICE_CONTROL, "regions", Some(REGIONS))),
        ("p-nowhere00", policy(SERVICE_CONTROL, "attached to nothing", None)),
        ("p-serial000", policy(DECLARATIVE_EC2, "serial", Some(SERIAL))),
        ("p-earlier00", made(SERVICE_CONTROL, "unplug-run-0", REGIONS, &[SANDBOX])),
    ];
    let levels = [ROOT, WORKLOADS, PRODUCTION, account];
    let attached = |of_each: &str, more: &[(&str, &str)]| {
        let of_level = |level: &&str| {
            let own = more.iter().filter(|(at, _)| at == level).map(|(_, id)| *id);
            let all = Some(of_each).filter(|id| !id.is_empty()).into_iter().chain(own);
            ((*level).to_owned(), Seen::Read(all.map(str::to_owned).collect()))
        };
        levels.iter().map(of_level).collect::<BTreeMap<_, _>>()
    };
    let unit =
        |name: &str, parent: &str, tags: Seen<Tags>| Unit { name: name.into(), parent: parent.into(), tags };
    let of = |name: &str, parent: &str| OrganizationAccount {
        name: name.into(),
        status: "ACTIVE".into(),
        parent: parent.into(),
    };
    let tree = OrganizationTree {
        root: ROOT.into(),
        policy_types: POLICY_TYPES
            .into_iter()
            .chain(["TAG_POLICY"])
            .map(|kind| (kind.to_owned(), "ENABLED".to_owned()))
            .collect(),
        levels: levels.map(str::to_owned).into(),
        units: super::map([
            (WORKLOADS, unit("workloads", ROOT, Seen::default())),
            (PRODUCTION, unit("production", WORKLOADS, Seen::default())),
            (SANDBOX, unit("unplug-quarantine", ROOT, Seen::Read(Tags::new()))),
        ]),
        accounts: Seen::Read(
            [
                (MANAGEMENT, of("management", ROOT)),
                (account, of("shop", PRODUCTION)),
                ("888888888888", of("log archive", ROOT)),
                ("777777777777", of("staging", WORKLOADS)),
            ]
            .map(|(id, account)| (id.to_owned(), account))
            .into(),
        ),
        attached: [
            (SERVICE_CONTROL, attached("p-FullAWSAccess", &[(WORKLOADS, "p-regions00")])),
            (RESOURCE_CONTROL, attached("p-RCPFullAWSAccess", &[])),
            (DECLARATIVE_EC2, attached("", &[(ROOT, "p-serial000")])),
            (S3, attached("", &[])),
        ]
        .map(|(kind, attached)| (kind.to_owned(), attached))
        .into(),
        policies: super::map(policies),
        effective_policies: [
            (
                DECLARATIVE_EC2.to_owned(),
                Seen::Read(Some(
                    r#"{"ec2_attributes":{"serial_console_access":{"status":"disabled"}}}"#.to_owned(),
                )),
            ),
            (S3.to_owned(), Seen::Read(None)),
        ]
        .into(),
    };
    Seen::Read(Some(Organization {
        id: "o-5a3b5a3b5a".into(),
        management_account: MANAGEMENT.into(),
        management: account == MANAGEMENT,
        feature_set: "ALL".into(),
        tree: Seen::Read(tree),
    }))
}
