//! Digests and identifiers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use uuid::Uuid;

use super::call::{Chance, FunctionError};
use super::strings::{string, text};
use super::{Accepts, Function, TEXT, parameter, row};
use crate::types::Type;
use crate::value::Value;

type Result = std::result::Result<Value, FunctionError>;

const STR: super::Parameter = parameter("str", Accepts::Text);

pub(super) const TABLE: &[Function] = &[
    row("md5", &[STR], None, TEXT, |_, a| text(hex::<Md5>(string(a, 0).as_bytes()))),
    row("sha1", &[STR], None, TEXT, |_, a| text(hex::<Sha1>(string(a, 0).as_bytes()))),
    row("sha256", &[STR], None, TEXT, |_, a| text(hex::<Sha256>(string(a, 0).as_bytes()))),
    row("sha512", &[STR], None, TEXT, |_, a| text(hex::<Sha512>(string(a, 0).as_bytes()))),
    row("base64sha256", &[STR], None, TEXT, |_, a| text(base64::<Sha256>(string(a, 0).as_bytes()))),
    row("base64sha512", &[STR], None, TEXT, |_, a| text(base64::<Sha512>(string(a, 0).as_bytes()))),
    row(
        "bcrypt",
        &[parameter("str", Accepts::Text)],
        Some(parameter("cost", Accepts::Number)),
        TEXT,
        |context, a| bcrypted(context.surroundings.chance, a),
    ),
    row("uuid", &[], None, TEXT, |context, _| match context.surroundings.chance {
        Chance::Drawn => text(Uuid::new_v4().to_string()),
        Chance::Later => Ok(Value::unknown_not_null(Type::String)),
    }),
    row(
        "uuidv5",
        &[parameter("namespace", Accepts::Text), parameter("name", Accepts::Text)],
        None,
        TEXT,
        |_, a| uuid_v5(a),
    ),
];

pub(super) fn hex<D: Digest>(bytes: &[u8]) -> String {
    D::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn base64<D: Digest>(bytes: &[u8]) -> String {
    STANDARD.encode(D::digest(bytes))
}

fn uuid_v5(arguments: &[Value]) -> Result {
    let namespace = match string(arguments, 0) {
        "dns" => Uuid::NAMESPACE_DNS,
        "url" => Uuid::NAMESPACE_URL,
        "oid" => Uuid::NAMESPACE_OID,
        "x500" => Uuid::NAMESPACE_X500,
        other => Uuid::parse_str(other).map_err(|error| {
            FunctionError::whole(format!("uuidv5() doesn't support namespace {other} ({error})"))
        })?,
    };
    text(Uuid::new_v5(&namespace, string(arguments, 1).as_bytes()).to_string())
}

/// What a hash costs when nothing is said: two to the power of it.
const COST: u32 = 10;

/// Below this the usual cost is taken, as Go's library does.
const COST_MIN: i64 = 4;

/// Up to here it takes minutes; at 31, which is possible, days.
const COST_MAX: u32 = 22;

/// A hash with a salt drawn by chance, as `htpasswd -B` makes it.
fn bcrypted(chance: Chance, arguments: &[Value]) -> std::result::Result<Value, FunctionError> {
    let cost = match arguments.get(1).map(|cost| cost.as_number().and_then(crate::number::Number::to_i64)) {
        None => COST,
        Some(Some(..COST_MIN)) => COST,
        Some(cost) => {
            cost.and_then(|cost| u32::try_from(cost).ok()).filter(|cost| *cost <= COST_MAX).ok_or_else(
                || FunctionError::argument(1, format!("the cost must be a whole number, at most {COST_MAX}")),
            )?
        }
    };
    if arguments.len() > 2 {
        return Err(FunctionError::whole("bcrypt() takes no more than two arguments"));
    }
    match chance {
        Chance::Later => Ok(Value::unknown_not_null(Type::String)),
        Chance::Drawn => bcrypt::hash(string(arguments, 0), cost)
            .map_err(|error| FunctionError::whole(error.to_string()))
            .and_then(text),
    }
}
