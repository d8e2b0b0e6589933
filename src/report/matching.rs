//! Which elements of two lists are the same one, so that an element that moved or changed is not shown as another one.
//!
//! Rule: what identifies an element counts first (`name`, `key`, `id`), if it does so on both sides; then being equal; then the
//! place.
//! Invariant: every element of both lists is in one pair.

use std::collections::{HashMap, HashSet};

use aksel_lang::value::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What identifies an element, the best first.
const NAMES: [&str; 3] = ["name", "key", "id"];

/// An element before and the same one after, by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// It is in both.
    Both(usize, usize),
    /// It goes.
    Before(usize),
    /// It is new.
    After(usize),
}

/// Pairs the elements of two lists, in the order of the later one; what goes stands first.
pub fn matched(before: &[&Value], after: &[&Value]) -> Vec<Pair> {
    by_name(before, after).unwrap_or_else(|| by_equality(before, after))
}

/// Pairs by what identifies the elements; `None` if nothing does.
pub fn by_name(before: &[&Value], after: &[&Value]) -> Option<Vec<Pair>> {
    let (from, to) = NAMES.iter().find_map(|name| names(before, name).zip(names(after, name)))?;
    let places: HashMap<&str, usize> = from.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let kept: HashSet<&str> = to.iter().copied().collect();
    let gone =
        from.iter().enumerate().filter(|(_, name)| !kept.contains(**name)).map(|(at, _)| Pair::Before(at));
    let there = to.iter().enumerate().map(|(at, name)| match places.get(name) {
        Some(was) => Pair::Both(*was, at),
        None => Pair::After(at),
    });
    Some(gone.chain(there).collect())
}

/// The names of all elements; `None` if one has none, or two have the same.
fn names<'a>(elements: &[&'a Value], name: &str) -> Option<Vec<&'a str>> {
    let told = |element: &&'a Value| element.attribute(name).filter(|name| !name.is_sensitive())?.as_str();
    let names: Vec<&str> = elements.iter().map(told).collect::<Option<_>>()?;
    let distinct: HashSet<&str> = names.iter().copied().collect();
    (distinct.len() == names.len()).then_some(names)
}

fn by_equality(before: &[&Value], after: &[&Value]) -> Vec<Pair> {
    let texts = |elements: &[&Value]| elements.iter().map(|one| format!("{one:?}")).collect::<Vec<String>>();
    let mut pairs = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &texts(before), &texts(after)) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                pairs.extend((0..len).map(|at| Pair::Both(old_index + at, new_index + at)));
            }
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                let both = op.old_range().len().min(op.new_range().len());
                pairs.extend(op.old_range().zip(op.new_range()).map(|(from, to)| Pair::Both(from, to)));
                pairs.extend(op.old_range().skip(both).map(Pair::Before));
                pairs.extend(op.new_range().skip(both).map(Pair::After));
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use aksel_lang::number::Number;

    use super::*;

    fn pool(name: &str, count: u32) -> Value {
        Value::object([
            ("name", Value::string(name)),
            ("count", Value::from_number(Number::from(i64::from(count)))),
        ])
    }

    #[test]
    fn what_has_a_name_is_found_wherever_it_stands() {
        let before = [pool("a", 1), pool("b", 1), pool("c", 1)];
        let after = [pool("c", 2), pool("a", 1), pool("d", 1)];
        let pairs = matched(&before.iter().collect::<Vec<_>>(), &after.iter().collect::<Vec<_>>());
        assert_eq!(pairs, [Pair::Before(1), Pair::Both(2, 0), Pair::Both(0, 1), Pair::After(2)]);
    }

    #[test]
    fn what_has_none_is_matched_by_being_equal_then_by_its_place() {
        let texts = |all: &[&str]| all.iter().map(Value::string).collect::<Vec<_>>();
        let (before, after) = (texts(&["a", "b", "c"]), texts(&["a", "x", "c", "d"]));
        let pairs = matched(&before.iter().collect::<Vec<_>>(), &after.iter().collect::<Vec<_>>());
        assert_eq!(pairs, [Pair::Both(0, 0), Pair::Both(1, 1), Pair::Both(2, 2), Pair::After(3)]);
    }
}
