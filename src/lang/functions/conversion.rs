//! Functions that change the type or the marks of a value.

use super::call::FunctionError;
use super::{Accepts, Function, LOOSE_NUMBER, LOOSE_TEXT, LOOSE_TRUTH, Returns, TRUTH, parameter, row};
use crate::convert::convert;
use crate::types::Type;
use crate::value::{Marks, Value};

type Result = std::result::Result<Value, FunctionError>;

const V: super::Parameter = parameter("v", Accepts::Any).or_null();
const ALL: super::Parameter = parameter("value", Accepts::Any).or_null().or_unknown().marked();
const SAME: Returns = Returns::From(|values| values[0].ty());

pub(super) const TABLE: &[Function] = &[
    row("tostring", &[V], None, LOOSE_TEXT, |_, a| to(&a[0], Type::String, "string")),
    row("tonumber", &[V], None, LOOSE_NUMBER, |_, a| to(&a[0], Type::Number, "number")),
    row("tobool", &[V], None, LOOSE_TRUTH, |_, a| to(&a[0], Type::Bool, "bool")),
    row("tolist", &[V.marked().or_unknown()], None, Returns::Fixed(|| Type::list(Type::Dynamic)), |_, a| {
        to(&a[0], Type::list(Type::Dynamic), "list of any single type")
    }),
    row("toset", &[V.marked().or_unknown()], None, Returns::Fixed(|| Type::set(Type::Dynamic)), |_, a| {
        to(&a[0], Type::set(Type::Dynamic), "set of any single type")
    }),
    row("tomap", &[V.marked().or_unknown()], None, Returns::Fixed(|| Type::map(Type::Dynamic)), |_, a| {
        to(&a[0], Type::map(Type::Dynamic), "map of any single type")
    }),
    row("sensitive", &[ALL], None, SAME, |_, a| Ok(a[0].clone().sensitive())),
    row("nonsensitive", &[ALL], None, SAME, |_, a| {
        let (value, marks) = a[0].clone().unmark();
        Ok(value.marked(marks.without(Marks::SENSITIVE)))
    }),
    row("issensitive", &[ALL], None, TRUTH, |_, a| match a[0].is_sensitive() {
        true => Ok(true.into()),
        false if a[0].is_known() => Ok(false.into()),
        false => Ok(Value::unknown_not_null(Type::Bool)),
    }),
    row("ephemeralasnull", &[ALL], None, SAME, |_, a| Ok(without_ephemeral(&a[0]))),
];

fn to(value: &Value, ty: Type, name: &str) -> Result {
    convert(value, &ty).map_err(|error| {
        let shown = match (value.as_str(), value.marks().is_empty()) {
            (Some(text), true) if !matches!(ty, Type::List(_) | Type::Set(_) | Type::Map(_)) => {
                format!("cannot convert {text:?} to {name}")
            }
            _ => format!("cannot convert {} to {name}", value.ty().friendly_name()),
        };
        let reason = error.to_string();
        let general = reason.ends_with("is required") || reason.ends_with("required");
        FunctionError::argument(0, if general { shown } else { format!("{shown}: {reason}") })
    })
}

fn without_ephemeral(value: &Value) -> Value {
    if value.marks().contains(Marks::EPHEMERAL) {
        return Value::null(value.ty()).marked(value.marks().without(Marks::EPHEMERAL));
    }
    if !value.marks_deep().contains(Marks::EPHEMERAL) {
        return value.clone();
    }
    let marks = value.marks();
    if let Some(items) = value.as_named() {
        let items: Vec<_> =
            items.iter().map(|(name, item)| (name.clone(), without_ephemeral(item))).collect();
        return Value::object(items).marked(marks);
    }
    let items: Vec<Value> = value.elements().map(without_ephemeral).collect();
    let made = Value::tuple(items);
    convert(&made, &value.ty()).unwrap_or(made).marked(marks)
}
