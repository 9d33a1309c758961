//! Two accounts of one Organization: the run is of a member, and the policies are written with the credentials of the
//! management account, which the actor `organization` has.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::account::boto;
use super::binary::{ACCOUNT, Machine, Said, journal};
use super::network::lacking;
use super::proxy::{At, Fate, Moment, Proxy};
use super::server::{Copy, seeded};

/// An Organization with one member, two policies and a unit; and another Organization, of nobody here.
const ORGANIZATIONS: &str = r#"
import os
def organization(key):
    org = client(os.environ["URL"], "organizations", **key)
    org.create_organization(FeatureSet="ALL")
    root = org.list_roots()["Roots"][0]["Id"]
    org.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    return org, root
org, root = organization({})
unit = org.create_organizational_unit(ParentId=root, Name="workloads")["OrganizationalUnit"]["Id"]
member = org.create_account(Email="shop@example.com", AccountName="shop")["CreateAccountStatus"]["AccountId"]
org.move_account(AccountId=member, SourceParentId=root, DestinationParentId=unit)
stays = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"*"}]}'
policy = org.create_policy(Name="no-leaving", Description="", Content=stays, Type="SERVICE_CONTROL_POLICY")
org.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=member)
sts = client(os.environ["URL"], "sts")
def session(account, role):
    got = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="seed")["Credentials"]
    return {"aws_access_key_id": got["AccessKeyId"], "aws_secret_access_key": got["SecretAccessKey"],
            "aws_session_token": got["SessionToken"]}
trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
everything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
for role, keys in [("Responder", session(member, "Seed")), ("OrgResponder", {})]:
    iam = client(os.environ["URL"], "iam", **keys)
    iam.create_role(RoleName=role, Path="/oncall/", AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=everything)
organization(session("999900001111", "OrgAdmin"))
open(os.environ["FILE"], "w").write(member)
"#;

/// Every policy with its content, its tags and where it is attached.
const POLICIES: &str = r#"
import json, os
org = client(os.environ["URL"], "organizations")
found = {}
for policy in org.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]:
    id = policy["Id"]
    found[policy["Name"]] = {
        "summary": {key: value for key, value in policy.items() if key not in ("Arn", "Id")},
        "content": org.describe_policy(PolicyId=id)["Policy"]["Content"],
        "targets": sorted(target["TargetId"] for target in org.list_targets_for_policy(PolicyId=id)["Targets"]),
        "tags": [] if policy["AwsManaged"] else org.list_tags_for_resource(ResourceId=id)["Tags"],
    }
open(os.environ["FILE"], "w").write(json.dumps(found))
"#;

/// A colleague attaches a policy of his own meanwhile.
const FOREIGN: &str = r#"
import os
org = client(os.environ["URL"], "organizations")
root = org.list_roots()["Roots"][0]["Id"]
unit = org.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"][0]["Id"]
member = org.list_accounts_for_parent(ParentId=unit)["Accounts"][0]["Id"]
text = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:RunInstances","Resource":"*"}]}'
made = org.create_policy(Name="no-instances", Description="", Content=text, Type="SERVICE_CONTROL_POLICY")
org.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=member)
"#;

/// Runs Python against the copy, and returns what it wrote.
fn told(copy: &Copy, code: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("told");
    assert!(boto(&copy.url(), code).env("FILE", &file).status().unwrap().success(), "boto3 failed: {code}");
    std::fs::read_to_string(&file).unwrap_or_default()
}

fn policies(copy: &Copy) -> Value {
    serde_json::from_str(&told(copy, POLICIES)).unwrap()
}

/// A machine with profiles for the member, for the management account and for another Organization.
struct Office {
    copy: Copy,
    machine: Machine,
    member: String,
}

fn office() -> Office {
    let (copy, _) = seeded();
    let member = told(&copy, ORGANIZATIONS);
    Office::at(copy, &member)
}

/// A machine with profiles for the three accounts.
fn machine(url: &str, member: &str) -> Machine {
    let machine = Machine::new(url);
    let role = |profile: &str, account: &str, role: &str| {
        format!(
            "[profile {profile}]\nregion = us-east-1\nrole_arn = arn:aws:iam::{account}:role/{role}\n\
             source_profile = keys\n"
        )
    };
    let keys = "[profile keys]\naws_access_key_id = AKIAWIRETEST00000000\naws_secret_access_key = x\n";
    let profiles = [
        role("shop", member, "Responder"),
        role("management", ACCOUNT, "OrgResponder"),
        role("stranger", "999900001111", "OrgAdmin"),
        keys.to_owned(),
    ];
    std::fs::write(machine.path("config"), profiles.concat()).unwrap();
    machine
}

