//! Who signs: roles, MFA codes, programs that give keys, web identities. As for the AWS CLI.

use crate::environment::{KEYS, Server, home, one_line, plan};
use crate::moto::binary::Said;
use crate::prompts::terminal::Terminal;

const ARN: &str = "arn:aws:iam::123456789012:role/responder";

/// A profile `p` with a role, more keys of it, and the profile `s` with keys.
fn role(more: &str) -> String {
    format!(
        "[profile p]\nregion = eu-west-1\nrole_arn = {ARN}\nsource_profile = s\n{more}\n[profile s]\n\
         aws_access_key_id = AKIASOURCE0000000000\naws_secret_access_key = x\n"
    )
}

/// The roles that were asked for, each as its request.
fn roles(asked: &[String]) -> Vec<&String> {
    asked.iter().filter(|asked| asked.contains("Action=AssumeRole")).collect()
}

#[test]
fn a_role_is_assumed_once_and_at_the_endpoint_that_is_named() {
    let config = role("external_id = e1\nrole_session_name = akari\nduration_seconds = 900");
    for flag in [true, false] {
        let server = Server::giving_roles();
        let (words, variables) = if flag {
            (vec!["--profile", "p", "--endpoint-url", &server.url], vec![])
        } else {
            (
                vec!["--profile", "p"],
                vec![("AWS_ENDPOINT_URL_STS", &*server.url), ("HTTPS_PROXY", &server.url)],
            )
        };
        plan(&[("config", &config)], &words, &variables).ends(7);
        let asked = server.all();
        let [assumed] = roles(&asked)[..] else { panic!("{asked:?}") };
        assert!(assumed.contains("Credential=AKIASOURCE0000000000/"), "{assumed}");
        for part in ["ExternalId=e1", "RoleSessionName=akari", "DurationSeconds=900"] {
            assert!(assumed.contains(part), "{part}: {assumed}");
        }
        assert!(asked.iter().any(|asked| asked.contains("Credential=ASIAROLE000000000000/")), "{asked:?}");
    }
}

#[test]
fn a_role_that_is_refused_is_told_with_sts_its_host_and_the_whole_cause() {
    let server = Server::start();
    let said =
        plan(&[("config", &role(""))], &["--profile", "p", "--endpoint-url", &server.url], &[]).ends(7);
    let text = one_line(&said.err);
    let why = format!("STS (127.0.0.1) does not give the role {ARN} of the profile p: AccessDenied: no");
    assert!(text.contains(&why) && text.contains("mfa_serial"), "{text}");
    assert!(!text.contains("Error {"), "{text}");
}

#[test]
fn an_mfa_code_is_asked_for_at_a_terminal_and_refused_without_one() {
    let device = "arn:aws:iam::123456789012:mfa/akari";
    let config = role(&format!("mfa_serial = {device}"));
    let server = Server::giving_roles();
    let words = ["--profile", "p", "--endpoint-url", &server.url];
    let said = plan(&[("config", &config)], &words, &[]).ends(7);
    assert!(one_line(&said.err).contains(&format!("needs a code of the MFA device {device}")), "{said:?}");
    assert_eq!(server.all(), Vec::<String>::new(), "nothing was sent");

    let machine = home(&[("config", &config)]);
    let command = machine.bare(&[&["plan", "--steps", "610"], &words[..]].concat());
    let mut terminal = Terminal::start(&command, 120);
    terminal.whisper(&format!("Code of the MFA device {device}: "), "987654");
    terminal.ends_with(7);
    assert!(!terminal.screen().contains("987654"), "{}", terminal.screen());
    let asked = server.all();
    let [assumed] = roles(&asked)[..] else { panic!("{asked:?}") };
    assert!(assumed.contains("TokenCode=987654") && assumed.contains("mfa%2Fakari"), "{assumed}");
}

