//! The scale of a workload: how many replicas it has and is to have.
//!
//! Rule: who writes a scale owns `spec.replicas` of the workload, as a writer of its own.

use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::cluster::controllers::Part;
use crate::cluster::forms::Form;
use crate::cluster::kinds::Served;
use crate::cluster::ownership::Force;
use crate::cluster::patches::{json_patch, merge_patch};
use crate::cluster::requests::{Asked, parse};
use crate::cluster::server::{Call, Spot, warned, written};
use crate::cluster::status::{Cause, Refused};
use crate::cluster::world::{Request, World};
use crate::cluster::writes::Revision;

/// Where a kind keeps its replicas: what is wanted, what there is, the selector of its pods.
struct Paths {
    wanted: String,
    there: String,
    selector: Option<String>,
}

impl Paths {
    fn of(served: &Served) -> Paths {
        let own = served.custom.as_ref().and_then(|custom| custom.scale.clone());
        let Some(scale) = own else {
            return Paths { wanted: "spec.replicas".into(), there: "status.replicas".into(), selector: None };
        };
        let path = |name: &str| scale[name].as_str().map(|path| path.trim_start_matches('.').to_owned());
        Paths {
            wanted: path("specReplicasPath").unwrap_or_default(),
            there: path("statusReplicasPath").unwrap_or_default(),
            selector: path("labelSelectorPath"),
        }
    }
}

fn at<'v>(object: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(object, |object, name| &object[name])
}

fn put(object: &mut Value, path: &str, value: Value) {
    let mut place = object;
    for name in path.split('.') {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[name];
    }
    *place = value;
}

/// The scale that an object shows.
fn scale_of(served: &Served, object: &Value) -> Result<Value, Refused> {
    let paths = Paths::of(served);
    let metadata = &object["metadata"];
    let mut shown = Map::new();
    for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = metadata.get(name) {
            shown.insert(name.to_owned(), value.clone());
        }
    }
    let wanted = at(object, &paths.wanted);
    if served.custom.is_some() && wanted.is_null() {
        let words = format!("the spec replicas field \".{}\" does not exist", paths.wanted);
        return Err(Refused::new(500, "InternalError", format!("Internal error occurred: {words}")));
    }
    let mut scale = json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": shown,
        "spec": {}, "status": { "replicas": at(object, &paths.there).as_i64().unwrap_or(0) },
    });
    if let Some(wanted) = wanted.as_i64().filter(|wanted| *wanted != 0) {
        scale["spec"]["replicas"] = wanted.into();
    }
    let selector = match &paths.selector {
        Some(path) => at(object, path).as_str().map(str::to_owned),
        None => selector_text(&object["spec"]["selector"]),
    };
    if let Some(selector) = selector.filter(|selector| !selector.is_empty()) {
        scale["status"]["selector"] = selector.into();
    }
    Ok(scale)
}

/// A selector as text.
fn selector_text(selector: &Value) -> Option<String> {
    let labels = selector.get("matchLabels").unwrap_or(selector).as_object()?;
    let mut parts: Vec<String> =
        labels.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?))).collect();
    for one in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = one["key"].as_str()?;
        let values: Vec<&str> =
            one["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        parts.push(match one["operator"].as_str()? {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        });
    }
    parts.sort();
    Some(parts.join(","))
}

/// Answers a request for a scale.
pub(crate) fn answer(call: Call<'_>, method: &Method, name: &str) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    let served = &spot.served;
    if *method == Method::GET {
        let object = cluster.world().get(served, spot.space(), name)?;
        return Ok(form.answer(StatusCode::OK, &scale_of(served, &object)?));
    }
    let by = asked.request(Part::Scale);
    let (new, warnings) = written(cluster, |world| match method.as_str() {
        "PUT" => {
            let sent = asked.object("Scale")?.value;
            set(world, spot, name, &sent, by)
        }
        "PATCH" => patch(world, spot, name, asked, by),
        _ => Err(Refused::no_method()),
    })?;
    Ok(warned(form.answer(StatusCode::OK, &new), &warnings))
}

fn patch(
    world: &mut World,
    spot: &Spot,
    name: &str,
    asked: &Asked<'_>,
    by: Request<'_>,
) -> Result<Value, Refused> {
    let served = &spot.served;
    asked.check_options("PatchOptions")?;
    let old = scale_of(served, &*world.get(served, spot.space(), name)?)?;
    let unread = |words: String| Refused::bad(format!("error decoding patch: {words}"));
    if asked.content_type() == "application/apply-patch+yaml" {
        let text = std::str::from_utf8(asked.body).unwrap_or_default();
        let (config, _) = crate::cluster::yaml::read(text).map_err(unread)?;
        let force = if asked.wants("force") { Force::Yes } else { Force::No };
        return apply(world, spot, name, &config, force, by);
    }
    let sent = parse(asked.body).map_err(unread)?.value;
    let new = match asked.content_type() {
        "application/json-patch+json" => json_patch(&old, &sent)?,
        "application/merge-patch+json" | "application/strategic-merge-patch+json" => {
            let mut new = old.clone();
            merge_patch(&mut new, &sent);
            new
        }
        _ => {
            let refused = Refused::new(415, "UnsupportedMediaType", "415: Unsupported Media Type");
            return Err(Refused { details: json!({}), ..refused });
        }
    };
    set(world, spot, name, &new, by)
}

/// What a scale says of the object that it belongs to.
fn replicas(sent: &Value) -> Result<i64, Refused> {
    let wanted = &sent["spec"]["replicas"];
    if wanted.is_string() {
        let words = "Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32";
        return Err(Refused::bad(words));
    }
    Ok(wanted.as_i64().unwrap_or(0))
}

fn check(served: &Served, sent: &Value, wanted: i64) -> Result<(), Refused> {
    if wanted >= 0 {
        return Ok(());
    }
    let name = sent["metadata"]["name"].as_str().unwrap_or_default();
    if served.custom.is_some() {
        let field = format!(".{}", Paths::of(served).wanted);
        let cause = Cause::invalid(&field, &wanted.to_string(), "should be a non-negative integer");
        return Err(Refused::invalid(served, name, &[cause]));
    }
    let cause = Cause::invalid("spec.replicas", &wanted.to_string(), "must be greater than or equal to 0");
    Err(Refused::invalid_scale(name, &[cause]))
}

fn set(world: &mut World, spot: &Spot, name: &str, sent: &Value, by: Request<'_>) -> Result<Value, Refused> {
    let served = &spot.served;
    let wanted = replicas(sent)?;
    check(served, sent, wanted)?;
    let old = world.get(served, spot.space(), name)?;
    let version = sent["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !version.is_empty() && Some(version) != old["metadata"]["resourceVersion"].as_str() {
        return Err(Refused::stale(served, name));
    }
    let mut new = (*old).clone();
    put(&mut new, &Paths::of(served).wanted, wanted.into());
    let changed = world.change(Revision { served, namespace: spot.space(), old: &old, by }, new)?;
    scale_of(served, &changed)
}

fn apply(
    world: &mut World,
    spot: &Spot,
    name: &str,
    config: &Value,
    force: Force,
    by: Request<'_>,
) -> Result<Value, Refused> {
    let served = &spot.served;
    let wanted = replicas(config)?;
    check(served, config, wanted)?;
    let mut own =
        json!({ "apiVersion": served.api_version(), "kind": served.kind, "metadata": { "name": name } });
    if config["spec"].get("replicas").is_some() {
        put(&mut own, &Paths::of(served).wanted, wanted.into());
    }
    let (changed, _) = world.apply(served, (spot.space(), name), &own, force, by)?;
    scale_of(served, &changed)
}
