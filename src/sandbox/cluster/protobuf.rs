//! Bodies in protobuf, as typed clients send them: read into the JSON that they stand for.
//!
//! The numbers of members stand in `structure/numbers.txt`, a type a line: its name, then each member with its number;
//! `+Type` is a message whose members stand in the outer object. Shapes are those of the tables of `structure`.
//!
//! Invariant: reading ends: each step takes a byte, and messages are nested at most as deep as the limit.
//! Never: protobuf is not written; who takes it takes JSON too.
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding>

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::cluster::structure::{Record, Shape, shape_of};

/// What a body begins with.
pub(crate) const MAGIC: &[u8] = b"k8s\0";

const NUMBERS: &str = include_str!("structure/numbers.txt");
const DEPTH_MAX: usize = 64;

/// The members of messages by number, by the names of types.
static MEMBERS: LazyLock<HashMap<&'static str, HashMap<u64, &'static str>>> =
    LazyLock::new(|| NUMBERS.lines().filter_map(members).collect());

fn members(line: &'static str) -> Option<(&'static str, HashMap<u64, &'static str>)> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let mut all = HashMap::new();
    while let (Some(member), Some(number)) = (words.next(), words.next()) {
        all.insert(number.parse().ok()?, member);
    }
    Some((name, all))
}

/// What stands behind a number.
#[derive(Clone, Copy, Debug)]
enum Wire<'b> {
    Number(u64),
    Bytes(&'b [u8]),
    Eight([u8; 8]),
    Four,
}

/// The rest of a message.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn number(&mut self) -> Result<u64, String> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or("unexpected EOF")?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("proto: integer overflow".into())
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], String> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("unexpected EOF")?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next member with its number; none at the end.
    fn next(&mut self) -> Result<Option<(u64, Wire<'b>)>, String> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.number()?;
        let wire = match tag & 7 {
            0 => Wire::Number(self.number()?),
            1 => Wire::Eight(self.take(8)?.try_into().map_err(|_| "unexpected EOF")?),
            2 => {
                let count = usize::try_from(self.number()?).map_err(|_| "proto: negative length")?;
                Wire::Bytes(self.take(count)?)
            }
            5 => {
                self.take(4)?;
                Wire::Four
            }
            kind => return Err(format!("proto: illegal wireType {kind}")),
        };
        Ok(Some((tag >> 3, wire)))
    }
}

/// All members of a small message.
fn parts(bytes: &[u8]) -> Result<HashMap<u64, Wire<'_>>, String> {
    let mut reader = Reader(bytes);
    let mut all = HashMap::new();
    while let Some((number, wire)) = reader.next()? {
        all.insert(number, wire);
    }
    Ok(all)
}

