//! The laws of values and types: conversion, common types, JSON there and back, marks and unknowns.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::convert::{convert, convertible, unify};
use crate::json;
use crate::number::Number;
use crate::types::Type;
use crate::value::{Marks, Value};

fn types() -> impl Strategy<Value = Type> {
    let leaf = prop::sample::select(vec![Type::Bool, Type::Number, Type::String]);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Type::tuple),
            prop::collection::btree_map("[a-c]", inner, 0..3).prop_map(Type::object),
        ]
    })
}

fn primitives() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |float| Number::from_f64(float).map(Value::from)),
        any::<String>().prop_map(Value::string),
        "[0-9]{1,30}(\\.[0-9]{1,30})?".prop_map(Value::string),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    primitives().prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::tuple),
            prop::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|items: BTreeMap<String, Value>| Value::object(items)),
        ]
    })
}

/// Values with some secrets and some unknowns in them.
fn veiled() -> impl Strategy<Value = Value> {
    let leaf = (primitives(), 0..4).prop_map(|(value, veil)| match veil {
        0 => value.sensitive(),
        1 => Value::unknown(value.ty()),
        _ => value,
    });
    leaf.prop_recursive(2, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::tuple),
            prop::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|items: BTreeMap<String, Value>| Value::object(items)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn a_value_has_its_own_type_already(value in veiled()) {
        prop_assert_eq!(convert(&value, &value.ty()), Ok(value));
    }

    #[test]
    fn converting_twice_is_converting_once(value in veiled(), ty in types()) {
        if let Ok(once) = convert(&value, &ty) {
            prop_assert_eq!(once.ty(), ty.clone());
            prop_assert_eq!(convert(&once, &ty), Ok(once));
        }
    }

    #[test]
    fn what_types_forbid_no_value_can_do(value in values(), ty in types()) {
        if convert(&value, &ty).is_ok() {
            prop_assert!(convertible(&value.ty(), &ty), "{} to {}", value.ty(), ty);
        }
    }

    #[test]
    fn a_conversion_loses_no_mark(value in veiled(), ty in types()) {
        if let Ok(converted) = convert(&value, &ty) {
            // Attributes that the type does not have are dropped with what they were.
            let dropped = matches!(ty, Type::Object(_)) || matches!(ty.element(), Some(Type::Object(_)));
            prop_assert!(dropped || converted.marks_deep() == value.marks_deep(), "{converted:?}");
        }
    }

    #[test]
    fn a_secret_converted_to_text_is_a_secret(text in "[a-z]{8}") {
        let secret = Value::object([("k", Value::string(&text).sensitive())]);
        let map = convert(&secret, &Type::map(Type::String)).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(map.marks_deep(), Marks::SENSITIVE);
        let shown = format!("{map:?}");
        prop_assert!(!shown.contains(&text), "{}", shown);
    }

    #[test]
    fn numbers_are_read_as_they_were_written(float in any::<f64>(), whole in any::<i64>()) {
        for number in [Number::from_f64(float), Some(Number::from(whole))].into_iter().flatten() {
            prop_assert_eq!(number.to_string().parse::<Number>().ok(), Some(number));
        }
    }

    #[test]
    fn json_gives_back_what_was_written(value in values(), ty in types()) {
        let ty = if convert(&value, &ty).is_ok() { ty } else { value.ty() };
        let value = convert(&value, &ty).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(json::read_typed(&json::write_typed(&value, &ty), &ty), Ok(value.clone()));
        prop_assert_eq!(json::read_typed(&json::write_typed(&value, &Type::Dynamic), &Type::Dynamic), Ok(value));
    }

    #[test]
    fn types_are_read_as_they_were_written(ty in types()) {
        prop_assert_eq!(json::type_from_json(&json::type_to_json(&ty)), Ok(ty));
    }

    #[test]
    fn a_common_type_is_common(a in types(), b in types()) {
        prop_assert_eq!(unify(&[a.clone(), a.clone()]), Some(a.clone()));
        let common = unify(&[a.clone(), b.clone()]);
        prop_assert_eq!(unify(&[b.clone(), a.clone()]), common.clone());
        if let Some(common) = common {
            prop_assert!(convertible(&a, &common), "{a} to {common}");
            prop_assert!(convertible(&b, &common), "{b} to {common}");
        }
    }
}
