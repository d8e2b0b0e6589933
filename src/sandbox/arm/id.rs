//! The ids of ARM: what a path points at.
//!
//! Invariant: [`Id::key`] is equal for ids that differ in letter case only.

/// The id of one object, or of a collection of objects, split into its parts as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Id {
    /// What stands before the last `/providers/`; empty for the tenant.
    pub(crate) scope: String,
    /// The namespace, such as `Microsoft.Storage`.
    pub(crate) namespace: String,
    pub(crate) types: Vec<String>,
    /// As many as types, or one less when it is a collection.
    pub(crate) names: Vec<String>,
}

impl Id {
    /// The id as text.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}/providers/{}", self.scope, self.namespace);
        for (at, kind) in self.types.iter().enumerate() {
            text.push('/');
            text.push_str(kind);
            if let Some(name) = self.names.get(at) {
                text.push('/');
                text.push_str(name);
            }
        }
        text
    }

    /// What it is called in the tables.
    pub(crate) fn key(&self) -> String {
        self.text().to_lowercase()
    }

    /// The type, such as `Microsoft.Storage/storageAccounts/blobServices`.
    pub(crate) fn kind(&self) -> String {
        format!("{}/{}", self.namespace, self.types.join("/"))
    }

    pub(crate) fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// The object that this one is a part of.
    pub(crate) fn parent(&self) -> Option<Self> {
        let count = self.types.len().checked_sub(1).filter(|count| *count > 0)?;
        let (types, names) = (self.types[..count].to_vec(), self.names[..count].to_vec());
        Some(Self { types, names, ..self.clone() })
    }

    pub(crate) fn child(&self, kind: &str, name: &str) -> Self {
        let mut child = self.clone();
        child.types.push(kind.to_owned());
        child.names.push(name.to_owned());
        child
    }

    /// The name of the resource group, where it lies in one.
    pub(crate) fn group(&self) -> Option<&str> {
        group_of(&self.scope)
    }

    pub(crate) fn subscription(&self) -> &str {
        self.scope.split('/').nth(2).unwrap_or("")
    }
}

/// The name of the resource group in an id.
pub(crate) fn group_of(id: &str) -> Option<&str> {
    let mut parts = id.split('/').skip(3);
    parts.next().filter(|part| part.eq_ignore_ascii_case("resourceGroups"))?;
    parts.next().filter(|name| !name.is_empty())
}

/// A resource group by subscription and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupId {
    pub(crate) subscription: String,
    pub(crate) name: String,
}

impl GroupId {
    pub(crate) fn text(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.name)
    }

    pub(crate) fn key(&self) -> String {
        self.text().to_lowercase()
    }
}

/// How an operation is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polling {
    /// By `Azure-AsyncOperation`: 200 with a status.
    Status,
    /// By `Location`: 202 until it has ended.
    Location,
}

/// What a path points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Tenants,
    /// All subscriptions, or one.
    Subscriptions {
        subscription: Option<String>,
        locations: Option<()>,
    },
    /// The resource providers of a subscription, or one, with what is done to it.
    Providers {
        namespace: Option<String>,
        verb: Option<String>,
    },
    Groups {
        subscription: String,
    },
    Group(GroupId),
    /// All objects in a subscription or a resource group.
    Resources {
        scope: String,
    },
    Operation {
        id: String,
        style: Polling,
    },
    Object(Id),
    /// A collection, or an action on the object whose collection it would be.
    Members(Id),
}

impl Target {
    /// Reads a decoded path; nothing where it is not one of ARM's.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        let lower: Vec<String> = parts.iter().map(|part| part.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        match lower.as_slice() {
            ["tenants"] => return Some(Self::Tenants),
            ["subscriptions"] => return Some(Self::Subscriptions { subscription: None, locations: None }),
            ["subscriptions", _] => {
                return Some(Self::Subscriptions { subscription: Some(parts[1].into()), locations: None });
            }
            ["subscriptions", _, "locations"] => {
                return Some(Self::Subscriptions {
                    subscription: Some(parts[1].into()),
                    locations: Some(()),
                });
            }
            ["subscriptions", _, "resourcegroups"] => {
                return Some(Self::Groups { subscription: parts[1].into() });
            }
            ["subscriptions", _, "resourcegroups", _] => {
                return Some(Self::Group(GroupId { subscription: parts[1].into(), name: parts[3].into() }));
            }
            ["subscriptions", _, "resources"] | ["subscriptions", _, "resourcegroups", _, "resources"] => {
                let scope = format!("/{}", parts[..parts.len() - 1].join("/"));
                return Some(Self::Resources { scope });
            }
            ["subscriptions", _, "operationresults", _] => {
                return Some(Self::Operation { id: lower[3].into(), style: Polling::Location });
            }
            ["subscriptions", _, "providers", _, "locations", _, "operations", _] => {
                return Some(Self::Operation { id: lower[7].into(), style: Polling::Status });
            }
            ["providers"] | ["subscriptions", _, "providers"] => {
                return Some(Self::Providers { namespace: None, verb: None });
            }
            ["providers", _] | ["subscriptions", _, "providers", _] => {
                let namespace = parts.last().map(|part| (*part).to_owned());
                return Some(Self::Providers { namespace, verb: None });
            }
            ["subscriptions", _, "providers", _, "register" | "unregister"] => {
                return Some(Self::Providers {
                    namespace: Some(parts[3].into()),
                    verb: Some(lower[4].into()),
                });
            }
            _ => {}
        }
        let at = lower.iter().rposition(|part| *part == "providers")?;
        let (scope, rest) = (&parts[..at], &parts[at + 1..]);
        let (namespace, rest) = rest.split_first()?;
        if rest.is_empty() {
            return None;
        }
        let scope = if scope.is_empty() { String::new() } else { format!("/{}", scope.join("/")) };
        let pick = |first: usize| rest.iter().skip(first).step_by(2).map(|part| (*part).to_owned()).collect();
        let id = Id { scope, namespace: (*namespace).to_owned(), types: pick(0), names: pick(1) };
        Some(if rest.len() % 2 == 0 { Self::Object(id) } else { Self::Members(id) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_last_provider_is_the_object() {
        let scope = "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/clusters/c";
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/r");
        let Some(Target::Object(id)) = Target::parse(&path) else { panic!("not an object") };
        assert_eq!((id.scope.as_str(), id.name(), id.group()), (scope, "r", Some("g")));
        assert_eq!(id.text(), path);
        let Some(Target::Members(id)) = Target::parse(&format!("{scope}/pools")) else {
            panic!("not a collection")
        };
        assert_eq!(id.kind(), "Microsoft.X/clusters/pools");
        assert_eq!(id.text(), format!("{scope}/pools"));
        assert_eq!(Target::parse("/subscriptions//resourceGroups"), None);
        assert_eq!(Target::parse("/somewhere/else"), None);
    }
}
