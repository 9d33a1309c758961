use std::fs;

use super::*;

/// What the configuration in a folder says, or its error with the folder's name left out.
fn read(text: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), text).unwrap();
    load_from(folder.path(), None)
        .map(|loaded| loaded.config)
        .map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
}

#[test]
fn patterns() {
    for (pattern, text, fits) in [
        ("ops", "ops", true),
        ("ops", "ops2", false),
        ("*", "", true),
        ("ops-*", "ops-", true),
        ("*-glass", "break-glass", true),
        ("a*b*c", "aXbXc", true),
        ("a*b*c", "acb", false),
        ("ab*ba", "aba", false),
        ("a**b", "ab", true),
        ("*é*", "aéb", true),
    ] {
        assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
    }
}

#[test]
fn break_glass_principals_are_spared_with_their_sessions() {
    let config = read(
        r#"break_glass = ["ops-*", "arn:aws:iam::444455556666:role/emergency/Firefighter",
                          "arn:aws:iam::444455556666:user/root-backup"]"#,
    )
    .unwrap();
    for (arn, spared) in [
        ("arn:aws:iam::444455556666:user/ops-anna", true),
        ("arn:aws:iam::444455556666:user/people/ops-anna", true),
        ("arn:aws:iam::444455556666:user/people/devops-anna", false),
        ("arn:aws:iam::444455556666:role/emergency/Firefighter", true),
        ("arn:aws:sts::444455556666:assumed-role/Firefighter/anna", true),
        ("arn:aws:sts::777788889999:assumed-role/Firefighter/anna", false),
        ("arn:aws:sts::444455556666:assumed-role/Deployer/ops-anna", false),
        ("arn:aws:sts::444455556666:assumed-role/root-backup/anna", false),
        ("arn:aws:iam::444455556666:user/root-backup", true),
        ("arn:aws:iam::444455556666:root", false),
    ] {
        assert_eq!(config.is_break_glass(arn), spared, "{arn}");
    }
    assert!(!Config::default().is_break_glass("arn:aws:iam::444455556666:user/ops-anna"));
}

#[test]
fn a_protected_resource_says_which_line_protects_it() {
    let config = read(
        "[protected]\nresources = [\n  \"i-0123456789abcdef0\",\n  \"arn:aws:s3:::kc-logs\",\n]\n\
         tags = { env = [\"life-support\"], keep = [\"*\"] }\n",
    )
    .unwrap();
    let why = |id: &str, with: &[Tags]| {
        config
            .protects(id, with)
            .map(|why| why.replace(config.places.values().next().map_or("", |p| folder(p)), ""))
    };
    assert_eq!(
        why("i-0123456789abcdef0", &[]).as_deref(),
        Some("protected.resources has \"i-0123456789abcdef0\" (unplug.toml:3)")
    );
    assert_eq!(
        why("kc-logs", &[]).as_deref(),
        Some("protected.resources has \"arn:aws:s3:::kc-logs\" (unplug.toml:4)")
    );
    assert_eq!(
        why("subnet-1", &[tags(&[("env", "test")]), tags(&[("env", "life-support")])]).as_deref(),
        Some("protected.tags has \"env = life-support\" (unplug.toml:6)")
    );
    assert_eq!(
        why("subnet-1", &[tags(&[("keep", "")])]).as_deref(),
        Some("protected.tags has \"keep = *\" (unplug.toml:6)")
    );
    assert_eq!(why("subnet-1", &[tags(&[("env", "test")])]), None);
    assert_eq!(Config::default().protects("subnet-1", &[tags(&[("env", "test")])]), None);
}

