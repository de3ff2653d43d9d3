//! Layers of options, lowest first, merged key by key so that each value knows where it comes from.

use std::collections::BTreeMap;
use std::fmt;

use rushlight_core::{Error, ErrorCode, Result};
use toml::{Table, Value};

use crate::{Config, DEFAULT_TOML};

/// Options whose values are not shown, neither in a list of options nor in a complaint.
const SECRET: [&str; 1] = ["index.pdf_passwords"];

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The built-in default.
    Default,
    /// A configuration file.
    File(String),
    /// An environment variable.
    Variable(String),
    /// A command-line flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One option as it stands after all layers.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedValue {
    /// Dotted key: `server.port`.
    pub key: String,
    /// The value as TOML.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Collects layers, lowest first.
pub struct ConfigBuilder {
    values: BTreeMap<String, (Value, Origin)>,
}

impl Default for ConfigBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ConfigBuilder {
    /// The defaults alone.
    pub fn new() -> Self {
        let table: Table = DEFAULT_TOML
            .parse()
            .expect("the built-in defaults are valid TOML, a test reads them");
        let mut values = BTreeMap::new();
        flatten("", table, &mut |key, value| {
            values.insert(key, (value, Origin::Default));
        });
        Self { values }
    }

    /// Adds a configuration file.
    ///
    /// # Errors
    /// `InvalidConfig` for what is not TOML, an unknown key or a value of another type.
    pub fn file(mut self, path: &str, text: &str) -> Result<Self> {
        let table: Table = text.parse().map_err(|cause: toml::de::Error| {
            Error::new(ErrorCode::InvalidConfig, format!("`{path}` is not valid TOML")).with_source(cause)
        })?;
        let mut found = Vec::new();
        flatten("", table, &mut |key, value| found.push((key, value)));
        for (key, value) in found {
            self.set(&key, value, Origin::File(path.to_owned()))?;
        }
        Ok(self)
    }

    /// Adds the variables that name an option; others are left alone.
    ///
    /// # Errors
    /// `InvalidConfig` for a value of the wrong type.
    pub fn variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let names: BTreeMap<String, String> = self
            .values
            .keys()
            .map(|key| (variable_name(key), key.clone()))
            .collect();
        for (name, text) in variables {
            if let Some(key) = names.get(&name) {
                self.set_text(key, &text, Origin::Variable(name.clone()))?;
            }
        }
        Ok(self)
    }

    /// Adds a flag's value.
    ///
    /// # Errors
    /// `InvalidConfig` for a value of the wrong type.
    pub fn flag(mut self, flag: &str, key: &str, text: &str) -> Result<Self> {
        self.set_text(key, text, Origin::Flag(flag.to_owned()))?;
        Ok(self)
    }

    /// The typed options and, beside them, every value with its origin, in the order of their keys.
    ///
    /// # Errors
    /// `InvalidConfig` for a value out of its range.
    pub fn build(self) -> Result<(Config, Vec<ResolvedValue>)> {
        let mut table = Table::new();
        for (key, (value, _)) in &self.values {
            let (section, name) = key
                .split_once('.')
                .expect("every option stands in a section, a test reads them");
            let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            section
                .as_table_mut()
                .expect("sections are tables")
                .insert(name.to_owned(), value.clone());
        }
        let config: Config = table.try_into().map_err(|cause| {
            Error::new(ErrorCode::InvalidConfig, "the options cannot be used").with_source(cause)
        })?;
        config
            .check()
            .map_err(|complaint| Error::new(ErrorCode::InvalidConfig, complaint))?;
        let resolved = self
            .values
            .into_iter()
            .map(|(key, (value, origin))| ResolvedValue {
                value: shown(&key, &value),
                key,
                origin,
            })
            .collect();
        Ok((config, resolved))
    }

    fn set_text(&mut self, key: &str, text: &str, origin: Origin) -> Result<()> {
        let Some((current, _)) = self.values.get(key) else {
            return Err(unknown(key, &origin));
        };
        let parsed = match current {
            Value::String(_) => Some(Value::String(text.to_owned())),
            Value::Integer(_) => text.parse().ok().map(Value::Integer),
            Value::Float(_) => text.parse().ok().map(Value::Float),
            Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
            Value::Array(_) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Some(Value::Array(
                    items.map(|item| Value::String(item.to_owned())).collect(),
                ))
            }
            Value::Datetime(_) | Value::Table(_) => None,
        };
        let Some(value) = parsed else {
            return Err(wrong_type(key, text, current, &origin));
        };
        self.set(key, value, origin)
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) -> Result<()> {
        let Some((current, _)) = self.values.get(key) else {
            return Err(unknown(key, &origin));
        };
        let value = match (current, value) {
            (Value::Float(_), Value::Integer(whole)) => Value::Float(whole as f64),
            (_, value) => value,
        };
        if !current.same_type(&value) {
            return Err(wrong_type(key, &shown(key, &value), current, &origin));
        }
        self.values.insert(key.to_owned(), (value, origin));
        Ok(())
    }
}