impl Office {
    fn at(copy: Copy, member: &str) -> Office {
        let machine = machine(&copy.url(), member);
        Office { copy, machine, member: member.to_owned() }
    }

    /// Pulls 700 through a rule. Returns whether that killed it.
    fn pull_through(&self, rule: (At, Fate)) -> bool {
        let rules: Vec<_> = [rule].into_iter().chain(lacking()).collect();
        let proxy = Proxy::start(self.copy.port, Duration::ZERO, &rules);
        let words =
            [&["pull"], &STEPS[..], &ACTOR, &["--profile", "shop", "--yes", "--account", &self.member]];
        let mut command = self.machine.at(&proxy.url(), &words.concat());
        command.env("AWS_CONFIG_FILE", self.machine.path("config"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let child = Arc::new(Mutex::new(child));
        proxy.client(&child);
        Machine::wait(&child);
        proxy.settle();
        proxy.killed()
    }

    fn run(&self, words: &[&str]) -> Said {
        let mut command = self.machine.command(&[words, &["--profile", "shop"]].concat());
        Said::of(command.env("AWS_CONFIG_FILE", self.machine.path("config")).output().unwrap())
    }

    fn sure(&self, words: &[&str]) -> Said {
        self.run(&[words, &["--yes", "--account", &self.member]].concat())
    }
}

/// The policy types that moto has.
const STEPS: [&str; 4] = ["--steps", "700", "--regions", "us-east-1"];
const ACTOR: [&str; 2] = ["--actor", "organization=management"];

#[test]
fn policies_are_attached_and_taken_off_with_the_actors_credentials() {
    let office = office();
    let before = policies(&office.copy);

    // Without him nothing is known, and he is named.
    let alone = office.run(&[&["plan"], &STEPS[..]].concat());
    alone.ends(4).says("--actor organization=PROFILE");
    // Of another Organization: refused before anything.
    let wrong = office.sure(&[&["pull", "--actor", "organization=stranger"], &STEPS[..]].concat());
    wrong.ends(2).says("is of no Organization that has account");
    assert!(office.machine.runs().is_empty(), "a run was begun");
    assert_eq!(policies(&office.copy), before);

    office.sure(&[&["pull"], &STEPS[..], &ACTOR].concat()).says("OrgResponder");
    let cut = policies(&office.copy);
    let made: Vec<(&String, &Value)> =
        cut.as_object().unwrap().iter().filter(|(name, _)| before.get(name.as_str()).is_none()).collect();
    assert_eq!(made.len(), 1, "{cut}");
    assert_eq!(made[0].1["targets"], serde_json::json!([office.member]));
    assert!(made[0].1["content"].as_str().unwrap().contains("Deny"), "{cut}");
    let (folder, run) = office.machine.latest();
    let lines = journal(&folder);
    assert_eq!(
        lines[0]["entry"]["opened"]["actors"]["organization"]["arn"]
            .as_str()
            .map(|arn| arn.contains(ACCOUNT)),
        Some(true)
    );
    let intents: Vec<&Value> =
        lines.iter().map(|line| &line["entry"]["intent"]).filter(|one| one.is_object()).collect();
    assert!(
        !intents.is_empty() && intents.iter().all(|one| one["target"]["account"] == ACCOUNT),
        "{intents:?}"
    );

    told(&office.copy, FOREIGN);
    // Without the actor what is his stays owed, and he is named.
    let owed = office.sure(&["restore", &run]);
    owed.ends(3).says("credentials of the actor organization");
    office.sure(&[&["restore", &run], &ACTOR[..]].concat()).ends(0);
    let mut after = policies(&office.copy);
    assert_eq!(after["no-instances"]["targets"], serde_json::json!([office.member]), "a colleague's is gone");
    after.as_object_mut().unwrap().remove("no-instances");
    assert_eq!(after, before);
}

#[test]
fn killed_around_every_write_of_the_actor_the_policies_are_taken_off_again() {
    let origin = office();
    let before = policies(&origin.copy);
    let mut killed = 0;
    for operation in ["organizations:CreatePolicy", "organizations:AttachPolicy"] {
        for moment in [Moment::Before, Moment::After] {
            let office = Office::at(origin.copy.copy(), &origin.member);
            assert!(
                office.pull_through((At::Operation(operation, 1), Fate::Kill(moment))),
                "{operation} {moment:?}"
            );
            killed += 1;
            let (_, run) = office.machine.latest();
            office.sure(&[&["restore", &run], &ACTOR[..]].concat()).ends(0);
            assert_eq!(policies(&office.copy), before, "{operation} {moment:?}");
        }
    }
    assert_eq!(killed, 4);
}
