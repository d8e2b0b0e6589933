//! Functions on lists, maps and objects.

use std::collections::BTreeMap;

use super::call::{FunctionError, sure};
use super::strings::whole;
use super::{ANY, Accepts, Function, NUMBER, Returns, TRUTH, parameter, row};
use crate::convert::{convert, unify};
use crate::number::Number;
use crate::operators::equal;
use crate::types::{Text, Type};
use crate::value::{Content, Marks, Value};

type Result = std::result::Result<Value, FunctionError>;

const LIST: super::Parameter = parameter("list", Accepts::Any);
const SAME: Returns = Returns::From(|values| values[0].ty());

const TURNED: Returns = Returns::Fixed(|| Type::map(Type::list(Type::String)));

pub(super) const TABLE: &[Function] = &[
    row("alltrue", &[parameter("list", Accepts::Truths).or_unknown()], None, TRUTH, |_, a| {
        Ok(quantified(&a[0], Quantifier::All))
    }),
    row("anytrue", &[parameter("list", Accepts::Truths).or_unknown()], None, TRUTH, |_, a| {
        Ok(quantified(&a[0], Quantifier::Any))
    }),
    row(
        "chunklist",
        &[parameter("list", Accepts::List).or_unknown().marked(), parameter("size", Accepts::Number)],
        None,
        Returns::From(|values| Type::list(values[0].ty())),
        |_, a| chunks(a),
    ),
    row("coalesce", &[], Some(parameter("vals", Accepts::Any).or_null().or_unknown()), ANY, |_, a| {
        coalesce(a)
    }),
    row("coalescelist", &[], Some(parameter("vals", Accepts::Any).or_null().or_unknown()), ANY, |_, a| {
        coalesce_lists(a)
    }),
    row("compact", &[parameter("list", Accepts::Texts).or_unknown()], None, super::TEXTS, |_, a| {
        compact(&a[0])
    }),
    row("concat", &[], Some(parameter("seqs", Accepts::Any).marked()), ANY, |_, a| concat(a)),
    row("contains", &[LIST, parameter("value", Accepts::Any)], None, super::TYPED_TRUTH, |_, a| contains(a)),
    row("distinct", &[parameter("list", Accepts::List)], None, SAME, |_, a| distinct(&a[0])),
    row("element", &[LIST.marked(), parameter("index", Accepts::Number)], None, ANY, |_, a| element(a)),
    row("flatten", &[LIST.marked()], None, ANY, |_, a| flatten(&a[0])),
    row("index", &[LIST, parameter("value", Accepts::Any)], None, super::TYPED_NUMBER, |_, a| index(a)),
    row("keys", &[parameter("inputMap", Accepts::Any).or_unknown().marked()], None, ANY, |_, a| keys(&a[0])),
    row("length", &[parameter("value", Accepts::Any).or_unknown().marked()], None, NUMBER, |_, a| {
        length(&a[0])
    }),
    row(
        "lookup",
        &[parameter("inputMap", Accepts::Any).marked(), parameter("key", Accepts::Text)],
        Some(parameter("default", Accepts::Any).or_null().or_unknown().marked()),
        ANY,
        |_, a| lookup(a),
    ),
    row(
        "matchkeys",
        &[
            parameter("values", Accepts::List),
            parameter("keys", Accepts::List),
            parameter("searchset", Accepts::List),
        ],
        None,
        SAME,
        |_, a| match_keys(a),
    ),
    row("merge", &[], Some(parameter("maps", Accepts::Any).or_null().marked()), ANY, |_, a| merge(a)),
    row("one", &[LIST], None, ANY, |_, a| one(&a[0])),
    row(
        "range",
        &[],
        Some(parameter("params", Accepts::Number)),
        Returns::Fixed(|| Type::list(Type::Number)),
        |_, a| range(a),
    ),
    row("reverse", &[LIST.marked()], None, SAME, |_, a| reverse(&a[0])),
    row("setproduct", &[], Some(parameter("sets", Accepts::Any).marked()), ANY, |_, a| set_product(a)),
    row(
        "slice",
        &[LIST.marked(), parameter("start_index", Accepts::Number), parameter("end_index", Accepts::Number)],
        None,
        SAME,
        |_, a| slice(a),
    ),
    row("transpose", &[parameter("values", Accepts::MapOfTexts)], None, TURNED, |_, a| transpose(&a[0])),
    row("values", &[parameter("mapping", Accepts::Any).marked()], None, ANY, |_, a| values(&a[0])),
    row(
        "zipmap",
        &[parameter("keys", Accepts::Texts), parameter("values", Accepts::Any).marked()],
        None,
        ANY,
        |_, a| zip(a),
    ),
];

