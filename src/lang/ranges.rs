//! Ranges: what is known of numbers and lengths that are not known themselves.
//!
//! Rule: as in go-cty: a limit that is shared decides nothing; a range of one value is that value.
//! Never: a range is wider than what the refinements say, or narrower than what they allow.

use crate::number::Number;
use crate::types::Type;
use crate::value::{Bound, Content, Refinement, Value};

/// What a number can be at least and at most.
type Limits = (Option<(Number, Bound)>, Option<(Number, Bound)>);

fn limits(value: &Value) -> Option<Limits> {
    match value.content() {
        Content::Number(number) => {
            let limit = Some((number.clone(), Bound::Inclusive));
            Some((limit.clone(), limit))
        }
        Content::Unknown(Type::Number, refinement) => {
            Some((refinement.at_least.clone(), refinement.at_most.clone()))
        }
        _ => None,
    }
}

/// How many elements a collection can have at least and at most.
fn lengths(value: &Value) -> Option<(usize, Option<usize>)> {
    match value.content() {
        Content::List(_, items) => Some((items.len(), Some(items.len()))),
        // Unknown elements of a set may turn out equal.
        Content::Set(_, items) if !value.is_wholly_known() => Some((items.len().min(1), Some(items.len()))),
        Content::Set(_, items) => Some((items.len(), Some(items.len()))),
        Content::Map(_, items) => Some((items.len(), Some(items.len()))),
        Content::Unknown(Type::List(_) | Type::Set(_) | Type::Map(_), refinement) => {
            Some((refinement.length_min.unwrap_or(0), refinement.length_max))
        }
        _ => None,
    }
}

/// Whether one number is less than another whatever both turn out to be; `None` if that depends.
pub(crate) fn less(a: &Value, b: &Value) -> Option<bool> {
    let (a, b) = (limits(a)?, limits(b)?);
    let below = |most: &Option<(Number, Bound)>, least: &Option<(Number, Bound)>| {
        most.as_ref().zip(least.as_ref()).is_some_and(|((most, _), (least, _))| most < least)
    };
    match (below(&a.1, &b.0), below(&b.1, &a.0)) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

/// Whether an unknown value can never be that known one.
pub(crate) fn excludes(unknown: &Value, known: &Value) -> bool {
    if let (Some((least, most)), Some(number)) = (limits(unknown), known.as_number()) {
        let under = least
            .is_some_and(|(least, bound)| *number < least || bound == Bound::Exclusive && *number == least);
        let over =
            most.is_some_and(|(most, bound)| *number > most || bound == Bound::Exclusive && *number == most);
        return under || over;
    }
    let (Some((least, most)), Some((known_least, Some(known_most)))) = (lengths(unknown), lengths(known))
    else {
        return false;
    };
    known_most < least || most.is_some_and(|most| known_least > most)
}

/// What is known of a value that will be one of two of that type.
pub(crate) fn one_of(a: &Value, b: &Value, ty: Type) -> Value {
    if a.is_null() && b.is_null() {
        return Value::null(ty);
    }
    let mut refinement = Refinement { not_null: is_not_null(a) && is_not_null(b), ..Refinement::default() };
    if let (Type::Number, Some((a_least, a_most)), Some((b_least, b_most))) = (&ty, limits(a), limits(b)) {
        refinement.at_least = a_least.zip(b_least).map(|(a, b)| if b.0 < a.0 { b } else { a });
        refinement.at_most = a_most.zip(b_most).map(|(a, b)| if b.0 > a.0 { b } else { a });
    } else if let (Some((a_least, a_most)), Some((b_least, b_most))) = (lengths(a), lengths(b))
        && a.ty() == b.ty()
    {
        refinement.length_min = Some(a_least.min(b_least)).filter(|least| *least > 0);
        refinement.length_max = a_most.zip(b_most).map(|(a, b)| a.max(b));
    }
    settled(ty, refinement)
}

fn is_not_null(value: &Value) -> bool {
    match value.content() {
        Content::Null(_) => false,
        Content::Unknown(_, refinement) => refinement.not_null,
        _ => true,
    }
}

/// The number of elements that a collection will have.
pub(crate) fn length(collection: &Value) -> Value {
    let Some((least, most)) = lengths(collection) else { return Value::unknown_not_null(Type::Number) };
    let limit = |length: usize| (Number::from(length as i64), Bound::Inclusive);
    let refinement = Refinement {
        not_null: true,
        at_least: Some(limit(least)),
        at_most: most.map(limit),
        ..Refinement::default()
    };
    settled(Type::Number, refinement)
}

/// An unknown value, or the known one if nothing else is possible.
fn settled(ty: Type, refinement: Refinement) -> Value {
    if !refinement.not_null {
        return Content::Unknown(ty, refinement).into();
    }
    if let (Some((least, _)), Some((most, _))) = (&refinement.at_least, &refinement.at_most)
        && least == most
    {
        return Value::from(least.clone());
    }
    let unknowns = |count: usize, element: &Type| vec![Value::unknown(element.clone()); count];
    let least = refinement.length_min.unwrap_or(0);
    match (&ty, refinement.length_max) {
        (Type::List(element), Some(most)) if most == least => {
            Value::list((**element).clone(), unknowns(most, element))
        }
        (Type::Set(element), Some(most)) if most == least && most <= 1 => {
            crate::set::set((**element).clone(), unknowns(most, element))
        }
        (Type::Map(element), Some(0)) => Value::map((**element).clone(), Vec::<(String, Value)>::new()),
        _ => Content::Unknown(ty, refinement).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(items: &[&str]) -> Value {
        Value::list(Type::String, items.iter().map(Value::string))
    }

    #[test]
    fn numbers_that_cannot_meet_are_in_order() {
        let between = one_of(&Value::from(1), &Value::from(5), Type::Number);
        assert_eq!(less(&Value::from(0), &between), Some(true));
        assert_eq!(less(&between, &Value::from(0)), Some(false));
        // The limit itself is possible, so that nothing is decided.
        assert_eq!(less(&between, &Value::from(1)), None);
        assert!(excludes(&between, &Value::from(6)) && !excludes(&between, &Value::from(5)));
    }

    #[test]
    fn what_can_be_one_thing_alone_is_that() {
        assert_eq!(one_of(&Value::from(1), &Value::from(1), Type::Number), Value::from(1));
        let one = one_of(&texts(&["a"]), &texts(&["b"]), Type::list(Type::String));
        assert_eq!(one, Value::list(Type::String, [Value::unknown(Type::String)]));
    }

    #[test]
    fn lengths_have_limits() {
        let one_or_two = one_of(&texts(&["a"]), &texts(&["a", "b"]), Type::list(Type::String));
        assert_eq!(less(&Value::from(0), &length(&one_or_two)), Some(true));
        assert!(excludes(&one_or_two, &texts(&[])));
    }
}
