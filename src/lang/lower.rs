//! Lowering: syntax becomes an expression that can be evaluated.
//!
//! Invariant: what cannot be lowered becomes `Invalid` with one diagnostic; the rest of the expression is lowered all the same.
//! Never: nothing is evaluated, and no reference is checked for existence.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::expression::{Arguments, Expression, For, Kind, Part};
use crate::functions;
use crate::number::Number;
use crate::parser;
use crate::reference::{self, Hop, Reference, Subject};
use crate::source::Span;
use crate::syntax::{self, ExpressionKind, ForResult, Grouping, JsonString, Name, ObjectItem, TemplatePart};
use crate::type_constraint::TypeConstraint;
use crate::types::{Text, Type};
use crate::value::Value;

/// Lowers an expression.
pub fn lower(expression: &syntax::Expression, diagnostics: &mut Diagnostics) -> Expression {
    lower_within(expression, &[], diagnostics)
}

/// Lowers an expression in which further names mean something: the iterators of `dynamic` blocks around it.
pub fn lower_within(
    expression: &syntax::Expression,
    names: &[Text],
    diagnostics: &mut Diagnostics,
) -> Expression {
    Lowering { names: names.to_vec(), reach: Reach::Everything, diagnostics }.expression(expression)
}

/// Lowers an expression that may refer to nothing and call nothing: a default, a value of a variables file.
pub fn lower_literal(expression: &syntax::Expression, diagnostics: &mut Diagnostics) -> Expression {
    Lowering { names: Vec::new(), reach: Reach::Nothing, diagnostics }.expression(expression)
}

/// What an expression may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Whatever its scope has.
    Everything,
    /// Neither references nor functions; strings of JSON are not templates.
    Nothing,
}

struct Lowering<'a> {
    names: Vec<Text>,
    reach: Reach,
    diagnostics: &'a mut Diagnostics,
}

