//! The plan of one object: what the configuration wants, held against what there is.
//!
//! Rule: what is written wins; what is not written is the default, or what ARM has said, or nothing. A value that the
//! service filled in and the configuration does not mention is no difference.
//!
//! Invariant: pure: no clock, no network. Whatever plan decides is tested here.

use aksel_lang::path::{Path, Step};
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;

use crate::read::default_value;
use crate::read::list_of;
use crate::resource_type::ResourceType;
use crate::row::{Absent, Blocks, Change, Kind, Order, Presence, Row};
use crate::schema::{TIMEOUTS, row_type, timeouts_type};
use crate::spelling::Spelling;

/// What an object is to become, and which attributes cannot be changed in place.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// What it is to become; unknown where ARM decides.
    pub planned: Value,
    /// What replaces it.
    pub replace: Vec<Path>,
}

/// Plans one object. A null prior is an object that is made.
pub fn decide(resource: &ResourceType, prior: &Value, config: &Value) -> Decided {
    let mut replace = Vec::new();
    let prior = Some(prior).filter(|prior| !prior.is_null());
    let mut planned = members(resource.attributes, prior, config, &Path::root(), &mut replace);
    let timeouts = config.attribute("timeouts").cloned();
    planned.push(("timeouts".into(), timeouts.unwrap_or_else(|| Value::null(timeouts_type(&TIMEOUTS)))));
    let mut planned = Value::object(planned);
    if let Some(prior) = prior {
        if let Some(keeps) = resource.hooks.keeps {
            planned = kept(resource, keeps, prior, planned, &mut replace);
        }
        if let Some(hook) = resource.hooks.replaces {
            replace.extend(hook(prior, &planned));
        }
        if let Some(hook) = resource.hooks.renews
            && planned != *prior
        {
            planned = renewed(resource, hook(prior, &planned), planned);
        }
    }
    Decided { planned, replace }
}

/// Makes unknown what a change makes anew.
fn renewed(resource: &ResourceType, names: Vec<&'static str>, planned: Value) -> Value {
    let Some(items) = planned.as_named() else { return planned };
    let mut items = items.clone();
    for row in resource.attributes.iter().filter(|row| names.contains(&row.name)) {
        items.insert(row.name.into(), Value::unknown(row_type(row)));
    }
    Value::object(items)
}

/// Puts back what a hook says is no difference.
fn kept(
    resource: &ResourceType,
    keeps: fn(&str, &Value, &Value) -> bool,
    prior: &Value,
    planned: Value,
    replace: &mut Vec<Path>,
) -> Value {
    let Some(items) = planned.as_named() else { return planned };
    let mut items = items.clone();
    for row in resource.attributes {
        if keeps(row.name, prior, &planned)
            && let Some(before) = prior.attribute(row.name)
        {
            items.insert(row.name.into(), before.clone());
            replace.retain(|path| *path != Path::attribute(row.name));
        }
    }
    Value::object(items)
}

fn members(
    rows: &[Row],
    prior: Option<&Value>,
    config: &Value,
    place: &Path,
    replace: &mut Vec<Path>,
) -> Vec<(Text, Value)> {
    let member = |row: &Row| {
        let wanted = config.attribute(row.name);
        let before = prior.and_then(|prior| prior.attribute(row.name));
        let path = place.then(Step::Attribute(row.name.into()));
        let planned = attribute(row, before, wanted, &path, replace);
        (Text::from(row.name), planned)
    };
    rows.iter().map(member).collect()
}

fn attribute(
    row: &Row,
    before: Option<&Value>,
    wanted: Option<&Value>,
    path: &Path,
    replace: &mut Vec<Path>,
) -> Value {
    if row.presence == Presence::ReadOnly {
        return before.cloned().unwrap_or_else(|| Value::unknown(row_type(row)));
    }
    let planned = match row.kind.blocks() {
        Some(blocks) => nested(row, blocks, before, wanted, path, replace),
        None => plain(row, before, wanted),
    };
    if before.is_some_and(|before| replaces(row, before, &planned)) {
        replace.push(path.clone());
    }
    planned
}

