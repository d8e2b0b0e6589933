//! The plan of one object: what the configuration wants, held against what there is.
//!
//! Rule: what is written wins; what is not written is the default, or what the cluster has said, or nothing.
//!
//! Invariant: pure: no clock, no network. Whatever plan decides is tested here.

use aksel_lang::path::{Path, Step};
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;

use crate::form;
use crate::kind::{Kind, Scope};
use crate::read::{default_value, list_of};
use crate::row::{Change, Default, Form, Presence, Row, Shape};
use crate::schema::{has_limits, limits_type, row_type};

/// What an object is to become, and which arguments cannot be changed in place.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// What it is to become; unknown where the cluster decides.
    pub planned: Value,
    /// What replaces it.
    pub replace: Vec<Path>,
}

/// Plans one object. A null prior is an object that is made.
pub fn decide(kind: &Kind, prior: &Value, config: &Value) -> Decided {
    let prior = Some(prior).filter(|prior| !prior.is_null());
    let mut deciding = Deciding { replace: Vec::new() };
    let mut planned = deciding.members(kind.rows, prior, config, &Path::root(), Within::Free);
    let id = prior.and_then(|prior| prior.attribute("id")).cloned();
    planned.push((
        "id".into(),
        id.or_else(|| id_of(kind, &planned)).unwrap_or_else(|| Value::unknown_not_null(Type::String)),
    ));
    if has_limits(&kind.limits) {
        let limits = config.attribute("timeouts").cloned();
        planned.push(("timeouts".into(), limits.unwrap_or_else(|| Value::null(limits_type(&kind.limits)))));
    }
    Decided { planned: Value::object(planned), replace: deciding.replace }
}

/// The id, as soon as its parts are known.
fn id_of(kind: &Kind, planned: &[(Text, Value)]) -> Option<Value> {
    let (_, metadata) = planned.iter().find(|(name, _)| &**name == "metadata")?;
    let metadata = metadata.elements().next()?;
    let name = metadata.attribute("name")?.as_str()?;
    Some(match kind.api.scope {
        Scope::Namespaced => Value::string(format!("{}/{name}", metadata.attribute("namespace")?.as_str()?)),
        Scope::Cluster => Value::string(name),
    })
}

/// Whether a block outside says that any change replaces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Free,
    Replacing,
}

struct Deciding {
    replace: Vec<Path>,
}

impl Deciding {
    fn members(
        &mut self,
        rows: &[Row],
        prior: Option<&Value>,
        config: &Value,
        place: &Path,
        within: Within,
    ) -> Vec<(Text, Value)> {
        let member = |row: &Row| {
            let wanted = config.attribute(row.name);
            let before = prior.and_then(|prior| prior.attribute(row.name));
            let path = place.then(Step::Attribute(row.name.into()));
            (Text::from(row.name), self.row(row, before, wanted, &path, within))
        };
        rows.iter().map(member).collect()
    }

    fn row(
        &mut self,
        row: &Row,
        before: Option<&Value>,
        wanted: Option<&Value>,
        path: &Path,
        within: Within,
    ) -> Value {
        if row.presence == Presence::ReadOnly {
            return before.cloned().unwrap_or_else(|| Value::unknown(row_type(row)));
        }
        if row.secrecy == crate::row::Secrecy::WriteOnly {
            return Value::null(row_type(row));
        }
        let told = self.replace.len();
        let planned = match row.inner() {
            Some(rows) => self.nested(row, rows, before, wanted, path, within),
            None => plain(row, before, wanted),
        };
        let replaces = row.change != Change::InPlace || within == Within::Replacing;
        // A part that was told already says more than the whole.
        if replaces && self.replace.len() == told && before.is_some_and(|before| *before != planned) {
            self.replace.push(path.clone());
        }
        planned
    }

    fn nested(
        &mut self,
        row: &Row,
        rows: &'static [Row],
        before: Option<&Value>,
        wanted: Option<&Value>,
        path: &Path,
        within: Within,
    ) -> Value {
        let Some(wanted) = wanted.filter(|wanted| !wanted.is_null()) else {
            return unwritten(row, rows, before);
        };
        if !wanted.is_known() {
            return Value::unknown(row_type(row)).marked(wanted.marks());
        }
        let items: Vec<&Value> = wanted.elements().collect();
        if items.is_empty() {
            return unwritten(row, rows, before);
        }
        let within = match row.change {
            Change::ReplacesWithin => Within::Replacing,
            Change::InPlace | Change::Replaces => within,
        };
        let old: Vec<&Value> = before.into_iter().flat_map(Value::elements).collect();
        let made = if matches!(row.shape, Shape::BlockSet(_)) {
            items.into_iter().map(|item| self.of_set(rows, &old, item)).collect()
        } else {
            let element = |(at, item): (usize, &Value)| {
                let inner = path.then(Step::Index(at));
                Value::object(self.members(rows, old.get(at).copied(), item, &inner, within))
            };
            items.into_iter().enumerate().map(element).collect()
        };
        list_of(row, rows, made).marked(wanted.marks())
    }

    /// A set's element is an old one if planning it over that one changes nothing; else it is new.
    fn of_set(&mut self, rows: &'static [Row], old: &[&Value], item: &Value) -> Value {
        let over = |before: Option<&Value>| {
            let mut apart = Deciding { replace: Vec::new() };
            Value::object(apart.members(rows, before, item, &Path::root(), Within::Free))
        };
        let kept = old.iter().find(|before| over(Some(before)) == ***before);
        kept.map_or_else(|| over(None), |kept| (*kept).clone())
    }
}

fn unwritten(row: &Row, rows: &[Row], before: Option<&Value>) -> Value {
    match (row.presence, before) {
        (Presence::Computed, Some(before)) => before.clone(),
        (Presence::Computed, None) => Value::unknown(row_type(row)),
        _ => list_of(row, rows, Vec::new()),
    }
}

fn plain(row: &Row, before: Option<&Value>, wanted: Option<&Value>) -> Value {
    if let Some(written) = wanted.filter(|wanted| !wanted.is_null()) {
        let kept = before.filter(|before| same(row, before, written));
        return kept.map_or_else(|| written.clone(), |before| before.clone().marked(written.marks()));
    }
    let default = default_value(row);
    match before {
        _ if row.default != Default::None => default,
        Some(before) if row.presence == Presence::Computed || is_zero(before) => before.clone(),
        None if row.presence == Presence::Computed => Value::unknown(row_type(row)),
        Some(_) | None => default,
    }
}

fn same(row: &Row, before: &Value, written: &Value) -> bool {
    match (row.shape, before.as_str(), written.as_str()) {
        (Shape::Text(form), Some(a), Some(b)) => form::same(form, a, b),
        (Shape::Map(form), _, _) => same_map(form, before, written),
        _ => before.unmark_deep().0 == written.unmark_deep().0,
    }
}

fn same_map(form: Form, before: &Value, written: &Value) -> bool {
    let (Some(before), Some(written)) = (before.as_named(), written.as_named()) else {
        return before.unmark_deep().0 == written.unmark_deep().0;
    };
    let equal = |(key, value): (&Text, &Value)| {
        before.get(key).is_some_and(|before| match (before.as_str(), value.as_str()) {
            (Some(a), Some(b)) => form::same(form, a, b),
            _ => before.unmark_deep().0 == value.unmark_deep().0,
        })
    };
    before.len() == written.len() && written.iter().all(equal)
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
