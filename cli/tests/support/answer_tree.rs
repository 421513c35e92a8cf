//! An answer of the protocol as paths and values, so that two can be compared field by field.
//!
//! Read off what `{:?}` prints of a message, which names every field. Elements of lists go by the field that names them,
//! so that their order does not count.

use std::collections::BTreeMap;

/// The fields that name an element, the first that it has.
const NAMES: [&str; 16] = [
    "name",
    "topic",
    "topic_name",
    "resource_name",
    "api_key",
    "partition_index",
    "partition_id",
    "partition",
    "index",
    "feature",
    "user",
    "key",
    "entity_type",
    "broker_id",
    "member_id",
    "group_id",
];

/// The fields of a message by their paths.
pub fn fields(message: &impl std::fmt::Debug) -> BTreeMap<String, String> {
    let text = format!("{message:?}");
    let mut parser = Parser { rest: &text };
    let tree = parser.value();
    assert!(parser.rest.trim().is_empty(), "left over: {}", parser.rest);
    let mut fields = BTreeMap::new();
    tree.flatten(String::new(), &mut fields);
    fields
}

#[derive(Debug)]
enum Tree {
    Leaf(String),
    Struct(Vec<(String, Tree)>),
    List(Vec<Tree>),
}

impl Tree {
    fn flatten(&self, path: String, fields: &mut BTreeMap<String, String>) {
        match self {
            Tree::Leaf(text) => {
                fields.insert(path, text.clone());
            }
            Tree::Struct(parts) => {
                for (name, tree) in parts {
                    let dot = if path.is_empty() { "" } else { "." };
                    tree.flatten(format!("{path}{dot}{name}"), fields);
                }
            }
            Tree::List(elements) => {
                fields.insert(format!("{path}.count"), elements.len().to_string());
                let mut seen: BTreeMap<String, usize> = BTreeMap::new();
                for (index, element) in elements.iter().enumerate() {
                    let name = element.name().unwrap_or_else(|| index.to_string());
                    let again = seen.entry(name.clone()).or_default();
                    let mark = if *again == 0 {
                        String::new()
                    } else {
                        format!("#{again}")
                    };
                    *again += 1;
                    element.flatten(format!("{path}[{name}{mark}]"), fields);
                }
            }
        }
    }

    fn name(&self) -> Option<String> {
        let Tree::Struct(parts) = self else {
            return None;
        };
        let named = |name: &&str| parts.iter().find(|(field, _)| field == name);
        match NAMES.iter().find_map(named) {
            Some((_, Tree::Leaf(text))) => Some(text.trim_matches('"').to_owned()),
            _ => None,
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn value(&mut self) -> Tree {
        if self.eat("[") {
            return Tree::List(self.until("]", Parser::value));
        }
        if self.rest.starts_with('"') || self.rest.starts_with("b\"") {
            return Tree::Leaf(self.quoted());
        }
        let word = self.word();
        if self.eat("{") {
            return Tree::Struct(self.until("}", |parser| {
                let name = parser.word().to_owned();
                assert!(parser.eat(":"), "a field: {}", parser.rest);
                (name, parser.value())
            }));
        }
        if word == "Some" && self.eat("(") {
            return self.until(")", Parser::value).remove(0);
        }
        Tree::Leaf(word.to_owned())
    }

    fn until<T>(&mut self, end: &str, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut all = Vec::new();
        while !self.eat(end) {
            all.push(one(self));
            self.eat(",");
        }
        all
    }

    fn eat(&mut self, token: &str) -> bool {
        let eaten = self.rest.trim_start().strip_prefix(token);
        if let Some(rest) = eaten {
            self.rest = rest.trim_start();
        }
        eaten.is_some()
    }

    /// A name, a number or an id.
    fn word(&mut self) -> &'a str {
        let end = self
            .rest
            .find([' ', ',', ':', '{', '}', '(', ')', '[', ']']);
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        assert!(!word.is_empty(), "a word: {rest}");
        self.rest = rest;
        word
    }

    fn quoted(&mut self) -> String {
        let start = self.rest.find('"').expect("the caller has seen it") + 1;
        let mut is_escaped = false;
        let end = self.rest[start..].find(|c| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        });
        let (text, rest) = self.rest.split_at(start + end.expect("a quote ends") + 1);
        self.rest = rest;
        text.to_owned()
    }
}
