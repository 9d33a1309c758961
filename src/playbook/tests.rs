use super::*;
use crate::step::{Does, Iam, Param, Reversal};

const fn a_spec(id: u16, params: &'static [Param]) -> Spec {
    Spec {
        id: StepId(id),
        slug: "slug",
        title: "title",
        needs: &[],
        reversal: Reversal::Full,
        iam: Iam { apply: &[], undo: &[] },
        params,
        does: Does::Looks,
        cuts: "",
        leaves: "",
        breaks: "",
        doc: "",
    }
}

static S200: Spec = a_spec(
    200,
    &[
        Param { name: "bucket", kind: ParamKind::Text, doc: "a bucket" },
        Param { name: "regions", kind: ParamKind::List, doc: "some Regions" },
    ],
);
static S510: Spec = a_spec(
    510,
    &[Param { name: "way", kind: ParamKind::Choice(&["direct", "two-step"]), doc: "one call or two" }],
);
static S520: Spec = a_spec(520, &[]);

fn read(text: &str) -> Result<Playbook, Fault> {
    parse("x", &Document { file: "x.toml", text }, &[&S200, &S510, &S520])
}

/// The error of a playbook whose steps are these.
fn fault(steps: &str) -> String {
    match read(&format!("title = \"x\"\nabout = \"x\"\n{steps}")) {
        Ok(playbook) => format!("no error: {playbook:?}"),
        Err(fault) => fault.to_string(),
    }
}

fn five_steps() -> Playbook {
    read("title = \"x\"\nabout = \"\"\n[[step]]\nrun = 520\n[[step]]\nrun = 200\n[[step]]\nrun = 510\n")
        .unwrap()
}

