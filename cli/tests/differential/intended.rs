//! What Corelane answers otherwise than Kafka on purpose, with the reasons.

/// Fields of a case that may differ; `*` stands for anything.
#[derive(Debug)]
pub struct Intended {
    pub api: &'static str,
    pub case: &'static str,
    pub path: &'static str,
    pub reason: &'static str,
}

pub const DIFFERENCES: &[Intended] = &[];
