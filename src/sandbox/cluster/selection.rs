//! Selectors of lists and watches: by labels and by fields.
//!
//! Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>

use serde_json::Value;

use crate::cluster::kinds::{Scope, Served};
use crate::cluster::status::Refused;

/// What a list or watch is narrowed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) namespace: Option<String>,
    labels: Vec<Requirement>,
    fields: Vec<Match>,
}

#[derive(Clone, Debug)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
    Greater(String, i64),
    Less(String, i64),
}

/// A field with the value that it must have, or must not have.
#[derive(Clone, Debug)]
struct Match {
    path: String,
    value: String,
    sense: Sense,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sense {
    Is,
    IsNot,
}

/// Fields beside name and namespace that a kind can be selected by.
const FIELDS: &[(&str, &str, &[&str])] = &[
    (
        "",
        "Pod",
        &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
    ),
    ("", "Secret", &["type"]),
    ("", "Service", &["spec.clusterIP", "spec.type"]),
    ("", "Namespace", &["status.phase"]),
    ("", "Node", &["spec.unschedulable"]),
    ("", "ReplicationController", &["status.replicas"]),
    (
        "",
        "Event",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    ("batch", "Job", &["status.successful"]),
    ("certificates.k8s.io", "CertificateSigningRequest", &["spec.signerName"]),
];

/// Kinds whose unknown fields are refused in the old words.
const OLD_WORDS: &[&str] =
    &["Pod", "Secret", "Service", "Namespace", "Node", "ReplicationController", "Event", "Job"];

impl Selection {
    /// Reads `labelSelector` and `fieldSelector`.
    ///
    /// # Errors
    /// When one cannot be read, or names a field that cannot be selected by.
    pub(crate) fn new(
        served: &Served,
        namespace: Option<&str>,
        labels: &str,
        fields: &str,
    ) -> Result<Selection, Refused> {
        Ok(Selection {
            namespace: namespace.map(str::to_owned),
            labels: requirements(labels).map_err(Refused::bad)?,
            fields: matches(served, fields).map_err(Refused::bad)?,
        })
    }

    /// Whether everything is selected.
    pub(crate) fn is_open(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Narrows it to one name.
    pub(crate) fn named(mut self, name: &str) -> Selection {
        self.fields.push(Match { path: "metadata.name".into(), value: name.into(), sense: Sense::Is });
        self
    }

    /// Whether an object is selected.
    pub(crate) fn takes(&self, object: &Value) -> bool {
        let space =
            self.namespace.as_ref().is_none_or(|wanted| object["metadata"]["namespace"] == wanted.as_str());
        space
            && self.labels.iter().all(|one| one.holds(object))
            && self.fields.iter().all(|one| one.holds(object))
    }
}

/// A token of a label selector.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(&'static str),
    End,
}

fn tokens(text: &str) -> Vec<Token> {
    const SIGNS: [&str; 9] = ["==", "!=", "=", "!", ">", "<", "(", ")", ","];
    let mut rest = text.trim_start();
    let mut found = Vec::new();
    while !rest.is_empty() {
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            found.push(Token::Sign(sign));
            rest = rest[sign.len()..].trim_start();
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || "=!><(),".contains(c)).unwrap_or(rest.len());
        found.push(Token::Word(rest[..end].to_owned()));
        rest = rest[end..].trim_start();
    }
    found
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn value(&mut self) -> Result<String, String> {
        match self.peek().clone() {
            Token::Word(word) => {
                self.at += 1;
                Ok(word)
            }
            Token::Sign(",") | Token::End => Ok(String::new()),
            other => Err(format!("found '{}', expected: identifier", shown(&other))),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        match self.next() {
            Token::Sign("(") => {}
            other => return Err(format!("found '{}' expected: '('", shown(&other))),
        }
        let mut found = Vec::new();
        loop {
            match self.next() {
                Token::Word(word) => found.push(word),
                Token::Sign(",") => {}
                Token::Sign(")") => return Ok(if found.is_empty() { vec![String::new()] } else { found }),
                other => return Err(format!("found '{}', expected: ',' or ')'", shown(&other))),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = *self.peek() == Token::Sign("!");
        if absent {
            self.at += 1;
        }
        let key = match self.next() {
            Token::Word(word) => word,
            other => {
                return Err(format!(
                    "found '{}', expected: !, identifier, or 'end of string'",
                    shown(&other)
                ));
            }
        };
        if absent {
            return Ok(Requirement::Absent(key));
        }
        match self.next() {
            Token::End => Ok(Requirement::Exists(key)),
            Token::Sign(",") => {
                self.at -= 1;
                Ok(Requirement::Exists(key))
            }
            Token::Sign("=" | "==") => Ok(Requirement::In(key, vec![self.value()?])),
            Token::Sign("!=") => Ok(Requirement::NotIn(key, vec![self.value()?])),
            Token::Sign(sign @ (">" | "<")) => self.bound(key, sign),
            Token::Word(word) if word == "in" => Ok(Requirement::In(key, self.list()?)),
            Token::Word(word) if word == "notin" => Ok(Requirement::NotIn(key, self.list()?)),
            other => Err(format!("found '{}', expected: in, notin, =, ==, !=, gt, lt", shown(&other))),
        }
    }

    fn bound(&mut self, key: String, sign: &str) -> Result<Requirement, String> {
        let value = self.value()?;
        let number = value.parse().map_err(|_| {
            format!("values[0][{key}]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer")
        })?;
        Ok(if sign == ">" { Requirement::Greater(key, number) } else { Requirement::Less(key, number) })
    }
}

fn shown(token: &Token) -> &str {
    match token {
        Token::Word(word) => word,
        Token::Sign(sign) => sign,
        Token::End => "",
    }
}

fn requirements(text: &str) -> Result<Vec<Requirement>, String> {
    let unparsed = |words: String| format!("unable to parse requirement: {words}");
    let mut parser = Parser { tokens: tokens(text), at: 0 };
    let mut found = Vec::new();
    while *parser.peek() != Token::End {
        found.push(parser.requirement().map_err(unparsed)?);
        match parser.next() {
            Token::End => break,
            Token::Sign(",") if *parser.peek() != Token::End => {}
            Token::Sign(",") => {
                return Err("found '', expected: identifier after ','".into());
            }
            other => {
                return Err(format!("found '{}', expected: ',' or 'end of string'", shown(&other)));
            }
        }
    }
    Ok(found)
}

impl Requirement {
    fn holds(&self, object: &Value) -> bool {
        let label = |key: &str| object["metadata"]["labels"][key].as_str();
        let number = |key: &str| label(key).and_then(|value| value.parse::<i64>().ok());
        match self {
            Requirement::In(key, values) => {
                label(key).is_some_and(|found| values.iter().any(|value| value == found))
            }
            Requirement::NotIn(key, values) => {
                label(key).is_none_or(|found| values.iter().all(|value| value != found))
            }
            Requirement::Exists(key) => label(key).is_some(),
            Requirement::Absent(key) => label(key).is_none(),
            Requirement::Greater(key, bound) => number(key).is_some_and(|found| found > *bound),
            Requirement::Less(key, bound) => number(key).is_some_and(|found| found < *bound),
        }
    }
}

fn matches(served: &Served, text: &str) -> Result<Vec<Match>, String> {
    let mut found = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (path, value, sense) = match (part.split_once("!="), part.split_once("=="), part.split_once('='))
        {
            (Some((path, value)), ..) => (path, value, Sense::IsNot),
            (None, Some((path, value)), _) | (None, None, Some((path, value))) => (path, value, Sense::Is),
            (None, None, None) => {
                return Err(format!("invalid selector: '{part}'; can't understand '{part}'"));
            }
        };
        if value.contains('=') {
            return Err("invalid field selector: unescaped character in value: 61".into());
        }
        check_field(served, path)?;
        found.push(Match { path: path.to_owned(), value: value.to_owned(), sense });
    }
    Ok(found)
}

fn check_field(served: &Served, path: &str) -> Result<(), String> {
    let is_base =
        path == "metadata.name" || path == "metadata.namespace" && served.scope == Scope::Namespaced;
    let old = FIELDS.iter().find(|(group, kind, _)| *group == served.store_group() && *kind == served.kind);
    let listed = old.is_some_and(|(_, _, fields)| fields.contains(&path));
    let own = served
        .custom
        .as_ref()
        .is_some_and(|custom| custom.selectable.iter().any(|known| known.trim_start_matches('.') == path));
    if is_base || path == "metadata.namespace" && served.custom.is_none() || listed || own {
        return Ok(());
    }
    if served.custom.is_some() {
        return Err(format!("field label not supported: {path}"));
    }
    if OLD_WORDS.contains(&&*served.kind) && served.custom.is_none() {
        return Err(format!("field label not supported: {path}"));
    }
    Err(format!("{path:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""))
}

impl Match {
    fn holds(&self, object: &Value) -> bool {
        let path = if self.path == "status.successful" { "status.succeeded" } else { &self.path };
        let found = path.split('.').fold(object, |object, name| &object[name]);
        let zero = if self.path == "status.successful" || self.path == "status.replicas" { "0" } else { "" };
        let text = match found {
            Value::String(text) => text.clone(),
            Value::Null if matches!(path, "spec.unschedulable" | "spec.hostNetwork") => "false".into(),
            Value::Null => zero.into(),
            Value::Object(_) if path == "source" => {
                found["component"].as_str().unwrap_or_default().to_owned()
            }
            other => other.to_string(),
        };
        (text == self.value) == (self.sense == Sense::Is)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::kinds::built_in;

    #[test]
    fn labels_are_selected_by_what_is_written() {
        let served = built_in().iter().find(|served| served.kind == "ConfigMap").unwrap();
        let object = json!({ "metadata": { "labels": { "a": "1", "b": "2" }, "name": "x" } });
        let takes = |labels: &str| Selection::new(served, None, labels, "").unwrap().takes(&object);
        assert!(
            takes("a=1") && takes("a in (1, 3),b") && takes("!c") && takes("a!=2") && takes("c notin (1)")
        );
        assert!(!takes("a=2") && !takes("c") && !takes("a notin (1)") && takes("a>0") && !takes("b<2"));
        assert!(Selection::new(served, None, "", "metadata.name=x").unwrap().takes(&object));
        assert!(!Selection::new(served, None, "", "metadata.name!=x").unwrap().takes(&object));
        assert!(Selection::new(served, None, "a b", "").is_err());
        assert!(Selection::new(served, None, "", "data.a=1").is_err());
    }
}
