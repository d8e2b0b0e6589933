//! Blobs: resources that live at an account's own endpoint and not in ARM.
//!
//! Access is by a signature that ARM gives for an hour; whoever may list an account's keys may have one.
//!
//! Invariant: a signature goes only to the endpoint that ARM names for the account.
//! Never: a signature or a content is in an error or in state.

use std::collections::BTreeMap;

use aksel_lang::code::Code;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::Change;
use aksel_provider::stop::Stop;
use aksel_state::intent::Deed;
use serde_json::json;

use crate::arm_client::{BlobAnswer, BlobRequest, Method, Request};
use crate::arm_error::ArmError;
use crate::catalogue::rules::said;
use crate::catalogue::storage_blob::STORAGE_BLOB;
use crate::read::settle;
use crate::session::AzureSession;

const API: &str = "2025-08-01";

/// Where a blob is, and with what it is reached.
struct Door {
    address: String,
    signature: String,
}

/// The account that a container lies in.
fn account_of(container: &str) -> &str {
    container.find("/blobServices/").map_or(container, |at| &container[..at])
}

/// The id before the endpoint is known: that of the container, and the name.
pub fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    Some(format!("{}|{}", said(planned, "storage_container_id")?, said(planned, "name")?))
}

fn finding(error: ArmError) -> Vec<Finding> {
    vec![error.finding()]
}

impl AzureSession {
    async fn door(
        &self,
        container: &str,
        name: &str,
        known: Option<&str>,
        stop: &Stop,
    ) -> Result<Door, ArmError> {
        let client = self.client()?;
        let account = account_of(container);
        let address = match known {
            Some(address) => address.to_owned(),
            None => {
                let answer = client.send(&Request::plain(Method::Get, account, API), stop).await?;
                let endpoint =
                    answer.body["properties"]["primaryEndpoints"]["blob"].as_str().unwrap_or_default();
                let folder = container.rsplit('/').next().unwrap_or_default();
                format!("{}/{folder}/{name}", endpoint.trim_end_matches('/'))
            }
        };
        let body = json!({
            "signedServices": "b",
            "signedResourceTypes": "o",
            "signedPermission": "rwdac",
            "signedProtocol": "https",
            "signedExpiry": client.in_an_hour(),
            "keyToSign": "key1",
        });
        let path = format!("{account}/ListAccountSas");
        let request = Request { body, ..Request::plain(Method::Post, path, API) };
        let answer = client.send(&request, stop).await?;
        let signature =
            answer.body["accountSasToken"].as_str().unwrap_or_default().trim_start_matches('?').to_owned();
        Ok(Door { address, signature })
    }

    async fn ask(&self, door: &Door, request: BlobRequest<'_>) -> Result<BlobAnswer, ArmError> {
        self.client()?.blob(&door.address, &door.signature, request).await
    }

    /// Reads a blob; `None` if it is not there.
    ///
    /// # Errors
    /// When ARM or the account refuses.
    pub async fn read_blob(&self, state: &Value, stop: &Stop) -> Result<Option<Value>, Vec<Finding>> {
        let (Some(container), Some(name)) = (said(state, "storage_container_id"), said(state, "name")) else {
            return Ok(None);
        };
        let known = said(state, "url");
        let door = match self.door(container, name, known, stop).await {
            Err(error) if error.is_not_found() => return Ok(None),
            door => door.map_err(finding)?,
        };
        self.described(&door, state).await.map_err(finding)
    }

