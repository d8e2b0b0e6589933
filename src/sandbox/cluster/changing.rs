//! Requests that change something: create, replace, patch, delete.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use crate::cluster::controllers::{Part, Propagation};
use crate::cluster::deleting::{Deletion, Fate};
use crate::cluster::forms::Form;
use crate::cluster::kinds::Served;
use crate::cluster::ownership::Force;
use crate::cluster::patches::{Patched, patched};
use crate::cluster::protobuf;
use crate::cluster::reading::{self, selection};
use crate::cluster::requests::{Asked, Sent, parse, read_json};
use crate::cluster::server::{Call, Spot, warned, written};
use crate::cluster::status::{Cause, Refused};
use crate::cluster::store::resource_key;
use crate::cluster::world::{Request, Strictness, Trial, World};
use crate::cluster::writes::Revision;

/// Answers with an object in the form that the client asks for.
pub(crate) fn shown(
    form: &Form,
    spot: &Spot,
    status: StatusCode,
    object: &Value,
    warnings: &[String],
) -> Response {
    warned(form.answer(status, &reading::one(form, &spot.served, object)), warnings)
}

/// A body that must be an object of the place's kind.
pub(crate) fn sent_object(
    world: &mut World,
    served: &Served,
    asked: &Asked<'_>,
    by: Request<'_>,
) -> Result<Value, Refused> {
    let sent = asked.object(&served.kind)?;
    check_kind(world, served, &sent.value, asked)?;
    note_twice(world, served, &sent, by)?;
    Ok(sent.value)
}

fn note_twice(world: &mut World, served: &Served, sent: &Sent, by: Request<'_>) -> Result<(), Refused> {
    let words: Vec<String> = sent.twice.iter().map(|path| format!("duplicate field \"{path}\"")).collect();
    match by.strictness {
        Strictness::Strict if !words.is_empty() => Err(Refused::bad(format!(
            "{kind} in version \"{}\" cannot be handled as a {kind}: strict decoding error: {}",
            served.version,
            words.join(", "),
            kind = served.kind,
        ))),
        Strictness::Warn => {
            world.warnings.extend(words);
            Ok(())
        }
        Strictness::Strict | Strictness::Ignore => Ok(()),
    }
}

/// The scheme that knows the built-in kinds, as messages name it.
const SCHEME: &str = "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30";

/// The body's kind must be that of the place.
fn check_kind(world: &World, served: &Served, sent: &Value, asked: &Asked<'_>) -> Result<(), Refused> {
    let text = |name: &str| sent[name].as_str().unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    if version.matches('/').count() > 1 {
        let start: String = String::from_utf8_lossy(asked.body).chars().take(30).collect();
        let dots = if asked.body.len() > 30 { " ..." } else { "" };
        return Err(Refused::bad(format!(
            "the object provided is unrecognized (must be of type {}): unexpected GroupVersion string: {version} ({start}{dots})",
            served.kind
        )));
    }
    let version = if version.is_empty() { served.api_version() } else { version.to_owned() };
    let kind = if kind.is_empty() { &served.kind } else { kind };
    if version == served.api_version() && *kind == *served.kind {
        return Ok(());
    }
    let short = version.rsplit('/').next().unwrap_or_default();
    let known = world.kinds().iter().any(|other| {
        other.api_version() == version
            && (other.kind == *kind || other.list_kind == *kind)
            && other.custom.is_none()
    });
    let words = if served.custom.is_some() {
        return Err(Refused::bad(format!(
            "the API version in the data ({version}) does not match the expected API version ({})",
            served.api_version()
        )));
    } else if known {
        let internal =
            if served.group.is_empty() { "core" } else { served.group.split('.').next().unwrap_or_default() };
        format!("converting ({short}.{kind}) to ({internal}.{}): unknown conversion", served.kind)
    } else {
        format!("no kind \"{kind}\" is registered for version \"{version}\" in scheme \"{SCHEME}\"")
    };
    Err(Refused::bad(format!(
        "{kind} in version \"{short}\" cannot be handled as a {}: {words}",
        served.kind
    )))
}

