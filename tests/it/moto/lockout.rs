//! The responder is never locked out, through the command: whoever calls, what is left of the run stays
//! possible, or nothing is cut.
//!
//! moto says of every key who it pleases, so the proxy says who calls.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use unplug::account::denial::Denial;

use super::account::{Dump, boto, denied, dump};
use super::binary::{ACCOUNT, Machine, Said};
use super::network::lacking;
use super::proxy::{At, Fate, Proxy};
use super::server::{Copy, seeded};
use crate::environment::one_line;
use crate::prompts::terminal::Terminal;

/// Users and roles of the responder and of the thief. `shared` is a role that both have a session of; the
/// key of `ops` is printed.
const PEOPLE: &str = r#"
import json
iam = client(os.environ["URL"], "iam")
everything = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
def trust(principal, action="sts:AssumeRole"):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
account = "arn:aws:iam::123456789012:"
for name in ["ops", "thief"]:
    iam.create_user(UserName=name, Path="/people/")
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=everything)
for name, path, trusted in [
    ("responder", "/teams/oncall/", trust({"AWS": account + "user/people/ops"})),
    ("partner", "/", trust({"AWS": "arn:aws:iam::111122223333:root"})),
    ("shared", "/", trust({"AWS": [account + "user/people/ops", account + "user/people/thief"]})),
    ("AWSReservedSSO_Ops_0a1b2c3d4e5f6789", "/aws-reserved/sso.amazonaws.com/eu-west-1/",
     trust({"Federated": account + "saml-provider/AWSSSO_DO_NOT_DELETE"}, "sts:AssumeRoleWithSAML")),
]:
    iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trusted)
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=everything)
key = iam.create_access_key(UserName="ops")["AccessKey"]
open(os.environ["KEY"], "w").write(key["AccessKeyId"])
"#;

/// An account with people, and the id of the key of `ops`.
struct Office {
    copy: Copy,
    key: String,
}

fn office() -> Office {
    let (copy, _) = seeded();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let mut code = boto(&copy.url(), &format!("import os\n{PEOPLE}"));
    assert!(code.env("KEY", &file).status().unwrap().success(), "boto3 could not make the people");
    let key = std::fs::read_to_string(&file).unwrap();
    Office { copy, key }
}

impl Office {
    /// A proxy through which this ARN calls. `None`: whom moto sees.
    fn as_caller(&self, arn: Option<&str>) -> Proxy {
        let answer = |arn: &str| {
            format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                 <GetCallerIdentityResult><Arn>{arn}</Arn><UserId>AIDAEXAMPLE</UserId>\
                 <Account>{ACCOUNT}</Account></GetCallerIdentityResult><ResponseMetadata>\
                 <RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
            )
        };
        let rules = arn.map(|arn| {
            (At::Each("sts:GetCallerIdentity"), Fate::Answer(Box::leak(answer(arn).into_boxed_str())))
        });
        let rules: Vec<_> = rules.into_iter().chain(lacking()).collect();
        Proxy::start(self.copy.port, Duration::ZERO, &rules)
    }

    fn dump(&self) -> Dump {
        dump(&self.copy.url(), &["us-east-1"])
    }
}

/// The users and roles that unplug denies everything, by name.
fn cut(dump: &Dump) -> Vec<String> {
    let all = ["users", "roles"].map(|kind| dump.json[kind]["global"].as_object().unwrap());
    let is_cut = |(_, one): &(&String, &Value)| denied(one) == Some(Denial::Everything);
    all.into_iter().flatten().filter(is_cut).map(|(name, _)| name.clone()).collect()
}

/// The requests that change the account. The proxy counts those that are named like writes.
fn writes(proxy: &Proxy) -> Vec<String> {
    let reads = ["iam:SimulatePrincipalPolicy", "sts:AssumeRole"];
    let writes = proxy.log().into_iter().filter(|seen| seen.write).map(|seen| seen.name());
    writes.filter(|name| !reads.contains(&name.as_str())).collect()
}

/// A kind of caller: its ARN, whether it signs with the key of `ops`, and whom it spares.
struct Kind {
    arn: String,
    signs_as_ops: bool,
    spares: &'static [&'static str],
    /// What is said of the first of them.
    because: &'static str,
}

