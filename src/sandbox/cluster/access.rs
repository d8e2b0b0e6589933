//! Who may do what: roles and their bindings.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>

use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Value, json};

use crate::cluster::server::Place;
use crate::cluster::status::Refused;
use crate::cluster::world::World;
use crate::tls::Identity;

/// The group that may do everything.
const MASTERS: &str = "system:masters";
const ACCOUNT: &str = "system:serviceaccount:";

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    pub(crate) verb: String,
    pub(crate) group: String,
    /// With its part: `pods/log`.
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The path, if it is none of a resource.
    pub(crate) path: String,
}

impl Attributes {
    pub(crate) fn of(place: &Place, verb: &str) -> Attributes {
        let resource = match &place.part {
            Some(part) => format!("{}/{part}", place.plural),
            None => place.plural.clone(),
        };
        let own = place.group.is_empty() && place.plural == "namespaces";
        let namespace = if own { place.name.clone() } else { place.namespace.clone() };
        Attributes {
            verb: verb.to_owned(),
            group: place.group.clone(),
            resource,
            namespace: namespace.unwrap_or_default(),
            name: place.name.clone().unwrap_or_default(),
            path: String::new(),
        }
    }
}

/// Who a request is made as: the client, or whom it stands in for.
///
/// # Errors
/// When the client may not stand in for others.
pub(crate) fn acting(world: &World, user: &Identity, headers: &HeaderMap) -> Result<Identity, Refused> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let Some(other) = header("impersonate-user") else { return Ok(with_groups(user.clone())) };
    let (resource, namespace, name) = match other.strip_prefix(ACCOUNT).and_then(|rest| rest.split_once(':'))
    {
        Some((namespace, name)) => ("serviceaccounts", namespace.to_owned(), name.to_owned()),
        None => ("users", String::new(), other.clone()),
    };
    let attributes = Attributes {
        verb: "impersonate".into(),
        resource: resource.into(),
        namespace,
        name,
        ..Attributes::default()
    };
    world.authorize(&with_groups(user.clone()), &attributes)?;
    let groups = headers.get_all("impersonate-group").iter();
    let groups = groups.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
    Ok(with_groups(Identity { user: other, groups }))
}

/// The groups in which a user is by being who it is.
fn with_groups(mut user: Identity) -> Identity {
    let mut add = |group: String| {
        if !user.groups.contains(&group) {
            user.groups.push(group);
        }
    };
    if let Some((namespace, _)) =
        user.user.clone().strip_prefix(ACCOUNT).and_then(|rest| rest.split_once(':'))
    {
        add("system:serviceaccounts".into());
        add(format!("system:serviceaccounts:{namespace}"));
    }
    let anonymous = user.user == "system:anonymous";
    add(if anonymous { "system:unauthenticated".into() } else { "system:authenticated".into() });
    user
}

/// Rules with where they hold.
pub(crate) struct Granted {
    pub(crate) rules: Vec<Value>,
}

impl World {
    /// # Errors
    /// When the user has no right to it.
    pub(crate) fn authorize(&self, user: &Identity, wanted: &Attributes) -> Result<(), Refused> {
        if self.allows(user, wanted) { Ok(()) } else { Err(forbidden(user, wanted)) }
    }

    /// Whether a user has a right.
    pub(crate) fn allows(&self, user: &Identity, wanted: &Attributes) -> bool {
        if user.groups.iter().any(|group| group == MASTERS) {
            return true;
        }
        if wanted.verb == "get" && PUBLIC.contains(&wanted.path.as_str()) || is_discovery(wanted) {
            return true;
        }
        if is_self_review(wanted) {
            return true;
        }
        let all = self.granted(user, &wanted.namespace);
        all.rules.iter().any(|rule| holds(rule, wanted))
    }

    /// All rules that hold for a user in a namespace.
    pub(crate) fn granted(&self, user: &Identity, namespace: &str) -> Granted {
        let mut rules = Vec::new();
        for binding in self.store.all("rbac.authorization.k8s.io/clusterrolebindings", None) {
            if binds(binding, user) {
                rules.extend(self.rules_of(binding, ""));
            }
        }
        if !namespace.is_empty() {
            for binding in self.store.all("rbac.authorization.k8s.io/rolebindings", Some(namespace)) {
                if binds(binding, user) {
                    rules.extend(self.rules_of(binding, namespace));
                }
            }
        }
        Granted { rules }
    }

