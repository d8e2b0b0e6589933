//! From what a client sends to what a type holds: judged, without what the type does not know, in the form in which it is written back.
//!
//! Invariant: decoding what was decoded changes nothing.
//! Never: a default is filled in here.

use base64::Engine as _;
use serde_json::{Map, Value};

use crate::cluster::amounts::{Amount, PATTERN};
use crate::cluster::structure::{Field, Presence, Record, Shape};

/// A value of a type.
pub(crate) struct Decoded {
    pub(crate) value: Value,
    /// The paths of members that the type does not know.
    pub(crate) unknown: Vec<String>,
}

struct Decoder<'d> {
    /// The names of the members that lead here, without positions.
    stack: Vec<&'d str>,
    /// The path with positions.
    path: String,
    /// The type that is being read.
    record: &'d str,
    unknown: Vec<String>,
}

/// Reads a value of a shape.
///
/// # Errors
/// The first member that has another type, as Go words it.
pub(crate) fn decode(shape: &Shape, value: &Value) -> Result<Decoded, String> {
    let mut decoder = Decoder { stack: Vec::new(), path: String::new(), record: "", unknown: Vec::new() };
    let empty = Value::Object(Map::new());
    let value = if value.is_null() { &empty } else { value };
    let value = decoder.value(shape, value)?;
    Ok(Decoded { value, unknown: decoder.unknown })
}

/// The value of a type of which nothing is said.
pub(crate) fn zero(shape: &Shape) -> Value {
    match shape {
        Shape::Text => "".into(),
        Shape::Int32 | Shape::Int64 | Shape::Number | Shape::IntOrText => 0.into(),
        Shape::Flag => false.into(),
        Shape::Quantity => "0".into(),
        Shape::Time
        | Shape::MicroTime
        | Shape::Bytes
        | Shape::Any
        | Shape::Loose
        | Shape::List(_)
        | Shape::Map(_) => Value::Null,
        Shape::BuiltIn(_) | Shape::Own(_) => {
            let mut members = Map::new();
            for (name, field) in shape.record().into_iter().flat_map(|record| &record.fields) {
                match field.presence {
                    Presence::Zero => drop(members.insert(name.clone(), zero(&field.shape))),
                    Presence::NullPointer => drop(members.insert(name.clone(), Value::Null)),
                    Presence::Plain | Presence::Pointer => {}
                }
            }
            Value::Object(members)
        }
    }
}

