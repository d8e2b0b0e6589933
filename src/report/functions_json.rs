//! The signatures of the built-in functions as `metadata functions -json` prints them.
//!
//! Rule: each function stands there twice, once with `core::` before its name.
//!
//! Source: <https://developer.hashicorp.com/terraform/cli/commands/metadata/functions>

use aksel_lang::functions::{self, Function, Null, Parameter, Returns};
use aksel_lang::json::type_to_json;
use aksel_lang::types::Type;

use crate::json_tree::Json;

/// All signatures, by name.
pub fn to_json() -> Json {
    let all = || functions::names().filter_map(|name| Some((name, functions::find(name)?)));
    let plain = all().map(|(name, function)| (name.to_owned(), signature(function)));
    let core = all().map(|(name, function)| (format!("core::{name}"), signature(function)));
    let mut signatures: Vec<(String, Json)> = plain.chain(core).collect();
    signatures.sort_by(|a, b| a.0.cmp(&b.0));
    Json::object().with("format_version", "1.0").with("function_signatures", Json::Object(signatures))
}

fn signature(function: &Function) -> Json {
    let result = match function.result {
        Returns::Fixed(ty) | Returns::Loose(ty) => ty(),
        Returns::From(_) => Type::Dynamic,
    };
    let parameters: Vec<Json> = function.parameters.iter().map(parameter).collect();
    Json::object()
        .with("return_type", Json::from(type_to_json(&result)))
        .with_some("parameters", (!parameters.is_empty()).then_some(parameters))
        .with_some("variadic_parameter", function.variadic.as_ref().map(parameter))
}

fn parameter(parameter: &Parameter) -> Json {
    Json::object()
        .with("name", parameter.name)
        .with_some("is_nullable", (parameter.null == Null::Allowed).then_some(true))
        .with("type", Json::from(type_to_json(&parameter.accepts.ty())))
}
