//! Templates: text with values in it.
//!
//! Invariant: a template with an unknown part is unknown, and begins with the text before that part.

use crate::convert::convert;
use crate::evaluate::Evaluation;
use crate::evaluate_for::{Elements, elements};
use crate::expression::{Expression, Kind, Part};
use crate::functions::TEXT_MAX;
use crate::source::Span;
use crate::types::{Text, Type};
use crate::value::{Content, Marks, Value};

/// What a template renders to.
pub(crate) fn template(evaluation: &mut Evaluation<'_>, parts: &[Part], span: Span) -> Value {
    let mut rendering = Rendering::default();
    rendering.parts(evaluation, parts);
    if rendering.too_long {
        let detail = format!("The text would have more than {TEXT_MAX} bytes.");
        let whole = Expression { kind: Kind::Invalid, span };
        return evaluation.error("Text too long", detail, span, &whole);
    }
    rendering.finish()
}

#[derive(Default)]
struct Rendering {
    text: String,
    marks: Marks,
    /// Set when a part is unknown: `text` is then the known beginning.
    unknown: bool,
    /// Set when there is more than fits: nothing is added any more.
    too_long: bool,
}

impl Rendering {
    fn finish(self) -> Value {
        if !self.unknown {
            return Value::string(self.text).marked(self.marks);
        }
        Value::unknown_text(&self.text).marked(self.marks)
    }

    fn push(&mut self, text: &str) {
        self.too_long |= self.text.len() + text.len() > TEXT_MAX;
        if !self.unknown && !self.too_long {
            self.text.push_str(text);
        }
    }

    fn parts(&mut self, evaluation: &mut Evaluation<'_>, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Text(text) => self.push(text),
                Part::Value(value) => self.value(evaluation, value),
                Part::If(condition, then, otherwise) => self.choice(evaluation, condition, then, otherwise),
                Part::For { key, value, collection, body } => {
                    self.repeat(evaluation, key.as_ref(), value, collection, body);
                }
            }
        }
    }

    fn value(&mut self, evaluation: &mut Evaluation<'_>, expression: &Expression) {
        let (value, marks) = evaluation.value(expression).unmark();
        self.marks = self.marks.with(marks);
        if value.is_null() {
            let detail = "The expression result is null. Cannot include a null value in a string template.";
            evaluation.error("Invalid template interpolation value", detail, expression.span, expression);
            self.unknown = true;
            return;
        }
        match convert(&value, &Type::String) {
            Ok(text) => match text.content() {
                Content::String(text) => self.push(text),
                Content::Unknown(_, refinement) => {
                    self.push(refinement.prefix.as_deref().unwrap_or_default());
                    self.unknown = true;
                }
                _ => self.unknown = true,
            },
            Err(error) => {
                let detail = format!("Cannot include the given value in a string template: {error}.");
                evaluation.error("Invalid template interpolation value", detail, expression.span, expression);
                self.unknown = true;
            }
        }
    }

    fn choice(
        &mut self,
        evaluation: &mut Evaluation<'_>,
        condition: &Expression,
        then: &[Part],
        otherwise: &[Part],
    ) {
        let (decision, marks) = evaluation.value(condition).unmark();
        self.marks = self.marks.with(marks);
        match convert(&decision, &Type::Bool) {
            Ok(decision) if decision.is_null() => {
                let detail = "The condition value is null. Conditions must either be true or false.";
                evaluation.error("Null condition", detail, condition.span, condition);
                self.unknown = true;
            }
            Ok(decision) => match decision.as_bool() {
                Some(true) => self.parts(evaluation, then),
                Some(false) => self.parts(evaluation, otherwise),
                None => self.unknown = true,
            },
            Err(_) => {
                let detail = "The condition expression must be of type bool.";
                evaluation.error("Incorrect condition type", detail, condition.span, condition);
                self.unknown = true;
            }
        }
    }

    fn repeat(
        &mut self,
        evaluation: &mut Evaluation<'_>,
        key: Option<&Text>,
        value: &Text,
        collection: &Expression,
        body: &[Part],
    ) {
        let (items, marks) = evaluation.value(collection).unmark();
        self.marks = self.marks.with(marks);
        let items = match elements(&items) {
            Elements::Known(items) => items,
            Elements::Unknown => {
                self.unknown = true;
                return;
            }
            Elements::Null => {
                let detail = "A null value cannot be used as the collection in a 'for' expression.";
                evaluation.error("Iteration over null value", detail, collection.span, collection);
                self.unknown = true;
                return;
            }
            Elements::NotIterable(ty) => {
                let detail =
                    format!("A value of type {ty} cannot be used as the collection in a 'for' expression.");
                evaluation.error("Iteration over non-iterable value", detail, collection.span, collection);
                self.unknown = true;
                return;
            }
        };
        let depth = evaluation.locals.len();
        for (element_key, element) in items {
            if self.too_long || !evaluation.goes_on(collection.span) {
                self.unknown = true;
                break;
            }
            if let Some(name) = key {
                evaluation.locals.push(name.clone(), element_key);
            }
            evaluation.locals.push(value.clone(), element);
            self.parts(evaluation, body);
            evaluation.locals.truncate(depth);
        }
    }
}