impl Lowering<'_> {
    fn expression(&mut self, expression: &syntax::Expression) -> Expression {
        Expression { kind: self.kind(expression), span: expression.span }
    }

    fn boxed(&mut self, expression: &syntax::Expression) -> Box<Expression> {
        Box::new(self.expression(expression))
    }

    fn kind(&mut self, expression: &syntax::Expression) -> Kind {
        match &expression.kind {
            ExpressionKind::Null => Kind::Literal(Value::null(Type::Dynamic)),
            ExpressionKind::Bool(truth) => Kind::Literal((*truth).into()),
            ExpressionKind::Number(digits) => self.number(digits, expression.span),
            ExpressionKind::Template(parts) => self.template(parts),
            ExpressionKind::JsonString(string) => self.json_string(string),
            ExpressionKind::Tuple(items) => {
                Kind::Tuple(items.iter().map(|item| self.expression(item)).collect())
            }
            ExpressionKind::Object(items) => {
                self.refuse_duplicate_properties(items);
                Kind::Object(
                    items.iter().map(|item| (self.object_key(item), self.expression(&item.value))).collect(),
                )
            }
            ExpressionKind::Variable(_) | ExpressionKind::Attribute(..) | ExpressionKind::Index(..) => {
                self.traversal(expression)
            }
            ExpressionKind::Splat { source, each, marker } => {
                Kind::Splat(self.boxed(source), self.boxed(each), *marker)
            }
            ExpressionKind::SplatElement => Kind::SplatElement,
            ExpressionKind::Call(call) => self.call(call),
            ExpressionKind::Conditional(a, b, c) => {
                Kind::Conditional(self.boxed(a), self.boxed(b), self.boxed(c))
            }
            ExpressionKind::For(inner) => self.for_expression(inner),
            ExpressionKind::Unary(operator, inner) => Kind::Unary(*operator, self.boxed(inner)),
            ExpressionKind::Binary(a, operator, b, _) => {
                Kind::Binary(self.boxed(a), *operator, self.boxed(b))
            }
            ExpressionKind::Parentheses(inner) => self.kind(inner),
            ExpressionKind::Invalid => Kind::Invalid,
        }
    }

    fn number(&mut self, digits: &str, span: Span) -> Kind {
        match digits.parse() {
            Ok(number) => Kind::Literal(Value::from_number(number)),
            Err(_) => {
                self.diagnostics.push(
                    Diagnostic::error(Code::Syntax, "Invalid number literal")
                        .detail("Failed to recognize the value of this number literal.")
                        .at(span),
                );
                Kind::Invalid
            }
        }
    }

    fn json_string(&mut self, string: &JsonString) -> Kind {
        if self.reach == Reach::Nothing {
            return Kind::Literal(Value::string(&string.text));
        }
        let (template, mut found) = parser::parse_json_template(string);
        self.diagnostics.append(&mut found);
        self.kind(&template)
    }

    /// A name that occurs twice in a JSON object is a mistake; in native syntax the last one wins.
    fn refuse_duplicate_properties(&mut self, items: &[ObjectItem]) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for item in items {
            let ExpressionKind::JsonString(name) = &item.key.kind else { return };
            let Some(first) = seen.insert(&name.text, name.span) else { continue };
            self.diagnostics.push(
                Diagnostic::error(Code::Duplicate, "Duplicate object attribute")
                    .detail(format!("An attribute named \"{}\" was already defined.", name.text))
                    .at(name.span)
                    .also(first, "the first one"),
            );
        }
    }

    /// A template of one literal is that text; one of a single interpolation is that value.
    fn template(&mut self, parts: &[TemplatePart]) -> Kind {
        match parts {
            [] => Kind::Literal(Value::string("")),
            [TemplatePart::Literal(text, _)] => Kind::Literal(Value::string(text)),
            [TemplatePart::Interpolation(inner)] => Kind::Wrapped(self.boxed(inner)),
            parts => Kind::Template(self.parts(parts)),
        }
    }

    fn parts(&mut self, parts: &[TemplatePart]) -> Vec<Part> {
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn part(&mut self, part: &TemplatePart) -> Part {
        match part {
            TemplatePart::Literal(text, _) => Part::Text(text.clone()),
            TemplatePart::Interpolation(inner) => Part::Value(self.expression(inner)),
            TemplatePart::If { condition, then, otherwise, .. } => {
                Part::If(self.expression(condition), self.parts(then), self.parts(otherwise))
            }
            TemplatePart::For { key, value, collection, body, .. } => {
                let collection = self.expression(collection);
                let key = key.as_ref().map(|key| key.text.clone());
                let body = self.within(key.as_ref(), &value.text, |lowering| lowering.parts(body));
                Part::For { key, value: value.text.clone(), collection, body }
            }
        }
    }

    /// A bare name as a key means its own text, also the name `null`.
    fn object_key(&mut self, item: &ObjectItem) -> Expression {
        let name = match &item.key.kind {
            ExpressionKind::Variable(name) => Some(&**name),
            ExpressionKind::Null => Some("null"),
            _ => None,
        };
        if let Some(name) = name {
            return Expression { kind: Kind::Literal(Value::string(name)), span: item.key.span };
        }
        if matches!(item.key.kind, ExpressionKind::Attribute(..)) {
            self.diagnostics.push(
                Diagnostic::error(Code::Syntax, "Ambiguous attribute key")
                    .detail("If this expression is intended to be a reference, wrap it in parentheses. If it's instead intended as a literal name containing periods, wrap it in quotes to create a string literal.")
                    .at(item.key.span),
            );
            return Expression { kind: Kind::Invalid, span: item.key.span };
        }
        self.expression(&item.key)
    }

    fn within<T>(&mut self, key: Option<&Text>, value: &Text, body: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.names.len();
        self.names.extend(key.cloned());
        self.names.push(value.clone());
        let result = body(self);
        self.names.truncate(before);
        result
    }

    fn for_expression(&mut self, inner: &syntax::For) -> Kind {
        let collection = self.expression(&inner.collection);
        let key = inner.key.as_ref().map(|key| key.text.clone());
        let value = inner.value.text.clone();
        let (result_key, result, grouping, condition) = self.within(key.as_ref(), &value, |lowering| {
            let condition = inner.condition.as_ref().map(|condition| lowering.expression(condition));
            match &inner.result {
                ForResult::Tuple(result) => (None, lowering.expression(result), Grouping::Unique, condition),
                ForResult::Object { key, value, grouped } => {
                    (Some(lowering.expression(key)), lowering.expression(value), *grouped, condition)
                }
            }
        });
        Kind::For(Box::new(For { key, value, collection, result_key, result, grouping, condition }))
    }

    fn call(&mut self, call: &syntax::Call) -> Kind {
        if self.reach == Reach::Nothing {
            self.diagnostics.push(
                Diagnostic::error(Code::FunctionCall, "Function calls not allowed")
                    .detail("Functions may not be called here.")
                    .at(call.name.span.to(call.parentheses)),
            );
            return Kind::Invalid;
        }
        let values = match (&*call.name.text, call.arguments.as_slice()) {
            ("convert", [value, ty]) => vec![self.expression(value), self.type_argument(ty)],
            (_, arguments) => arguments.iter().map(|argument| self.expression(argument)).collect(),
        };
        let name = call.name.clone();
        let starts = call.arguments.iter().map(syntax::Expression::start).collect();
        let arguments =
            Arguments { values, starts, expand_last: call.expand_last, name, parentheses: call.parentheses };
        let path: Vec<&str> = call.name.text.split("::").collect();
        match path.as_slice() {
            ["provider", provider, function] => {
                Kind::ProviderCall(Text::from(*provider), Text::from(*function), arguments)
            }
            [name] | ["core", name] => match functions::find(name) {
                Some(function) => Kind::Call(function, arguments),
                None => self.unknown_function(&call.name),
            },
            _ => self.unknown_function(&call.name),
        }
    }

    fn type_argument(&mut self, ty: &syntax::Expression) -> Expression {
        let constraint = TypeConstraint::read(ty, self.diagnostics);
        Expression { kind: Kind::Type(Box::new(constraint)), span: ty.span }
    }

    fn unknown_function(&mut self, name: &Name) -> Kind {
        let error = Diagnostic::error(Code::UnknownFunction, "Call to unknown function")
            .detail(format!("There is no function named \"{}\".", name.text))
            .label(name.span, "no such function");
        let near = nearest(&name.text, functions::names());
        self.diagnostics.push(match near {
            Some(near) => error.help(format!("Did you mean \"{near}\"?")),
            None => error,
        });
        Kind::Invalid
    }

    /// A chain of attributes and indices: a reference if it begins with a name, else steps on any value.
    fn traversal(&mut self, expression: &syntax::Expression) -> Kind {
        let (root, chain) = unchain(expression);
        let ExpressionKind::Variable(name) = &root.kind else {
            let mut current = self.expression(root);
            for step in chain {
                current = self.step(current, step);
            }
            return current.kind;
        };
        if self.names.contains(name) {
            let mut current = Expression { kind: Kind::Local(name.clone()), span: root.span };
            for step in chain {
                current = self.step(current, step);
            }
            return current.kind;
        }
        if self.reach == Reach::Nothing {
            self.diagnostics.push(
                Diagnostic::error(Code::VariablesNotAllowed, "Variables not allowed")
                    .detail("Variables may not be used here.")
                    .help("Only a literal value can stand here: a string, a number, a list or an object of such.")
                    .at(root.span),
            );
            return Kind::Invalid;
        }
        self.reference(name, root.span, &chain)
    }

    fn reference(&mut self, name: &Text, root: Span, chain: &[&syntax::Expression]) -> Kind {
        let names: Vec<Option<&Name>> = chain.iter().map(|step| attribute_name(step)).collect();
        let end = chain.last().map_or(root, |step| step.span);
        match reference::subject(name, &names) {
            Err((summary, detail)) => {
                let place = match chain.first() {
                    None => root,
                    Some(_) if summary == "Reserved symbol name" => root,
                    Some(step) => match &step.kind {
                        ExpressionKind::Index(_, _, brackets) => *brackets,
                        _ => step.span,
                    },
                };
                self.diagnostics
                    .push(Diagnostic::error(Code::InvalidReference, summary).detail(detail).at(place));
                Kind::Invalid
            }
            Ok((subject, taken)) => {
                if matches!(subject, Subject::Resource(_) | Subject::Module(_)) {
                    self.diagnostics.extend(chain.get(taken).and_then(|step| broken_index(step)));
                }
                let span = chain[..taken].last().map_or(root, |step| step.span);
                let steps = chain[taken..].iter().map_while(|step| literal_hop(step)).collect();
                let reference = Reference { subject, span, steps, whole: root.to(end) };
                let mut current = Expression { kind: Kind::Reference(reference), span };
                for step in &chain[taken..] {
                    current = self.step(current, step);
                }
                current.kind
            }
        }
    }

    fn step(&mut self, inner: Expression, step: &syntax::Expression) -> Expression {
        let kind = match &step.kind {
            // `a.0` is how indices were written once.
            ExpressionKind::Attribute(_, name) if name.text.starts_with(|c: char| c.is_ascii_digit()) => {
                let key = Expression { kind: self.number(&name.text, name.span), span: name.span };
                Kind::Index(Box::new(inner), Box::new(key), name.span)
            }
            ExpressionKind::Attribute(_, name) => Kind::Attribute(Box::new(inner), name.clone()),
            ExpressionKind::Index(_, key, brackets) => {
                let key = self.expression(key);
                Kind::Index(Box::new(inner), Box::new(key), *brackets)
            }
            _ => inner.kind,
        };
        Expression { kind, span: step.span }
    }
}

