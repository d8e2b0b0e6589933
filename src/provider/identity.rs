//! Identities: the attributes that tell an object from all others of its type, for `import` by `identity`.
//!
//! Rule: <https://developer.hashicorp.com/terraform/plugin/framework/resources/identity>

use std::collections::BTreeMap;

use aksel_lang::types::Text;

/// An attribute of an identity; a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityAttribute {
    /// Its name.
    pub name: Text,
    /// Whether an import has to say it.
    pub need: Need,
}

/// Whether an import has to say an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It has to be said.
    Required,
    /// There is a value where nothing is said.
    Optional,
}

/// The attributes of one object's identity, as they are written; none is empty.
pub type Identity = BTreeMap<Text, String>;

impl IdentityAttribute {
    /// An attribute that an import has to say.
    pub fn required(name: impl Into<Text>) -> IdentityAttribute {
        IdentityAttribute { name: name.into(), need: Need::Required }
    }

    /// An attribute that an import may leave out.
    pub fn optional(name: impl Into<Text>) -> IdentityAttribute {
        IdentityAttribute { name: name.into(), need: Need::Optional }
    }
}
