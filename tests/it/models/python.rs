//! Asking `models.py`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};
use unplug::aws::operations;
use unplug::aws::tap::Sent;

use crate::moto::venv;

/// What the models say.
#[derive(Deserialize)]
pub struct Models {
    pub operations: BTreeMap<String, Operation>,
    /// Error codes by service.
    pub errors: BTreeMap<String, Vec<String>>,
    /// Enums by service and shape.
    pub enums: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Texts by service and member, for words that have no enum.
    pub documentation: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
pub struct Operation {
    pub method: String,
    pub errors: Vec<String>,
    pub filters: Vec<String>,
    pub limits: BTreeMap<String, [Option<i64>; 2]>,
    /// The names of an answer's members on the wire.
    pub answer: Vec<String>,
}

pub fn models() -> &'static Models {
    static MODELS: OnceLock<Models> = OnceLock::new();
    MODELS.get_or_init(|| {
        let names: Vec<&str> = operations::all().map(|op| op.name).collect();
        serde_json::from_value(ask("describe", &json!(names))).unwrap()
    })
}

/// What the models object to, one line a kind of request.
pub fn check(sent: &[Sent]) -> Vec<String> {
    // Alike requests are looked at once.
    let mut alike: BTreeMap<(&str, &str, &[u8]), &Sent> = BTreeMap::new();
    for request in sent {
        alike.insert((&request.operation, &request.uri, &request.body), request);
    }
    let requests: Vec<Value> = alike
        .into_values()
        .map(|request| {
            json!({
                "operation": request.operation,
                "method": request.method,
                "uri": request.uri,
                "headers": request.headers,
                "body": base64(&request.body),
            })
        })
        .collect();
    serde_json::from_value(ask("check", &json!(requests))).unwrap()
}

fn ask(task: &str, input: &Value) -> Value {
    let mut child = venv::script("models.py")
        .arg(task)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = input.to_string();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    assert!(output.status.success(), "models.py {task}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number =
            chunk.iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[test]
fn base64_is_right() {
    assert_eq!([b"".as_slice(), b"a", b"ab", b"abc"].map(base64), ["", "YQ==", "YWI=", "YWJj"]);
}
