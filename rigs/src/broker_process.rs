//! The broker under test, as a process that never outlives its test.
//!
//! Lives on the thread that starts it: the kernel kills the broker when that thread is gone.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// Which broker.
#[derive(Clone, Debug)]
pub enum BrokerProgram {
    /// The binary of this package, which has the broker inside, with a retention that looks often.
    Embedded {
        /// Its path.
        tool: PathBuf,
        /// A bug to plant, by its name.
        bug: Option<&'static str>,
    },
    /// A `corelane`, such as a release build.
    Corelane {
        /// Its path.
        binary: PathBuf,
    },
}

impl BrokerProgram {
    /// The one that `CORELANE_TEST_BINARY` names, or that of this package.
    pub fn from_environment(tool: &Path) -> BrokerProgram {
        match std::env::var_os("CORELANE_TEST_BINARY") {
            Some(binary) => BrokerProgram::Corelane {
                binary: binary.into(),
            },
            None => BrokerProgram::Embedded {
                tool: tool.to_owned(),
                bug: None,
            },
        }
    }

    fn command(&self, data: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]);
        match self {
            BrokerProgram::Embedded { tool, bug } => {
                command.arg(tool).arg("serve").arg(data).args(bug);
            }
            BrokerProgram::Corelane { binary } => {
                command
                    .arg(binary)
                    .args(["serve", "--listen", "127.0.0.1:0"]);
                command.arg("--data").arg(data);
            }
        }
        command
    }
}

/// A broker that runs.
pub struct BrokerProcess {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl BrokerProcess {
    /// Starts it; what it logs is appended to `log`.
    pub fn start(program: &BrokerProgram, data: &Path, log: &Path) -> io::Result<BrokerProcess> {
        let log = File::options().create(true).append(true).open(log)?;
        let mut child = program
            .command(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let said = child.stdout.take();
        let said = said.ok_or_else(|| io::Error::other("no pipe"))?;
        Ok(BrokerProcess {
            child,
            said: BufReader::new(said),
        })
    }

    /// Waits until it listens; its address.
    pub fn address(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.said.read_line(&mut line)? == 0 {
            let status = self.child.wait()?;
            let what = format!("the broker ended with {status} before it listened");
            return Err(io::Error::other(what));
        }
        let words = line.split([' ', ',', '\n']);
        let address = words.rev().find(|word| word.starts_with("127.0.0.1:"));
        let unknown = || io::Error::other(format!("no address in {line:?}"));
        Ok(address.ok_or_else(unknown)?.to_owned())
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        // One that has ended already is as dead as was asked for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM; waits for the end.
    pub fn stop(mut self) -> io::Result<ExitStatus> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        self.child.wait()
    }
}

impl Drop for BrokerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}
