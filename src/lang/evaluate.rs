//! Evaluation: an expression and a scope give a value.
//!
//! Invariant: there is always a value; where there was an error it is unknown, so that nothing follows from the error.
//! Invariant: marks of what a value was made of are on the value.
//! Invariant: no expression, however it is written, takes for ever or makes more than fits in memory.
//! Never: a sensitive value is written into a diagnostic.

use crate::address::ResourceName;
use crate::allowance::{self, Allowance};
use crate::code::Code;
use crate::convert::{convert, convertible, unify};
use crate::describe::notes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evaluate_for;
use crate::evaluate_template;
use crate::expression::{Expression, Kind};
use crate::former_values;
use crate::functions::signature::{FunctionSignature, NoFunction};
use crate::functions::{call, provider_call};
use crate::lower::lower_literal;
use crate::operators;
use crate::ranges;
use crate::reference::{Reference, Subject};
use crate::schema::Former;
use crate::source::Span;
use crate::step::{attribute, index};
use crate::syntax::Name;
use crate::types::{Text, Type};
use crate::value::{Content, Marks, Value};

/// What references mean, and what functions may use.
pub trait Scope {
    /// The value of what a reference names.
    ///
    /// # Errors
    /// When it is not declared, or cannot be used here.
    fn resolve(&self, reference: &Reference) -> Result<Value, Diagnostic>;

    /// What functions may use besides their arguments.
    fn surroundings(&self) -> &call::Surroundings;

    /// What a function of a provider takes and gives.
    ///
    /// # Errors
    /// When there is no such function.
    fn provider_function(&self, _provider: &str, _function: &str) -> Result<FunctionSignature, NoFunction> {
        Err(NoFunction::UnknownProvider)
    }

    /// Calls a function of a provider, with arguments as its signature wants them.
    ///
    /// # Errors
    /// When there is no such function, or it refuses an argument.
    fn call_provider(
        &self,
        provider: &str,
        function: &str,
        _arguments: &[Value],
    ) -> Result<Value, call::FunctionError> {
        Err(call::FunctionError::whole(format!("there is no function `provider::{provider}::{function}`")))
    }

    /// What became of an attribute that an object in a resource had in an earlier schema, below these attributes.
    fn former(&self, _resource: &ResourceName, _within: &[Text], _name: &str) -> Option<&Former> {
        None
    }
}

/// Evaluates an expression.
pub fn evaluate(expression: &Expression, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
    evaluate_with(expression, scope, &Locals::default(), diagnostics)
}

/// Evaluates an expression. `None` after an error, which is reported.
pub fn evaluate_soundly(
    expression: &Expression,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let before = diagnostics.len();
    let value = evaluate(expression, scope, diagnostics);
    let failed = diagnostics[before..].iter().any(Diagnostic::is_error);
    (!failed).then_some(value)
}

/// Evaluates an expression with local names: the iterators of `dynamic` blocks around it.
pub fn evaluate_with(
    expression: &Expression,
    scope: &dyn Scope,
    locals: &Locals,
    diagnostics: &mut Diagnostics,
) -> Value {
    let mut evaluation = Evaluation {
        scope,
        locals: locals.clone(),
        element: Vec::new(),
        splats: Vec::new(),
        manner: Manner::Explaining,
        allowance: Allowance::whole(),
        begun: diagnostics.len(),
        diagnostics,
    };
    let value = evaluation.value(expression);
    match allowance::oversize(&value, expression.span) {
        None => value,
        Some(error) => {
            diagnostics.push(error);
            Value::unknown(Type::Dynamic)
        }
    }
}

/// Evaluates an expression that may refer to nothing. `None` if it does, or on another error; that is reported.
pub fn constant(expression: &Expression, diagnostics: &mut Diagnostics) -> Option<Value> {
    let value = evaluate_soundly(expression, &Nothing, diagnostics);
    value.filter(|_| !matches!(expression.kind, Kind::Invalid))
}

/// The value of an expression that may refer to nothing and call nothing. `None` on an error, which is reported.
pub fn literal(expression: &crate::syntax::Expression, diagnostics: &mut Diagnostics) -> Option<Value> {
    let before = diagnostics.len();
    let lowered = lower_literal(expression, diagnostics);
    let value = evaluate(&lowered, &Nothing, diagnostics);
    let failed = diagnostics[before..].iter().any(Diagnostic::is_error);
    (!failed && !matches!(lowered.kind, Kind::Invalid)).then_some(value)
}

