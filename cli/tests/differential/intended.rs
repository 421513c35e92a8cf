//! What Corelane answers otherwise than Kafka on purpose, with the reasons.

/// Fields of a case that may differ; `*` stands for anything.
#[derive(Debug)]
pub struct Intended {
    pub api: &'static str,
    pub case: &'static str,
    pub path: &'static str,
    #[allow(dead_code, reason = "printed by its Debug form, and read by people")]
    pub reason: &'static str,
}

const fn intended(
    api: &'static str,
    case: &'static str,
    path: &'static str,
    reason: &'static str,
) -> Intended {
    Intended {
        api,
        case,
        path,
        reason,
    }
}

const TIME: &str = "request_percentage is not measured, and refused";
const COARSE: &str =
    "the default of a finer unit names the configuration of the coarser one that it comes from";
const CORES: &str = "the cores of partitions are told as a configuration of the topic";
const ISR: &str =
    "Kafka 4.2 sets min.insync.replicas for all brokers itself, for its eligible leader replicas";

pub const DIFFERENCES: &[Intended] = &[
    intended("AlterClientQuotas", "time", "entries[0].error_code", TIME),
    intended("DescribeClientQuotas", "*", "entries[0].values.count", TIME),
    intended("DescribeClientQuotas", "*", "*[request_percentage]*", TIME),
    intended(
        "CreateTopics",
        "*",
        "*.configs[min.insync.replicas].config_source",
        ISR,
    ),
    intended(
        "DescribeConfigs",
        "all of a topic",
        "*[min.insync.replicas]*",
        ISR,
    ),
    intended(
        "DescribeConfigs",
        "all of a topic",
        "*.configs.count",
        CORES,
    ),
    intended(
        "DescribeConfigs",
        "all of a topic",
        "*[corelane.partition.cores]*",
        CORES,
    ),
    intended("DescribeConfigs", "*", "*ms].synonyms.count", COARSE),
    intended("DescribeConfigs", "*", "*.synonyms[log.*.hours]*", COARSE),
    intended(
        "DescribeConfigs",
        "*",
        "*.synonyms[log.flush.interval.ms]*",
        COARSE,
    ),
    intended(
        "DescribeQuorum",
        "the quorum",
        "*.leader_epoch",
        "the epoch grows with each start, from 0 on",
    ),
    intended(
        "DescribeQuorum",
        "the quorum",
        "*.high_watermark",
        "the catalogue has no records of registrations and heartbeats",
    ),
    intended(
        "DescribeQuorum",
        "the quorum",
        "nodes[0].listeners*",
        "the catalogue has no listener of its own",
    ),
    intended(
        "Fetch",
        "no such partition",
        "*.aborted_transactions*",
        "there is no list where there is an error; clients read both alike",
    ),
    intended(
        "Metadata",
        "topics by name",
        "topics[no-such-topic]*",
        "a topic that is made because it was asked for is there in the answer; with Kafka the client asks again",
    ),
];
