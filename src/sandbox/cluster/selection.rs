//! Selectors of lists and watches: by labels and by fields.
//!
//! Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>

use serde_json::Value;

/// What a list or watch is narrowed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) namespace: Option<String>,
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

#[derive(Clone, Debug)]
enum Requirement {
    Equal(String, String),
    NotEqual(String, String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
}

impl Selection {
    /// Reads `labelSelector` and `fieldSelector`.
    pub(crate) fn new(namespace: Option<&str>, labels: &str, fields: &str) -> Selection {
        Selection {
            namespace: namespace.map(str::to_owned),
            labels: split(labels).iter().map(|text| requirement(text)).collect(),
            fields: fields.split(',').filter(|text| !text.is_empty()).filter_map(field).collect(),
        }
    }

    /// Whether an object is selected.
    pub(crate) fn takes(&self, object: &Value) -> bool {
        let space =
            self.namespace.as_ref().is_none_or(|wanted| object["metadata"]["namespace"] == wanted.as_str());
        space
            && self.labels.iter().all(|one| one.holds(object))
            && self.fields.iter().all(|one| holds(one, object))
    }
}

/// Splits at commas that are not in parentheses.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn requirement(text: &str) -> Requirement {
    let list = |inner: &str| {
        inner
            .trim()
            .trim_start_matches('(')
            .trim_end_matches(')')
            .split(',')
            .map(|one| one.trim().to_owned())
            .collect()
    };
    if let Some((key, values)) = text.split_once(" notin ") {
        return Requirement::NotIn(key.trim().into(), list(values));
    }
    if let Some((key, values)) = text.split_once(" in ") {
        return Requirement::In(key.trim().into(), list(values));
    }
    if let Some((key, value)) = text.split_once("!=") {
        return Requirement::NotEqual(key.trim().into(), value.trim().into());
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Requirement::Equal(key.trim().into(), value.trim().into());
    }
    match text.strip_prefix('!') {
        Some(key) => Requirement::Absent(key.trim().into()),
        None => Requirement::Exists(text.into()),
    }
}

impl Requirement {
    fn holds(&self, object: &Value) -> bool {
        let label = |key: &str| object["metadata"]["labels"][key].as_str();
        match self {
            Requirement::Equal(key, value) => label(key) == Some(value),
            Requirement::NotEqual(key, value) => label(key) != Some(value),
            Requirement::In(key, values) => {
                label(key).is_some_and(|found| values.iter().any(|value| value == found))
            }
            Requirement::NotIn(key, values) => {
                label(key).is_none_or(|found| values.iter().all(|value| value != found))
            }
            Requirement::Exists(key) => label(key).is_some(),
            Requirement::Absent(key) => label(key).is_none(),
        }
    }
}

fn field(text: &str) -> Option<(String, bool, String)> {
    if let Some((path, value)) = text.split_once("!=") {
        return Some((path.into(), false, value.into()));
    }
    let (path, value) = text.split_once("==").or_else(|| text.split_once('='))?;
    Some((path.into(), true, value.into()))
}

fn holds((path, equal, value): &(String, bool, String), object: &Value) -> bool {
    let found = path.split('.').fold(object, |object, name| &object[name]);
    let same = match found {
        Value::String(text) => text == value,
        Value::Null => value.is_empty(),
        other => {
            let text = other.to_string();
            text == *value
        }
    };
    same == *equal
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_are_selected_by_what_is_written() {
        let object = json!({ "metadata": { "labels": { "a": "1", "b": "2" }, "name": "x" } });
        let takes = |labels: &str| Selection::new(None, labels, "").takes(&object);
        assert!(
            takes("a=1") && takes("a in (1, 3),b") && takes("!c") && takes("a!=2") && takes("c notin (1)")
        );
        assert!(!takes("a=2") && !takes("c") && !takes("a notin (1)"));
        assert!(Selection::new(None, "", "metadata.name=x").takes(&object));
        assert!(!Selection::new(None, "", "metadata.name!=x").takes(&object));
    }
}
