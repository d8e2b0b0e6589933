//! A resource type that lives in state alone: its rows, and the few decisions that rows cannot say.
//!
//! Invariant: a value that only apply gives is unknown while planning, and never null unless the kind says so.
//! Never: a kind sees an unknown value when it makes or changes something.

use std::collections::BTreeMap;
use std::sync::Arc;

use aksel_lang::code::Code;
use aksel_lang::path::Path;
use aksel_lang::schema::{AttributeSchema, BlockSchema, Presence, Schema, Secrecy};
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::{Object, PlanRequest, Planned, Progress};
use aksel_provider::stop::Stop;
use aksel_provider::world::World;
use async_trait::async_trait;

/// What a row of a table says of one attribute.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) ty: Shape,
    pub(crate) presence: Presence,
    pub(crate) default: Preset,
    pub(crate) change: OnChange,
    pub(crate) secrecy: Secrecy,
    pub(crate) deprecated: Option<&'static str>,
}

/// The types that occur.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Text,
    Number,
    Flag,
    Any,
    Texts,
    TextMap,
}

/// What stands in for a value that is not written.
#[derive(Clone, Copy)]
pub(crate) enum Preset {
    None,
    Number(i64),
    Flag(bool),
    Text(&'static str),
}

/// What a change of the value does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnChange {
    /// The object is changed in place.
    Updates,
    /// The object is replaced.
    Replaces,
    /// The object is replaced unless only nulls come or go.
    ReplacesUnlessNull,
}

/// An argument that may be left out.
pub(crate) const fn optional(name: &'static str, ty: Shape) -> Row {
    Row {
        name,
        ty,
        presence: Presence::Optional,
        default: Preset::None,
        change: OnChange::Updates,
        secrecy: Secrecy::Open,
        deprecated: None,
    }
}

/// An argument that must be given.
pub(crate) const fn required(name: &'static str, ty: Shape) -> Row {
    Row { presence: Presence::Required, ..optional(name, ty) }
}

/// A value that apply gives.
pub(crate) const fn computed(name: &'static str, ty: Shape) -> Row {
    Row { presence: Presence::Computed, ..optional(name, ty) }
}

impl Row {
    pub(crate) const fn replaces(self) -> Row {
        Row { change: OnChange::Replaces, ..self }
    }

    pub(crate) const fn replaces_unless_null(self) -> Row {
        Row { change: OnChange::ReplacesUnlessNull, ..self }
    }

    pub(crate) const fn or(self, default: Preset) -> Row {
        Row { presence: Presence::OptionalComputed, default, ..self }
    }

    pub(crate) const fn or_computed(self) -> Row {
        Row { presence: Presence::OptionalComputed, ..self }
    }

    pub(crate) const fn sensitive(self) -> Row {
        Row { secrecy: Secrecy::Sensitive, ..self }
    }

    pub(crate) const fn deprecated(self, reason: &'static str) -> Row {
        Row { deprecated: Some(reason), ..self }
    }

    fn ty(&self) -> Type {
        match self.ty {
            Shape::Text => Type::String,
            Shape::Number => Type::Number,
            Shape::Flag => Type::Bool,
            Shape::Any => Type::Dynamic,
            Shape::Texts => Type::list(Type::String),
            Shape::TextMap => Type::map(Type::String),
        }
    }

    fn default(&self) -> Option<Value> {
        match self.default {
            Preset::None => None,
            Preset::Number(number) => Some(number.into()),
            Preset::Flag(flag) => Some(flag.into()),
            Preset::Text(text) => Some(Value::string(text)),
        }
    }
}

/// The schema that rows make.
pub(crate) fn schema(version: u64, rows: &[Row]) -> Arc<Schema> {
    let attribute = |row: &Row| {
        let attribute = AttributeSchema {
            secrecy: row.secrecy,
            deprecated: row.deprecated.map(Into::into),
            ..AttributeSchema::new(row.ty(), row.presence)
        };
        (row.name.into(), attribute)
    };
    let attributes = rows.iter().map(attribute).collect();
    Arc::new(Schema { version, block: BlockSchema { attributes, ..BlockSchema::default() } })
}

/// An object's attributes, while it is worked on.
pub(crate) struct Attributes(BTreeMap<Text, Value>);

impl Attributes {
    /// The attributes of an object; none of a null.
    pub(crate) fn of(value: &Value) -> Attributes {
        Attributes(value.as_named().cloned().unwrap_or_default())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_number).and_then(|number| number.to_i64())
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(Value::as_bool)
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    pub(crate) fn set_text(&mut self, name: &str, value: impl AsRef<str>) {
        self.set(name, Value::string(value));
    }

