//! Is the simulation honest? What it answers and what unplug sends, held against AWS's own models
//! of its services (botocore's, which others wrote), not against their author's memory.
//!
//! ```text
//!   src/sim/*.rs ── codes, filters ──┐
//!   OPERATIONS ── names ─────────────┼──> models.py: botocore's service models
//!   laws' pulls ── requests as sent ─┘
//! ```

mod codes;
mod iam_actions;
mod organization;
mod python;
mod sources;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_elasticloadbalancingv2::types::Rule;
use unplug::account::{Account, HubFindings, Seen, denial};
use unplug::aws::Aws;
use unplug::aws::document::REQUIRED;
use unplug::aws::ledger::Phase;
use unplug::aws::operations::{self, REGISTRY};
use unplug::aws::tap::Sent;
use unplug::checks::{self, Facts, Pull, Record, Report};
use unplug::collect::{self, Ask, events::History};
use unplug::config::Config;
use unplug::engine::sweep::{self, Holder, LeftDeny};
use unplug::engine::{analyzer, import};
use unplug::scenario;
use unplug::sim::Simulation;
use unplug::step::{Names, Scope, StepId};
use unplug::trace::Suspect;
use unplug::view;

use crate::laws::harness::Process;
use crate::laws::seeds::seeds;
use python::{check, models};

/// Reads whose name does not say so: the report is made, and nothing of the account changes.
const READS_BY_ANOTHER_NAME: [&str; 4] = [
    "apigatewayv2:ExportApi",
    "cloudtrail:LookupEvents",
    "iam:GenerateCredentialReport",
    "iam:SimulatePrincipalPolicy",
];

#[test]
fn every_operation_is_one_of_its_service() {
    let simulated = Simulation::operations().into_iter();
    // The registry's own calls are of the OCI distribution API, and in no model of AWS's.
    let simulated = simulated.filter(|name| !REGISTRY.iter().any(|op| op.name == *name));
    let all: BTreeSet<&str> = operations::all().map(|op| op.name).chain(simulated).collect();
    for name in all {
        assert!(models().operations.contains_key(name), "{name:?} is not in botocore's model");
    }
}

#[test]
fn every_listed_operation_is_simulated_and_the_other_way_round() {
    let listed: BTreeSet<&str> = operations::all().chain(REGISTRY).map(|op| op.name).collect();
    let simulated: BTreeSet<&str> = Simulation::operations().into_iter().collect();
    assert_eq!(listed, simulated);
}

#[test]
fn an_operation_that_is_called_a_read_reads() {
    for operation in operations::all() {
        let verb = operation.name.split(':').nth(1).unwrap();
        let reads = ["Describe", "Get", "List", "Head"].iter().any(|word| verb.starts_with(word))
            || READS_BY_ANOTHER_NAME.contains(&operation.name);
        assert_eq!(reads, !operation.mutates, "{}", operation.name);
        let method = models().operations[operation.name].method.as_str();
        // REST services say it again by their method.
        match method {
            "PUT" | "DELETE" | "PATCH" => assert!(operation.mutates, "{} is a {method}", operation.name),
            "GET" | "HEAD" => assert!(!operation.mutates, "{} is a {method}", operation.name),
            _ => {}
        }
    }
}

#[test]
fn what_an_answer_must_have_is_what_its_model_has() {
    for (operation, members) in REQUIRED {
        let has = &models().operations[*operation].answer;
        for member in members.iter().flat_map(|member| member.split('|')) {
            assert!(has.iter().any(|name| name == member), "{operation} answers no {member}, but {has:?}");
        }
    }
}

/// The SDK's paginators take a token that comes again for the end, and have no limits.
#[test]
fn every_list_is_read_by_the_one_that_has_limits() {
    for (file, text) in sources::all() {
        assert!(!text.contains("into_paginator"), "{}: use aws::lists", file.display());
    }
}

#[test]
fn every_filter_that_the_simulation_takes_is_documented() {
    let filters = sources::filters();
    assert!(filters.len() >= 6, "the sources were not understood: {filters:?}");
    for (operation, names) in filters {
        let documented = &models().operations[&operation].filters;
        for name in names {
            assert!(documented.contains(&name), "{operation}: the filter {name} is not documented");
        }
    }
}

#[test]
fn page_sizes_are_those_of_the_models() {
    // What the simulation enforces for every EC2 list, but for those that say otherwise.
    let others = sources::page_sizes();
    for (name, operation) in &models().operations {
        if let Some([Some(least), Some(most)]) = operation.limits.get("MaxResults")
            && name.starts_with("ec2:")
        {
            let enforced = others.get(name).copied().unwrap_or((5, 1_000));
            assert_eq!((*least, *most), enforced, "{name}");
        }
    }
}

