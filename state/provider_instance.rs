//! Which instance of a provider configuration an object belongs to, as state writes it.
//!
//! Rule: a configuration with `for_each` has one instance per key: `provider["source"].by_region["west"]`.
//! Never: whether a configuration has such an instance is known here.

use aksel_lang::address::{InstanceKey, quoted};
use aksel_lang::types::Text;

/// What stands before the source address of a provider.
const OPENING: &str = "provider[\"";
/// What stands behind it.
const CLOSING: &str = "\"]";

/// The instance of a configuration.
pub fn instance(configuration: &str, key: &str) -> String {
    format!("{configuration}[{}]", quoted(key))
}

/// The configuration and the key of its instance out of how state writes them.
pub fn split(written: &str) -> (&str, Option<Text>) {
    let source = written.find(OPENING).map(|at| at + OPENING.len());
    let behind = source.and_then(|at| Some(at + written[at..].find(CLOSING)? + CLOSING.len()));
    // An alias is a name, and so has no bracket.
    let bracket = behind.and_then(|at| Some(at + written[at..].find('[')?));
    let Some(bracket) = bracket else { return (written, None) };
    match written[bracket..].parse() {
        Ok(InstanceKey::Key(key)) => (&written[..bracket], Some(key)),
        Ok(InstanceKey::Index(_)) | Err(_) => (written, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_split_into_configuration_and_key() {
        let configuration = "module.m.provider[\"registry.terraform.io/hashicorp/azurerm\"].by_region";
        for key in ["west", "a \"quoted\" key", "]["] {
            let written = instance(configuration, key);
            assert_eq!(split(&written), (configuration, Some(key.into())), "{written}");
        }
        assert_eq!(split(configuration), (configuration, None));
        assert_eq!(split("p"), ("p", None));
    }
}
