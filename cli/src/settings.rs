//! The settings of Corelane and the four layers they come from: flags over environment over a TOML file over defaults.
//!
//! A setting has one name in three spellings: `--num-partitions`, `CORELANE_NUM_PARTITIONS`, `num-partitions = …`.
//! The defaults that a broker gives to topics and to consumer groups go by Kafka's names: `--set log.retention.ms=…`,
//! `CORELANE_LOG_RETENTION_MS`, `log.retention.ms = …`; only those that somebody wrote are kept.
//! [`Resolved`] keeps for each the text and its source, so that `config show` and every error can say where a value
//! came from. Parsing into types that cannot be wrong is `settings/serve`'s. Pure but for [`read_file`].

mod cores;
mod host_port;
mod metrics_listen;
mod serve;

pub use cores::CoreSelection;
pub use host_port::HostPort;
pub use metrics_listen::MetricsListen;
pub use serve::ServeSettings;

use crate::failure::Failure;
use crate::suggestion;
use corelane_broker::{GroupSettings, TopicDefaults, group_config, topic_defaults};
use std::fmt;
use std::path::{Path, PathBuf};

/// The file that is read when no `--config` names another.
pub const DEFAULT_FILE: &str = "corelane.toml";

/// Bytes up to which a settings file is read.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// One setting: its name, its default as text, and what it means.
pub struct Setting {
    /// The flag without its dashes, and the key in the file.
    pub name: &'static str,
    /// What holds when no layer says anything; empty when the meaning says what follows.
    pub default: &'static str,
    /// A short phrase for tables.
    pub meaning: &'static str,
}

/// Every setting, in the order in which `config show` lists them.
pub const SETTINGS: [Setting; 17] = [
    setting(
        "bootstrap",
        "127.0.0.1:9092",
        "broker that the client commands ask first",
    ),
    setting(
        "listen",
        "127.0.0.1:9092",
        "address and port that `serve` accepts connections on",
    ),
    setting(
        "advertise",
        "",
        "address and port that clients are told to use (default: the one they reached)",
    ),
    setting(
        "listener-per-core",
        "false",
        "each core listens on a port of its own, from that of `listen` on, as a broker of its own",
    ),
    setting(
        "data",
        "./data",
        "directory of topics, segments and checkpoints",
    ),
    setting(
        "cores",
        "all",
        "`all`, a number of cores, or CPUs as in 0-3,6",
    ),
    setting(
        "auto-create-topics",
        "true",
        "create a topic when a client first names it",
    ),
    setting(
        "num-partitions",
        "1",
        "partitions of a topic created without a count",
    ),
    setting(
        "group-initial-rebalance-delay-ms",
        "",
        "how long an empty group's first rebalance waits for more members (default: 0 on loopback, else 3000)",
    ),
    setting(
        "offsets-topic-partitions",
        "50",
        "partitions that `__consumer_offsets` is created with",
    ),
    setting(
        "offsets-retention-minutes",
        "10080",
        "how long offsets are kept that no member uses",
    ),
    setting(
        "connections-max",
        "20000",
        "connections open at once, over all cores",
    ),
    setting(
        "request-bytes-max",
        "100MiB",
        "largest request that is read",
    ),
    setting(
        "request-memory",
        "512MiB",
        "memory for requests, over all cores; each core can hold two of the largest",
    ),
    setting(
        "tail-cache-memory",
        "256MiB",
        "memory for the newest records, over all cores",
    ),
    setting(
        "metrics-listen",
        "127.0.0.1:9644",
        "loopback address and port of /metrics, /health and /ready, or `none`",
    ),
    setting("log-level", "info", "error, warn, info, debug or trace"),
];

const fn setting(name: &'static str, default: &'static str, meaning: &'static str) -> Setting {
    Setting {
        name,
        default,
        meaning,
    }
}

/// The environment variable of a setting.
pub fn variable(name: &str) -> String {
    format!("CORELANE_{}", name.replace(['-', '.'], "_").to_uppercase())
}

/// How a setting is given on the command line.
pub fn flag(name: &str) -> String {
    match is_kafkas(name) {
        true => format!("--set {name}"),
        false => format!("--{name}"),
    }
}

/// What a setting is for, as a phrase.
pub fn meaning(name: &str) -> &'static str {
    let settings = SETTINGS
        .iter()
        .map(|setting| (setting.name, setting.meaning));
    let mut all = settings.chain(kafkas());
    all.find(|(known, _)| *known == name)
        .map_or("", |(_, meaning)| meaning)
}

/// Whether it goes by Kafka's name, with dots: settings have none.
fn is_kafkas(name: &str) -> bool {
    name.contains('.')
}

