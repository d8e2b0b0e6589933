//! Calling a function: arguments are counted, converted and judged, then the function runs.
//!
//! Invariant: a function sees arguments of its parameters' types, known and unmarked unless its row says otherwise.
//! Never: an error message holds a marked value.

use std::path::PathBuf;
use std::sync::LazyLock;

use jiff::Timestamp;

use crate::code::Code;
use crate::convert::convert;
use crate::diagnostic::Diagnostic;
use crate::evaluate::Evaluation;
use crate::expression::{Arguments, Expression};
use crate::functions::{Function, MarksBy, Null, Parameter, Returns, Run, Special, Unknown, templates};
use crate::source::Span;
use crate::syntax::Expansion;
use crate::type_constraint::TypeConstraint;
use crate::types::Type;
use crate::value::{Marks, Value};

/// What functions may use besides their arguments.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// What relative paths are relative to on disk; file functions add the path as it is written.
    pub folder: PathBuf,
    /// The time of the plan; unknown while only checking.
    pub plan_time: Option<Timestamp>,
    /// The time now; `None` while planning: `timestamp()` is then not known.
    pub now: Option<Timestamp>,
    /// Whether `uuid()` and `bcrypt()` may be drawn; not while planning.
    pub chance: Chance,
}

/// Whether values may be drawn by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chance {
    /// They are: this is an apply or a console.
    Drawn,
    /// They are not known yet: this is a plan.
    Later,
}

/// The surroundings of what refers to nothing.
pub static NO_SURROUNDINGS: LazyLock<Surroundings> = LazyLock::new(|| Surroundings {
    folder: PathBuf::new(),
    plan_time: None,
    now: None,
    chance: Chance::Later,
});

/// What a function may use while it runs.
pub struct Context<'a> {
    /// The surroundings.
    pub surroundings: &'a Surroundings,
}

/// A function refused its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// Which argument, from 0; `None` for the call as a whole.
    pub argument: Option<usize>,
    /// Why, without a final period.
    pub message: String,
}

impl FunctionError {
    /// An error about an argument.
    pub fn argument(argument: usize, message: impl Into<String>) -> FunctionError {
        FunctionError { argument: Some(argument), message: message.into() }
    }

    /// An error about the call as a whole.
    pub fn whole(message: impl Into<String>) -> FunctionError {
        FunctionError { argument: None, message: message.into() }
    }
}

/// The value of a call of a built-in function.
pub(crate) fn call(
    evaluation: &mut Evaluation<'_>,
    function: &'static Function,
    arguments: &Arguments,
    whole: &Expression,
) -> Value {
    match function.run {
        Run::Special(special) => call_special(evaluation, special, arguments, whole),
        Run::Values(run) => {
            let Some((values, marks)) = expanded(evaluation, arguments, whole) else {
                return Value::unknown(Type::Dynamic);
            };
            let Some(values) = values else { return Value::unknown(Type::Dynamic).marked(marks) };
            Calling { function, arguments, whole }.run(evaluation, run, values).marked(marks)
        }
    }
}

/// Values of arguments (`None`: not known how many), and the marks of an expanded list.
pub(super) type Expanded = (Option<Vec<Value>>, Marks);

/// The values of all arguments; the last one taken apart if `...` follows it. `None` on an error.
pub(super) fn expanded(
    evaluation: &mut Evaluation<'_>,
    arguments: &Arguments,
    whole: &Expression,
) -> Option<Expanded> {
    let mut values: Vec<Value> = arguments.values.iter().map(|value| evaluation.value(value)).collect();
    if arguments.expand_last == Expansion::No {
        return Some((Some(values), Marks::NONE));
    }
    let (last, marks) = values.pop()?.unmark();
    if !last.is_known() {
        return Some((None, marks));
    }
    let Some(items) = last.as_slice().filter(|_| !last.is_null()) else {
        let at = arguments.values.last().map_or(whole.span, |value| value.span);
        let detail = "The expanding argument (indicated by ...) must be of a tuple, list, or set type.";
        evaluation.error("Invalid expanding argument value", detail, at, whole);
        return None;
    };
    values.extend(items.iter().cloned());
    Some((Some(values), marks))
}

struct Calling<'a> {
    function: &'static Function,
    arguments: &'a Arguments,
    whole: &'a Expression,
}