/// Everything that unplug sends in all laws' pulls and restores, as AWS's models read it: names,
/// required members, enums, ranges, patterns, methods, API versions.
#[tokio::test]
async fn every_request_is_one_that_aws_models_allow() {
    let sent: Arc<Mutex<Vec<Sent>>> = Arc::default();
    let mut seeds = seeds();
    seeds.extend(sources::more_seeds());
    for seed in seeds {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        let seen = sent.clone();
        process.aws.tap().witness(move |request| seen.lock().unwrap().push(request));
        process.pull(&seed).await;
        process.restore().await;
    }
    calls_against_a_thief(&sent).await;
    calls_of_no_step(&sent).await;
    organization::calls(&sent).await;
    let mut sent = std::mem::take(&mut *sent.lock().unwrap());
    sent.retain(|request| !REGISTRY.iter().any(|op| op.name == request.operation));
    let operations: BTreeSet<&str> = sent.iter().map(|request| request.operation.as_str()).collect();
    let unseen: Vec<_> =
        operations::all().map(|op| op.name).filter(|name| !operations.contains(name)).collect();
    assert_eq!(unseen, Vec::<&str>::new(), "never sent by any seed");
    assert_eq!(check(&sent), Vec::<String>::new());
}

/// The check itself is checked: a range, an enum, a missing member and an unknown id's form.
#[tokio::test]
async fn a_request_that_aws_models_forbid_is_objected_to() {
    let sent: Arc<Mutex<Vec<Sent>>> = Arc::default();
    let aws = Aws::simulated(Simulation::new(scenario::load(scenario::DEFAULT).unwrap().account));
    let seen = sent.clone();
    aws.tap().witness(move |request| seen.lock().unwrap().push(request));
    let _writing = aws.enter(Phase::Apply);
    let region = aws.home_region();
    let _ = aws.ec2(&region).describe_vpcs().max_results(2_000).send().await;
    let _ = aws.iam().update_access_key().access_key_id("short").status("Off".into()).send().await;
    let _ = aws.ec2(&region).create_network_acl().send().await;
    let objections = check(&sent.lock().unwrap());
    for part in ["2000 is not within 5 and 1000", "Off is none of", "\"VpcId\"", "5 is not within 16"] {
        assert!(objections.iter().any(|text| text.contains(part)), "{part}: {objections:?}");
    }
}

/// Calls that are made only where somebody changed what unplug created before it was recorded.
async fn calls_against_a_thief(sent: &Arc<Mutex<Vec<Sent>>>) {
    let aws = Aws::simulated(Simulation::new(scenario::load(scenario::DEFAULT).unwrap().account));
    let seen = sent.clone();
    aws.tap().witness(move |request| seen.lock().unwrap().push(request));
    let _writing = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(&aws.home_region());
    let group = ec2.describe_security_groups().send().await.unwrap().security_groups()[0].clone();
    let revoke = ec2.revoke_security_group_ingress().group_id(group.group_id().unwrap());
    let _ = revoke.set_ip_permissions(group.ip_permissions).send().await;
    let acl = ec2.describe_network_acls().send().await.unwrap().network_acls()[0].clone();
    let entry = ec2.delete_network_acl_entry().network_acl_id(acl.network_acl_id().unwrap());
    entry.rule_number(100).egress(false).send().await.unwrap();
    // The Region of the shop.
    let elb = aws.elbv2("eu-west-1");
    let balancer = elb.describe_load_balancers().names("kc-shop").send().await.unwrap();
    let balancer = balancer.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    let listeners = elb.describe_listeners().load_balancer_arn(balancer).send().await.unwrap();
    let own = |rule: &Rule| rule.actions().iter().any(|action| action.fixed_response_config().is_some());
    for listener in listeners.listeners() {
        let rules = elb.describe_rules().listener_arn(listener.listener_arn().unwrap()).send().await.unwrap();
        for rule in rules.rules.unwrap().into_iter().filter(own) {
            let modify = elb.modify_rule().rule_arn(rule.rule_arn.unwrap()).set_actions(rule.actions);
            modify.set_conditions(rule.conditions).send().await.unwrap();
        }
    }
}

