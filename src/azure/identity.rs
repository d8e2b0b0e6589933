//! Identities: the names along an object's id, one attribute for each.
//!
//! Rule: what stands behind a type in the id is an attribute with the type's name in the singular (`managed_cluster_name`);
//! the object's own is `name`. <https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs>
//! Never: a type whose id is built otherwise, as one on another object's id, has an identity.

use aksel_provider::identity::{Identity, IdentityAttribute};

use crate::resource_type::{Plane, ResourceType};

const SUBSCRIPTION: &str = "subscription_id";
const RESOURCE_GROUP: &str = "resource_group_name";
const NAME: &str = "name";

/// A piece of an id.
enum Piece {
    /// A type or another fixed word.
    Word(&'static str),
    /// What an attribute says.
    Named(String),
}

/// The attributes of a type's identity, in the order of the id; none where its id is not made of names alone.
pub fn attributes(found: &ResourceType) -> Vec<IdentityAttribute> {
    let named = |piece| match piece {
        Piece::Named(name) => Some(IdentityAttribute::required(name)),
        Piece::Word(_) => None,
    };
    pieces(found).into_iter().flatten().filter_map(named).collect()
}

/// The id that an identity stands for; `None` where the type has none or an attribute is missing.
pub fn import_id(found: &ResourceType, identity: &Identity) -> Option<String> {
    let mut id = String::new();
    for piece in pieces(found)? {
        id.push('/');
        match piece {
            Piece::Word(word) => id.push_str(word),
            Piece::Named(name) => id.push_str(identity.get(name.as_str())?),
        }
    }
    Some(id)
}

fn pieces(found: &ResourceType) -> Option<Vec<Piece>> {
    let (namespace, kinds) = found.arm.kind.split_once('/')?;
    let named = |name: &str| Piece::Named(name.to_owned());
    let mut pieces = vec![Piece::Word("subscriptions"), named(SUBSCRIPTION), Piece::Word("resourceGroups")];
    if namespace == "Microsoft.Resources" {
        pieces.push(named(NAME));
        return (kinds == "resourceGroups").then_some(pieces);
    }
    let kinds: Vec<&'static str> = kinds.split('/').collect();
    let own_id = found.hooks.identity.is_some() && !kinds.iter().any(|kind| is_only_one(kind));
    if own_id || found.hooks.plane == Plane::Blob {
        return None;
    }
    pieces.extend([named(RESOURCE_GROUP), Piece::Word("providers"), Piece::Word(namespace)]);
    let (last, above) = kinds.split_last()?;
    for kind in above {
        let below = if is_only_one(kind) { Piece::Word("default") } else { Piece::Named(attribute(kind)) };
        pieces.extend([Piece::Word(kind), below]);
    }
    pieces.extend([Piece::Word(last), named(NAME)]);
    Some(pieces)
}

/// Whether there is one of a type in its parent, named `default`.
fn is_only_one(kind: &str) -> bool {
    matches!(kind, "blobServices" | "fileServices")
}

/// `userAssignedIdentities` is `user_assigned_identity_name`.
fn attribute(kind: &str) -> String {
    let one = match (kind.strip_suffix("ies"), kind.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(stem)) => stem.to_owned(),
        (None, None) => kind.to_owned(),
    };
    let mut snake = String::new();
    for letter in one.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake + "_name"
}

#[cfg(test)]
mod tests {
    use aksel_lang::types::Text;

    use super::*;
    use crate::catalogue::RESOURCES;
    use crate::provider::resource;
    use crate::resource_id::ResourceId;
    use crate::resource_type::check_id;

    fn names(type_name: &str) -> Vec<Text> {
        attributes(resource(type_name).unwrap()).into_iter().map(|attribute| attribute.name).collect()
    }

    #[test]
    fn an_identity_has_the_names_of_the_id() {
        let parts = |own: &[&str]| own.iter().map(|name| Text::from(*name)).collect::<Vec<_>>();
        assert_eq!(names("azurerm_resource_group"), parts(&["subscription_id", "name"]));
        let pool = parts(&["subscription_id", "resource_group_name", "managed_cluster_name", "name"]);
        assert_eq!(names("azurerm_kubernetes_cluster_node_pool"), pool);
        let credential =
            parts(&["subscription_id", "resource_group_name", "user_assigned_identity_name", "name"]);
        assert_eq!(names("azurerm_federated_identity_credential"), credential);
        let container = parts(&["subscription_id", "resource_group_name", "storage_account_name", "name"]);
        assert_eq!(names("azurerm_storage_container"), container);
        assert_eq!(names("azurerm_role_assignment"), parts(&[]));
        assert_eq!(names("azurerm_storage_blob"), parts(&[]));
    }

    #[test]
    fn an_id_of_an_identity_is_one_of_its_type() {
        let mut made = 0;
        for found in RESOURCES {
            let attributes = attributes(found).into_iter();
            let identity: Identity =
                attributes.map(|one| (one.name.clone(), format!("x-{}", one.name))).collect();
            let Some(id) = import_id(found, &identity) else { continue };
            let id: ResourceId = id.parse().unwrap();
            assert_eq!(check_id(found.arm, &id), Ok(()), "{}", found.name);
            assert_eq!(id.after("subscriptions"), Some("x-subscription_id"));
            assert_eq!(id.name(), "x-name");
            made += 1;
        }
        assert!(made > 40, "only {made} types have an identity");
    }
}