impl Calling<'_> {
    fn run(
        &self,
        evaluation: &mut Evaluation<'_>,
        run: fn(&Context<'_>, &[Value]) -> Result<Value, FunctionError>,
        values: Vec<Value>,
    ) -> Value {
        if !self.counts(evaluation, values.len()) {
            return Value::unknown(Type::Dynamic);
        }
        let mut prepared = Vec::with_capacity(values.len());
        let (mut marks, mut unknown, mut failed) = (Marks::NONE, false, false);
        for (at, value) in values.into_iter().enumerate() {
            let parameter = self.parameter(at);
            match prepare(&value, parameter) {
                Ok((value, own)) => {
                    marks = marks.with(own);
                    unknown |= !value.is_known() && parameter.unknown == Unknown::Spreads;
                    prepared.push(value);
                }
                Err(message) => {
                    failed = true;
                    self.refuse(evaluation, &FunctionError::argument(at, message));
                }
            }
        }
        if failed {
            return Value::unknown(Type::Dynamic).marked(marks);
        }
        if unknown {
            return unknown_result(self.function.result, &prepared).marked(marks);
        }
        let context = Context { surroundings: evaluation.scope.surroundings() };
        match run(&context, &prepared) {
            Ok(value) => {
                evaluation.allowance.made(&value);
                value.marked(marks)
            }
            Err(error) => {
                self.refuse(evaluation, &error);
                Value::unknown(Type::Dynamic).marked(marks)
            }
        }
    }

    fn parameter(&self, at: usize) -> &'static Parameter {
        let variadic = self.function.variadic.as_ref();
        self.function.parameters.get(at).or(variadic).expect("the arguments have been counted")
    }

    fn counts(&self, evaluation: &mut Evaluation<'_>, count: usize) -> bool {
        let missing = self.function.parameters.get(count).map(|parameter| parameter.name);
        let variadic = self.function.variadic.as_ref().map(|parameter| parameter.name);
        let problem =
            count_problem(&self.refusal(), count, self.function.parameters.len(), missing, variadic);
        let right = problem.is_none();
        evaluation.diagnostics.extend(problem);
        right
    }

    fn refuse(&self, evaluation: &mut Evaluation<'_>, error: &FunctionError) {
        let parameter = error.argument.map_or("", |at| self.parameter(at).name);
        self.refusal().push(evaluation, parameter, error);
    }

    fn refusal(&self) -> Refusal<'_> {
        Refusal { arguments: self.arguments, whole: self.whole }
    }
}

/// A call whose arguments are refused.
pub(super) struct Refusal<'a> {
    /// The arguments, with their places.
    pub(super) arguments: &'a Arguments,
    /// The call.
    pub(super) whole: &'a Expression,
}

impl Refusal<'_> {
    /// Reports an error at the argument it is about, or at the call's name.
    pub(super) fn push(&self, evaluation: &mut Evaluation<'_>, parameter: &str, error: &FunctionError) {
        let name = &self.arguments.name.text;
        let Some(at) = error.argument else {
            let detail = format!("Call to function \"{name}\" failed: {}.", error.message);
            evaluation.report(refused(detail).at(self.arguments.head()), self.whole);
            return;
        };
        let starts = &self.arguments.starts;
        let place = starts.get(at).or(starts.last()).copied().unwrap_or(self.whole.span);
        let detail = format!("Invalid value for \"{parameter}\" parameter: {}.", error.message);
        evaluation.error("Invalid function argument", detail, place, self.whole);
    }

    fn error(&self, summary: &str, detail: String, at: Span) -> Diagnostic {
        Diagnostic::error(Code::FunctionCall, summary).detail(detail).at(at).within(self.whole.span)
    }
}

/// What is wrong with the number of arguments: `missing` names the first parameter that has none.
pub(super) fn count_problem(
    call: &Refusal<'_>,
    count: usize,
    wanted: usize,
    missing: Option<&str>,
    variadic: Option<&str>,
) -> Option<Diagnostic> {
    let name = &call.arguments.name.text;
    if let Some(missing) = missing {
        let least = if variadic.is_some() { "at least " } else { "" };
        let detail = format!(
            "Function \"{name}\" expects {least}{wanted} argument(s). Missing value for \"{missing}\"."
        );
        let close = call.arguments.parentheses;
        let close = Span { start: close.end.saturating_sub(1), ..close };
        return Some(call.error("Not enough function arguments", detail, close));
    }
    (count > wanted && variadic.is_none()).then(|| {
        let detail = format!("Function \"{name}\" expects only {wanted} argument(s).");
        let at = call.arguments.starts.get(wanted).copied().unwrap_or(call.whole.span);
        call.error("Too many function arguments", detail, at)
    })
}

/// Brings an argument to what its parameter accepts.
fn prepare(value: &Value, parameter: &Parameter) -> Result<(Value, Marks), String> {
    let (bare, marks) = match parameter.marks {
        MarksBy::Call => value.unmark_deep(),
        MarksBy::Function => (value.clone(), Marks::NONE),
    };
    if bare.is_null() && parameter.null == Null::Refused {
        return Err("argument must not be null".into());
    }
    let converted = convert(&bare, &parameter.accepts.ty()).map_err(|error| error.to_string())?;
    Ok((converted, marks))
}

fn unknown_result(returns: Returns, values: &[Value]) -> Value {
    match returns {
        Returns::Fixed(ty) => sure(ty()),
        Returns::Loose(ty) => Value::unknown(ty()),
        Returns::Typed(_) if values.iter().any(|value| value.ty() == Type::Dynamic) => {
            Value::unknown(Type::Dynamic)
        }
        Returns::Typed(ty) => Value::unknown(ty()),
        Returns::From(of) => sure(of(values)),
    }
}

/// A value that is not known, but not null; of a type that is not known either nothing can be said.
pub(super) fn sure(ty: Type) -> Value {
    match ty {
        Type::Dynamic => Value::unknown(Type::Dynamic),
        ty => Value::unknown_not_null(ty),
    }
}