/// Whether a change of the row's value replaces the object. Of blocks that is their number: what is in them has rows of its
/// own, which are asked one by one in a list; in a set an element that changes is another element.
fn replaces(row: &Row, before: &Value, planned: &Value) -> bool {
    if before == planned {
        return false;
    }
    match row.kind.blocks() {
        Some(blocks) => {
            let count = |value: &Value| value.as_slice().map(<[Value]>::len).filter(|_| value.is_known());
            let grows = count(before) != count(planned) && row.change == Change::Replaces;
            grows || blocks.order == Order::Set && any_replaces(blocks.rows)
        }
        None => row.change == Change::Replaces,
    }
}

fn any_replaces(rows: &[Row]) -> bool {
    rows.iter().any(|row| {
        row.change == Change::Replaces
            || matches!(row.kind, Kind::Block(blocks) | Kind::Objects(blocks) if any_replaces(blocks.rows))
    })
}

fn plain(row: &Row, before: Option<&Value>, wanted: Option<&Value>) -> Value {
    let written = wanted.filter(|wanted| !wanted.is_null());
    if let Some(written) = written {
        // What a list or set of texts holds is unknown as long as one of its elements is.
        if matches!(row.kind, Kind::Texts | Kind::TextSet | Kind::NumberSet) && !written.is_wholly_known() {
            return Value::unknown(row_type(row)).marked(written.marks());
        }
        let normal = normalised(row, written);
        return match before {
            Some(before) if same(row, before, &normal) => before.clone().marked(written.marks()),
            Some(_) | None => normal,
        };
    }
    match (default_value(row), before) {
        (Some(default), Some(before)) if same(row, before, &default) => before.clone(),
        (Some(default), _) => default,
        (None, Some(before)) if row.presence == Presence::Computed || is_zero(before) => before.clone(),
        (None, None) if row.presence == Presence::Computed => Value::unknown(row_type(row)),
        // A map that is no longer written is an empty one, so that each of its keys is taken away.
        (None, Some(_)) if matches!(row.kind, Kind::Map) => {
            Value::map(Type::String, Vec::<(Text, Value)>::new())
        }
        (None, _) => Value::null(row_type(row)),
    }
}

/// A written value as state will have it.
fn normalised(row: &Row, written: &Value) -> Value {
    match (row.spelling, written.as_str()) {
        (Spelling::Location, Some(text)) => {
            Value::string(crate::spelling::normal_location(text)).marked(written.marks())
        }
        (Spelling::Base64, Some(text)) => {
            Value::string(crate::spelling::encoded(text)).marked(written.marks())
        }
        _ => written.clone(),
    }
}

fn same(row: &Row, before: &Value, wanted: &Value) -> bool {
    match (before.as_str(), wanted.as_str()) {
        (Some(a), Some(b)) => row.spelling.same(a, b),
        _ => before.unmark_deep().0 == wanted.unmark_deep().0,
    }
}

/// Whether state has it for what was never set.
fn is_zero(value: &Value) -> bool {
    value.is_null()
        || value.as_str() == Some("")
        || value.as_bool() == Some(false)
        || value.as_number().is_some_and(aksel_lang::number::Number::is_zero)
        || value.is_known() && value.as_slice().is_some_and(<[Value]>::is_empty)
        || value.as_named().is_some_and(std::collections::BTreeMap::is_empty)
}

/// Blocks are matched by place, those of a set by what they hold. None written: what ARM made up stays where ARM decides.
fn nested(
    row: &Row,
    blocks: Blocks,
    before: Option<&Value>,
    wanted: Option<&Value>,
    path: &Path,
    replace: &mut Vec<Path>,
) -> Value {
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_null()) else {
        return unwritten(row, blocks, before);
    };
    if !wanted.is_known() {
        return Value::unknown(row_type(row)).marked(wanted.marks());
    }
    let items = wanted.as_slice().unwrap_or_default();
    if items.is_empty() {
        return unwritten(row, blocks, before);
    }
    let old = before.and_then(Value::as_slice).unwrap_or_default();
    // ARM keeps nothing of a block that says nothing, unless its being there is a switch.
    if let (Some(before), [only], None, 1) = (before, items, row.present, blocks.max)
        && old.is_empty()
        && says_nothing(blocks.rows, only)
    {
        return before.clone().marked(wanted.marks());
    }
    let made: Vec<Value> = match blocks.order {
        Order::List => items
            .iter()
            .enumerate()
            .map(|(at, item)| {
                let inner = path.then(Step::Index(at));
                Value::object(members(blocks.rows, old.get(at), item, &inner, replace))
            })
            .collect(),
        Order::Set => items.iter().map(|item| of_set(blocks.rows, old, item)).collect(),
    };
    list_of(blocks, made).marked(wanted.marks())
}