/// A plan with a program that gives keys: how it ended, and how often the program ran.
fn program(script: &str, server: &Server) -> (Said, usize) {
    let config = "[profile p]\nregion = eu-west-1\ncredential_process = ./give-keys --role 'break glass'\n";
    let machine = home(&[("config", config)]);
    let file = machine.path("give-keys");
    std::fs::write(&file, format!("#!/bin/sh\necho \"$2\" >> ran\n{script}\n")).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let words = ["plan", "--steps", "610", "--profile", "p", "--endpoint-url", &server.url];
    let said = Said::of(machine.bare(&words).env("PATH", "/usr/bin:/bin").output().unwrap());
    let ran = std::fs::read_to_string(machine.path("ran")).unwrap_or_default();
    assert!(ran.lines().all(|line| line == "break glass"), "{ran}");
    (said, ran.lines().count())
}

#[test]
fn a_program_that_gives_keys_runs_once_and_its_words_are_shown() {
    let server = Server::start();
    let keys = r#"{"Version":1,"AccessKeyId":"AKIAPROGRAM000000000","SecretAccessKey":"hunter2"}"#;
    let (said, ran) = program(&format!("echo 'touch your key' >&2\necho '{keys}'"), &server);
    assert_eq!(ran, 1, "{said:?}");
    let said =
        said.ends(7).says("waiting for the credential process of the profile p").says("touch your key");
    said.says_not("hunter2");
    assert!(server.all().iter().all(|asked| asked.contains("Credential=AKIAPROGRAM000000000/")));

    let (said, ran) = program("printf 'no\\033[31m such role\\n' >&2\nexit 3", &server);
    assert_eq!(ran, 1, "{said:?}");
    let said = said.ends(7).says("no\\u{1b}[31m such role");
    assert!(one_line(&said.err).contains("(./give-keys) failed (exit status: 3)"), "{said:?}");
    let (said, _) = program("echo hunter2", &server);
    assert!(one_line(&said.err).contains("printed no credentials: line 1"), "{said:?}");
    said.ends(7).says_not("hunter2");
}

#[test]
fn a_web_identity_is_taken_to_the_endpoint_that_is_named() {
    let server = Server::giving_roles();
    let machine = home(&[]);
    std::fs::write(machine.path("token"), "jwt\n").unwrap();
    let mut command = machine.bare(&["plan", "--steps", "610", "--endpoint-url", &server.url]);
    command.env("AWS_WEB_IDENTITY_TOKEN_FILE", machine.path("token")).env("AWS_ROLE_ARN", ARN);
    Said::of(command.env("AWS_REGION", "eu-west-1").output().unwrap()).ends(7);
    let asked = server.all();
    let [assumed] = roles(&asked)[..] else { panic!("{asked:?}") };
    assert!(assumed.contains("WebIdentityToken=jwt") && !assumed.contains("Credential="), "{assumed}");
    assert!(asked.iter().any(|asked| asked.contains("Credential=ASIAROLE000000000000/")), "{asked:?}");
}

#[test]
fn half_of_what_signs_is_refused_and_never_replaced_by_something_else() {
    let without_source = format!("[profile p]\nrole_arn = {ARN}\n");
    let circle = format!(
        "[profile p]\nrole_arn = {ARN}\nsource_profile = q\n[profile q]\nrole_arn = {ARN}\nsource_profile = p\n"
    );
    for (config, words, variables, said) in [
        ("", &[][..], &KEYS[..1], "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not"),
        (
            "[profile p]\naws_access_key_id = A\n",
            &["--profile", "p"],
            &[],
            "config:2: the profile p has aws_access_key_id and no",
        ),
        (
            &without_source,
            &["--profile", "p"],
            &[],
            "config:2: the role of the profile p has no source_profile",
        ),
        (
            &role("").replace("= s\n", "= gone\n"),
            &["--profile", "p"],
            &[],
            "has the source_profile \"gone\", which is not there",
        ),
        (&circle, &["--profile", "p"], &[], "comes back to itself: p, then q, then p"),
        ("", &["--profile", "nosuch"], &[], "error: there is no profile \"nosuch\" (--profile)"),
        ("", &[], &[], "error: no AWS credentials: no profile is named"),
    ] {
        let server = Server::start();
        let words = [words, &["--region", "eu-west-1", "--endpoint-url", &server.url]].concat();
        let text = one_line(&plan(&[("config", config)], &words, variables).ends(7).err);
        assert!(text.contains(said), "{text}");
        assert_eq!(server.all(), Vec::<String>::new(), "{said}");
    }
}
