//! Where unplug itself runs: inside a VPC that it would cut? Told without a call where it can be.

use std::path::Path;

use super::plan::warn as say;
use super::session::Session;
use crate::account::{Account, Region, Section, Seen};
use crate::aws::Aws;
use crate::checks::OwnPath;
use crate::collect::{self, Ask};
use crate::engine::plan::Selection;
use crate::engine::store;
use crate::failure::{Exit, Failure};
use crate::step::Scope;
use crate::steps;

/// What the machine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Machine {
    /// An EC2 instance, or a container on one; or the credentials are an instance's.
    Instance(String),
    /// A service of AWS that runs in a VPC of its own or of the customer: nothing here says which.
    Service(&'static str),
    Elsewhere,
}

/// Looks at the machine's own marks, under a root, without the network.
///
/// The board's asset tag is the instance's id on Nitro:
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html>
fn machine(root: &Path, variable: impl Fn(&str) -> Option<String>, caller: &str) -> Machine {
    // Fargate and Lambda run on instances of AWS's own, whose mark would name a stranger.
    match variable("AWS_EXECUTION_ENV").as_deref() {
        Some("CloudShell") => return Machine::Service("AWS CloudShell"),
        Some("AWS_ECS_FARGATE") => return Machine::Service("Fargate"),
        Some(name) if name.starts_with("AWS_Lambda") => return Machine::Service("Lambda"),
        _ => {}
    }
    if variable("AWS_LAMBDA_FUNCTION_NAME").is_some() {
        return Machine::Service("Lambda");
    }
    let mark = |name: &str| {
        let bytes = store::read(&root.join("sys/devices/virtual/dmi/id").join(name)).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    let asset = mark("board_asset_tag").filter(|_| mark("sys_vendor").as_deref() == Some("Amazon EC2"));
    // Credentials of an instance profile: AWS names the session after the instance.
    let session = caller.split_once(":assumed-role/").and_then(|(_, rest)| rest.rsplit('/').next());
    let ids = [asset, session.map(str::to_owned)].into_iter().flatten();
    match ids.into_iter().find(|id| is_instance(id)) {
        Some(id) => Machine::Instance(id),
        None if variable("ECS_CONTAINER_METADATA_URI_V4").is_some() => Machine::Service("ECS"),
        None => Machine::Elsewhere,
    }
}

fn is_instance(text: &str) -> bool {
    let digits = text.strip_prefix("i-").unwrap_or_default();
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|c| c.is_ascii_hexdigit())
}

/// What a cut of this selection does to the path that unplug uses.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    Open,
    /// It is cut: the instance, its VPC, the Region.
    Cut(String),
    /// It may be cut: what could not be told.
    Unknown(String),
}

/// Compares the machine with the instances in scope.
fn judge(machine: &Machine, account: &Account, scope: &Scope) -> Way {
    let id = match machine {
        Machine::Elsewhere => return Way::Open,
        Machine::Service(name) => {
            return Way::Unknown(format!(
                "unplug runs in {name}: whether that is inside a VPC which this cuts cannot be told from here"
            ));
        }
        Machine::Instance(id) => id,
    };
    let mut unread = vec![];
    for (name, here) in account.regions.iter().filter(|(name, _)| scope.has_region(name)) {
        match &here.instances {
            Seen::Gap(_) => unread.push(name.as_str()),
            Seen::Read(instances) => {
                if let Some(instance) = instances.get(id) {
                    let vpc = &instance.vpc;
                    return if scope.has_instance(here, id) {
                        Way::Cut(format!("unplug runs on {id} in {vpc} ({name}), which this would cut"))
                    } else if has_parts(here, vpc, scope) {
                        Way::Unknown(format!(
                            "unplug runs on {id} in {vpc} ({name}), of which this cuts other parts"
                        ))
                    } else {
                        Way::Open
                    };
                }
            }
        }
    }
    if unread.is_empty() {
        return Way::Open;
    }
    Way::Unknown(format!(
        "unplug runs on {id}: whether that is in a VPC which this cuts cannot be told, because the instances \
         of {} could not be read",
        unread.join(", ")
    ))
}

