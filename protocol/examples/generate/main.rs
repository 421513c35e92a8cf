//! Writes `protocol/src/messages/` from the message definitions of Apache Kafka 4.2.
//!
//! The definitions lie in Kafka's client library and in those of its coordinators, from where they are taken and not
//! kept here:
//!
//! ```text
//! for LIBRARY in kafka-clients kafka-group-coordinator kafka-transaction-coordinator; do
//!     mvn dependency:get -Dartifact=org.apache.kafka:$LIBRARY:4.2.0
//!     unzip ~/.m2/repository/org/apache/kafka/$LIBRARY/4.2.0/$LIBRARY-4.2.0.jar 'common/message/*' -d DIR
//! done
//! cargo run -p corelane-protocol --example generate -- DIR/common/message
//! ```
//!
//! Cargo builds the library first, so change its hand-written part only in ways that the present output compiles with.
//! With `--check` nothing is written: it fails when a committed file is not what the definitions give.
//! Invariant: the output depends on the definitions and on rustfmt alone.

mod rust;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use rust::{Emitter, mentions, snake_case};
use schema::{Message, SchemaError};

/// Messages that are neither a request nor a response; each has a module of its own.
const OTHER_MESSAGES: &[&str] = &[
    "RequestHeader",
    "ResponseHeader",
    "ConsumerProtocolSubscription",
    "ConsumerProtocolAssignment",
    "EndTxnMarker",
    // The records of `__consumer_offsets`.
    "OffsetCommitKey",
    "OffsetCommitValue",
    "GroupMetadataKey",
    "GroupMetadataValue",
    "ConsumerGroupMetadataKey",
    "ConsumerGroupMetadataValue",
    "ConsumerGroupMemberMetadataKey",
    "ConsumerGroupMemberMetadataValue",
    "ConsumerGroupTargetAssignmentMetadataKey",
    "ConsumerGroupTargetAssignmentMetadataValue",
    "ConsumerGroupTargetAssignmentMemberKey",
    "ConsumerGroupTargetAssignmentMemberValue",
    "ConsumerGroupCurrentMemberAssignmentKey",
    "ConsumerGroupCurrentMemberAssignmentValue",
    "ConsumerGroupRegularExpressionKey",
    "ConsumerGroupRegularExpressionValue",
    // The records of `__transaction_state`.
    "TransactionLogKey",
    "TransactionLogValue",
];

