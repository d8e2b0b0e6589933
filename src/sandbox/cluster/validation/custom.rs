//! Custom objects, by the schema of their definition.
//!
//! Source: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation>

use serde_json::Value;

use super::{Causes, items};
use crate::cluster::custom::Custom;
use crate::cluster::status::Cause;

/// What is wrong with a custom object. What was wrong before and has not changed is let pass.
pub(crate) fn custom_causes(custom: &Custom, object: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut causes = Causes::new();
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.retain(|name, _| !matches!(name.as_str(), "metadata" | "apiVersion" | "kind"));
    }
    judge(&custom.schema, &object, old, "", &mut causes);
    causes.into_vec()
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn judge(schema: &Value, value: &Value, old: Option<&Value>, path: &str, causes: &mut Causes) {
    if old == Some(value) {
        return;
    }
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    if !fits_type(schema, value, path, causes) {
        return;
    }
    match value {
        Value::String(text) => text_rules(schema, value, text, path, causes),
        Value::Number(_) => number_rules(schema, value, path, causes),
        Value::Array(all) => {
            for (index, item) in all.iter().enumerate() {
                let before = old.and_then(|old| old.get(index));
                judge(&schema["items"], item, before, &format!("{path}[{index}]"), causes);
            }
            array_rules(schema, all, path, causes);
        }
        Value::Object(_) => object_rules(schema, value, old, path, causes),
        Value::Null | Value::Bool(_) => {}
    }
    one_of(schema, value, path, causes);
}

fn fits_type(schema: &Value, value: &Value, path: &str, causes: &mut Causes) -> bool {
    let found = type_of(value);
    if schema["x-kubernetes-int-or-string"] == true {
        if matches!(found, "integer" | "string") {
            return true;
        }
        wrong_type(path, "integer,string", found, causes);
        return false;
    }
    let Some(wanted) = schema["type"].as_str() else { return true };
    let whole = value.as_f64().is_some_and(|number| number.fract() == 0.0);
    if wanted == found || wanted == "number" && found == "integer" || wanted == "integer" && whole {
        return true;
    }
    wrong_type(path, wanted, found, causes);
    false
}

fn wrong_type(path: &str, wanted: &str, found: &str, causes: &mut Causes) {
    causes.add(Cause {
        reason: "FieldValueTypeInvalid",
        field: path.into(),
        message: format!("Invalid value: \"{found}\": {path} in body must be of type {wanted}: \"{found}\""),
    });
}

fn text_rules(schema: &Value, value: &Value, text: &str, path: &str, causes: &mut Causes) {
    let count = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    if let Some(most) = schema["maxLength"].as_u64().filter(|most| count > *most) {
        causes.add(Cause::too_long(path, usize::try_from(most).unwrap_or(usize::MAX)));
    }
    if let Some(least) = schema["minLength"].as_u64().filter(|least| count < *least) {
        causes.invalid(path, value, &format!("{path} in body should be at least {least} chars long"));
    }
    enumeration(schema, value, path, causes);
    if let Some(format) = schema["format"].as_str().filter(|format| !fits_format(format, text)) {
        causes.add(Cause {
            reason: "FieldValueInvalid",
            field: path.into(),
            message: format!("Invalid value: {value}: {path} in body must be of type {format}: {value}"),
        });
    }
}

fn fits_format(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "date" => text.parse::<jiff::civil::Date>().is_ok(),
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "uuid" => uuid::Uuid::parse_str(text).is_ok(),
        _ => true,
    }
}

fn enumeration(schema: &Value, value: &Value, path: &str, causes: &mut Causes) {
    let known = items(&schema["enum"]);
    if known.is_empty() || known.contains(value) {
        return;
    }
    let words: Vec<String> = known.iter().map(Value::to_string).collect();
    let message = format!("Unsupported value: {value}: supported values: {}", words.join(", "));
    causes.add(Cause { reason: "FieldValueNotSupported", field: path.into(), message });
}

