//! Access of many principals: seconds and peak memory, each in a process of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Instant;

use unplug::access::facts::Facts;
use unplug::access::powers::Power;
use unplug::access::survey;
use unplug::account::{AccessKey, Account, Caller, IamGroup, Principals, ReportRow, Role, Seen, User};

/// The word that makes this program a child.
pub const CHILD: &str = "access";

const ME: &str = "123456789012";

/// Users, roles, policies.
const CASES: [[usize; 3]; 4] =
    [[500, 750, 375], [1_000, 1_500, 750], [2_000, 3_000, 1_500], [4_000, 6_000, 3_000]];

pub fn print() {
    println!("access, all powers\n");
    println!(
        "| users | roles | policies | principals that can act | seconds | of that the processor | peak memory | of that the account |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for [users, roles, policies] in CASES {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([CHILD, &format!("{users},{roles},{policies}")])
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        print!("{}", String::from_utf8_lossy(&child.stdout));
    }
    println!();
}

pub fn child(counts: &str) {
    let counts: Vec<usize> = counts.split(',').map(|count| count.parse().unwrap()).collect();
    let account = account(counts[0], counts[1], counts[2]);
    let read = super::rehearsal::peak_mib();
    let (began, busy) = (Instant::now(), super::rehearsal::processor_seconds());
    let report = survey(&Facts::of(&account, "2026-11-28T15:00:00Z".parse().unwrap())).unwrap();
    let (once, once_busy) = (began.elapsed(), super::rehearsal::processor_seconds() - busy);
    let count = report.count(|_| true);
    assert!(report.principals.len() > counts[0] + counts[1]);
    assert!(Power::ALL.iter().all(|power| report.with(*power).count() > 1));
    println!(
        "| {} | {} | {} | {} | {:.2} | {once_busy:.2} | {} MiB | {read} MiB |",
        counts[0],
        counts[1],
        counts[2],
        count.yes + count.perhaps,
        once.as_secs_f64(),
        super::rehearsal::peak_mib()
    );
}

/// Policies as companies have them: a few statements, each of a service, with a deny and a condition here
/// and there; one in a hundred allows everything.
fn policy(number: usize) -> String {
    let services =
        ["s3", "ec2", "ses", "secretsmanager", "logs", "iam", "lambda", "cloudtrail", "kms", "sqs"];
    let service = |n: usize| services[n % services.len()];
    let (one, two) = (service(number), service(number / 3 + 1));
    if number.is_multiple_of(100) {
        return r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#
            .into();
    }
    let region = ["us-east-1", "eu-west-1", "ap-northeast-1"][number % 3];
    format!(
        r#"{{"Version":"2012-10-17","Statement":[
{{"Sid":"Read","Effect":"Allow","Action":["{one}:Get*","{one}:List*","{one}:Describe*"],"Resource":"*"}},
{{"Sid":"Work","Effect":"Allow","Action":["{two}:*"],"Resource":["arn:aws:{two}:*:{ME}:*/app-{number}-*","arn:aws:s3:::app-{number}/*"]}},
{{"Sid":"Assume","Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::{ME}:role/team-{}/*"}},
{{"Sid":"Region","Effect":"Deny","NotAction":["iam:*","s3:*","sts:*"],"Resource":"*","Condition":{{"StringNotEquals":{{"aws:RequestedRegion":"{region}"}}}}}}
]}}"#,
        number % 40
    )
}

fn account(users: usize, roles: usize, policies: usize) -> Account {
    let arn = |number: usize| format!("arn:aws:iam::{ME}:policy/policy-{number:05}");
    let some = |number: usize| -> BTreeSet<String> {
        [number, number * 7 + 3, number * 13 + 5].map(|n| arn(n % policies)).into()
    };
    let mut all = Principals {
        policies: (0..policies).map(|number| (arn(number), policy(number))).collect(),
        ..Principals::default()
    };
    for number in 0..100 {
        let group = IamGroup { attached: some(number * 11), ..IamGroup::default() };
        all.groups.insert(format!("group-{number:03}"), group);
    }
    let (mut keys, mut report) = (BTreeMap::new(), BTreeMap::new());
    for number in 0..users {
        let name = format!("user-{number:05}");
        let user = User {
            arn: format!("arn:aws:iam::{ME}:user/{name}"),
            path: "/".into(),
            groups: [format!("group-{:03}", number % 100), format!("group-{:03}", number / 100 % 100)].into(),
            attached: if number.is_multiple_of(3) { some(number) } else { BTreeSet::new() },
            inline: [("own".to_owned(), policy(number + 1))].into(),
            boundary: number.is_multiple_of(10).then(|| arn(number % policies)),
            ..User::default()
        };
        let status = if number.is_multiple_of(4) { "Inactive" } else { "Active" };
        let key = AccessKey { user: name.clone(), status: status.into(), last_used: None };
        keys.insert(format!("AKIA{number:016}"), key);
        report.insert(
            name.clone(),
            ReportRow { password_enabled: number.is_multiple_of(2), ..ReportRow::default() },
        );
        all.users.insert(name, user);
    }
    for number in 0..roles {
        let name = format!("role-{number:05}");
        let path = format!("/team-{}/", number % 40);
        let trusted = match number % 4 {
            0 => format!(r#"{{"AWS":"arn:aws:iam::{ME}:root"}}"#),
            1 => r#"{"Service":"ec2.amazonaws.com"}"#.to_owned(),
            2 => format!(r#"{{"AWS":"arn:aws:iam::{ME}:user/user-{:05}"}}"#, number % users),
            _ => r#"{"Service":"lambda.amazonaws.com"}"#.to_owned(),
        };
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{trusted},"Action":"sts:AssumeRole"}}]}}"#
        );
        let role = Role {
            arn: format!("arn:aws:iam::{ME}:role{path}{name}"),
            path,
            trust,
            attached: some(number),
            inline: [("own".to_owned(), policy(number + 2))].into(),
            ..Role::default()
        };
        all.roles.insert(name, role);
    }
    let mut account = Account::unread(ME, Caller::default());
    account.principals = Seen::Read(all);
    account.access_keys = Seen::Read(keys);
    account.credential_report = Seen::Read(report);
    account
}
