//! Sets: different elements in Terraform's order.
//!
//! Invariant: bools, numbers and strings are ordered by value, everything else by its JSON text, which is total.
//! Never: an element of a set carries a mark of its own; `set` gathers them.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::types::Type;
use crate::value::{Content, Marks, Value};

/// A set of these elements, all of the element type. Marks of elements become marks of the set. `O(n log n)`.
pub fn set(element: Type, elements: impl IntoIterator<Item = Value>) -> Value {
    let mut marks = Marks::NONE;
    let mut items: Vec<Value> = Vec::new();
    for value in elements {
        let (bare, own) = value.unmark_deep();
        marks = marks.with(own);
        items.push(bare);
    }
    items.sort_by(compare);
    // Two unknown elements may turn out equal or not: both stay.
    items.dedup_by(|a, b| a == b && a.is_wholly_known());
    Value::from(Content::Set(element, Arc::new(items))).marked(marks)
}

/// The order of elements in a set.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.content(), b.content()) {
        (Content::String(a), Content::String(b)) => a.cmp(b),
        (Content::Number(a), Content::Number(b)) => a.cmp(b),
        (Content::Bool(a), Content::Bool(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)).then_with(|| compare_deep(a, b)),
    }
}

/// Known before null before unknown.
fn rank(value: &Value) -> u8 {
    match value.content() {
        Content::Unknown(..) => 2,
        Content::Null(_) => 1,
        Content::Bool(_)
        | Content::Number(_)
        | Content::String(_)
        | Content::List(..)
        | Content::Set(..)
        | Content::Map(..)
        | Content::Tuple(_)
        | Content::Object(_) => 0,
    }
}

fn compare_deep(a: &Value, b: &Value) -> Ordering {
    if let (Some(a), Some(b)) = (a.as_named(), b.as_named()) {
        let names = a.keys().cmp(b.keys());
        return names.then_with(|| by_elements(a.values(), b.values()));
    }
    match (a.as_slice(), b.as_slice()) {
        (Some(a), Some(b)) => by_elements(a.iter(), b.iter()),
        _ => Ordering::Equal,
    }
}

fn by_elements<'a>(a: impl Iterator<Item = &'a Value>, b: impl Iterator<Item = &'a Value>) -> Ordering {
    let (a, b): (Vec<&Value>, Vec<&Value>) = (a.collect(), b.collect());
    let differing = a.iter().zip(&b).map(|(a, b)| compare(a, b)).find(|order| order.is_ne());
    differing.unwrap_or_else(|| a.len().cmp(&b.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_sorted_and_different_and_marks_move_to_the_set() {
        let value = set(Type::String, ["b", "a", "b"].map(Value::string).map(Value::sensitive));
        assert!(value.is_sensitive());
        assert_eq!(value.unmark().0.as_slice(), Some(&["a", "b"].map(Value::string)[..]));
    }
}
