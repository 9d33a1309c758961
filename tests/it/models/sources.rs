//! What `src/sim` refuses with and filters by, read from its sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::json;
use unplug::account::{EdgeFunction, Seen};
use unplug::scenario;
use unplug::step::{Names, Params, Scope, StepId};

use crate::laws::harness::brief;
use crate::laws::seeds::Seed;

/// A function of the simulation's sources.
pub struct Function {
    /// As the models name it: `s3control`, `ec2`.
    pub services: Vec<String>,
    /// `service:Operation`, when the function answers one.
    pub operation: Option<String>,
    pub body: String,
}

/// Which services a file of `src/sim` plays: those whose operations it takes.
fn services(file: &Path, text: &str) -> Vec<String> {
    let after = |uses: &str| text.split(uses).nth(1).and_then(|rest| rest.split(';').next());
    let taken = after("use crate::aws::operations::").or_else(|| after("use crate::aws::plain::services::"));
    match taken {
        Some(taken) => {
            let names = taken.trim_matches(['{', '}']).split(',').map(str::trim);
            names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
        }
        None if file.components().any(|part| part.as_os_str() == "ec2") => vec!["ec2".into()],
        None => vec![],
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every file of the program, with its text.
pub fn all() -> Vec<(PathBuf, String)> {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    files.into_iter().map(|file| (file.clone(), std::fs::read_to_string(&file).unwrap())).collect()
}

/// Every function of the simulation, tests left out.
pub fn functions() -> Vec<Function> {
    let mut functions = vec![];
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sim")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let services = services(&path, &text);
        if services.is_empty() {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap();
        for body in code.split("\nfn ").chain(code.split("\npub(super) fn ").skip(1)) {
            let signature = body.split('{').next().unwrap();
            let operation = signature.split("&In<").nth(1).and_then(|rest| rest.split('>').next());
            let operation = operation.map(|name| name.replace("::", ":"));
            functions.push(Function { services: services.clone(), operation, body: body.to_owned() });
        }
    }
    functions
}

/// The string literals that follow a word, white space between allowed.
pub fn after(body: &str, word: &str) -> BTreeSet<String> {
    body.split(word)
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"'))
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// The filters that each EC2 list takes, `tag:…` left out.
pub fn filters() -> BTreeMap<String, BTreeSet<String>> {
    functions()
        .into_iter()
        .filter_map(|function| {
            let list = function.body.split("query.check(&[").nth(1)?.split(']').next()?.to_owned();
            let names = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
            Some((function.operation?, names))
        })
        .collect()
}

/// The page sizes of EC2 lists that have others than most.
pub fn page_sizes() -> BTreeMap<String, (i64, i64)> {
    let number = |text: &str| text.replace('_', "").parse::<i64>().ok();
    functions()
        .into_iter()
        .filter_map(|function| {
            let sizes = function.body.split("page_size(input.max_results(), ").nth(1)?.split(')').next()?;
            let (least, most) = sizes.split_once("..=")?;
            Some((function.operation?, (number(least)?, number(most)?)))
        })
        .collect()
}

/// The processes that the simulation of Auto Scaling knows.
pub fn scaling_processes() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sim/autoscaling.rs");
    let text = std::fs::read_to_string(path).unwrap();
    let list = text.split("const PROCESSES").nth(1).unwrap().split(';').nth(1).unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Seeds for calls that the laws' own do not make.
pub fn more_seeds() -> Vec<Seed> {
    let account = || scenario::load(scenario::DEFAULT).unwrap().account;
    let seed = |name, step, account, params: Params| Seed {
        name,
        step: StepId(step),
        account,
        steps: vec![unplug::engine::plan::Selected { step: StepId(step), params }],
        scope: Scope::default(),
        drift: None,
        tamper: None,
    };
    let mut no_trail = account();
    no_trail.trails = Seen::Read(BTreeMap::new());
    let key = |account: &unplug::account::Account| {
        account.access_keys.items().next().map(|(id, _)| id.clone()).unwrap_or_default()
    };
    let mut named = seed("a named key", 100, account(), Params::default());
    named.scope.keys = [key(&named.account)].into();
    vec![
        seed("trails", 200, account(), Params::default()),
        seed("no trail", 200, no_trail.clone(), Params::default()),
        seed(
            "no trail, own bucket",
            200,
            no_trail,
            Params::from([("bucket".to_owned(), json!("logs-of-the-incident"))]),
        ),
        named,
        another_code(seed("a page's function with another code", 310, account(), Params::default())),
    ]
}

/// Gives the function that step 310 would make another code: it is updated then.
fn another_code(mut seed: Seed) -> Seed {
    let case = brief(&seed, Names::default(), 1).case(&Params::default(), Names::default());
    let found = unplug::steps::find(seed.step).unwrap().find(&seed.account, &case).items;
    let name = found.into_iter().find(|item| item.created).unwrap().at.id;
    let code = Some("function handler(event) { return event.request; }".to_owned());
    let function = EdgeFunction {
        arn: format!("arn:aws:cloudfront::{}:function/{name}", seed.account.id),
        runtime: "cloudfront-js-2.0".into(),
        published: true,
        draft: code.clone(),
        live: code,
    };
    seed.account.edge_functions.read_mut().unwrap().insert(name, function);
    seed
}
