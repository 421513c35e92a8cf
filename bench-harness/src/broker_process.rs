//! Brokers that the harness starts and stops itself: Apache Kafka from its jars, Corelane and the null broker from a binary.
//!
//! Invariants: they listen on loopback only, on ports that were free; a broker is killed when its value is dropped, and
//! nothing but its own process is ever signalled. Data and logs stay in the directory that the caller gave.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use corelane_client::{Cluster, Timeouts};
use serde::{Deserialize, Serialize};

use crate::affinity::CoreList;
use crate::error::{BenchError, system};
use crate::produce::CLIENT_ID;
use crate::settings::BrokerSettings;

/// How long a broker may take to serve.
const START_MAX: Duration = Duration::from_secs(60);
/// Between two attempts to connect.
const ATTEMPT_INTERVAL: Duration = Duration::from_millis(2);
/// How long a broker may take to stop before it is killed.
const STOP_MAX: Duration = Duration::from_secs(20);
/// Where a Corelane that is told so by its environment serves metrics; builds that know none ignore it.
const METRICS_LISTEN: &str = "CORELANE_METRICS_LISTEN";
/// A cluster id of Kafka's form: 16 bytes in URL-safe base64.
const CLUSTER_ID: &str = "Y29yZWxhbmUtYmVuY2gtMQ";

/// How to start Apache Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KafkaLaunch {
    /// The folder with `kafka_2.13` 4.2.0 and everything it depends on.
    pub libs: PathBuf,
    /// The Java command.
    pub java: String,
    /// The heap, in MiB.
    pub heap_mib: u32,
    /// The CPUs it may use.
    pub cores: Option<CoreList>,
    /// Further lines of its properties file.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
}

impl KafkaLaunch {
    /// Kafka from the jars in `libs`, with 1 GiB of heap.
    pub fn from_libs(libs: &Path) -> Self {
        Self {
            libs: libs.to_owned(),
            java: "java".to_owned(),
            heap_mib: 1024,
            cores: None,
            properties: BTreeMap::new(),
        }
    }
}

/// How to start Corelane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorelaneLaunch {
    /// The `corelane` binary.
    pub binary: PathBuf,
    /// Arguments behind `serve --data … --listen …`.
    pub arguments: Vec<String>,
    /// The CPUs it may use.
    pub cores: Option<CoreList>,
}

/// How to start the null broker, which keeps nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NullLaunch {
    /// The `corelane` binary.
    pub binary: PathBuf,
    /// The CPUs it may use.
    pub cores: Option<CoreList>,
}

/// A broker that was started here. Killed when dropped.
#[derive(Debug)]
pub struct BrokerProcess {
    name: String,
    address: String,
    command: Command,
    child: Child,
    log: PathBuf,
    started: Instant,
    flushes_before_ack_of_all: bool,
    metrics: Option<String>,
}

impl BrokerProcess {
    /// Formats `directory` and starts Kafka on it. Returns when it serves.
    pub fn start_kafka(launch: &KafkaLaunch, directory: &Path) -> Result<Self, BenchError> {
        let libs = &launch.libs;
        if !libs.is_dir() {
            let remedy = "let Maven copy org.apache.kafka:kafka_2.13:4.2.0 and kafka-tools:4.2.0 with their dependencies there";
            return Err(BenchError::Missing {
                path: libs.clone(),
                remedy,
            });
        }
        fs::create_dir_all(directory).map_err(system(format!("create {}", directory.display())))?;
        let (port, controller_port) = (free_port()?, free_port()?);
        let properties = directory.join("server.properties");
        let mut text = kafka_properties(directory, port, controller_port);
        for (name, value) in &launch.properties {
            text.push_str(&format!("{name}={value}\n"));
        }
        fs::write(&properties, text).map_err(system(format!("write {}", properties.display())))?;
        let class_path = format!("{}/*", libs.display());
        let java = || {
            let mut command = pinned(&launch.java, launch.cores.as_ref());
            command.args(["-cp", &class_path]);
            command
        };
        let log = directory.join("kafka.log");
        let mut format = java();
        format
            .args([
                "kafka.tools.StorageTool",
                "format",
                "--ignore-formatted",
                "-t",
                CLUSTER_ID,
                "-c",
            ])
            .arg(&properties);
        run_to_end(format, "Apache Kafka's StorageTool", &log)?;
        let mut serve = java();
        serve.args([
            format!("-Xms{0}m", launch.heap_mib),
            format!("-Xmx{0}m", launch.heap_mib),
        ]);
        serve.arg("kafka.Kafka").arg(&properties);
        Self::start(
            "Apache Kafka 4.2",
            format!("127.0.0.1:{port}"),
            serve,
            log,
            false,
        )
    }