fn count(length: usize) -> Value {
    i64::try_from(length).unwrap_or(i64::MAX).into()
}

/// The elements of a list, set or tuple.
fn items(value: &Value, at: usize) -> std::result::Result<&[Value], FunctionError> {
    value.as_slice().ok_or_else(|| FunctionError::argument(at, "must be a list, set, or tuple"))
}

enum Quantifier {
    All,
    Any,
}

/// Stops at the first element that decides; an unknown one before makes the result unknown unless a later decides.
fn quantified(list: &Value, quantifier: Quantifier) -> Value {
    let decisive = matches!(quantifier, Quantifier::Any);
    let Some(items) = list.as_slice() else { return Value::unknown_not_null(Type::Bool) };
    let mut unknown = false;
    for item in items {
        match item.as_bool() {
            Some(truth) if truth == decisive => return decisive.into(),
            Some(_) => {}
            None if item.is_null() && !decisive => return false.into(),
            None => unknown |= !item.is_known(),
        }
    }
    if unknown { Value::unknown_not_null(Type::Bool) } else { (!decisive).into() }
}

fn chunks(arguments: &[Value]) -> Result {
    let size = whole(&arguments[1])?;
    let (list, marks) = arguments[0].clone().unmark();
    let ty = list.ty();
    if !list.is_known() {
        return Ok(Value::unknown_not_null(Type::list(ty)).marked(marks));
    }
    let items = items(&list, 0)?;
    let Ok(size) = usize::try_from(size) else {
        return Err(FunctionError::whole("the size argument must be positive"));
    };
    if items.is_empty() {
        return Ok(Value::list(ty, []).marked(marks));
    }
    let element = ty.element().cloned().unwrap_or(Type::Dynamic);
    let size = if size == 0 { items.len() } else { size };
    let chunks = items.chunks(size).map(|chunk| Value::list(element.clone(), chunk.to_vec()));
    Ok(Value::list(ty, chunks.collect::<Vec<_>>()).marked(marks))
}

fn coalesce(arguments: &[Value]) -> Result {
    let typed: Vec<Type> =
        arguments.iter().filter(|v| !(v.is_null() && v.ty() == Type::Dynamic)).map(Value::ty).collect();
    let ty = unify(&typed).ok_or_else(|| FunctionError::whole("all arguments must have the same type"))?;
    for (at, value) in arguments.iter().enumerate() {
        if !value.is_known() {
            return Ok(sure(ty));
        }
        if value.is_null() || value.as_str() == Some("") {
            continue;
        }
        return convert(value, &ty).map_err(|error| FunctionError::argument(at, error.to_string()));
    }
    Err(FunctionError::whole("no non-null, non-empty-string arguments"))
}