fn bytes_of<'b>(parts: &HashMap<u64, Wire<'b>>, number: u64) -> &'b [u8] {
    match parts.get(&number) {
        Some(Wire::Bytes(bytes)) => bytes,
        Some(Wire::Number(_) | Wire::Eight(_) | Wire::Four) | None => &[],
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The object of a body that begins with [`MAGIC`].
///
/// # Errors
/// What is wrong with the body, or that nothing is known of its kind.
pub(crate) fn read(body: &[u8]) -> Result<Value, String> {
    let envelope = parts(body.strip_prefix(MAGIC).unwrap_or(body))?;
    let kind = parts(bytes_of(&envelope, 1))?;
    let (version, kind) = (text(bytes_of(&kind, 1)), text(bytes_of(&kind, 2)));
    let (group, short) = version.split_once('/').unwrap_or(("", &version));
    let shape = shape_of(group, short, &kind);
    let record = shape.as_ref().and_then(Shape::record);
    let record =
        record.ok_or_else(|| format!("no kind \"{kind}\" is registered for version \"{version}\""))?;
    let mut object = Map::new();
    object.insert("apiVersion".into(), version.clone().into());
    object.insert("kind".into(), kind.into());
    message(&record.head, record, bytes_of(&envelope, 2), &mut object, 0)?;
    Ok(Value::Object(object))
}

/// Reads a message into an object.
fn message(
    name: &str,
    record: &Record,
    bytes: &[u8],
    object: &mut Map<String, Value>,
    depth: usize,
) -> Result<(), String> {
    if depth > DEPTH_MAX {
        return Err("proto: exceeded max depth".into());
    }
    let Some(members) = MEMBERS.get(name) else { return Ok(()) };
    let mut reader = Reader(bytes);
    while let Some((number, wire)) = reader.next()? {
        let Some(member) = members.get(&number) else { continue };
        match (member.strip_prefix('+'), wire) {
            (Some(inner), Wire::Bytes(bytes)) => message(inner, record, bytes, object, depth + 1)?,
            (Some(_), Wire::Number(_) | Wire::Eight(_) | Wire::Four) => {}
            (None, wire) => {
                if let Some(field) = record.fields.get(*member) {
                    put(&field.shape, wire, object.entry(*member).or_insert(Value::Null), depth)?;
                }
            }
        }
    }
    Ok(())
}

/// Puts what was read where it belongs: elements and members come one by one.
fn put(shape: &Shape, wire: Wire<'_>, place: &mut Value, depth: usize) -> Result<(), String> {
    match (shape, wire) {
        (Shape::List(list), wire) => {
            let item = value(&list.item, wire, depth)?;
            match place {
                Value::Array(items) => items.push(item),
                place => *place = json!([item]),
            }
        }
        (Shape::Map(dict), Wire::Bytes(bytes)) => {
            let entry = parts(bytes)?;
            let inner = entry.get(&2).copied().unwrap_or(Wire::Bytes(&[]));
            let inner = value(&dict.value, inner, depth)?;
            if !place.is_object() {
                *place = json!({});
            }
            place[text(bytes_of(&entry, 1))] = inner;
        }
        (shape, wire) => *place = value(shape, wire, depth)?,
    }
    Ok(())
}

fn value(shape: &Shape, wire: Wire<'_>, depth: usize) -> Result<Value, String> {
    Ok(match (shape, wire) {
        (Shape::Flag, Wire::Number(number)) => (number != 0).into(),
        (_, Wire::Number(number)) => number.cast_signed().into(),
        (_, Wire::Eight(bytes)) => f64::from_le_bytes(bytes).into(),
        (_, Wire::Four) => Value::Null,
        (Shape::Text, Wire::Bytes(bytes)) => text(bytes).into(),
        (Shape::Bytes, Wire::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        (Shape::Quantity, Wire::Bytes(bytes)) => text(bytes_of(&parts(bytes)?, 1)).into(),
        (Shape::IntOrText, Wire::Bytes(bytes)) => number_or_text(&parts(bytes)?),
        (Shape::Time | Shape::MicroTime, Wire::Bytes(bytes)) => time(shape, &parts(bytes)?),
        (Shape::Any | Shape::Loose, Wire::Bytes(bytes)) => {
            serde_json::from_slice(bytes_of(&parts(bytes)?, 1)).unwrap_or(Value::Null)
        }
        // Lists inside of maps are wrapped into messages with one member.
        (Shape::List(_), Wire::Bytes(bytes)) => {
            let (mut reader, mut items) = (Reader(bytes), Value::Null);
            while let Some((_, wire)) = reader.next()? {
                put(shape, wire, &mut items, depth + 1)?;
            }
            items
        }
        (shape, Wire::Bytes(bytes)) => {
            let mut object = Map::new();
            if let Some(record) = shape.record() {
                message(&record.head, record, bytes, &mut object, depth + 1)?;
            }
            object.into()
        }
    })
}

fn number_or_text(parts: &HashMap<u64, Wire<'_>>) -> Value {
    match (parts.get(&1), parts.get(&2)) {
        (Some(Wire::Number(1)), _) => text(bytes_of(parts, 3)).into(),
        (_, Some(Wire::Number(number))) => number.cast_signed().into(),
        _ => 0.into(),
    }
}

fn time(shape: &Shape, parts: &HashMap<u64, Wire<'_>>) -> Value {
    let Some(Wire::Number(seconds)) = parts.get(&1) else { return Value::Null };
    let Ok(time) = Timestamp::from_second(seconds.cast_signed()) else { return Value::Null };
    let nanos = match parts.get(&2) {
        Some(Wire::Number(nanos)) => i64::try_from(*nanos).unwrap_or(0),
        Some(Wire::Bytes(_) | Wire::Eight(_) | Wire::Four) | None => 0,
    };
    let time = time.checked_add(jiff::SignedDuration::from_nanos(nanos)).unwrap_or(time);
    let format =
        if matches!(shape, Shape::MicroTime) { "%Y-%m-%dT%H:%M:%S.%6fZ" } else { "%Y-%m-%dT%H:%M:%SZ" };
    time.strftime(format).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A member with bytes.
    fn part(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut all = vec![number << 3 | 2, u8::try_from(bytes.len()).unwrap()];
        all.extend(bytes);
        all
    }

    fn body(version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let kind = [part(1, version.as_bytes()), part(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), part(1, &kind), part(2, raw)].concat()
    }

    #[test]
    fn an_object_is_read_with_its_maps_and_lists() {
        let entry = [part(1, b"a"), part(2, b"1")].concat();
        let metadata = [part(1, b"one"), part(14, b"x"), part(14, b"y"), part(8, &[])].concat();
        let raw = [part(1, &metadata), part(2, &entry)].concat();
        assert_eq!(
            read(&body("v1", "ConfigMap", &raw)).unwrap(),
            json!({
                "apiVersion": "v1", "kind": "ConfigMap", "data": { "a": "1" },
                "metadata": { "name": "one", "finalizers": ["x", "y"], "creationTimestamp": null },
            })
        );
    }

    #[test]
    fn what_stands_inline_in_json_is_a_message_of_its_own() {
        let claim = part(1, b"data");
        let volume = [part(1, b"v"), part(2, &part(10, &claim))].concat();
        let raw = part(2, &part(1, &volume));
        let read = read(&body("v1", "Pod", &raw)).unwrap();
        assert_eq!(
            read["spec"]["volumes"],
            json!([{ "name": "v", "persistentVolumeClaim": { "claimName": "data" } }])
        );
    }

    #[test]
    fn a_body_that_ends_too_early_is_refused() {
        let whole = body("v1", "ConfigMap", &part(1, &part(1, b"one")));
        for end in whole.len() - 6..whole.len() {
            read(&whole[..end]).unwrap_err();
        }
    }
}
