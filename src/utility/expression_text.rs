//! Values as texts of the language and back: the functions of the built-in provider.
//!
//! Invariant: an object's attributes stand on lines of their own, their `=` aligned among neighbours of one line each.

use std::collections::BTreeMap;

use aksel_lang::address::quoted;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::evaluate::constant;
use aksel_lang::expression::{Expression, Kind};
use aksel_lang::lower::lower;
use aksel_lang::parser;
use aksel_lang::source::Sources;
use aksel_lang::types::Type;
use aksel_lang::value::Value;
use aksel_lang::writing::{attributes, expression, is_identifier};
use aksel_provider::provider::{FunctionError, FunctionSignature};

use crate::family::Function;

/// The functions.
pub(crate) fn functions() -> Vec<Function> {
    let function = |name, (parameter, accepts): (&str, Type), result, call, description: &str| Function {
        name,
        signature: FunctionSignature {
            parameters: vec![(parameter.into(), accepts)],
            variadic: None,
            result,
            description: description.into(),
        },
        call,
    };
    let value = || ("value", Type::Dynamic);
    vec![
        function("encode_expr", value(), Type::String, encode_expr, "Writes a value as an expression."),
        function(
            "encode_tfvars",
            value(),
            Type::String,
            encode_tfvars,
            "Writes an object as the content of a `.tfvars` file.",
        ),
        function(
            "decode_tfvars",
            ("src", Type::String),
            Type::Dynamic,
            decode_tfvars,
            "Reads the content of a `.tfvars` file into an object.",
        ),
    ]
}

fn refused(message: impl Into<String>) -> FunctionError {
    FunctionError { argument: None, message: message.into() }
}

fn encode_expr(arguments: &[Value]) -> Result<Value, FunctionError> {
    Ok(Value::string(expression(&arguments[0])))
}

fn encode_tfvars(arguments: &[Value]) -> Result<Value, FunctionError> {
    let Some(variables) = arguments[0].as_named() else {
        return Err(refused(
            "invalid value to encode: must be an object whose attribute names will become the encoded variable names",
        ));
    };
    if let Some(name) = variables.keys().find(|name| !is_identifier(name)) {
        return Err(refused(format!(
            "invalid variable name {}: must be a valid identifier, per Terraform's rules for input variable declarations",
            quoted(name)
        )));
    }
    Ok(Value::string(attributes(variables.iter(), 0)))
}

/// What the text is called in messages: the argument is no file.
const ARGUMENT: &str = "<decode_tfvars argument>";

fn decode_tfvars(arguments: &[Value]) -> Result<Value, FunctionError> {
    let text = arguments[0].as_str().unwrap_or_default();
    let mut sources = Sources::default();
    let source = sources.add(ARGUMENT, text);
    let (body, mut diagnostics) = parser::parse_file(source, text);
    let said = |kind: &str, diagnostics: &Diagnostics| match diagnostics.iter().find(|found| found.is_error())
    {
        Some(found) => Err(refused(format!("{kind}: {}", told(found, &sources)))),
        None => Ok(()),
    };
    said("invalid tfvars syntax", &diagnostics)?;
    if let Some(block) = body.blocks.first() {
        let kind = &block.kind.text;
        let error = Diagnostic::error(Code::UnsupportedBlock, format!("Unexpected \"{kind}\" block"))
            .detail("Blocks are not allowed here.")
            .at(block.kind.span);
        return Err(refused(format!("invalid tfvars content: {}", told(&error, &sources))));
    }
    let mut decoded = BTreeMap::new();
    for attribute in &body.attributes {
        let name = &attribute.name.text;
        let lowered = lower(&attribute.value, &mut diagnostics);
        refuse_calls(&lowered, &mut diagnostics);
        let value = constant(&lowered, &mut diagnostics);
        said(&format!("invalid expression for variable {}", quoted(name)), &diagnostics)?;
        decoded.insert(name.clone(), value.unwrap_or_else(|| Value::null(Type::Dynamic)));
    }
    Ok(Value::object(decoded))
}

/// Place, title and detail in a line.
fn told(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = diagnostic.subject.as_ref().map(|label| {
        let position = |at| sources.get(label.span.source).position(at as usize);
        let (start, end) = (position(label.span.start), position(label.span.end));
        match start.line == end.line {
            true => format!("{ARGUMENT}:{},{}-{}: ", start.line, start.column, end.column),
            false => format!("{ARGUMENT}:{},{}-{},{}: ", start.line, start.column, end.line, end.column),
        }
    });
    format!("{}{}; {}", place.unwrap_or_default(), diagnostic.summary, diagnostic.detail)
}

fn refuse_calls(expression: &Expression, diagnostics: &mut Diagnostics) {
    expression.visit(&mut |part| {
        if matches!(part.kind, Kind::Call(..) | Kind::ProviderCall(..)) {
            diagnostics.push(
                Diagnostic::error(Code::FunctionCall, "Function calls not allowed")
                    .detail("Functions may not be called here.")
                    .at(part.span),
            );
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tfvars_text_is_read_and_its_mistakes_are_told_with_their_place() {
        let decode = |text: &str| decode_tfvars(&[Value::string(text)]);
        let decoded = decode("a = 1\nb = [1, \"x\"]\n").unwrap();
        let b = Value::tuple([1.into(), Value::string("x")]);
        assert_eq!(decoded, Value::object([("a", Value::from(1)), ("b", b)]));
        let refused = |text: &str| decode(text).unwrap_err().message;
        assert!(
            refused("c = var.x")
                .starts_with("invalid expression for variable \"c\": <decode_tfvars argument>:1,5-")
        );
        assert!(refused("a = 1\nb {\n}\n").contains(":2,1-2: Unexpected \"b\" block"));
        assert!(refused("c = upper(\"x\")").contains(":1,5-15: Function calls not allowed"));
        assert!(refused("1").starts_with("invalid tfvars syntax: <decode_tfvars argument>:1,1-2: "));
    }

    #[test]
    fn objects_are_written_as_people_write_them() {
        let value = Value::object([
            ("l", Value::tuple([1.into(), Value::string("a${")])),
            ("long", Value::from(true)),
            ("o", Value::object([("b", Value::null(Type::String)), ("k y", Value::object::<&str>([]))])),
        ]);
        let text = encode_tfvars(&[value]).unwrap();
        assert_eq!(
            text.as_str().unwrap(),
            "l    = [1, \"a$${\"]\nlong = true\no = {\n  b     = null\n  \"k y\" = {}\n}\n"
        );
    }
}