fn coalesce_lists(arguments: &[Value]) -> Result {
    if arguments.is_empty() {
        return Err(FunctionError::whole("at least one argument is required"));
    }
    for (at, value) in arguments.iter().enumerate() {
        if !value.is_known() {
            return Ok(Value::unknown(value.ty()));
        }
        match value.content() {
            Content::List(..) | Content::Tuple(_) => {}
            Content::Null(Type::List(_) | Type::Tuple(_)) => continue,
            Content::Null(_) => {
                return Err(FunctionError::whole("coalescelist arguments must be lists or tuples"));
            }
            _ => {
                return Err(FunctionError::argument(at, "coalescelist arguments must be lists or tuples"));
            }
        }
        if value.as_slice().is_some_and(|items| !items.is_empty()) {
            return Ok(value.clone());
        }
    }
    Err(FunctionError::whole("no non-null arguments"))
}

fn compact(list: &Value) -> Result {
    if !list.is_wholly_known() {
        return Ok(Value::unknown_not_null(Type::list(Type::String)));
    }
    let kept = list.elements().filter(|item| item.as_str().is_some_and(|text| !text.is_empty()));
    Ok(Value::list(Type::String, kept.cloned().collect::<Vec<_>>()))
}

/// Lists of one type stay a list; anything else becomes a tuple.
fn concat(arguments: &[Value]) -> Result {
    if arguments.is_empty() {
        return Err(FunctionError::whole("at least one argument is required"));
    }
    let marks = arguments.iter().fold(Marks::NONE, |marks, value| marks.with(value.marks()));
    let mut all = Vec::new();
    for (at, value) in arguments.iter().enumerate() {
        let (Content::List(..) | Content::Tuple(_)) = value.content() else {
            return Err(FunctionError::argument(
                at,
                "all arguments must be lists or tuples; got ".to_owned() + &value.ty().friendly_name(),
            ));
        };
        all.extend(value.elements().cloned());
    }
    let types: Vec<Type> = arguments.iter().map(Value::ty).collect();
    let lists = types.iter().all(|ty| matches!(ty, Type::List(_)));
    let elements: Vec<Type> = types.iter().filter_map(Type::element).cloned().collect();
    if let (true, Some(element)) = (lists, unify(&elements)) {
        let converted: std::result::Result<Vec<Value>, _> =
            all.iter().map(|item| convert(item, &element)).collect();
        let converted = converted.map_err(|error| FunctionError::whole(error.to_string()))?;
        return Ok(Value::list(element, converted).marked(marks));
    }
    Ok(Value::tuple(all).marked(marks))
}

