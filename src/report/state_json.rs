//! A state as `show -json` prints it.
//!
//! Source: <https://developer.hashicorp.com/terraform/internals/json-format#state-representation>
//!
//! Invariant: attributes are printed with the digits that they have in state.

use std::collections::BTreeMap;

use aksel_engine::objects::stored_value;
use aksel_lang::address::{Address, ModuleInstance};
use aksel_lang::path::Path;
use aksel_lang::schema::Schema;
use aksel_lang::version::LANGUAGE;
use aksel_state::snapshot::{Entry, Snapshot, Status};

use crate::json_tree::Json;
use crate::plan_json::{address_members, check};
use crate::value_json::{known, sensitive_mask};

/// Finds the schema of an address in the provider of a configuration, for what is sensitive by schema.
pub type Schemas<'a> = &'a dyn Fn(&Address, &str) -> Option<std::sync::Arc<Schema>>;

/// The state as JSON.
pub fn to_json(snapshot: &Snapshot, schemas: Schemas<'_>) -> Json {
    let json = Json::object().with("format_version", "1.0");
    if snapshot.resources.is_empty() && snapshot.outputs.is_empty() {
        return json;
    }
    let outputs = snapshot.outputs.iter().map(|(name, output)| {
        let members = Json::object()
            .with("sensitive", output.sensitive)
            .with("value", Json::Raw(output.value.as_str().to_owned()))
            .with("type", Json::Raw(output.ty.as_str().to_owned()));
        (name.clone(), members)
    });
    let outputs: Vec<(String, Json)> = outputs.collect();
    let resources = snapshot.objects().map(|entry| (entry.address.module.clone(), resource(&entry, schemas)));
    let values = Json::object()
        .with_some("outputs", (!outputs.is_empty()).then_some(Json::Object(outputs)))
        .with("root_module", module_tree(resources.collect()));
    let checks: Vec<Json> = snapshot.check_results.iter().flatten().map(check).collect();
    json.with("terraform_version", LANGUAGE)
        .with("values", values)
        .with_some("checks", (!checks.is_empty()).then_some(Json::Array(checks)))
}

fn resource(entry: &Entry<'_>, schemas: Schemas<'_>) -> Json {
    let schema = schemas(&entry.address, entry.provider);
    let value = schema.and_then(|schema| stored_value(entry.object, &schema).ok());
    let (values, sensitive) = match &value {
        Some(value) => (known(value), sensitive_mask(value)),
        None => (
            Json::Raw(entry.object.attributes.as_str().to_owned()),
            sensitive_values(&entry.object.sensitive),
        ),
    };
    let depends_on: Vec<Json> =
        entry.object.dependencies.iter().map(|name| Json::from(name.as_str())).collect();
    address_members(&entry.address, entry.provider)
        .with("schema_version", entry.object.schema_version)
        .with("values", values)
        .with("sensitive_values", sensitive)
        .with_some("depends_on", (!depends_on.is_empty()).then_some(Json::Array(depends_on)))
        .with_some("tainted", (entry.object.status == Status::Tainted).then_some(true))
        .with_some("deposed_key", entry.deposed)
}

/// A mask of the paths that are sensitive, where there is no schema.
fn sensitive_values(paths: &[Path]) -> Json {
    let mut top: BTreeMap<String, Json> = BTreeMap::new();
    for path in paths {
        if let Some(aksel_lang::path::Step::Attribute(name)) = path.0.first() {
            // Below the first step the mask is drawn as a whole: it hides more, never less.
            top.insert(name.to_string(), mask_below(&path.0[1..]));
        }
    }
    Json::Object(top.into_iter().collect())
}

fn mask_below(steps: &[aksel_lang::path::Step]) -> Json {
    use aksel_lang::path::Step;
    match steps.split_first() {
        None => true.into(),
        Some((Step::Attribute(name) | Step::Key(name), rest)) => {
            Json::Object(vec![(name.to_string(), mask_below(rest))])
        }
        Some((Step::Index(at), rest)) => {
            let before = std::iter::repeat_n(Json::from(false), *at);
            Json::Array(before.chain([mask_below(rest)]).collect())
        }
    }
}

/// Resources in the tree of their modules.
pub fn module_tree(resources: Vec<(ModuleInstance, Json)>) -> Json {
    let mut modules: BTreeMap<ModuleInstance, Vec<Json>> = BTreeMap::new();
    modules.insert(ModuleInstance::default(), Vec::new());
    for (module, resource) in resources {
        for length in 1..module.0.len() {
            modules.entry(ModuleInstance(module.0[..length].to_vec())).or_default();
        }
        modules.entry(module).or_default().push(resource);
    }
    let mut children: BTreeMap<ModuleInstance, Vec<Json>> = BTreeMap::new();
    // Longer paths come after their parents in order: reversed, every child is made before its parent.
    for (module, resources) in modules.into_iter().rev() {
        let below = children.remove(&module).map(|mut below| {
            below.reverse();
            Json::Array(below)
        });
        let address = (!module.is_root()).then(|| module.to_string());
        let made = Json::object()
            .with_some("resources", (!resources.is_empty()).then_some(Json::Array(resources)))
            .with_some("address", address)
            .with_some("child_modules", below);
        if module.is_root() {
            return made;
        }
        let parent = ModuleInstance(module.0[..module.0.len() - 1].to_vec());
        children.entry(parent).or_default().push(made);
    }
    Json::object()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_nest_and_keep_their_order() {
        let module =
            |names: &[&str]| ModuleInstance(names.iter().map(|name| ((*name).into(), None)).collect());
        let resources = vec![
            (module(&["b"]), Json::from("in b")),
            (module(&["a", "x"]), Json::from("in x")),
            (module(&[]), Json::from("in root")),
        ];
        assert_eq!(
            module_tree(resources).compact(),
            r#"{"resources":["in root"],"child_modules":[{"address":"module.a","child_modules":[{"resources":["in x"],"address":"module.a.module.x"}]},{"resources":["in b"],"address":"module.b"}]}"#
        );
    }
}
