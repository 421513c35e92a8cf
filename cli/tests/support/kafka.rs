//! Apache Kafka 4.2 as one KRaft node: the broker that proves the suites, and the writer of the files
//! that `corelane log inspect` must read.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{bound_to_this_test, free_port, run};

/// A cluster id as `StorageTool random-uuid` prints them; any will do, since every test has a cluster of its own.
const CLUSTER_ID: &str = "MkU3OEVBNTcwNTJENDM2Qg";

/// A formatted Kafka data directory with its configuration.
pub struct KafkaNode {
    pub data: PathBuf,
    pub listen: SocketAddr,
    properties: PathBuf,
}

impl KafkaNode {
    /// Formats `folder`/data for a node that will listen on `listen`, with further lines of properties.
    pub fn format(folder: &Path, listen: SocketAddr, more: &[&str]) -> Self {
        let node = Self {
            data: folder.join("data"),
            listen,
            properties: folder.join("server.properties"),
        };
        let properties = node.properties_text() + &more.join("\n");
        std::fs::write(&node.properties, properties).expect("the folder is writable");
        let mut format = java("256m");
        format
            .args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"])
            .arg(&node.properties);
        run(&mut format);
        node
    }

    /// The command that serves; it may be started again after a kill.
    pub fn serve(&self) -> Command {
        let mut command = java("512m");
        command
            .args(["-XX:+UseSerialGC", "kafka.Kafka"])
            .arg(&self.properties);
        command
    }

    fn properties_text(&self) -> String {
        let listen = self.listen;
        let controller = free_port();
        let data = self.data.display();
        format!(
            "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://{listen},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://{listen}
controller.listener.names=CONTROLLER
log.dirs={data}
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"
        )
    }
}

/// A Java machine with Kafka's jars and the suites' own Java client on its class path.
pub fn java(heap: &str) -> Command {
    let folder = super::clients_folder();
    let class_path = format!("{}/kafka/*:{}/java", folder.display(), folder.display());
    let mut command = bound_to_this_test("java");
    command
        .arg(format!("-Xmx{heap}"))
        .args(["-cp", &class_path]);
    command
}
