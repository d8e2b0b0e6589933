//! Lists of resources: what there is in a subscription or a group, by name, kind and tags.
//!
//! Invariant: every page of a list is read.

use aksel_lang::code::Code;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::stop::Stop;
use serde_json::{Value as Json, json};

use crate::arm_client::{Method, Request};
use crate::arm_error::ArmError;
use crate::catalogue::rules::said;
use crate::data_source::finished;
use crate::resource_id::ResourceId;
use crate::resource_type::DataSource;
use crate::session::AzureSession;

/// How many pages a list may have.
const PAGES_MAX: usize = 1000;

/// The request for the first page.
fn first(config: &Value, subscription: &str, api: &str) -> Request {
    let group = said(config, "resource_group_name");
    let within = group.map(|group| format!("/resourceGroups/{group}")).unwrap_or_default();
    let asked = [("name", "name"), ("type", "resourceType")];
    let filters: Vec<String> = asked
        .iter()
        .filter_map(|(attribute, field)| Some(format!("{field} eq '{}'", said(config, attribute)?)))
        .collect();
    let filter =
        if filters.is_empty() { String::new() } else { format!("?$filter={}", filters.join(" and ")) };
    Request::plain(Method::Get, format!("/subscriptions/{subscription}{within}/resources{filter}"), api)
}

/// The request for the page that an answer names as the next.
fn next(answer: &Json, api: &str) -> Option<Request> {
    let link = answer["nextLink"].as_str()?;
    let (path, query) = link[link.find("/subscriptions/")?..].split_once('?')?;
    let others: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("api-version=")).collect();
    Some(Request::plain(Method::Get, format!("{path}?{}", others.join("&")), api))
}

/// Whether an object has all the tags that are required.
fn has_tags(object: &Json, required: &Value) -> bool {
    let wanted = required.as_named().into_iter().flatten();
    wanted.into_iter().all(|(name, value)| object["tags"][&**name].as_str() == value.as_str())
}

fn of_group(mut object: Json) -> Json {
    let id: Option<ResourceId> = object["id"].as_str().and_then(|id| id.parse().ok());
    object["group"] = id.and_then(|id| id.resource_group().map(str::to_owned)).unwrap_or_default().into();
    object
}

/// Reads the list.
///
/// # Errors
/// When nothing says what is looked for, or ARM refuses.
pub async fn read(
    session: &AzureSession,
    source: &DataSource,
    config: &Value,
    stop: &Stop,
) -> Result<Value, Vec<Finding>> {
    if ["name", "resource_group_name", "type"].iter().all(|name| said(config, name).is_none()) {
        let summary = "at least one of `name`, `resource_group_name` or `type` must be specified";
        return Err(vec![Finding::error(Code::MissingArgument, summary, "Nothing says what is looked for.")]);
    }
    let refused = |error: ArmError| vec![error.finding()];
    let client = session.client().map_err(refused)?;
    let mut open = Some(first(config, &session.caller.subscription, source.arm.api));
    let mut found = Vec::new();
    for _page in 0..PAGES_MAX {
        let Some(request) = open.take() else { break };
        let answer = client.send(&request, stop).await.map_err(refused)?.body;
        open = next(&answer, source.arm.api);
        found.extend(answer["value"].as_array().cloned().unwrap_or_default());
    }
    if let Some(required) = config.attribute("required_tags") {
        found.retain(|object| has_tags(object, required));
    }
    let found: Vec<Json> = found.into_iter().map(of_group).collect();
    // The same question has the same id, so that a plan without changes stays one.
    let seed = first(config, &session.caller.subscription, "").path;
    let name = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, seed.as_bytes());
    let nowhere: ResourceId = "/subscriptions/none".parse().expect("this is an id");
    let value = finished(source, json!({ "body": { "value": found } }), &nowhere, config);
    let mut items = value.as_named().cloned().unwrap_or_default();
    items.insert("id".into(), Value::string(format!("resource-{name}")));
    Ok(Value::object(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_asked_by_group_and_filter_and_continued() {
        let text = Value::string;
        let config = Value::object([
            ("resource_group_name", text("rg")),
            ("name", text("")),
            ("type", text("Microsoft.KeyVault/vaults")),
        ]);
        let path = "/subscriptions/s/resourceGroups/rg/resources?$filter=resourceType eq 'Microsoft.KeyVault/vaults'";
        assert_eq!(first(&config, "s", "2020-06-01").path, path);
        let link =
            "https://management.azure.com/subscriptions/s/resources?api-version=2020-06-01&$skiptoken=abc";
        let more = next(&json!({ "nextLink": link }), "2020-06-01").map(|request| request.path);
        assert_eq!(more.as_deref(), Some("/subscriptions/s/resources?$skiptoken=abc"));
        assert_eq!(next(&json!({}), "2020-06-01"), None);
    }
}