/// A scope in which nothing can be referred to.
struct Nothing;

impl Scope for Nothing {
    fn resolve(&self, reference: &Reference) -> Result<Value, Diagnostic> {
        let error = Diagnostic::error(Code::VariablesNotAllowed, "Variables not allowed");
        Err(error.detail("Variables may not be used here.").at(reference.whole))
    }

    fn surroundings(&self) -> &call::Surroundings {
        &call::NO_SURROUNDINGS
    }
}

/// Names that `for` expressions and `dynamic` blocks declare, innermost last.
#[derive(Clone, Debug, Default)]
pub struct Locals(Vec<(Text, Value)>);

impl Locals {
    /// Declares a name; it hides an outer one.
    pub fn push(&mut self, name: Text, value: Value) {
        self.0.push((name, value));
    }

    /// Forgets names down to a count.
    pub fn truncate(&mut self, count: usize) {
        self.0.truncate(count);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, outermost first.
    pub fn names(&self) -> Vec<Text> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(declared, _)| &**declared == name).map(|(_, value)| value)
    }
}

/// One evaluation under way.
pub(crate) struct Evaluation<'a> {
    pub(crate) scope: &'a dyn Scope,
    pub(crate) locals: Locals,
    element: Vec<Value>,
    /// Where the elements of the splats around come from, as far as that is a resource.
    splats: Vec<Option<Origin>>,
    /// Whether mistakes are only counted: what is said of values must not lead to more being said of them.
    manner: Manner,
    pub(crate) allowance: Allowance,
    /// How many diagnostics there were at the beginning.
    begun: usize,
    pub(crate) diagnostics: &'a mut Diagnostics,
}

/// The resource that a value is a part of, and the attributes that lead to it.
#[derive(Clone, Debug)]
struct Origin {
    resource: ResourceName,
    within: Vec<Text>,
}

/// Whether mistakes are explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Explaining,
    Quiet,
}

