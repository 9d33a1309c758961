//! The papers: README's examples run, generated pages are up to date, the documented codes and
//! keys are the real ones. `UPDATE=1 cargo test --test it papers::` writes the generated ones.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use unplug::account::Section;
use unplug::checks::{CHECKS, Group};
use unplug::failure::Exit;
use unplug::step::policy::{self, Holder};
use unplug::step::{ParamKind, Spec, StepId};
use unplug::steps::permissions;
use unplug::{playbook, scenario, steps};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Compares a generated file, or writes it.
pub(crate) fn generated(path: &str, text: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(there == text, "{path} is stale: run UPDATE=1 cargo test --test it papers::");
}

/// A place without credentials, configuration or a network's worth of waiting.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    /// As [`Place::new`], with the files that README's examples name.
    fn with_examples() -> Place {
        let place = Place::new();
        let account = scenario::load(scenario::DEFAULT).unwrap().account;
        fs::write(place.file("account.json"), serde_json::to_vec(&account).unwrap()).unwrap();
        let playbook = "title = \"Network\"\nabout = \"Network only.\"\n[[step]]\nrun = 520\n";
        fs::write(place.file("leaked-network.toml"), playbook).unwrap();
        place
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn unplug<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_unplug"))
            .args(args)
            .env_clear()
            .env("HOME", self.0.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The lines of README's `sh` blocks.
fn examples() -> Vec<Vec<String>> {
    let (mut inside, mut all) = (false, vec![]);
    for line in page("README.md").lines().map(str::trim) {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => all.push(line.split_whitespace().map(str::to_owned).collect()),
            _ => {}
        }
    }
    all
}

#[test]
fn every_example_of_the_readme_is_a_command_line() {
    let examples = examples();
    assert!(examples.len() > 20, "only {} examples found", examples.len());
    for words in examples {
        let parsed = unplug::cli::command().try_get_matches_from(&words);
        assert!(parsed.is_ok(), "{words:?}: {}", parsed.unwrap_err());
    }
}

#[test]
fn the_readmes_examples_that_need_no_account_run() {
    let place = Place::with_examples();
    let mut ran = BTreeSet::new();
    for words in examples() {
        let offline = ["drill", "steps", "playbooks", "policy", "config", "runs"].contains(&&*words[1])
            || words.contains(&"--from".to_owned());
        if offline {
            let output = place.unplug(&words[1..]);
            let code = output.status.code();
            assert_eq!(code, Some(0), "{words:?}: {}{}", said(&output.stdout), said(&output.stderr));
            ran.insert(words[1].clone());
        }
    }
    assert_eq!(ran.len(), 7, "{ran:?}");
}

#[test]
fn the_others_say_that_there_are_no_credentials_and_cut_nothing() {
    let place = Place::with_examples();
    for verb in ["plan", "snapshot", "pull", "restore"] {
        // A run that is not recorded here is said before credentials are asked for.
        let fits = |words: &Vec<String>| {
            words[1] == verb && words.len() < 5 && (verb != "restore" || words[2] == "--latest")
        };
        let words = examples().into_iter().find(fits).unwrap();
        let output = place.unplug(&words[1..]);
        let code = output.status.code();
        assert_eq!(code, Some(i32::from(Exit::NoAccess.code())), "{words:?}: {}", said(&output.stderr));
        assert!(said(&output.stderr).contains("hint:"), "{words:?}");
    }
}

/// Without line breaks: where a line is folded depends on the width.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_output_that_the_readme_shows_is_the_drills() {
    let readme = page("README.md");
    let shown = readme.split("$ unplug drill --auto\n").nth(1).and_then(|rest| rest.split("```").next());
    let output = Place::new().unplug(&["drill", "--auto"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
    let said = flat(&said(&output.stdout));
    let parts: Vec<String> = shown.unwrap().split('…').map(flat).collect();
    assert!(parts.len() > 3);
    for part in parts {
        // A line of a step is looked for by itself: between two of them there may be others.
        let mut lines: Vec<String> = vec![];
        for word in part.split(' ') {
            let number = word.len() == 3 && word.chars().all(|c| c.is_ascii_digit());
            match lines.last_mut() {
                Some(line) if !number => write!(line, " {word}").unwrap(),
                _ => lines.push(word.to_owned()),
            }
        }
        for line in lines {
            assert!(said.contains(&line), "the drill does not say: {line}");
        }
    }
}

#[test]
fn every_exit_code_is_documented() {
    let page = page("docs/exit-codes.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let expected: Vec<String> = Exit::ALL
        .iter()
        .map(|(exit, meaning)| format!("| {} | {exit:?} | {meaning} |", exit.code()))
        .collect();
    assert_eq!(rows, expected);
    let (readme, help) = (self::page("README.md"), unplug::cli::command().render_long_help().to_string());
    for (exit, _) in Exit::ALL {
        assert!(readme.contains(&format!("\n| {} | ", exit.code())), "README lacks {exit:?}");
        assert!(help.contains(&format!("{} ", exit.code())), "--help lacks {exit:?}");
    }
}

/// The first column of the table under a heading or line.
fn first_column(page: &str, after: &str) -> BTreeSet<String> {
    let rest = page.split(after).nth(1).unwrap_or_else(|| panic!("no {after:?}"));
    let rows =
        rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2)
        .flat_map(|row| row.split('|').nth(1).unwrap_or_default().split(','))
        .map(|key| key.trim().trim_matches('`').to_owned())
        .collect()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn a_plan_in_json_has_the_documented_keys() {
    let place = Place::with_examples();
    let output = place.unplug(&["plan", "--from", "account.json", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let page = page("docs/json.md");
    assert_eq!(keys(&plan), first_column(&page, "## `unplug plan --json`"));
    assert_eq!(keys(&plan["changes"][0]), first_column(&page, "A change:"));
    assert_eq!(keys(&plan["calls"]), first_column(&page, "\nCalls:"));
    assert_eq!(keys(&plan["pipelines"]), first_column(&page, "\nPipelines, in a plan"));
}

#[test]
fn a_plan_in_json_says_who_would_put_the_cuts_back_and_what_to_do() {
    let output = Place::with_examples().unplug(&["plan", "--from", "account.json", "--json"]);
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let notes = plan["pipelines"]["notes"].as_array().unwrap();
    let of = |kind: &str| notes.iter().find(|note| note["kind"] == kind).unwrap_or_else(|| panic!("{kind}"));
    for (kind, sure) in
        [("stack", true), ("terraform", false), ("scaling-group", true), ("remediation", true)]
    {
        let note = of(kind);
        assert_eq!(note["sure"], sure, "{note}");
        for when in ["before", "after"] {
            assert!(!note[when].as_array().unwrap().is_empty(), "{note}");
        }
    }
    let commands = |note: &Value| {
        let all = note["before"].as_array().unwrap().iter().filter_map(|one| one["command"].as_str());
        all.collect::<Vec<_>>().join("\n")
    };
    let hold = "aws codepipeline disable-stage-transition --pipeline-name kc-network --stage-name Deploy";
    assert!(commands(of("stack")).contains(hold), "{}", of("stack"));
    let owned = plan["changes"].as_array().unwrap().iter().filter(|change| !change["owners"].is_null());
    assert!(owned.clone().any(|change| change["owners"][0]["part"] == "AppSubnetA"));
    assert!(
        owned.clone().any(|change| change["owners"].as_array().unwrap().is_empty()),
        "its tags name nobody"
    );
    assert!(plan["pipelines"]["not_looked_at"].as_object().is_some_and(|kinds| !kinds.is_empty()));
}

#[test]
fn a_check_in_json_has_the_documented_keys() {
    let place = Place::with_examples();
    let words = ["check", "--scenario", "kettle-and-crane", "--json"];
    let report: Value = serde_json::from_slice(&place.unplug(&words).stdout).unwrap();
    let page = page("docs/json.md");
    let mut documented = first_column(&page, "## `unplug check --json`");
    assert!(documented.remove("since"), "it is there with --compare alone");
    assert_eq!(keys(&report), documented);
    assert_eq!(keys(&report["checks"][0]), first_column(&page, "A check:"));
}

#[test]
fn the_events_of_a_drill_are_documented() {
    let output = Place::new().unplug(&["drill", "--auto", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
    let documented = first_column(&page("docs/json.md"), "## `unplug pull`");
    let mut seen = BTreeSet::new();
    for line in said(&output.stdout).lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        seen.insert(event["event"].as_str().unwrap().to_owned());
    }
    assert!(seen.len() > 3 && seen.is_subset(&documented), "{seen:?} of {documented:?}");
}

#[test]
fn the_steps_pages_are_up_to_date() {
    let mut index = String::from(
        "# Steps\n\n<!-- Generated from src/steps. -->\n\nWhat each step does in its default way; its page says what \
         other ways do. Calls are the API actions that a cut may send: `unplug plan` counts those of an account.\n\n\
         | step | what | cuts | leaves | breaks | reversal | calls |\n|---|---|---|---|---|---|---|\n",
    );
    for step in steps::STEPS {
        let spec = step.spec();
        let name = format!("{}-{}", spec.id, spec.slug);
        let calls: Vec<String> = spec.iam.apply.iter().map(|action| format!("`{action}`")).collect();
        let calls = if calls.is_empty() { "none".into() } else { calls.join(", ") };
        let cells = [spec.title, spec.cuts, spec.leaves, spec.breaks, &spec.reversal.sentence(), &calls];
        assert!(
            cells.iter().all(|cell| !cell.is_empty() && !cell.contains(['|', '\n'])),
            "{name}: {cells:?}"
        );
        writeln!(index, "| [{name}]({name}.md) | {} |", cells.join(" | ")).unwrap();
        generated(&format!("docs/steps/{name}.md"), &step_page(spec));
    }
    generated("docs/steps/index.md", &index);
    let files = fs::read_dir(root().join("docs/steps")).unwrap().count();
    assert_eq!(files, steps::STEPS.len() + 1, "docs/steps has a page of no step");
}

#[test]
fn the_page_of_the_checks_is_up_to_date() {
    let mut text = String::from(
        "# Readiness checks\n\n<!-- Generated from src/checks. -->\n\n`unplug check` runs these. A check \
         passes, fails, or is unknown: something that it needs could not be looked at. A failed check of the \
         first group that is high or critical would stop a pull, or a part of it. What a check needs to read \
         is in the policy of `unplug policy --phase read` where a step reads it too.\n",
    );
    for group in Group::ALL {
        writeln!(text, "\n## {}\n", group.question()).unwrap();
        for check in CHECKS.iter().filter(|check| check.group == group) {
            let list = |words: Vec<&str>| if words.is_empty() { "none".into() } else { words.join(", ") };
            let sections: BTreeSet<Section> = check.needs.iter().chain(check.also).copied().collect();
            let reads: BTreeSet<&str> =
                sections.iter().flat_map(|section| section.reads()).copied().collect();
            let reads: Vec<String> = reads.iter().map(|action| format!("`{action}`")).collect();
            writeln!(
                text,
                "### {}\n\n{} ({}). {}\n",
                check.id,
                check.title,
                check.severity.name(),
                check.why
            )
            .unwrap();
            writeln!(text, "- Fix: {}", check.fix).unwrap();
            writeln!(text, "- Looks at: {}", list(sections.iter().map(|section| section.title()).collect()))
                .unwrap();
            writeln!(text, "- Permissions: {}", list(reads.iter().map(String::as_str).collect())).unwrap();
            writeln!(text, "- Like: {}\n", list(check.mirrors.to_vec())).unwrap();
        }
    }
    generated("docs/checks.md", &format!("{}\n", text.replace("\n\n\n", "\n\n").trim_end()));
}

fn step_page(spec: &Spec) -> String {
    let code = |words: &[&str]| match words {
        [] => "none".to_owned(),
        words => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
    };
    let needs: Vec<&str> = spec.needs.iter().map(|section| section.title()).collect();
    let reads: BTreeSet<&str> = spec.needs.iter().flat_map(|s| s.reads()).copied().collect();
    let mut text = format!("# {} {}: {}\n\n", spec.id, spec.slug, spec.title);
    writeln!(text, "<!-- Generated from src/steps. -->\n\n{}\n\n| | |\n|---|---|", spec.doc.trim()).unwrap();
    let rows = [
        ("looks at", needs.join(", ")),
        ("cuts", spec.cuts.to_owned()),
        ("leaves", spec.leaves.to_owned()),
        ("breaks", spec.breaks.to_owned()),
        ("undo", spec.reversal.sentence()),
        ("needs to read", code(&reads.into_iter().collect::<Vec<_>>())),
        ("needs to cut", code(spec.iam.apply)),
        ("needs to put back", code(spec.iam.undo)),
    ];
    for (name, value) in rows {
        writeln!(text, "| **{name}** | {value} |").unwrap();
        if name == "leaves" {
            for (way, leaves) in steps::find(spec.id).unwrap().other_leaves() {
                writeln!(text, "| **leaves**, `{way}` | {leaves} |").unwrap();
            }
        }
    }
    if !spec.params.is_empty() {
        text.push_str("\nParameters in a playbook:\n\n| name | values | |\n|---|---|---|\n");
    }
    for param in spec.params {
        let values = match param.kind {
            ParamKind::Choice(values) => {
                let all: Vec<String> = values.iter().map(|value| format!("`\"{value}\"`")).collect();
                format!("{} (the first is the default)", all.join(", "))
            }
            ParamKind::Text => "text".into(),
            ParamKind::List => "list".into(),
        };
        writeln!(text, "| `{}` | {values} | {} |", param.name, param.doc).unwrap();
    }
    text
}

#[test]
fn the_policy_is_up_to_date() {
    let chosen: Vec<StepId> =
        playbook::load(playbook::DEFAULT).unwrap().steps.iter().map(|entry| entry.step).collect();
    let mut parts = permissions::reading(&chosen).to_vec();
    parts.push(("UnplugApply", permissions::apply(&chosen)));
    parts.push(("UnplugRestore", permissions::undo(&chosen)));
    parts.push(permissions::on_behalf(&chosen));
    let documents = policy::documents(&parts, Holder::Managed).unwrap();
    let text = format!("{}\n", unplug::view::policy::plain(&documents));
    assert_eq!(said(&Place::new().unplug(&["policy"]).stdout), text, "unplug policy says something else");
    // Each by itself, as `aws iam create-policy` takes it.
    let mut names = BTreeSet::new();
    for (index, document) in documents.iter().enumerate() {
        let number = if documents.len() > 1 { format!("-{}", index + 1) } else { String::new() };
        let name = format!("pull-the-plug{number}.json");
        generated(&format!("docs/policy/{name}"), &format!("{}\n", unplug::view::json::pretty(document)));
        names.insert(name);
    }
    let files = fs::read_dir(root().join("docs/policy")).unwrap();
    let files: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files, names, "docs/policy has a document of nothing");
}

/// And every page that one of them names is there.
#[test]
fn the_manual_pages_are_up_to_date() {
    let mut names = BTreeSet::from(["unplug".to_owned()]);
    let of = |words: &[&str]| {
        let output = Place::new().unplug(words);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", said(&output.stderr));
        said(&output.stdout)
    };
    let mut pages = vec![("unplug".to_owned(), of(&["man"]))];
    for verb in unplug::cli::command().get_subcommands() {
        pages.push((format!("unplug-{}", verb.get_name()), of(&["man", verb.get_name()])));
    }
    for (name, text) in &pages {
        generated(&format!("docs/man/{name}.1"), text);
        names.insert(name.clone());
    }
    for (name, text) in &pages {
        for named in text.replace("\\-", "-").split_whitespace().filter_map(|word| word.strip_suffix("(1)")) {
            assert!(names.contains(named), "{name}.1 names {named}(1), which is not there");
        }
    }
    let files = fs::read_dir(root().join("docs/man")).unwrap().count();
    assert_eq!(files, names.len(), "docs/man has a page of no verb");
}

/// Every page is in the summary, and every link between pages leads somewhere.
#[test]
fn pages_are_listed_and_links_lead_somewhere() {
    let summary = page("docs/SUMMARY.md");
    let mut pages = vec!["README.md".to_owned(), "CONTRIBUTING.md".into(), "SECURITY.md".into()];
    for folder in ["docs", "docs/steps", "docs/decisions"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                pages.push(format!("{folder}/{name}"));
            }
        }
    }
    for path in pages {
        let inside = path.strip_prefix("docs/").unwrap_or("SUMMARY.md");
        assert!(
            inside == "SUMMARY.md" || summary.contains(&format!("({inside})")),
            "SUMMARY.md lacks {path}"
        );
        for target in page(&path).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let to = root().join(&path).parent().unwrap().join(file);
            assert!(to.exists(), "{path} links to {target}, which is not there");
        }
    }
}
