//! Every attribute of every table against an ARM that keeps what it is told: set, it is read as it was planned; applied,
//! nothing is left to plan; another value is told, and one that is no longer written is gone or stays the service's.
//!
//! The ARM here is an echo: it adds nothing and judges nothing. What a service adds is the business of the recordings.
//!
//! Invariant: pure; no request, no clock.

use std::collections::BTreeMap;

use aksel_lang::set::set;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_state::intent::Deed;
use serde_json::{Value as Json, json};

use crate::arm_client::Method;
use crate::catalogue::RESOURCES;
use crate::diff::decide;
use crate::document::overlay;
use crate::read::{list_of, settle};
use crate::resource_id::ResourceId;
use crate::resource_type::{CallMethod, Plane, ResourceType, Target};
use crate::row::{Blocks, Check, Form, Kind, Place, Presence, Row, Secrecy};
use crate::schema::row_type;
use crate::session::{identify, planned_state, value_of};
use crate::spelling::Spelling;
use crate::steps::{Over, Step, StepInput, laid_over, steps};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

/// Attributes that an echo cannot keep, and why.
const NOT_ECHOED: &[(&str, &str)] = &[
    ("azurerm_container_registry_task.docker_step", ONE_OF),
    ("azurerm_container_registry_task.encoded_step", ONE_OF),
    ("azurerm_container_registry_task.file_step", ONE_OF),
    ("azurerm_container_registry_task.registry_credential", EMPTY),
    ("azurerm_kubernetes_automatic_cluster.api_server_access", EMPTY),
    ("azurerm_kubernetes_cluster.api_server_access_profile", EMPTY),
    ("azurerm_machine_learning_workspace.feature_store", EMPTY),
    ("azurerm_kubernetes_cluster.maintenance_window_auto_upgrade", "a month has no day of the week"),
    ("azurerm_kubernetes_cluster.maintenance_window_node_os", "a month has no day of the week"),
    ("azurerm_kubernetes_cluster_node_pool.max_count", "only a pool that scales by itself has it"),
    ("azurerm_kubernetes_cluster_node_pool.min_count", "only a pool that scales by itself has it"),
    ("azurerm_kubernetes_cluster_node_pool.spot_max_price", "only a pool of spot machines has it"),
    ("azurerm_monitor_metric_alert.application_insights_web_test_location_availability_criteria", ONE_OF),
    ("azurerm_monitor_metric_alert.criteria", ONE_OF),
    ("azurerm_monitor_metric_alert.dynamic_criteria", ONE_OF),
    ("azurerm_role_assignment.role_definition_name", "it is looked up"),
];

const EMPTY: &str = "empty, it is told from none only by what ARM has in it";

const ONE_OF: &str = "one of the three is always there";

/// Rows of a block that exclude another one there.
const EXCLUDED: &[&str] = &["record", "private_connection_resource_alias"];

/// What has to be written beside for an attribute to mean anything.
const BESIDE: &[(&str, &str, &str)] = &[("azurerm_container_registry", "sku", "Premium")];

/// What an ARM holds that adds nothing of its own.
#[derive(Default)]
struct Echo(BTreeMap<String, Json>);

impl Echo {
    fn look(&self, id: &str) -> Option<&Json> {
        self.0.get(&id.to_lowercase())
    }

    fn carry_out(&mut self, step: Step) {
        let live = self.look(&step.id).cloned();
        if step.method == Method::Delete {
            self.0.remove(&step.id.to_lowercase());
            return self.pools(&step.id);
        }
        let mut body = match (step.method, step.over) {
            (Method::Patch, _) => {
                let mut whole = live.unwrap_or_else(|| json!({}));
                // A PATCH replaces tags as a whole.
                if step.body["tags"].is_object() {
                    whole["tags"] = Json::Null;
                }
                overlay(&mut whole, step.body);
                whole
            }
            (_, Over::Live) => laid_over(live, step.body),
            (_, Over::Nothing) => step.body,
        };
        crate::document::without_nulls(&mut body);
        body["id"] = step.id.as_str().into();
        if let Some((scope, _)) = step.id.split_once("/providers/Microsoft.Authorization/role") {
            body["properties"]["scope"] = scope.into();
        }
        body["name"] = step.id.rsplit('/').next().unwrap_or_default().into();
        self.0.insert(step.id.to_lowercase(), body);
        self.pools(&step.id);
    }