impl<'d> Decoder<'d> {
    fn value(&mut self, shape: &'d Shape, value: &'d Value) -> Result<Value, String> {
        match (shape, value) {
            (Shape::Any | Shape::Loose, _) => Ok(value.clone()),
            (_, Value::Null) => Ok(zero(shape)),
            (Shape::Text, Value::String(_))
            | (Shape::Flag, Value::Bool(_))
            | (Shape::Number, Value::Number(_)) => Ok(value.clone()),
            (Shape::Int32 | Shape::Int64, Value::Number(number)) => {
                let fits = match shape {
                    Shape::Int32 => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
                    _ => number.is_i64(),
                };
                if fits { Ok(value.clone()) } else { Err(self.mismatch(shape, &format!("number {number}"))) }
            }
            (Shape::IntOrText, Value::String(_) | Value::Number(_)) => Ok(value.clone()),
            (Shape::Quantity, Value::String(text)) => quantity(text),
            (Shape::Quantity, Value::Number(number)) => quantity(&number.to_string()),
            (Shape::Time, Value::String(text)) => time(text),
            (Shape::MicroTime, Value::String(text)) => micro_time(text),
            (Shape::Bytes, Value::String(text)) => bytes(text),
            (Shape::List(list), Value::Array(items)) => {
                let at = self.path.len();
                let mut read = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    self.path.push_str(&format!("[{index}]"));
                    read.push(self.value(&list.item, item)?);
                    self.path.truncate(at);
                }
                Ok(Value::Array(read))
            }
            (Shape::Map(dict), Value::Object(members)) => {
                let at = self.path.len();
                let mut read = Map::new();
                for (name, inner) in members {
                    self.path.push_str(&format!(".{name}"));
                    read.insert(name.clone(), self.value(&dict.value, inner)?);
                    self.path.truncate(at);
                }
                Ok(Value::Object(read))
            }
            (Shape::BuiltIn(_) | Shape::Own(_), Value::Object(members)) => match shape.record() {
                Some(record) => self.record(record, members),
                None => Ok(value.clone()),
            },
            _ => Err(self.mismatch(shape, json_type(value))),
        }
    }

    fn record(&mut self, record: &'d Record, members: &'d Map<String, Value>) -> Result<Value, String> {
        let outer = std::mem::replace(&mut self.record, &record.name);
        let mut read = Map::new();
        let at = self.path.len();
        for (name, inner) in members {
            let dot = if self.path.is_empty() { "" } else { "." };
            self.path.push_str(&format!("{dot}{name}"));
            match (record.fields.get(name), &record.others) {
                (Some(field), _) => {
                    self.stack.push(name);
                    let value = self.value(&field.shape, inner)?;
                    self.stack.pop();
                    if !is_absent(field, inner, &value) {
                        read.insert(name.clone(), value);
                    }
                }
                (None, Some(_)) => drop(read.insert(name.clone(), inner.clone())),
                (None, None) => self.unknown.push(self.path.clone()),
            }
            self.path.truncate(at);
        }
        for (name, field) in &record.fields {
            if read.contains_key(name) {
                continue;
            }
            match field.presence {
                Presence::Zero => drop(read.insert(name.clone(), zero(&field.shape))),
                Presence::NullPointer => drop(read.insert(name.clone(), Value::Null)),
                Presence::Plain | Presence::Pointer => {}
            }
        }
        self.record = outer;
        Ok(Value::Object(read))
    }

    fn mismatch(&self, shape: &Shape, found: &str) -> String {
        let wanted = go_type(shape);
        if self.stack.is_empty() {
            return format!("json: cannot unmarshal {found} into Go value of type {wanted}");
        }
        let path = self.stack.join(".");
        format!("json: cannot unmarshal {found} into Go struct field {}.{path} of type {wanted}", self.record)
    }
}

