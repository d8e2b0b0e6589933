//! Expansion: `count` and `for_each` give the keys of the instances.
//!
//! Invariant: keys stand in Terraform's order; those of `for_each` are different texts.
//! Never: an unknown or sensitive value becomes a key.

use std::collections::BTreeMap;

use aksel_lang::address::InstanceKey;
use aksel_lang::blocks::resource::Repetition;
use aksel_lang::code::Code;
use aksel_lang::convert::convert;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::evaluate::{Scope, evaluate_soundly};
use aksel_lang::expression::Expression;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::{Content, Marks, Value};

/// The instances of a resource or module.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Keys {
    /// One without a key.
    One,
    /// None: it is switched off.
    Disabled,
    /// So many, numbered.
    Count(usize),
    /// One for each.
    Each(BTreeMap<Text, Value>),
    /// That is known only after apply.
    Unknown,
}

/// What `count.index`, `each.key` and `each.value` are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repeated {
    pub(crate) key: Option<InstanceKey>,
    pub(crate) each_value: Option<Value>,
    /// What stands for all instances where only checks are made.
    pub(crate) open: Option<Open>,
}

/// An instance of which the key is not known.
#[derive(Clone, Debug)]
pub(crate) enum Open {
    /// One of `count`.
    Count,
    /// One of `for_each`, with the type of its value.
    Each(Type),
}

impl Keys {
    /// The instances in order.
    pub(crate) fn instances(&self) -> Vec<Repeated> {
        match self {
            Keys::One => vec![Repeated::default()],
            Keys::Disabled | Keys::Unknown => Vec::new(),
            Keys::Count(count) => (0..*count)
                .map(|index| Repeated { key: Some(InstanceKey::Index(index)), ..Repeated::default() })
                .collect(),
            Keys::Each(elements) => elements
                .iter()
                .map(|(key, value)| Repeated {
                    key: Some(InstanceKey::Key(key.clone())),
                    each_value: Some(value.clone()),
                    open: None,
                })
                .collect(),
        }
    }

    /// Whether there is an instance of that key.
    pub(crate) fn contains(&self, key: Option<&InstanceKey>) -> bool {
        match (self, key) {
            (Keys::One, None) => true,
            (Keys::Count(count), Some(InstanceKey::Index(index))) => index < count,
            (Keys::Each(elements), Some(InstanceKey::Key(key))) => elements.contains_key(key),
            (Keys::One | Keys::Disabled | Keys::Unknown | Keys::Count(_) | Keys::Each(_), _) => false,
        }
    }
}