fn kinds() -> Vec<Kind> {
    let iam = |of: &str| format!("arn:aws:iam::{ACCOUNT}:{of}");
    let session = |role: &str| format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/me");
    let kind = |arn: String, spares: &'static [&'static str], because: &'static str| Kind {
        arn,
        signs_as_ops: false,
        spares,
        because,
    };
    vec![
        Kind { signs_as_ops: true, ..kind(iam("user/people/ops"), &["ops"], "unplug calls as it") },
        kind(session("responder"), &["responder"], "unplug calls with its session"),
        kind(session("partner"), &["partner"], "unplug calls with its session"),
        kind(session("shared"), &["shared"], "unplug calls with its session"),
        kind(
            session("AWSReservedSSO_Ops_0a1b2c3d4e5f6789"),
            &["AWSReservedSSO_Ops_0a1b2c3d4e5f6789"],
            "only AWS may change it",
        ),
        kind(format!("arn:aws:sts::{ACCOUNT}:federated-user/x"), &[], ""),
        kind(iam("root"), &[], ""),
    ]
}

/// Runs with the key of `ops`, or with a key that nobody here has.
fn run(machine: &Machine, office: &Office, kind: &Kind, words: &[&str]) -> Said {
    let mut command = machine.command(&[words, &["--yes", "--account", ACCOUNT]].concat());
    if kind.signs_as_ops {
        command.env("AWS_ACCESS_KEY_ID", &office.key);
    }
    Said::of(command.output().unwrap())
}

#[test]
fn whoever_calls_is_not_cut_with_the_others_though_named() {
    let office = office();
    for kind in kinds() {
        let proxy = office.as_caller(Some(&kind.arn));
        let machine = Machine::new(&proxy.url());
        let named = kind.spares.iter().copied().chain(["thief"]).flat_map(|name| ["--principal", name]);
        let words: Vec<&str> = ["pull", "--steps", "600", "--details"].into_iter().chain(named).collect();
        let said = run(&machine, &office, &kind, &words);
        let said = said.ends(0).says(kind.because);
        assert_eq!(cut(&office.dump()), ["thief"], "{}\n{}{}", kind.arn, said.out, said.err);
        run(&machine, &office, &kind, &["restore", "--latest"]).ends(0);
        assert_eq!(cut(&office.dump()), [""; 0]);
    }
}

/// A machine whose profile assumes the role of the responder with the key of `ops`, and a command on it.
fn behind_a_role(office: &Office, proxy: &Proxy, words: &[&str]) -> (Machine, Command) {
    let machine = Machine::new(&proxy.url());
    let config = format!(
        "[profile p]\nregion = us-east-1\nrole_arn = arn:aws:iam::{ACCOUNT}:role/teams/oncall/responder\n\
         source_profile = s\n[profile s]\naws_access_key_id = {}\naws_secret_access_key = x\n",
        office.key
    );
    std::fs::create_dir(machine.path(".aws")).unwrap();
    std::fs::write(machine.path(".aws").join("config"), config).unwrap();
    let command = machine.bare(&[words, &["--profile", "p", "--endpoint-url", &proxy.url()]].concat());
    (machine, command)
}

#[test]
fn the_chain_behind_a_session_is_spared_and_its_key_cannot_be_turned_off() {
    let office = office();
    let proxy = office.as_caller(None);
    let words = ["pull", "--steps", "600", "--details", "--yes", "--account", ACCOUNT];
    let names = ["--principal", "ops", "--principal", "responder", "--principal", "thief"];
    let (_machine, mut command) = behind_a_role(&office, &proxy, &[&words[..], &names].concat());
    let said = Said::of(command.output().unwrap()).ends(0);
    let said = said.says(&format!("its key {} stands behind", office.key));
    assert_eq!(cut(&office.dump()), ["thief"], "{}{}", said.out, said.err);

    // Its key is suspected: without it the session cannot be renewed. No step asks, and nothing is cut.
    let proxy = office.as_caller(None);
    let words = ["pull", "--steps", "100,600", "--key", &office.key, "--principal", "mailer"];
    let (_machine, command) = behind_a_role(&office, &proxy, &words);
    let mut terminal = Terminal::start(&command, 120);
    terminal.answer("Type its id or alias to go on", ACCOUNT);
    let end = terminal.ends_with(7);
    for words in [
        "this plan would lock you out. Nothing was cut.",
        &format!("access key {} could no longer sign calls and renew the session", office.key),
        "it would be turned off",
    ] {
        assert!(one_line(&end).contains(words), "{words:?} is not in\n{end}");
    }
    assert_eq!(writes(&proxy), [""; 0]);
    assert_eq!(cut(&office.dump()), ["thief"]);
}

/// Who signs with a key himself keeps it: the step says so, and cuts the others.
#[test]
fn a_caller_keeps_the_key_that_signs() {
    let office = office();
    let kind = kinds().remove(0);
    let proxy = office.as_caller(Some(&kind.arn));
    let machine = Machine::new(&proxy.url());
    let said = run(&machine, &office, &kind, &["pull", "--steps", "100", "--key", &office.key, "--details"]);
    said.says(&format!("KEEP    {} (ops)  it signs unplug's own calls", office.key));
    assert_eq!(writes(&proxy), [""; 0]);
}