pub(crate) fn create(call: Call<'_>) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    asked.check_options("CreateOptions")?;
    let by = asked.request(Part::Main);
    let (made, warnings) = written(cluster, |world| {
        let sent = sent_object(world, &spot.served, asked, by)?;
        if spot.served.scope == crate::cluster::kinds::Scope::Namespaced && spot.namespace.is_none() {
            return Err(Refused::bad("an empty namespace may not be set during creation"));
        }
        world.create(&spot.served, spot.space(), &sent, by)
    })?;
    Ok(shown(&form, spot, StatusCode::CREATED, &made, &warnings))
}

pub(crate) fn put(call: Call<'_>, name: &str, part: Part) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    asked.check_options("UpdateOptions")?;
    let by = asked.request(part);
    let ((new, status), warnings) = written(cluster, |world| {
        let sent = sent_object(world, &spot.served, asked, by)?;
        let was = world.get(&spot.served, spot.space(), name).is_ok();
        let new = world.replace(&spot.served, spot.space(), name, &sent, by)?;
        Ok((new, if was { StatusCode::OK } else { StatusCode::CREATED }))
    })?;
    Ok(shown(&form, spot, status, &new, &warnings))
}

pub(crate) fn patch(call: Call<'_>, name: &str, part: Part) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    let kind = asked.content_type();
    let custom = spot.served.custom.is_some();
    let known = matches!(
        kind,
        "application/json-patch+json" | "application/merge-patch+json" | "application/apply-patch+yaml"
    ) || kind == "application/strategic-merge-patch+json" && !custom;
    if !known {
        let all = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
        let words = match (custom, kind) {
            (true, "application/strategic-merge-patch+json") => {
                let words = format!(
                    "the body of the request was in an unknown format - accepted media types include: {all}"
                );
                return Err(Refused::new(415, "UnsupportedMediaType", words));
            }
            _ => "415: Unsupported Media Type",
        };
        return Err(Refused { details: json!({}), ..Refused::new(415, "UnsupportedMediaType", words) });
    }
    asked.check_options("PatchOptions")?;
    asked.check_size()?;
    let by = asked.request(part);
    if kind == "application/apply-patch+yaml" {
        return applied(call, name, &form, by);
    }
    let (new, warnings) = written(cluster, |world| {
        let old = world.get(&spot.served, spot.space(), name)?;
        let read = parse(asked.body).map_err(|words| Refused::bad(format!("error decoding patch: {words}")));
        let patched = patched(&spot.served, kind, &old, &read?)?;
        let sent = checked(world, &spot.served, &old, patched, by)?;
        world.change_patched(Revision { served: &spot.served, namespace: spot.space(), old: &old, by }, sent)
    })?;
    Ok(shown(&form, spot, StatusCode::OK, &new, &warnings))
}

/// Reads what a patch has led to as an object again.
fn checked(
    world: &mut World,
    served: &Served,
    old: &Value,
    patched: Patched,
    by: Request<'_>,
) -> Result<Value, Refused> {
    let mut strict: Vec<String> = Vec::new();
    let shown = patched.shown.clone();
    let invalid = |words: &str| {
        let value = serde_json::to_string(&shown).unwrap_or_default();
        Refused::invalid_patch(&[Cause::invalid("patch", &value, words)])
    };
    check_patched_kind(world, served, &patched.object).map_err(|words| invalid(&words))?;
    strict.extend(patched.twice.iter().map(|path| format!("duplicate field \"{path}\"")));
    let warnings = world.warnings.len();
    let decoded = world.decoded(served, &patched.object, Request { strictness: Strictness::Warn, ..by });
    let new = decoded.map_err(|refused| {
        let start = format!(
            "{kind} in version \"{}\" cannot be handled as a {kind}: ",
            served.version,
            kind = served.kind
        );
        invalid(refused.message.strip_prefix(&start).unwrap_or(&refused.message))
    })?;
    let said = world.warnings.split_off(warnings);
    strict.extend(said.into_iter().filter(|words| words.starts_with("unknown field")));
    match by.strictness {
        Strictness::Strict if !strict.is_empty() => {
            return Err(invalid(&format!("strict decoding error: {}", strict.join(", "))));
        }
        Strictness::Warn => world.warnings.extend(strict),
        Strictness::Strict | Strictness::Ignore => {}
    }
    check_identity(old, &patched.object)?;
    Ok(new)
}