fn call_special(
    evaluation: &mut Evaluation<'_>,
    special: Special,
    arguments: &Arguments,
    whole: &Expression,
) -> Value {
    match special {
        Special::Try => call_try(evaluation, arguments, whole),
        Special::Can => call_can(evaluation, arguments, whole),
        Special::Convert => call_convert(evaluation, arguments, whole),
        Special::TemplateString => call_template_string(evaluation, arguments, whole),
    }
}

/// The first argument without an error. One that is not known yet may still fail: then all is unknown.
fn call_try(evaluation: &mut Evaluation<'_>, arguments: &Arguments, whole: &Expression) -> Value {
    if arguments.values.is_empty() {
        let detail = "Call to function \"try\" failed: at least one argument is required.";
        return evaluation.report(refused(detail).at(arguments.head()), whole);
    }
    let mut reasons = Vec::new();
    for argument in &arguments.values {
        let before = evaluation.diagnostics.len();
        let value = evaluation.value(argument);
        let errors: Vec<Diagnostic> = evaluation.diagnostics.drain(before..).collect();
        if errors.is_empty() {
            let whole = value.is_wholly_known();
            return if whole { value } else { Value::unknown(Type::Dynamic).marked(value.marks_deep()) };
        }
        reasons.extend(errors.into_iter().map(|error| format!("- {}: {}", error.summary, error.detail)));
    }
    let detail = format!(
        "Call to function \"try\" failed: no expression succeeded:\n{}\n\nAt least one expression must produce a successful result.",
        reasons.join("\n")
    );
    evaluation.report(refused(detail).at(arguments.head()), whole)
}

/// A function that is no row of the table was called with too few arguments or too many.
fn wrong_count(
    evaluation: &mut Evaluation<'_>,
    name: &str,
    wanted: usize,
    arguments: &Arguments,
    whole: &Expression,
) -> Value {
    let close = arguments.parentheses;
    let (summary, at) = match arguments.starts.get(wanted) {
        Some(extra) => ("Too many function arguments", *extra),
        None => ("Not enough function arguments", Span { start: close.end.saturating_sub(1), ..close }),
    };
    evaluation.error(summary, format!("Function \"{name}\" expects {wanted} argument(s)."), at, whole)
}

fn call_can(evaluation: &mut Evaluation<'_>, arguments: &Arguments, whole: &Expression) -> Value {
    let [argument] = arguments.values.as_slice() else {
        return wrong_count(evaluation, "can", 1, arguments, whole);
    };
    let before = evaluation.diagnostics.len();
    let value = evaluation.value(argument);
    let failed = evaluation.diagnostics.len() > before;
    evaluation.diagnostics.truncate(before);
    if failed {
        return false.into();
    }
    if value.is_wholly_known() { true.into() } else { Value::unknown_not_null(Type::Bool) }
}

/// `convert(value, type)`: the second argument is kept as it was lowered, so types of one word are read here.
fn call_convert(evaluation: &mut Evaluation<'_>, arguments: &Arguments, whole: &Expression) -> Value {
    let [value, ty] = arguments.values.as_slice() else {
        return wrong_count(evaluation, "convert", 2, arguments, whole);
    };
    let crate::expression::Kind::Type(constraint) = &ty.kind else {
        return evaluation.error("Invalid function argument", "A type is required.", ty.span, whole);
    };
    let constraint: &TypeConstraint = constraint;
    let made = evaluation.value(value);
    match convert(&constraint.apply_defaults(&made), &constraint.ty) {
        Ok(converted) => converted,
        Err(error) => {
            let detail = format!("Invalid value for \"value\" parameter: {error}.");
            evaluation.error("Invalid function argument", detail, value.span, whole)
        }
    }
}

/// `templatestring(template, vars)`: the template must be looked up somewhere; one that is written here needs no function.
fn call_template_string(evaluation: &mut Evaluation<'_>, arguments: &Arguments, whole: &Expression) -> Value {
    let function = crate::functions::find("templatestring").expect("it is in the table that calls this");
    let calling = Calling { function, arguments, whole };
    if !calling.counts(evaluation, arguments.values.len()) {
        return Value::unknown(Type::Dynamic);
    }
    if !is_lookup(&arguments.values[0]) {
        let message = "invalid template expression: templatestring is only for rendering templates retrieved dynamically from elsewhere, and so does not support providing a literal template; consider using a template string expression instead";
        calling.refuse(evaluation, &FunctionError::argument(0, message));
        return Value::unknown(Type::Dynamic);
    }
    let values = arguments.values.iter().map(|value| evaluation.value(value)).collect();
    calling.run(evaluation, templates::render_text, values)
}

/// Whether an expression is a reference with steps, and nothing else.
fn is_lookup(expression: &Expression) -> bool {
    use crate::expression::Kind;
    match &expression.kind {
        Kind::Reference(_) | Kind::Local(_) => true,
        Kind::Attribute(inner, _) | Kind::Index(inner, ..) => is_lookup(inner),
        _ => false,
    }
}

fn refused(detail: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::FunctionCall, "Error in function call").detail(detail)
}