/// What goes by Kafka's names, with what it is for: defaults for topics, and what consumer groups take.
fn kafkas() -> impl Iterator<Item = (&'static str, &'static str)> {
    topic_defaults::known().chain(group_config::known())
}

fn is_of_groups(name: &str) -> bool {
    group_config::known().any(|(known, _)| known == name)
}

/// Every name that a setting has, or what goes by Kafka's names.
fn known_names() -> impl Iterator<Item = &'static str> {
    let settings = SETTINGS.iter().map(|setting| setting.name);
    settings.chain(kafkas().map(|(name, _)| name))
}

/// The defaults for topics and groups that `--set` gives.
pub fn assignments(texts: &[String]) -> Result<Vec<(&'static str, String)>, Failure> {
    texts.iter().map(|text| assignment(text)).collect()
}

fn assignment(text: &str) -> Result<(&'static str, String), Failure> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| Failure::usage(format!("--set: `{text}` is not NAME=VALUE")))?;
    let mut names = kafkas().map(|(name, _)| name);
    let name = names.find(|known| *known == name).ok_or_else(|| {
        Failure::usage(format!(
            "--set: `{name}` is no default for topics or groups"
        ))
        .advise(meant(name))
    })?;
    Ok((name, value.to_owned()))
}

/// The layer that a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A flag of this run.
    Flag,
    /// An environment variable.
    Environment,
    /// The TOML file.
    File(PathBuf),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Flag => formatter.write_str("flag"),
            Source::Environment => formatter.write_str("environment"),
            Source::File(path) => write!(formatter, "{}", path.display()),
            Source::Default => formatter.write_str("default"),
        }
    }
}

/// A setting with the text that won and the layer it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedSetting {
    /// The setting's name.
    pub name: &'static str,
    /// The value as it was written.
    pub text: String,
    /// Who wrote it.
    pub source: Source,
}

/// The keys and values of a settings file.
#[derive(Debug, Default)]
pub struct SettingsFile {
    path: PathBuf,
    values: Vec<(&'static str, String)>,
}

/// Reads the file of `--config`, or `corelane.toml` of the working directory where there is one.
pub fn read_file(named: Option<&Path>) -> Result<SettingsFile, Failure> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    let unreadable = |error: std::io::Error| {
        Failure::configuration(format!(
            "cannot read the settings file {}: {error}",
            path.display()
        ))
        .advise(match path.to_string_lossy().contains('=') {
            true => {
                "--config names a settings file; a configuration is given with --set NAME=VALUE"
            }
            false => "name a readable TOML file with --config, or leave it out",
        })
    };
    match std::fs::metadata(path) {
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(SettingsFile::default());
        }
        Err(error) => return Err(unreadable(error)),
        Ok(metadata) if metadata.len() > FILE_BYTES_MAX => {
            return Err(Failure::configuration(format!(
                "the settings file {} has {} bytes; at most {FILE_BYTES_MAX} are read",
                path.display(),
                metadata.len()
            )));
        }
        Ok(_) => {}
    }
    parse_file(path, &std::fs::read_to_string(path).map_err(unreadable)?)
}

fn parse_file(path: &Path, text: &str) -> Result<SettingsFile, Failure> {
    let in_file =
        |message: String| Failure::configuration(format!("{}: {message}", path.display()));
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| in_file(error.to_string()))?;
    let mut values = Vec::new();
    for (key, value) in flat(table) {
        let known = known_names().find(|name| *name == key);
        let name =
            known.ok_or_else(|| in_file(format!("unknown setting `{key}`")).advise(meant(&key)))?;
        values.push((name, scalar(&key, value).map_err(in_file)?));
    }
    Ok(SettingsFile {
        path: path.to_owned(),
        values,
    })
}

/// The values under their whole names: TOML takes `log.retention.ms` without quotes for tables in tables.
fn flat(table: toml::Table) -> Vec<(String, toml::Value)> {
    let mut values = Vec::new();
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => {
                let inner = flat(inner).into_iter();
                values.extend(inner.map(|(rest, value)| (format!("{key}.{rest}"), value)));
            }
            value => values.push((key, value)),
        }
    }
    values
}

fn meant(key: &str) -> String {
    match suggestion::closest(key, known_names()) {
        Some(name) => format!("did you mean `{name}`? `corelane config show` lists every setting"),
        None => "`corelane config show` lists every setting".to_owned(),
    }
}

fn scalar(key: &str, value: toml::Value) -> Result<String, String> {
    match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(flag) => Ok(flag.to_string()),
        other => Err(format!(
            "`{key}` is a {}, but settings are strings, whole numbers or true/false",
            other.type_str()
        )),
    }
}