fn number_rules(schema: &Value, value: &Value, path: &str, causes: &mut Causes) {
    let number = value.as_f64().unwrap_or_default();
    if let Some(step) = schema["multipleOf"].as_f64().filter(|step| (number / step).fract() != 0.0) {
        causes.invalid(path, value, &format!("{path} in body should be a multiple of {step}"));
    }
    if let Some(most) = schema["maximum"].as_f64() {
        let exclusive = schema["exclusiveMaximum"] == true;
        if number > most || exclusive && number >= most {
            let word = if exclusive { "less than" } else { "less than or equal to" };
            causes.invalid(path, value, &format!("{path} in body should be {word} {most}"));
        }
    }
    if let Some(least) = schema["minimum"].as_f64() {
        let exclusive = schema["exclusiveMinimum"] == true;
        if number < least || exclusive && number <= least {
            let word = if exclusive { "greater than" } else { "greater than or equal to" };
            causes.invalid(path, value, &format!("{path} in body should be {word} {least}"));
        }
    }
    if schema["format"] == "int32" && value.as_i64().is_some_and(|number| i32::try_from(number).is_err()) {
        causes.add(Cause {
            reason: "FieldValueInvalid",
            field: "<nil>".into(),
            message: format!(
                "Invalid value: \"\": Checked value must be of type integer with format int32 in {path}"
            ),
        });
    }
    enumeration(schema, value, path, causes);
}

fn array_rules(schema: &Value, all: &[Value], path: &str, causes: &mut Causes) {
    let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
    too_many(schema["maxItems"].as_u64(), count, path, causes);
    if let Some(least) = schema["minItems"].as_u64().filter(|least| count < *least) {
        let words = format!("{path} in body should have at least {least} items");
        causes.invalid(path, &count.into(), &words);
    }
}

fn too_many(most: Option<u64>, count: u64, path: &str, causes: &mut Causes) {
    if let Some(most) = most.filter(|most| count > *most) {
        let noun = if most == 1 { "item" } else { "items" };
        let message = format!("Too many: {count}: must have at most {most} {noun}");
        causes.add(Cause { reason: "FieldValueTooMany", field: path.into(), message });
    }
}

fn object_rules(schema: &Value, value: &Value, old: Option<&Value>, path: &str, causes: &mut Causes) {
    let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let members = value.as_object().into_iter().flatten();
    let count = value.as_object().map_or(0, serde_json::Map::len);
    too_many(schema["maxProperties"].as_u64(), u64::try_from(count).unwrap_or(u64::MAX), path, causes);
    let embedded = schema["x-kubernetes-embedded-resource"] == true;
    let mut missing: Vec<&str> = items(&schema["required"]).iter().filter_map(Value::as_str).collect();
    if embedded {
        missing.extend(["apiVersion", "kind"]);
    }
    let mut sorted: Vec<(&String, &Value)> = members.collect();
    sorted.sort_by_key(|(name, _)| *name);
    for (name, member) in sorted {
        let known = schema["properties"].get(name);
        let values = Some(&schema["additionalProperties"]).filter(|schema| schema.is_object());
        if let Some(schema) = known.or(values) {
            if member.is_null() && missing.contains(&name.as_str()) && schema["nullable"] != true {
                continue;
            }
            judge(schema, member, old.and_then(|old| old.get(name)), &inner(name), causes);
        }
    }
    for name in missing {
        let nullable = schema["properties"][name]["nullable"] == true;
        let absent = value.get(name).is_none_or(|member| member.is_null() && !nullable);
        if absent {
            causes.required(&inner(name), "");
        }
    }
}

/// What a combination of schemas says has no field of its own.
fn combined(path: &str, words: &str, causes: &mut Causes) {
    causes.add(Cause {
        reason: "FieldValueInvalid",
        field: "<nil>".into(),
        message: format!("Invalid value: \"\": \"{path}\" {words}"),
    });
}

/// Judges what holds only in combination.
fn one_of(schema: &Value, value: &Value, path: &str, causes: &mut Causes) {
    let passes = |schema: &Value| {
        let mut inner = Causes::new();
        judge(schema, value, None, path, &mut inner);
        inner.count() == 0
    };
    let all = items(&schema["allOf"]);
    for part in all {
        judge(part, value, None, path, causes);
    }
    if !all.iter().all(passes) {
        combined(path, "must validate all the schemas (allOf)", causes);
    }
    let any = items(&schema["anyOf"]);
    if !any.is_empty() && !any.iter().any(passes) {
        combined(path, "must validate at least one schema (anyOf)", causes);
    }
    let one = items(&schema["oneOf"]);
    let count = one.iter().filter(|schema| passes(schema)).count();
    if !one.is_empty() && count != 1 {
        let found = if count == 0 {
            "Found none valid".to_owned()
        } else {
            format!("Found {count} valid alternatives")
        };
        combined(path, &format!("must validate one and only one schema (oneOf). {found}"), causes);
    }
    if schema["not"].is_object() && passes(&schema["not"]) {
        combined(path, "must not validate the schema (not)", causes);
    }
}
