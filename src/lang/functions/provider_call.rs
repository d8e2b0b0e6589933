//! Calling a function of a provider: `provider::azurerm::parse_resource_id(…)`.
//!
//! Invariant: a provider sees as many arguments as its signature names, of their types, wholly known, unmarked, none null.
//! Never: an error message holds a marked value.
//!
//! Rule: <https://developer.hashicorp.com/terraform/language/functions#provider-defined-functions>

use crate::code::Code;
use crate::convert::convert;
use crate::diagnostic::Diagnostic;
use crate::evaluate::Evaluation;
use crate::expression::{Arguments, Expression};
use crate::functions::call::{FunctionError, Refusal, count_problem, expanded};
use crate::functions::signature::{FunctionSignature, NoFunction};
use crate::types::Type;
use crate::value::{Marks, Value};

/// The value of a call of a provider's function.
pub(crate) fn call_provider(
    evaluation: &mut Evaluation<'_>,
    provider: &str,
    function: &str,
    arguments: &Arguments,
    whole: &Expression,
) -> Value {
    let signature = match evaluation.scope.provider_function(provider, function) {
        Ok(signature) => signature,
        Err(missing) => {
            evaluation.diagnostics.push(unknown(missing, provider, function, arguments, whole));
            return Value::unknown(Type::Dynamic);
        }
    };
    let Some((values, marks)) = expanded(evaluation, arguments, whole) else {
        return Value::unknown(Type::Dynamic);
    };
    let Some(values) = values else { return Value::unknown(signature.result).marked(marks) };
    let refusal = Refusal { arguments, whole };
    let Some((values, own)) = prepared(evaluation, &signature, values, &refusal) else {
        return Value::unknown(signature.result);
    };
    let marks = own.with(marks);
    if !values.iter().all(Value::is_wholly_known) {
        return Value::unknown(signature.result).marked(marks);
    }
    match evaluation.scope.call_provider(provider, function, &values) {
        Ok(value) => value.marked(marks),
        Err(error) => {
            refusal.push(evaluation, parameter_name(&signature, &error), &error);
            Value::unknown(signature.result).marked(marks)
        }
    }
}

/// The arguments as the signature wants them, with their marks; `None` when one is wrong, which is reported.
fn prepared(
    evaluation: &mut Evaluation<'_>,
    signature: &FunctionSignature,
    values: Vec<Value>,
    refusal: &Refusal<'_>,
) -> Option<(Vec<Value>, Marks)> {
    let fixed = signature.parameters.len();
    let missing = signature.parameters.get(values.len()).map(|(name, _)| &**name);
    if let Some(problem) = count_problem(
        refusal,
        values.len(),
        fixed,
        missing,
        signature.variadic.as_ref().map(|(name, _)| &**name),
    ) {
        evaluation.diagnostics.push(problem);
        return None;
    }
    let (mut ready, mut marks, mut failed) = (Vec::with_capacity(values.len()), Marks::NONE, false);
    for (at, value) in values.into_iter().enumerate() {
        let (name, ty) = signature.parameter(at).expect("the arguments have been counted");
        let (bare, own) = value.unmark_deep();
        marks = marks.with(own);
        let converted = match bare.is_null() {
            true => Err("argument must not be null".to_owned()),
            false => convert(&bare, ty).map_err(|error| error.to_string()),
        };
        match converted {
            Ok(value) => ready.push(value),
            Err(message) => {
                failed = true;
                refusal.push(evaluation, name, &FunctionError::argument(at, message));
            }
        }
    }
    (!failed).then_some((ready, marks))
}

fn parameter_name<'s>(signature: &'s FunctionSignature, error: &FunctionError) -> &'s str {
    error.argument.and_then(|at| signature.parameter(at)).map_or("", |(name, _)| name)
}

fn unknown(
    missing: NoFunction,
    provider: &str,
    function: &str,
    arguments: &Arguments,
    whole: &Expression,
) -> Diagnostic {
    let detail = match missing {
        NoFunction::UnknownProvider => format!(
            "There is no function named \"provider::{provider}::{function}\". Ensure that provider name \"{provider}\" is declared in this module's required_providers block, and that this provider offers a function named \"{function}\"."
        ),
        NoFunction::UnknownFunction => {
            format!("The function \"{function}\" is not available from the provider \"{provider}\".")
        }
    };
    Diagnostic::error(Code::UnknownFunction, "Unknown provider function")
        .detail(detail)
        .at(arguments.name.span)
        .within(whole.span)
}
