//! A terminal with the built binary in it: what is typed, what is seen.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{ControlCode, Eof, Error, Expect, Regex};

/// How long a screen may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(240);

pub const ENTER: &str = "";

/// A pseudo terminal. Dropped, what still runs in it is killed.
pub struct Terminal {
    session: OsSession,
    /// Everything that was seen, escape sequences included.
    seen: String,
}

impl Terminal {
    /// Starts a command in a terminal of so many columns.
    pub fn start(command: &Command, columns: u16) -> Terminal {
        // A new terminal is given 80 columns from here, at some moment after the child has begun. So the
        // child waits for the size that is set last, and the binary sees no other. Echo is on, as in a
        // terminal of a person.
        let mut sized = Command::new("/bin/sh");
        let wait = format!("until [ \"$(stty size)\" = \"50 {columns}\" ]; do :; done");
        sized.args(["-c", &format!("stty echo; {wait}; exec \"$0\" \"$@\"")]);
        sized.arg(command.get_program()).args(command.get_args());
        sized.env_clear().env("PATH", "/usr/bin:/bin").env("TERM", "dumb");
        sized.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        // The terminal's own width is to be seen, not the one of a pipe.
        sized.env_remove("COLUMNS");
        sized.current_dir(command.get_current_dir().expect("a folder of its own"));
        sized.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
        let mut session = OsSession::spawn(sized).expect("a pseudo terminal");
        session.get_process_mut().set_window_size(columns, 50).expect("a size");
        session.set_expect_timeout(Some(PATIENCE));
        Terminal { session, seen: String::new() }
    }

    /// Waits until these words are on the screen, and returns what came before them and they.
    #[track_caller]
    pub fn shows(&mut self, words: &str) -> String {
        match self.session.expect(words) {
            Ok(found) => self.saw(found.as_bytes()),
            Err(error) => self.fail(words, &error),
        }
    }

    /// Waits for a question, and answers it.
    #[track_caller]
    pub fn answer(&mut self, question: &str, answer: &str) -> String {
        let before = self.shows(question);
        self.shows(": ");
        self.session.send_line(answer).expect("the terminal takes it");
        // The prompt is drawn again with its answer: the next wait must not take that for a question.
        self.shows(&format!(": {answer}\r\n"));
        before
    }

    /// Waits for a question, and answers it with what the terminal does not show.
    #[track_caller]
    pub fn whisper(&mut self, question: &str, answer: &str) {
        self.shows(question);
        // What is typed before the echo is off is thrown away with it.
        let deadline = Instant::now() + PATIENCE;
        while self.session.get_process().get_echo().expect("a terminal") {
            assert!(Instant::now() < deadline, "the echo stays on\n{}", self.screen());
            std::thread::yield_now();
        }
        self.session.send_line(answer).expect("the terminal takes it");
    }

    /// Waits for a question, and presses Ctrl-C.
    #[track_caller]
    pub fn interrupt(&mut self, question: &str) {
        self.press(question, ControlCode::EndOfText);
    }

    /// Waits for a question, and presses Ctrl-D.
    #[track_caller]
    pub fn ends_input(&mut self, question: &str) {
        self.press(question, ControlCode::EndOfTransmission);
    }

    #[track_caller]
    fn press(&mut self, question: &str, key: ControlCode) {
        self.shows(question);
        self.shows(": ");
        self.session.send(key).expect("the terminal takes it");
    }

    /// Waits for the end. Returns the rest of the screen, and the exit code as a shell reports it.
    #[track_caller]
    pub fn ends(&mut self) -> (String, i32) {
        let rest = match self.session.expect(Eof) {
            Ok(found) => self.saw(found.as_bytes()),
            Err(error) => self.fail("the end", &error),
        };
        let status = self.session.get_process().wait().expect("it can be waited for");
        let code = match status {
            WaitStatus::Exited(_, code) => code,
            WaitStatus::Signaled(_, signal, _) => 128 + signal as i32,
            other => panic!("{other:?}\n{}", self.seen),
        };
        (rest, code)
    }

    #[track_caller]
    pub fn ends_with(&mut self, code: i32) -> String {
        let (rest, ended) = self.ends();
        assert_eq!(ended, code, "{}", self.seen);
        rest
    }

    /// All that was seen, without escape sequences and with plain line ends.
    pub fn screen(&self) -> String {
        plain(&self.seen)
    }

    fn saw(&mut self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        self.seen.push_str(&text);
        plain(&text)
    }

    #[track_caller]
    fn fail(&mut self, words: &str, error: &Error) -> ! {
        if let Ok(rest) = self.session.check(Regex("(?s).+")) {
            self.saw(rest.as_bytes());
        }
        panic!("{words:?} does not come: {error}\n{}", self.screen());
    }
}

fn plain(text: &str) -> String {
    console::strip_ansi_codes(text).replace("\r\n", "\n").replace('\r', "")
}
