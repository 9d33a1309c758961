//! The environment means what it means to the AWS CLI: who signs, and where calls go.
//!
//! A server of our own says no to everything and remembers what it was asked.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::moto::binary::{Machine, Said};

/// How long the first request may take on a busy machine. Nothing waits so long when all is well.
const SOON: Duration = Duration::from_secs(60);

const NO: &str =
    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";

/// What the server gives when it is asked for a role.
const ROLE: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE000000000000\
    </AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>t</SessionToken>\
    <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

pub struct Server {
    pub url: String,
    asked: Receiver<String>,
}

impl Server {
    pub fn start() -> Server {
        Server::answering(|_| None)
    }

    /// Gives every role, and refuses the rest.
    pub fn giving_roles() -> Server {
        let role = ROLE.replace("AssumeRole", "AssumeRoleWithWebIdentity");
        Server::answering(move |asked| match asked {
            asked if asked.contains("Action=AssumeRoleWithWebIdentity&") => Some(role.clone()),
            asked if asked.contains("Action=AssumeRole&") => Some(ROLE.to_owned()),
            _ => None,
        })
    }

    fn answering(answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Server {
        let answer = Arc::new(answer);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (heard, asked) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, answer) = (heard.clone(), answer.clone());
                std::thread::spawn(move || serve(stream, &heard, &*answer));
            }
        });
        Server { url, asked }
    }

    /// Everything that was asked until now.
    pub fn all(&self) -> Vec<String> {
        self.asked.try_iter().collect()
    }

    /// The first thing that was asked: the line of the request, its headers and its body.
    fn first(&self) -> String {
        self.asked.recv_timeout(SOON).expect("it was asked something")
    }
}

fn serve(mut stream: TcpStream, heard: &Sender<String>, answer: &dyn Fn(&str) -> Option<String>) {
    let mut asked = vec![];
    let mut byte = [0];
    while !asked.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        asked.extend(byte);
    }
    let head = String::from_utf8_lossy(&asked).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    let _ = stream.read_exact(&mut body);
    asked.extend(body);
    let asked = String::from_utf8_lossy(&asked).into_owned();
    let (status, body) = match answer(&asked) {
        Some(body) => ("200 OK", body),
        None => ("403 Forbidden", NO.to_owned()),
    };
    // Whoever does not listen any more has heard enough.
    let _ = heard.send(asked);
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes());
}

/// A plan first asks who it is, and ends with the refusal.
pub fn plan(files: &[(&str, &str)], words: &[&str], environment: &[(&str, &str)]) -> Said {
    let machine = home(files);
    let mut command = machine.bare(&[&["plan", "--steps", "610"], words].concat());
    command.envs(environment.iter().copied());
    Said::of(command.output().unwrap())
}

/// A machine with these files in `~/.aws`.
pub fn home(files: &[(&str, &str)]) -> Machine {
    let machine = Machine::new("");
    std::fs::create_dir(machine.path(".aws")).unwrap();
    for (name, text) in files {
        std::fs::write(machine.path(".aws").join(name), text).unwrap();
    }
    machine
}

pub const KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00000"),
    ("AWS_SECRET_ACCESS_KEY", "x"),
    ("AWS_REGION", "eu-west-1"),
];
const PROFILE: (&str, &str) = (
    "config",
    "[profile p]\nregion = eu-west-1\naws_access_key_id = AKIAPROFILE000000000\naws_secret_access_key = x\n",
);

#[test]
fn a_profile_that_is_named_beats_keys_and_keys_beat_a_profile_of_the_environment() {
    for (words, environment, signs) in [
        (&["--profile", "p"][..], &KEYS[..], "AKIAPROFILE000000000"),
        (&[], &[&KEYS[..], &[("AWS_PROFILE", "p")]].concat(), "AKIAENVIRONMENT00000"),
        (&[], &[("AWS_PROFILE", "p")], "AKIAPROFILE000000000"),
    ] {
        let server = Server::start();
        let words = [words, &["--endpoint-url", &server.url]].concat();
        let said = plan(&[PROFILE], &words, environment);
        let first = server.first();
        assert!(first.contains(&format!("Credential={signs}/")), "{words:?} {environment:?}\n{first}");
        assert_ne!(said.code, Some(0), "{said:?}");
    }
}

#[test]
fn endpoints_are_taken_from_the_flag_then_the_service_then_all_services_then_the_profile() {
    let server = Server::start();
    let url = &*server.url;
    let nowhere = "http://127.0.0.1:9";
    let services = format!("{}services = s\n[services s]\nsts =\n  endpoint_url = {url}\n", PROFILE.1);
    for (config, words, environment) in [
        (PROFILE.1, &["--endpoint-url", url][..], &[("AWS_ENDPOINT_URL", nowhere)][..]),
        (PROFILE.1, &[], &[("AWS_ENDPOINT_URL_STS", url), ("AWS_ENDPOINT_URL", nowhere)]),
        (PROFILE.1, &[], &[("AWS_ENDPOINT_URL", url)]),
        (&services, &[], &[]),
    ] {
        let words = [&["--profile", "p"], words].concat();
        plan(&[("config", config)], &words, environment);
        let first = server.first();
        assert!(first.starts_with("POST / "), "{words:?} {environment:?}\n{first}");
        while server.asked.try_recv().is_ok() {}
    }
}

