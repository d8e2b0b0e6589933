//! The provider's functions: manifests between YAML and values.
//!
//! Invariant: a manifest has `apiVersion`, `kind` and `metadata`; what has not is refused.
//! Never: a manifest is checked against the schema of its kind; the cluster does that.
//!
//! Rule: <https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/functions/manifest_decode>

use std::collections::BTreeMap;

use aksel_lang::json;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_provider::provider::{FunctionError, FunctionSignature};
use serde_json::Value as Json;

/// What every manifest has.
const FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Documents and nodes that one text may hold: rendered charts are long.
const NODES_MAX: usize = 5_000_000;

/// The signatures of the functions.
pub fn signatures() -> BTreeMap<Text, FunctionSignature> {
    let signature = |ty, result, description: &str| FunctionSignature {
        parameters: vec![("manifest".into(), ty)],
        variadic: None,
        result,
        description: description.into(),
    };
    BTreeMap::from([
        (
            "manifest_decode".into(),
            signature(Type::String, Type::Dynamic, "Reads the YAML of one manifest into an object."),
        ),
        (
            "manifest_decode_multi".into(),
            signature(Type::String, Type::Dynamic, "Reads the YAML of several manifests into a tuple."),
        ),
        (
            "manifest_encode".into(),
            signature(Type::Dynamic, Type::String, "Writes a manifest, or several, as YAML."),
        ),
    ])
}

/// Calls a function.
///
/// # Errors
/// When the text is no YAML, or something in it is no manifest.
pub fn call(name: &str, arguments: &[Value]) -> Result<Value, FunctionError> {
    let argument = &arguments[0];
    match name {
        "manifest_decode" => {
            let mut manifests = decode(argument.as_str().unwrap_or_default())?;
            match manifests.len() {
                1 => Ok(manifests.remove(0)),
                0 => Err(refused("the text holds no manifest")),
                count => Err(refused(format!(
                    "the text holds {count} manifests: use manifest_decode_multi for several"
                ))),
            }
        }
        "manifest_decode_multi" => decode(argument.as_str().unwrap_or_default()).map(Value::tuple),
        "manifest_encode" => encode(argument).map(Value::string),
        _ => Err(FunctionError { argument: None, message: format!("there is no function `{name}`") }),
    }
}

fn refused(message: impl Into<String>) -> FunctionError {
    FunctionError { argument: Some(0), message: message.into() }
}

fn decode(text: &str) -> Result<Vec<Value>, FunctionError> {
    // As Kubernetes reads YAML: `0644` is a file mode.
    let options = serde_saphyr::options! {
        legacy_octal_numbers: true,
        budget: serde_saphyr::budget! { max_documents: NODES_MAX, max_nodes: NODES_MAX, max_events: NODES_MAX },
    };
    let documents: Vec<Json> = serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        let told = error.to_string();
        refused(format!("invalid YAML: {}", told.lines().next().unwrap_or_default()))
    })?;
    documents.iter().filter(|document| !is_empty(document)).map(manifest).collect()
}

fn is_empty(document: &Json) -> bool {
    document.is_null() || document.as_object().is_some_and(serde_json::Map::is_empty)
}

fn manifest(document: &Json) -> Result<Value, FunctionError> {
    check(document)?;
    json::read(&document.to_string()).map_err(refused)
}

fn check(document: &Json) -> Result<(), FunctionError> {
    let fields = document.as_object().ok_or_else(|| refused("a manifest must be an object"))?;
    match FIELDS.into_iter().find(|field| !fields.contains_key(*field)) {
        Some(missing) => Err(refused(format!("invalid Kubernetes manifest: missing field \"{missing}\""))),
        None => Ok(()),
    }
}

/// The YAML of a manifest; of a list of manifests with a line `---` before each.
fn encode(value: &Value) -> Result<String, FunctionError> {
    let told: Json = serde_json::from_str(&json::write(value)).map_err(|error| refused(error.to_string()))?;
    match &told {
        Json::Array(manifests) => {
            let texts: Result<Vec<String>, FunctionError> = manifests.iter().map(yaml).collect();
            Ok(texts?.iter().map(|text| format!("---\n{text}")).collect())
        }
        one => yaml(one),
    }
}

fn yaml(document: &Json) -> Result<String, FunctionError> {
    check(document)?;
    serde_saphyr::to_string(document).map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  mode: 0644\n---\n# nothing\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n";

    #[test]
    fn several_manifests_become_a_tuple_and_yaml_again() {
        let read = call("manifest_decode_multi", &[Value::string(TWO)]).unwrap();
        assert_eq!(
            json::write(&read),
            r#"[{"apiVersion":"v1","data":{"mode":420},"kind":"ConfigMap","metadata":{"name":"a"}},{"apiVersion":"v1","kind":"Secret","metadata":{"name":"b"}}]"#
        );
        let written = call("manifest_encode", std::slice::from_ref(&read)).unwrap();
        insta::assert_snapshot!(written.as_str().unwrap(), @r"
        ---
        apiVersion: v1
        data:
          mode: 420
        kind: ConfigMap
        metadata:
          name: a
        ---
        apiVersion: v1
        kind: Secret
        metadata:
          name: b
        ");
        assert_eq!(call("manifest_decode_multi", &[written]).unwrap(), read);
    }

    #[test]
    fn what_is_no_manifest_is_refused_with_the_reason() {
        let refused = |name: &str, text: &str| call(name, &[Value::string(text)]).unwrap_err().message;
        assert!(refused("manifest_decode", TWO).contains("manifest_decode_multi"));
        assert_eq!(
            refused("manifest_decode", "kind: Pod"),
            "invalid Kubernetes manifest: missing field \"apiVersion\""
        );
        assert!(refused("manifest_decode", "a: [").starts_with("invalid YAML: "));
        assert_eq!(refused("manifest_decode", ""), "the text holds no manifest");
    }
}
