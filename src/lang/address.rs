//! Addresses: the names of modules, resources and their instances.
//!
//! Invariant: `Display` and `FromStr` are inverse: `module.a["x"].data.t.n[0]`.
//! Never: an address says nothing of whether the thing exists.

use std::fmt;
use std::str::FromStr;

use crate::types::Text;
use crate::value::Value;

/// Which of the instances of a `count` or `for_each`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstanceKey {
    /// The place in a `count`.
    Index(usize),
    /// The key of a `for_each`.
    Key(Text),
}

impl InstanceKey {
    /// The key as a value of the language.
    pub fn to_value(&self) -> Value {
        match self {
            InstanceKey::Index(index) => i64::try_from(*index).unwrap_or(i64::MAX).into(),
            InstanceKey::Key(key) => Value::string(key),
        }
    }
}

/// Whether a resource is managed, only read, or only open during a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// A `resource` block.
    Managed,
    /// A `data` block.
    Data,
    /// An `ephemeral` block.
    Ephemeral,
}

/// A module as it is written: names without instance keys. The root module is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModulePath(pub Vec<Text>);

/// One instance of a module. The root module is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleInstance(pub Vec<(Text, Option<InstanceKey>)>);

/// A resource within its module: `azurerm_resource_group.ml`, `data.x.y`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceName {
    /// Managed, data or ephemeral.
    pub mode: Mode,
    /// The type: `azurerm_resource_group`.
    pub type_name: Text,
    /// The name in the configuration.
    pub name: Text,
}

/// A resource as it is written: module path and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfigAddress {
    /// The module.
    pub module: ModulePath,
    /// The resource in it.
    pub resource: ResourceName,
}

/// One resource instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The module instance.
    pub module: ModuleInstance,
    /// The resource in it.
    pub resource: ResourceName,
    /// Which instance.
    pub key: Option<InstanceKey>,
}

impl ModulePath {
    /// The path of a module call within this one.
    pub fn child(&self, name: impl Into<Text>) -> ModulePath {
        let mut steps = self.0.clone();
        steps.push(name.into());
        ModulePath(steps)
    }

    /// Whether it is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl ModuleInstance {
    /// The instance of a module call within this one.
    pub fn child(&self, name: impl Into<Text>, key: Option<InstanceKey>) -> ModuleInstance {
        let mut steps = self.0.clone();
        steps.push((name.into(), key));
        ModuleInstance(steps)
    }

    /// The module as it is written.
    pub fn path(&self) -> ModulePath {
        ModulePath(self.0.iter().map(|(name, _)| name.clone()).collect())
    }

    /// Whether it is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl Address {
    /// The resource as it is written.
    pub fn config(&self) -> ConfigAddress {
        ConfigAddress { module: self.module.path(), resource: self.resource.clone() }
    }
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstanceKey::Index(index) => write!(f, "[{index}]"),
            InstanceKey::Key(key) => write!(f, "[{}]", quoted(key)),
        }
    }
}

/// The text in quotes as the language writes it.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for (place, c) in text.char_indices() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if text[place + 1..].starts_with('{') => {
                out.push(c);
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = self.0.iter().map(|name| format!("module.{name}")).collect();
        f.write_str(&steps.join("."))
    }
}

impl fmt::Display for ModuleInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, key)) in self.0.iter().enumerate() {
            let dot = if place == 0 { "" } else { "." };
            write!(f, "{dot}module.{name}{}", key.as_ref().map(InstanceKey::to_string).unwrap_or_default())?;
        }
        Ok(())
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mode {
            Mode::Managed => {}
            Mode::Data => f.write_str("data.")?,
            Mode::Ephemeral => f.write_str("ephemeral.")?,
        }
        write!(f, "{}.{}", self.type_name, self.name)
    }
}

impl fmt::Display for ConfigAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.module.is_root() { "" } else { "." };
        write!(f, "{}{dot}{}", self.module, self.resource)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.module.is_root() { "" } else { "." };
        let key = self.key.as_ref().map(InstanceKey::to_string).unwrap_or_default();
        write!(f, "{}{dot}{}{key}", self.module, self.resource)
    }
}

/// An address that names a whole module, a resource or an instance, as `-target` and `state` commands take it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A module with everything in it. A last step without a key names all instances.
    Module(ModuleInstance),
    /// A resource or one instance of it; without a key all instances.
    Resource(Address),
}

/// The text is no address; holds the byte at which it went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAddress {
    /// The text as it was given.
    pub text: String,
    /// The byte offset of what was not understood.
    pub byte: usize,
}

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no resource address: not understood from `{}` on",
            self.text,
            &self.text[self.byte..]
        )
    }
}