impl Evaluation<'_> {
    /// The value of an expression.
    pub(crate) fn value(&mut self, expression: &Expression) -> Value {
        match &expression.kind {
            Kind::Literal(value) => value.clone(),
            Kind::Invalid | Kind::Type(_) => Value::unknown(Type::Dynamic),
            Kind::Template(parts) => evaluate_template::template(self, parts, expression.span),
            Kind::Wrapped(inner) => self.value(inner),
            Kind::Tuple(items) => Value::tuple(items.iter().map(|item| self.value(item)).collect::<Vec<_>>()),
            Kind::Object(items) => self.object(items),
            Kind::Reference(reference) => self.reference(reference),
            Kind::Local(name) => {
                self.locals.get(name).cloned().unwrap_or_else(|| Value::unknown(Type::Dynamic))
            }
            Kind::Attribute(inner, name) => self.attribute(inner, name, expression),
            Kind::Index(inner, key, brackets) => self.index(inner, key, *brackets, expression),
            Kind::Splat(source, each, _) => self.splat(source, each, expression),
            Kind::SplatElement => {
                self.element.last().cloned().unwrap_or_else(|| Value::unknown(Type::Dynamic))
            }
            Kind::Call(function, arguments) => call::call(self, function, arguments, expression),
            Kind::ProviderCall(provider, function, arguments) => {
                provider_call::call_provider(self, provider, function, arguments, expression)
            }
            Kind::Conditional(condition, then, otherwise) => {
                self.conditional(condition, then, otherwise, expression)
            }
            Kind::For(inner) => evaluate_for::for_expression(self, inner, expression),
            Kind::Unary(operator, inner) => operators::unary(self, *operator, inner, expression.span),
            Kind::Binary(a, operator, b) => operators::binary(self, a, *operator, b, expression.span),
        }
    }

    /// Reports an error at a place within an expression, with what is known of the values in it.
    pub(crate) fn error(
        &mut self,
        summary: &str,
        detail: impl Into<String>,
        at: Span,
        within: &Expression,
    ) -> Value {
        self.report(Diagnostic::error(Code::Evaluation, summary).detail(detail).at(at), within)
    }

    /// Reports an error with what there is to say of the values in the expression that it lies in.
    pub(crate) fn report(&mut self, error: Diagnostic, within: &Expression) -> Value {
        let values = if self.manner == Manner::Quiet { Vec::new() } else { notes(within, self) };
        self.diagnostics.push(Diagnostic { values, ..error.within(within.span) });
        Value::unknown(Type::Dynamic)
    }

    /// Whether another element may be made; if not, that is reported, once.
    pub(crate) fn goes_on(&mut self, at: Span) -> bool {
        self.allowance.element();
        if self.allowance.is_spent() && self.diagnostics.len() == self.begun {
            self.diagnostics.push(allowance::spent(at));
        }
        !self.allowance.is_spent() && self.diagnostics.len() - self.begun < allowance::ERRORS_MAX
    }

    /// The value of a part without a trace of the errors in it; for notes.
    pub(crate) fn quietly(&mut self, expression: &Expression) -> Option<Value> {
        let before = self.diagnostics.len();
        let manner = std::mem::replace(&mut self.manner, Manner::Quiet);
        let value = self.value(expression);
        self.manner = manner;
        let failed = self.diagnostics.len() > before;
        self.diagnostics.truncate(before);
        (!failed).then_some(value)
    }

    fn reference(&mut self, reference: &Reference) -> Value {
        self.scope.resolve(reference).unwrap_or_else(|error| {
            let known = self
                .diagnostics
                .iter()
                .any(|other| other.subject == error.subject && other.summary == error.summary);
            if !known {
                self.diagnostics.push(error);
            }
            Value::unknown(Type::Dynamic)
        })
    }

    fn object(&mut self, items: &[(Expression, Expression)]) -> Value {
        let mut attributes = Vec::with_capacity(items.len());
        let mut marks = Marks::NONE;
        let mut unknown = false;
        for (key, written) in items {
            let (name, key_marks) = self.value(key).unmark();
            let value = self.value(written);
            marks = marks.with(key_marks);
            match convert(&name, &Type::String) {
                Ok(name) if name.is_null() => {
                    let detail = "Can't use a null value as a key.";
                    self.error("Null value as key", detail, written.span, key);
                }
                Ok(name) => match name.as_str() {
                    Some(text) => attributes.push((Text::from(text), value)),
                    None => unknown = true,
                },
                Err(error) => {
                    let detail = format!("Can't use this value as a key: {error}.");
                    self.error("Incorrect key type", detail, key.span, key);
                }
            }
        }
        let made = if unknown { Value::unknown(Type::Dynamic) } else { Value::object(attributes) };
        made.marked(marks)
    }

    fn attribute(&mut self, inner: &Expression, name: &Name, expression: &Expression) -> Value {
        let source = self.value(inner);
        match attribute(&source, &name.text) {
            Ok(value) => value,
            Err((summary, detail)) => {
                if let Some(value) = self.formerly(inner, &source, &name.text) {
                    return value;
                }
                let missing = self.explain_reference(inner, detail);
                let dot = Span { start: inner.span.end.max(inner.span.start), ..name.span };
                let dot = if dot.start < name.span.end { dot } else { name.span };
                self.error(summary, missing, dot, expression)
            }
        }
    }

    /// Says of a whole resource or module that is used without its key what to write.
    fn explain_reference(&self, inner: &Expression, detail: String) -> String {
        let Kind::Reference(Reference { subject: Subject::Module(name), .. }) = &inner.kind else {
            return detail;
        };
        if detail.starts_with("This object does not have") {
            return format!("{detail} The module \"{name}\" has no output of that name.");
        }
        detail
    }

    fn index(
        &mut self,
        inner: &Expression,
        key: &Expression,
        brackets: Span,
        expression: &Expression,
    ) -> Value {
        let source = self.value(inner);
        let key = self.value(key);
        match index(&source, &key) {
            Ok(value) => value,
            Err((summary, detail)) => self.error(summary, detail, brackets, expression),
        }
    }

    fn splat(&mut self, source: &Expression, each: &Expression, whole: &Expression) -> Value {
        let value = self.value(source);
        self.splats.push(self.origin(source));
        let result = self.splat_over(value, source, each, whole);
        self.splats.pop();
        result
    }

    fn splat_over(
        &mut self,
        value: Value,
        source: &Expression,
        each: &Expression,
        whole: &Expression,
    ) -> Value {
        let (value, marks) = value.unmark();
        match value.content() {
            Content::Null(Type::List(_) | Type::Set(_) | Type::Tuple(_)) => {
                let detail = "Splat expressions (with the * symbol) cannot be applied to null sequences.";
                self.error("Splat of null value", detail, source.span, whole)
            }
            Content::Null(_) => Value::tuple([]).marked(marks),
            Content::Unknown(ty, refinement) if refinement.not_null && is_single(ty) => {
                let single = self.with_element(value.clone(), each);
                Value::tuple([single]).marked(marks)
            }
            Content::Unknown(ty, _) => self.unknown_splat(ty.clone(), each).marked(marks),
            Content::List(..) | Content::Set(..) | Content::Tuple(_) => {
                let items = value.as_slice().unwrap_or_default().to_vec();
                let results: Vec<Value> =
                    items.into_iter().map(|item| self.with_element(item, each)).collect();
                let keeps_type = !matches!(value.content(), Content::Tuple(_));
                splat_result(results, keeps_type.then(|| value.ty())).marked(marks)
            }
            Content::Bool(_)
            | Content::Number(_)
            | Content::String(_)
            | Content::Map(..)
            | Content::Object(_) => {
                let single = self.with_element(value.clone(), each);
                Value::tuple([single]).marked(marks)
            }
        }
    }

    /// The resource that an expression takes a part of.
    fn origin(&self, expression: &Expression) -> Option<Origin> {
        let mut names = Vec::new();
        let mut inner = expression;
        let mut origin = loop {
            match &inner.kind {
                Kind::Attribute(object, name) => {
                    names.push(name.text.clone());
                    inner = object;
                }
                Kind::Index(object, ..) => inner = object,
                Kind::SplatElement => break self.splats.last().cloned()??,
                Kind::Reference(Reference { subject: Subject::Resource(resource), .. }) => {
                    break Origin { resource: resource.clone(), within: Vec::new() };
                }
                _ => return None,
            }
        };
        origin.within.extend(names.into_iter().rev());
        Some(origin)
    }

    /// The value of an attribute that is called by the name that it had in an earlier schema.
    fn formerly(&self, object: &Expression, value: &Value, name: &str) -> Option<Value> {
        let Origin { resource, within } = self.origin(object)?;
        let former = self.scope.former(&resource, &within, name)?;
        former_values::attribute(value, former)
    }

    fn with_element(&mut self, element: Value, each: &Expression) -> Value {
        self.element.push(element);
        let value = self.value(each);
        self.element.pop();
        value
    }

    fn unknown_splat(&mut self, ty: Type, each: &Expression) -> Value {
        match ty {
            Type::List(element) | Type::Set(element) => {
                let result = self.with_element(Value::unknown((*element).clone()), each).ty();
                Value::unknown_not_null(Type::list(result))
            }
            Type::Tuple(elements) => {
                let results: Vec<Value> =
                    elements.iter().map(|ty| self.with_element(Value::unknown(ty.clone()), each)).collect();
                Value::unknown_not_null(Type::tuple(results.iter().map(Value::ty)))
            }
            Type::Dynamic | Type::Bool | Type::Number | Type::String | Type::Map(_) | Type::Object(_) => {
                Value::unknown(Type::Dynamic)
            }
        }
    }

    fn conditional(
        &mut self,
        condition: &Expression,
        then: &Expression,
        otherwise: &Expression,
        whole: &Expression,
    ) -> Value {
        let (decision, marks) = self.value(condition).unmark();
        let before = self.diagnostics.len();
        let yes = self.value(then);
        let after_yes = self.diagnostics.len();
        let no = self.value(otherwise);
        let chosen = match convert(&decision, &Type::Bool) {
            Err(_) => {
                let detail = "The condition expression must be of type bool.";
                return self.error("Incorrect condition type", detail, condition.span, whole);
            }
            Ok(decision) if decision.is_null() => {
                let detail = "The condition value is null. Conditions must either be true or false.";
                return self.error("Null condition", detail, condition.span, whole);
            }
            Ok(decision) => decision.as_bool(),
        };
        // Only errors of the branch that is taken count.
        match chosen {
            Some(true) => self.diagnostics.truncate(after_yes),
            Some(false) => drop(self.diagnostics.drain(before..after_yes)),
            None => {}
        }
        let Some(ty) = conditional_type(&yes, &no) else {
            let detail = mismatch(&yes.ty(), &no.ty());
            return self.error(
                "Inconsistent conditional result types",
                detail,
                then.span.to(otherwise.span),
                whole,
            );
        };
        let result = match chosen {
            Some(true) => convert(&yes, &ty),
            Some(false) => convert(&no, &ty),
            None => Ok(ranges::one_of(&yes, &no, ty).marked(yes.marks().with(no.marks()))),
        };
        match result {
            Ok(value) => value.marked(marks),
            Err(error) => {
                let (side, at) = if chosen == Some(true) { ("true", then) } else { ("false", otherwise) };
                let detail = format!("The {side} result value has the wrong type: {error}.");
                self.error("Inconsistent conditional result types", detail, at.span, whole)
            }
        }
    }
}