    /// A cluster and its pools are told at both places.
    fn pools(&mut self, id: &str) {
        let (cluster, of_pool) =
            id.split_once("/agentPools/").map_or((id, false), |(cluster, _)| (cluster, true));
        if !cluster.to_lowercase().contains("/managedclusters/") {
            return;
        }
        let listed = self.look(cluster).map(|body| body["properties"]["agentPoolProfiles"].clone());
        let listed = listed.as_ref().and_then(Json::as_array).cloned().unwrap_or_default();
        if of_pool {
            let below = format!("{}/agentpools/", cluster.to_lowercase());
            let told = |body: &Json| {
                let mut pool = body["properties"].clone();
                pool["name"] = body["name"].clone();
                pool
            };
            let all: Vec<Json> =
                self.0.iter().filter(|(id, _)| id.starts_with(&below)).map(|(_, body)| told(body)).collect();
            if let Some(body) = self.0.get_mut(&cluster.to_lowercase()) {
                body["properties"]["agentPoolProfiles"] = all.into();
            }
        } else {
            for pool in listed {
                let id = format!("{cluster}/agentPools/{}", pool["name"].as_str().unwrap_or_default());
                let body = json!({ "name": pool["name"], "properties": pool });
                self.0.insert(id.to_lowercase(), body);
            }
        }
    }

    fn document(&self, resource: &ResourceType, id: &str) -> Option<Json> {
        let mut document = json!({ "body": self.look(id)? });
        for call in resource.calls {
            // What is asked of a webhook is what was told to it.
            if call.method == CallMethod::Post {
                document[call.key] = document["body"]["properties"].clone();
                continue;
            }
            let path = match call.target {
                Target::Below(suffix) => format!("{id}/{suffix}"),
                Target::Told(place) => place(&document["body"]).unwrap_or_default(),
            };
            if !(call.when)(&document["body"]) {
                continue;
            }
            let below = format!("{}/", path.to_lowercase());
            let children: Vec<&Json> =
                self.0.iter().filter(|(id, _)| id.starts_with(&below)).map(|(_, body)| body).collect();
            document[call.key] = self.look(&path).cloned().unwrap_or_else(|| json!({ "value": children }));
        }
        Some(document)
    }
}

/// One type of objects and what there is of it.
struct Scene {
    resource: &'static ResourceType,
    arm: Echo,
}

impl Scene {
    fn apply(&mut self, prior: &Value, config: &Value) -> Result<Value, String> {
        let decided = decide(self.resource, prior, config);
        let planned = decided.planned;
        let deed = if prior.is_null() { Deed::Create } else { Deed::Update };
        let id = match deed {
            Deed::Create => identify(self.resource, &planned, SUBSCRIPTION).ok_or("it has no id")?,
            Deed::Update | Deed::Delete => text(prior, "id"),
        };
        let path = self.resource.hooks.state_id.map_or_else(|| id.clone(), |hook| hook(&id));
        if self.resource.is_association() && self.arm.look(&path).is_none() {
            self.arm.carry_out(Step::put(&path, "", json!({ "properties": {} })));
        }
        let input = StepInput { deed, id: &path, api: "", prior, planned: &planned };
        for step in steps(self.resource, &input, SUBSCRIPTION) {
            self.arm.carry_out(step);
        }
        let document = self.arm.document(self.resource, &path).ok_or("it is not there after the change")?;
        let id: ResourceId = id.parse().map_err(|_| format!("{id} is no id"))?;
        let state =
            settle(&planned, value_of(self.resource.reading(), document, &id, &planned_state(&planned)));
        let again = decide(self.resource, &state, config);
        if again.planned != state || !again.replace.is_empty() {
            let wanted: Vec<String> = again.replace.iter().map(ToString::to_string).collect();
            return Err(format!("left to plan: {} {}", differing(&state, &again.planned), wanted.join(" ")));
        }
        let document = self.arm.document(self.resource, &path).ok_or("it is gone")?;
        let read = value_of(self.resource.reading(), document, &id, &state);
        let later = decide(self.resource, &read, config);
        if later.planned != read || !later.replace.is_empty() {
            return Err(format!("left to plan after a refresh: {}", differing(&read, &later.planned)));
        }
        Ok(state)
    }
}

