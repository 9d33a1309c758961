//! A program that prints credentials: `credential_process`.
//!
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sourcing-external.html>

use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use aws_credential_types::Credentials;
use serde::Deserialize;

use super::super::connect::ConnectError;
use super::super::masks::masked;
use super::Person;

/// How long the beginning of a line waits for its end before it is passed on: it may be a question.
const PAUSE: Duration = Duration::from_millis(100);

/// More is no list of keys.
const MOST: u64 = 1 << 20;

/// What the program prints. AWS says that unknown members are left alone.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: Option<u32>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    session_token: Option<String>,
    expiration: Option<String>,
    account_id: Option<String>,
}

/// Runs the program without a shell, as the AWS CLI does, and passes on what it says meanwhile.
pub(super) async fn ask(
    profile: &str,
    words: &[String],
    account: Option<&str>,
    person: Option<Arc<dyn Person>>,
) -> Result<Credentials, ConnectError> {
    let [program, ..] = words else { return Err(ConnectError::new("the credential process has no name")) };
    let of = format!("the credential process of the profile {profile} ({program})");
    if let Some(person) = &person {
        person.note(&format!("waiting for {of}"));
    }
    let command = words.to_vec();
    let ended = tokio::task::spawn_blocking(move || run(&command, person.as_deref())).await;
    let (status, printed) = ended
        .map_err(io::Error::other)
        .flatten()
        .map_err(|error| ConnectError::new(format!("{of} did not run: {error}")))?;
    if !status.success() {
        return Err(ConnectError::new(format!("{of} failed ({status}); what it said stands above")));
    }
    parse(&printed, account).map_err(|why| ConnectError::new(format!("{of} printed no credentials: {why}")))
}

fn run(words: &[String], person: Option<&dyn Person>) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::inherit()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let printed = child.stdout.take().map(|out| std::thread::spawn(move || whole(out)));
    if let Some(mut words) = child.stderr.take() {
        let (told, heard) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = words.read(&mut bytes) {
                if told.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        pass_on(&heard, person);
    }
    let status = child.wait()?;
    let printed = printed.and_then(|thread| thread.join().ok()).unwrap_or_else(|| Ok(vec![]));
    Ok((status, printed?))
}

fn whole(out: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    out.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Passes on lines as they come, and the beginning of one after a pause. Secrets in them are masked.
fn pass_on(heard: &Receiver<Vec<u8>>, person: Option<&dyn Person>) {
    let say = |bytes: &[u8], whole: bool| {
        if let Some(person) = person {
            person.said(&masked(&String::from_utf8_lossy(bytes)), whole);
        }
    };
    let mut open: Vec<u8> = vec![];
    loop {
        match heard.recv_timeout(PAUSE) {
            Ok(bytes) => {
                open.extend(bytes);
                while let Some(end) = open.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = open.drain(..=end).collect();
                    say(line[..end].strip_suffix(b"\r").unwrap_or(&line[..end]), true);
                }
            }
            Err(RecvTimeoutError::Timeout) if open.is_empty() => {}
            Err(RecvTimeoutError::Timeout) => say(&std::mem::take(&mut open), false),
            Err(RecvTimeoutError::Disconnected) => {
                if !open.is_empty() {
                    say(&open, true);
                }
                return;
            }
        }
    }
}

/// The credentials that a program printed. What it printed is not repeated: it may hold a secret.
fn parse(bytes: &[u8], account: Option<&str>) -> Result<Credentials, String> {
    let printed: Printed = serde_json::from_slice(bytes)
        .map_err(|error| format!("line {} is not the JSON that it must print", error.line()))?;
    if printed.version != Some(1) {
        return Err("its Version must be 1".into());
    }
    let needed = |value: Option<String>, name: &str| value.ok_or_else(|| format!("{name} is missing"));
    let mut credentials = Credentials::builder()
        .access_key_id(needed(printed.access_key_id, "AccessKeyId")?)
        .secret_access_key(needed(printed.secret_access_key, "SecretAccessKey")?)
        .provider_name("Program");
    credentials.set_session_token(printed.session_token);
    credentials.set_account_id(printed.account_id.as_deref().or(account).map(Into::into));
    if let Some(text) = printed.expiration {
        let at: jiff::Timestamp =
            text.parse().map_err(|_| "its Expiration is no time as 2026-01-01T03:00:00Z".to_owned())?;
        credentials.set_expiry(Some(at.into()));
    }
    Ok(credentials.build())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Debug, Default)]
    struct Heard(Mutex<Vec<(String, bool)>>);

    impl Person for Heard {
        fn mfa_code(&self, _: &str) -> Option<String> {
            None
        }

        fn note(&self, text: &str) {
            self.said(text, true);
        }

        fn said(&self, text: &str, whole: bool) {
            self.0.lock().unwrap().push((text.to_owned(), whole));
        }
    }

    #[test]
    fn lines_are_passed_on_whole_and_a_question_without_an_end() {
        let (told, words) = channel();
        told.send(b"one\ntw".to_vec()).unwrap();
        told.send(b"o\r\nCode: ".to_vec()).unwrap();
        drop(told);
        let heard = Heard::default();
        pass_on(&words, Some(&heard));
        let said = heard.0.into_inner().unwrap();
        assert_eq!(said, [("one".into(), true), ("two".into(), true), ("Code: ".into(), true)]);
    }

    #[test]
    fn what_a_program_prints_is_read_as_the_aws_cli_reads_it() {
        let text = br#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"2026-01-01T03:00:00+09:00","X":1}"#;
        let read = parse(text, Some("123456789012")).unwrap();
        assert_eq!((read.access_key_id(), read.secret_access_key()), ("A", "s"));
        assert_eq!(read.account_id().map(|id| id.as_str()), Some("123456789012"));
        assert!(read.expiry().is_some());
        for (text, why) in [
            (r#"{"AccessKeyId":"A"}"#, "Version"),
            (r#"{"Version":1,"AccessKeyId":"A"}"#, "SecretAccessKey is missing"),
            (r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"soon"}"#, "Expiration"),
            ("hunter2", "line 1"),
        ] {
            let said = parse(text.as_bytes(), None).unwrap_err();
            assert!(said.contains(why) && !said.contains("hunter2"), "{said}");
        }
    }
}
