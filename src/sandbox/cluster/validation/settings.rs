//! Config maps, secrets, events, requests for certificates.

use serde_json::Value;

use super::{Causes, names, quoted, text};
use crate::cluster::requests::go_syntax_error;

/// How many bytes all values together may have.
const SIZE_MAX: usize = 1 << 20;

fn members(value: &Value) -> Vec<(&String, &Value)> {
    value.as_object().into_iter().flatten().collect()
}

/// Judges a config map.
pub(super) fn config_map(object: &Value, causes: &mut Causes) {
    let mut size = 0;
    for list in ["data", "binaryData"] {
        for (key, value) in members(&object[list]) {
            let field = format!("{list}[{key}]");
            causes.all_invalid(&field, &quoted(key), names::data_key(key));
            if list == "data" && object["binaryData"].get(key).is_some() {
                causes.invalid(&field, &quoted(key), "duplicate of key present in binaryData");
            }
            size += value.as_str().map_or(0, str::len);
        }
    }
    if size > SIZE_MAX {
        causes.add(crate::cluster::status::Cause::too_long("[]", SIZE_MAX));
    }
}

fn decoded(secret: &Value, key: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(secret["data"][key].as_str()?).ok()
}

/// Judges a secret.
pub(super) fn secret(object: &Value, causes: &mut Causes) {
    let mut size = 0;
    for (key, value) in members(&object["data"]) {
        causes.all_invalid(&format!("data[{key}]"), &quoted(key), names::data_key(key));
        size += value.as_str().map_or(0, |text| {
            text.len() / 4 * 3 - text.bytes().rev().take_while(|byte| *byte == b'=').count()
        });
    }
    if size > SIZE_MAX {
        causes.add(crate::cluster::status::Cause::too_long("data", SIZE_MAX));
    }
    let has = |key: &str| object["data"].get(key).is_some();
    let mut need = |keys: &[&str]| {
        for key in keys.iter().filter(|key| !has(key)) {
            causes.required(&format!("data[{key}]"), "");
        }
    };
    match text(object, "type") {
        "kubernetes.io/tls" => need(&["tls.crt", "tls.key"]),
        "kubernetes.io/ssh-auth" => need(&["ssh-privatekey"]),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => need(&["username", "password"]),
        "kubernetes.io/dockerconfigjson" => json_file(object, ".dockerconfigjson", causes),
        "kubernetes.io/dockercfg" => json_file(object, ".dockercfg", causes),
        "kubernetes.io/service-account-token" => {
            let name = "kubernetes.io/service-account.name";
            let annotations = &object["metadata"]["annotations"];
            if annotations.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
                causes.required(&format!("metadata.annotations[{name}]"), "");
            }
        }
        _ => {}
    }
}

fn json_file(secret: &Value, key: &str, causes: &mut Causes) {
    let field = format!("data[{key}]");
    let Some(bytes) = decoded(secret, key) else {
        causes.required(&field, "");
        return;
    };
    if serde_json::from_slice::<Value>(&bytes).is_err() {
        causes.invalid(&field, &quoted("<secret contents redacted>"), &go_syntax_error(&bytes));
    }
}

/// Judges a change of what holds values.
pub(super) fn values_change(old: &Value, new: &Value, causes: &mut Causes) {
    if old["immutable"] != true {
        return;
    }
    if new["immutable"] != true {
        causes.forbidden("immutable", "field is immutable when `immutable` is set");
    }
    for member in ["data", "binaryData"] {
        if old[member] != new[member] {
            causes.forbidden(member, "field is immutable when `immutable` is set");
        }
    }
}

/// Judges an event of the older kind.
pub(super) fn event(object: &Value, causes: &mut Causes) {
    let about = &object["involvedObject"];
    let own = text(&object["metadata"], "namespace");
    let other = text(about, "namespace");
    // What has no namespace is written about in the default one.
    let cluster_wide = other.is_empty() && matches!(own, "default" | "");
    let unknown = text(about, "apiVersion").is_empty() && !text(about, "kind").is_empty();
    if !cluster_wide && (own != other || unknown) {
        causes.invalid("involvedObject.namespace", &quoted(other), "does not match event.namespace");
    }
}

/// Judges a request for a certificate.
pub(super) fn signing_request(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    let request = text(spec, "request");
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(request).unwrap_or_default();
    let pem = String::from_utf8_lossy(&bytes);
    let whole = pem.contains("-----BEGIN CERTIFICATE REQUEST-----")
        && pem.contains("-----END CERTIFICATE REQUEST-----");
    if !whole {
        causes.invalid("spec.request", &spec["request"], "PEM block type must be CERTIFICATE REQUEST");
    }
}
