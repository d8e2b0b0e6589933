//! A plan as `show -json` prints it.
//!
//! Source: <https://developer.hashicorp.com/terraform/internals/json-format#plan-representation>
//!
//! Invariant: a sensitive value stands in it as in Terraform's, beside a mask that says so; an ephemeral one never.

use aksel_engine::plan::{Action, OutputAction, OutputChange, Plan, ResourceChange};
use aksel_engine::registry::source_of_configuration;
use aksel_lang::address::{Address, InstanceKey, Mode};
use aksel_lang::value::{Marks, Value};
use aksel_lang::version::LANGUAGE;
use aksel_state::snapshot::{CheckObject, CheckResult};

use crate::json_tree::Json;
use crate::state_json::{self, Schemas};
use crate::value_json::{known, path, sensitive_mask, unknown_mask};

/// The version of the format.
const FORMAT: &str = "1.2";

/// The plan as JSON.
pub fn to_json(plan: &Plan, schemas: Schemas<'_>) -> Json {
    let variables = plan.variables.iter().filter_map(|(name, variable)| {
        let value = variable.value.as_ref()?;
        Some((name.to_string(), Json::object().with("value", known(value))))
    });
    let changes = plan.changes.iter().map(resource_change);
    let outputs = plan.outputs.iter().map(|(name, change)| (name.to_string(), output_change(change)));
    Json::object()
        .with("format_version", FORMAT)
        .with("terraform_version", LANGUAGE)
        .with_some("variables", some_members(variables.collect()))
        .with("planned_values", planned_values(plan))
        .with_some("resource_drift", some_items(plan.drift.iter().map(resource_change).collect()))
        .with_some("resource_changes", some_items(changes.collect()))
        .with_some("output_changes", some_members(outputs.collect()))
        .with_some("deferred_changes", some_items(plan.deferred.iter().map(deferred).collect()))
        .with("prior_state", state_json::to_json(&plan.refreshed, schemas))
        .with_some("relevant_attributes", some_items(relevant_attributes(plan)))
        .with_some("checks", some_items(plan.checks.iter().map(check).collect()))
        .with("timestamp", plan.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .with("applyable", plan.is_applyable())
        .with("complete", plan.is_complete())
        .with("errored", plan.errored)
}

fn some_items(items: Vec<Json>) -> Option<Json> {
    (!items.is_empty()).then_some(Json::Array(items))
}

fn some_members(members: Vec<(String, Json)>) -> Option<Json> {
    (!members.is_empty()).then_some(Json::Object(members))
}

/// The word of the format for a mode.
pub fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Managed => "managed",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    }
}

fn key_json(key: &InstanceKey) -> Json {
    match key {
        InstanceKey::Index(at) => Json::from(*at),
        InstanceKey::Key(key) => Json::from(&**key),
    }
}

/// The members that name a resource instance among changes, where its module does not stand around it.
fn change_address_members(address: &Address, provider: &str) -> Json {
    let module = (!address.module.is_root()).then(|| address.module.to_string());
    let Json::Object(mut members) = address_members(address, provider) else { return Json::object() };
    members.splice(1..1, module.map(|module| ("module_address".to_owned(), Json::from(module))));
    Json::Object(members)
}

/// The members that name a resource instance within its module.
pub fn address_members(address: &Address, provider: &str) -> Json {
    let index = address.key.as_ref().map(key_json);
    Json::object()
        .with("address", address.to_string())
        .with("mode", mode_name(address.resource.mode))
        .with("type", &*address.resource.type_name)
        .with("name", &*address.resource.name)
        .with_some("index", index)
        .with("provider_name", source_of_configuration(provider).unwrap_or(provider))
}

/// One change as JSON.
pub fn resource_change(change: &ResourceChange) -> Json {
    let previous = change.previous_address.as_ref().map(Address::to_string);
    let json = change_address_members(&change.address, &change.provider);
    json.with_some("previous_address", previous)
        .with_some("deposed", change.deposed.as_deref())
        .with("change", change_members(change))
        .with_some("action_reason", change.reason.map(|reason| reason.name()))
}

fn change_members(change: &ResourceChange) -> Json {
    let names: Vec<Json> = change.action.names().iter().map(|name| Json::from(*name)).collect();
    let (before, after) = (change.action.before(), change.action.after());
    let unknown = after
        .map_or(Json::object(), |after| if is_kept(change) { Json::object() } else { unknown_mask(after) });
    let because = if let Action::Replace { because, .. } = &change.action { because.as_slice() } else { &[] };
    let importing = change.import.as_ref().map(importing);
    Json::object()
        .with("actions", names)
        .with("before", before.map_or(Json::null(), known))
        .with("after", after.map_or(Json::null(), known))
        .with("after_unknown", unknown)
        .with("before_sensitive", before.map_or(false.into(), sensitive_mask))
        .with("after_sensitive", after.map_or(false.into(), sensitive_mask))
        .with_some("replace_paths", some_items(because.iter().map(path).collect()))
        .with_some("importing", importing)
        .with_some("generated_config", change.generated.as_deref())
}

/// What is taken over: the id or the identity.
fn importing(object: &Value) -> Json {
    let name = if object.as_named().is_some() { "identity" } else { "id" };
    Json::object().with(name, known(object))
}

fn is_kept(change: &ResourceChange) -> bool {
    matches!(change.action, Action::Keep { .. })
}

