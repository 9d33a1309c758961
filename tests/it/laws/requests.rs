//! What goes over the wire for each seed's pull and restore is what is checked in: whoever moves code
//! and means to change nothing sees here that AWS is asked for nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use unplug::aws::operations;
use unplug::aws::tap::Sent;
use unplug::sim::Simulation;

use super::harness::Process;
use super::seeds::{Seed, only, seeds};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/laws/requests")
}

fn file(seed: &Seed) -> String {
    let name: String = seed.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("{}-{name}.txt", seed.step)
}

/// Each write in full and in order, then how often each read was sent.
fn list(sent: &[Sent]) -> String {
    let (mut text, mut reads) = (String::new(), BTreeMap::<String, usize>::new());
    for request in sent {
        let host = request.uri.split('/').nth(2).unwrap_or_default();
        if operations::mutates(&request.operation) {
            let _ = writeln!(text, "{} {host}\n{}", request.operation, said(request));
        } else {
            *reads.entry(format!("{} {host}", request.operation)).or_default() += 1;
        }
    }
    for (read, times) in reads {
        let _ = writeln!(text, "{times} × {read}");
    }
    text
}

/// A line for each parameter. The token of a call that AWS may see twice is made up anew each time.
fn said(request: &Sent) -> String {
    let mut body = String::from_utf8_lossy(&request.body);
    // The SDK writes the members of a map in an order of chance.
    if let Ok(json) = serde_json::from_slice::<serde_json::Value>(&request.body) {
        body = json.to_string().into();
    }
    let form = body.starts_with("Action=");
    let parts: Vec<&str> = if form { body.split('&').collect() } else { vec![&body] };
    let path = request.uri.splitn(4, '/').nth(3).unwrap_or_default();
    let mut lines = vec![format!("    {} /{path}", request.method)];
    let own = |part: &&&str| !["Action=", "Version=", "ClientToken="].iter().any(|own| part.starts_with(own));
    lines.extend(parts.iter().filter(own).filter(|part| !part.is_empty()).map(|part| format!("    {part}")));
    lines.join("\n")
}

async fn requests(seed: &Seed) -> String {
    let process = Process::start(&Simulation::new(seed.account.clone()));
    let sent: Arc<Mutex<Vec<Sent>>> = Arc::default();
    let seen = sent.clone();
    process.aws.tap().witness(move |request| seen.lock().unwrap().push(request));
    process.pull(seed).await;
    let pulled = std::mem::take(&mut *sent.lock().unwrap());
    process.restore().await;
    let restored = std::mem::take(&mut *sent.lock().unwrap());
    format!("pull\n\n{}\nrestore\n\n{}", list(&pulled), list(&restored))
}

/// `UPDATE=1` writes the list anew: then the difference belongs into the commit's message.
#[tokio::test]
async fn requests_of_every_seed_are_the_checked_in_ones() {
    let mut wrong = vec![];
    for seed in seeds() {
        let (path, now) = (folder().join(file(&seed)), requests(&seed).await);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        let then = std::fs::read_to_string(&path).unwrap_or_default();
        if then != now {
            let at = then.lines().zip(now.lines()).position(|(then, now)| then != now);
            let at = at.unwrap_or(then.lines().count().min(now.lines().count()));
            let line = |text: &str| text.lines().nth(at).unwrap_or("(end)").to_owned();
            wrong.push(format!("{}:{}: was {}, is {}", path.display(), at + 1, line(&then), line(&now)));
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "UPDATE=1 writes them anew, where this is meant");
}

#[test]
fn every_checked_in_list_belongs_to_a_seed() {
    if only().is_some() {
        return;
    }
    let known: Vec<String> = seeds().iter().map(file).collect();
    let listed = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let stray: Vec<_> =
        listed.filter(|name| !known.iter().any(|known| name.to_str() == Some(known))).collect();
    assert!(stray.is_empty(), "{stray:?}");
    let unique: std::collections::BTreeSet<_> = known.iter().collect();
    assert_eq!(unique.len(), known.len(), "two seeds share a file");
}