/// Finds the instances. `None` after an error, which is reported.
pub(crate) fn expand(
    repetition: &Repetition,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Option<Keys> {
    match repetition {
        Repetition::One => Some(Keys::One),
        Repetition::Count(expression) => judged(expression, scope, diagnostics, count),
        Repetition::ForEach(expression) => judged(expression, scope, diagnostics, for_each),
        Repetition::Enabled(expression) => judged(expression, scope, diagnostics, enabled),
    }
}

/// Why a value gives no instances.
struct Refused(&'static str, String);

fn judged(
    expression: &Expression,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
    judge: fn(&Value) -> Result<Keys, Refused>,
) -> Option<Keys> {
    let value = evaluate_soundly(expression, scope, diagnostics)?;
    match judge(&value) {
        Ok(keys) => Some(keys),
        Err(Refused(summary, detail)) => {
            let error = Diagnostic::error(Code::InvalidRepetition, summary).detail(detail);
            diagnostics.push(error.at(expression.span));
            None
        }
    }
}

fn refuse_count(reason: impl AsRef<str>) -> Refused {
    let reason = reason.as_ref();
    Refused("Invalid count argument", format!("The given \"count\" argument value is unsuitable: {reason}."))
}

/// The most instances of one block; a mistyped number must not take all memory.
const COUNT_MAX: usize = 1_000_000;

fn count(value: &Value) -> Result<Keys, Refused> {
    let (value, marks) = value.unmark_deep();
    if marks.contains(Marks::EPHEMERAL) {
        return Err(Refused(
            "Invalid count argument",
            "The given \"count\" is derived from an ephemeral value, which means that it is not the same in plan and apply.".into(),
        ));
    }
    if value.is_null() {
        return Err(Refused(
            "Invalid count argument",
            "The given \"count\" argument value is null. An integer is required.".into(),
        ));
    }
    let number = convert(&value, &Type::Number).map_err(|error| refuse_count(error.to_string()))?;
    let Some(number) = number.as_number() else { return Ok(Keys::Unknown) };
    match (number.to_usize(), number.is_whole()) {
        (Some(count), _) if count > COUNT_MAX => Err(refuse_count(format!("must be at most {COUNT_MAX}"))),
        (Some(count), _) => Ok(Keys::Count(count)),
        (None, true) => Err(refuse_count("must be greater than or equal to zero")),
        (None, false) => Err(refuse_count("must be a whole number")),
    }
}

fn enabled(value: &Value) -> Result<Keys, Refused> {
    let (value, _) = value.unmark_deep();
    let refuse = |reason: String| Refused("Invalid enabled argument", reason);
    if value.is_null() {
        return Err(refuse("The given \"enabled\" argument value is null. A bool is required.".into()));
    }
    let truth = convert(&value, &Type::Bool)
        .map_err(|error| refuse(format!("The given \"enabled\" argument value is unsuitable: {error}.")))?;
    Ok(match truth.as_bool() {
        Some(true) => Keys::One,
        Some(false) => Keys::Disabled,
        None => Keys::Unknown,
    })
}

fn refuse_each(detail: impl Into<String>) -> Refused {
    Refused("Invalid for_each argument", detail.into())
}

const SECRET_KEYS: &str = "Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments. If used, the sensitive value could be exposed as a resource instance key.";

fn for_each(value: &Value) -> Result<Keys, Refused> {
    if value.marks().contains(Marks::EPHEMERAL) {
        return Err(refuse_each(
            "The given \"for_each\" value is derived from an ephemeral value, which means that it is not the same in plan and apply.",
        ));
    }
    if value.is_sensitive() {
        return Err(refuse_each(SECRET_KEYS));
    }
    match value.content() {
        Content::Null(_) => Err(refuse_each(
            "The given \"for_each\" argument value is null. A map, or set of strings is allowed.",
        )),
        Content::Map(_, elements) | Content::Object(elements) => Ok(Keys::Each((**elements).clone())),
        Content::Unknown(Type::Map(_) | Type::Object(_) | Type::Dynamic, _) => Ok(Keys::Unknown),
        Content::Unknown(Type::Set(element), _) => set(value, element),
        Content::Set(element, _) => set(value, element),
        Content::Unknown(..) | Content::Bool(_) | Content::Number(_) | Content::String(_) => {
            Err(unsuitable_each(value, ""))
        }
        // Elements of a list have no key that would stay with them.
        Content::List(..) | Content::Tuple(_) => {
            Err(unsuitable_each(value, " For a set of strings write `toset(…)`; each string is then a key."))
        }
    }
}

fn unsuitable_each(value: &Value, way_out: &str) -> Refused {
    refuse_each(format!(
        "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be a map, or set of strings, and you have provided a value of type {}.{way_out}",
        value.ty().friendly_name()
    ))
}

fn set(value: &Value, element: &Type) -> Result<Keys, Refused> {
    let refuse = |reason: String| {
        Refused(
            "Invalid for_each set argument",
            format!("The given \"for_each\" argument value is unsuitable: {reason}."),
        )
    };
    if !matches!(element, Type::String | Type::Dynamic) {
        return Err(refuse(format!(
            "\"for_each\" supports maps and sets of strings, but you have provided a set containing type {}",
            element.friendly_name()
        )));
    }
    let Some(items) = value.as_slice() else { return Ok(Keys::Unknown) };
    if items.iter().any(|item| !item.is_known()) {
        return Ok(Keys::Unknown);
    }
    if items.iter().any(Value::is_null) {
        return Err(refuse("\"for_each\" sets must not contain null values".into()));
    }
    let keys = items.iter().filter_map(|item| Some((Text::from(item.as_str()?), item.clone())));
    Ok(Keys::Each(keys.collect()))
}

/// A `count` or `for_each` that is not known, where nothing may wait for a later wave.
pub(crate) fn refuse_unknown(repetition: &Repetition) -> Option<Diagnostic> {
    let (expression, summary, detail) = match repetition {
        Repetition::One => return None,
        Repetition::Count(expression) => (
            expression,
            "Invalid count argument",
            "The \"count\" value depends on resource attributes that cannot be determined until apply, so it cannot be predicted how many instances will be created. To work around this, use the -target argument to first apply only the resources that the count depends on.",
        ),
        Repetition::ForEach(expression) => (
            expression,
            "Invalid for_each argument",
            "The \"for_each\" value includes keys derived from resource attributes that cannot be determined until apply, so the full set of keys that will identify the instances cannot be determined. When working with unknown values in for_each, it's better to define the map keys statically in your configuration and place apply-time results only in the map values.",
        ),
        Repetition::Enabled(expression) => (
            expression,
            "Invalid enabled argument",
            "The \"enabled\" value depends on resource attributes that cannot be determined until apply.",
        ),
    };
    let error = Diagnostic::error(Code::InvalidRepetition, summary).detail(detail).at(expression.span);
    Some(error.help("Without `-no-defer` the resource is planned as soon as the value is known, in a later wave of the same apply."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(judged: Result<Keys, Refused>) -> String {
        judged.err().map(|Refused(summary, _)| summary.to_owned()).unwrap_or_default()
    }

    #[test]
    fn counts_are_whole_numbers_from_zero() {
        assert_eq!(count(&Value::string("2")).ok(), Some(Keys::Count(2)));
        assert_eq!(count(&Value::unknown(Type::Number)).ok(), Some(Keys::Unknown));
        for bad in [Value::from(-1), Value::null(Type::Number), Value::from(true), Value::tuple([])] {
            assert_eq!(refused(count(&bad)), "Invalid count argument", "{bad:?}");
        }
    }

    #[test]
    fn keys_are_known_texts_that_are_no_secret() {
        let map = Value::object([("a", Value::from(1))]);
        assert_eq!(for_each(&map).ok(), Some(Keys::Each([("a".into(), Value::from(1))].into())));
        assert_eq!(refused(for_each(&map.sensitive())), "Invalid for_each argument");
        assert_eq!(refused(for_each(&Value::tuple([]))), "Invalid for_each argument");
        let numbers = aksel_lang::set::set(Type::Number, [Value::from(1)]);
        assert_eq!(refused(for_each(&numbers)), "Invalid for_each set argument");
    }
}
