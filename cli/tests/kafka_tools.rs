//! Apache Kafka's own administration tools, which speak through the Java AdminClient: each does here what it does with Kafka.
//!
//! With `CORELANE_TEST_TARGET=kafka` the suite runs against Apache Kafka, which proves its expectations.

mod support;

use support::broker::Broker;
use support::kafka::java;
use support::process::{finished, run};

const CONFIGS: &str = "kafka.admin.ConfigCommand";
const TOPICS: &str = "org.apache.kafka.tools.TopicCommand";
const LOG_DIRS: &str = "org.apache.kafka.tools.LogDirsCommand";
const ELECTION: &str = "org.apache.kafka.tools.LeaderElectionCommand";
const REASSIGN: &str = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand";
const FEATURES: &str = "org.apache.kafka.tools.FeatureCommand";
const QUORUM: &str = "org.apache.kafka.tools.MetadataQuorumCommand";
const CLUSTER: &str = "org.apache.kafka.tools.ClusterTool";
const OFFSETS: &str = "org.apache.kafka.tools.GetOffsetShell";
const DELETE_RECORDS: &str = "org.apache.kafka.tools.DeleteRecordsCommand";
const GROUPS: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
const TRANSACTIONS: &str = "org.apache.kafka.tools.TransactionsCommand";
const VERIFIABLE_PRODUCER: &str = "org.apache.kafka.tools.VerifiableProducer";
const VERIFIABLE_CONSUMER: &str = "org.apache.kafka.tools.VerifiableConsumer";

/// What the verifiable programs write and read.
const VERIFIED: u64 = 5_000;

/// What a tool said, and whether it was content.
struct Said {
    text: String,
    is_ok: bool,
}

impl Said {
    /// Demands success and these words.
    fn has(&self, words: &[&str]) {
        assert!(self.is_ok, "{}", self.text);
        self.contains(words);
    }

    fn contains(&self, words: &[&str]) {
        for word in words {
            assert!(self.text.contains(word), "no `{word}` in: {}", self.text);
        }
    }
}

fn tool(broker: &Broker, class: &str, arguments: &str) -> Said {
    let mut command = java("128m");
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", class]);
    let bootstrap = broker.bootstrap();
    let bootstrap = ["--bootstrap-server", &bootstrap];
    let arguments = arguments.split_whitespace();
    // This one wants its verb first.
    match class {
        CLUSTER => command.args(arguments).args(bootstrap),
        _ => command.args(bootstrap).args(arguments),
    };
    let output = finished(&mut command);
    let both = [output.stdout, output.stderr].concat();
    Said {
        text: String::from_utf8_lossy(&both).into_owned(),
        is_ok: output.status.success(),
    }
}

#[test]
fn kafkas_tools_alter_and_describe_topics_brokers_and_quotas() {
    if !support::clients_are_installed("kafkas_tools_alter_and_describe_topics_brokers_and_quotas")
    {
        return;
    }
    let broker = Broker::start();
    let ask = |class, arguments| tool(&broker, class, arguments);
    ask(
        TOPICS,
        "--create --topic t --partitions 2 --config retention.ms=86400000",
    )
    .has(&["Created topic t"]);
    ask(TOPICS, "--describe --topic t").has(&["PartitionCount: 2", "retention.ms=86400000"]);
    ask(CONFIGS, "--entity-type topics --entity-name t --alter --add-config cleanup.policy=compact --delete-config retention.ms")
        .has(&["Completed updating config for topic t"]);
    let topic = ask(CONFIGS, "--entity-type topics --entity-name t --describe");
    topic.has(&["cleanup.policy=compact", "DYNAMIC_TOPIC_CONFIG"]);
    assert!(!topic.text.contains("retention.ms"), "{}", topic.text);

    ask(
        CONFIGS,
        "--entity-type brokers --entity-name 1 --alter --add-config log.retention.ms=7000",
    )
    .has(&["Completed updating config for broker 1"]);
    ask(
        CONFIGS,
        "--entity-type brokers --entity-default --alter --add-config log.segment.bytes=2097152",
    )
    .has(&["Completed updating default config for brokers"]);
    ask(CONFIGS, "--entity-type brokers --entity-name 1 --describe").has(&[
        "log.retention.ms=7000",
        "DYNAMIC_BROKER_CONFIG:log.retention.ms=7000",
    ]);
    ask(CONFIGS, "--entity-type brokers --entity-default --describe")
        .has(&["DYNAMIC_DEFAULT_BROKER_CONFIG:log.segment.bytes=2097152"]);
    ask(
        CONFIGS,
        "--entity-type brokers --entity-name 1 --alter --add-config num.partitions=3",
    )
    .contains(&["Cannot update these configs dynamically"]);

    ask(CONFIGS, "--alter --add-config producer_byte_rate=1048576 --entity-type users --entity-default --entity-type clients --entity-name loader")
        .has(&["Completed updating"]);
    ask(CONFIGS, "--alter --add-config connection_creation_rate=100 --entity-type ips --entity-name 192.0.2.7")
        .has(&["Completed updating"]);
    ask(
        CONFIGS,
        "--describe --entity-type users --entity-default --entity-type clients",
    )
    .has(&["client-id 'loader'", "producer_byte_rate=1048576"]);
    ask(
        CONFIGS,
        "--describe --entity-type ips --entity-name 192.0.2.7",
    )
    .has(&["connection_creation_rate=100"]);
}

