//! Schemas of providers as `providers schema -json` prints them.
//!
//! Source: <https://developer.hashicorp.com/terraform/cli/commands/providers/schema>

use std::collections::BTreeMap;

use aksel_lang::address::Mode;
use aksel_lang::json::type_to_json;
use aksel_lang::schema::{AttributeSchema, BlockSchema, NestedSchema, Nesting, Presence, Schema, Secrecy};
use aksel_lang::types::{Text, Type};
use aksel_provider::provider::{FunctionSignature, Provider};

use crate::json_tree::Json;

/// The schemas of these providers.
pub fn to_json<'p>(providers: impl IntoIterator<Item = &'p dyn Provider>) -> Json {
    let all = providers.into_iter().map(|provider| (provider.source().to_owned(), of_provider(provider)));
    Json::object().with("format_version", "1.0").with("provider_schemas", Json::Object(all.collect()))
}

fn of_provider(provider: &dyn Provider) -> Json {
    let types = |mode: Mode| {
        let names = provider.type_names(mode).into_iter();
        let found =
            names.filter_map(|name| Some((name.to_string(), of_type(&*provider.schema(mode, &name)?))));
        let mut found: Vec<(String, Json)> = found.collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        (!found.is_empty()).then_some(Json::Object(found))
    };
    let functions: Vec<(String, Json)> = provider
        .functions()
        .iter()
        .map(|(name, signature)| (name.to_string(), function(signature)))
        .collect();
    let own = provider.config_schema();
    let empty = own.block.attributes.is_empty() && own.block.blocks.is_empty();
    let version = Json::object().with("version", own.version);
    Json::object()
        .with("provider", if empty { version } else { of_type(&own) })
        .with_some("resource_schemas", types(Mode::Managed))
        .with_some("data_source_schemas", types(Mode::Data))
        .with_some("ephemeral_resource_schemas", types(Mode::Ephemeral))
        .with_some("functions", (!functions.is_empty()).then_some(Json::Object(functions)))
}

fn of_type(schema: &Schema) -> Json {
    Json::object().with("version", schema.version).with("block", block(&schema.block))
}

fn block(schema: &BlockSchema) -> Json {
    let nested: Vec<(String, Json)> =
        schema.blocks.iter().map(|(name, nested)| (name.to_string(), nested_block(nested))).collect();
    Json::object()
        .with_some("attributes", attributes(&schema.attributes))
        .with_some("block_types", (!nested.is_empty()).then_some(Json::Object(nested)))
        .with_some("description", sentence(&schema.description))
        .with("description_kind", "plain")
        .with_some("deprecated", schema.deprecated.as_ref().map(|_| true))
}

fn sentence(text: &Text) -> Option<&str> {
    Some(&**text).filter(|text| !text.is_empty())
}

fn attributes(all: &BTreeMap<Text, AttributeSchema>) -> Option<Json> {
    let members: Vec<(String, Json)> =
        all.iter().map(|(name, schema)| (name.to_string(), attribute(schema))).collect();
    (!members.is_empty()).then_some(Json::Object(members))
}

fn attribute(schema: &AttributeSchema) -> Json {
    let flag = |on: bool| on.then_some(true);
    let json = match &schema.nested {
        None => Json::object().with("type", ty(&schema.ty)),
        Some(nested) => {
            let inner = Json::object()
                .with_some("attributes", attributes(&nested.attributes))
                .with("nesting_mode", nesting(nested.nesting));
            Json::object().with("nested_type", inner)
        }
    };
    let presence = schema.presence;
    json.with_some("description", sentence(&schema.description))
        .with("description_kind", "plain")
        .with_some("deprecated", schema.deprecated.as_ref().map(|_| true))
        .with_some("required", flag(presence == Presence::Required))
        .with_some("optional", flag(matches!(presence, Presence::Optional | Presence::OptionalComputed)))
        .with_some("computed", flag(matches!(presence, Presence::Computed | Presence::OptionalComputed)))
        .with_some("sensitive", flag(schema.secrecy == Secrecy::Sensitive))
        .with_some("write_only", flag(schema.secrecy == Secrecy::WriteOnly))
}

fn ty(ty: &Type) -> Json {
    Json::from(type_to_json(ty))
}

fn nesting(nesting: Nesting) -> &'static str {
    match nesting {
        Nesting::Single => "single",
        Nesting::Group => "group",
        Nesting::List => "list",
        Nesting::Set => "set",
        Nesting::Map => "map",
    }
}

fn nested_block(nested: &NestedSchema) -> Json {
    Json::object()
        .with("nesting_mode", nesting(nested.nesting))
        .with("block", block(&nested.block))
        .with_some("min_items", (nested.min_items > 0).then_some(nested.min_items))
        .with_some("max_items", (nested.max_items > 0).then_some(nested.max_items))
}

fn function(signature: &FunctionSignature) -> Json {
    let parameter =
        |(name, wanted): &(Text, Type)| Json::object().with("name", &**name).with("type", ty(wanted));
    let parameters: Vec<Json> = signature.parameters.iter().map(parameter).collect();
    Json::object()
        .with_some("description", sentence(&signature.description))
        .with("return_type", ty(&signature.result))
        .with_some("parameters", (!parameters.is_empty()).then_some(Json::Array(parameters)))
        .with_some("variadic_parameter", signature.variadic.as_ref().map(parameter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_says_who_gives_it_and_who_may_see_it() {
        let schema = AttributeSchema::new(Type::list(Type::String), Presence::OptionalComputed).sensitive();
        assert_eq!(
            attribute(&schema).compact(),
            r#"{"type":["list","string"],"description_kind":"plain","optional":true,"computed":true,"sensitive":true}"#
        );
    }
}