/// Does the scope name parts of this VPC?
fn has_parts(here: &Region, vpc: &str, scope: &Scope) -> bool {
    here.subnets.items().any(|(id, subnet)| subnet.vpc == vpc && scope.has_subnet(here, id))
        || here.instances.items().any(|(id, instance)| instance.vpc == vpc && scope.has_instance(here, id))
}

/// Does the selection cut a path at all?
fn cuts(selection: &Selection) -> bool {
    let mut chosen = selection.steps.iter().filter_map(|selected| steps::find(selected.step));
    chosen.any(|step| step.spec().does.cuts_paths())
}

/// Reads what it takes to find the instance, only when there is one and the network is cut.
async fn path(aws: &Aws, known: &Account, selection: &Selection, machine: &Machine) -> Way {
    if !cuts(selection) {
        return Way::Open;
    }
    if !matches!(machine, Machine::Instance(_)) {
        return judge(machine, known, &selection.scope);
    }
    let ask = Ask {
        sections: [Section::Vpcs, Section::Subnets, Section::Instances].into(),
        regions: selection.scope.regions.clone(),
        ..Ask::default()
    };
    let account = collect::read(aws, known, &ask, &|_, _| {}).await;
    judge(machine, &account, &selection.scope)
}

#[expect(clippy::disallowed_methods, reason = "the environment says what runs the process")]
fn this_machine(caller: &str) -> Machine {
    machine(Path::new("/"), |name| std::env::var(name).ok(), caller)
}

/// Says that unplug would cut its own path, of an account that is read already.
pub fn warn(session: &Session, account: &Account, selection: &Selection) {
    if cuts(selection)
        && let Way::Cut(text) | Way::Unknown(text) =
            judge(&this_machine(&account.caller.arn), account, &selection.scope)
    {
        say(session.printer, &text);
    }
}

/// What a pull of this selection would do to the path that unplug uses, of an account that is read already.
pub fn own_path(account: &Account, selection: &Selection) -> OwnPath {
    if !cuts(selection) {
        return OwnPath::Open;
    }
    match judge(&this_machine(&account.caller.arn), account, &selection.scope) {
        Way::Open => OwnPath::Open,
        Way::Cut(text) => OwnPath::Cut(text),
        Way::Unknown(text) => OwnPath::Unknown(text),
    }
}

