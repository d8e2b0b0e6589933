//! Resource types: a table of rows, and what a table cannot say.
//!
//! Invariant: a resource type is one file of the catalogue and one line in its list.
//! Never: a hook makes a request; only a `Call` and the session do.

use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use serde_json::Value as Json;

use crate::row::Row;

/// A type of ARM resource as Terraform knows it.
pub struct ResourceType {
    /// The Terraform name.
    pub name: &'static str,
    /// The ARM type and the version of its API.
    pub arm: Arm,
    /// The version of the state that is written.
    pub schema_version: u64,
    /// How long operations may take.
    pub minutes: Minutes,
    /// The rows, in ARM's order.
    pub attributes: &'static [Row],
    /// Further requests that reading makes.
    pub calls: &'static [Call],
    /// Rules over several attributes, judged while planning.
    pub rules: &'static [Rule],
    /// What a table cannot say.
    pub hooks: Hooks,
}

/// An ARM type with the version of its API.
#[derive(Clone, Copy, Debug)]
pub struct Arm {
    /// `Microsoft.ContainerRegistry/registries`; for what lies in another object only the last part counts.
    pub kind: &'static str,
    /// `2025-11-01`
    pub api: &'static str,
}

/// How long operations may take, in minutes.
#[derive(Clone, Copy, Debug)]
pub struct Minutes {
    /// Making it.
    pub create: u32,
    /// Reading it.
    pub read: u32,
    /// Changing it.
    pub update: u32,
    /// Deleting it.
    pub delete: u32,
}

/// A further request that reading an object makes, or a part of it that is written on its own.
#[derive(Clone, Copy)]
pub struct Call {
    /// What paths into its answer begin with.
    pub key: &'static str,
    /// What is added to the object's id.
    pub suffix: &'static str,
    /// How it is asked.
    pub method: CallMethod,
    /// Another API version than the type's.
    pub api: Option<&'static str>,
    /// Whether it is asked at all, by the object's body.
    pub when: fn(&Json) -> bool,
}

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallMethod {
    /// It is a GET; what the configuration sets in it is written by a PUT.
    GetAndPut,
    /// It is a POST that changes nothing.
    Post,
}

/// A rule over several attributes.
pub type Rule = fn(&Value) -> Vec<Finding>;

/// What a table cannot say.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Brings what ARM answered into the shape that the rows read; gets the state before.
    pub before_read: Option<fn(&mut Json, &Value)>,
    /// Completes what was read.
    pub after_read: Option<AfterRead>,
    /// Completes a body before it is sent; gets what is planned.
    pub before_write: Option<fn(&mut Json, &Value)>,
    /// The id of an object, if it is not its parent's id with type and name.
    pub identity: Option<fn(&Value, &str) -> Option<String>>,
    /// Attributes whose change replaces the object only in some cases: judged with state and plan.
    pub replaces: Option<fn(&Value, &Value) -> Vec<&'static str>>,
    /// Attributes that are no difference: state and plan say whether a name stays as it is.
    pub keeps: Option<fn(&str, &Value, &Value) -> bool>,
    /// What must not be changed at the same time.
    pub lane: Option<fn(&Value) -> Option<String>>,
}

/// Completes what was read: gets the values, the document, and the id.
pub type AfterRead = fn(&mut std::collections::BTreeMap<aksel_lang::types::Text, Value>, &Json, &str);

impl Hooks {
    /// None.
    pub const NONE: Hooks = Hooks {
        before_read: None,
        after_read: None,
        before_write: None,
        identity: None,
        replaces: None,
        keeps: None,
        lane: None,
    };
}

impl Call {
    /// A part that is read by a GET and written by a PUT.
    pub const fn part(key: &'static str, suffix: &'static str) -> Call {
        Call { key, suffix, method: CallMethod::GetAndPut, api: None, when: |_| true }
    }

    /// A POST that asks for something.
    pub const fn post(key: &'static str, suffix: &'static str) -> Call {
        Call { key, suffix, method: CallMethod::Post, api: None, when: |_| true }
    }

    /// The call, only when the body says so.
    pub const fn when(self, when: fn(&Json) -> bool) -> Call {
        Call { when, ..self }
    }

    /// The call, with another API version.
    pub const fn at(self, api: &'static str) -> Call {
        Call { api: Some(api), ..self }
    }
}

/// Half an hour for changes, as most types have it.
pub const HALF_AN_HOUR: Minutes = Minutes { create: 30, read: 5, update: 30, delete: 30 };

/// An hour and a half, for clusters and what is in them.
pub const LONG: Minutes = Minutes { create: 90, read: 5, update: 90, delete: 90 };

impl std::fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ResourceType({})", self.name)
    }
}