    pub(crate) fn into_value(self) -> Value {
        Value::object(self.0)
    }
}

/// What a kind is given besides values.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) stop: &'a Stop,
}

/// A resource type.
#[async_trait]
pub(crate) trait Kind: Send + Sync {
    fn name(&self) -> &'static str;

    fn rows(&self) -> &'static [Row];

    fn version(&self) -> u64 {
        0
    }

    /// Checks what rows cannot say. Values may be unknown.
    fn validate(&self, _config: &Attributes) -> Vec<Finding> {
        Vec::new()
    }

    /// Decides what the rows leave open.
    fn plan(&self, request: &PlanRequest<'_>, _world: &dyn World) -> Result<Planned, Vec<Finding>> {
        Ok(plan_by_rows(self.rows(), request))
    }

    /// Whether it still is what state says.
    fn read(&self, state: &Object, _world: &dyn World) -> Result<Option<Object>, Finding> {
        Ok(Some(state.clone()))
    }

    /// Makes it and gives it whole.
    async fn create(&self, planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding>;

    /// Changes it and gives it whole.
    async fn update(&self, planned: Attributes, _around: Surroundings<'_>) -> Result<Attributes, Finding> {
        Ok(planned)
    }

    /// Deletes it.
    async fn delete(&self, _prior: Attributes, _around: Surroundings<'_>) -> Result<(), Finding> {
        Ok(())
    }

    /// Takes over an object of another type; `None` where it cannot.
    fn adopt(&self, _from: &str, _attributes: &serde_json::Value) -> Option<serde_json::Value> {
        None
    }

    /// Makes an object of an id that a user gave.
    fn import(&self, _id: &str, _world: &dyn World) -> Result<Attributes, Finding> {
        Err(Finding::error(
            Code::Provider,
            "Resource Import Not Implemented",
            format!("{} does not support import.", self.name()),
        ))
    }
}

/// What is written, with the rows' defaults where nothing is.
pub(crate) fn with_defaults(rows: &[Row], config: &Value) -> Attributes {
    let mut attributes = Attributes::of(config);
    for row in rows.iter().filter(|row| config.attribute(row.name).is_none_or(Value::is_null)) {
        if let Some(default) = row.default() {
            attributes.set(row.name, default);
        }
    }
    attributes
}

/// Plans by what the rows say: defaults, what is replaced, what is unknown until apply.
pub(crate) fn plan_by_rows(rows: &[Row], request: &PlanRequest<'_>) -> Planned {
    let mut wanted = Attributes::of(request.proposed);
    let config = Attributes::of(request.config);
    let prior = Attributes::of(request.prior);
    for row in rows.iter().filter(|row| config.get(row.name).is_none()) {
        if let Some(default) = row.default() {
            wanted.set(row.name, default);
        }
    }
    let replace: Vec<Path> = match request.prior.is_null() {
        true => Vec::new(),
        false => {
            rows.iter().filter(|row| row.is_replaced(&prior, &wanted)).map(|row| path(row.name)).collect()
        }
    };
    if request.prior.is_null() || !replace.is_empty() {
        for row in rows.iter().filter(|row| row.is_given_by_apply() && config.get(row.name).is_none()) {
            wanted.set(row.name, Value::unknown_not_null(row.ty()));
        }
    }
    Planned { value: wanted.into_value(), replace, private: request.private.clone(), findings: Vec::new() }
}

/// The path of a row.
pub(crate) fn path(name: &str) -> Path {
    Path::attribute(name)
}

impl Row {
    fn is_given_by_apply(&self) -> bool {
        matches!(self.presence, Presence::Computed | Presence::OptionalComputed) && self.default().is_none()
    }

    fn is_replaced(&self, prior: &Attributes, wanted: &Attributes) -> bool {
        let (before, after) = (prior.0.get(self.name), wanted.0.get(self.name));
        match self.change {
            OnChange::Updates => false,
            OnChange::Replaces => before != after,
            OnChange::ReplacesUnlessNull => without_nulls(before) != without_nulls(after),
        }
    }
}

/// The map's elements that are not null; an unknown map is itself.
fn without_nulls(value: Option<&Value>) -> Result<BTreeMap<Text, Value>, &Value> {
    match value {
        Some(value) if !value.is_known() => Err(value),
        value => {
            let items = value.and_then(Value::as_named).into_iter().flatten();
            Ok(items.filter(|(_, v)| !v.is_null()).map(|(n, v)| (n.clone(), v.clone())).collect())
        }
    }
}

/// An error about a value.
pub(crate) fn invalid(name: &str, summary: &str, detail: impl Into<String>) -> Finding {
    Finding::error(Code::InvalidValue, summary, detail).at(path(name))
}