#[test]
fn a_proxy_is_used_for_aws_itself() {
    let server = Server::start();
    let proxy = [("HTTPS_PROXY", &*server.url), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
    let nowhere = [("AWS_ENDPOINT_URL", "http://127.0.0.1:9")];
    let said = plan(&[], &[], &[&KEYS[..], &proxy, &nowhere].concat());
    let first = server.first();
    // Who it is and what the account is called are asked at once.
    assert!(first.starts_with("CONNECT ") && first.contains(".amazonaws.com:443 HTTP/1.1"), "{first}");
    // It is said before the first call, and when it does not let the call through.
    let note = format!("calls go through the proxy {} (HTTPS_PROXY)", server.url);
    assert!(one_line(&said.err).starts_with(&format!("warning: {note}")), "{said:?}");
    let said = said.ends(7);
    let error = format!("no answer from sts.eu-west-1.amazonaws.com: the proxy {} did not let", server.url);
    assert!(one_line(&said.err).contains(&error) && said.err.contains("NO_PROXY"), "{said:?}");
}

#[test]
fn a_fips_endpoint_that_a_proxy_does_not_reach_is_named_with_its_setting() {
    let server = Server::start();
    let fips = [("AWS_USE_FIPS_ENDPOINT", "true"), ("HTTPS_PROXY", &*server.url), ("AWS_MAX_ATTEMPTS", "1")];
    let said = plan(&[], &[], &[&KEYS[..], &fips].concat()).ends(7);
    assert!(server.first().starts_with("CONNECT ") && server.url.starts_with("http://127.0.0.1"));
    let text = one_line(&said.err);
    assert!(text.contains("no answer from sts-fips.eu-west-1.amazonaws.com"), "{text}");
    let advice = "not every Region has FIPS endpoints: use_fips_endpoint is on by AWS_USE_FIPS_ENDPOINT";
    assert!(text.contains(advice), "{text}");
}

/// What was wrapped, in one line.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_endpoint_that_is_not_awss_is_in_the_first_line() {
    let server = Server::start();
    for (words, environment, from) in [
        (&["--endpoint-url", &*server.url][..], &[][..], "--endpoint-url"),
        (&["--json"], &[("AWS_ENDPOINT_URL", &*server.url)], "AWS_ENDPOINT_URL"),
    ] {
        let said = plan(&[], words, &[&KEYS[..], environment].concat()).ends(7);
        let note = format!("warning: every call goes to {}, not to AWS ({from})", server.url);
        assert!(one_line(&said.err).starts_with(&note), "{said:?}");
    }
    plan(&[], &["--endpoint-url", &server.url], &KEYS).says_not("unencrypted");
}

#[test]
fn a_host_that_does_not_answer_is_named_with_its_setting() {
    // Nobody listens on port 1 of this machine.
    for (environment, setting) in [
        (("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), "It is set by AWS_ENDPOINT_URL"),
        (("AWS_ENDPOINT_URL_STS", "https://127.0.0.1:1"), "It is set by AWS_ENDPOINT_URL_STS"),
    ] {
        let once = ("AWS_MAX_ATTEMPTS", "1");
        let closed = ("HTTPS_PROXY", "http://127.0.0.1:1");
        let away = ("NO_PROXY", "127.0.0.1");
        let said = plan(&[], &[], &[&KEYS[..], &[environment, once, closed, away]].concat()).ends(7);
        let text = one_line(&said.err);
        assert!(text.contains("no answer from 127.0.0.1: Connection refused"), "{text}");
        assert!(text.contains(setting) && !text.contains("dispatch failure"), "{text}");
    }
}

#[test]
fn a_blank_before_a_key_changes_nothing_and_a_broken_file_is_named() {
    let server = Server::start();
    let config = format!("[default]\n region = eu-north-1\n endpoint_url = {}\n", server.url);
    let keys = &KEYS[..2];
    plan(&[("config", &config)], &[], keys).ends(7);
    let asked = server.all();
    let by_whom =
        |asked: &String| asked.contains("AKIAENVIRONMENT00000/") && asked.contains("/eu-north-1/sts/");
    assert!(asked.iter().any(by_whom), "{asked:?}");
    let said = plan(&[("config", "[default]\nregion eu-north-1\n")], &[], keys).ends(7);
    assert!(one_line(&said.err).contains(".aws/config:2:1: this is neither"), "{said:?}");
}

#[test]
fn certificates_of_the_configuration_file_are_read() {
    let config = "[default]\nca_bundle = ~/nowhere.pem\n";
    let said = plan(&[("config", config)], &[], &KEYS).ends(7);
    let text = one_line(&said.err);
    assert!(text.contains("/nowhere.pem (") && text.contains("/.aws/config:2): No such file"), "{text}");
}

#[test]
fn what_the_environment_says_wrong_is_one_sentence_and_no_panic() {
    let server = Server::start();
    for (words, environment, sentence) in [
        (&["--endpoint-url", "127.0.0.1:5000"][..], &[][..], "127.0.0.1:5000"),
        (&[], &[("AWS_ENDPOINT_URL", "127.0.0.1:5000")], "127.0.0.1:5000"),
        (&["--endpoint-url", &server.url], &[("AWS_MAX_ATTEMPTS", "many")], "AccessDenied"),
        (&["--endpoint-url", &server.url], &[("AWS_RETRY_MODE", "legacy")], "AccessDenied"),
    ] {
        let said = plan(&[], words, &[&KEYS[..], environment].concat());
        assert!(!matches!(said.code, Some(0 | 101) | None), "{words:?} {environment:?}: {said:?}");
        assert!(said.err.contains(sentence), "{words:?} {environment:?}: {said:?}");
        assert!(said.err.lines().count() <= 6, "{said:?}");
    }
}
