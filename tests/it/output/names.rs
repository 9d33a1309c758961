//! A name is what it says, and a scope is a scope: wrong names, narrow scopes, what a configuration
//! takes out, and which run is meant.

use super::{drills, machine, run, written};

const KETTLE: [&str; 2] = ["--from", "kettle-and-crane"];
const WEB: &str = "i-0ca8cc994f08b7f4e";

fn plan(words: &[&str]) -> crate::moto::binary::Said {
    run(&machine(), &[&["plan"], &KETTLE[..], words].concat())
}

#[test]
fn a_name_that_the_account_does_not_have_is_refused_with_the_nearest_right_one() {
    let wrong = "i-0ca8cc994f08b7f4f";
    let host = format!("no instance {wrong} in 3 Regions; did you mean {WEB} (kc-web)?");
    for (words, said) in [
        (&["quarantine-instance", "--instance", wrong][..], &*host),
        (&["--instance", WEB, wrong], &host),
        (&["--subnet", "foo"], "no subnet foo in 3 Regions"),
        (&["--vpc", ""], "no VPC \"\" in 3 Regions"),
        (&["--tag", "Name=kc-wbe"], "interface tagged Name=kc-wbe in 3 Regions; did you mean Name=kc-web?"),
        (&["--key", "AKIAKCDEPLOY7EXAMPLF"], "did you mean AKIAKCDEPLOY7EXAMPLE (ci-deploy)?"),
        (
            &["--regions", "eu-wset-1"],
            "no Region eu-wset-1 is enabled for this account; did you mean eu-west-1?",
        ),
        (&["--regions", "us-east-1", "--instance", WEB], "no instance i-0ca8cc994f08b7f4e in us-east-1"),
    ] {
        let refused = plan(words).ends(2);
        let words_of = refused.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words_of.contains(said) && words_of.contains("Nothing was cut"), "{words:?}: {refused:?}");
        assert_eq!(refused.out, "", "{words:?}");
    }
}

#[test]
fn a_drill_and_a_look_take_no_wrong_name_either() {
    let machine = machine();
    let wrong = "i-0ca8cc994f08b7f4f";
    run(&machine, &["drill", "--auto", "quarantine-instance", "--instance", wrong]).ends(2);
    assert_eq!(drills(&machine).len(), 0, "nothing was played");
    let look = |words: &[&str]| run(&machine, &[&["exposure"], &KETTLE[..], words].concat());
    assert!(look(&["eni-033e6d7377e844c4e"]).ends(2).err.contains("did you mean eni-033e6d7377e844c4d"));
    assert!(look(&["--regions", "eu-west-9"]).ends(2).err.contains("no Region eu-west-9"));
}

#[test]
fn a_scope_is_a_scope() {
    let said = plan(&["--instance", WEB]).ends(0);
    for part in [
        "without 400 ses, 605 destruction-clocks, 615 shared-copies, 660 lambda, 670 api-gateway:",
        "100 exposed-keys, 110 identity-center, 190 trace, 200 cloudtrail, 310 cloudfront",
    ] {
        assert!(said.out.lines().take(12).any(|line| line.contains(part)), "{part}\n{}", said.out);
    }
    let planned = plan(&["--instance", WEB, "--json"]).ends(0).json();
    let changes = planned["changes"].as_array().unwrap();
    assert!(!changes.is_empty());
    for change in changes {
        assert!(change["region"].is_string(), "beyond the host: {change}");
    }
    let named = plan(&["--instance", WEB, "--steps", "510,610"]).ends(0);
    assert!(named.out.contains("wide    ACCOUNT-WIDE: 610 s3-public-access cuts beyond"), "{}", named.out);
    let mark = "610 FIND    ACCOUNT-WIDE: it acts on the whole account, beyond i-0ca8cc994f08b7f4e";
    assert!(named.out.contains(mark), "{}", named.out);
    let here = plan(&["--regions", "us-east-1", "--steps", "520"]).ends(0);
    let you = here.out.lines().find(|line| line.starts_with("you ")).unwrap();
    assert!(you.ends_with("every VPC in us-east-1"), "{you}");
}