/// Refuses to cut the path that unplug itself uses, unless that was said.
///
/// # Errors
/// When it would be cut: nothing was asked and nothing cut.
pub async fn check(
    session: &Session,
    aws: &Aws,
    account: &Account,
    selection: &Selection,
) -> Result<(), Failure> {
    let machine = this_machine(&account.caller.arn);
    let text = match path(aws, account, selection, &machine).await {
        Way::Open => return Ok(()),
        Way::Cut(text) if !selection.scope.lose_my_path => {
            return Err(Failure::new(
                Exit::Usage,
                format!("{text}: it would cut itself off. Nothing was cut."),
            )
            .hint("run it from outside, or leave that VPC out with --vpc")
            .hint("to cut it all the same: --lose-my-path; then restore from another place"));
        }
        Way::Cut(text) | Way::Unknown(text) => text,
    };
    say(session.printer, &text);
    Ok(())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a root folder for the machine's marks")]
mod tests {
    use super::*;
    use crate::sim::{Simulation, sample};
    use crate::step::StepId;

    const ID: &str = "i-0123456789abcdef0";
    const USER: &str = "arn:aws:iam::123456789012:user/akari";

    fn with_marks(vendor: &str, tag: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let dmi = root.path().join("sys/devices/virtual/dmi/id");
        std::fs::create_dir_all(&dmi).unwrap();
        std::fs::write(dmi.join("sys_vendor"), format!("{vendor}\n")).unwrap();
        std::fs::write(dmi.join("board_asset_tag"), format!("{tag}\n")).unwrap();
        root
    }

    fn at(root: &tempfile::TempDir, variables: &[(&str, &str)], caller: &str) -> Machine {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        machine(root.path(), variable, caller)
    }

    #[test]
    fn an_instance_is_known_by_its_board_or_by_its_session() {
        let (nitro, laptop) = (with_marks("Amazon EC2", ID), with_marks("LENOVO", "i-0123456789abcdef0"));
        assert_eq!(at(&nitro, &[], USER), Machine::Instance(ID.into()));
        assert_eq!(at(&nitro, &[("AWS_EXECUTION_ENV", "AWS_ECS_EC2")], USER), Machine::Instance(ID.into()));
        assert_eq!(at(&laptop, &[], USER), Machine::Elsewhere);
        let session = format!("arn:aws:sts::123456789012:assumed-role/web/{ID}");
        assert_eq!(at(&laptop, &[], &session), Machine::Instance(ID.into()));
        let person = "arn:aws:sts::123456789012:assumed-role/admin/i-am-akari";
        assert_eq!(at(&laptop, &[], person), Machine::Elsewhere);
    }

    #[test]
    fn a_service_of_aws_is_not_taken_for_the_instance_it_runs_on() {
        let nitro = with_marks("Amazon EC2", ID);
        for (variables, name) in [
            ([("AWS_EXECUTION_ENV", "CloudShell")], "AWS CloudShell"),
            ([("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE")], "Fargate"),
            ([("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")], "Lambda"),
            ([("AWS_LAMBDA_FUNCTION_NAME", "unplug")], "Lambda"),
        ] {
            assert_eq!(at(&nitro, &variables, USER), Machine::Service(name));
        }
        let bare = tempfile::tempdir().unwrap();
        let ecs = [("ECS_CONTAINER_METADATA_URI_V4", "http://169.254.170.2/v4/x")];
        assert_eq!(at(&bare, &ecs, USER), Machine::Service("ECS"));
        assert!(matches!(
            judge(&Machine::Service("ECS"), &sample::account(), &Scope::default()),
            Way::Unknown(text) if text.contains("ECS")
        ));
    }

    fn judged(scope: &Scope) -> Way {
        judge(&Machine::Instance("i-1".into()), &sample::account(), scope)
    }

    #[test]
    fn the_own_path_is_cut_when_its_vpc_is_in_scope() {
        assert!(matches!(judged(&Scope::default()), Way::Cut(text) if text.contains("i-1 in vpc-1")));
        let only = |vpc: &str| Scope { vpcs: Some([vpc.to_owned()].into()), ..Scope::default() };
        assert!(matches!(judged(&only("vpc-1")), Way::Cut(_)));
        assert_eq!(judged(&only("vpc-2")), Way::Open);
        let neighbour = Scope { instances: ["i-2".to_owned()].into(), ..Scope::default() };
        assert!(matches!(judged(&neighbour), Way::Unknown(text) if text.contains("other parts")));
        let elsewhere = Scope { regions: Some(["xx-north-9".to_owned()].into()), ..Scope::default() };
        assert_eq!(judged(&elsewhere), Way::Open);
    }

    #[test]
    fn instances_that_could_not_be_read_are_said_and_not_taken_for_none() {
        let mut account = sample::account();
        for region in account.regions.values_mut() {
            region.instances = Seen::default();
        }
        let judged = judge(&Machine::Instance("i-1".into()), &account, &Scope::default());
        assert!(matches!(judged, Way::Unknown(text) if text.contains("could not be read")));
    }

    #[tokio::test]
    async fn the_instances_are_read_only_where_the_network_is_cut() {
        let account = sample::account();
        let aws = Aws::simulated(Simulation::new(account.clone()));
        let selection = |step| Selection {
            steps: vec![crate::engine::plan::Selected { step: StepId(step), params: Default::default() }],
            ..Selection::default()
        };
        let here = Machine::Instance("i-1".into());
        assert_eq!(path(&aws, &account, &selection(505), &here).await, Way::Open);
        assert_eq!(aws.ledger().len(), 0);
        assert!(matches!(path(&aws, &account, &selection(520), &here).await, Way::Cut(_)));
    }
}
