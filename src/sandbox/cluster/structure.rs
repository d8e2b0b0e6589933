//! The structure of the API's types: which members an object has, of which shape, and how lists and maps are merged.
//!
//! The types of the built-in kinds stand in the tables of the folder `structure`, one member a line:
//! `name shape flags`. A shape is a scalar, a type, `[item]` (atomic list), `[item]:` (set), `[item]:keys` (list of
//! keyed elements), `{value}` (granular map), `{value}!` (atomic map); `*` stands before what may be absent altogether.
//! The flags: `zero` (written even when empty), `=value` (declared default), `merge:key` (strategic merge), `retain`.
//!
//! Source: <https://github.com/kubernetes/api> as the crate `k8s-openapi` states it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

/// The shape of a value.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Text,
    Int32,
    Int64,
    Number,
    Flag,
    Quantity,
    IntOrText,
    Time,
    MicroTime,
    Bytes,
    /// Anything, replaced as a whole.
    Any,
    /// Anything, merged member by member: what a schema does not describe.
    Loose,
    /// A type of the tables.
    BuiltIn(usize),
    /// A type of a custom resource definition.
    Own(Arc<Record>),
    List(Arc<List>),
    Map(Arc<Dict>),
}

/// A list.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) item: Shape,
    pub(crate) merging: Merging,
}

/// How a list is merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Merging {
    /// As a whole.
    Atomic,
    /// By value.
    Set,
    /// By the values of these members.
    Keyed(Vec<String>),
}

/// A map with free keys.
#[derive(Debug)]
pub(crate) struct Dict {
    pub(crate) value: Shape,
    pub(crate) merging: MapMerging,
}

/// How a map or an object is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MapMerging {
    Atomic,
    Granular,
}

/// An object with named members.
#[derive(Debug)]
pub(crate) struct Record {
    /// The name of the type, such as `PodSpec`.
    pub(crate) name: String,
    /// The name in the tables: with group and version before it where several types share one. Empty for custom ones.
    pub(crate) head: String,
    pub(crate) merging: MapMerging,
    pub(crate) fields: BTreeMap<String, Field>,
    /// The shape of members that are not named; none are known without it.
    pub(crate) others: Option<Shape>,
}

/// A member.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) shape: Shape,
    pub(crate) presence: Presence,
    /// The value that a declared default gives it.
    pub(crate) default: Option<Value>,
    pub(crate) patch: Patching,
}

/// What becomes of a member that has no value or its type's zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// A zero is kept, an absent member stays absent.
    Pointer,
    /// Absent and null are written as null.
    NullPointer,
    /// A zero is left out.
    Plain,
    /// A zero is written.
    Zero,
}

/// How a strategic merge patch treats a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Patching {
    Replace,
    /// Lists are merged by this member; by value if it is empty.
    Merge(String),
    /// As `Merge`, and only the named members of an element are kept.
    MergeRetaining(String),
    /// Only the named members are kept.
    Retain,
}

impl Shape {
    /// The members, if it is an object with named ones.
    pub(crate) fn record(&self) -> Option<&Record> {
        match self {
            Shape::BuiltIn(index) => tables().records.get(*index),
            Shape::Own(record) => Some(record),
            Shape::Text
            | Shape::Int32
            | Shape::Int64
            | Shape::Number
            | Shape::Flag
            | Shape::Quantity
            | Shape::IntOrText
            | Shape::Time
            | Shape::MicroTime
            | Shape::Bytes
            | Shape::Any
            | Shape::Loose
            | Shape::List(_)
            | Shape::Map(_) => None,
        }
    }

    /// The shape of a member.
    pub(crate) fn member(&self, name: &str) -> Option<&Shape> {
        match self {
            Shape::Map(dict) => Some(&dict.value),
            Shape::Loose => Some(self),
            _ => {
                let record = self.record()?;
                record.fields.get(name).map(|field| &field.shape).or(record.others.as_ref())
            }
        }
    }

    /// The shape of an element.
    pub(crate) fn item(&self) -> Option<&Shape> {
        match self {
            Shape::List(list) => Some(&list.item),
            _ => None,
        }
    }
}

struct Tables {
    records: Vec<Record>,
    by_name: HashMap<String, usize>,
}

const TABLES: &[&str] = &[
    include_str!("structure/admissionregistration.txt"),
    include_str!("structure/apiextensions.txt"),
    include_str!("structure/apiregistration.txt"),
    include_str!("structure/apps.txt"),
    include_str!("structure/authentication.txt"),
    include_str!("structure/authorization.txt"),
    include_str!("structure/autoscaling.txt"),
    include_str!("structure/batch.txt"),
    include_str!("structure/certificates.txt"),
    include_str!("structure/coordination.txt"),
    include_str!("structure/core.txt"),
    include_str!("structure/discovery.txt"),
    include_str!("structure/events.txt"),
    include_str!("structure/flowcontrol.txt"),
    include_str!("structure/meta.txt"),
    include_str!("structure/networking.txt"),
    include_str!("structure/node.txt"),
    include_str!("structure/policy.txt"),
    include_str!("structure/rbac.txt"),
    include_str!("structure/resource.txt"),
    include_str!("structure/scheduling.txt"),
    include_str!("structure/storage.txt"),
];

