//! Tasks of a registry: which kind of step one has, what it is given, and what it signs in with.
//!
//! Never: what a task signs in with is read back; ARM does not tell it.

use aksel_lang::code::Code;
use aksel_lang::path::Path;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use serde_json::{Map, Value as Json, json};

use crate::arm_client::{Method, Request};
use crate::catalogue::rules::said;
use crate::document::put;
use crate::resource_type::{Lookup, Writing};
use crate::write::text_in;

/// The blocks that say what a task does: the block, ARM's kind, where its plain and its secret values are in ARM and here.
const STEPS: [Step; 3] = [
    Step {
        block: "docker_step",
        kind: "Docker",
        given: "arguments",
        plain: "arguments",
        secret: "secret_arguments",
    },
    Step {
        block: "encoded_step",
        kind: "EncodedTask",
        given: "values",
        plain: "values",
        secret: "secret_values",
    },
    Step { block: "file_step", kind: "FileTask", given: "values", plain: "values", secret: "secret_values" },
];

/// What steps of some kinds have and of others not.
const OF_KINDS: [&str; 11] = [
    "dockerFilePath",
    "imageNames",
    "isPushEnabled",
    "noCache",
    "target",
    "arguments",
    "taskFilePath",
    "valuesFilePath",
    "encodedTaskContent",
    "encodedValuesContent",
    "values",
];

struct Step {
    block: &'static str,
    kind: &'static str,
    given: &'static str,
    plain: &'static str,
    secret: &'static str,
}

/// A task lies in the region of its registry.
pub const REGION: Lookup = Lookup {
    gives: "registry_location",
    request: |planned, _| {
        Some(Request::plain(Method::Get, said(planned, "container_registry_id")?, "2025-11-01"))
    },
    pick: |body| body["location"].as_str().map(str::to_owned),
};

fn block<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.attribute(name)?.as_slice()?.first()
}

/// Plain values as the rows read them: one map.
pub fn shape(document: &mut Json, _state: &Value) {
    let step = &mut document["body"]["properties"]["step"];
    for given in ["arguments", "values"] {
        let all = step[given].as_array().cloned().unwrap_or_default();
        let open = all.iter().filter(|one| one["isSecret"] != true);
        let plain: Map<String, Json> =
            open.filter_map(|one| Some((one["name"].as_str()?.to_owned(), one["value"].clone()))).collect();
        if !plain.is_empty() {
            step["plain"] = plain.into();
        }
    }
}

/// The kind of the step with all that it is given, the region, and what the task signs in with.
pub fn complete(document: &mut Json, writing: &Writing<'_>) {
    let planned = writing.planned;
    if let Some(region) = said(planned, "registry_location") {
        put(document, "/location", json!(region));
    }
    let touched = document["body"]["properties"].get("step").is_some();
    for step in STEPS.iter().filter(|_| touched) {
        let Some(written) = block(planned, step.block) else { continue };
        put(document, "step.type", json!(step.kind));
        put(document, &format!("step.{}", step.given), given(written, step).into());
        if let Some(token) = said(written, "context_access_token") {
            put(document, "step.contextAccessToken", json!(token));
        }
    }
    if let Some(members) = document["body"]["properties"]["step"].as_object_mut() {
        members.remove("plain");
        // What is laid over the live step takes away what one of another kind had.
        for member in OF_KINDS.iter().filter(|_| !writing.prior.is_null()) {
            members.entry(*member).or_insert(Json::Null);
        }
    } else if let Some(properties) = document["body"]["properties"].as_object_mut()
        && properties.get("step").is_some_and(Json::is_null)
    {
        properties.remove("step");
    }
    let triggers =
        document.pointer_mut("/body/properties/trigger/sourceTriggers").and_then(Json::as_array_mut);
    let written = planned.attribute("source_trigger").and_then(Value::as_slice).unwrap_or_default();
    for (trigger, written) in triggers.into_iter().flatten().zip(written) {
        for (attribute, member) in [("token", "token"), ("refresh_token", "refreshToken")] {
            if let Some(secret) = text_in(written, "authentication", attribute) {
                trigger["sourceRepository"]["sourceControlAuthProperties"][member] = secret.into();
            }
        }
    }
    sign_in(document, planned);
}

fn given(written: &Value, step: &Step) -> Vec<Json> {
    let values = |name: &str, secret: Json| -> Vec<Json> {
        let all = written.attribute(name).and_then(Value::as_named).into_iter().flatten();
        all.filter_map(|(name, value)| {
            Some(json!({ "name": name.to_string(), "value": value.as_str()?, "isSecret": secret }))
        })
        .collect()
    };
    let mut all = values(step.plain, json!(false));
    all.extend(values(step.secret, json!(true)));
    all
}

/// Names and passwords for other registries are secrets of two kinds: as they are, or in a vault.
fn sign_in(document: &mut Json, planned: &Value) {
    let Some(registries) = document.pointer_mut("/body/properties/credentials/customRegistries") else {
        return;
    };
    let custom = block(planned, "registry_credential").and_then(|all| all.attribute("custom"));
    for one in custom.and_then(Value::as_slice).unwrap_or_default() {
        let Some(server) = said(one, "login_server") else { continue };
        for (attribute, member) in [("username", "userName"), ("password", "password")] {
            if let Some(secret) = said(one, attribute) {
                let kind = if secret.contains("/secrets/") { "Vaultsecret" } else { "Opaque" };
                registries[server][member] = json!({ "type": kind, "value": secret });
            }
        }
    }
}

fn wrong(name: &str, summary: &str) -> Finding {
    Finding::error(Code::InvalidConfiguration, summary, "Azure would refuse this.").at(Path::attribute(name))
}

fn is_system(config: &Value) -> Option<&Value> {
    config.attribute("is_system_task").filter(|flag| flag.as_bool() == Some(true))
}

/// A task of the system's own does what the system says.
pub fn steps_of_a_system(config: &Value) -> Vec<Finding> {
    if is_system(config).is_none() {
        return Vec::new();
    }
    let own = [
        "platform",
        "docker_step",
        "file_step",
        "encoded_step",
        "base_image_trigger",
        "source_trigger",
        "timer_trigger",
    ];
    let written = own.into_iter().filter(|name| block(config, name).is_some());
    written.map(|name| wrong(name, &format!("system task can't specify `{name}`"))).collect()
}

/// Another task says where and what it does.
pub fn steps_of_a_user(config: &Value) -> Vec<Finding> {
    let open = |name: &str| config.attribute(name).is_some_and(|value| !value.is_known());
    let there = |name: &str| open(name) || block(config, name).is_some();
    let mut findings = Vec::new();
    if is_system(config).is_some() || open("is_system_task") {
        return findings;
    }
    if !there("platform") {
        findings.push(wrong("platform", "non-system task have to specify `platform`"));
    }
    if !STEPS.iter().any(|step| there(step.block)) {
        let summary = "non-system task have to specify one of `docker_step`, `file_step` and `encoded_step`";
        findings.push(wrong("docker_step", summary));
    }
    findings
}
