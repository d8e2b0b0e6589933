//! The id of an ARM resource.
//!
//! Invariant: two ids are equal when they are equal but for letter case, since ARM answers in another casing than it was asked in.
//! Rule: <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules>

use std::fmt;
use std::str::FromStr;

/// The id of an ARM resource, such as `/subscriptions/…/managedClusters/gpu`.
#[derive(Clone, Debug)]
pub struct ResourceId(String);

/// The text is no id; holds the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidId(pub String);

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no ARM resource id: it must look like `/subscriptions/…/resourceGroups/…/providers/…`",
            self.0
        )
    }
}

impl std::error::Error for InvalidId {}

impl FromStr for ResourceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<ResourceId, InvalidId> {
        let whole = text.strip_prefix('/').filter(|rest| rest.split('/').all(|part| !part.is_empty()));
        let starts = whole.is_some_and(|rest| {
            rest.to_lowercase().starts_with("subscriptions/") || rest.to_lowercase().starts_with("providers/")
        });
        if starts { Ok(ResourceId(text.to_owned())) } else { Err(InvalidId(text.to_owned())) }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &ResourceId) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ResourceId {}

impl ResourceId {
    /// The id as text, for the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// What stands behind a word: the resource group behind `resourceGroups`.
    pub fn after(&self, word: &str) -> Option<&str> {
        let mut parts = self.0.split('/');
        parts.by_ref().find(|part| part.eq_ignore_ascii_case(word))?;
        parts.next()
    }

    /// The resource group that it lies in.
    pub fn resource_group(&self) -> Option<&str> {
        self.after("resourceGroups")
    }

    /// The id of what it lies in: without the last type and name, and without a provider that then names nothing.
    pub fn parent(&self) -> Option<&str> {
        let mut parts: Vec<&str> = self.0.split('/').collect();
        parts.truncate(parts.len().saturating_sub(2));
        if parts.len() >= 2 && parts[parts.len() - 2].eq_ignore_ascii_case("providers") {
            parts.truncate(parts.len() - 2);
        }
        let length = parts.join("/").len();
        (length > 0).then(|| &self.0[..length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_id_are_found_whatever_the_casing() {
        let id: ResourceId =
            "/subscriptions/s/resourcegroups/rg/providers/M.C/managedClusters/c/agentPools/p"
                .parse()
                .unwrap();
        assert_eq!((id.name(), id.resource_group()), ("p", Some("rg")));
        assert_eq!(id.parent(), Some("/subscriptions/s/resourcegroups/rg/providers/M.C/managedClusters/c"));
        let cluster: ResourceId = id.parent().unwrap().parse().unwrap();
        assert_eq!(cluster.parent(), Some("/subscriptions/s/resourcegroups/rg"));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "subscriptions/s", "/subscriptions//x", "/x/y"] {
            assert!(text.parse::<ResourceId>().is_err(), "{text}");
        }
    }
}
