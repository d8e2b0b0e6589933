//! ARM paths: what a path names, and what that lies in.
//!
//! Source: <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules>

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The id as it was written.
    pub(crate) id: String,
    /// `Microsoft.Storage/storageAccounts`, `Microsoft.Resources/resourceGroups`; types in lower case.
    pub(crate) kind: String,
    /// The last name; empty for a collection.
    pub(crate) name: String,
    /// What it lies in: the id of the parent object, scope or group.
    pub(crate) parent: String,
    /// What is asked of the object (`listKeys`), for POST.
    pub(crate) action: Option<String>,
}

impl Target {
    /// Whether it is all objects of a type.
    pub(crate) fn is_collection(&self) -> bool {
        self.name.is_empty()
    }

    /// The subscription in the id.
    pub(crate) fn subscription(&self) -> Option<&str> {
        after(&self.id, "subscriptions")
    }

    /// The resource group in the id.
    pub(crate) fn group(&self) -> Option<&str> {
        after(&self.id, "resourceGroups")
    }
}

/// What stands behind a word in a path.
pub(crate) fn after<'p>(path: &'p str, word: &str) -> Option<&'p str> {
    let mut parts = path.split('/');
    parts.by_ref().find(|part| part.eq_ignore_ascii_case(word))?;
    parts.next()
}

/// The key under which an id is kept.
pub(crate) fn key(id: &str) -> String {
    id.to_lowercase()
}

/// Takes a path apart; `None` if it names nothing of ARM. With `posts` an odd last part is an action.
pub(crate) fn target(path: &str, method: &http::Method) -> Option<Target> {
    let path = path.trim_end_matches('/');
    let split = find_last_provider(path);
    match split {
        Some((scope, rest)) => provided(path, scope, rest, method),
        None => plain(path),
    }
}

/// The scope before the last `/providers/`, and what comes after it.
fn find_last_provider(path: &str) -> Option<(&str, &str)> {
    let at = path.to_lowercase().rfind("/providers/")?;
    Some((&path[..at], &path[at + "/providers/".len()..]))
}

fn provided(path: &str, scope: &str, rest: &str, method: &http::Method) -> Option<Target> {
    let parts: Vec<&str> = rest.split('/').collect();
    let (namespace, parts) = parts.split_first()?;
    if parts.is_empty() {
        return None;
    }
    let mut parts = parts.to_vec();
    let mut action = None;
    if parts.len() % 2 == 1 && *method == http::Method::POST {
        action = parts.pop().map(str::to_owned);
    }
    let types: Vec<&str> = parts.iter().step_by(2).copied().collect();
    let name = if parts.len() % 2 == 0 { (*parts.last()?).to_owned() } else { String::new() };
    let kind = format!("{namespace}/{}", types.join("/")).to_lowercase();
    let own = parts.len() - parts.len() % 2;
    let parent = match own.checked_sub(2).filter(|before| *before > 0 && !name.is_empty()) {
        Some(before) => format!("{scope}/providers/{namespace}/{}", parts[..before].join("/")),
        None if name.is_empty() && own > 0 => {
            format!("{scope}/providers/{namespace}/{}", parts[..own].join("/"))
        }
        None => scope.to_owned(),
    };
    let id = match &action {
        Some(action) => path[..path.len() - action.len() - 1].to_owned(),
        None => path.to_owned(),
    };
    Some(Target { id, kind, name, parent, action })
}

/// Subscriptions and resource groups.
fn plain(path: &str) -> Option<Target> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let named = |kind: &str, name: &str, parent: String| Target {
        id: path.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        parent,
        action: None,
    };
    let words: Vec<String> = parts.iter().map(|part| part.to_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["subscriptions"] => Some(named("subscriptions", "", String::new())),
        ["subscriptions", _] => Some(named("subscriptions", parts[1], String::new())),
        ["subscriptions", _, "resourcegroups"] => {
            Some(named("microsoft.resources/resourcegroups", "", format!("/subscriptions/{}", parts[1])))
        }
        ["subscriptions", _, "resourcegroups", _] => Some(named(
            "microsoft.resources/resourcegroups",
            parts[3],
            format!("/subscriptions/{}", parts[1]),
        )),
        ["subscriptions", _, "resourcegroups", _, "resources"] => {
            Some(named("resources", "", format!("/{}", parts[..4].join("/"))))
        }
        ["subscriptions", _, "providers"] => {
            Some(named("providers", "", format!("/subscriptions/{}", parts[1])))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    #[test]
    fn a_path_names_a_type_a_name_and_a_parent() {
        let pool = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c/agentPools/p";
        let found = target(pool, &Method::PUT).unwrap();
        assert_eq!(found.kind, "microsoft.containerservice/managedclusters/agentpools");
        assert_eq!((&*found.name, found.group(), found.subscription()), ("p", Some("g"), Some("s")));
        assert!(found.parent.ends_with("managedClusters/c"));
    }

    #[test]
    fn an_odd_part_is_an_action_of_a_post_and_a_collection_of_a_get() {
        let path = "/subscriptions/s/resourceGroups/g/providers/M.S/accounts/a/listKeys";
        let posted = target(path, &Method::POST).unwrap();
        assert_eq!((posted.action.as_deref(), &*posted.name), (Some("listKeys"), "a"));
        let listed = target(path, &Method::GET).unwrap();
        assert_eq!((&*listed.kind, listed.is_collection()), ("m.s/accounts/listkeys", true));
        assert!(listed.parent.ends_with("/accounts/a"));
    }

    #[test]
    fn a_scope_may_be_an_object() {
        let path = "/subscriptions/s/resourceGroups/g/providers/M.R/x/y/providers/Microsoft.Authorization/roleAssignments/1";
        let found = target(path, &Method::GET).unwrap();
        assert_eq!(found.kind, "microsoft.authorization/roleassignments");
        assert!(found.parent.ends_with("/x/y"));
    }
}