    /// Starts Corelane on `directory`. Returns when it serves.
    pub fn start_corelane(launch: &CorelaneLaunch, directory: &Path) -> Result<Self, BenchError> {
        require_binary(&launch.binary)?;
        fs::create_dir_all(directory).map_err(system(format!("create {}", directory.display())))?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut serve = pinned(&launch.binary.display().to_string(), launch.cores.as_ref());
        serve
            .arg("serve")
            .arg("--data")
            .arg(directory.join("data"))
            .args(["--listen", &address]);
        serve.args(&launch.arguments);
        // A port of its own, so that each of several counts as it does in service. A flag goes before it.
        let metrics = format!("127.0.0.1:{}", free_port()?);
        serve.env(METRICS_LISTEN, &metrics);
        let is_moved = |argument: &String| argument.starts_with("--metrics-listen");
        let log = directory.join("corelane.log");
        let mut process = Self::start("Corelane", address, serve, log, true)?;
        process.metrics = (!launch.arguments.iter().any(is_moved)).then_some(metrics);
        Ok(process)
    }

    /// Starts the null broker, with its output in `directory`. Returns when it serves.
    pub fn start_null(launch: &NullLaunch, directory: &Path) -> Result<Self, BenchError> {
        require_binary(&launch.binary)?;
        fs::create_dir_all(directory).map_err(system(format!("create {}", directory.display())))?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut serve = pinned(&launch.binary.display().to_string(), launch.cores.as_ref());
        serve.args(["bench", "null-broker", "--listen", &address]);
        let log = directory.join("null-broker.log");
        Self::start("null broker", address, serve, log, false)
    }