/// Every setting with its winning value.
#[derive(Debug)]
pub struct Resolved {
    values: Vec<ResolvedSetting>,
}

impl Resolved {
    /// Lays the four layers over each other. `flags` holds only what was given; `environment` answers for a variable.
    ///
    /// Other variables that begin with `CORELANE_` are left alone: container platforms invent such names for services.
    pub fn new(
        flags: &[(&'static str, String)],
        environment: impl Fn(&str) -> Option<String>,
        file: &SettingsFile,
    ) -> Self {
        let of = |layer: &[(&'static str, String)], name| {
            layer
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, text)| text.clone())
        };
        let written = |name: &'static str| {
            let flag = of(flags, name).map(|text| (text, Source::Flag));
            let flag_or_variable = flag
                .or_else(|| environment(&variable(name)).map(|text| (text, Source::Environment)));
            let written = flag_or_variable.or_else(|| {
                of(&file.values, name).map(|text| (text, Source::File(file.path.clone())))
            });
            written.map(|(text, source)| ResolvedSetting { name, text, source })
        };
        let resolve = |setting: &Setting| {
            written(setting.name).unwrap_or_else(|| ResolvedSetting {
                name: setting.name,
                text: setting.default.to_owned(),
                source: Source::Default,
            })
        };
        let kafkas = kafkas().filter_map(|(name, _)| written(name));
        Resolved {
            values: SETTINGS.iter().map(resolve).chain(kafkas).collect(),
        }
    }

    /// Every setting, in the order of [`SETTINGS`], and behind them what goes by Kafka's names and somebody wrote.
    pub fn all(&self) -> &[ResolvedSetting] {
        &self.values
    }

    /// Whether nobody has said anything of a setting.
    fn is_default(&self, name: &str) -> bool {
        let value = self.values.iter().find(|value| value.name == name);
        value.is_some_and(|value| value.source == Source::Default)
    }

    /// Where metrics are served, or none.
    pub fn metrics_listen(&self) -> Result<Option<MetricsListen>, Failure> {
        self.parse("metrics-listen", |text| {
            MetricsListen::parse(text, self.is_default("metrics-listen"))
        })
    }

    /// The broker that client commands ask first.
    pub fn bootstrap(&self) -> Result<HostPort, Failure> {
        self.parse("bootstrap", HostPort::parse)
    }

    /// The defaults for topics, checked.
    fn topic_defaults(&self) -> Result<TopicDefaults, Failure> {
        let mut defaults = TopicDefaults::default();
        let names = self.values.iter().map(|value| value.name);
        for name in names.filter(|name| is_kafkas(name) && !is_of_groups(name)) {
            defaults = self.parse(name, |text| {
                let mut with = defaults.clone();
                let set = with.set(name, text);
                set.map(|()| with).map_err(|error| error.to_string())
            })?;
        }
        Ok(defaults)
    }

    /// What consumer groups take by Kafka's names, checked, over the defaults.
    fn groups(&self) -> Result<GroupSettings, Failure> {
        let mut groups = GroupSettings::default();
        let names = self.values.iter().map(|value| value.name);
        for name in names.filter(|name| is_of_groups(name)) {
            groups = self.parse(name, |text| {
                let mut with = groups.clone();
                let set = with.set(name, text);
                set.map(|()| with).map_err(|error| error.to_string())
            })?;
        }
        match groups.check() {
            Ok(()) => Ok(groups),
            Err(error) => Err(Failure::configuration(error.to_string())),
        }
    }

