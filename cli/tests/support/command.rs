//! The client commands of the binary, run against a broker under test, and what they printed.

use std::io::Write;
use std::process::{Output, Stdio};

use super::broker::{Broker, corelane};

/// A broker of Corelane's own and the commands that talk to it.
pub struct CommandLine {
    pub broker: Broker,
}

impl CommandLine {
    /// With a fresh broker.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With a fresh broker that gets further arguments to `serve`.
    pub fn start_with(more: &[&str]) -> Self {
        Self {
            broker: Broker::start_corelane(more),
        }
    }

    /// Runs `corelane` with these arguments, split at blanks, and nothing on its standard input.
    pub fn run(&self, arguments: &str) -> Outcome {
        self.run_with(arguments, b"")
    }

    /// Runs `corelane` with these arguments, split at blanks, and `input` on its standard input.
    pub fn run_with(&self, arguments: &str, input: &[u8]) -> Outcome {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        self.run_words(&words, input)
    }

    /// Runs `corelane` with exactly these arguments.
    pub fn run_words(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        let mut command = corelane();
        command
            .args(arguments)
            .env("CORELANE_BOOTSTRAP", self.broker.bootstrap())
            .current_dir(self.broker.scratch())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        let input = input.to_vec();
        // A thread, since the command may print before it has read all; one that stops reading is no failure here.
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().expect("the child is ours");
        let _ = writer.join().expect("writing does not panic");
        Outcome {
            output,
            arguments: arguments.join(" "),
        }
    }
}

/// What a command printed and how it ended.
pub struct Outcome {
    output: Output,
    arguments: String,
}

impl Outcome {
    /// The exit code.
    pub fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// Standard output as text, whatever the exit code.
    pub fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).expect("the output is text")
    }

    /// Standard error as text.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// Standard output of a command that must succeed.
    pub fn text(&self) -> String {
        assert_eq!(
            self.code(),
            Some(0),
            "{}: {}",
            self.arguments,
            self.stderr()
        );
        self.stdout()
    }

    /// The lines of a command that must succeed.
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    /// The JSON objects, one a line, of a command that must succeed.
    pub fn json(&self) -> Vec<serde_json::Value> {
        let parse = |line: &String| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
        };
        self.lines().iter().map(parse).collect()
    }

    /// Demands this exit code, nothing on standard output and each of these words on standard error.
    pub fn refused(&self, code: i32, words: &[&str]) {
        let stderr = self.stderr();
        assert_eq!(self.code(), Some(code), "{}: {stderr}", self.arguments);
        assert_eq!(self.stdout(), "", "{}", self.arguments);
        for word in words {
            assert!(
                stderr.contains(word),
                "{}: no `{word}` in: {stderr}",
                self.arguments
            );
        }
    }
}