/// The two messages of an API.
struct Api {
    key: i16,
    name: String,
    request: Message,
    response: Message,
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    arguments.retain(|argument| argument != "--check");
    let [directory] = arguments.as_slice() else {
        eprintln!("usage: generate [--check] <directory of Kafka's message definitions>");
        return ExitCode::from(2);
    };
    match run(Path::new(directory), check) {
        Ok(stale) if stale.is_empty() => ExitCode::SUCCESS,
        Ok(stale) => {
            for path in stale {
                eprintln!("not as generated: {}", path.display());
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("generate: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the files, or returns those that differ from what would be written.
fn run(directory: &Path, check: bool) -> Result<Vec<PathBuf>, SchemaError> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/messages");
    let mut stale = Vec::new();
    for (name, code) in generate(directory)? {
        let path = target.join(name);
        let code = format_rust(&code)?;
        if !check {
            std::fs::write(&path, code)?;
        } else if std::fs::read_to_string(&path).ok().as_ref() != Some(&code) {
            stale.push(path);
        }
    }
    Ok(stale)
}

/// Every file by its name.
fn generate(directory: &Path) -> Result<BTreeMap<String, String>, SchemaError> {
    let messages = load(directory)?;
    let apis = pair_apis(&messages)?;
    let mut files = BTreeMap::new();
    for api in &apis {
        files.insert(format!("{}.rs", snake_case(&api.name)), emit_api(api)?);
    }
    for name in OTHER_MESSAGES {
        files.insert(
            format!("{}.rs", snake_case(name)),
            emit_other(name, &messages)?,
        );
    }
    files.insert("api_key.rs".to_owned(), emit_api_key(&apis)?);
    files.insert("mod.rs".to_owned(), emit_module(&apis)?);
    Ok(files)
}

fn load(directory: &Path) -> Result<BTreeMap<String, Message>, SchemaError> {
    let mut messages = BTreeMap::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let parsed =
            Message::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        if let Some(message) = parsed {
            messages.insert(message.name.clone(), message);
        }
    }
    Ok(messages)
}

/// The APIs that a broker serves, in the order of their keys.
fn pair_apis(messages: &BTreeMap<String, Message>) -> Result<Vec<Api>, SchemaError> {
    let mut apis = Vec::new();
    for request in messages
        .values()
        .filter(|message| message.served_by_brokers)
    {
        let Some(name) = request.name.strip_suffix("Request") else {
            continue;
        };
        let response = messages
            .get(&format!("{name}Response"))
            .ok_or_else(|| format!("{name} has no response"))?;
        apis.push(Api {
            key: request.key.ok_or_else(|| format!("{name} has no key"))?,
            name: name.to_owned(),
            request: request.clone(),
            response: response.clone().limited_to(request.versions.high)?,
        });
    }
    apis.sort_by_key(|api| api.key);
    Ok(apis)
}

fn emit_api(api: &Api) -> Result<String, SchemaError> {
    let clashing = shared_names(&api.request, &api.response);
    let request = Emitter::new(&api.request, &clashing, "Request").emit()?;
    let response = Emitter::new(&api.response, &clashing, "Response").emit()?;
    let name = &api.name;
    let link = format!(
        "impl Request for {name}Request {{ type Response = {name}Response; const KEY: ApiKey = ApiKey::{name}; }}\n"
    );
    let title = format!("The {name} API (key {})", api.key);
    Ok(file(&title, &format!("{request}\n{link}\n{response}")))
}

fn emit_other(name: &str, messages: &BTreeMap<String, Message>) -> Result<String, SchemaError> {
    let message = messages
        .get(name)
        .ok_or_else(|| format!("{name} is missing"))?;
    let code = Emitter::new(message, &BTreeSet::new(), "").emit()?;
    Ok(file(name, &code))
}

fn shared_names(one: &Message, other: &Message) -> BTreeSet<String> {
    let names = |message: &Message| -> BTreeSet<String> {
        message
            .structs
            .iter()
            .map(|structure| structure.name.clone())
            .collect()
    };
    names(one).intersection(&names(other)).cloned().collect()
}

fn header(title: &str) -> String {
    format!(
        "//! {title}, generated from Apache Kafka 4.2's message definitions; pure.\n//!\n\
         //! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.\n\n"
    )
}

fn file(title: &str, code: &str) -> String {
    let imports = [
        ("Bytes", "use bytes::Bytes;\n"),
        ("Uuid", "use uuid::Uuid;\n"),
        (
            "check_decode_version",
            "use crate::message::{check_decode_version, check_encode_version};\n",
        ),
        ("ApiKey", "use crate::{ApiKey, Request};\n"),
    ];
    let mut text = header(title);
    for (word, import) in imports {
        if mentions(code, word) {
            text.push_str(import);
        }
    }
    text.push_str("use crate::{DecodeError, EncodeError, Message, Reader, Writer};\n\n");
    text.push_str(code);
    text
}

fn emit_api_key(apis: &[Api]) -> Result<String, SchemaError> {
    let mut code = header("The keys and versions of the APIs that a broker serves");
    code.push_str("/// An API that a broker serves.\n");
    code.push_str("#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]\n#[repr(i16)]\npub enum ApiKey {\n");
    for api in apis {
        writeln!(code, "{} = {},", api.name, api.key)?;
    }
    code.push_str("}\n\nimpl ApiKey {\n/// All of them, in the order of their keys.\npub const ALL: &'static [Self] = &[\n");
    for api in apis {
        writeln!(code, "Self::{},", api.name)?;
    }
    code.push_str("];\n\n");
    emit_lookup(apis, &mut code)?;
    emit_table(
        "/// The name in Kafka's protocol, such as `Fetch`.",
        "name",
        "&'static str",
        apis,
        &mut code,
        |api| format!("{:?}", api.name),
    )?;
    emit_table(
        "/// The lowest version that Kafka 4.2 serves.",
        "min_version",
        "i16",
        apis,
        &mut code,
        |api| api.request.versions.low.to_string(),
    )?;
    emit_table(
        "/// The highest version that Kafka 4.2 serves.",
        "max_version",
        "i16",
        apis,
        &mut code,
        |api| api.request.versions.high.to_string(),
    )?;
    emit_table(
        "/// The first version with compact lengths and tagged fields, if any has them.",
        "first_flexible_version",
        "Option<i16>",
        apis,
        &mut code,
        |api| match api.request.flexible {
            Some(range) => format!("Some({})", range.low),
            None => "None".to_owned(),
        },
    )?;
    code.push_str("}\n");
    Ok(code)
}

fn emit_lookup(apis: &[Api], code: &mut String) -> Result<(), SchemaError> {
    code.push_str("pub(crate) fn of_number(number: i16) -> Option<Self> {\nSome(match number {\n");
    for api in apis {
        writeln!(code, "{} => Self::{},", api.key, api.name)?;
    }
    code.push_str("_ => return None,\n})\n}\n\n");
    Ok(())
}

/// A method that maps every API to a value; APIs of one value share an arm.
fn emit_table(
    doc: &str,
    method: &str,
    kind: &str,
    apis: &[Api],
    code: &mut String,
    value: impl Fn(&Api) -> String,
) -> Result<(), SchemaError> {
    let mut arms: Vec<(String, Vec<String>)> = Vec::new();
    for api in apis {
        let value = value(api);
        let pattern = format!("Self::{}", api.name);
        match arms.iter_mut().find(|(found, _)| *found == value) {
            Some((_, patterns)) => patterns.push(pattern),
            None => arms.push((value, vec![pattern])),
        }
    }
    writeln!(
        code,
        "{doc}\npub const fn {method}(self) -> {kind} {{\nmatch self {{"
    )?;
    for (value, patterns) in arms {
        writeln!(code, "{} => {value},", patterns.join(" | "))?;
    }
    code.push_str("}\n}\n\n");
    Ok(())
}

fn emit_module(apis: &[Api]) -> Result<String, SchemaError> {
    let mut code = header("One module for each API that a broker serves");
    code.push_str("// Fields follow each other in wire order and some exist in some versions only, so they are assigned one by one.\n");
    code.push_str("#![allow(clippy::field_reassign_with_default)]\n\n");
    let mut modules: Vec<String> = apis.iter().map(|api| snake_case(&api.name)).collect();
    modules.extend(OTHER_MESSAGES.iter().map(|name| snake_case(name)));
    modules.sort();
    for module in modules {
        writeln!(code, "pub mod {module};")?;
    }
    code.push_str("pub(crate) mod api_key;\n#[cfg(test)]\nmod tests;\n\n");
    code.push_str("use crate::{ApiKey, DecodeError, Message, Reader};\n\n");
    emit_drop("request", "Request", apis, &mut code)?;
    emit_drop("response", "Response", apis, &mut code)?;
    code.push_str("fn decode_and_drop<M: Message>(reader: &mut Reader, version: i16) -> Result<(), DecodeError> {\n");
    code.push_str("M::decode(reader, version)?;\nreader.finish()\n}\n\n");
    code.push_str(
        "/// Calls `$visit!(Key, request type, response type)` for every API.\n#[cfg(test)]\n",
    );
    code.push_str("macro_rules! for_every_api {\n($visit:ident) => {\n");
    for api in apis {
        let (name, module) = (&api.name, snake_case(&api.name));
        writeln!(
            code,
            "$visit!({name}, crate::messages::{module}::{name}Request, crate::messages::{module}::{name}Response);"
        )?;
    }
    code.push_str("};\n}\n#[cfg(test)]\npub(crate) use for_every_api;\n");
    Ok(code)
}

fn emit_drop(
    method: &str,
    suffix: &str,
    apis: &[Api],
    code: &mut String,
) -> Result<(), SchemaError> {
    writeln!(
        code,
        "/// Decodes a {method} body that must fill the reader, and drops it: for checks and fuzzing."
    )?;
    writeln!(
        code,
        "pub fn check_{method}(key: ApiKey, version: i16, reader: &mut Reader) -> Result<(), DecodeError> {{\nmatch key {{"
    )?;
    for api in apis {
        let (name, module) = (&api.name, snake_case(&api.name));
        writeln!(
            code,
            "ApiKey::{name} => decode_and_drop::<{module}::{name}{suffix}>(reader, version),"
        )?;
    }
    code.push_str("}\n}\n\n");
    Ok(())
}

fn format_rust(code: &str) -> Result<String, SchemaError> {
    let mut child = Command::new("rustfmt")
        .args([
            "--edition",
            "2024",
            "--emit",
            "stdout",
            "--config",
            "skip_children=true",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().ok_or("rustfmt takes no input")?;
    input.write_all(code.as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err("rustfmt refuses the generated code".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
