//! The forms of an answer: the object itself, a table of it, or only its metadata; as JSON or as YAML.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources>
//! Never: Protobuf. Clients that prefer it also take JSON.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::cluster::status::Refused;

/// How an answer is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) shape: AnswerShape,
    pub(crate) encoding: Encoding,
}

/// What of an object is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AnswerShape {
    Whole,
    /// A table; the version of its kind.
    Table(String),
    /// Metadata alone; the version of its kind.
    Partial(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Json,
    Yaml,
}

/// One media type of an `Accept` header.
struct Clause {
    media: String,
    params: Vec<(String, String)>,
    quality: f32,
}

fn clauses(accept: &str) -> Vec<Clause> {
    let read = |text: &str| {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_owned();
        let params: Vec<(String, String)> = parts
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let quality = params.iter().find(|(name, _)| name == "q").and_then(|(_, value)| value.parse().ok());
        Clause { media, quality: quality.unwrap_or(1.0), params }
    };
    let mut all: Vec<Clause> =
        accept.split(',').map(read).filter(|clause| !clause.media.is_empty()).collect();
    all.sort_by(|a, b| b.quality.total_cmp(&a.quality));
    all
}

/// Whether lists or single objects are asked for: their partial forms have different names.
impl Form {
    /// The form that a client asks for.
    ///
    /// # Errors
    /// When it takes none of those that there are.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Form, Refused> {
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let all = clauses(accept);
        if all.is_empty() {
            return Ok(Form { shape: AnswerShape::Whole, encoding: Encoding::Json });
        }
        let known = |clause: &&Clause| {
            matches!(
                clause.media.as_str(),
                "application/json" | "application/yaml" | "application/vnd.kubernetes.protobuf" | "*/*"
            )
        };
        if !all.iter().any(|clause| known(&clause)) {
            let words = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf";
            let refused = Refused::new(406, "NotAcceptable", words);
            return Err(Refused { details: json!({}), ..refused });
        }
        all.iter().filter(known).find_map(form).ok_or_else(|| {
            Refused::new(
                406,
                "NotAcceptable",
                "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
            )
        })
    }

    /// Writes an answer.
    pub(crate) fn answer(&self, status: StatusCode, body: &Value) -> Response {
        match self.encoding {
            Encoding::Json => json_answer(status, body),
            Encoding::Yaml => {
                let text = yaml(body);
                (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/yaml"))], text)
                    .into_response()
            }
        }
    }
}

fn form(clause: &Clause) -> Option<Form> {
    let param =
        |name: &str| clause.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let encoding = match clause.media.as_str() {
        "application/yaml" => Encoding::Yaml,
        "application/vnd.kubernetes.protobuf" => return None,
        _ => Encoding::Json,
    };
    let version = param("v").unwrap_or_default();
    let is_known = param("g") == Some("meta.k8s.io") && matches!(version, "v1" | "v1beta1");
    let shape = match param("as") {
        None => AnswerShape::Whole,
        Some("Table") if is_known => AnswerShape::Table(version.to_owned()),
        Some("PartialObjectMetadata" | "PartialObjectMetadataList") if is_known => {
            AnswerShape::Partial(version.to_owned())
        }
        Some(_) => return None,
    };
    Some(Form { shape, encoding })
}

pub(crate) fn json_answer(status: StatusCode, body: &Value) -> Response {
    let mut text = body.to_string();
    text.push('\n');
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, kind, Body::from(text)).into_response()
}

/// An object's metadata alone.
pub(crate) fn partial(object: &Value, version: &str) -> Value {
    json!({ "kind": "PartialObjectMetadata", "apiVersion": format!("meta.k8s.io/{version}"), "metadata": object["metadata"] })
}

/// A value as Go's YAML writer writes it: members in order, lists flush with their member, quotes only where needed.
fn yaml(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) if !members.is_empty() => {
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            for (name, inner) in sorted {
                text.push_str(&format!("{indent}{}:", scalar_text(name)));
                nested(inner, depth, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let mut inner = String::new();
                block(item, depth + 1, &mut inner);
                text.push_str(&format!("{indent}- {}", inner.trim_start_matches(' ')));
            }
        }
        _ => text.push_str(&format!("{indent}{}\n", scalar(value))),
    }
}

fn nested(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('\n');
            block(value, depth + 1, text);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            block(value, depth, text);
        }
        Value::String(long) if long.contains('\n') => {
            let indent = "  ".repeat(depth + 1);
            let chomp = if long.ends_with('\n') { "|" } else { "|-" };
            let lines: String =
                long.trim_end_matches('\n').lines().map(|line| format!("{indent}{line}\n")).collect();
            text.push_str(&format!(" {chomp}\n{lines}"));
        }
        _ => text.push_str(&format!(" {}\n", scalar(value))),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => scalar_text(text),
        Value::Object(_) => "{}".into(),
        Value::Array(_) => "[]".into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text, quoted if it would be read as something else.
fn scalar_text(text: &str) -> String {
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "" | "null" | "~" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "<<"
    );
    let number =
        text.replace('_', "").parse::<f64>().is_ok() || text.starts_with("0x") || text.starts_with("0o");
    let time = text.len() >= 10
        && text.as_bytes().get(4) == Some(&b'-')
        && text.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    if word || number || time {
        return format!("{text:?}");
    }
    let odd = text.starts_with(|c: char| {
        "!&*-?|>@`\"'%#{}[],: ".contains(c) && !(c == '-' && text.len() > 1 && !text.starts_with("- "))
    }) || text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
        || text.ends_with(' ');
    if odd { format!("'{}'", text.replace('\'', "''")) } else { text.to_owned() }
}
