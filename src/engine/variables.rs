//! Values of variables: where they come from, and how they become values of the variables' types.
//!
//! Invariant: a later value for a variable wins over an earlier one; the caller gives them in that order.
//! Invariant: a value that is handed on is of the variable's type and carries the variable's marks.
//! Never: a file or the environment is read here, and a sensitive value is never in a message.

use std::collections::BTreeMap;

use aksel_lang::blocks::variable::Variable;
use aksel_lang::code::Code;
use aksel_lang::configuration::{Configuration, Module};
use aksel_lang::convert::convert;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors, nearest};
use aksel_lang::evaluate::literal;
use aksel_lang::parser::parse_expression;
use aksel_lang::source::{Sources, Span};
use aksel_lang::syntax::Expression;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::{Marks, Value};

use crate::plan::PlannedVariable;

/// A value that was given to a variable of the root module.
#[derive(Clone, Debug)]
pub struct Given {
    /// The variable.
    pub name: Text,
    /// What was given.
    pub value: GivenValue,
    /// Where it was given.
    pub origin: Origin,
}

/// The form in which a value was given.
#[derive(Clone, Debug)]
pub enum GivenValue {
    /// A text, which means what the variable's type makes of it.
    Text(String),
    /// An expression of a variables file.
    Expression(Expression),
    /// A value, as a saved plan holds it.
    Value(Value),
}

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// With `-var`.
    CommandLine,
    /// In an environment variable of that name.
    Environment(String),
    /// In a file of that name.
    File(String),
    /// By answering a question.
    Asked,
    /// In a saved plan.
    Plan,
}

/// The values of the root module's variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RootVariables {
    /// By name, of the variables' types; defaults included.
    pub values: BTreeMap<Text, Value>,
    /// What was given, before it was brought to the variables' types: what a plan remembers.
    pub given: BTreeMap<Text, Value>,
    /// Where values stand that were given in a file.
    pub spans: BTreeMap<Text, Span>,
    /// Why a value that was given is not suitable; reported where the variable is worked out.
    pub refused: BTreeMap<Text, Diagnostic>,
}

/// What a variable without a value and without a default is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// An error.
    Refused,
    /// Left out, and so unknown to whoever refers to it.
    Unknown,
}

/// Finds the values of the root module's variables. What was given as text is added to the sources, so that errors in
/// it have a place.
pub fn collect(
    configuration: &mut Configuration,
    given: &[Given],
    missing: Missing,
) -> (RootVariables, Diagnostics) {
    let mut diagnostics = Vec::new();
    let mut last: BTreeMap<Text, &Given> = BTreeMap::new();
    for one in given {
        match configuration.root.variables.contains_key(&one.name) {
            true => drop(last.insert(one.name.clone(), one)),
            false => diagnostics.extend(undeclared(one, configuration)),
        }
    }
    let mut found = RootVariables::default();
    let Configuration { root, sources, .. } = configuration;
    for (name, variable) in &root.variables {
        let value = last.get(name).and_then(|given| parsed(given, variable, sources, &mut diagnostics));
        let value = match value {
            Some((value, span)) => {
                found.spans.extend(span.map(|span| (name.clone(), span)));
                let origin = last.get(name).map(|given| &given.origin);
                diagnostics.extend(
                    variable.deprecated.as_ref().filter(|_| origin != Some(&Origin::Plan)).map(|why| {
                        Diagnostic::warning(Code::Deprecated, "Deprecated variable got a value")
                            .detail(format!("The variable \"{name}\" is deprecated: {why}"))
                            .at(span.unwrap_or(variable.header))
                    }),
                );
                let accepted = accepted(variable, &value, origin, span, sources, &mut diagnostics);
                found.given.insert(name.clone(), value);
                accepted.unwrap_or_else(|error| {
                    found.refused.insert(name.clone(), error);
                    None
                })
            }
            None if missing == Missing::Unknown && variable.default.is_none() => None,
            None => default(variable, &mut diagnostics),
        };
        found.values.extend(value.map(|value| (name.clone(), value)));
    }
    (found, diagnostics)
}