/// Whether Go would leave a member out when it writes the value.
fn is_absent(field: &Field, sent: &Value, value: &Value) -> bool {
    match field.presence {
        Presence::Pointer => sent.is_null(),
        Presence::NullPointer | Presence::Zero => false,
        Presence::Plain => match (&field.shape, value) {
            (_, Value::Null | Value::Bool(false)) => true,
            (_, Value::String(text)) => text.is_empty(),
            (Shape::Int32 | Shape::Int64 | Shape::Number, Value::Number(number)) => {
                number.as_f64() == Some(0.0)
            }
            (Shape::List(_) | Shape::Map(_), Value::Array(items)) => items.is_empty(),
            (Shape::Map(_), Value::Object(members)) => members.is_empty(),
            (_, Value::Object(_)) => field.shape.record().is_some() && *value == zero(&field.shape),
            (_, Value::Array(_) | Value::Number(_) | Value::Bool(true)) => false,
        },
    }
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn go_type(shape: &Shape) -> String {
    match shape {
        Shape::Text => "string".into(),
        Shape::Int32 => "int32".into(),
        Shape::Int64 => "int64".into(),
        Shape::Number => "float64".into(),
        Shape::Flag => "bool".into(),
        Shape::Quantity => "resource.Quantity".into(),
        Shape::IntOrText => "intstr.IntOrString".into(),
        Shape::Time => "string".into(),
        Shape::MicroTime => "string".into(),
        Shape::Bytes => "[]uint8".into(),
        Shape::Any | Shape::Loose => "interface {}".into(),
        Shape::List(list) => format!("[]{}", go_type(&list.item)),
        Shape::Map(dict) => format!("map[string]{}", go_type(&dict.value)),
        Shape::BuiltIn(_) | Shape::Own(_) => {
            format!("v1.{}", shape.record().map(|record| record.name.as_str()).unwrap_or_default())
        }
    }
}

fn quantity(text: &str) -> Result<Value, String> {
    Amount::read(text.trim()).map(|amount| amount.written().into()).ok_or_else(|| PATTERN.to_owned())
}

/// The layout of times, as Go names it.
const TIME: &str = "2006-01-02T15:04:05Z07:00";
const MICRO_TIME: &str = "2006-01-02T15:04:05.000000Z07:00";

fn time(text: &str) -> Result<Value, String> {
    match text.parse::<jiff::Timestamp>() {
        Ok(time) if text.contains('T') => Ok(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()),
        _ => Err(unparsed(text, TIME)),
    }
}

fn micro_time(text: &str) -> Result<Value, String> {
    match text.parse::<jiff::Timestamp>() {
        Ok(time) if text.contains('T') => {
            let rest = text.get(19..).unwrap_or_default();
            let digits = rest
                .strip_prefix('.')
                .map_or(0, |rest| rest.chars().take_while(char::is_ascii_digit).count());
            if digits == 6 {
                return Ok(time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string().into());
            }
            Err(format!("parsing time {text:?} as {MICRO_TIME:?}: cannot parse {rest:?} as \".000000\""))
        }
        _ => Err(unparsed(text, MICRO_TIME)),
    }
}

/// What Go says of a text that is no time: the part that it stopped at.
fn unparsed(text: &str, layout: &str) -> String {
    let year = text.len() >= 4 && text.bytes().take(4).all(|byte| byte.is_ascii_digit());
    let (rest, part) = if year { (&text[4..], "-") } else { (text, "2006") };
    format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {part:?}")
}

fn bytes(text: &str) -> Result<Value, String> {
    let plain: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    match base64::engine::general_purpose::STANDARD.decode(&plain) {
        Ok(_) => Ok(plain.into()),
        Err(base64::DecodeError::InvalidByte(at, _)) => {
            Err(format!("illegal base64 data at input byte {at}"))
        }
        Err(_) => Err(format!("illegal base64 data at input byte {}", plain.len() / 4 * 4)),
    }
}

/// Takes from a value what its binary form in the store cannot say: a list that is there and has nothing in it.
pub(crate) fn settle_empty(shape: &Shape, value: &mut Value) {
    match (shape, value) {
        (Shape::List(list), Value::Array(items)) => {
            items.iter_mut().for_each(|item| settle_empty(&list.item, item));
        }
        (Shape::Map(dict), Value::Object(members)) => {
            members.values_mut().for_each(|inner| settle_empty(&dict.value, inner));
        }
        (Shape::BuiltIn(_), Value::Object(members)) => {
            for (name, field) in shape.record().into_iter().flat_map(|record| &record.fields) {
                let Some(inner) = members.get_mut(name) else { continue };
                let nothing = match (&field.shape, &*inner) {
                    (Shape::List(_), Value::Array(items)) => items.is_empty(),
                    (Shape::Map(_), Value::Object(members)) => members.is_empty(),
                    _ => false,
                };
                if nothing {
                    *inner = Value::Null;
                } else {
                    settle_empty(&field.shape, inner);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::structure::shape_of;

    #[test]
    fn a_deployment_is_written_as_go_would() {
        let shape = shape_of("apps", "v1", "Deployment").unwrap();
        let sent = json!({ "spec": { "replicas": 0, "paused": false, "colour": 1, "template": { "spec": { "containers": [{ "name": "a", "image": "" }] } } } });
        let decoded = decode(&shape, &sent).unwrap();
        assert_eq!(decoded.unknown, ["spec.colour"]);
        assert_eq!(
            decoded.value["spec"],
            json!({
                "replicas": 0, "selector": null, "strategy": {},
                "template": { "metadata": {}, "spec": { "containers": [{ "name": "a", "resources": {} }] } },
            })
        );
    }

    #[test]
    fn a_wrong_type_names_its_place() {
        let shape = shape_of("apps", "v1", "Deployment").unwrap();
        let wrong = |sent: Value| decode(&shape, &sent).err().unwrap();
        assert_eq!(
            wrong(json!({ "spec": { "replicas": "1" } })),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
        );
        assert_eq!(
            wrong(json!({ "metadata": "x" })),
            "json: cannot unmarshal string into Go struct field Deployment.metadata of type v1.ObjectMeta"
        );
    }
}
