//! The provider's functions: ids of ARM resources taken apart, and brought to the casing that configurations use.
//!
//! Invariant: names that users chose keep their casing; only ARM's own words are changed.
//! Never: a request is made; an id that names nothing is as good as one that does.
//!
//! Rule: <https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/functions/parse_resource_id>

use std::collections::BTreeMap;

use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_provider::provider::{FunctionError, FunctionSignature};

use crate::catalogue::RESOURCES;
use crate::resource_id::ResourceId;

/// The attributes of an id that was taken apart, besides `parent_resources`.
const PARTS: [&str; 7] = [
    "resource_name",
    "resource_provider",
    "resource_group_name",
    "resource_type",
    "resource_scope",
    "full_resource_type",
    "subscription_id",
];

/// Types that lie on any other object: what stands before them is their scope.
const EXTENSIONS: &[&str] = &[
    "microsoft.authorization/locks",
    "microsoft.authorization/policyassignments",
    "microsoft.authorization/roleassignments",
    "microsoft.authorization/roledefinitions",
    "microsoft.chaos/targets",
    "microsoft.consumption/budgets",
    "microsoft.eventgrid/eventsubscriptions",
    "microsoft.insights/datacollectionruleassociations",
    "microsoft.insights/diagnosticsettings",
    "microsoft.maintenance/configurationassignments",
];

/// An id, taken apart.
#[derive(Default)]
struct Parsed<'a> {
    /// Pairs before the provider: `subscriptions`, `resourceGroups` with their names.
    groups: Vec<(&'a str, &'a str)>,
    scope: String,
    provider: Option<String>,
    /// Type and name of the resource and of what it lies in, outermost first.
    types: Vec<(String, &'a str)>,
}

/// The signatures of the functions.
pub fn signatures() -> BTreeMap<Text, FunctionSignature> {
    let signature = |result, description: &str| FunctionSignature {
        parameters: vec![("id".into(), Type::String)],
        variadic: None,
        result,
        description: description.into(),
    };
    let parts = PARTS.map(|name| (name, Type::String));
    let parsed = Type::object(parts.into_iter().chain([("parent_resources", Type::map(Type::String))]));
    BTreeMap::from([
        (
            "normalise_resource_id".into(),
            signature(Type::String, "Brings ARM's own words in an id to the casing that the provider uses."),
        ),
        ("parse_resource_id".into(), signature(parsed, "Takes the id of an ARM resource apart.")),
    ])
}

/// Calls a function.
///
/// # Errors
/// When the argument is no id.
pub fn call(name: &str, arguments: &[Value]) -> Result<Value, FunctionError> {
    let written = arguments[0].as_str().unwrap_or_default();
    let refused = |message: String| FunctionError { argument: Some(0), message };
    let id: ResourceId = written.parse().map_err(|error| refused(format!("{error}")))?;
    let parsed = Parsed::of(id.as_str())
        .ok_or_else(|| refused(format!("`{written}` is no id of an ARM resource: a type has no name")))?;
    match name {
        "normalise_resource_id" => Ok(Value::string(parsed.normalised())),
        "parse_resource_id" => Ok(parsed.value()),
        _ => Err(FunctionError { argument: None, message: format!("there is no function `{name}`") }),
    }
}

impl<'a> Parsed<'a> {
    fn of(id: &'a str) -> Option<Parsed<'a>> {
        let parts: Vec<&str> = id.trim_start_matches('/').split('/').collect();
        let Some(at) = parts.iter().rposition(|part| part.eq_ignore_ascii_case("providers")) else {
            return Some(Parsed { groups: pairs(&parts)?, ..Parsed::default() });
        };
        let (provider, rest) = parts[at + 1..].split_first()?;
        let types = pairs(rest)?;
        let names: Vec<&str> = types.iter().map(|(kind, _)| *kind).collect();
        let (provider, kinds) = cased(provider, &names);
        let types = kinds.into_iter().zip(types.iter().map(|(_, name)| *name)).collect();
        let before = &parts[..at];
        let kind = format!("{provider}/{}", names.join("/")).to_lowercase();
        let is_scope = before.iter().any(|part| part.eq_ignore_ascii_case("providers"))
            || EXTENSIONS.contains(&kind.as_str());
        if is_scope {
            let scope = Parsed::of(&before.join("/")).map(|scope| scope.normalised()).unwrap_or_default();
            return Some(Parsed { groups: Vec::new(), scope, provider: Some(provider), types });
        }
        Some(Parsed { groups: pairs(before)?, scope: String::new(), provider: Some(provider), types })
    }

    fn group(&self, word: &str) -> &'a str {
        let found = self.groups.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        found.map_or("", |(_, name)| name)
    }