/// Whether a block has nothing written in it but what is usual.
fn says_nothing(rows: &[Row], item: &Value) -> bool {
    rows.iter().all(|row| match (item.attribute(row.name), row.kind) {
        (None, _) => true,
        (Some(value), _) if value.is_null() => true,
        (Some(value), Kind::Block(blocks) | Kind::Objects(blocks)) if value.is_known() => {
            value.as_slice().is_none_or(|items| items.iter().all(|item| says_nothing(blocks.rows, item)))
        }
        (Some(value), _) => default_value(row).is_some_and(|usual| same(row, &usual, value)),
    })
}

/// A set's element is an old one if planning it over that one changes nothing; else it is new.
fn of_set(rows: &[Row], old: &[Value], item: &Value) -> Value {
    let over =
        |before: Option<&Value>| Value::object(members(rows, before, item, &Path::root(), &mut Vec::new()));
    let kept = old.iter().find(|before| over(Some(before)) == **before);
    kept.cloned().unwrap_or_else(|| filled(rows, over(None)))
}

/// An element of a set says of everything that it is nothing, where nothing is written: so it is equal to what is read.
fn filled(rows: &[Row], item: Value) -> Value {
    let Some(members) = item.as_named() else { return item };
    let mut members = members.clone();
    for row in rows.iter().filter(|row| !matches!(row.kind, Kind::Map)) {
        let nothing = members.get(row.name).is_some_and(Value::is_null);
        if nothing && row.absent != Absent::Null && row.is_settable() {
            members.insert(row.name.into(), crate::read::absent(row));
        }
    }
    Value::object(members)
}

fn unwritten(row: &Row, blocks: Blocks, before: Option<&Value>) -> Value {
    match (row.presence, before) {
        (Presence::Computed, Some(before)) => before.clone(),
        (Presence::Computed, None) => Value::unknown(row_type(row)),
        _ if matches!(row.kind, Kind::Objects(_)) => match before {
            Some(before) if is_zero(before) => before.clone(),
            Some(_) | None => Value::null(row_type(row)),
        },
        _ => list_of(blocks, Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::container_registry::CONTAINER_REGISTRY;

    fn config(sku: &str, location: &str) -> Value {
        let text = Value::string;
        Value::object([
            ("name", text("acr0001")),
            ("resource_group_name", text("rg")),
            ("location", text(location)),
            ("sku", text(sku)),
        ])
    }

    #[test]
    fn what_arm_decides_is_unknown_until_it_is_made() {
        let made =
            decide(&CONTAINER_REGISTRY, &Value::null(Type::Dynamic), &config("Basic", "West Europe")).planned;
        let show = |name: &str| format!("{:?}", made.attribute(name).unwrap());
        assert_eq!(show("login_server"), "unknown string");
        assert_eq!(show("location"), "\"westeurope\"");
        assert_eq!(show("admin_enabled"), "false");
        assert_eq!(show("retention_policy_in_days"), "null");
    }

    #[test]
    fn another_spelling_of_a_location_is_no_difference_and_another_location_replaces() {
        let mut state =
            decide(&CONTAINER_REGISTRY, &Value::null(Type::Dynamic), &config("Basic", "westeurope")).planned;
        let same = decide(&CONTAINER_REGISTRY, &state, &config("Basic", "West Europe"));
        assert_eq!((same.planned == state, same.replace.len()), (true, 0));
        state = same.planned;
        let moved = decide(&CONTAINER_REGISTRY, &state, &config("Basic", "northeurope"));
        assert_eq!(moved.replace, [Path::attribute("location")]);
        let grown = decide(&CONTAINER_REGISTRY, &state, &config("Premium", "westeurope"));
        assert!(grown.replace.is_empty() && grown.planned != state);
    }
}
