//! Reviews: objects that are asked and not kept, such as whether a user may do something.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/authorization/>

use axum::response::Response;
use base64::Engine as _;
use http::StatusCode;
use serde_json::{Value, json};

use crate::cluster::access::Attributes;
use crate::cluster::changing::{sent_object, shown};
use crate::cluster::cluster_now;
use crate::cluster::controllers::Part;
use crate::cluster::decoding::zero;
use crate::cluster::forms::Form;
use crate::cluster::ownership::{Ground, Writer, update};
use crate::cluster::server::{Call, warned, written};
use crate::cluster::status::{Cause, Refused};
use crate::cluster::world::{World, stamp};
use crate::tls::Identity;

/// Answers a review.
pub(crate) fn answer(call: Call<'_>, user: &Identity) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    asked.check_options("CreateOptions")?;
    let by = asked.request(Part::Main);
    let served = &spot.served;
    let (review, warnings) = written(cluster, |world| {
        let sent = sent_object(world, served, asked, by)?;
        let mut review = world.decoded(served, &sent, by)?;
        let now = stamp(cluster_now());
        let version = served.api_version();
        let writer = Writer { manager: by.manager, api_version: &version, subresource: "", now: &now };
        let own = Ground { shape: &served.shape, ignored: status_only() };
        update(&own, &zero(&served.shape), &mut review, writer);
        review["status"] = match &*served.kind {
            "SelfSubjectReview" => json!({ "userInfo": user_info(user) }),
            "SelfSubjectRulesReview" => {
                let namespace = review["spec"]["namespace"].as_str().unwrap_or_default().to_owned();
                if let Some(metadata) = review["metadata"].as_object_mut() {
                    metadata.shift_remove("managedFields");
                }
                review["spec"] = json!({});
                rules(world, user, &namespace)
            }
            "SelfSubjectAccessReview" => access(world, user, &review["spec"]),
            "TokenReview" => json!({ "user": {}, "error": "the sandbox knows no such token" }),
            _ => {
                check(&review["spec"])?;
                access(world, &subject(&review["spec"]), &review["spec"])
            }
        };
        Ok(review)
    })?;
    Ok(shown(&form, spot, StatusCode::CREATED, &review, &warnings))
}

fn status_only() -> crate::cluster::fieldset::Fields {
    let mut set = crate::cluster::fieldset::Fields::default();
    set.put("f:status".into(), crate::cluster::fieldset::Fields::leaf());
    set
}

fn user_info(user: &Identity) -> Value {
    json!({ "username": user.user, "groups": user.groups })
}

fn subject(spec: &Value) -> Identity {
    let texts = |value: &Value| {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    Identity { user: spec["user"].as_str().unwrap_or_default().to_owned(), groups: texts(&spec["groups"]) }
}

fn check(spec: &Value) -> Result<(), Refused> {
    let mut causes = Vec::new();
    if spec["resourceAttributes"].is_object() == spec["nonResourceAttributes"].is_object() {
        let words = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        causes.push(Cause::invalid("spec.resourceAttributes", "null", words));
    }
    let no_groups = spec["groups"].as_array().is_none_or(Vec::is_empty);
    if spec["user"].as_str().is_none_or(str::is_empty) && no_groups {
        causes.push(Cause::invalid("spec.user", "\"\"", "at least one of user or group must be specified"));
    }
    if causes.is_empty() { Ok(()) } else { Err(Refused::invalid_kindless("authorization.k8s.io", &causes)) }
}

/// Whether a user may do what is described.
fn access(world: &World, user: &Identity, spec: &Value) -> Value {
    let resource = &spec["resourceAttributes"];
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let wanted = if resource.is_object() {
        let part = text(resource, "subresource");
        let plural = text(resource, "resource");
        Attributes {
            verb: text(resource, "verb"),
            group: text(resource, "group"),
            resource: if part.is_empty() { plural } else { format!("{plural}/{part}") },
            namespace: text(resource, "namespace"),
            name: text(resource, "name"),
            path: String::new(),
        }
    } else {
        let other = &spec["nonResourceAttributes"];
        Attributes { verb: text(other, "verb"), path: text(other, "path"), ..Attributes::default() }
    };
    json!({ "allowed": world.allows(user, &wanted) })
}

fn rules(world: &World, user: &Identity, namespace: &str) -> Value {
    let mut resources = vec![
        json!({ "verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"] }),
        json!({ "verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"] }),
    ];
    let mut urls = vec![
        json!({ "verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"] }),
        json!({ "verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"] }),
    ];
    for rule in world.granted(user, namespace).rules {
        if rule["nonResourceURLs"].is_array() {
            urls.push(rule);
        } else {
            resources.push(rule);
        }
    }
    json!({ "resourceRules": resources, "nonResourceRules": urls, "incomplete": false })
}

/// A token for a service account. Nobody but the sandbox would accept it.
pub(crate) fn token(call: Call<'_>, name: &str) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    let sent = asked.object("TokenRequest")?.value;
    let account = cluster.world().get(&spot.served, spot.space(), name)?;
    let seconds = sent["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
    if seconds < 600 {
        let words = "may not specify a duration less than 10 minutes";
        let cause = Cause::invalid("spec.expirationSeconds", &seconds.to_string(), words);
        return Err(Refused::invalid_token(name, &[cause]));
    }
    let now = cluster_now();
    let end = now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(now);
    let part = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({
        "aud": ["https://kubernetes.default.svc.cluster.local"], "exp": end.as_second(), "iat": now.as_second(),
        "iss": "https://kubernetes.default.svc.cluster.local",
        "sub": format!("system:serviceaccount:{}:{name}", spot.space()),
        "uid": account["metadata"]["uid"],
    });
    let header = json!({ "alg": "none", "typ": "JWT" });
    let token = format!("{}.{}.sandbox", part(&header), part(&claims));
    let audiences =
        sent["spec"]["audiences"].as_array().cloned().unwrap_or_else(|| vec![claims["aud"][0].clone()]);
    let answer = json!({
        "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
        "metadata": { "name": name, "namespace": spot.space(), "creationTimestamp": stamp(now) },
        "spec": { "audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": null },
        "status": { "token": token, "expirationTimestamp": stamp(end) },
    });
    Ok(warned(form.answer(StatusCode::CREATED, &answer), &[]))
}
