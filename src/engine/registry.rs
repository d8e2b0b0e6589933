//! The registry: the providers of a run, by source address.
//!
//! Invariant: no two providers have one source address.
//! Never: a provider is downloaded or started; they are handed in.

use std::sync::Arc;

use aksel_lang::address::Mode;
use aksel_lang::schema::Schema;
use aksel_lang::types::Text;
use aksel_provider::provider::Provider;

/// The source address of the provider that is part of the language.
pub const BUILTIN: &str = "terraform.io/builtin/terraform";

/// Where a source address without a host is looked for.
const DEFAULT_HOST: &str = "registry.terraform.io";

/// The providers of a run.
#[derive(Clone, Default)]
pub struct Registry {
    providers: Vec<Arc<dyn Provider>>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.providers.iter().map(|provider| provider.source())).finish()
    }
}

impl Registry {
    /// A registry of these providers; of two with one source the first counts.
    pub fn new(providers: impl IntoIterator<Item = Arc<dyn Provider>>) -> Registry {
        let mut registry = Registry::default();
        for provider in providers {
            if registry.provider(provider.source()).is_none() {
                registry.providers.push(provider);
            }
        }
        registry
    }

    /// The provider of a source address.
    pub fn provider(&self, source: &str) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|provider| provider.source() == source)
    }

    /// All providers, in the order in which they were given.
    pub fn all(&self) -> &[Arc<dyn Provider>] {
        &self.providers
    }

    /// The schema of a type of a provider.
    pub fn schema(&self, source: &str, mode: Mode, type_name: &str) -> Option<Arc<Schema>> {
        self.provider(source)?.schema(mode, type_name)
    }
}

/// The whole source address of what is written: `azurerm`, `hashicorp/azurerm`, `registry.terraform.io/hashicorp/azurerm`.
///
/// Rule: the registry's host and the namespace `hashicorp` may be left out; `terraform` alone is part of the language.
pub fn full_source(written: &str) -> Text {
    let parts: Vec<&str> = written.split('/').collect();
    match parts.as_slice() {
        ["terraform"] => BUILTIN.into(),
        [name] => format!("{DEFAULT_HOST}/hashicorp/{}", name.to_lowercase()).into(),
        [namespace, name] => {
            format!("{DEFAULT_HOST}/{}/{}", namespace.to_lowercase(), name.to_lowercase()).into()
        }
        _ => written.to_lowercase().into(),
    }
}

/// The whole source address of one that is typed: `[host/][namespace/]name`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_source(written: &str) -> Result<String, String> {
    let parts: Vec<&str> = written.split('/').collect();
    if parts.len() > 3 || parts.iter().any(|part| part.is_empty()) {
        return Err("a provider's source address has the form [hostname/][namespace/]name".into());
    }
    for part in &parts[parts.len().saturating_sub(2)..] {
        let valid = part.chars().all(|c| c.is_alphanumeric() || c == '-');
        if !valid || part.starts_with('-') || part.ends_with('-') {
            return Err(format!(
                "\"{part}\" must contain only letters, digits, and dashes, and may not use leading or trailing dashes"
            ));
        }
    }
    Ok(match parts.as_slice() {
        [name] => format!("{DEFAULT_HOST}/hashicorp/{}", name.to_lowercase()),
        [namespace, name] => format!("{DEFAULT_HOST}/{}/{}", namespace.to_lowercase(), name.to_lowercase()),
        _ => written.to_lowercase(),
    })
}

/// The local name of the provider of a type: what stands before the first underscore.
pub fn local_name_of_type(type_name: &str) -> &str {
    type_name.split_once('_').map_or(type_name, |(name, _)| name)
}

/// The source address out of how state writes a provider configuration: `module.a.provider["source"].alias`.
pub fn source_of_configuration(written: &str) -> Option<&str> {
    let start = written.find("provider[\"")? + "provider[\"".len();
    let length = written[start..].find('"')?;
    Some(&written[start..start + length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_may_leave_out_what_is_usual() {
        assert_eq!(&*full_source("terraform"), BUILTIN);
        assert_eq!(&*full_source("azurerm"), "registry.terraform.io/hashicorp/azurerm");
        assert_eq!(&*full_source("Azure/azapi"), "registry.terraform.io/azure/azapi");
        assert_eq!(&*full_source("example.com/a/b"), "example.com/a/b");
    }

    #[test]
    fn a_typed_source_is_completed_or_refused() {
        assert_eq!(parse_source("hashicorp/null").as_deref(), Ok("registry.terraform.io/hashicorp/null"));
        assert_eq!(parse_source("terraform.io/builtin/terraform").as_deref(), Ok(BUILTIN));
        assert!(["a/b/c/d", "", "a//b", "Bad_name", "-x"].iter().all(|text| parse_source(text).is_err()));
    }

    #[test]
    fn the_source_is_read_out_of_what_state_writes() {
        let written = r#"module.m.provider["registry.terraform.io/hashicorp/azurerm"].west"#;
        assert_eq!(source_of_configuration(written), Some("registry.terraform.io/hashicorp/azurerm"));
    }
}