#[test]
fn what_a_configuration_takes_out_is_said_in_the_first_lines() {
    let machine = machine();
    let file = machine.path("unplug.toml");
    written(&machine, "unplug.toml", "regions = [\"us-east-1\"]\n[protected]\nresources = [\"i-1\"]\n");
    for words in [&["plan", "--steps", "520"], &["drill", "--auto", "--steps=520"]] {
        let from: &[&str] = if words[0] == "plan" { &KETTLE } else { &[] };
        let said = run(&machine, &[&words[..], from].concat()).ends(0);
        let first = said.out.split("\n520 ").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            &*format!("config {}", file.display()),
            "only us-east-1 (line 1): no other Region is looked at",
            "never cut: i-1 (line 3)",
        ] {
            assert!(first.contains(part), "{part} in {first}");
        }
    }
    written(&machine, "unplug.toml", "regions = []\n");
    let empty = run(&machine, &["plan", "--from", "kettle-and-crane"]).ends(2);
    assert!(empty.err.contains("unplug.toml:1:11: regions: an empty list"), "{}", empty.err);
    written(&machine, "unplug.toml", "regions = [\"eu-west-9\"]\n");
    let wrong = run(&machine, &["plan", "--from", "kettle-and-crane"]).ends(2);
    assert!(
        wrong.err.contains("eu-west-9 is named in ") && wrong.err.contains("unplug.toml:1"),
        "{}",
        wrong.err
    );
}

#[test]
fn the_beginning_of_several_ids_lists_them_and_a_drill_is_called_one() {
    let machine = machine();
    run(&machine, &["drill", "--auto", "--steps", "610"]).ends(0);
    run(&machine, &["drill", "fastest", "--auto", "--steps", "s3-public-access"]).ends(0);
    let mut ids: Vec<String> =
        drills(&machine).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    ids.sort();
    let both = run(&machine, &["show", "drill-2026"]).ends(2);
    assert!(both.err.contains("2 begin with \"drill-2026\": name one of them in full"), "{}", both.err);
    for id in &ids {
        assert!(both.err.contains(&format!("{id} (drill)")), "{}", both.err);
        let shown = run(&machine, &["show", id]).ends(0);
        assert!(shown.out.starts_with(&format!("Drill {id}")), "{}", shown.out);
        for verb in ["verify", "resume", "restore"] {
            let refused = run(&machine, &[verb, id]).ends(2);
            assert!(refused.err.contains(&format!("{id} is a drill")), "{}", refused.err);
        }
    }
    assert!(run(&machine, &["show", "--latest"]).ends(2).err.contains("no run is recorded here"));
    for verb in ["verify", "resume", "restore", "show"] {
        assert!(run(&machine, &[verb, "2020"]).ends(2).err.contains("there is no run 2020"), "{verb}");
        assert!(run(&machine, &[verb]).ends(2).err.contains(&format!("{verb} which run?")), "{verb}");
    }
}

#[test]
fn steps_are_found_by_name_and_by_stage() {
    let machine = machine();
    let one = run(&machine, &["steps", "ses"]).ends(0);
    assert!(one.out.starts_with("400 ses: "), "{}", one.out);
    let stage = run(&machine, &["steps", "5xx"]).ends(0);
    assert!(stage.out.contains("\n520 network-acls") && !stage.out.contains("610 "), "{}", stage.out);
    let wrong = run(&machine, &["steps", "network"]).ends(2);
    assert!(wrong.err.contains("did you mean network-acls?"), "{}", wrong.err);
}

#[test]
fn a_plan_file_says_what_is_cut_and_nothing_beside_it() {
    let refused = run(&machine(), &["pull", "--plan", "friday.json", "--vpc", "vpc-1"]).ends(2);
    assert!(refused.err.contains("cannot be used with"), "{}", refused.err);
}