    fn normalised(&self) -> String {
        let mut id = self.scope.clone();
        for (word, name) in &self.groups {
            id.push_str(&format!("/{}/{name}", own_word(word)));
        }
        if let Some(provider) = &self.provider {
            id.push_str(&format!("/providers/{provider}"));
            id.extend(self.types.iter().map(|(kind, name)| format!("/{kind}/{name}")));
        }
        id
    }

    fn value(&self) -> Value {
        let provider = self.provider.as_deref().unwrap_or_default();
        let group_type = self.groups.last().map(|(word, _)| own_word(word)).unwrap_or_default();
        let (kind, name) = match self.types.last() {
            Some((kind, name)) => (kind.as_str(), *name),
            None => (group_type, ""),
        };
        let kinds: Vec<&str> = self.types.iter().map(|(kind, _)| kind.as_str()).collect();
        let full = if kinds.is_empty() {
            format!("/{group_type}")
        } else {
            format!("{provider}/{}", kinds.join("/"))
        };
        let values = [
            name,
            provider,
            self.group("resourceGroups"),
            kind,
            &self.scope,
            &full,
            self.group("subscriptions"),
        ];
        let above = &self.types[..self.types.len().saturating_sub(1)];
        let parents = above.iter().map(|(kind, name)| (kind.as_str(), Value::string(name)));
        let parts = PARTS.into_iter().zip(values.map(Value::string));
        Value::object(parts.chain([("parent_resources", Value::map(Type::String, parents))]))
    }
}

/// Words and names in turns; `None` if a name is missing.
fn pairs<'a>(parts: &[&'a str]) -> Option<Vec<(&'a str, &'a str)>> {
    let (pairs, rest) = parts.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[word, name]| (*word, *name)).collect())
}

/// ARM's own words before a provider.
fn own_word(word: &str) -> &str {
    let known = ["subscriptions", "resourceGroups"];
    known.into_iter().find(|known| known.eq_ignore_ascii_case(word)).unwrap_or(word)
}

/// Provider and types in the casing of the catalogue; what it does not know stays as it is.
fn cased(provider: &str, types: &[&str]) -> (String, Vec<String>) {
    let written: Vec<&str> = [provider].into_iter().chain(types.iter().copied()).collect();
    let mut cased: Vec<String> = written.iter().map(ToString::to_string).collect();
    let mut best = 0;
    for kind in RESOURCES.iter().map(|resource| resource.arm.kind) {
        let known: Vec<&str> = kind.split('/').collect();
        let same = known.iter().zip(&written).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        if same > best {
            best = same;
            cased[..same].iter_mut().zip(known).for_each(|(word, known)| known.clone_into(word));
        }
    }
    let types = cased.split_off(1);
    (cased.remove(0), types)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(name: &str, id: &str) -> Value {
        call(name, &[Value::string(id)]).unwrap()
    }

    #[test]
    fn the_words_of_arm_get_their_casing_and_names_keep_theirs() {
        for (written, wanted) in [
            ("/Subscriptions/S/resourcegroups/Rg", "/subscriptions/S/resourceGroups/Rg"),
            (
                "/subscriptions/s/RESOURCEGROUPS/rg/PROVIDERS/microsoft.containerservice/managedclusters/Aks/agentpools/Gpu",
                "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/Aks/agentPools/Gpu",
            ),
            (
                "/subscriptions/s/resourcegroups/rg/providers/microsoft.storage/storageaccounts/a/providers/microsoft.authorization/roleassignments/r",
                "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a/providers/Microsoft.Authorization/roleAssignments/r",
            ),
            ("/subscriptions/s/providers/My.Own/things/t", "/subscriptions/s/providers/My.Own/things/t"),
        ] {
            assert_eq!(
                called("normalise_resource_id", written),
                Value::string(wanted),
                "written as {written}"
            );
        }
    }

    #[test]
    fn an_id_is_taken_apart() {
        let pool = called(
            "parse_resource_id",
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks/agentPools/gpu",
        );
        assert_eq!(
            aksel_lang::json::write(&pool),
            r#"{"full_resource_type":"Microsoft.ContainerService/managedClusters/agentPools","parent_resources":{"managedClusters":"aks"},"resource_group_name":"rg","resource_name":"gpu","resource_provider":"Microsoft.ContainerService","resource_scope":"","resource_type":"agentPools","subscription_id":"s"}"#
        );
        let role = called(
            "parse_resource_id",
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Authorization/roleAssignments/r",
        );
        assert_eq!(
            role.attribute("resource_scope"),
            Some(&Value::string("/subscriptions/s/resourceGroups/rg"))
        );
        for wrong in
            ["", "rg", "/subscriptions/s/resourceGroups", "/subscriptions/s/providers/M.C/managedClusters"]
        {
            assert!(call("parse_resource_id", &[Value::string(wrong)]).is_err(), "{wrong}");
        }
    }
}