fn text(value: &Value, name: &str) -> String {
    value.attribute(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn differing(before: &Value, after: &Value) -> String {
    let names = before.as_named().into_iter().flatten();
    let differs = names.filter_map(|(name, value)| {
        let other = after.attribute(name)?;
        (other != value).then(|| format!("{name}: {value:?} -> {other:?}"))
    });
    differs.collect::<Vec<_>>().join("; ")
}

/// A text that a row's pattern accepts.
fn matching(pattern: &str, which: usize) -> Option<String> {
    let candidates = [
        format!("abcd{which}"),
        format!("a{which}"),
        format!("P{}D", which + 1),
        format!("PT{}M", which + 5),
        format!("{}m", which + 1),
        format!("{}", which + 1),
        format!("10.{which}.0.0/16"),
        format!("0{}:00", which + 1),
        format!("0{}.00:00:00", which + 1),
        format!("https://a{which}.example.org/"),
    ];
    let pattern = regex::Regex::new(pattern).expect("the pattern of a row can be read");
    candidates.into_iter().find(|text| pattern.is_match(text))
}

fn formed(form: Form, which: usize) -> String {
    match form {
        Form::NotEmpty => format!("text{which}"),
        Form::Uuid => format!("00000000-0000-0000-0000-00000000000{which}"),
        Form::Time => format!("2030-01-0{}T00:00:00Z", which + 1),
        Form::Duration => format!("{}m", which + 1),
        Form::Network => format!("10.{which}.0.0/16"),
        Form::Address => format!("10.0.0.{which}"),
        Form::VaultKey => format!("https://kv.vault.azure.net/keys/k{which}/1"),
        Form::Base64 => ["YQ==", "Yg=="][which].to_owned(),
    }
}

fn sample_text(row: &Row, which: usize) -> Option<String> {
    match (row.check, row.spelling) {
        (Check::OneOf(words), _) => Some(words[which % words.len()].to_owned()),
        (Check::Matching(pattern, _), _) => matching(pattern, which),
        (Check::Form(form), _) => Some(formed(form, which)),
        (Check::Length(least, _), _) => Some(format!("{}{which}", "a".repeat(least))),
        _ if row.spelling == Spelling::Id || matches!(row.name, "scope" | "storage_account_id") => {
            Some(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v{which}"
            ))
        }
        (_, Spelling::Pairs(pairs)) => Some(pairs[which % pairs.len()].0.to_owned()),
        (_, Spelling::Location) if row.place == Place::Body("/location") => {
            Some(["westeurope", "northeurope"][which].to_owned())
        }
        (_, Spelling::Location) => Some(["uksouth", "francecentral"][which].to_owned()),
        (_, Spelling::Duration) => Some(format!("PT{}M", which + 5)),
        (_, Spelling::JsonText) => Some(format!("{{\"a\":{which}}}")),
        (_, Spelling::VaultKey) => Some(format!("https://kv.vault.azure.net/keys/k{which}/1")),
        _ => Some(format!("text{which}")),
    }
}

fn sample(row: &Row, which: usize) -> Option<Value> {
    Some(match row.kind {
        Kind::Text => Value::string(sample_text(row, which)?),
        Kind::Flag => (which == 0).into(),
        Kind::Number => match row.check {
            Check::Between(least, _) => (least + i64::try_from(which).ok()? + 1).into(),
            Check::OneNumber(numbers) => numbers[which % numbers.len()].into(),
            Check::AtLeast(least) => (least + i64::try_from(which).ok()? + 3).into(),
            Check::Any | Check::OneOf(_) | Check::Matching(..) | Check::Length(..) | Check::Form(_) => {
                (i64::try_from(which).ok()? + 3).into()
            }
        },
        Kind::Texts => Value::list(Type::String, [Value::string(sample_text(row, which)?)]),
        Kind::TextSet => set(Type::String, vec![Value::string(sample_text(row, which)?)]),
        Kind::NumberSet => set(Type::Number, vec![Value::from(i64::try_from(which).ok()? + 1)]),
        Kind::Map => {
            Value::map(Type::String, [(Text::from(format!("key{which}").as_str()), Value::string("v"))])
        }
        Kind::Block(blocks) | Kind::Objects(blocks) => list_of(blocks, vec![block(blocks, which)]),
    })
}

/// A block with everything in it that may be written.
fn block(blocks: Blocks, which: usize) -> Value {
    let written = |row: &Row| {
        let shown = row.is_settable() && row.secrecy != Secrecy::WriteOnly && !EXCLUDED.contains(&row.name);
        let value = shown.then(|| sample(row, which)).flatten();
        (Text::from(row.name), value.unwrap_or_else(|| unwritten(row)))
    };
    Value::object(blocks.rows.iter().map(written).collect::<Vec<_>>())
}

fn unwritten(row: &Row) -> Value {
    match row.kind {
        Kind::Block(blocks) => list_of(blocks, Vec::new()),
        Kind::Text
        | Kind::Flag
        | Kind::Number
        | Kind::Texts
        | Kind::TextSet
        | Kind::Map
        | Kind::NumberSet
        | Kind::Objects(_) => Value::null(row_type(row)),
    }
}

/// What has to be written.
fn config(resource: &ResourceType) -> Value {
    let needed = |row: &Row| {
        let least = matches!(row.kind, Kind::Block(blocks) if blocks.min > 0);
        let role = resource.name == "azurerm_role_assignment" && row.name == "role_definition_id";
        row.presence == Presence::Required || least || role || matches!(row.place, Place::Name)
    };
    let member = |row: &Row| {
        let value = match beside_of(resource.name, row.name) {
            Some(text) => Value::string(text),
            None if needed(row) => sample(row, 0).unwrap_or_else(|| unwritten(row)),
            None => unwritten(row),
        };
        (Text::from(row.name), value)
    };
    Value::object(resource.attributes.iter().map(member).collect::<Vec<_>>())
}

fn beside_of(resource: &str, name: &str) -> Option<&'static str> {
    BESIDE.iter().find(|(of, row, _)| *of == resource && *row == name).map(|(_, _, value)| *value)
}

