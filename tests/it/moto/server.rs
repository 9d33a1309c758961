//! moto, started once per test process and seeded once; each test has a copy of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use super::venv::script;

/// A script that listens on a port which it prints first, and ends with its standard input: so with the test
/// process.
pub struct Listening {
    pub port: u16,
    child: Child,
    _stdin: ChildStdin,
}

/// A running moto. It ends when this is dropped, or with the test process.
pub struct Moto(Listening);

impl Moto {
    /// An empty account, with the corrections that `tests/moto_server.py` lists.
    pub fn start() -> Moto {
        Moto(Listening::start(&mut script("moto_server.py")))
    }

    pub fn url(&self) -> String {
        url(self.0.port)
    }

    /// Another server with the account as it is now.
    pub fn copy(&self) -> Copy {
        Copy::of(self.0.port)
    }
}

impl Listening {
    pub fn start(command: &mut Command) -> Listening {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A traceback for each operation that moto lacks: they say nothing that a test checks.
            .stderr(Stdio::null())
            .spawn()
            .expect("the environment's Python runs");
        let stdin = child.stdin.take().expect("piped");
        let stdout = child.stdout.take().expect("piped");
        let mut line = String::new();
        // It prints its port when it listens. If it ends before, the line is empty.
        BufReader::new(stdout).read_line(&mut line).expect("moto's output can be read");
        let port = line.trim().parse().expect("it prints its port first");
        Listening { port, child, _stdin: stdin }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server with a copy of an account. It ends when this is dropped.
pub struct Copy {
    pub port: u16,
}

impl Copy {
    fn of(port: u16) -> Copy {
        Copy { port: get(port, "/unplug-test/copy").trim().parse().expect("the copy's port") }
    }

    /// Another server with the account as it is now.
    pub fn copy(&self) -> Copy {
        Copy::of(self.port)
    }

    pub fn url(&self) -> String {
        url(self.port)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // It ends without an answer.
        let _ = exchange(self.port, "/unplug-test/end");
    }
}

/// A copy of the seeded account, and what `tests/seed.py` printed of it: its ids.
pub fn seeded() -> (Copy, &'static Value) {
    static SEEDED: OnceLock<(Moto, Value)> = OnceLock::new();
    let (moto, seed) = SEEDED.get_or_init(|| {
        let moto = Moto::start();
        let output = script("seed.py").arg(moto.url()).output().expect("seed.py runs");
        assert!(output.status.success(), "seed.py: {}", String::from_utf8_lossy(&output.stderr));
        let seed = serde_json::from_slice(&output.stdout).expect("seed.py prints JSON");
        (moto, seed)
    });
    (moto.copy(), seed)
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn get(port: u16, path: &str) -> String {
    let answer = exchange(port, path).expect("moto answers");
    answer.split_once("\r\n\r\n").expect("an HTTP answer").1.to_owned()
}

fn exchange(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
