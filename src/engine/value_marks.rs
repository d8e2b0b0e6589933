//! Where the marks of a value are, so that a provider can be handed the bare value and the marks put back on its answer.
//!
//! Invariant: `mark_at(bare, marked_paths(value)) == value` where no set is on the way.
//! Never: a mark is lost: a path that no longer leads anywhere marks the last thing on its way.

use std::collections::BTreeMap;
use std::sync::Arc;

use aksel_lang::path::{Path, Step};
use aksel_lang::types::Text;
use aksel_lang::value::{Content, Marks, Value};

/// The places of a value that carry marks, outer before inner.
pub(crate) fn marked_paths(value: &Value) -> Vec<(Path, Marks)> {
    let mut found = Vec::new();
    collect(value, &mut Vec::new(), &mut found);
    found
}

fn collect(value: &Value, steps: &mut Vec<Step>, found: &mut Vec<(Path, Marks)>) {
    if !value.marks().is_empty() {
        found.push((Path(steps.clone()), value.marks()));
    }
    match value.content() {
        Content::List(_, items) | Content::Tuple(items) => {
            for (place, item) in items.iter().enumerate() {
                steps.push(Step::Index(place));
                collect(item, steps, found);
                steps.pop();
            }
        }
        Content::Object(items) => collect_named(items, Step::Attribute, steps, found),
        Content::Map(_, items) => collect_named(items, Step::Key, steps, found),
        // The elements of a set carry no marks.
        Content::Set(..)
        | Content::Null(_)
        | Content::Unknown(..)
        | Content::Bool(_)
        | Content::Number(_)
        | Content::String(_) => {}
    }
}

fn collect_named(
    items: &BTreeMap<Text, Value>,
    step: fn(Text) -> Step,
    steps: &mut Vec<Step>,
    found: &mut Vec<(Path, Marks)>,
) {
    for (name, item) in items {
        steps.push(step(name.clone()));
        collect(item, steps, found);
        steps.pop();
    }
}

/// Puts marks at places of a value.
pub(crate) fn mark_at(value: Value, marks: &[(Path, Marks)]) -> Value {
    marks.iter().fold(value, |value, (path, marks)| mark_one(value, &path.0, *marks))
}

fn mark_one(value: Value, steps: &[Step], marks: Marks) -> Value {
    let Some((step, rest)) = steps.split_first() else { return value.marked(marks) };
    if step.follow(&value).is_none() || matches!(value.content(), Content::Set(..)) {
        return value.marked(marks);
    }
    change_at(value, step, |inner| mark_one(inner, rest, marks))
}

/// The value with the element of one step changed; as it is where the step leads nowhere.
pub(crate) fn change_at(value: Value, step: &Step, change: impl FnOnce(Value) -> Value) -> Value {
    let own = value.marks();
    let content = match (value.into_content(), step) {
        (Content::Object(mut items), Step::Attribute(name) | Step::Key(name)) => {
            change_named(&mut items, name, change);
            Content::Object(items)
        }
        (Content::Map(ty, mut items), Step::Attribute(name) | Step::Key(name)) => {
            change_named(&mut items, name, change);
            Content::Map(ty, items)
        }
        (Content::List(ty, mut items), Step::Index(place)) => {
            change_placed(&mut items, *place, change);
            Content::List(ty, items)
        }
        (Content::Tuple(mut items), Step::Index(place)) => {
            change_placed(&mut items, *place, change);
            Content::Tuple(items)
        }
        (other, _) => other,
    };
    Value::from(content).marked(own)
}

fn change_named(items: &mut Arc<BTreeMap<Text, Value>>, name: &Text, change: impl FnOnce(Value) -> Value) {
    if let Some(item) = Arc::make_mut(items).get_mut(name) {
        *item = change(item.clone());
    }
}

fn change_placed(items: &mut Arc<Vec<Value>>, place: usize, change: impl FnOnce(Value) -> Value) {
    if let Some(item) = Arc::make_mut(items).get_mut(place) {
        *item = change(item.clone());
    }
}

/// The value with everything marked ephemeral taken out: null of the same type.
pub(crate) fn without_ephemeral(value: &Value) -> Value {
    if !value.marks_deep().contains(Marks::EPHEMERAL) {
        return value.clone();
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        return Value::null(value.ty()).marked(value.marks().without(Marks::EPHEMERAL));
    }
    let steps: Vec<Step> = marked_paths(value)
        .into_iter()
        .filter(|(_, marks)| marks.contains(Marks::EPHEMERAL))
        .filter_map(|(path, _)| path.0.into_iter().next())
        .collect();
    steps.iter().fold(value.clone(), |value, step| change_at(value, step, |inner| without_ephemeral(&inner)))
}

#[cfg(test)]
mod tests {
    use aksel_lang::types::Type;

    use super::*;

    #[test]
    fn marks_come_back_to_where_they_were() {
        let value = Value::object([
            ("a", Value::tuple([Value::from(1), Value::string("x").sensitive()])),
            ("b", Value::map(Type::String, [("k", Value::string("y").sensitive())])),
        ]);
        let (bare, _) = value.unmark_deep();
        assert_eq!(mark_at(bare, &marked_paths(&value)), value);
    }

    #[test]
    fn a_place_that_is_gone_marks_what_is_left_of_it() {
        let marks = [(Path(vec![Step::Attribute("a".into()), Step::Index(3)]), Marks::SENSITIVE)];
        let value = mark_at(Value::object([("a", Value::tuple([]))]), &marks);
        assert_eq!(value.attribute("a").map(Value::is_sensitive), Some(true));
    }

    #[test]
    fn ephemeral_values_are_taken_out() {
        let value =
            Value::object([("a", Value::string("x").marked(Marks::EPHEMERAL)), ("b", Value::from(1))]);
        let left = Value::object([("a", Value::null(Type::String)), ("b", Value::from(1))]);
        assert_eq!(without_ephemeral(&value), left);
    }
}