/// A configuration with one attribute other than in another.
fn with(base: &Value, name: &str, value: Value) -> Value {
    let mut members = base.as_named().cloned().unwrap_or_default();
    members.insert(name.into(), value);
    Value::object(members)
}

fn try_row(resource: &'static ResourceType, bare: &Value, row: &Row) -> Result<(), String> {
    let none = Value::null(Type::Dynamic);
    let with = |which| Some(with(bare, row.name, sample(row, which)?));
    let (Some(first), Some(second)) = (with(0), with(1)) else { return Ok(()) };
    let mut scene = Scene { resource, arm: Echo::default() };
    let state = scene.apply(&none, &first).map_err(|reason| format!("made with it: {reason}"))?;
    if decide(resource, &state, &second).replace.is_empty() {
        let state = scene.apply(&state, &second).map_err(|reason| format!("changed: {reason}"))?;
        if decide(resource, &state, bare).replace.is_empty() {
            scene.apply(&state, bare).map_err(|reason| format!("taken away: {reason}"))?;
        }
    }
    Ok(())
}

/// A block in which only what must be written is.
fn try_lean(resource: &'static ResourceType, bare: &Value, row: &Row) -> Result<(), String> {
    let (Kind::Block(blocks) | Kind::Objects(blocks)) = row.kind else { return Ok(()) };
    let lean = with(bare, row.name, list_of(blocks, vec![required(blocks)]));
    let mut scene = Scene { resource, arm: Echo::default() };
    scene
        .apply(&Value::null(Type::Dynamic), &lean)
        .map(|_state| ())
        .map_err(|reason| format!("lean: {reason}"))
}

fn required(blocks: Blocks) -> Value {
    let written = |row: &Row| {
        let value = if let Kind::Block(inner) = row.kind
            && inner.min > 0
        {
            Some(list_of(inner, vec![required(inner)]))
        } else if row.presence == Presence::Required {
            sample(row, 0)
        } else {
            None
        };
        (Text::from(row.name), value.unwrap_or_else(|| unwritten(row)))
    };
    Value::object(blocks.rows.iter().map(written).collect::<Vec<_>>())
}

#[test]
fn what_was_applied_has_nothing_left_to_plan() {
    let (mut tried, mut wrong) = (0, BTreeMap::new());
    for resource in RESOURCES.iter().filter(|resource| resource.hooks.plane == Plane::Arm) {
        let bare = config(resource);
        for row in
            resource.attributes.iter().filter(|row| row.is_settable() && row.secrecy != Secrecy::WriteOnly)
        {
            tried += 1;
            if let Err(reason) = try_row(resource, &bare, row).and_then(|()| try_lean(resource, &bare, row)) {
                wrong.insert(format!("{}.{}", resource.name, row.name), reason);
            }
        }
    }
    wrong.retain(|place, _| !NOT_ECHOED.iter().any(|(other, _)| other == place));
    println!("{tried} attributes tried");
    assert!(wrong.is_empty(), "{} attributes are not kept: {wrong:#?}", wrong.len());
}
