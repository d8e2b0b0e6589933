//! Functions on sets.

use super::call::FunctionError;
use super::{Accepts, Function, Returns, parameter, row};
use crate::convert::{convert, unify};
use crate::set::set;
use crate::types::Type;
use crate::value::Value;

type Result = std::result::Result<Value, FunctionError>;

const SETS: super::Parameter = parameter("other_sets", Accepts::Set);
const FIRST: super::Parameter = parameter("first_set", Accepts::Set);
const SET: Returns = Returns::Fixed(|| Type::set(Type::Dynamic));

pub(super) const TABLE: &[Function] = &[
    row("setunion", &[FIRST], Some(SETS), SET, |_, a| combine(a, |_, _| true, Combination::Union)),
    row("setintersection", &[FIRST], Some(SETS), SET, |_, a| {
        combine(a, |item, other| other.contains(item), Combination::Filter)
    }),
    row("setsubtract", &[parameter("a", Accepts::Set), parameter("b", Accepts::Set)], None, SET, |_, a| {
        combine(a, |item, other| !other.contains(item), Combination::Filter)
    }),
];

enum Combination {
    Union,
    Filter,
}

fn combine(arguments: &[Value], keeps: fn(&Value, &[Value]) -> bool, how: Combination) -> Result {
    let types: Vec<Type> =
        arguments.iter().map(|value| value.ty().element().cloned().unwrap_or(Type::Dynamic)).collect();
    let known: Vec<Type> = arguments
        .iter()
        .zip(&types)
        .filter(|(value, _)| value.as_slice().is_some_and(|items| !items.is_empty()))
        .map(|(_, ty)| ty.clone())
        .collect();
    let element = match known.as_slice() {
        [] => types.first().cloned().unwrap_or(Type::Dynamic),
        known => unify(known)
            .ok_or_else(|| FunctionError::whole("given sets must all have compatible element types"))?,
    };
    let mut lists = Vec::new();
    for value in arguments {
        let value = convert(value, &Type::set(element.clone()))
            .map_err(|error| FunctionError::whole(error.to_string()))?;
        // A union has all elements, be they known or not; what else there is of sets must be compared.
        if !value.is_known() || !value.is_wholly_known() && matches!(how, Combination::Filter) {
            return Ok(Value::unknown_not_null(Type::set(element)));
        }
        lists.push(value.as_slice().unwrap_or_default().to_vec());
    }
    let mut rest = lists.into_iter();
    let mut result = rest.next().unwrap_or_default();
    for list in rest {
        match how {
            Combination::Union => result.extend(list),
            Combination::Filter => result.retain(|item| keeps(item, &list)),
        }
    }
    Ok(set(element, result))
}