/// The shape of a kind, or of a type by its name.
pub(crate) fn shape_of(group: &str, version: &str, kind: &str) -> Option<Shape> {
    let family = if group.is_empty() { "core" } else { group.split('.').next().unwrap_or(group) };
    let names = &tables().by_name;
    let found = names.get(&format!("{family}.{version}.{kind}")).or_else(|| names.get(kind))?;
    Some(Shape::BuiltIn(*found))
}

fn tables() -> &'static Tables {
    static READ: OnceLock<Tables> = OnceLock::new();
    READ.get_or_init(read)
}

/// Reads the tables. Cost: O(members), once.
fn read() -> Tables {
    let lines = || TABLES.iter().flat_map(|table| table.lines()).filter(|line| !line.is_empty());
    let heads = lines().filter(|line| !line.starts_with(' '));
    let by_name: HashMap<String, usize> =
        heads.enumerate().map(|(index, line)| (first(line).to_owned(), index)).collect();
    let mut records: Vec<Record> = Vec::with_capacity(by_name.len());
    for line in lines() {
        if let Some(member) = line.strip_prefix("  ") {
            let record = records.last_mut().expect("a table begins with a type");
            record.fields.insert(first(member).to_owned(), field(member, &by_name));
        } else {
            let name = first(line).rsplit('.').next().unwrap_or_default().to_owned();
            let merging = if line.ends_with(" atomic") { MapMerging::Atomic } else { MapMerging::Granular };
            let head = first(line).to_owned();
            records.push(Record { name, head, merging, fields: BTreeMap::new(), others: None });
        }
    }
    Tables { records, by_name }
}

fn first(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

fn field(line: &str, types: &HashMap<String, usize>) -> Field {
    let mut words = line.split(' ').skip(1);
    let written = words.next().expect("a member has a shape");
    let (mut default, mut patch, mut zero) = (None, Patching::Replace, false);
    for word in words {
        match word.split_once(':') {
            Some(("merge", key)) => {
                patch = match key.strip_suffix('!') {
                    Some(key) => Patching::MergeRetaining(key.to_owned()),
                    None => Patching::Merge(key.to_owned()),
                }
            }
            _ if word == "zero" => zero = true,
            _ if word == "retain" => patch = Patching::Retain,
            _ => default = word.strip_prefix('=').and_then(|text| serde_json::from_str(text).ok()),
        }
    }
    let pointer = written.starts_with('*');
    let presence = match (pointer, zero) {
        (true, true) => Presence::NullPointer,
        (true, false) => Presence::Pointer,
        (false, true) => Presence::Zero,
        (false, false) => Presence::Plain,
    };
    Field { shape: shape(written.trim_start_matches('*'), types), presence, default, patch }
}

fn shape(written: &str, types: &HashMap<String, usize>) -> Shape {
    if let Some(rest) = written.strip_prefix('[') {
        let (item, keys) = rest.rsplit_once(']').expect("a list ends with a bracket");
        let merging = match keys.strip_prefix(':') {
            None => Merging::Atomic,
            Some("") => Merging::Set,
            Some(keys) => Merging::Keyed(keys.split(',').map(str::to_owned).collect()),
        };
        return Shape::List(Arc::new(List { item: shape(item, types), merging }));
    }
    if let Some(rest) = written.strip_prefix('{') {
        let (value, mark) = rest.rsplit_once('}').expect("a map ends with a brace");
        let merging = if mark == "!" { MapMerging::Atomic } else { MapMerging::Granular };
        return Shape::Map(Arc::new(Dict { value: shape(value, types), merging }));
    }
    match written {
        "string" => Shape::Text,
        "int32" => Shape::Int32,
        "int64" => Shape::Int64,
        "double" => Shape::Number,
        "bool" => Shape::Flag,
        "quantity" => Shape::Quantity,
        "intstr" => Shape::IntOrText,
        "time" => Shape::Time,
        "microtime" => Shape::MicroTime,
        "bytes" => Shape::Bytes,
        "raw" | "json" | "fields" => Shape::Any,
        name => Shape::BuiltIn(*types.get(name).unwrap_or_else(|| panic!("the tables lack the type {name}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_say_how_lists_merge() {
        let pod = shape_of("", "v1", "Pod").unwrap();
        let ports =
            pod.member("spec").and_then(|spec| spec.member("containers")).and_then(Shape::item).unwrap();
        let Some(Shape::List(ports)) = ports.member("ports") else { panic!("ports are a list") };
        assert_eq!(ports.merging, Merging::Keyed(vec!["containerPort".into(), "protocol".into()]));
        assert!(shape_of("autoscaling", "v2", "HorizontalPodAutoscaler").unwrap().member("spec").is_some());
    }
}
