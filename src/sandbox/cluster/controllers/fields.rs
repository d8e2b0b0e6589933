//! Reading and writing fields of objects by dotted path (`status.replicas`), and the few shapes all objects share.
//!
//! Invariant: reading never fails: what is absent or of another type reads as empty.
//! Never: keys that contain dots (labels, annotations) are not reached by path, but by `label`, `annotation`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The value at a dotted path.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, key| value.get(key)).filter(|value| !value.is_null())
}

/// The text at a path, empty when there is none.
pub(super) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// The whole number at a path.
pub(super) fn int(value: &Value, path: &str) -> Option<i64> {
    at(value, path).and_then(Value::as_i64)
}

/// The whole number at a path, zero when there is none.
pub(super) fn count(value: &Value, path: &str) -> i64 {
    int(value, path).unwrap_or(0)
}

/// Whether the flag at a path is set.
pub(super) fn is_set(value: &Value, path: &str) -> bool {
    at(value, path).and_then(Value::as_bool).unwrap_or(false)
}

/// The list at a path, empty when there is none.
pub(super) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The mapping at a path.
pub(super) fn map<'a>(value: &'a Value, path: &str) -> Option<&'a Map<String, Value>> {
    at(value, path).and_then(Value::as_object)
}

/// Sets the value at a path; mappings on the way are made.
pub(super) fn set(value: &mut Value, path: &str, new: Value) {
    let mut here = value;
    for key in path.split('.') {
        if !here.is_object() {
            *here = json!({});
        }
        here = &mut here[key];
    }
    *here = new;
}

/// Removes the value at a path.
pub(super) fn remove(value: &mut Value, path: &str) {
    let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = if parent.is_empty() {
        Some(value)
    } else {
        parent.split('.').try_fold(value, |value, key| value.get_mut(key))
    };
    if let Some(map) = parent.and_then(Value::as_object_mut) {
        map.shift_remove(key);
    }
}

/// The name of an object.
pub(super) fn name(object: &Value) -> &str {
    text(object, "metadata.name")
}

/// The namespace of an object, empty for cluster-wide ones.
pub(super) fn namespace(object: &Value) -> &str {
    text(object, "metadata.namespace")
}

/// The uid of an object.
pub(super) fn uid(object: &Value) -> &str {
    text(object, "metadata.uid")
}

/// Whether an object is being deleted.
pub(super) fn is_going(object: &Value) -> bool {
    at(object, "metadata.deletionTimestamp").is_some()
}

/// A label's value.
pub(super) fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    at(object, "metadata.labels")?.get(key)?.as_str()
}

/// An annotation's value.
pub(super) fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    at(object, "metadata.annotations")?.get(key)?.as_str()
}

/// Sets an annotation.
pub(super) fn annotate(object: &mut Value, key: &str, value: &str) {
    if at(object, "metadata.annotations").is_none() {
        set(object, "metadata.annotations", json!({}));
    }
    object["metadata"]["annotations"][key] = Value::from(value);
}

/// Whether an object has a finalizer.
pub(super) fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    list(object, "metadata.finalizers").iter().any(|one| one == finalizer)
}

/// Removes a finalizer.
pub(super) fn drop_finalizer(object: &mut Value, finalizer: &str) {
    let left: Vec<Value> =
        list(object, "metadata.finalizers").iter().filter(|one| *one != finalizer).cloned().collect();
    match left.is_empty() {
        true => remove(object, "metadata.finalizers"),
        false => set(object, "metadata.finalizers", Value::from(left)),
    }
}

/// The time at a path.
pub(super) fn time(value: &Value, path: &str) -> Option<Timestamp> {
    text(value, path).parse().ok()
}

/// A time as objects hold it: whole seconds, UTC.
pub(super) fn stamp(now: Timestamp) -> Value {
    Value::from(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The time so many seconds later.
pub(super) fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// The time so many milliseconds later.
pub(super) fn after_millis(at: Timestamp, millis: i64) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_millis(millis)).unwrap_or(Timestamp::MAX)
}

/// The controller among an object's owners.
pub(super) fn controller(object: &Value) -> Option<&Value> {
    list(object, "metadata.ownerReferences").iter().find(|owner| is_set(owner, "controller"))
}

/// The reference by which an owner controls its dependents.
pub(super) fn controlled_by(owner: &Value) -> Value {
    json!({
        "apiVersion": text(owner, "apiVersion"),
        "kind": text(owner, "kind"),
        "name": name(owner),
        "uid": uid(owner),
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// The condition of a type.
pub(super) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(object, "status.conditions").iter().find(|one| text(one, "type") == kind)
}

/// Whether a condition is `True`.
pub(super) fn holds(object: &Value, kind: &str) -> bool {
    condition(object, kind).is_some_and(|one| text(one, "status") == "True")
}

/// The number that a field of type int-or-percent means for a total.
pub(super) fn scaled(value: Option<&Value>, total: i64, rounding: Rounding) -> Option<i64> {
    let value = value?;
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    let percent: i64 = value.as_str()?.strip_suffix('%')?.parse().ok()?;
    let product = percent.saturating_mul(total);
    Some(match rounding {
        Rounding::Up => product.div_euclid(100) + i64::from(product.rem_euclid(100) != 0),
        Rounding::Down => product.div_euclid(100),
    })
}

/// Where a percentage of a whole number goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// To the next whole number above.
    Up,
    /// To the next whole number below.
    Down,
}

/// A number as a status field that is left out when zero.
pub(super) fn set_count(status: &mut Value, key: &str, count: i64) {
    match count {
        0 => remove(status, key),
        _ => set(status, key, Value::from(count)),
    }
}