fn output_change(change: &OutputChange) -> Json {
    let action = match change.action() {
        OutputAction::Keep => "no-op",
        OutputAction::Create => "create",
        OutputAction::Update => "update",
        OutputAction::Delete => "delete",
    };
    let sensitive = |value: &Option<Value>| {
        value.as_ref().is_some_and(|value| value.marks_deep().contains(Marks::SENSITIVE))
    };
    // An output is sensitive as a whole, and on both sides if it is on one.
    let hidden = sensitive(&change.before) || sensitive(&change.after);
    let members = Json::object()
        .with("actions", vec![Json::from(action)])
        .with("before", change.before.as_ref().map_or(Json::null(), known));
    let members = match &change.after {
        Some(after) if !after.is_known() => members,
        after => members.with("after", after.as_ref().map_or(Json::null(), known)),
    };
    members
        .with("after_unknown", change.after.as_ref().map_or(false.into(), unknown_mask))
        .with("before_sensitive", hidden)
        .with("after_sensitive", hidden)
}

fn deferred(deferred: &aksel_engine::plan::Deferred) -> Json {
    use aksel_engine::plan::DeferredReason;
    let reason = match &deferred.because {
        DeferredReason::UnknownRepetition => "instance_count_unknown",
        DeferredReason::DependsOnDeferred(_) => "deferred_prereq",
        DeferredReason::ProviderUnknown => "provider_config_unknown",
    };
    let change = Json::object()
        .with("address", deferred.resource.to_string())
        .with("mode", mode_name(deferred.resource.resource.mode))
        .with("type", &*deferred.resource.resource.type_name)
        .with("name", &*deferred.resource.resource.name);
    Json::object().with("reason", reason).with("resource_change", change)
}

fn relevant_attributes(plan: &Plan) -> Vec<Json> {
    let attribute = |relevant: &aksel_engine::plan::RelevantAttribute| {
        Json::object()
            .with("resource", relevant.resource.clone())
            .with("attribute", path(&relevant.attribute))
    };
    plan.relevant_attributes.iter().map(attribute).collect()
}

/// The state as it will be, as far as it is known.
fn planned_values(plan: &Plan) -> Json {
    let outputs = plan.outputs.iter().filter_map(|(name, change)| {
        let after = change.after.as_ref()?;
        let sensitive = after.marks_deep().contains(Marks::SENSITIVE);
        let value = after.is_wholly_known().then(|| known(after));
        let ty = value.is_some().then(|| Json::from(aksel_lang::json::type_to_json(&after.ty())));
        Some((
            name.to_string(),
            Json::object().with("sensitive", sensitive).with_some("type", ty).with_some("value", value),
        ))
    });
    let resources = plan.changes.iter().filter(|change| change.deposed.is_none()).filter_map(|change| {
        let after = change.action.after()?;
        let values = address_members(&change.address, &change.provider)
            .with_some("values", Some(known(after)).filter(|values| *values != Json::object()))
            .with("sensitive_values", sensitive_mask(after));
        Some((change.address.module.clone(), values))
    });
    Json::object()
        .with_some("outputs", some_members(outputs.collect()))
        .with("root_module", state_json::module_tree(resources.collect()))
}

/// The result of checks as JSON.
pub fn check(check: &CheckResult) -> Json {
    let (address, last) = checked(check);
    let instance = |object: &CheckObject| {
        let mut messages: Vec<&String> = object.failure_messages.iter().collect();
        messages.sort();
        let problems = messages.into_iter().map(|message| Json::object().with("message", message.clone()));
        Json::object()
            .with("address", checked_instance(check, object, &last))
            .with("status", object.status.clone())
            .with_some("problems", some_items(problems.collect()))
    };
    let instances = check.objects.iter().flatten().map(instance).collect();
    Json::object()
        .with("address", address)
        .with("status", check.status.clone())
        .with_some("instances", some_items(instances))
}

/// What a check is about, and its address within its module.
fn checked(check: &CheckResult) -> (Json, String) {
    let whole = &*check.config_addr;
    let kind = match &*check.object_kind {
        "output" => "output_value",
        "input_variable" => "var",
        other => other,
    };
    let about = Json::object().with("kind", kind);
    if let Some(address) = resource_of(check, whole) {
        let resource = &address.resource;
        let mode = if resource.mode == Mode::Data { "data" } else { "managed" };
        let module = Some(address.module.to_string()).filter(|module| !module.is_empty());
        let address = about
            .with("mode", mode)
            .with_some("module", module)
            .with("name", &*resource.name)
            .with("to_display", whole)
            .with("type", &*resource.type_name);
        return (address, resource.to_string());
    }
    // `module.m.check.c`: the last two words are the check's own.
    let mut words = whole.rsplitn(3, '.');
    let (name, own) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let address = about.with_some("module", words.next()).with("name", name).with("to_display", whole);
    (address, format!("{own}.{name}"))
}

/// The address of a resource; checks, outputs and variables look alike but are none.
fn resource_of(check: &CheckResult, address: &str) -> Option<Address> {
    if check.object_kind == "resource" { address.parse().ok() } else { None }
}

fn checked_instance(check: &CheckResult, object: &CheckObject, own: &str) -> Json {
    let whole = &*object.object_addr;
    let address = Json::object();
    if let Some(parsed) = resource_of(check, whole) {
        let module = Some(parsed.module.to_string()).filter(|module| !module.is_empty());
        return address
            .with_some("instance_key", parsed.key.as_ref().map(key_json))
            .with_some("module", module)
            .with("to_display", whole);
    }
    let module = whole.strip_suffix(own).and_then(|module| module.strip_suffix('.'));
    address.with_some("module", module).with("to_display", whole)
}