/// Finds the values of the root module's `const` variables, which are wanted before anything else is.
pub fn constants(
    root: &Module,
    given: &[Given],
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<Text, Value> {
    let mut found = BTreeMap::new();
    for (name, variable) in root.variables.iter().filter(|(_, variable)| variable.constant) {
        let last = given.iter().rev().find(|given| given.name == *name);
        let value = match last.and_then(|given| parsed(given, variable, sources, diagnostics)) {
            Some((value, span)) => {
                let origin = last.map(|given| &given.origin);
                accepted(variable, &value, origin, span, sources, diagnostics).unwrap_or_else(|error| {
                    diagnostics.push(error);
                    None
                })
            }
            None => default(variable, diagnostics),
        };
        found.extend(value.map(|value| (name.clone(), value)));
    }
    found
}

/// The values for a saved plan: what it holds, and what it could not hold and is given again.
pub fn for_saved_plan(
    kept: &BTreeMap<Text, PlannedVariable>,
    provided: Vec<Given>,
    configuration: &mut Configuration,
    diagnostics: &mut Diagnostics,
) -> Vec<Given> {
    let mut given = Vec::new();
    for (name, planned) in kept {
        match &planned.value {
            Some(value) => given.push(Given {
                name: name.clone(),
                value: GivenValue::Value(value.unmark_deep().0),
                origin: Origin::Plan,
            }),
            None if provided.iter().any(|one| one.name == *name) => {}
            None => diagnostics.push(
                Diagnostic::error(Code::InvalidVariable, "No value for required variable").detail(format!(
                    "The ephemeral input variable \"{name}\" was set during the plan phase, and so must also be set during the apply phase."
                )),
            ),
        }
    }
    for one in provided {
        match kept.get(&one.name).map(|planned| &planned.value) {
            Some(None) => given.push(one),
            Some(Some(value)) if one.origin == Origin::CommandLine => {
                diagnostics.extend(changed(&one, value, configuration));
            }
            Some(Some(_)) => {}
            None => diagnostics.extend(undeclared(&one, configuration)),
        }
    }
    given
}

/// A variable that is given another value than the plan was made with.
fn changed(given: &Given, planned: &Value, configuration: &mut Configuration) -> Option<Diagnostic> {
    let name = &given.name;
    let Configuration { root, sources, .. } = configuration;
    let (value, _) = parsed(given, root.variables.get(name)?, sources, &mut Vec::new())?;
    (value != planned.unmark_deep().0).then(|| {
        Diagnostic::error(Code::Usage, "Can't change variable when applying a saved plan")
            .detail(format!(
                "The variable {name} has another value than when the plan was made; a saved plan keeps the values that it was made with."
            ))
            .help("Make a new plan with this value, or declare the variable with `ephemeral = true`, so that no plan keeps it.")
    })
}

fn undeclared(given: &Given, configuration: &Configuration) -> Option<Diagnostic> {
    let name = &given.name;
    let known = configuration.root.variables.keys().map(|known| &**known);
    let hint = nearest(name, known).map(|near| format!("Did you mean `{near}`?"));
    let diagnostic = match &given.origin {
        Origin::Environment(_) | Origin::Asked | Origin::Plan => return None,
        Origin::CommandLine => Diagnostic::error(Code::UndeclaredVariable, "Value for undeclared variable").detail(format!(
            "A variable named \"{name}\" was assigned on the command line, but the root module does not declare a variable of that name. To use this value, add a \"variable\" block to the configuration."
        )),
        Origin::File(file) => Diagnostic::warning(Code::UndeclaredVariable, "Value for undeclared variable").detail(format!(
            "The root module does not declare a variable named \"{name}\" but a value was found in file \"{file}\". If you meant to use this value, add a \"variable\" block to the configuration."
        )),
    };
    Some(Diagnostic { help: hint, ..diagnostic })
}

/// The value as it was given, before it is brought to the variable's type.
fn parsed(
    given: &Given,
    variable: &Variable,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<(Value, Option<Span>)> {
    let expression = match &given.value {
        GivenValue::Value(value) => return Some((value.clone(), None)),
        GivenValue::Expression(expression) => {
            let value = literal(expression, diagnostics)?;
            return Some((value, Some(expression.span)));
        }
        GivenValue::Text(text) if is_literal(variable) => return Some((Value::string(text), None)),
        GivenValue::Text(text) => {
            let source = sources.add(format!("<value for var.{}>", variable.name.text), text);
            let (expression, mut found) = parse_expression(source, text, 0);
            let failed = has_errors(&found);
            diagnostics.append(&mut found);
            if failed {
                return None;
            }
            expression
        }
    };
    literal(&expression, diagnostics).map(|value| (value, None))
}

/// Whether a text is taken as it is: for primitive types, and where no type is written.
fn is_literal(variable: &Variable) -> bool {
    !variable.typed || variable.constraint.ty.is_primitive()
}

fn accepted(
    variable: &Variable,
    value: &Value,
    origin: Option<&Origin>,
    span: Option<Span>,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Result<Option<Value>, Diagnostic> {
    let name = &variable.name.text;
    if value.is_null() && !variable.nullable {
        return Ok(default(variable, diagnostics));
    }
    match typed(variable, value) {
        Ok(value) => Ok(Some(value)),
        Err(reason) => {
            let detail = match origin {
                Some(Origin::CommandLine) => {
                    format!("Unsuitable value for var.{name} set using -var=\"{name}=...\": {reason}.")
                }
                Some(Origin::Environment(from)) => {
                    format!(
                        "Unsuitable value for var.{name} set using the environment variable {from}: {reason}."
                    )
                }
                Some(Origin::Asked) => {
                    format!("Unsuitable value for var.{name} set using an interactive prompt: {reason}.")
                }
                Some(Origin::File(_) | Origin::Plan) | None => format!(
                    "The given value is not suitable for var.{name} declared at {}: {reason}.",
                    place(sources, variable.header)
                ),
            };
            let error = Diagnostic::error(Code::InvalidVariable, "Invalid value for input variable")
                .detail(detail)
                .at(span.unwrap_or(variable.header));
            let error = if span.is_some() { error.also(variable.header, "the variable") } else { error };
            Err(error.help(format!("The variable is declared as {}.", variable.constraint.ty)))
        }
    }
}

fn default(variable: &Variable, diagnostics: &mut Diagnostics) -> Option<Value> {
    if let Some(default) = &variable.default {
        return Some(typed(variable, default).unwrap_or_else(|_| default.clone()));
    }
    let name = &variable.name.text;
    diagnostics.push(
        Diagnostic::error(Code::InvalidVariable, "No value for required variable")
            .detail(format!(
                "The root module input variable \"{name}\" is not set, and has no default value. Use a -var or -var-file command line argument to provide a value for this variable."
            ))
            .at(variable.header),
    );
    None
}

/// Brings a value to the variable's type, with defaults of optional attributes and the variable's marks.
///
/// # Errors
/// Why it is not suitable.
pub(crate) fn typed(variable: &Variable, value: &Value) -> Result<Value, String> {
    let value = variable.constraint.apply_defaults(value);
    let value = convert(&value, &variable.constraint.ty).map_err(|error| error.to_string())?;
    let mut marks = Marks::NONE;
    if variable.sensitive {
        marks = marks.with(Marks::SENSITIVE);
    }
    if variable.ephemeral {
        marks = marks.with(Marks::EPHEMERAL);
    }
    Ok(value.marked(marks))
}

/// An unknown value of a variable's type.
pub(crate) fn unknown(variable: &Variable) -> Value {
    let unknown = match variable.nullable {
        true => Value::unknown(aksel_lang::convert::without_optional(&variable.constraint.ty)),
        false => Value::unknown_not_null(aksel_lang::convert::without_optional(&variable.constraint.ty)),
    };
    typed(variable, &unknown).unwrap_or_else(|_| Value::unknown(Type::Dynamic))
}

/// Where something stands, in words: `main.tf:3,1-20`.
pub(crate) fn place(sources: &Sources, span: Span) -> String {
    let source = sources.get(span.source);
    let (from, to) = (source.position(span.start as usize), source.position(span.end as usize));
    match from.line == to.line {
        true => format!("{}:{},{}-{}", source.name, from.line, from.column, to.column),
        false => format!("{}:{},{}-{},{}", source.name, from.line, from.column, to.line, to.column),
    }
}