/// Whether values of a type are one element for a splat.
fn is_single(ty: &Type) -> bool {
    match ty {
        Type::Bool | Type::Number | Type::String | Type::Map(_) | Type::Object(_) => true,
        Type::Dynamic | Type::List(_) | Type::Set(_) | Type::Tuple(_) => false,
    }
}

fn splat_result(results: Vec<Value>, source: Option<Type>) -> Value {
    let Some(source) = source else { return Value::tuple(results) };
    if results.is_empty() {
        let element = source.element().cloned().unwrap_or(Type::Dynamic);
        return Value::list(element, []);
    }
    let types: Vec<Type> = results.iter().map(Value::ty).collect();
    if types.iter().all(|ty| *ty == types[0]) {
        Value::list(types[0].clone(), results)
    } else {
        Value::tuple(results)
    }
}

fn conditional_type(yes: &Value, no: &Value) -> Option<Type> {
    let untyped = |value: &Value| value.is_null() && value.ty() == Type::Dynamic;
    match (untyped(yes), untyped(no)) {
        (true, false) => Some(no.ty()),
        (false, true) => Some(yes.ty()),
        (true, true) | (false, false) => {
            let types = [yes.ty(), no.ty()];
            ordered_first(&types).or_else(|| unify(&types))
        }
    }
}

