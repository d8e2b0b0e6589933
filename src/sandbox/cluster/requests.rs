//! What a request says beside its address: options, and a body in JSON or YAML.
//!
//! Invariant: a key that a body has twice is seen, not swallowed.

use std::collections::HashMap;

use axum::body::Bytes;
use http::{HeaderMap, header};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::cluster::controllers::Part;
use crate::cluster::protobuf;
use crate::cluster::status::{Cause, Refused};
use crate::cluster::world::{Request, Strictness, Trial};

/// How many bytes a body may have.
const BODY_MAX: usize = 3 << 20;

/// What a request brings along.
pub(crate) struct Asked<'a> {
    pub(crate) query: &'a HashMap<String, String>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
}

/// A body, with the paths of the keys that it has twice.
pub(crate) struct Sent {
    pub(crate) value: Value,
    pub(crate) twice: Vec<String>,
}

impl<'a> Asked<'a> {
    pub(crate) fn option(&self, name: &str) -> &'a str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// The content type without its parameters.
    pub(crate) fn content_type(&self) -> &'a str {
        let kind =
            self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim()
    }

    /// Whether a client wants a switch on: any value but `false` and `0`.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.query.get(name).is_some_and(|value| !matches!(value.as_str(), "false" | "0"))
    }

    /// Who writes, and how.
    pub(crate) fn request(&self, part: Part) -> Request<'a> {
        let named = Some(self.option("fieldManager")).filter(|name| !name.is_empty());
        let agent = self.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let agent = agent.and_then(|agent| agent.split('/').next()).filter(|agent| !agent.is_empty());
        let trial = if self.query.contains_key("dryRun") { Trial::Dry } else { Trial::Real };
        let strictness = match self.option("fieldValidation") {
            "Strict" => Strictness::Strict,
            "Ignore" => Strictness::Ignore,
            _ => Strictness::Warn,
        };
        Request { manager: named.or(agent).unwrap_or("unknown"), trial, part, strictness }
    }

    /// Judges the options of a write.
    ///
    /// # Errors
    /// All options that cannot be.
    pub(crate) fn check_options(&self, kind: &str) -> Result<(), Refused> {
        let mut causes = Vec::new();
        if self.query.get("dryRun").is_some_and(|value| value != "All") {
            let value = format!("[{:?}]", self.option("dryRun"));
            causes.push(Cause::unsupported("dryRun", &value, &["All"]));
        }
        let applies = self.content_type().starts_with("application/apply-patch");
        if kind == "PatchOptions" && !applies && self.wants("force") {
            causes.push(Cause::forbidden("force", "may not be specified for non-apply patch"));
        }
        let manager = self.option("fieldManager");
        if kind == "PatchOptions" && applies && manager.is_empty() {
            causes.push(Cause::required("fieldManager", "is required for apply patch"));
        }
        if manager.len() > 128 {
            causes.push(Cause::too_long("fieldManager", 128));
        }
        let odd = manager.char_indices().find(|(_, c)| c.is_control());
        if let Some((at, c)) = odd {
            let words = format!("invalid character U+{:04X} (at position {at})", u32::from(c));
            causes.push(Cause::invalid("fieldManager", &format!("{manager:?}"), &words));
        }
        let validation = self.option("fieldValidation");
        if !matches!(validation, "" | "Ignore" | "Strict" | "Warn") {
            let known = ["", "Ignore", "Strict", "Warn"];
            causes.push(Cause::unsupported("fieldValidation", &format!("{validation:?}"), &known));
        }
        if causes.is_empty() { Ok(()) } else { Err(Refused::invalid_options(kind, &causes)) }
    }

    /// The body of a request that sends an object of a kind.
    ///
    /// # Errors
    /// When it is too large, or in no known form.
    pub(crate) fn object(&self, kind: &str) -> Result<Sent, Refused> {
        self.check_size()?;
        let unreadable = |words: String| {
            Refused::bad(format!("the object provided is unrecognized (must be of type {kind}): {words}"))
        };
        match self.content_type() {
            "application/json" | "" => read_json(self.body).map_err(|words| {
                let shown = shown(self.body);
                unreadable(format!("couldn't get version/kind; json parse error: {words} ({shown})"))
            }),
            "application/yaml" => read_yaml(self.body).map_err(|words| {
                let shown = shown(self.body);
                unreadable(format!("couldn't get version/kind; json parse error: {words} ({shown})"))
            }),
            "application/vnd.kubernetes.protobuf" if self.body.starts_with(protobuf::MAGIC) => {
                protobuf::read(self.body).map(|value| Sent { value, twice: Vec::new() }).map_err(unreadable)
            }
            "application/vnd.kubernetes.protobuf" => Err(unreadable(format!(
                "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({})",
                shown(self.body)
            ))),
            _ => Err(Refused::new(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
            )),
        }
    }

    /// # Errors
    /// When the body is larger than anything that is kept.
    pub(crate) fn check_size(&self) -> Result<(), Refused> {
        if self.body.len() <= BODY_MAX {
            return Ok(());
        }
        let words = format!("Request entity too large: limit is {BODY_MAX}");
        Err(Refused::new(413, "RequestEntityTooLarge", words))
    }
}

