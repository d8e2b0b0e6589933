//! The signatures of the built-in functions as `metadata functions -json` prints them.
//!
//! Rule: each function stands there twice, once with `core::` before its name.
//!
//! Source: <https://developer.hashicorp.com/terraform/cli/commands/metadata/functions>

use aksel_lang::functions::{self, Function, Null, Parameter, Returns};
use aksel_lang::json::type_to_json;
use aksel_lang::types::Type;
use aksel_lang::value::Value;

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
        Returns::Typed(_) => Type::Dynamic,
        Returns::From(of) => {
            let unknown = |parameter: &Parameter| Value::unknown(parameter.accepts.ty());
            of(&function.parameters.iter().map(unknown).collect::<Vec<Value>>())
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_of_the_type_that_is_sure_before_arguments_are_known() {
        let result = |name: &str| {
            let function = functions::find(name).expect("a function of the language");
            let text = signature(function).compact();
            text.split(",\"parameters\"").next().map(str::to_owned)
        };
        assert_eq!(result("rsadecrypt").as_deref(), Some("{\"return_type\":\"string\""));
        assert_eq!(
            result("chunklist").as_deref(),
            Some("{\"return_type\":[\"list\",[\"list\",\"dynamic\"]]")
        );
        assert_eq!(result("distinct").as_deref(), Some("{\"return_type\":[\"list\",\"dynamic\"]"));
        assert_eq!(result("contains").as_deref(), Some("{\"return_type\":\"dynamic\""));
    }
}
