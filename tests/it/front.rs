//! The maintenance page as visitors get it: the CloudFront function in Node, the pages in Chromium, and the
//! way to it when everything behind is cut.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use unplug::account::{Account, Interface};
use unplug::engine::plan::Selected;
use unplug::exposure::{self, Direction, FarEnd, PathKind};
use unplug::front::page;
use unplug::scenario;
use unplug::sim::Simulation;
use unplug::step::StepId;

use crate::laws::harness::Process;
use crate::laws::seeds::seed;
use crate::not_run;

const REGION: &str = "eu-west-1";

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/front")
}

/// Runs a tool; `None`, and said, where the machine has none.
fn run(command: &mut Command, package: &str) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            not_run(&format!("{} is not there: apt-get install {package}", command.get_program().display()));
            None
        }
        Err(error) => panic!("{command:?}: {error}"),
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Calls the function in Node for every method, path and language.
fn function_answers(code: &str, pages: [&str; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let (file, expected) = (folder.path().join("function.js"), folder.path().join("pages.json"));
    std::fs::write(&file, code).unwrap();
    std::fs::write(&expected, serde_json::to_string(&pages).unwrap()).unwrap();
    let mut node = Command::new("node");
    node.arg("--test").arg(tests().join("function.test.mjs"));
    node.env("UNPLUG_FUNCTION", &file).env("UNPLUG_PAGES", &expected);
    let Some(output) = run(&mut node, "nodejs") else { return };
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("# fail 0"), "{}", text(&output));
}

#[test]
fn the_function_answers_every_request_with_the_page() {
    function_answers(&page::function_of(None).unwrap(), [page::ENGLISH, page::JAPANESE]);
}

#[test]
fn the_function_answers_with_the_page_that_the_operator_gave() {
    let own = "<!doctype html><p>\"closed\" \\ ` ${x} $& \u{2028} 停止中</p>";
    function_answers(&page::function_of(Some(own)).unwrap(), [own, own]);
}

/// What Chromium shows: size and text. A picture would depend on the fonts of the machine.
#[test]
fn the_pages_look_right_on_a_phone_and_on_a_desktop() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Command::new("node");
    node.arg(tests().join("render.mjs")).arg(folder.path());
    if run(Command::new("chromium").arg("--version"), "chromium fonts-ipafont-gothic").is_none() {
        return;
    }
    let Some(output) = run(&mut node, "nodejs") else { return };
    assert!(output.status.success(), "{}", text(&output));
    let seen: Vec<Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let checked_in = tests().join("seen.json");
    let now = format!("{}\n", serde_json::to_string_pretty(&seen).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&checked_in, &now).unwrap();
    }
    let expected = std::fs::read_to_string(&checked_in).unwrap_or_default();
    assert!(now == expected, "UPDATE=1 writes tests/front/seen.json anew; what is seen now:\n{now}");
}

/// Whether anybody on the internet reaches an interface, and whether through a load balancer.
fn reached(account: &Account, interface: &str) -> (bool, bool) {
    let exposure = exposure::of(account);
    let ways = &exposure.interfaces[&(REGION.to_owned(), interface.to_owned())];
    let inward = |way: &&exposure::Way| {
        way.direction == Direction::In && way.place == FarEnd::Internet && !way.open.is_empty()
    };
    let through = |way: &exposure::Way| way.path.kind == PathKind::LoadBalancer;
    (ways.iter().any(|way| inward(&way)), ways.iter().filter(inward).any(through))
}

/// The interfaces of the shop's load balancer, and of the web servers behind it.
fn shop(account: &Account) -> (Vec<String>, Vec<String>) {
    let here = &account.regions[REGION];
    let (_, group) = here.target_groups.items().find(|(_, group)| group.name == "kc-shop-web").unwrap();
    let behind: BTreeSet<&String> = group.targets.iter().map(|target| &target.id).collect();
    let of = |wanted: &dyn Fn(&Interface) -> bool| {
        let all = here.interfaces.items().filter(|(_, interface)| wanted(interface));
        all.map(|(id, _)| id.clone()).collect::<Vec<_>>()
    };
    let nodes = of(&|interface| interface.description.starts_with("ELB app/kc-shop/"));
    (nodes, of(&|interface| interface.instance.as_ref().is_some_and(|id| behind.contains(id))))
}

/// The shop of the drill, cut by these steps.
async fn cut(steps: &[(u16, &str)]) -> Account {
    let account = scenario::load(scenario::DEFAULT).unwrap().account;
    let mut shop = seed("the shop's front", 320, account, None);
    let selected = |(step, front): &(u16, &str)| {
        let params = (!front.is_empty()).then(|| ("front".to_owned(), (*front).into()));
        Selected { step: StepId(*step), params: params.into_iter().collect() }
    };
    shop.steps = steps.iter().map(selected).collect();
    let simulation = Simulation::new(shop.account.clone());
    Process::start(&simulation).pull(&shop).await;
    simulation.account()
}

#[tokio::test]
async fn with_the_front_kept_visitors_get_the_page_and_reach_nothing_behind_it() {
    let before = scenario::load(scenario::DEFAULT).unwrap().account;
    let (nodes, servers) = shop(&before);
    assert!(!nodes.is_empty() && !servers.is_empty());
    assert!(nodes.iter().all(|node| reached(&before, node).0));
    assert!(servers.iter().any(|server| reached(&before, server).1));

    for steps in [&[(320, "")][..], &[(320, ""), (510, "keep"), (520, "keep")]] {
        let after = cut(steps).await;
        assert!(nodes.iter().all(|node| reached(&after, node).0), "{steps:?}: visitors reach the page");
        assert!(servers.iter().all(|server| !reached(&after, server).1), "{steps:?}: and nothing behind it");
        let here = &after.regions[REGION];
        let first = here.listener_rules.items().filter(|(_, rule)| rule.priority == Some(1));
        let shown: Vec<_> = first.map(|(_, rule)| rule.fixed_response().map(|fixed| &*fixed.body)).collect();
        assert_eq!(shown, [page::balancer_of(None).ok(); 2], "{steps:?}: each listener shows the page");
    }
    // Without `keep` nobody sees it.
    let dark = cut(&[(320, ""), (510, ""), (520, "")]).await;
    assert!(nodes.iter().all(|node| !reached(&dark, node).0));
}