#[test]
fn kafkas_tools_see_a_cluster_of_one() {
    if !support::clients_are_installed("kafkas_tools_see_a_cluster_of_one") {
        return;
    }
    let broker = Broker::start();
    let ask = |class, arguments: &str| tool(&broker, class, arguments);
    ask(TOPICS, "--create --topic t --partitions 1").has(&["Created topic t"]);
    let data = broker.data().display().to_string();
    ask(LOG_DIRS, "--describe --topic-list t").has(&[&data, "\"partition\":\"t-0\""]);
    ask(
        ELECTION,
        "--election-type preferred --topic t --partition 0",
    )
    .has(&["Valid replica already elected for partitions t-0"]);
    let plan = broker.scratch().join("plan.json");
    let replicas =
        "{\"version\":1,\"partitions\":[{\"topic\":\"t\",\"partition\":0,\"replicas\":[1]}]}";
    std::fs::write(&plan, replicas).expect("the scratch folder is writable");
    let execute = format!("--reassignment-json-file {} --execute", plan.display());
    ask(REASSIGN, &execute).has(&["Successfully started partition reassignment for t-0"]);
    let verify = format!("--reassignment-json-file {} --verify", plan.display());
    ask(REASSIGN, &verify).has(&["Reassignment of partition t-0 is completed"]);
    ask(REASSIGN, "--list").has(&["No partition reassignments found"]);
    ask(FEATURES, "describe").has(&[]);
    ask(FEATURES, "upgrade --feature no.such.feature=1").contains(&["no.such.feature"]);
    ask(QUORUM, "describe --status").has(&["LeaderId:", "CurrentVoters:"]);
    ask(CLUSTER, "cluster-id").has(&["Cluster ID:"]);
}

/// What one of the verifiable programs says, an object a line.
fn verifiable(broker: &Broker, class: &str, arguments: &[&str]) -> Vec<serde_json::Value> {
    let mut command = java("128m");
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", class]);
    command.args(["--bootstrap-server", &broker.bootstrap()]);
    let output = String::from_utf8(run(command.args(arguments))).expect("the program prints text");
    let objects = output.lines().filter(|line| line.starts_with('{'));
    objects
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect()
}

/// The sum of a number over the events of a name.
fn sum(events: &[serde_json::Value], name: &str, field: &str) -> u64 {
    let of_name = events.iter().filter(|event| event["name"] == name);
    of_name.filter_map(|event| event[field].as_u64()).sum()
}

#[test]
fn kafkas_verifiable_programs_and_offset_tools_agree_about_every_record() {
    let name = "kafkas_verifiable_programs_and_offset_tools_agree_about_every_record";
    if !support::clients_are_installed(name) {
        return;
    }
    let broker = Broker::start();
    let ask = |class, arguments: &str| tool(&broker, class, arguments);
    ask(TOPICS, "--create --topic v --partitions 1").has(&["Created topic v"]);
    let count = VERIFIED.to_string();
    let written = verifiable(
        &broker,
        VERIFIABLE_PRODUCER,
        &["--topic", "v", "--max-messages", &count, "--acks", "-1"],
    );
    let sent = written
        .iter()
        .filter(|event| event["name"] == "producer_send_success");
    assert_eq!(sent.count() as u64, VERIFIED);
    assert_eq!(sum(&written, "tool_data", "acked"), VERIFIED);

    let ends = ask(OFFSETS, "--topic v");
    assert!(ends.is_ok, "{}", ends.text);
    let of_partition = |line: &str| {
        line.strip_prefix("v:")?
            .split_once(':')?
            .1
            .parse::<u64>()
            .ok()
    };
    let ends: Vec<u64> = ends.text.lines().filter_map(of_partition).collect();
    assert_eq!(ends, [VERIFIED]);

    let arguments = [
        "--topic",
        "v",
        "--group-id",
        "verified",
        "--max-messages",
        &count,
        "--session-timeout",
        "6000",
        "--reset-policy",
        "earliest",
    ];
    let read = verifiable(&broker, VERIFIABLE_CONSUMER, &arguments);
    assert_eq!(sum(&read, "records_consumed", "count"), VERIFIED);
    let commits = read
        .iter()
        .filter(|event| event["name"] == "offsets_committed");
    assert!(commits.clone().count() > 0, "nothing was committed");
    assert!(
        commits.clone().all(|event| event["success"] == true),
        "a commit failed"
    );
    ask(GROUPS, "--describe --group verified --offsets").has(&["verified", " v "]);

    let file = broker.scratch().join("delete.json");
    let delete = "{\"version\":1,\"partitions\":[{\"topic\":\"v\",\"partition\":0,\"offset\":10}]}";
    std::fs::write(&file, delete).expect("the scratch folder is writable");
    let delete = format!("--offset-json-file {}", file.display());
    ask(DELETE_RECORDS, &delete).has(&["partition: v-0\tlow_watermark: 10"]);
    ask(OFFSETS, "--topic v --time earliest").has(&["v:0:10"]);
    ask(
        GROUPS,
        "--reset-offsets --group verified --topic v --to-earliest --execute",
    )
    .has(&["verified"]);
    ask(GROUPS, "--delete --group verified").has(&["successful"]);
    ask(TRANSACTIONS, "list").has(&["TransactionalId"]);
    ask(TRANSACTIONS, "find-hanging --broker-id 1").has(&[]);
}