#[test]
fn a_playbook_is_read_in_its_order() {
    let playbook = read(
        r#"
title = "Network"
about = "Only the network."
[scope]
regions = ["eu-west-1"]
[[step]]
run = 510
with = { way = "two-step" }
why = "now"
[[step]]
run = 200
with.bucket = "logs"
with.regions = ["eu-west-1", "us-east-1"]
"#,
    )
    .unwrap();
    let steps: Vec<_> = playbook
        .steps
        .iter()
        .map(|e| (e.step.0, serde_json::to_string(&e.params).unwrap(), e.why.as_deref()))
        .collect();
    assert_eq!(
        steps,
        [
            (510, r#"{"way":"two-step"}"#.to_owned(), Some("now")),
            (200, r#"{"bucket":"logs","regions":["eu-west-1","us-east-1"]}"#.to_owned(), None),
        ]
    );
    assert!(playbook.scope.has_region("eu-west-1") && !playbook.scope.has_region("us-east-1"));
    assert!(playbook.scope.is_whole(), "within its Regions");
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_the_nearest_right_word() {
    let cases = [
        (
            "[[step]]\nrun = 510\nwith = { wya = \"direct\" }",
            "x.toml:5:10: step 510 takes no parameter \"wya\"; did you mean \"way\"?",
        ),
        (
            "[[step]]\nrun = 510\n[step.with]\nway = \"twostep\"",
            "x.toml:6:7: parameter \"way\" of step 510 cannot be \"twostep\"; did you mean \"two-step\"?",
        ),
        (
            "[[step]]\nrun = 510\nwith = { way = true }",
            "x.toml:5:16: parameter \"way\" of step 510 must be one of direct, two-step, found true or false",
        ),
        (
            "[[step]]\nrun = 520\nwith = { way = \"direct\" }",
            "x.toml:5:10: step 520 takes no parameters, found \"way\"",
        ),
        (
            "[[step]]\nrun = 200\nwith = { bucket = \" \" }",
            "x.toml:5:19: parameter \"bucket\" of step 200 must not be empty",
        ),
        (
            "[[step]]\nrun = 200\nwith = { regions = [\"a\", 1] }",
            "x.toml:5:20: parameter \"regions\" of step 200 must be a list of texts, found a number in it",
        ),
        ("[[step]]\nrun = 511", "x.toml:4:7: there is no step 511; did you mean 510?"),
        ("[[step]]\nrun = 9", "x.toml:4:7: there is no step 9; there are 200, 510, 520"),
        ("[[step]]\nrun = \"510\"", "x.toml:4:7: expected a number, found string \"510\""),
        (
            "[[step]]\nrun = 510\n[[step]]\nrun = 520\n[[step]]\nrun = 510",
            "x.toml:8:7: step 510 is already in line 4; a playbook runs a step once",
        ),
        ("[[step]]\nrun = 510\nwhy_ = \"\"", "x.toml:5:1: unknown key \"why_\"; did you mean \"why\"?"),
        ("[[step]]\nwith = {}", "x.toml:3:1: the key \"run\" is missing"),
        ("[[steps]]\nrun = 510", "x.toml:3:3: unknown key \"steps\"; did you mean \"step\"?"),
        ("colour = 1", "x.toml:3:1: unknown key \"colour\"; known are title, about, requires, scope, step"),
        ("step = []", "x.toml:1:1: the playbook has no step"),
        (
            "[scope]\nregion = [\"eu-west-1\"]\n[[step]]\nrun = 510",
            "x.toml:4:1: unknown key \"region\"; did you mean \"regions\"?",
        ),
        ("[[step]\nrun = 510", "x.toml:3:8: unclosed array table, expected `]`"),
    ];
    for (steps, said) in cases {
        assert_eq!(fault(steps), said);
    }
}

#[test]
fn a_name_that_does_not_exist_says_which_do() {
    assert_eq!(
        load("pull-teh-plug").unwrap_err().to_string(),
        "there is no playbook \"pull-teh-plug\"; shipped: pull-the-plug, fastest, network-fast, quarantine-instance, maintenance, prepare, mail-stop, leaked-key, compromised-role, block-address, organization; a file is given as a path ending in .toml"
    );
    assert_eq!(
        load("nowhere/x.toml").unwrap_err().to_string(),
        "cannot read the playbook nowhere/x.toml: No such file or directory (os error 2)"
    );
}

#[test]
fn a_selection_keeps_the_order_of_the_playbook() {
    let select = |steps: &[&str], skip: &[&str]| {
        let parse = |list: &[&str]| list.iter().map(|s| s.parse().unwrap()).collect::<Vec<Selector>>();
        five_steps()
            .select(&parse(steps), &parse(skip))
            .map(|entries| entries.iter().map(|e| e.step.0).collect::<Vec<_>>())
            .map_err(|error| error.to_string())
    };
    assert_eq!(select(&[], &[]), Ok(vec![520, 200, 510]));
    assert_eq!(select(&["200", "5xx"], &[]), Ok(vec![520, 200, 510]));
    assert_eq!(select(&["51X", "2xx"], &[]), Ok(vec![200, 510]));
    assert_eq!(select(&[], &["510"]), Ok(vec![520, 200]));
    assert_eq!(
        select(&["610"], &[]),
        Err("610 selects no step of the playbook x, which has 520, 200, 510".into())
    );
    assert_eq!(
        select(&[], &["54x"]),
        Err("54x selects no step of the playbook x, which has 520, 200, 510".into())
    );
    assert_eq!(
        select(&["5xx"], &["5xx"]),
        Err("the selection leaves no step of the playbook x, which has 520, 200, 510".into())
    );
}

#[test]
fn a_selector_is_a_number_ten_of_them_a_stage_or_a_name() {
    let selects = |text: &str, step: u16| text.parse::<Selector>().unwrap().matches(StepId(step));
    assert!(selects("ses", 400) && !selects("ses", 410) && selects(" Network-ACLs ", 520));
    for (bad, near) in [
        ("network", "network-acls"),
        ("clodtrail", "cloudtrail"),
        ("gateway", "internet-gateways or api-gateway"),
    ] {
        let said = bad.parse::<Selector>().unwrap_err().to_string();
        assert_eq!(said, format!("{bad:?} selects no steps; did you mean {near}?"));
    }
    for bad in ["", "5", "xxx", "5x0", "5100", "abc", "５１０"] {
        assert_eq!(
            bad.parse::<Selector>().unwrap_err().to_string(),
            format!(
                "{bad:?} selects no steps; write a number (510), ten of them (51x), a stage (5xx) or a name \
                 (network-acls)"
            )
        );
    }
}

#[test]
fn every_shipped_playbook_loads_and_is_the_one_in_the_folder() {
    let names: Vec<String> = list().unwrap().into_iter().map(|playbook| playbook.name).collect();
    assert_eq!(names.first().map(String::as_str), Some(DEFAULT));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            Some(entry.ok()?.path()).filter(|path| path.extension().is_some_and(|e| e == "toml"))
        })
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut shipped = names;
    shipped.sort();
    assert_eq!(shipped, files);
}

/// `UPDATE=1 cargo test --lib playbook::` writes it anew.
#[test]
fn the_schema_in_the_folder_is_the_one_of_the_steps() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks/schema.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, schema()).unwrap();
    }
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(checked_in == schema(), "{path} is stale: run UPDATE=1 cargo test --lib playbook::");
}

#[test]
fn the_schema_has_the_parameters_of_each_step() {
    let schema = schema::build(&[&S510, &S520]);
    assert_eq!(
        schema.pointer("/$defs/Step/oneOf").unwrap(),
        &serde_json::json!([
            {
                "title": "510 slug",
                "description": "title",
                "properties": {
                    "run": { "const": 510 },
                    "with": {
                        "properties": {
                            "way": {
                                "enum": ["direct", "two-step"],
                                "default": "direct",
                                "description": "one call or two",
                            },
                        },
                        "additionalProperties": false,
                    },
                },
            },
            {
                "title": "520 slug",
                "description": "title",
                "properties": {
                    "run": { "const": 520 },
                    "with": { "properties": {}, "additionalProperties": false },
                },
            },
        ])
    );
}

#[test]
fn the_example_of_the_documentation_loads() {
    let text = include_str!("../../docs/playbooks.md");
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let steps: Vec<u16> = read(example).unwrap().steps.iter().map(|e| e.step.0).collect();
    assert_eq!(steps, [520, 510]);
}
