//! Values as plan and state JSON have them: the value, what of it is unknown, what of it is sensitive.
//!
//! Rule: an unknown attribute is left out of an object and null in a list; a mask is `true` at a leaf that it marks.
//! Source: <https://developer.hashicorp.com/terraform/internals/json-format>

use aksel_lang::json;
use aksel_lang::path::{Path, Step};
use aksel_lang::value::{Content, Marks, Value};

use crate::json_tree::Json;

/// The value, with what is unknown left out.
pub fn known(value: &Value) -> Json {
    match value.content() {
        Content::Null(_) | Content::Unknown(..) => Json::null(),
        Content::Bool(_) | Content::Number(_) | Content::String(_) => Json::Raw(json::write(value)),
        Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) => {
            Json::Array(items.iter().map(known).collect())
        }
        Content::Map(_, items) | Content::Object(items) => {
            let members = items.iter().filter(|(_, item)| item.is_known());
            Json::Object(members.map(|(name, item)| (name.to_string(), known(item))).collect())
        }
    }
}

/// Where the value is unknown.
pub fn unknown_mask(value: &Value) -> Json {
    mask(value, &|value| !value.is_known())
}

/// Where the value is sensitive.
pub fn sensitive_mask(value: &Value) -> Json {
    mask(value, &|value| value.marks().contains(Marks::SENSITIVE))
}

fn mask(value: &Value, marks: &dyn Fn(&Value) -> bool) -> Json {
    if marks(value) {
        return true.into();
    }
    match value.content() {
        Content::Null(_)
        | Content::Unknown(..)
        | Content::Bool(_)
        | Content::Number(_)
        | Content::String(_) => false.into(),
        Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) => {
            Json::Array(items.iter().map(|item| mask(item, marks)).collect())
        }
        Content::Map(_, items) | Content::Object(items) => {
            let members = items.iter().map(|(name, item)| (name.to_string(), mask(item, marks)));
            Json::Object(members.filter(|(_, mask)| *mask != Json::from(false)).collect())
        }
    }
}

/// A path as plan JSON has it: `["spec", 0, "name"]`.
pub fn path(path: &Path) -> Json {
    let step = |step: &Step| match step {
        Step::Attribute(name) | Step::Key(name) => Json::from(&**name),
        Step::Index(at) => Json::from(*at),
    };
    Json::Array(path.0.iter().map(step).collect())
}

#[cfg(test)]
mod tests {
    use aksel_lang::types::Type;

    use super::*;

    #[test]
    fn what_is_unknown_is_left_out_and_marked() {
        let list = Value::tuple([Value::from(1), Value::unknown(Type::String)]);
        let value = Value::object([
            ("id", Value::unknown(Type::String)),
            ("list", list),
            ("n", Value::from(2).sensitive()),
        ]);
        assert_eq!(known(&value).compact(), r#"{"list":[1,null],"n":2}"#);
        assert_eq!(unknown_mask(&value).compact(), r#"{"id":true,"list":[false,true]}"#);
        assert_eq!(sensitive_mask(&value).compact(), r#"{"list":[false,false],"n":true}"#);
    }
}