/// A value as TOML; of a secret, only how many there are.
fn shown(key: &str, value: &Value) -> String {
    match value {
        Value::Array(items) if SECRET.contains(&key) => {
            format!("[{}]", vec!["\"***\""; items.len()].join(", "))
        }
        _ if SECRET.contains(&key) => "\"***\"".to_owned(),
        value => value.to_string(),
    }
}

fn variable_name(key: &str) -> String {
    format!("RUSHLIGHT_{}", key.replace('.', "_").to_uppercase())
}

fn flatten(prefix: &str, table: Table, found: &mut dyn FnMut(String, Value)) {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            Value::Table(inner) => flatten(&key, inner, found),
            value => found(key, value),
        }
    }
}

fn unknown(key: &str, origin: &Origin) -> Error {
    Error::new(
        ErrorCode::InvalidConfig,
        format!("`{key}` in {origin} is not an option"),
    )
}

fn wrong_type(key: &str, text: &str, expected: &Value, origin: &Origin) -> Error {
    let expected = expected.type_str();
    Error::new(
        ErrorCode::InvalidConfig,
        format!("`{key}` in {origin} is `{text}`, and must be of type {expected}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin_of(resolved: &[ResolvedValue], key: &str) -> Origin {
        resolved
            .iter()
            .find(|value| value.key == key)
            .expect("the option exists")
            .origin
            .clone()
    }

    #[test]
    fn defaults_are_valid_and_complete() {
        let (config, resolved) = ConfigBuilder::new().build().expect("defaults build");
        assert_eq!(config.server.port, 7373);
        assert!(resolved.iter().all(|value| value.origin == Origin::Default));
    }

    #[test]
    fn higher_layers_win_and_say_so() {
        let (config, resolved) = ConfigBuilder::new()
            .file("a.toml", "[server]\nport = 1\n[search]\nsemantic_weight = 1\n")
            .and_then(|b| {
                b.variables([
                    ("RUSHLIGHT_SERVER_PORT".to_owned(), "2".to_owned()),
                    ("RUSHLIGHT_X".to_owned(), String::new()),
                ])
            })
            .and_then(|b| b.flag("--port", "server.port", "3"))
            .and_then(ConfigBuilder::build)
            .expect("all layers are sound");
        assert_eq!(config.server.port, 3);
        assert_eq!(config.search.semantic_weight, 1.0);
        assert_eq!(
            origin_of(&resolved, "server.port"),
            Origin::Flag("--port".to_owned())
        );
        assert_eq!(
            origin_of(&resolved, "search.semantic_weight"),
            Origin::File("a.toml".to_owned())
        );
    }

    #[test]
    fn passwords_are_read_and_not_shown() {
        let file = |text: &str| {
            ConfigBuilder::new()
                .file("c.toml", text)
                .and_then(ConfigBuilder::build)
        };
        let (config, resolved) = file("[index]\npdf_passwords = [\"open\", \"sesame\"]").expect("sound");
        assert_eq!(config.index.pdf_passwords.reveal(), ["open", "sesame"]);
        let entry = resolved
            .iter()
            .find(|value| value.key == "index.pdf_passwords")
            .expect("exists");
        assert_eq!(entry.value, "[\"***\", \"***\"]");
        assert!(!format!("{config:?}{resolved:?}").contains("sesame"));
        let error = file("[index]\npdf_passwords = \"sesame\"").expect_err("no list");
        assert!(!error.chain().contains("sesame"), "{}", error.chain());
        let error = file("[index]\npdf_passwords = [\"sesame\", 1]").expect_err("no text");
        assert!(!error.chain().contains("sesame"), "{}", error.chain());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let message = |builder: Result<ConfigBuilder>| {
            let error = builder.and_then(ConfigBuilder::build).expect_err("refused");
            assert_eq!(error.code(), ErrorCode::InvalidConfig);
            error.chain()
        };
        let file = |text: &str| ConfigBuilder::new().file("c.toml", text);
        assert_eq!(
            message(file("[server]\nprot = 1")),
            "`server.prot` in file c.toml is not an option"
        );
        assert!(message(file("[server")).starts_with("`c.toml` is not valid TOML: "));
        assert_eq!(
            message(file("[server]\nport = \"x\"")),
            "`server.port` in file c.toml is `\"x\"`, and must be of type integer"
        );
        assert!(message(file("[search]\nsemantic_weight = 2")).contains("between 0 and 1"));
        assert!(message(file("[index]\nchunk_tokens = 400")).contains("max_chunk_tokens"));
        let variable =
            ConfigBuilder::new().variables([("RUSHLIGHT_SERVER_PORT".to_owned(), "many".to_owned())]);
        assert_eq!(
            message(variable),
            "`server.port` in variable RUSHLIGHT_SERVER_PORT is `many`, and must be of type integer"
        );
    }
}