/// The folder of a place, with the slash.
fn folder(place: &str) -> &str {
    &place[..=place.rfind('/').unwrap()]
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_the_nearest_right_word() {
    for (text, said) in [
        ("brek_glass = []", "unplug.toml:1:1: unknown key \"brek_glass\"; did you mean \"break_glass\"?"),
        (
            "\n[protected]\nresource = []",
            "unplug.toml:3:1: unknown key \"resource\"; did you mean \"resources\"?",
        ),
        ("break_glass = \"ops\"", "unplug.toml:1:15: expected a list, found string \"ops\""),
        (
            "break_glass = [\"*\"]",
            "unplug.toml:1:16: break_glass: \"*\" would spare everybody; name what must stay",
        ),
        (
            "[protected]\nresources = [\n\"*\"]",
            "unplug.toml:3:1: protected.resources: \"*\" would spare everything; name what must stay",
        ),
        (
            "protected.resources = [\"arn:aws:ec2:*:*:instance/i-*\"]",
            "unplug.toml:1:24: protected.resources: \"arn:aws:ec2:*:*:instance/i-*\": an ARN takes no * here; \
             write the id with a *, or use tags",
        ),
        (
            "regions = []",
            "unplug.toml:1:11: regions: an empty list is no Region at all; leave it out for every enabled one",
        ),
        (
            "[protected]\ntags = { keep = [] }",
            "unplug.toml:2:17: protected.tags: \"keep\" with no value protects nothing; \"*\" is any value",
        ),
        (
            "protected.resources = [\"*-*\"]",
            "unplug.toml:1:24: protected.resources: \"*-*\" would spare everything; name what must stay",
        ),
        (
            "regions = [\"eu-west-1\", \"eu-west1\"]",
            "unplug.toml:1:25: regions: \"eu-west1\" is no Region; one looks like \"eu-west-1\"",
        ),
        (
            "responder_cidrs = [\"203.0.113.0/33\"]",
            "unplug.toml:1:20: responder_cidrs: \"203.0.113.0/33\" is no network; one looks like \
             \"203.0.113.0/24\" or \"2001:db8::/32\"",
        ),
        (
            "responder_cidrs = [\"203.0.113.7/24\"]",
            "unplug.toml:1:20: responder_cidrs: \"203.0.113.7/24\" has bits beyond its prefix; do you mean \
             \"203.0.113.0/24\"?",
        ),
    ] {
        assert_eq!(read(text).unwrap_err(), said);
    }
}

#[test]
fn a_pattern_that_spares_everything_is_known_by_its_effect() {
    for (setting, pattern, whom) in [
        ("protected.resources", "**", "everything"),
        ("protected.resources", "*0*", "everything"),
        ("protected.resources", "*i*", "everything"),
        ("protected.resources", "i-*", "every instance"),
        ("protected.resources", "subnet-0*", "every subnet"),
        ("break_glass", "*-*", "everybody"),
        ("break_glass", "*a*", "everybody"),
        ("break_glass", "arn:*", "everybody"),
        ("break_glass", "arn:aws:iam::444455556666:*", "everybody"),
        ("break_glass", "arn:aws:iam::444455556666:role/*", "every role"),
        ("break_glass", "arn:*:user/*", "every user"),
    ] {
        let said = read(&format!("{setting} = [\"{pattern}\"]")).unwrap_err();
        let expected = format!("{setting}: \"{pattern}\" would spare {whom}; name what must stay");
        assert!(said.ends_with(&expected), "{said}");
    }
    for (setting, pattern) in [
        ("protected.resources", "i-0a1b*"),
        ("protected.resources", "kc-*"),
        ("protected.resources", "*-do-not-touch"),
        ("break_glass", "ops-*"),
        ("break_glass", "*-glass"),
        ("break_glass", "arn:aws:iam::444455556666:role/emergency/*"),
    ] {
        read(&format!("{setting} = [\"{pattern}\"]")).unwrap();
    }
}

#[test]
fn the_nearest_file_and_the_users_add_up() {
    let top = tempfile::tempdir().unwrap();
    let (deep, user) = (top.path().join("a/b"), top.path().join("user"));
    fs::create_dir_all(&deep).unwrap();
    fs::create_dir_all(&user).unwrap();
    fs::write(top.path().join("a").join(FILE), "break_glass = [\"near\"]\nregions = [\"eu-west-1\"]\n")
        .unwrap();
    fs::write(
        user.join(FILE),
        "break_glass = [\"far\", \"near\"]\nregions = [\"us-east-1\"]\nresponder_cidrs = [\"203.0.113.7\"]\n",
    )
    .unwrap();
    fs::write(top.path().join(FILE), "break_glass = [\"too far\"]").unwrap();
    let loaded = load_from(&deep, Some(&user)).unwrap();
    let said: Vec<String> = loaded
        .sources
        .iter()
        .map(|s| {
            format!("{} = {} from {}", s.setting, s.value, s.from.replace(&*top.path().to_string_lossy(), ""))
        })
        .collect();
    assert_eq!(
        said,
        [
            "break_glass = near from /a/unplug.toml:1",
            "break_glass = far from /user/unplug.toml:1",
            "protected.resources = none from default",
            "protected.tags = none from default",
            "regions = eu-west-1 from /a/unplug.toml:2",
            "responder_cidrs = 203.0.113.7/32 from /user/unplug.toml:3",
            "actors = none: the credentials of the run for everything from default",
        ]
    );
}

#[test]
fn without_a_file_nothing_is_spared() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = load_from(folder.path(), Some(&folder.path().join("none"))).unwrap();
    assert_eq!((loaded.config, loaded.files.len()), (Config::default(), 0));
}

#[test]
fn a_file_that_cannot_be_read_stops_everything() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(FILE)).unwrap();
    let error = load_from(folder.path(), None).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "cannot read the configuration {}/unplug.toml: it is a folder, and must be a regular file",
            folder.path().display()
        )
    );
}

#[test]
fn the_example_of_the_documentation_loads() {
    let text = include_str!("../../docs/configuration.md");
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let config = read(example).unwrap();
    assert!(config.is_break_glass("arn:aws:iam::444455556666:user/break-glass"));
    assert_eq!(config.responder_cidrs.len(), 2);
}