    fn rules_of(&self, binding: &Arc<Value>, namespace: &str) -> Vec<Value> {
        let role = &binding["roleRef"];
        let name = role["name"].as_str().unwrap_or_default();
        let found = match role["kind"].as_str() {
            Some("ClusterRole") => self.find("rbac.authorization.k8s.io", "clusterroles", "", name),
            _ => self.find("rbac.authorization.k8s.io", "roles", namespace, name),
        };
        found.and_then(|role| role["rules"].as_array().cloned()).unwrap_or_default()
    }
}

/// Paths that everybody may read.
const PUBLIC: &[&str] = &["/version", "/healthz", "/livez", "/readyz"];

/// Whoever is known may find out what there is.
fn is_discovery(wanted: &Attributes) -> bool {
    let path = wanted.path.as_str();
    wanted.verb == "get"
        && (matches!(path, "/api" | "/apis" | "") && !path.is_empty()
            || path.starts_with("/api/")
            || path.starts_with("/apis/")
            || path.starts_with("/openapi/"))
}

/// Whoever is known may ask about itself.
fn is_self_review(wanted: &Attributes) -> bool {
    let (group, resource) = (wanted.group.as_str(), wanted.resource.as_str());
    wanted.verb == "create"
        && matches!(
            (group, resource),
            ("authorization.k8s.io", "selfsubjectaccessreviews" | "selfsubjectrulesreviews")
                | ("authentication.k8s.io", "selfsubjectreviews")
        )
}

fn binds(binding: &Value, user: &Identity) -> bool {
    let own = binding["metadata"]["namespace"].as_str().unwrap_or_default();
    binding["subjects"].as_array().into_iter().flatten().any(|subject| {
        let name = subject["name"].as_str().unwrap_or_default();
        match subject["kind"].as_str() {
            Some("User") => name == user.user,
            Some("Group") => user.groups.iter().any(|group| group == name),
            Some("ServiceAccount") => {
                let namespace =
                    subject["namespace"].as_str().filter(|space| !space.is_empty()).unwrap_or(own);
                user.user == format!("{ACCOUNT}{namespace}:{name}")
            }
            Some(_) | None => false,
        }
    })
}

/// Whether a rule gives a right.
pub(crate) fn holds(rule: &Value, wanted: &Attributes) -> bool {
    let has = |member: &str, fits: &dyn Fn(&str) -> bool| {
        rule[member].as_array().into_iter().flatten().filter_map(Value::as_str).any(fits)
    };
    if !has("verbs", &|verb| verb == "*" || verb == wanted.verb) {
        return false;
    }
    if !wanted.path.is_empty() {
        return has("nonResourceURLs", &|url| {
            url == wanted.path || url.strip_suffix('*').is_some_and(|start| wanted.path.starts_with(start))
        });
    }
    let part = wanted.resource.split_once('/').map(|(_, part)| part);
    let resource = |known: &str| {
        known == "*"
            || known == wanted.resource
            || part.is_some_and(|part| known.strip_prefix("*/") == Some(part))
    };
    let named = rule["resourceNames"].as_array().is_none_or(Vec::is_empty)
        || has("resourceNames", &|name| name == wanted.name);
    has("apiGroups", &|group| group == "*" || group == wanted.group) && has("resources", &resource) && named
}

fn forbidden(user: &Identity, wanted: &Attributes) -> Refused {
    if !wanted.path.is_empty() {
        let words =
            format!("forbidden: User \"{}\" cannot {} path \"{}\"", user.user, wanted.verb, wanted.path);
        return Refused { details: json!({}), ..Refused::new(403, "Forbidden", words) };
    }
    let plural = wanted.resource.split('/').next().unwrap_or_default();
    let qualified =
        if wanted.group.is_empty() { plural.to_owned() } else { format!("{plural}.{}", wanted.group) };
    let about = if wanted.name.is_empty() { qualified } else { format!("{qualified} \"{}\"", wanted.name) };
    let place = if wanted.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{}\"", wanted.namespace)
    };
    let message = format!(
        "{about} is forbidden: User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {place}",
        user.user, wanted.verb, wanted.resource, wanted.group
    );
    let mut details = json!({ "kind": plural });
    if !wanted.name.is_empty() {
        details["name"] = wanted.name.clone().into();
    }
    if !wanted.group.is_empty() {
        details["group"] = wanted.group.clone().into();
    }
    Refused { details, ..Refused::new(403, "Forbidden", message) }
}