fn contains(arguments: &[Value]) -> Result {
    let items = arguments[0]
        .as_slice()
        .ok_or_else(|| FunctionError::whole("argument must be list, tuple, or set"))?;
    let mut unknown = false;
    for item in items {
        match equal(item, &arguments[1]) {
            Some(true) => return Ok(true.into()),
            Some(false) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { Value::unknown_not_null(Type::Bool) } else { false.into() })
}

fn distinct(list: &Value) -> Result {
    if !list.is_wholly_known() {
        return Ok(Value::unknown_not_null(list.ty()));
    }
    let items = items(list, 0)?;
    let mut seen: Vec<&Value> = items.iter().collect();
    seen.sort_by(|a, b| crate::set::compare(a, b));
    let mut taken = vec![false; seen.len()];
    let mut kept = Vec::new();
    for item in items {
        // The first of equal elements is the one whose place in the sorted list is not yet taken.
        let first = seen.partition_point(|other| crate::set::compare(other, item).is_lt());
        if !taken[first] {
            taken[first] = true;
            kept.push(item.clone());
        }
    }
    Ok(Value::list(list.ty().element().cloned().unwrap_or(Type::Dynamic), kept))
}

fn element(arguments: &[Value]) -> Result {
    let (list, marks) = arguments[0].clone().unmark();
    let (Content::List(_, items) | Content::Tuple(items)) = list.content() else {
        return Err(FunctionError::whole(
            "cannot read elements from ".to_owned() + &list.ty().friendly_name(),
        ));
    };
    let at = whole(&arguments[1])?;
    if items.is_empty() {
        return Err(FunctionError::whole("cannot use element function with an empty list"));
    }
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let place = usize::try_from(at.rem_euclid(length)).unwrap_or(0);
    Ok(items[place].clone().marked(marks))
}

/// Lists in lists become one; an unknown list in it makes the length unknown.
fn flatten(list: &Value) -> Result {
    let (bare, marks) = list.clone().unmark();
    if bare.as_slice().is_none() {
        return Err(FunctionError::whole("can only flatten lists, sets and tuples"));
    }
    let mut flat = Vec::new();
    let mut all_marks = marks;
    let mut stack: Vec<Value> = vec![bare];
    while let Some(value) = stack.pop() {
        let sequence =
            matches!(value.ty(), Type::List(_) | Type::Set(_) | Type::Tuple(_)) && !value.is_null();
        if sequence && !value.is_known() {
            return Ok(Value::unknown(Type::Dynamic).marked(all_marks));
        }
        match value.as_slice() {
            Some(items) => {
                all_marks = all_marks.with(value.marks());
                stack.extend(items.iter().rev().cloned());
            }
            None if value.ty() == Type::Dynamic && !value.is_known() => {
                return Ok(Value::unknown(Type::Dynamic).marked(all_marks));
            }
            None => flat.push(value),
        }
    }
    Ok(Value::tuple(flat).marked(all_marks))
}

fn index(arguments: &[Value]) -> Result {
    let (Content::List(_, items) | Content::Tuple(items)) = arguments[0].content() else {
        return Err(FunctionError::whole("argument must be a list or tuple"));
    };
    if items.is_empty() {
        return Err(FunctionError::whole("cannot search an empty list"));
    }
    for (at, item) in items.iter().enumerate() {
        match equal(item, &arguments[1]) {
            Some(true) => return Ok(count(at)),
            Some(false) => {}
            None => return Ok(Value::unknown_not_null(Type::Number)),
        }
    }
    Err(FunctionError::whole("item not found"))
}

fn keys(map: &Value) -> Result {
    let (bare, marks) = map.clone().unmark();
    let names = |names: Vec<Text>| names.iter().map(Value::string).collect::<Vec<_>>();
    let made = match bare.content() {
        Content::Map(_, items) => Value::list(Type::String, names(items.keys().cloned().collect())),
        Content::Object(items) => Value::tuple(names(items.keys().cloned().collect())),
        Content::Unknown(Type::Object(object), _) => {
            Value::tuple(names(object.attributes.keys().cloned().collect()))
        }
        Content::Unknown(Type::Map(_), _) => Value::unknown_not_null(Type::list(Type::String)),
        Content::Unknown(..) => Value::unknown(Type::Dynamic),
        _ => return Err(FunctionError::argument(0, "must have map or object type")),
    };
    Ok(made.marked(marks))
}

fn length(value: &Value) -> Result {
    let (bare, marks) = value.clone().unmark();
    let made = match bare.content() {
        Content::String(text) => {
            count(unicode_segmentation::UnicodeSegmentation::graphemes(&**text, true).count())
        }
        Content::List(_, items) | Content::Tuple(items) => count(items.len()),
        // Unknown elements of a set may turn out equal.
        Content::Set(_, items) if items.len() > 1 && !bare.is_wholly_known() => crate::ranges::length(&bare),
        Content::Set(_, items) => count(items.len()),
        Content::Map(_, items) | Content::Object(items) => count(items.len()),
        Content::Unknown(Type::Tuple(items), _) => count(items.len()),
        Content::Unknown(Type::Object(object), _) => count(object.attributes.len()),
        Content::Unknown(..) => crate::ranges::length(&bare),
        Content::Null(_) | Content::Bool(_) | Content::Number(_) => {
            return Err(FunctionError::whole(
                "argument must be a string, a collection type, or a structural type",
            ));
        }
    };
    Ok(made.marked(marks))
}

fn lookup(arguments: &[Value]) -> Result {
    let (map, marks) = arguments[0].clone().unmark();
    let key = arguments[1].as_str().unwrap_or_default();
    let Some(items) = map.as_named() else {
        return Err(FunctionError::argument(0, "lookup() requires a map as the first argument"));
    };
    if arguments.len() > 3 {
        return Err(FunctionError::whole(format!(
            "lookup() takes two or three arguments, got {}",
            arguments.len()
        )));
    }
    match (items.get(key), arguments.get(2)) {
        (Some(found), _) => Ok(found.clone().marked(marks)),
        (None, Some(default)) => match map.ty().element() {
            Some(element) => convert(default, element).map(|value| value.marked(marks)).map_err(|_| {
                FunctionError::argument(2, "the default value must have the same type as the map elements")
            }),
            None => Ok(default.clone().marked(marks)),
        },
        (None, None) if matches!(map.ty(), Type::Object(_)) => {
            Err(FunctionError::argument(0, format!("the given object has no attribute {key:?}")))
        }
        (None, None) => Err(FunctionError::whole(format!("lookup failed to find key {key:?}"))),
    }
}

/// The values whose key is in a set; keys are compared as values of the type that they have in common with it.
fn match_keys(arguments: &[Value]) -> Result {
    let (values, keys, wanted) = (&arguments[0], &arguments[1], &arguments[2]);
    let element = |list: &Value| list.ty().element().cloned().unwrap_or(Type::Dynamic);
    if items(values, 0)?.len() != items(keys, 1)?.len() {
        return Err(FunctionError::whole("length of keys and values should be equal"));
    }
    if !(keys.is_wholly_known() && wanted.is_wholly_known()) {
        return Ok(Value::unknown_not_null(values.ty()));
    }
    let common = unify(&[element(keys), element(wanted)])
        .ok_or_else(|| FunctionError::whole("keys and searchset must be of the same type"))?;
    let alike = |list: &Value| {
        convert(list, &Type::list(common.clone())).map_err(|error| FunctionError::whole(error.to_string()))
    };
    let (keys, wanted) = (alike(keys)?, alike(wanted)?);
    let found = |key: &Value| wanted.elements().any(|other| equal(key, other) == Some(true));
    let kept = values.elements().zip(keys.elements()).filter(|(_, key)| found(key));
    Ok(Value::list(element(values), kept.map(|(value, _)| value.clone()).collect::<Vec<_>>()))
}

/// Maps of one type stay a map; anything else becomes an object.
fn merge(arguments: &[Value]) -> Result {
    let mut merged: BTreeMap<Text, Value> = BTreeMap::new();
    let mut marks = Marks::NONE;
    let mut types = Vec::new();
    for value in arguments {
        marks = marks.with(value.marks());
        if value.is_null() {
            continue;
        }
        let Some(items) = value.as_named() else {
            return Err(FunctionError::whole(
                "arguments must be maps or objects, got ".to_owned() + &value.ty().friendly_name(),
            ));
        };
        types.push(value.ty());
        merged.extend(items.iter().map(|(name, item)| (name.clone(), item.clone())));
    }
    let untyped = arguments.iter().any(|value| value.is_null() && value.ty() == Type::Dynamic);
    let maps = !untyped && !types.is_empty() && types.iter().all(|ty| matches!(ty, Type::Map(_)));
    let elements: Vec<Type> = types.iter().filter_map(Type::element).cloned().collect();
    let same = elements.windows(2).all(|pair| pair[0] == pair[1]);
    let made = match (maps && same, elements.first()) {
        (true, Some(element)) => Value::map(element.clone(), merged),
        _ => Value::object(merged),
    };
    Ok(made.marked(marks))
}

fn one(list: &Value) -> Result {
    match items(list, 0)? {
        [] => Ok(Value::null(list.ty().element().cloned().unwrap_or(Type::Dynamic))),
        [single] => Ok(single.clone()),
        _ => Err(FunctionError::argument(
            0,
            "must be a list, set, or tuple value with either zero or one elements",
        )),
    }
}

/// The most combinations that are made of sets.
const PRODUCT_MAX: usize = 1_000_000;

/// The most elements that a range may have, as in Terraform.
const RANGE_MAX: usize = 1024;

fn range(arguments: &[Value]) -> Result {
    let number = |at: usize| arguments[at].as_number().cloned().unwrap_or(Number::from(0_i64));
    let (zero, up, down) = (Number::from(0_i64), Number::from(1_i64), Number::from(-1_i64));
    let (start, end, step) = match arguments.len() {
        1 if number(0) < zero => (zero.clone(), number(0), down),
        1 => (zero.clone(), number(0), up),
        2 if number(1) < number(0) => (number(0), number(1), down),
        2 => (number(0), number(1), up),
        3 => (number(0), number(1), number(2)),
        _ => return Err(FunctionError::whole("must have one, two, or three arguments")),
    };
    if step == zero && start != end {
        return Err(FunctionError::whole("step must not be zero"));
    }
    let upwards = step > zero;
    if upwards && end < start {
        return Err(FunctionError::argument(1, "end must be greater than start when step is positive"));
    }
    if !upwards && end > start {
        return Err(FunctionError::argument(1, "end must be less than start when step is negative"));
    }
    let mut list = Vec::new();
    let mut current = start;
    while (upwards && current < end) || (!upwards && current > end) {
        if list.len() >= RANGE_MAX {
            return Err(FunctionError::whole(
                "more than 1024 values were generated; either decrease the difference between start and end or use a smaller step",
            ));
        }
        let next = current.plus(&step).unwrap_or_else(|| current.clone());
        list.push(Value::from(std::mem::replace(&mut current, next)));
    }
    Ok(Value::list(Type::Number, list))
}

fn reverse(list: &Value) -> Result {
    let (bare, marks) = list.clone().unmark();
    let mut reversed = bare.as_slice().map(<[Value]>::to_vec).ok_or_else(|| {
        FunctionError::argument(
            0,
            "can only reverse list or tuple values, not ".to_owned() + &bare.ty().friendly_name(),
        )
    })?;
    reversed.reverse();
    let made = match bare.ty() {
        Type::List(element) | Type::Set(element) => Value::list((*element).clone(), reversed),
        _ => Value::tuple(reversed),
    };
    Ok(made.marked(marks))
}

fn set_product(arguments: &[Value]) -> Result {
    let (arguments, marks): (Vec<Value>, Vec<Marks>) = arguments.iter().cloned().map(Value::unmark).unzip();
    let marks = marks.into_iter().fold(Marks::NONE, Marks::with);
    product(&arguments).map(|product| product.marked(marks))
}

fn product(arguments: &[Value]) -> Result {
    if arguments.len() < 2 {
        return Err(FunctionError::whole("at least two arguments are required"));
    }
    let counts = arguments.iter().map(|value| value.as_slice().map_or(1, <[Value]>::len));
    let count = counts.fold(1, usize::saturating_mul);
    if count > PRODUCT_MAX {
        let message = format!("there are {count} combinations; at most {PRODUCT_MAX} can be made");
        return Err(FunctionError::whole(message));
    }
    let mut product: Vec<Vec<Value>> = vec![Vec::new()];
    for (at, value) in arguments.iter().enumerate() {
        let items =
            items(value, at).map_err(|_| FunctionError::argument(at, "a set or a list is required"))?;
        product = product
            .into_iter()
            .flat_map(|prefix| items.iter().map(move |item| [prefix.clone(), vec![item.clone()]].concat()))
            .collect();
    }
    let elements: Vec<Type> = arguments
        .iter()
        .map(|value| match value.ty() {
            Type::Tuple(items) => unify(&items).unwrap_or(Type::Dynamic),
            ty => ty.element().cloned().unwrap_or(Type::Dynamic),
        })
        .collect();
    let element = Type::tuple(elements);
    let tuples: std::result::Result<Vec<Value>, _> =
        product.into_iter().map(|items| convert(&Value::tuple(items), &element)).collect();
    let tuples = tuples.map_err(|error| FunctionError::whole(error.to_string()))?;
    let ordered = arguments.iter().any(|value| matches!(value.ty(), Type::List(_) | Type::Tuple(_)));
    Ok(if ordered { Value::list(element, tuples) } else { crate::set::set(element, tuples) })
}

fn slice(arguments: &[Value]) -> Result {
    let (list, marks) = arguments[0].clone().unmark();
    let (Content::List(_, items) | Content::Tuple(items)) = list.content() else {
        return Err(FunctionError::argument(
            0,
            "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the ordering of the result is not important",
        ));
    };
    let (start, end) = (whole(&arguments[1])?, whole(&arguments[2])?);
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    if start < 0 {
        return Err(FunctionError::argument(1, "start index must not be less than zero"));
    }
    if end > length {
        return Err(FunctionError::argument(
            2,
            format!("end index must not be greater than the length of the list ({length})"),
        ));
    }
    if start > end {
        return Err(FunctionError::argument(
            1,
            format!("start index must not be greater than end index ({end})"),
        ));
    }
    let place = |at: i64| usize::try_from(at).unwrap_or(0);
    let part = items[place(start)..place(end)].to_vec();
    let made = match list.ty().element() {
        Some(element) => Value::list(element.clone(), part),
        None => Value::tuple(part),
    };
    Ok(made.marked(marks))
}

fn transpose(map: &Value) -> Result {
    if !map.is_wholly_known() {
        return Ok(Value::unknown_not_null(Type::map(Type::list(Type::String))));
    }
    let mut turned: BTreeMap<Text, Vec<Value>> = BTreeMap::new();
    for (key, list) in map.as_named().into_iter().flatten() {
        for item in list.elements() {
            let item = item
                .as_str()
                .ok_or_else(|| FunctionError::whole("input list must not contain null string"))?;
            turned.entry(item.into()).or_default().push(Value::string(key));
        }
    }
    let lists = turned.into_iter().map(|(key, mut keys)| {
        keys.sort_by(crate::set::compare);
        (key, Value::list(Type::String, keys))
    });
    Ok(Value::map(Type::list(Type::String), lists.collect::<Vec<_>>()))
}

fn values(map: &Value) -> Result {
    let (bare, marks) = map.clone().unmark();
    let made = match bare.content() {
        Content::Map(element, items) => {
            Value::list(element.clone(), items.values().cloned().collect::<Vec<_>>())
        }
        Content::Object(items) => Value::tuple(items.values().cloned().collect::<Vec<_>>()),
        _ => return Err(FunctionError::whole("values() requires a map as the first argument")),
    };
    Ok(made.marked(marks))
}

fn zip(arguments: &[Value]) -> Result {
    let keys = items(&arguments[0], 0)?;
    let (list, marks) = arguments[1].clone().unmark();
    let values = list
        .as_slice()
        .ok_or_else(|| FunctionError::whole("values argument must be a list or tuple value"))?;
    if keys.len() != values.len() {
        return Err(FunctionError::whole(format!(
            "number of keys ({}) does not match number of values ({})",
            keys.len(),
            values.len()
        )));
    }
    let mut pairs = Vec::new();
    for (key, value) in keys.iter().zip(values) {
        match key.as_str() {
            Some(key) => pairs.push((Text::from(key), value.clone())),
            None if key.is_null() => return Err(FunctionError::whole("a key must not be null")),
            None => return Ok(Value::unknown(Type::Dynamic).marked(marks)),
        }
    }
    let made = match list.ty().element() {
        Some(element) => Value::map(element.clone(), pairs),
        None => Value::object(pairs),
    };
    Ok(made.marked(marks))
}
