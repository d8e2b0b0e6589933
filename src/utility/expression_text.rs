//! Values written as expressions: the functions `encode_expr` and `encode_tfvars` of the built-in provider.
//!
//! Invariant: an object's attributes stand on lines of their own, their `=` aligned among neighbours of one line each.

use aksel_lang::address::quoted;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::{Content, Value};
use aksel_provider::provider::{FunctionError, FunctionSignature};

use crate::family::Function;

/// The functions.
pub(crate) fn functions() -> Vec<Function> {
    let function = |name, call, description: &str| Function {
        name,
        signature: FunctionSignature {
            parameters: vec![("value".into(), Type::Dynamic)],
            variadic: None,
            result: Type::String,
            description: description.into(),
        },
        call,
    };
    vec![
        function("encode_expr", encode_expr, "Writes a value as an expression."),
        function("encode_tfvars", encode_tfvars, "Writes an object as the content of a `.tfvars` file."),
    ]
}

fn refused(message: impl Into<String>) -> FunctionError {
    FunctionError { argument: None, message: message.into() }
}

fn the_argument(arguments: &[Value]) -> Result<&Value, FunctionError> {
    let argument = arguments.first().ok_or_else(|| refused("an argument is missing"))?;
    match argument.is_null() {
        true => Err(FunctionError { argument: Some(0), message: "argument must not be null".into() }),
        false => Ok(argument),
    }
}

fn encode_expr(arguments: &[Value]) -> Result<Value, FunctionError> {
    let argument = the_argument(arguments)?;
    if !argument.is_wholly_known() {
        return Ok(Value::unknown_not_null(Type::String));
    }
    let mut out = String::new();
    write_value(&mut out, argument, 0);
    Ok(Value::string(out).marked(argument.marks_deep()))
}

fn encode_tfvars(arguments: &[Value]) -> Result<Value, FunctionError> {
    let argument = the_argument(arguments)?;
    if !argument.is_known() {
        return Ok(Value::unknown_not_null(Type::String));
    }
    let Some(variables) = argument.as_named() else {
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
    if !argument.is_wholly_known() {
        return Ok(Value::unknown_not_null(Type::String));
    }
    let mut out = String::new();
    write_attributes(&mut out, variables.iter(), 0);
    Ok(Value::string(out).marked(argument.marks_deep()))
}

/// As the language has it: a letter first, then letters, digits, `_` and `-`.
fn is_identifier(name: &str) -> bool {
    let mut rest = name.chars();
    rest.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && rest.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

fn write_value(out: &mut String, value: &Value, depth: usize) {
    match value.content() {
        Content::Null(_) | Content::Unknown(..) => out.push_str("null"),
        Content::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Content::Number(number) => out.push_str(&number.to_string()),
        Content::String(text) => out.push_str(&quoted(text)),
        Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                write_value(out, item, depth);
            }
            out.push(']');
        }
        Content::Map(_, items) | Content::Object(items) if items.is_empty() => out.push_str("{}"),
        Content::Map(_, items) | Content::Object(items) => {
            out.push_str("{\n");
            write_attributes(out, items.iter(), depth + 1);
            out.extend(std::iter::repeat_n("  ", depth));
            out.push('}');
        }
    }
}

fn write_attributes<'a>(
    out: &mut String,
    attributes: impl Iterator<Item = (&'a Text, &'a Value)>,
    depth: usize,
) {
    let name = |name: &Text| if is_identifier(name) { name.to_string() } else { quoted(name) };
    let written = attributes.map(|(attribute, value)| {
        let mut text = String::new();
        write_value(&mut text, value, depth);
        (name(attribute), text)
    });
    let written: Vec<(String, String)> = written.collect();
    for group in written.chunk_by(|(_, a), (_, b)| a.contains('\n') == b.contains('\n')) {
        let aligned = !group[0].1.contains('\n');
        let widest = group.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in group {
            let width = if aligned { widest } else { 0 };
            out.extend(std::iter::repeat_n("  ", depth));
            out.push_str(&format!("{name:width$} = {value}\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