    fn start(
        name: &str,
        address: String,
        mut command: Command,
        log: PathBuf,
        flushes_before_ack_of_all: bool,
    ) -> Result<Self, BenchError> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(system(format!("write {}", log.display())))?;
        let errors = output.try_clone().map_err(system("share the log file"))?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let started = Instant::now();
        let child = command.spawn().map_err(system(format!("start {name}")))?;
        let mut process = Self {
            name: name.to_owned(),
            address,
            command,
            child,
            log,
            started,
            flushes_before_ack_of_all,
            metrics: None,
        };
        process.wait_until_serving()?;
        Ok(process)
    }

    fn wait_until_serving(&mut self) -> Result<(), BenchError> {
        let timeouts = Timeouts {
            connect: Duration::from_secs(1),
            request: Duration::from_secs(5),
        };
        while self.started.elapsed() < START_MAX {
            if Cluster::connect(std::slice::from_ref(&self.address), CLIENT_ID, timeouts).is_ok() {
                return Ok(());
            }
            let has_ended = self
                .child
                .try_wait()
                .map_err(system("look after the broker"))?
                .is_some();
            if has_ended {
                break;
            }
            thread::sleep(ATTEMPT_INTERVAL);
        }
        let waited_s = self.started.elapsed().as_secs_f64();
        Err(BenchError::NotServing {
            name: self.name.clone(),
            waited_s,
            log: self.log.clone(),
        })
    }

    /// Its name in tables.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it serves metrics, as far as that is known.
    pub fn metrics(&self) -> Option<&str> {
        self.metrics.as_deref()
    }

    /// When its process was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// As the workloads take it.
    pub fn settings(&self) -> BrokerSettings {
        BrokerSettings {
            name: self.name.clone(),
            server_pid: Some(self.pid()),
            flushes_before_ack_of_all: Some(self.flushes_before_ack_of_all),
            ..BrokerSettings::at(&self.address)
        }
    }

    /// Kills the process (SIGKILL) and waits for its end.
    pub fn kill(&mut self) -> Result<(), BenchError> {
        self.child
            .kill()
            .map_err(system(format!("kill {}", self.name)))?;
        self.child
            .wait()
            .map(|_status| ())
            .map_err(system(format!("wait for {}", self.name)))
    }

    /// Starts a killed broker again, on the same directory and port. Does not wait until it serves.
    pub fn start_again(&mut self) -> Result<(), BenchError> {
        self.started = Instant::now();
        self.child = self
            .command
            .spawn()
            .map_err(system(format!("start {} again", self.name)))?;
        Ok(())
    }

    /// Asks the broker to stop, and kills it when it does not.
    pub fn stop(mut self) -> Result<(), BenchError> {
        terminate(&self.child).map_err(system(format!("stop {}", self.name)))?;
        let deadline = Instant::now() + STOP_MAX;
        while Instant::now() < deadline {
            if self
                .child
                .try_wait()
                .map_err(system("look after the broker"))?
                .is_some()
            {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        // The drop kills it.
        Ok(())
    }
}

impl Drop for BrokerProcess {
    fn drop(&mut self) {
        // Both fail only when the process has ended already.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn require_binary(binary: &Path) -> Result<(), BenchError> {
    if binary.is_file() {
        return Ok(());
    }
    Err(BenchError::Missing {
        path: binary.to_owned(),
        remedy: "build it with cargo build --release",
    })
}

#[allow(unsafe_code, reason = "the standard library can only send SIGKILL")]
fn terminate(child: &Child) -> std::io::Result<()> {
    let pid = libc::pid_t::try_from(child.id()).map_err(std::io::Error::other)?;
    // SAFETY: the child was not waited for yet, so its number still belongs to it; kill touches no memory.
    let result = unsafe { libc::kill(pid, libc::SIGTERM) };
    if result == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    }
}

/// `taskset` sets the cores before the program starts its threads.
fn pinned(program: &str, cores: Option<&CoreList>) -> Command {
    match cores {
        None => Command::new(program),
        Some(cores) => {
            let mut command = Command::new("taskset");
            command.args(["--cpu-list", &cores.to_string(), program]);
            command
        }
    }
}

fn run_to_end(mut command: Command, name: &str, log: &Path) -> Result<(), BenchError> {
    let started = Instant::now();
    let output = File::create(log).map_err(system(format!("write {}", log.display())))?;
    let errors = output.try_clone().map_err(system("share the log file"))?;
    let status = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .status()
        .map_err(system(format!("start {name}; is Java 17 installed?")))?;
    if status.success() {
        return Ok(());
    }
    let waited_s = started.elapsed().as_secs_f64();
    Err(BenchError::NotServing {
        name: name.to_owned(),
        waited_s,
        log: log.to_owned(),
    })
}

fn free_port() -> Result<u16, BenchError> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(system("find a free port"))?;
    Ok(listener
        .local_addr()
        .map_err(system("find a free port"))?
        .port())
}

fn kafka_properties(directory: &Path, port: u16, controller_port: u16) -> String {
    format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller_port}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\ncontroller.listener.names=CONTROLLER\n\
         log.dirs={}\noffsets.topic.replication.factor=1\ntransaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\nauto.create.topics.enable=false\ngroup.initial.rebalance.delay.ms=0\n",
        directory.join("data").display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_jars_is_named_with_the_remedy() {
        let directory = std::env::temp_dir();
        let launch = KafkaLaunch::from_libs(Path::new("/nowhere/libs"));
        let error = BrokerProcess::start_kafka(&launch, &directory).unwrap_err();
        assert!(error.to_string().contains("/nowhere/libs"), "{error}");
        assert!(error.to_string().contains("Maven"), "{error}");
    }

    #[test]
    fn kafka_listens_on_loopback_only() {
        let text = kafka_properties(Path::new("/data"), 1, 2);
        for line in text.lines().filter(|line| line.contains("://")) {
            assert!(
                line.split(',').all(|part| part.contains("//127.0.0.1:")),
                "{line}"
            );
        }
    }
}