    async fn described(&self, door: &Door, state: &Value) -> Result<Option<Value>, ArmError> {
        match self.ask(door, BlobRequest::new("HEAD", "")).await {
            Ok(answer) => Ok(Some(value(door, &answer, state))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes, changes or deletes a blob.
    ///
    /// # Errors
    /// When ARM or the account refuses, or a file cannot be read.
    pub async fn change_blob(&self, change: Change<'_>, stop: &Stop) -> Result<Option<Value>, Vec<Finding>> {
        let about = if change.deed == Deed::Delete { change.prior } else { change.planned };
        let container = said(about, "storage_container_id").unwrap_or_default();
        let name = said(about, "name").unwrap_or_default();
        let door = self.door(container, name, said(change.prior, "url"), stop).await.map_err(finding)?;
        match change.deed {
            Deed::Delete => {
                return match self.ask(&door, BlobRequest::new("DELETE", "")).await {
                    Err(error) if !error.is_not_found() => Err(finding(error)),
                    _ => Ok(None),
                };
            }
            Deed::Create => self.upload(&door, change.planned).await?,
            Deed::Update => self.update(&door, change).await.map_err(finding)?,
        }
        let read = self.described(&door, change.planned).await.map_err(finding)?;
        Ok(read.map(|read| settle(change.planned, read)))
    }

    /// Makes sure that there is no blob of this name yet.
    ///
    /// # Errors
    /// When there is one, or the account does not answer.
    pub async fn no_blob(&self, creation: Change<'_>, stop: &Stop) -> Result<(), Vec<Finding>> {
        let container = said(creation.planned, "storage_container_id").unwrap_or_default();
        let name = said(creation.planned, "name").unwrap_or_default();
        let door = self.door(container, name, None, stop).await.map_err(finding)?;
        if self.described(&door, creation.planned).await.map_err(finding)?.is_none() {
            return Ok(());
        }
        let summary = format!(
            "a resource with the ID \"{}\" already exists - to be managed via Terraform this resource needs to be imported into the State",
            door.address
        );
        Err(vec![Finding::error(Code::Arm, summary, "It was not touched.")])
    }

    async fn upload(&self, door: &Door, planned: &Value) -> Result<(), Vec<Finding>> {
        let content = content(planned)?;
        let kind = said(planned, "type").unwrap_or("Block");
        let mut headers = described_by(planned);
        headers.push(("x-ms-blob-type".into(), format!("{kind}Blob")));
        headers.extend(metadata(planned));
        if let Some(tier) = said(planned, "access_tier").filter(|_| kind == "Block") {
            headers.push(("x-ms-access-tier".into(), tier.to_owned()));
        }
        if let Some(scope) = said(planned, "encryption_scope") {
            headers.push(("x-ms-encryption-scope".into(), scope.to_owned()));
        }
        if let Some(source) = said(planned, "source_uri") {
            headers.push(("x-ms-copy-source".into(), source.to_owned()));
        }
        if kind == "Page" {
            let size = planned
                .attribute("size")
                .and_then(Value::as_number)
                .and_then(aksel_lang::number::Number::to_i64);
            headers.push(("x-ms-blob-content-length".into(), size.unwrap_or(0).to_string()));
        }
        let whole = kind == "Block";
        let first = BlobRequest {
            headers,
            content: if whole { &content } else { &[] },
            ..BlobRequest::new("PUT", "")
        };
        self.ask(door, first).await.map_err(finding)?;
        if kind == "Append" && !content.is_empty() {
            let more = BlobRequest { content: &content, ..BlobRequest::new("PUT", "appendblock") };
            self.ask(door, more).await.map_err(finding)?;
        }
        Ok(())
    }

    async fn update(&self, door: &Door, change: Change<'_>) -> Result<(), ArmError> {
        let differs = |name: &str| change.prior.attribute(name) != change.planned.attribute(name);
        if differs("content_type") || differs("cache_control") {
            let headers = described_by(change.planned);
            self.ask(door, BlobRequest { headers, ..BlobRequest::new("PUT", "properties") }).await?;
        }
        if differs("metadata") {
            let headers = metadata(change.planned);
            self.ask(door, BlobRequest { headers, ..BlobRequest::new("PUT", "metadata") }).await?;
        }
        if let Some(tier) = said(change.planned, "access_tier").filter(|_| differs("access_tier")) {
            let headers = vec![("x-ms-access-tier".to_owned(), tier.to_owned())];
            self.ask(door, BlobRequest { headers, ..BlobRequest::new("PUT", "tier") }).await?;
        }
        Ok(())
    }
}

/// What is put into the blob: a text, or a file.
fn content(planned: &Value) -> Result<Vec<u8>, Vec<Finding>> {
    if let Some(text) = said(planned, "source_content") {
        return Ok(text.as_bytes().to_vec());
    }
    let Some(path) = said(planned, "source") else { return Ok(Vec::new()) };
    std::fs::read(path).map_err(|error| {
        let detail = format!("{path}: {error}.");
        vec![
            Finding::error(Code::Io, "The file for a blob cannot be read", detail)
                .at(aksel_lang::path::Path::attribute("source")),
        ]
    })
}

fn described_by(planned: &Value) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    let pairs = [
        ("content_type", "x-ms-blob-content-type"),
        ("cache_control", "x-ms-blob-cache-control"),
        ("content_md5", "x-ms-blob-content-md5"),
    ];
    for (attribute, header) in pairs {
        if let Some(text) = said(planned, attribute) {
            headers.push((header.to_owned(), text.to_owned()));
        }
    }
    headers
}

fn metadata(planned: &Value) -> Vec<(String, String)> {
    let all = planned.attribute("metadata").and_then(Value::as_named);
    let pair =
        |(name, value): (&Text, &Value)| Some((format!("x-ms-meta-{name}"), value.as_str()?.to_owned()));
    all.into_iter().flatten().filter_map(pair).collect()
}

fn value(door: &Door, answer: &BlobAnswer, state: &Value) -> Value {
    let header = |name: &str| answer.headers.get(name).cloned().unwrap_or_default();
    let mut values: BTreeMap<Text, Value> =
        crate::read::read(STORAGE_BLOB.attributes, &json!({ "body": {} }), &nowhere(), state);
    let meta = answer.headers.iter().filter_map(|(name, value)| {
        Some((Text::from(name.strip_prefix("x-ms-meta-")?), Value::string(value)))
    });
    let known = said(state, "content_md5").unwrap_or_default();
    let kind = header("x-ms-blob-type");
    let texts = [
        ("id", door.address.clone()),
        ("url", door.address.clone()),
        ("access_tier", header("x-ms-access-tier")),
        ("cache_control", header("cache-control")),
        ("content_type", header("content-type")),
        ("content_md5", if known.is_empty() { String::new() } else { header("content-md5") }),
        ("encryption_scope", header("x-ms-encryption-scope")),
        ("type", kind.strip_suffix("Blob").unwrap_or(&kind).to_owned()),
    ];
    values.extend(texts.map(|(name, text)| (Text::from(name), Value::string(text))));
    values.insert("metadata".into(), Value::map(Type::String, meta.collect::<Vec<_>>()));
    let timeouts = state.attribute("timeouts").cloned();
    let none = || Value::null(crate::schema::timeouts_type(&crate::schema::TIMEOUTS));
    values.insert("timeouts".into(), timeouts.unwrap_or_else(none));
    Value::object(values)
}

/// Rows of a blob read nothing from an ARM id.
fn nowhere() -> crate::resource_id::ResourceId {
    "/subscriptions/none".parse().expect("this is an id")
}

/// The blob that an id for import names: a container and a name.
pub fn named(id: &str) -> Option<Value> {
    let (container, name) = id.split_once('|')?;
    Some(Value::object([("storage_container_id", Value::string(container)), ("name", Value::string(name))]))
}
