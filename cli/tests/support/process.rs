//! A child process that never outlives its test: killed on drop, and by the kernel if the test dies.

use std::ffi::OsStr;
use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a dead process's port may stay taken.
const FREE_LIMIT: Duration = Duration::from_secs(10);
/// How often a wait looks again.
const POLL: Duration = Duration::from_millis(5);

/// A running server with its output in a file.
pub struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts the command with both outputs appended to `log`.
    pub fn start(mut command: Command, log: &Path) -> Self {
        let out = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("the log file opens");
        let err = out.try_clone().expect("a descriptor is free");
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self {
            child,
            log: log.to_owned(),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the server has printed so far.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits until the address accepts connections; panics with the server's output if it never does.
    pub fn wait_until_it_listens(&mut self, address: SocketAddr, limit: Duration) {
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = self.exited() {
                panic!(
                    "the server ended with {status} before it listened:\n{}",
                    self.output()
                );
            }
            assert!(
                start.elapsed() < limit,
                "no listener on {address} after {limit:?}:\n{}",
                self.output()
            );
            std::thread::sleep(POLL);
        }
    }

    /// The exit status if the process has ended.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child
            .try_wait()
            .expect("the child is ours to wait for")
    }

    pub fn is_alive(&mut self) -> bool {
        self.exited().is_none()
    }

    /// SIGKILL, and waits until the process is gone.
    pub fn kill(&mut self) {
        // A process that has already ended is as dead as was asked for.
        let _ = self.child.kill();
        self.child.wait().expect("the child is ours to wait for");
    }

    /// SIGKILL, and waits until nobody answers on `address`: the kernel takes a dead process's ring down a moment after
    /// the process is gone, and its listener accepts connections until then.
    pub fn kill_and_free(&mut self, address: SocketAddr) {
        self.kill();
        let start = Instant::now();
        while TcpStream::connect(address).is_ok() {
            assert!(start.elapsed() < FREE_LIMIT, "{address} still accepts");
            std::thread::sleep(POLL);
        }
    }

    /// SIGTERM; the exit status, or a panic if the process is still there after `limit`.
    pub fn terminate(&mut self, limit: Duration) -> ExitStatus {
        let pid = self.pid().to_string();
        let sent = Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill runs");
        assert!(sent.success(), "no SIGTERM to {pid}");
        self.wait_for_exit(limit)
    }

    /// The exit status, or a panic with the output if the process is still there after `limit`.
    pub fn wait_for_exit(&mut self, limit: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.exited() {
                return status;
            }
            assert!(
                start.elapsed() < limit,
                "still running after {limit:?}:\n{}",
                self.output()
            );
            std::thread::sleep(POLL);
        }
    }

    /// Resident memory of the process, in KiB.
    pub fn resident_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// The highest resident memory since the start or the last reset, in KiB.
    pub fn peak_resident_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    /// Makes the peak start again from what is resident.
    pub fn reset_peak_memory(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.pid()), "5")
            .expect("the process is ours");
    }

    fn status_kib(&self, field: &str) -> u64 {
        let path = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(&path).expect("the process runs");
        let line = status
            .lines()
            .find(|line| line.starts_with(field))
            .expect("a live process has the field");
        let number = line
            .split_whitespace()
            .nth(1)
            .expect("the field has a number");
        number.parse().expect("the field is a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A command whose process the kernel kills when the test's thread is gone.
pub fn bound_to_this_test(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Runs a command to its end and returns its standard output; panics with both outputs if it fails.
pub fn run(command: &mut Command) -> Vec<u8> {
    let output = finished(command);
    assert!(
        output.status.success(),
        "{command:?} ended with {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Runs a command to its end, whatever that is.
pub fn finished(command: &mut Command) -> Output {
    command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// A loopback port that nobody listened on a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}

/// As [`free_port`], where nobody listened on the next port either.
pub fn free_port_pair() -> u16 {
    loop {
        let port = free_port();
        let next = port.checked_add(1);
        if next.is_some_and(|next| TcpListener::bind(("127.0.0.1", next)).is_ok()) {
            return port;
        }
    }
}
