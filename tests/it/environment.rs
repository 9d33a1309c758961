//! The environment means what it means to the AWS CLI: who signs, and where calls go.
//!
//! A server of our own says no to everything and remembers what it was asked.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::moto::binary::{Machine, Said};

/// How long the first request may take on a busy machine. Nothing waits so long when all is well.
const SOON: Duration = Duration::from_secs(60);

const NO: &str =
    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";

struct Server {
    url: String,
    asked: Receiver<String>,
}

impl Server {
    fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (heard, asked) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = heard.clone();
                std::thread::spawn(move || refuse(stream, &heard));
            }
        });
        Server { url, asked }
    }

    /// The first thing that was asked: the line of the request, and its headers.
    fn first(&self) -> String {
        self.asked.recv_timeout(SOON).expect("it was asked something")
    }
}

fn refuse(mut stream: TcpStream, heard: &Sender<String>) {
    let mut head = vec![];
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.extend(byte);
    }
    // Whoever does not listen any more has heard enough.
    let _ = heard.send(String::from_utf8_lossy(&head).into_owned());
    let answer = format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{NO}",
        NO.len()
    );
    let _ = stream.write_all(answer.as_bytes());
}

/// A plan first asks who it is, and ends with the refusal.
fn plan(files: &[(&str, &str)], words: &[&str], environment: &[(&str, &str)]) -> Said {
    let machine = Machine::new("");
    std::fs::create_dir(machine.path(".aws")).unwrap();
    for (name, text) in files {
        std::fs::write(machine.path(".aws").join(name), text).unwrap();
    }
    let mut command = machine.bare(&[&["plan", "--steps", "610"], words].concat());
    command.envs(environment.iter().copied());
    Said::of(command.output().unwrap())
}

const KEYS: [(&str, &str); 3] = [
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
    plan(&[], &[], &[&KEYS[..], &proxy, &nowhere].concat());
    let first = server.first();
    // Who it is and what the account is called are asked at once.
    assert!(first.starts_with("CONNECT ") && first.contains(".amazonaws.com:443 HTTP/1.1"), "{first}");
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