/// What may the caller do, and what does AWS's Reachability Analyzer say: asked beside the steps.
async fn calls_of_no_step(sent: &Arc<Mutex<Vec<Sent>>>) {
    let mut account = scenario::load(scenario::DEFAULT).unwrap().account;
    for here in account.regions.values_mut() {
        here.hub_findings = Seen::Read(HubFindings::default());
    }
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let seen = sent.clone();
    aws.tap().witness(move |request| seen.lock().unwrap().push(request));
    collect::rights(&aws, &account, &["ec2:DeleteRoute"].into()).await.unwrap();
    let suspect = Suspect::key("AKIAKCDEPLOY7EXAMPLE").unwrap();
    let history = History { since: Some(aws.clock().timestamp()), ..History::default() };
    collect::events::read(&aws, &account, &history, [suspect].into(), &|_| {}).await;
    // What the readiness checks read, and no step.
    let ask = Ask { sections: checks::needs(), ..Ask::default() };
    collect::read(&aws, &account, &ask, &|_, _| {}).await;
    // A report's findings, as Security Hub gets them.
    let findings = view::checks::asff(&report(&account), &account);
    let imported = import::import(&aws, import::by_region(findings.as_array().unwrap().clone())).await;
    assert!(imported.taken > 30, "{imported:?}");
    let aws = aws.for_run("run-1", Names::default(), None);
    for holder in [Holder::User, Holder::Role] {
        let (name, due) = ("backup-sync".to_owned(), jiff::Timestamp::UNIX_EPOCH);
        // Nothing is there to delete.
        sweep::remove(&aws, &LeftDeny { step: StepId(600), holder, name, policy: denial::NAME, due })
            .await
            .unwrap_err();
    }
    let answers = analyzer::analyze(&aws, analyzer::sample(&account, &Scope::default(), 1)).await;
    assert_eq!(answers.len(), 1);
}

/// What the readiness checks say of an account, at the drill's moment.
fn report(account: &Account) -> Report {
    let (config, scope) = (Config::default(), Scope::default());
    let (pull, record) = (Pull::default(), Record::default());
    let now = "2026-11-22T03:12:00Z".parse().unwrap();
    checks::run(&Facts::new(account, &config, now, &scope, &pull, &record))
}

/// Words that the simulation gives out, because an account holds them.
#[test]
fn words_in_accounts_are_words_of_aws() {
    let enums = |service: &str, shape: &str| models().enums[service][shape].clone();
    let (states, kinds) = (enums("ec2", "InstanceStateName"), enums("ec2", "InstanceType"));
    let interfaces = enums("ec2", "NetworkInterfaceType");
    let filter = &models().documentation["ec2"]["interface-type"];
    let keys = enums("iam", "statusType");
    let enforcement = &models().documentation["sesv2"]["EnforcementStatus"];
    let processes = &models().documentation["autoscaling"]["ScalingProcesses"];
    let mut accounts: Vec<_> = seeds().into_iter().map(|seed| seed.account).collect();
    accounts.push(scenario::load(scenario::DEFAULT).unwrap().account);
    for account in accounts {
        for key in account.access_keys.items() {
            assert!(keys.contains(&key.1.status), "{key:?}");
        }
        for region in account.regions.values() {
            for (id, instance) in region.instances.items() {
                // A seed may leave out what its steps do not look at.
                let is = |word: &String, words: &Vec<String>| word.is_empty() || words.contains(word);
                assert!(is(&instance.state, &states) && is(&instance.kind, &kinds), "{id}");
            }
            for (id, interface) in region.interfaces.items() {
                // The enum says `natGateway`; AWS answers `nat_gateway`, as the filter's text has it.
                let known = interfaces.contains(&interface.kind) || filter.contains(&interface.kind);
                assert!(known, "{id}: {}", interface.kind);
            }
            for (id, group) in region.scaling_groups.items() {
                let known = |name: &String| processes.contains(&format!("<code>{name}</code>"));
                assert!(group.suspended.iter().all(known), "{id}: {:?}", group.suspended);
            }
            if let Some(ses) = region.ses.read() {
                assert!(enforcement.contains(&format!("<code>{}</code>", ses.enforcement)));
            }
        }
    }
}

#[test]
fn the_simulation_knows_every_scaling_process() {
    let said = &models().documentation["autoscaling"]["ScalingProcesses"];
    let known = sources::scaling_processes();
    for name in &known {
        assert!(said.contains(&format!("<code>{name}</code>")), "{name} is not a process");
    }
    assert_eq!(said.matches("<code>").count(), known.len(), "{said}");
}

#[test]
fn an_operation_that_is_not_listed_is_not_found() {
    assert!(operations::find("ec2:TerminateInstances").is_none());
}
