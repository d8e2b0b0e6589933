//! Flux: the reference into a repository, and what a configuration signs in with.
//!
//! Never: what it signs in with is read back; ARM does not tell it.

use aksel_lang::value::Value;
use serde_json::{Value as Json, json};

use crate::document::put;
use crate::resource_type::Writing;
use crate::write::text_in;

const REFERENCES: &[&str] = &["branch", "commit", "semver", "tag"];

/// Names the kind of the reference.
pub fn shape(document: &mut Json, _state: &Value) {
    let repository = &mut document["body"]["properties"]["gitRepository"];
    let reference = repository["repositoryRef"].take();
    let kind = REFERENCES.iter().find(|kind| reference[**kind].is_string());
    if let Some(kind) = kind {
        repository["reference"] = json!({ "type": kind, "value": reference[*kind] });
    } else if repository.as_object().is_some_and(|members| members.values().all(Json::is_null)) {
        *repository = Json::Null;
    }
}

/// Says which kind of source it is, and adds what it signs in with.
pub fn complete(document: &mut Json, writing: &Writing<'_>) {
    let planned = writing.planned;
    let properties = &mut document["body"]["properties"];
    for (member, kind) in
        [("gitRepository", "GitRepository"), ("bucket", "Bucket"), ("azureBlob", "AzureBlob")]
    {
        if properties.get(member).is_some_and(Json::is_object) {
            properties["sourceKind"] = kind.into();
        }
    }
    if let Some(repository) = properties.get_mut("gitRepository").and_then(Json::as_object_mut) {
        let reference = repository.remove("reference").unwrap_or_default();
        let kind = reference["type"].as_str().unwrap_or("branch").to_owned();
        let mut named = json!({});
        // What is laid over the live reference takes the other kinds away.
        for other in REFERENCES.iter().filter(|_| !writing.prior.is_null()) {
            named[*other] = Json::Null;
        }
        named[kind] = reference["value"].clone();
        repository.insert("repositoryRef".into(), named);
    }
    if let Some(whole) = text_in(planned, "blob_storage", "container_id") {
        let container = whole.rsplit('/').next().unwrap_or_default();
        put(document, "azureBlob.containerName", json!(container));
        let address = whole.strip_suffix(container).unwrap_or(whole);
        put(document, "azureBlob.url", json!(address));
    }
    let secrets = [
        ("git_repository", "https_key_base64", "httpsKey"),
        ("git_repository", "ssh_private_key_base64", "sshPrivateKey"),
        ("bucket", "secret_key_base64", "bucketSecretKey"),
    ];
    for (block, attribute, member) in secrets {
        if let Some(secret) = text_in(planned, block, attribute) {
            put(document, &format!("configurationProtectedSettings.{member}"), json!(secret));
        }
    }
    for (attribute, member) in [("account_key", "accountKey"), ("sas_token", "sasToken")] {
        if let Some(secret) = text_in(planned, "blob_storage", attribute) {
            put(document, &format!("azureBlob.{member}"), json!(secret));
        }
    }
}