/// The innermost expression of a chain of attributes and indices, and the steps from it outwards.
fn unchain(expression: &syntax::Expression) -> (&syntax::Expression, Vec<&syntax::Expression>) {
    let mut chain = Vec::new();
    let mut current = expression;
    while let ExpressionKind::Attribute(inner, _) | ExpressionKind::Index(inner, _, _) = &current.kind {
        chain.push(current);
        current = inner;
    }
    chain.reverse();
    (current, chain)
}

fn attribute_name(step: &syntax::Expression) -> Option<&Name> {
    let ExpressionKind::Attribute(_, name) = &step.kind else { return None };
    (!name.text.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
}

/// Instances are counted in whole numbers: a literal key that is a fraction names none.
fn broken_index(step: &syntax::Expression) -> Option<Diagnostic> {
    let ExpressionKind::Index(_, key, brackets) = &step.kind else { return None };
    let ExpressionKind::Number(digits) = &key.kind else { return None };
    let number: Number = digits.parse().ok()?;
    number.to_i64().is_none().then(|| {
        Diagnostic::error(Code::InvalidReference, "Invalid index key")
            .detail("The index of an instance must be a whole number, as count gives it.")
            .at(*brackets)
    })
}

fn literal_hop(step: &syntax::Expression) -> Option<Hop> {
    match &step.kind {
        ExpressionKind::Attribute(_, name) => Some(match name.text.parse() {
            Ok(index) => Hop::Index(index, name.span),
            Err(_) => Hop::Attribute(name.clone()),
        }),
        ExpressionKind::Index(_, key, brackets) => match &key.kind {
            ExpressionKind::Number(digits) => digits.parse().ok().map(|index| Hop::Index(index, *brackets)),
            _ => crate::blocks::argument::quoted_text(key).map(|text| Hop::Key(text, *brackets)),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[test]
    fn a_fraction_is_no_key_of_an_instance() {
        let summaries = |text: &str| {
            let id = Sources::default().add("a.tf", text);
            let (expression, errors) = parser::parse_expression(id, text, 0);
            assert!(errors.is_empty());
            let mut found = Vec::new();
            lower(&expression, &mut found);
            found.into_iter().map(|error| error.summary).collect::<Vec<String>>()
        };
        assert_eq!(summaries("a.b[0.5].id"), ["Invalid index key"]);
        assert_eq!(summaries("module.m[1.5]"), ["Invalid index key"]);
        assert_eq!(summaries("a.b[1.0].id"), Vec::<String>::new());
        assert_eq!(summaries("local.l[0.5]"), Vec::<String>::new());
    }
}
