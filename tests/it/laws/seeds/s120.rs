//! Seeds of 120: nobody has a way in; a way in whose trust and policies are of last year.

use serde_json::json;
use unplug::account::{Account, PolicyVersions, Principals, Region, Role, Seen, User};
use unplug::config::Config;
use unplug::engine::plan::Selected;
use unplug::step::{Params, StepId};
use unplug::steps::responder;

use super::s520::account;
use super::{Seed, seed};

const KIM: &str = "arn:aws:iam::111111111111:user/kim";
const EVERY_STEP: &[&str] = &["100", "200", "310", "350", "510", "520", "530", "570", "600", "660", "700"];

fn bare() -> Account {
    let mut account = account(Region::empty());
    let user = User { arn: KIM.into(), path: "/".into(), ..User::default() };
    let users = [("kim".to_owned(), user)].into();
    account.principals = Seen::Read(Principals { users, ..Principals::default() });
    account
}

fn params(steps: &[&str]) -> Params {
    Params::from([("trust".to_owned(), json!([KIM])), ("steps".to_owned(), json!(steps))])
}

/// A role that may be assumed without MFA. Its first policy is an old one, the second was turned back to
/// one, and a third is of a playbook that had more.
fn old() -> Account {
    let mut account = bare();
    let wanted = responder::policies(&account, &params(EVERY_STEP), &Config::default());
    let arns: Vec<String> = wanted.keys().cloned().collect();
    assert!(arns.len() >= 2, "the steps take several documents");
    let last = arns[0].replace("-1", "-9");
    let all = account.principals.read_mut().unwrap();
    for arn in arns.iter().chain([&last]) {
        all.policies.insert(arn.clone(), r#"{"Version":"2012-10-17","Statement":[]}"#.into());
    }
    let versions =
        PolicyVersions { default: "v1".into(), others: [("v2".to_owned(), wanted[&arns[1]].clone())].into() };
    all.versions.insert(arns[1].clone(), versions);
    let role = Role {
        arn: "arn:aws:iam::111111111111:role/unplug-break-glass".into(),
        path: "/".into(),
        trust: r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/kim"},"Action":"sts:AssumeRole"}]}"#.into(),
        attached: [arns[0].clone(), last].into(),
        ..Role::default()
    };
    all.roles.insert(responder::ROLE.into(), role);
    account
}

pub fn seeds() -> Vec<Seed> {
    let of = |name, account, steps: &[&str], drift| {
        let mut seed = seed(name, 120, account, drift);
        seed.steps = vec![Selected { step: StepId(120), params: params(steps) }];
        seed
    };
    vec![
        of(
            "nobody has a way in",
            bare(),
            &["400"],
            Some(|account| {
                // Somebody lets himself in.
                let roles = &mut account.principals.read_mut().unwrap().roles;
                if let Some(role) = roles.get_mut(responder::ROLE) {
                    role.trust = responder::trust(&["arn:aws:iam::222222222222:root".to_owned()].into());
                }
            }),
        ),
        of("a way in of last year", old(), EVERY_STEP, None),
    ]
}
