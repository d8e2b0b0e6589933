//! Subresources: status, scale, eviction, binding, tokens, logs.

use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::json;

use crate::cluster::Cluster;
use crate::cluster::controllers::Part;
use crate::cluster::deleting::Deletion;
use crate::cluster::forms::Form;
use crate::cluster::reading;
use crate::cluster::server::{Call, Spot, warned, written};
use crate::cluster::status::Refused;
use crate::cluster::world::Trial;
use crate::cluster::{changing, reviews, scales};

/// Answers a request for a part of an object.
pub(crate) fn answer(call: Call<'_>, method: &Method, name: &str, part: &str) -> Result<Response, Refused> {
    let Call { cluster, spot, .. } = call;
    if !spot.served.parts.iter().any(|known| known == part) {
        return Err(Refused::no_path());
    }
    let whole = match part {
        "finalize" => Some(Part::Finalize),
        "status" | "approval" => Some(Part::Status),
        "ephemeralcontainers" | "resize" => Some(Part::Main),
        _ => None,
    };
    match (method.as_str(), part, whole) {
        ("GET", _, Some(_)) => reading::get(call, name),
        ("PUT", _, Some(part)) => changing::put(call, name, part),
        ("PATCH", _, Some(part)) => changing::patch(call, name, part),
        (_, "scale", _) => scales::answer(call, method, name),
        ("POST", "eviction", _) => evict(call, name),
        ("POST", "binding", _) => bind(call, name),
        ("POST", "token", _) => reviews::token(call, name),
        ("GET", "log", _) => log(cluster, spot, name),
        (_, "exec" | "attach" | "portforward" | "proxy", _) => connect(cluster, spot, name, part),
        _ => Err(Refused::no_method()),
    }
}

/// Evicts a pod, unless a disruption budget forbids it.
fn evict(call: Call<'_>, name: &str) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    let sent = asked.object("Eviction")?.value;
    let grace = sent["deleteOptions"]["gracePeriodSeconds"].as_i64();
    let dry = asked.query.contains_key("dryRun") || sent["deleteOptions"]["dryRun"].is_array();
    let trial = if dry { Trial::Dry } else { Trial::Real };
    let (_, warnings) = written(cluster, |world| {
        let pod = world.get(&spot.served, spot.space(), name)?;
        world.check_budget(&pod)?;
        if trial == Trial::Real {
            world.mark_evicted(&pod)?;
        }
        let how = Deletion { grace, ..Deletion::default() };
        world.delete(&spot.served, spot.space(), name, &how, trial)
    })?;
    let status =
        json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    Ok(warned(form.answer(StatusCode::CREATED, &status), &warnings))
}

fn bind(call: Call<'_>, name: &str) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    let sent = asked.object("Binding")?.value;
    let node = sent["target"]["name"].as_str().unwrap_or_default().to_owned();
    let (_, warnings) = written(cluster, |world| world.bind(spot.space(), name, &node))?;
    let status =
        json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    Ok(warned(form.answer(StatusCode::CREATED, &status), &warnings))
}

fn log(cluster: &Cluster, spot: &Spot, name: &str) -> Result<Response, Refused> {
    let pod = cluster.world().get(&spot.served, spot.space(), name)?;
    // A pod without a node has not even begun.
    Ok(if pod["spec"]["nodeName"].is_null() { reading::text("") } else { reading::text(reading::NO_LOGS) })
}

/// Nothing runs, so there is nothing to connect to.
fn connect(cluster: &Cluster, spot: &Spot, name: &str, part: &str) -> Result<Response, Refused> {
    let object = cluster.world().get(&spot.served, spot.space(), name)?;
    if spot.served.is("", "pods") && object["spec"]["nodeName"].is_null() {
        return Err(Refused::bad(format!("pod {name} does not have a host assigned")));
    }
    let words = format!("the sandbox runs no containers, so `{part}` has nothing to connect to");
    Err(Refused::new(501, "NotImplemented", words))
}
