//! `for` expressions.
//!
//! Invariant: what is made of a collection with marks has them; of an unknown collection nothing is known but the kind.

use std::collections::BTreeMap;

use crate::convert::convert;
use crate::evaluate::Evaluation;
use crate::expression::{Expression, For};
use crate::syntax::Grouping;
use crate::types::{Text, Type};
use crate::value::{Content, Marks, Value};

/// The elements of a collection with their keys, in order; `None` if it cannot be gone through or is not known.
pub(crate) enum Elements {
    /// Key and value of each.
    Known(Vec<(Value, Value)>),
    /// The collection is not known yet.
    Unknown,
    /// It is null.
    Null,
    /// It is no collection; what it is.
    NotIterable(String),
}

/// The elements of a value without marks of its own.
pub(crate) fn elements(value: &Value) -> Elements {
    match value.content() {
        Content::Null(_) => Elements::Null,
        Content::Unknown(ty, _) if ty.is_primitive() => Elements::NotIterable(ty.friendly_name()),
        Content::Unknown(..) => Elements::Unknown,
        Content::List(_, items) | Content::Tuple(items) => {
            let index = |at| Value::from(i64::try_from(at).unwrap_or(i64::MAX));
            Elements::Known(items.iter().enumerate().map(|(at, item)| (index(at), item.clone())).collect())
        }
        Content::Set(_, items) => {
            Elements::Known(items.iter().map(|item| (item.clone(), item.clone())).collect())
        }
        Content::Map(_, items) | Content::Object(items) => {
            Elements::Known(items.iter().map(|(key, item)| (Value::string(key), item.clone())).collect())
        }
        Content::Bool(_) | Content::Number(_) | Content::String(_) => {
            Elements::NotIterable(value.ty().friendly_name())
        }
    }
}

/// What a `for` expression makes.
pub(crate) fn for_expression(evaluation: &mut Evaluation<'_>, inner: &For, whole: &Expression) -> Value {
    let (collection, marks) = evaluation.value(&inner.collection).unmark();
    let at = inner.collection.span;
    match elements(&collection) {
        Elements::Known(items) => Making::new(inner, whole).make(evaluation, items).marked(marks),
        Elements::Unknown => Value::unknown(Type::Dynamic).marked(marks),
        Elements::Null => {
            let detail = "A null value cannot be used as the collection in a 'for' expression.";
            evaluation.error("Iteration over null value", detail, at, whole)
        }
        Elements::NotIterable(ty) => {
            let detail =
                format!("A value of type {ty} cannot be used as the collection in a 'for' expression.");
            evaluation.error("Iteration over non-iterable value", detail, at, whole)
        }
    }
}

struct Making<'a> {
    inner: &'a For,
    whole: &'a Expression,
    tuple: Vec<Value>,
    object: BTreeMap<Text, Vec<Value>>,
    marks: Marks,
    unknown: bool,
    failed: bool,
}

impl<'a> Making<'a> {
    fn new(inner: &'a For, whole: &'a Expression) -> Making<'a> {
        let (tuple, object) = (Vec::new(), BTreeMap::new());
        Making { inner, whole, tuple, object, marks: Marks::NONE, unknown: false, failed: false }
    }

    fn make(mut self, evaluation: &mut Evaluation<'_>, items: Vec<(Value, Value)>) -> Value {
        let depth = evaluation.locals.len();
        for (key, item) in items {
            if !evaluation.goes_on(self.whole.span) {
                return Value::unknown(Type::Dynamic);
            }
            if let Some(name) = &self.inner.key {
                evaluation.locals.push(name.clone(), key);
            }
            evaluation.locals.push(self.inner.value.clone(), item);
            self.element(evaluation);
            evaluation.locals.truncate(depth);
            if self.failed {
                return Value::unknown(Type::Dynamic);
            }
        }
        self.finish()
    }

    fn finish(self) -> Value {
        if self.unknown {
            return Value::unknown(Type::Dynamic).marked(self.marks);
        }
        if self.inner.result_key.is_none() {
            return Value::tuple(self.tuple).marked(self.marks);
        }
        let grouped = self.inner.grouping == Grouping::Grouped;
        let made = self.object.into_iter().map(|(name, mut values)| match grouped {
            true => (name, Value::tuple(values)),
            false => (name, values.pop().unwrap_or_else(|| Value::null(Type::Dynamic))),
        });
        Value::object(made.collect::<Vec<_>>()).marked(self.marks)
    }

    fn element(&mut self, evaluation: &mut Evaluation<'_>) {
        if !self.included(evaluation) {
            return;
        }
        let Some(result_key) = &self.inner.result_key else {
            let value = evaluation.value(&self.inner.result);
            self.tuple.push(value);
            return;
        };
        let (key, marks) = evaluation.value(result_key).unmark();
        self.marks = self.marks.with(marks);
        match convert(&key, &Type::String) {
            Ok(key) if key.is_null() => {
                let detail = "Key expression in 'for' expression must not produce a null value.";
                self.fail(evaluation, "Invalid object key", detail.into(), result_key);
            }
            Ok(key) => match key.as_str() {
                Some(name) => self.add(evaluation, name, result_key),
                None => self.unknown = true,
            },
            Err(error) => {
                let detail = format!("The key expression produced an invalid result: {error}.");
                self.fail(evaluation, "Invalid object key", detail, result_key);
            }
        }
    }

    fn add(&mut self, evaluation: &mut Evaluation<'_>, name: &str, result_key: &Expression) {
        let taken = self.object.contains_key(name);
        if taken && self.inner.grouping == Grouping::Unique {
            let shown = if self.marks.is_empty() {
                format!(" the key {name:?}")
            } else {
                " the same sensitive key".into()
            };
            let detail = format!(
                "Two different items produced{shown} in this 'for' expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key."
            );
            self.fail(evaluation, "Duplicate object key", detail, result_key);
            return;
        }
        let value = evaluation.value(&self.inner.result);
        self.object.entry(name.into()).or_default().push(value);
    }

    fn fail(&mut self, evaluation: &mut Evaluation<'_>, summary: &str, detail: String, at: &Expression) {
        evaluation.error(summary, detail, at.span, at);
        self.failed = true;
    }

    fn included(&mut self, evaluation: &mut Evaluation<'_>) -> bool {
        let Some(condition) = &self.inner.condition else { return true };
        let (decision, marks) = evaluation.value(condition).unmark();
        self.marks = self.marks.with(marks);
        match convert(&decision, &Type::Bool) {
            Ok(decision) if decision.is_null() => {
                let detail = "The value of the 'if' clause must not be null.";
                self.fail(evaluation, "Condition is null", detail.into(), condition);
                false
            }
            Ok(decision) => decision.as_bool().unwrap_or_else(|| {
                self.unknown = true;
                false
            }),
            Err(error) => {
                let detail = format!("The 'if' clause value is invalid: {error}.");
                self.fail(evaluation, "Invalid 'for' condition", detail, condition);
                false
            }
        }
    }
}
