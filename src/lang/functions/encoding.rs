//! Functions that encode and decode: base64, JSON, YAML, CSV, URLs.

use std::io::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::call::FunctionError;
use super::csv;
use super::strings::{string, text};
use super::yaml;
use super::{ANY, Accepts, Function, TEXT, parameter, row};
use crate::json;
use crate::types::{Text, Type};
use crate::value::{Content, Refinement, Value};

type Result = std::result::Result<Value, FunctionError>;

const STR: super::Parameter = parameter("str", Accepts::Text);
const VALUE: super::Parameter = parameter("value", Accepts::Any).or_null();

pub(super) const TABLE: &[Function] = &[
    row("base64encode", &[STR], None, TEXT, |_, a| text(STANDARD.encode(string(a, 0)))),
    row("base64decode", &[STR], None, TEXT, |_, a| base64_decode(string(a, 0))),
    row("base64gzip", &[STR], None, TEXT, |_, a| base64_gzip(string(a, 0))),
    row(
        "textencodebase64",
        &[parameter("string", Accepts::Text), parameter("encoding", Accepts::Text)],
        None,
        TEXT,
        |_, a| text_encode(a),
    ),
    row(
        "textdecodebase64",
        &[parameter("source", Accepts::Text), parameter("encoding", Accepts::Text)],
        None,
        TEXT,
        |_, a| text_decode(a),
    ),
    row("jsonencode", &[parameter("val", Accepts::Any).or_null().or_unknown()], None, TEXT, |_, a| {
        match a[0].is_wholly_known() {
            true => text(json::write(&a[0])),
            false => Ok(json_to_be(&a[0])),
        }
    }),
    row("jsondecode", &[STR], None, ANY, |_, a| json::read(string(a, 0)).map_err(FunctionError::whole)),
    row("yamldecode", &[parameter("src", Accepts::Text)], None, ANY, |_, a| yaml::read(string(a, 0))),
    row("yamlencode", &[VALUE], None, super::LOOSE_TEXT, |_, a| match a[0].is_wholly_known() {
        true => text(yaml::write(&a[0])),
        false => Ok(Value::unknown(Type::String)),
    }),
    row("csvdecode", &[STR], None, ANY, |_, a| table(string(a, 0))),
    row("urlencode", &[STR], None, TEXT, |_, a| text(url_encode(string(a, 0)))),
];

/// The JSON of a value that is not wholly known: its first byte may be.
fn json_to_be(value: &Value) -> Value {
    let sure = match value.content() {
        Content::Unknown(_, refinement) => refinement.not_null,
        _ => true,
    };
    let first = match value.ty() {
        Type::String => Some("\""),
        Type::Object(_) | Type::Map(_) => Some("{"),
        Type::Tuple(_) | Type::List(_) | Type::Set(_) => Some("["),
        Type::Dynamic | Type::Bool | Type::Number => None,
    };
    let prefix = first.filter(|_| sure).map(Text::from);
    Content::Unknown(Type::String, Refinement { not_null: true, prefix, ..Refinement::default() }).into()
}

/// The bytes of a text in base 64, which may be broken into lines.
fn bytes_of(encoded: &str) -> std::result::Result<Vec<u8>, base64::DecodeError> {
    STANDARD.decode(encoded.replace(['\r', '\n'], ""))
}

fn base64_decode(encoded: &str) -> Result {
    let bytes = bytes_of(encoded)
        .map_err(|error| FunctionError::whole(format!("failed to decode base64 data: {error}")))?;
    let utf8 = String::from_utf8(bytes)
        .map_err(|_| FunctionError::whole("the result of decoding the provided string is not valid UTF-8"))?;
    text(utf8)
}

fn base64_gzip(plain: &str) -> Result {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(plain.as_bytes()).and_then(|()| encoder.finish());
    text(STANDARD.encode(packed.map_err(|error| FunctionError::whole(error.to_string()))?))
}

/// UTF-16 and Latin 1 beside UTF-8: the encodings that people use for Windows and old files.
fn text_encode(arguments: &[Value]) -> Result {
    let (plain, encoding) = (string(arguments, 0), string(arguments, 1));
    let bytes: Vec<u8> = match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" => plain.as_bytes().to_vec(),
        "UTF-16LE" | "UTF16LE" => plain.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "UTF-16BE" | "UTF16BE" | "UTF-16" => plain.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "ISO-8859-1" | "LATIN1" | "WINDOWS-1252" | "US-ASCII" => {
            let latin: Option<Vec<u8>> = plain.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            latin.ok_or_else(|| {
                FunctionError::argument(
                    0,
                    format!("the given string contains characters that cannot be represented in {encoding}"),
                )
            })?
        }
        _ => return Err(unknown_encoding(encoding)),
    };
    text(STANDARD.encode(bytes))
}

fn unknown_encoding(encoding: &str) -> FunctionError {
    FunctionError::argument(
        1,
        format!("{encoding:?} is not a supported IANA encoding name or alias in this version"),
    )
}

fn text_decode(arguments: &[Value]) -> Result {
    let (encoded, encoding) = (string(arguments, 0), string(arguments, 1));
    let bytes = bytes_of(encoded)
        .map_err(|_| FunctionError::argument(0, "the given value has an invalid base64 symbol"))?;
    let pairs = || bytes.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    let wide = |units: Vec<u16>| String::from_utf16(&units).ok();
    let plain = match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" => String::from_utf8(bytes.clone()).ok(),
        "UTF-16LE" | "UTF16LE" => wide(pairs().map(u16::from_le_bytes).collect()),
        "UTF-16BE" | "UTF16BE" | "UTF-16" => wide(pairs().map(u16::from_be_bytes).collect()),
        "ISO-8859-1" | "LATIN1" | "WINDOWS-1252" | "US-ASCII" => {
            Some(bytes.iter().map(|byte| char::from(*byte)).collect())
        }
        _ => return Err(unknown_encoding(encoding)),
    };
    text(plain.ok_or_else(|| {
        FunctionError::argument(
            0,
            format!("the given value contains symbols that are not defined for {encoding}"),
        )
    })?)
}

fn url_encode(plain: &str) -> String {
    let mut out = String::new();
    for byte in plain.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The records below the first as objects, whose attributes the first one names.
fn table(source: &str) -> Result {
    let mut rows = csv::records(source).map_err(FunctionError::whole)?.into_iter();
    let Some(header) = rows.next() else { return Err(FunctionError::whole("missing header line")) };
    let names: Vec<Text> = header.into_iter().map(Text::from).collect();
    if let Some(name) =
        names.iter().enumerate().find_map(|(at, name)| names[..at].contains(name).then_some(name))
    {
        return Err(FunctionError::whole(format!("duplicate column name {:?}", &**name)));
    }
    let element = Type::object(names.iter().map(|name| (name.clone(), Type::String)));
    let mut made = Vec::new();
    for (at, row) in rows.enumerate() {
        if row.len() != names.len() {
            let line = at + 2;
            return Err(FunctionError::whole(format!("record on line {line}: wrong number of fields")));
        }
        made.push(Value::object(names.iter().cloned().zip(row.iter().map(Value::string))));
    }
    Ok(Value::list(element, made))
}