impl std::error::Error for InvalidAddress {}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Module(module) => module.fmt(f),
            Target::Resource(address) => address.fmt(f),
        }
    }
}

impl FromStr for Target {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Target, InvalidAddress> {
        AddressReader { text, at: 0 }.target()
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Address, InvalidAddress> {
        match text.parse()? {
            Target::Resource(address) => Ok(address),
            Target::Module(_) => Err(InvalidAddress { text: text.into(), byte: 0 }),
        }
    }
}

impl FromStr for InstanceKey {
    type Err = InvalidAddress;

    /// Reads a key as addresses end with it: `[0]`, `["key"]`.
    fn from_str(text: &str) -> Result<InstanceKey, InvalidAddress> {
        let mut reader = AddressReader { text, at: 0 };
        match reader.key()? {
            Some(key) if reader.rest().is_empty() => Ok(key),
            Some(_) | None => reader.fail(),
        }
    }
}

struct AddressReader<'a> {
    text: &'a str,
    at: usize,
}

impl AddressReader<'_> {
    fn fail<T>(&self) -> Result<T, InvalidAddress> {
        Err(InvalidAddress { text: self.text.into(), byte: self.at })
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn name(&mut self) -> Result<Text, InvalidAddress> {
        let valid = |c: char| c == '-' || c == '_' || unicode_ident::is_xid_continue(c);
        let length = self.rest().find(|c| !valid(c)).unwrap_or(self.rest().len());
        let name: Text = self.rest()[..length].into();
        if !name.chars().next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c)) {
            return self.fail();
        }
        self.at += length;
        Ok(name)
    }

    fn key(&mut self) -> Result<Option<InstanceKey>, InvalidAddress> {
        if !self.take("[") {
            return Ok(None);
        }
        let key = if self.rest().starts_with('"') { self.quoted_key()? } else { self.index()? };
        if self.take("]") { Ok(Some(key)) } else { self.fail() }
    }

    fn index(&mut self) -> Result<InstanceKey, InvalidAddress> {
        let digits = self.rest().find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest().len());
        let Ok(index) = self.rest()[..digits].parse() else { return self.fail() };
        self.at += digits;
        Ok(InstanceKey::Index(index))
    }

    fn quoted_key(&mut self) -> Result<InstanceKey, InvalidAddress> {
        let start = self.at;
        self.at += 1;
        let mut key = String::new();
        while let Some(c) = self.rest().chars().next() {
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(InstanceKey::Key(key.into())),
                '\\' => match self.rest().chars().next() {
                    Some('n') => key.push('\n'),
                    Some('r') => key.push('\r'),
                    Some('t') => key.push('\t'),
                    Some(c @ ('"' | '\\')) => key.push(c),
                    Some(_) | None => return self.fail(),
                },
                c => key.push(c),
            }
            match c {
                '\\' => self.at += 1,
                '$' | '%' if self.rest().starts_with(c) && self.rest()[1..].starts_with('{') => self.at += 1,
                _ => {}
            }
        }
        self.at = start;
        self.fail()
    }

    fn target(&mut self) -> Result<Target, InvalidAddress> {
        let mut module = ModuleInstance::default();
        while self.take("module.") {
            let name = self.name()?;
            let key = self.key()?;
            module.0.push((name, key));
            if self.rest().is_empty() {
                return Ok(Target::Module(module));
            }
            if !self.take(".") {
                return self.fail();
            }
        }
        let mode = if self.take("data.") {
            Mode::Data
        } else if self.take("ephemeral.") {
            Mode::Ephemeral
        } else {
            Mode::Managed
        };
        let type_name = self.name()?;
        if !self.take(".") {
            return self.fail();
        }
        let name = self.name()?;
        let key = self.key()?;
        let address = Address { module, resource: ResourceName { mode, type_name, name }, key };
        if self.rest().is_empty() { Ok(Target::Resource(address)) } else { self.fail() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back_as_written() {
        for text in [
            "a_b.c",
            "data.a.b[0]",
            r#"module.m["k\"\\é$${x}"].module.n.a.b["x.y"]"#,
            "module.m[3].ephemeral.a.b",
        ] {
            assert_eq!(text.parse::<Address>().map(|a| a.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_bad_address_says_where() {
        for (text, byte) in [("a", 1), ("a.b[", 4), ("a.b[x]", 4), ("a.1", 2), ("module.m", 0), ("a.b c", 3)]
        {
            assert_eq!(text.parse::<Address>().map_err(|e| e.byte), Err(byte), "{text}");
        }
    }
}