/// The beginning of a body, as messages show it.
fn shown(body: &[u8]) -> String {
    if body.is_empty() {
        return "<empty>".into();
    }
    let start = &body[..body.len().min(30)];
    match std::str::from_utf8(start) {
        Ok(text) if text.starts_with('{') => {
            if body.len() > 30 {
                format!("{text} ...")
            } else {
                text.to_owned()
            }
        }
        _ => body.iter().take(30).map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// Reads JSON as Go does: an object, or null for an empty one.
///
/// # Errors
/// What Go says is wrong.
pub(crate) fn read_json(text: &[u8]) -> Result<Sent, String> {
    if text.is_empty() {
        return Err("unexpected end of JSON input".into());
    }
    let sent = parse(text)?;
    let found = match sent.value {
        Value::Object(_) | Value::Null => return Ok(sent),
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
    };
    Err(format!(
        "json: cannot unmarshal {found} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}"
    ))
}

/// Reads any JSON, with what is there twice.
///
/// # Errors
/// What Go says is wrong.
pub(crate) fn parse(text: &[u8]) -> Result<Sent, String> {
    let mut twice = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = Seen { path: String::new(), twice: &mut twice }.deserialize(&mut reader);
    match read.and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => Ok(Sent { value, twice }),
        Err(_) => Err(go_syntax_error(text)),
    }
}

/// Reads YAML, whose keys may be there twice.
pub(crate) fn read_yaml(text: &[u8]) -> Result<Sent, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    if text.trim_start().starts_with('{') {
        return parse(text.as_bytes());
    }
    let value: Value = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    Ok(Sent { value, twice: Vec::new() })
}

/// Reads a value and notes which keys it has twice.
struct Seen<'s> {
    path: String,
    twice: &'s mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Seen<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seen<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = {
            let path = format!("{}[{}]", self.path, all.len());
            items.next_element_seed(Seen { path, twice: &mut *self.twice })?
        } {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let path = if self.path.is_empty() { name.clone() } else { format!("{}.{name}", self.path) };
            if all.contains_key(&name) && !self.twice.contains(&path) {
                self.twice.push(path.clone());
            }
            let value = members.next_value_seed(Seen { path, twice: &mut *self.twice })?;
            all.insert(name, value);
        }
        Ok(Value::Object(all))
    }
}

/// What Go's scanner says of a text that is no JSON. It looks at one byte after the other, as the scanner does.
pub(crate) fn go_syntax_error(text: &[u8]) -> String {
    let mut scanner = Scanner { text, at: 0 };
    match scanner.value("looking for beginning of value") {
        Err(words) => words,
        Ok(()) => {
            scanner.space();
            match scanner.peek() {
                Some(byte) => format!("invalid character {} after top-level value", quoted(byte)),
                None => "unexpected end of JSON input".into(),
            }
        }
    }
}

fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".into(),
        b'"' => "'\"'".into(),
        b'\n' => "'\\n'".into(),
        b'\t' => "'\\t'".into(),
        b'\r' => "'\\r'".into(),
        0x20..=0x7e => format!("'{}'", char::from(byte)),
        0x80..=0xff => format!("'\\u{:04x}'", u32::from(byte)),
        _ => format!("'\\x{byte:02x}'"),
    }
}

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn fail(&self, context: &str) -> String {
        match self.peek() {
            Some(byte) => format!("invalid character {} {context}", quoted(byte)),
            None => "unexpected end of JSON input".into(),
        }
    }

    fn value(&mut self, context: &str) -> Result<(), String> {
        self.space();
        match self.peek() {
            Some(b'{') => self.members(),
            Some(b'[') => self.items(),
            Some(b'"') => self.string(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => {
                while self.peek().is_some_and(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
                    self.at += 1;
                }
                Ok(())
            }
            _ => Err(self.fail(context)),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        for wanted in word.bytes() {
            if self.peek() != Some(wanted) {
                return Err(self.fail(&format!("in literal {word} (expecting {})", quoted(wanted))));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.fail("")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.at += 2,
                Some(byte) if byte < 0x20 => return Err(self.fail("in string literal")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn members(&mut self) -> Result<(), String> {
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.fail("looking for beginning of object key string"));
            }
            self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.fail("after object key"));
            }
            self.at += 1;
            self.value("looking for beginning of value")?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.fail("after object key:value pair")),
            }
        }
    }

    fn items(&mut self) -> Result<(), String> {
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value("looking for beginning of value")?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.fail("after array element")),
            }
        }
    }
}
