//! Events: what controllers announce about objects, and how an announcement becomes an Event object.
//!
//! Invariant: the same announcement about the same object raises the count of one Event instead of making another.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fields::{self, count, set, stamp, text};
use super::memory::Memory;
use super::{Agent, Change, Objects, Part};

/// How grave an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Severity {
    /// As expected.
    Normal,
    /// Something to look at.
    Warning,
}

impl Severity {
    fn text(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// The component that announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source(pub(super) &'static str);

impl Source {
    /// The agent on whose behalf the component writes.
    pub(super) fn agent(self) -> Agent {
        match self.0 {
            "default-scheduler" => Agent::Scheduler,
            "kubelet" => Agent::Kubelet,
            "service-controller" | "cluster-autoscaler" => Agent::Cloud,
            _ => Agent::Controllers,
        }
    }
}

/// One announcement about an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    /// The reference of the object it is about.
    pub regarding: Value,
    /// How grave it is.
    pub severity: Severity,
    /// The reason, such as `ScalingReplicaSet`.
    pub reason: String,
    /// What happened, for people.
    pub message: String,
    pub(super) source: Source,
}

impl Event {
    /// An announcement of a normal thing.
    pub(super) fn normal(
        source: &'static str,
        object: &Value,
        reason: &str,
        message: impl Into<String>,
    ) -> Self {
        Self::of(source, object, Severity::Normal, reason, message.into())
    }

    /// An announcement of something to look at.
    pub(super) fn warning(
        source: &'static str,
        object: &Value,
        reason: &str,
        message: impl Into<String>,
    ) -> Self {
        Self::of(source, object, Severity::Warning, reason, message.into())
    }

    fn of(source: &'static str, object: &Value, severity: Severity, reason: &str, message: String) -> Self {
        let regarding = reference(object);
        Self { regarding, severity, reason: reason.into(), message, source: Source(source) }
    }

    /// The same announcement with its object's field path, as a node agent names a container.
    pub(super) fn of_container(mut self, container: &str) -> Self {
        self.regarding["fieldPath"] = Value::from(format!("spec.containers{{{container}}}"));
        self
    }
}

fn reference(object: &Value) -> Value {
    let mut reference = json!({
        "kind": text(object, "kind"),
        "name": fields::name(object),
        "uid": fields::uid(object),
        "apiVersion": text(object, "apiVersion"),
        "resourceVersion": text(object, "metadata.resourceVersion"),
    });
    if !fields::namespace(object).is_empty() {
        reference["namespace"] = Value::from(fields::namespace(object));
    }
    reference
}

/// The change that writes an announcement down.
pub(super) fn change(objects: &dyn Objects, memory: &mut Memory, event: &Event, now: Timestamp) -> Change {
    let namespace = match text(&event.regarding, "namespace") {
        "" => "default",
        namespace => namespace,
    };
    let known = memory.event_name(event).and_then(|name| objects.get("", "events", namespace, &name));
    match known {
        Some(before) => Change::Replace {
            group: String::new(),
            resource: "events".into(),
            object: again(&before, now),
            part: Part::Main,
        },
        None => {
            let name = format!("{}.{:016x}", text(&event.regarding, "name"), memory.random());
            memory.name_event(event, &name);
            Change::Create {
                group: String::new(),
                resource: "events".into(),
                object: first(event, namespace, &name, now),
            }
        }
    }
}

fn first(event: &Event, namespace: &str, name: &str, now: Timestamp) -> Value {
    let mut object = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": event.regarding,
        "reason": event.reason,
        "message": event.message,
        "type": event.severity.text(),
        "reportingComponent": event.source.0,
        "reportingInstance": "",
        "source": {"component": event.source.0},
        "firstTimestamp": stamp(now),
        "lastTimestamp": stamp(now),
        "count": 1,
        "eventTime": null,
    });
    if event.source.0 == "default-scheduler" {
        // The scheduler speaks the newer events API: a time to the microsecond and an action, no count.
        object["eventTime"] = Value::from(now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string());
        object["action"] = Value::from(if event.reason == "Preempted" { "Preempting" } else { "Scheduling" });
        if event.reason == "Scheduled" {
            object["action"] = Value::from("Binding");
        }
        object["reportingInstance"] = Value::from("default-scheduler-0");
        object["source"] = json!({});
        for key in ["firstTimestamp", "lastTimestamp"] {
            object[key] = Value::Null;
        }
        fields::remove(&mut object, "count");
    }
    object
}

fn again(before: &Value, now: Timestamp) -> Value {
    let mut object = before.clone();
    if text(&object, "eventTime").is_empty() {
        let times = count(&object, "count") + 1;
        set(&mut object, "count", Value::from(times));
        set(&mut object, "lastTimestamp", stamp(now));
    } else {
        let times = count(&object, "series.count").max(1) + 1;
        let at = now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
        set(&mut object, "series", json!({"count": times, "lastObservedTime": at}));
    }
    object
}