    /// The text of one setting through `parser`; an error names the setting, its source and what to write instead.
    fn parse<T>(
        &self,
        name: &str,
        parser: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        let value = self.values.iter().find(|value| value.name == name);
        let value = value.unwrap_or_else(|| panic!("{name} is not in SETTINGS"));
        parser(&value.text).map_err(|reason| match &value.source {
            Source::Flag => Failure::usage(format!("{}: {reason}", flag(name))),
            Source::Environment => Failure::configuration(format!("{}: {reason}", variable(name))),
            Source::File(path) => {
                Failure::configuration(format!("{}: `{name}`: {reason}", path.display()))
            }
            Source::Default => Failure::configuration(format!("the default of `{name}`: {reason}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit_code::ExitCode;

    fn file(text: &str) -> SettingsFile {
        parse_file(Path::new("here.toml"), text).unwrap()
    }

    fn show<'a>(resolved: &'a Resolved, name: &str) -> (&'a str, &'a Source) {
        let value = resolved
            .all()
            .iter()
            .find(|value| value.name == name)
            .unwrap();
        (&value.text, &value.source)
    }

    #[test]
    fn flags_win_over_environment_over_file_over_defaults() {
        let file = file("listen = '127.0.0.1:3'\ndata = '/file'\ncores = 3");
        let environment = |name: &str| match name {
            "CORELANE_LISTEN" => Some("127.0.0.1:2".to_owned()),
            "CORELANE_DATA" => Some("/environment".to_owned()),
            _ => None,
        };
        let resolved = Resolved::new(&[("listen", "127.0.0.1:1".to_owned())], environment, &file);
        assert_eq!(show(&resolved, "listen"), ("127.0.0.1:1", &Source::Flag));
        assert_eq!(
            show(&resolved, "data"),
            ("/environment", &Source::Environment)
        );
        assert_eq!(
            show(&resolved, "cores"),
            ("3", &Source::File(PathBuf::from("here.toml")))
        );
        assert_eq!(show(&resolved, "num-partitions"), ("1", &Source::Default));
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_the_known_one() {
        let failure = parse_file(Path::new("here.toml"), "num_partition = 3").unwrap_err();
        assert_eq!(failure.exit_code(), ExitCode::Configuration);
        assert!(failure.to_string().contains("num_partition"), "{failure}");
        assert!(failure.advice().unwrap().contains("`num-partitions`"));
    }

    #[test]
    fn defaults_for_topics_go_by_kafkas_names_in_every_layer() {
        let file =
            file("log.retention.ms = 1\n'log.segment.bytes' = 2000000\n[log.roll]\nhours = 3");
        let environment = |name: &str| match name {
            "CORELANE_LOG_SEGMENT_BYTES" => Some("3000000".to_owned()),
            "CORELANE_COMPRESSION_TYPE" => Some("zstd".to_owned()),
            _ => None,
        };
        let flags = assignments(&["log.retention.ms=7".to_owned()]).unwrap();
        let resolved = Resolved::new(&flags, environment, &file);
        assert_eq!(show(&resolved, "log.retention.ms"), ("7", &Source::Flag));
        assert_eq!(
            show(&resolved, "log.segment.bytes"),
            ("3000000", &Source::Environment)
        );
        assert_eq!(show(&resolved, "log.roll.hours").0, "3");
        let settings = ServeSettings::new(&resolved).unwrap();
        let config = settings.topic_defaults.log_config();
        assert_eq!(
            (config.retention_ms, config.segment_bytes, config.segment_ms),
            (Some(7), 3_000_000, 3 * 3_600_000)
        );
    }

    #[test]
    fn a_bad_default_for_topics_names_where_it_came_from() {
        let bad = || assignments(&["log.segment.bytes=1".to_owned()]).unwrap();
        let resolved = Resolved::new(&bad(), |_| None, &SettingsFile::default());
        let failure = ServeSettings::new(&resolved).unwrap_err();
        assert_eq!(failure.exit_code(), ExitCode::Usage);
        assert!(
            failure.to_string().starts_with("--set log.segment.bytes: "),
            "{failure}"
        );
        let unknown = assignments(&["log.retention=5".to_owned()]).unwrap_err();
        assert!(unknown.advice().unwrap().contains("log.retention.ms"));
        assert!(assignments(&["log.retention.ms".to_owned()]).is_err());
    }

    #[test]
    fn no_two_names_share_a_variable() {
        let mut variables: Vec<String> = known_names().map(variable).collect();
        let count = variables.len();
        variables.sort();
        variables.dedup();
        assert_eq!(variables.len(), count);
    }

    #[test]
    fn a_table_where_a_value_belongs_is_refused() {
        assert!(parse_file(Path::new("here.toml"), "[listen]\nport = 1").is_err());
    }

    #[test]
    fn a_bad_value_names_where_it_came_from() {
        let resolved = Resolved::new(
            &[("listen", "nowhere".to_owned())],
            |_| None,
            &SettingsFile::default(),
        );
        let failure = ServeSettings::new(&resolved).unwrap_err();
        assert_eq!(failure.exit_code(), ExitCode::Usage);
        let resolved = Resolved::new(&[], |_| None, &file("listen = 'nowhere'"));
        let failure = ServeSettings::new(&resolved).unwrap_err();
        assert_eq!(failure.exit_code(), ExitCode::Configuration);
        assert!(failure.to_string().contains("here.toml"), "{failure}");
    }

    #[test]
    fn every_default_is_a_valid_value() {
        let resolved = Resolved::new(&[], |_| None, &SettingsFile::default());
        ServeSettings::new(&resolved).unwrap();
        resolved.bootstrap().unwrap();
    }
}
