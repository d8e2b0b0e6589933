//! Identities: version, kind, namespace and name of an object.
//!
//! Rule: <https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs> (import by identity)

use aksel_provider::identity::{Identity, IdentityAttribute};

use crate::kind::{Kind, Scope};

/// The attributes of a kind's identity.
pub fn attributes(kind: &Kind) -> Vec<IdentityAttribute> {
    let mut attributes: Vec<IdentityAttribute> =
        ["api_version", "kind", "name"].map(IdentityAttribute::required).into();
    if kind.api.scope == Scope::Namespaced {
        attributes.push(IdentityAttribute::optional("namespace"));
    }
    attributes
}

/// The id that an identity stands for.
///
/// # Errors
/// When version and kind are those of another kind.
pub fn import_id(kind: &Kind, identity: &Identity) -> Result<String, String> {
    let said = |name: &str| identity.get(name).map_or("", String::as_str);
    if (said("api_version"), said("kind")) != (kind.api.version, kind.api.kind) {
        return Err(format!(
            "A `{}` is a `{}` of `{}`, and this says `{}` of `{}`.",
            kind.name,
            kind.api.kind,
            kind.api.version,
            said("kind"),
            said("api_version"),
        ));
    }
    let name = said("name");
    Ok(match kind.api.scope {
        Scope::Cluster => name.to_owned(),
        Scope::Namespaced => {
            format!("{}/{name}", identity.get("namespace").map_or("default", String::as_str))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    fn id(type_name: &str, identity: &[(&str, &str)]) -> Result<String, String> {
        let identity = identity.iter().map(|(name, value)| ((*name).into(), (*value).to_owned())).collect();
        import_id(catalogue::kind(type_name).unwrap(), &identity)
    }

    #[test]
    fn an_identity_says_where_an_object_is() {
        let deployment = [("api_version", "apps/v1"), ("kind", "Deployment"), ("name", "model")];
        assert_eq!(id("kubernetes_deployment_v1", &deployment), Ok("default/model".into()));
        let placed = [&deployment[..], &[("namespace", "serving")]].concat();
        assert_eq!(id("kubernetes_deployment_v1", &placed), Ok("serving/model".into()));
        let namespace = [("api_version", "v1"), ("kind", "Namespace"), ("name", "serving")];
        assert_eq!(id("kubernetes_namespace_v1", &namespace), Ok("serving".into()));
        assert!(id("kubernetes_secret_v1", &namespace).unwrap_err().contains("is a `Secret` of `v1`"));
    }
}
