//! The broker under test: `corelane serve`, or Apache Kafka with `CORELANE_TEST_TARGET=kafka`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use tempfile::TempDir;

use super::kafka::KafkaNode;
use super::process::{Server, bound_to_this_test, free_port_pair};

/// A Java machine under load on two cores takes its time to start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Which broker the suites run against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Corelane,
    Kafka,
}

impl Target {
    pub fn from_environment() -> Self {
        match std::env::var("CORELANE_TEST_TARGET").as_deref() {
            Err(_) | Ok("corelane") => Self::Corelane,
            Ok("kafka") => Self::Kafka,
            Ok(other) => panic!("CORELANE_TEST_TARGET is corelane or kafka, not {other}"),
        }
    }
}

/// A broker with a data directory and a port that stay the same over restarts.
pub struct Broker {
    server: Server,
    node: Node,
    listen: SocketAddr,
    folder: TempDir,
}

enum Node {
    Corelane {
        data: PathBuf,
        listen: SocketAddr,
        more: Vec<String>,
    },
    Kafka(KafkaNode),
}

impl Broker {
    /// The broker that the environment asks for, in a fresh directory, ready to serve.
    pub fn start() -> Self {
        Self::start_target(Target::from_environment())
    }

    pub fn start_target(target: Target) -> Self {
        Self::start_node(target, &[])
    }

    /// Corelane with further arguments to `serve`.
    pub fn start_corelane(more: &[&str]) -> Self {
        Self::start_node(Target::Corelane, more)
    }

    /// A broker with settings under the names that Kafka has for them.
    pub fn start_with_settings(target: Target, settings: &[(&str, &str)]) -> Self {
        let setting = |&(name, value): &(&str, &str)| match (target, name) {
            (Target::Kafka, _) => format!("{name}={value}"),
            (_, "num.partitions") => format!("--num-partitions={value}"),
            (_, "auto.create.topics.enable") => format!("--auto-create-topics={value}"),
            (_, "group.initial.rebalance.delay.ms") => {
                format!("--group-initial-rebalance-delay-ms={value}")
            }
            (_, other) => panic!("no argument of `corelane serve` is known for {other}"),
        };
        let settings: Vec<String> = settings.iter().map(setting).collect();
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        Self::start_node(target, &settings)
    }

    /// `more` are arguments to `corelane serve`, or lines of Kafka's properties.
    fn start_node(target: Target, more: &[&str]) -> Self {
        let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
        // A broker for each core takes the port behind it too.
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port_pair()));
        let everywhere = std::env::var("CORELANE_TEST_SERVE").unwrap_or_default();
        let everywhere = everywhere.split_whitespace();
        let node = match target {
            Target::Corelane => Node::Corelane {
                data: folder.path().join("data"),
                listen,
                more: everywhere
                    .chain(more.iter().copied())
                    .map(str::to_owned)
                    .collect(),
            },
            Target::Kafka => Node::Kafka(KafkaNode::format(folder.path(), listen, more)),
        };
        let server = start_server(&node, listen, folder.path());
        Self {
            server,
            node,
            listen,
            folder,
        }
    }

    pub fn target(&self) -> Target {
        match self.node {
            Node::Corelane { .. } => Target::Corelane,
            Node::Kafka(_) => Target::Kafka,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.listen
    }

    /// The address as clients take it.
    pub fn bootstrap(&self) -> String {
        self.listen.to_string()
    }

    /// The directory that holds one folder per partition.
    pub fn data(&self) -> &Path {
        match &self.node {
            Node::Corelane { data, .. } => data,
            Node::Kafka(node) => &node.data,
        }
    }

    /// A folder beside the data, for the files of the test itself; it vanishes with the broker.
    pub fn scratch(&self) -> &Path {
        self.folder.path()
    }

    pub fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    /// Starts the broker again on the same port and data, after a kill or a stop.
    pub fn restart(&mut self) {
        assert!(!self.server.is_alive(), "restart follows a kill or a stop");
        self.server = start_server(&self.node, self.listen, self.folder.path());
    }

    /// SIGKILL and a restart.
    pub fn crash_and_restart(&mut self) {
        self.server.kill_and_free(self.listen);
        self.restart();
    }

    /// SIGTERM; the exit status.
    pub fn stop(&mut self) -> ExitStatus {
        // Kafka moves leadership before it stops; Corelane promises five seconds.
        let limit = match self.target() {
            Target::Corelane => Duration::from_secs(5),
            Target::Kafka => Duration::from_secs(60),
        };
        self.server.terminate(limit)
    }
}

/// The binary under test: the one that was just built, or the one that `CORELANE_TEST_BINARY` names (a release build).
pub fn corelane() -> Command {
    let built = || env!("CARGO_BIN_EXE_corelane").into();
    bound_to_this_test(std::env::var_os("CORELANE_TEST_BINARY").unwrap_or_else(built))
}

/// The command `corelane serve` on a directory and an address.
pub fn corelane_serve(data: &Path, listen: SocketAddr) -> Command {
    let mut command = corelane();
    command
        .arg("serve")
        .arg("--data")
        .arg(data)
        .arg("--listen")
        .arg(listen.to_string());
    command
}

/// Scratch directories lie on the disk of the build: the system's own may have no direct I/O or little room.
pub fn scratch_parent() -> PathBuf {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("brokers");
    std::fs::create_dir_all(&parent).expect("the target directory is writable");
    parent
}

fn start_server(node: &Node, listen: SocketAddr, folder: &Path) -> Server {
    let command = match node {
        Node::Corelane { data, listen, more } => {
            let mut command = corelane_serve(data, *listen);
            command.args(more);
            command
        }
        Node::Kafka(node) => node.serve(),
    };
    let mut server = Server::start(command, &folder.join("broker.log"));
    server.wait_until_it_listens(listen, START_LIMIT);
    server
}