/// The type of the list, or else the set, of two sequences one of which is a set: the other is converted, if its elements may be what
/// that one's are.
fn ordered_first(types: &[Type; 2]) -> Option<Type> {
    let list = types.iter().find(|ty| matches!(ty, Type::List(_)));
    let set = types.iter().find(|ty| matches!(ty, Type::Set(_)))?;
    let chosen = list.unwrap_or(set);
    types.iter().all(|ty| convertible(ty, chosen)).then(|| chosen.clone())
}

/// Why two results have no type in common.
fn mismatch(yes: &Type, no: &Type) -> String {
    if let (Type::Object(yes), Type::Object(no)) = (yes, no) {
        if let Some(name) = yes.attributes.keys().find(|name| !no.attributes.contains_key(*name)) {
            return format!(
                "The true and false result expressions must have consistent types. The 'true' value includes object attribute {:?}, which is absent in the 'false' value.",
                &**name
            );
        }
        if let Some(name) = no.attributes.keys().find(|name| !yes.attributes.contains_key(*name)) {
            return format!(
                "The true and false result expressions must have consistent types. The 'false' value includes object attribute {:?}, which is absent in the 'true' value.",
                &**name
            );
        }
    }
    if let (Type::Tuple(yes), Type::Tuple(no)) = (yes, no)
        && yes.len() != no.len()
    {
        return format!(
            "The true and false result expressions must have consistent types. The 'true' tuple has length {}, but the 'false' tuple has length {}.",
            yes.len(),
            no.len()
        );
    }
    format!(
        "The true and false result expressions must have consistent types. The 'true' value is {}, but the 'false' value is {}.",
        yes.friendly_name(),
        no.friendly_name()
    )
}
