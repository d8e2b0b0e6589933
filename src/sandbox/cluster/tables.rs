//! Tables: what `kubectl get` shows of objects.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables>

mod cells;
mod resources;
mod workloads;

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::kinds::Served;

/// The columns of all kinds: a line with the group and the kind, below it one for each column with its name, type, format,
/// priority (1: only when more is asked for) and description; `$name` and `$age` stand for the two that nearly all have.
const COLUMNS: &str = include_str!("tables/columns.txt");

/// The definitions of columns, by group and kind.
static DEFINITIONS: LazyLock<HashMap<&'static str, Vec<Value>>> = LazyLock::new(|| {
    let mut all: HashMap<&str, Vec<Value>> = HashMap::new();
    let mut kind = "";
    for line in COLUMNS.lines() {
        match line.strip_prefix("  ") {
            None => kind = line,
            Some(column) => all.entry(kind).or_default().push(definition(column)),
        }
    }
    all
});

fn definition(column: &str) -> Value {
    let mut parts = column.split('\t');
    let mut part = || parts.next().unwrap_or_default();
    let (name, kind, priority, told) = (part(), part(), part(), part());
    let (kind, format) = kind.split_once('/').unwrap_or((kind, ""));
    let told = match told {
        "$name" => NAME_SENTENCES.to_owned(),
        "$age" => AGE_SENTENCES.to_owned(),
        told => told.replace("\\n", "\n"),
    };
    let priority = i64::from(priority == "1");
    json!({ "name": name, "type": kind, "format": format, "description": told, "priority": priority })
}

/// The table of objects.
pub(crate) fn table(
    served: &Served,
    objects: &[&Value],
    metadata: &Value,
    version: &str,
    now: Timestamp,
) -> Value {
    if let Some(custom) = &served.custom {
        return custom_table(&custom.columns, objects, metadata, version, now);
    }
    // The two groups of events are one.
    let group = if served.kind == "Event" { "" } else { &*served.group };
    let kind = format!("{group}/{}", served.kind);
    let definitions = DEFINITIONS.get(kind.as_str()).cloned().unwrap_or_else(|| {
        vec![definition("Name\tstring/name\t0\t$name"), definition("Created At\tdate\t0\t$age")]
    });
    let row = |object: &&Value| {
        let cells = cells::cells(&kind, object, now);
        json!({ "cells": cells, "object": crate::cluster::forms::partial(object, version) })
    };
    let rows = objects.iter().map(row).collect();
    document(metadata, version, definitions, rows)
}

fn document(metadata: &Value, version: &str, definitions: Vec<Value>, rows: Vec<Value>) -> Value {
    json!({
        "kind": "Table", "apiVersion": format!("meta.k8s.io/{version}"), "metadata": metadata,
        "columnDefinitions": definitions, "rows": rows,
    })
}

const NAME_SENTENCES: &str = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const AGE_SENTENCES: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// The table of custom objects: the columns of their definition, or their age.
fn custom_table(
    columns: &[Value],
    objects: &[&Value],
    metadata: &Value,
    version: &str,
    now: Timestamp,
) -> Value {
    let age_alone = [json!({
        "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "description": AGE_SENTENCES,
    })];
    let columns = if columns.is_empty() { &age_alone } else { columns };
    let mut definitions = vec![json!({
        "name": "Name", "type": "string", "format": "name", "description": NAME_SENTENCES, "priority": 0,
    })];
    definitions.extend(columns.iter().map(|column| {
        let path = column["jsonPath"].as_str().unwrap_or_default();
        let told = format!("Custom resource definition column (in JSONPath format): {path}");
        json!({
            "name": column["name"], "type": column["type"],
            "format": column["format"].as_str().unwrap_or_default(),
            "description": column["description"].as_str().unwrap_or(&told),
            "priority": column["priority"].as_i64().unwrap_or(0),
        })
    }));
    let row = |object: &&Value| {
        let mut cells = vec![object["metadata"]["name"].clone()];
        cells.extend(columns.iter().map(|column| custom_cell(column, object, now)));
        json!({ "cells": cells, "object": crate::cluster::forms::partial(object, version) })
    };
    let rows = objects.iter().map(row).collect();
    document(metadata, version, definitions, rows)
}

/// What a column of a definition shows of an object: nothing where its type does not fit.
fn custom_cell(column: &Value, object: &Value, now: Timestamp) -> Value {
    let path = column["jsonPath"].as_str().unwrap_or_default();
    let found = found_at(object, path);
    match (column["type"].as_str().unwrap_or_default(), found) {
        (_, None | Some(Value::Null)) => Value::Null,
        ("integer", Some(found)) => found.as_i64().map_or(Value::Null, Value::from),
        ("number", Some(found)) if found.is_number() => found.clone(),
        ("boolean", Some(found)) if found.is_boolean() => found.clone(),
        ("date", Some(Value::String(time))) => {
            time.parse().map_or_else(|_| "<invalid>".into(), |then| since(then, now)).into()
        }
        ("string", Some(Value::String(text))) => text.clone().into(),
        ("string", Some(other)) => other.to_string().into(),
        (_, Some(_)) => Value::Null,
    }
}

/// The first value at a path such as `.status.conditions[?(@.type=="Ready")].status`.
fn found_at<'v>(object: &'v Value, path: &str) -> Option<&'v Value> {
    let mut at = object;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[?(@.") {
            let (condition, after) = after.split_once(")]")?;
            let (member, wanted) = condition.split_once("==")?;
            let wanted = wanted.trim().trim_matches(['"', '\'']);
            at = at.as_array()?.iter().find(|one| one[member.trim()] == wanted)?;
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            at = match index.parse::<usize>() {
                Ok(index) => at.get(index)?,
                Err(_) if index == "*" => at.get(0)?,
                Err(_) => at.get(index.trim_matches(['"', '\'']))?,
            };
            rest = after;
        } else {
            let after = rest.strip_prefix('.').unwrap_or(rest);
            let end = member_end(after);
            at = at.get(after[..end].replace("\\.", "."))?;
            rest = &after[end..];
        }
    }
    Some(at)
}

/// Where a member's name ends: at a dot or a bracket that is not escaped.
fn member_end(text: &str) -> usize {
    let mut before = ' ';
    for (index, c) in text.char_indices() {
        if matches!(c, '.' | '[') && before != '\\' {
            return index;
        }
        before = c;
    }
    text.len()
}

/// How long ago, in the words of kubectl.
fn age(object: &Value, now: Timestamp) -> String {
    let made: Option<Timestamp> =
        object["metadata"]["creationTimestamp"].as_str().and_then(|text| text.parse().ok());
    let Some(made) = made else { return "<unknown>".into() };
    since(made, now)
}

/// The time between two instants as kubectl writes it: two units while they say something.
fn since(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs();
    if seconds < -1 {
        return "<invalid>".into();
    }
    duration(seconds.max(0))
}

/// A span of seconds as kubectl writes it.
fn duration(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let pair = |large: i64, unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{large}{unit}"),
        small => format!("{large}{unit}{small}{small_unit}"),
    };
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => pair(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => pair(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => pair(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => pair(years, "y", days % 365, "d"),
        _ => format!("{years}y"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_as_many_cells_as_columns() {
        for (kind, columns) in DEFINITIONS.iter() {
            let cells = cells::cells(kind, &json!({}), Timestamp::UNIX_EPOCH);
            assert_eq!(cells.len(), columns.len(), "{kind}");
        }
    }
}