/// What a patch has made of an object must be read as its kind again.
fn check_patched_kind(world: &World, served: &Served, object: &Value) -> Result<(), String> {
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    if version == served.api_version() && kind == served.kind || version.is_empty() && kind.is_empty() {
        return Ok(());
    }
    let other = world.kinds().iter().find(|other| other.api_version() == version && other.kind == kind);
    let Some(other) = other else {
        return Err(format!(
            "no kind \"{kind}\" is registered for version \"{version}\" in scheme \"{SCHEME}\""
        ));
    };
    crate::cluster::decoding::decode(&other.shape, object)?;
    let internal =
        if served.group.is_empty() { "core" } else { served.group.split('.').next().unwrap_or_default() };
    let short = version.rsplit('/').next().unwrap_or_default();
    Err(format!("converting ({short}.{kind}) to ({internal}.{}): unknown conversion", served.kind))
}

/// A patch may not turn an object into another.
fn check_identity(old: &Value, new: &Value) -> Result<(), Refused> {
    let text = |object: &Value, name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
    let (name, written) = (text(old, "name"), text(new, "name"));
    if !written.is_empty() && name != written {
        return Err(Refused::bad(format!(
            "the name of the object ({written}) does not match the name on the URL ({name})"
        )));
    }
    let (space, written) = (text(old, "namespace"), text(new, "namespace"));
    if !written.is_empty() && space != written {
        return Err(Refused::bad(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

fn applied(call: Call<'_>, name: &str, form: &Form, by: Request<'_>) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let force = if asked.wants("force") { Force::Yes } else { Force::No };
    let ((object, new), warnings) = written(cluster, |world| {
        let (config, said) = configuration(asked.body, by.strictness)?;
        world.warnings.extend(said);
        let text = |name: &str| config[name].as_str().unwrap_or_default();
        if text("kind") != spot.served.kind || text("apiVersion") != spot.served.api_version() {
            let version = text("apiVersion");
            let shown = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
            return Err(Refused::bad(format!("invalid object type: {shown}, Kind={}", text("kind"))));
        }
        world.apply(&spot.served, (spot.space(), name), &config, force, by)
    })?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(shown(form, spot, status, &object, &warnings))
}

/// Reads an applied configuration: YAML, and so JSON too. A key that is there twice is warned of.
fn configuration(body: &[u8], strictness: Strictness) -> Result<(Value, Vec<String>), Refused> {
    let undecoded =
        |words: &str| Refused::bad(format!("error decoding YAML: error converting YAML to JSON: {words}"));
    let text = std::str::from_utf8(body).map_err(|_| undecoded("yaml: invalid UTF-8"))?;
    let (value, twice) = match crate::cluster::yaml::read(text) {
        Ok(read) => read,
        Err(words) => return Err(undecoded(&words)),
    };
    if strictness == Strictness::Strict && !twice.is_empty() {
        let lines: String = twice.iter().map(|words| format!("\n  {words}")).collect();
        return Err(Refused::bad(format!(
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:{lines}"
        )));
    }
    Ok((value, if strictness == Strictness::Warn { twice } else { Vec::new() }))
}

/// Reads the options of a deletion, from the body or from the query.
fn deletion(asked: &Asked<'_>) -> Result<(Deletion, Option<bool>, Trial), Refused> {
    let options = if asked.body.is_empty() {
        from_query(asked)
    } else if asked.body.starts_with(protobuf::MAGIC) {
        protobuf::read(asked.body).map_err(Refused::bad)?
    } else {
        read_json(asked.body)
            .map_err(|words| Refused::bad(format!("couldn't get version/kind; json parse error: {words}")))?
            .value
    };
    if let Some(kind) = options["kind"].as_str().filter(|kind| *kind != "DeleteOptions") {
        let version = options["apiVersion"].as_str().unwrap_or_default();
        return Err(Refused::bad(format!(
            "no kind {kind:?} is registered for version {version:?} in scheme \"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\""
        )));
    }
    check_deletion(&options)?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let orphan = options["orphanDependents"].as_bool();
    let propagation = match (options["propagationPolicy"].as_str(), orphan) {
        (Some("Foreground"), _) => Some(Propagation::Foreground),
        (Some("Orphan"), _) | (None, Some(true)) => Some(Propagation::Orphan),
        (Some("Background"), _) | (None, Some(false)) => Some(Propagation::Background),
        (Some(_) | None, _) => None,
    };
    let how = Deletion {
        uid: text(&options["preconditions"]["uid"]),
        version: text(&options["preconditions"]["resourceVersion"]),
        grace: options["gracePeriodSeconds"].as_i64(),
        propagation,
    };
    let dry =
        options["dryRun"].as_array().is_some_and(|all| !all.is_empty()) || asked.query.contains_key("dryRun");
    Ok((how, orphan, if dry { Trial::Dry } else { Trial::Real }))
}

fn from_query(asked: &Asked<'_>) -> Value {
    let mut options = json!({});
    let given = |name: &str| asked.query.get(name);
    if let Some(policy) = given("propagationPolicy") {
        options["propagationPolicy"] = policy.clone().into();
    }
    if let Some(seconds) = given("gracePeriodSeconds").and_then(|text| text.parse::<i64>().ok()) {
        options["gracePeriodSeconds"] = seconds.into();
    }
    if given("orphanDependents").is_some() {
        options["orphanDependents"] = asked.wants("orphanDependents").into();
    }
    if let Some(dry) = given("dryRun") {
        options["dryRun"] = json!([dry]);
    }
    options
}

fn check_deletion(options: &Value) -> Result<(), Refused> {
    let mut causes = Vec::new();
    let policy = options["propagationPolicy"].as_str();
    if let Some(policy) = policy
        && options["orphanDependents"].is_boolean()
    {
        let words = "orphanDependents and deletionPropagation cannot be both set";
        causes.push(Cause::invalid("propagationPolicy", &format!("{policy:?}"), words));
    }
    let known = ["Foreground", "Background", "Orphan"];
    if let Some(policy) = policy.filter(|policy| !known.contains(policy)) {
        let all = ["Foreground", "Background", "Orphan", "nil"];
        causes.push(Cause::unsupported("propagationPolicy", &format!("{policy:?}"), &all));
    }
    if options["dryRun"].as_array().is_some_and(|all| all.iter().any(|one| one != "All")) {
        causes.push(Cause::unsupported("dryRun", &options["dryRun"].to_string(), &["All"]));
    }
    if causes.is_empty() { Ok(()) } else { Err(Refused::invalid_options("DeleteOptions", &causes)) }
}

/// Kinds that a deletion answers with the object itself.
const SHOWN: &[&str] = &[
    "Pod",
    "Service",
    "ServiceAccount",
    "ReplicationController",
    "ResourceQuota",
    "PodTemplate",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PodSecurityPolicy",
];

pub(crate) fn delete(call: Call<'_>, name: &str) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    let served = &spot.served;
    let (how, orphan, trial) = deletion(asked)?;
    let ((object, fate), warnings) =
        written(cluster, |world| world.delete(served, spot.space(), name, &how, trial))?;
    if fate == Fate::Going {
        let status = if orphan == Some(false) { StatusCode::ACCEPTED } else { StatusCode::OK };
        return Ok(shown(&form, spot, status, &object, &warnings));
    }
    if served.custom.is_none() && SHOWN.contains(&&*served.kind) {
        return Ok(shown(&form, spot, StatusCode::OK, &object, &warnings));
    }
    let mut details = json!({ "name": name, "kind": served.plural, "uid": object["metadata"]["uid"] });
    if !served.group.is_empty() {
        details["group"] = served.group.clone().into();
    }
    let status = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details });
    Ok(warned(form.answer(StatusCode::OK, &status), &warnings))
}

pub(crate) fn delete_all(call: Call<'_>) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    let served = &spot.served;
    let selection = selection(spot, asked)?;
    let (how, _, trial) = deletion(asked)?;
    let ((items, version), warnings) = written(cluster, |world| {
        let version = world.store.version().to_string();
        let key = resource_key(served.store_group(), &served.plural);
        let found: Vec<_> = world
            .store
            .all(&key, spot.namespace.as_deref())
            .filter(|object| selection.takes(object))
            .cloned()
            .collect();
        let mut items = Vec::new();
        for object in &found {
            let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
            world.delete(served, text("namespace"), text("name"), &how, trial)?;
            items.push(crate::cluster::versions::shown(served, object));
        }
        Ok((items, version))
    })?;
    let items: Vec<&Value> = items.iter().map(|object| &**object).collect();
    let list = reading::list_of(&form, served, &items, &json!({ "resourceVersion": version }));
    Ok(warned(form.answer(StatusCode::OK, &list), &warnings))
}
