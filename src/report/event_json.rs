//! What happens in a run as lines of JSON, as `-json` prints them.
//!
//! Source: <https://developer.hashicorp.com/terraform/internals/machine-readable-ui>
//!
//! Invariant: one line an event, with a sentence for people in `@message`.
//! Never: a sensitive value is written.

use std::collections::BTreeMap;
use std::time::Duration;

use aksel_engine::apply::Done;
use aksel_engine::observer::{Doing, Event, Subject};
use aksel_engine::options::PlanMode;
use aksel_engine::plan::{Action, OutputAction, Plan, Reason, ResourceChange};
use aksel_engine::registry::local_name_of_type;
use aksel_lang::address::{Address, InstanceKey};
use aksel_lang::diagnostic::{Diagnostic, Severity};
use aksel_lang::json::type_to_json;
use aksel_lang::source::Sources;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_lang::version::LANGUAGE;
use jiff::Timestamp;

use crate::diagnostic_json;
use crate::event_text::{sentence, summary_of_apply};
use crate::json_tree::Json;
use crate::value_json::known;

/// The version of this format.
const UI: &str = "1.2";

/// The first line of a run.
pub fn version(now: Timestamp) -> Json {
    line("info", &format!("aksel, Terraform language {LANGUAGE}"), now)
        .with("terraform", LANGUAGE)
        .with("type", "version")
        .with("ui", UI)
}

/// A line of `init`: what it is about to do or has done.
pub fn init_output(code: &str, message: &str, now: Timestamp) -> Json {
    line("info", message, now).with("message_code", code).with("type", "init_output")
}

/// A line that has no other meaning than its text.
pub fn log(message: &str, now: Timestamp) -> Json {
    line("info", message, now).with("type", "log")
}

/// An event; `None` for what this format has no word for.
pub fn event(event: &Event, now: Timestamp) -> Option<Json> {
    let message = sentence(event)?;
    let (name, hook) = match event {
        Event::RefreshStarted(subject) => ("refresh_start", hook(subject, None)),
        Event::RefreshDone(subject) => ("refresh_complete", hook(subject, None)),
        Event::Started(subject, doing) => ("apply_start", hook(subject, Some(*doing))),
        Event::Still(subject, doing, since) => ("apply_progress", timed(hook(subject, Some(*doing)), *since)),
        Event::Done(subject, doing, took) => ("apply_complete", timed(done(subject, *doing), *took)),
        // As in Terraform, the diagnostic is all that is said of a data source that cannot be read.
        Event::Failed(_, Doing::Read, _) => return None,
        Event::Failed(subject, doing, took) => {
            let plain = Subject::of(&subject.address);
            ("apply_errored", timed(hook(&plain, Some(*doing)), *took))
        }
        Event::ProvisionStarted(subject, kind) => ("provision_start", provisioner(subject, kind)),
        Event::ProvisionSays(subject, kind, text) => {
            ("provision_progress", provisioner(subject, kind).with("output", text.as_str()))
        }
        Event::ProvisionDone(subject, kind) => ("provision_complete", provisioner(subject, kind)),
        Event::ProvisionFailed(subject, kind) => ("provision_errored", provisioner(subject, kind)),
        Event::Planned(_)
        | Event::Progress(..)
        | Event::Settled(..)
        | Event::Wave(_)
        | Event::Begun(_)
        | Event::Touched(..)
        | Event::Skipped(..) => return None,
    };
    Some(line("info", &message, now).with("hook", hook).with("type", name))
}

/// What the deletion of an object leaves has no id.
fn done(subject: &Subject, doing: Doing) -> Json {
    match doing {
        Doing::Delete => hook(&Subject { id: None, ..subject.clone() }, Some(doing)),
        Doing::Create | Doing::Update | Doing::Read | Doing::Open => hook(subject, Some(doing)),
    }
}

/// What is planned, without a count.
pub fn changes(plan: &Plan, now: Timestamp) -> Vec<Json> {
    let shown = plan.changes.iter().filter(|change| change.does_something());
    let told = shown.map(|planned| {
        let (name, words) = change_words(planned);
        let message = format!("{}: Plan to {words}", planned.address);
        line("info", &message, now).with("change", change(planned, name)).with("type", "planned_change")
    });
    told.collect()
}

/// The lines of a plan: what has drifted, what is planned, the count, the outputs.
pub fn plan(plan: &Plan, now: Timestamp) -> Vec<Json> {
    let mut lines: Vec<Json> = Vec::new();
    let shows_drift = plan.options.mode == PlanMode::RefreshOnly;
    for drift in plan.drift.iter().filter(|_| shows_drift) {
        let (name, words) = change_words(drift);
        let message = format!("{}: Drift detected ({words})", drift.address);
        lines.push(
            line("info", &message, now).with("change", change(drift, name)).with("type", "resource_drift"),
        );
    }
    lines.extend(planned_changes(plan, now));
    let counts = plan.counts();
    let mut message = String::from("Plan: ");
    if counts.import > 0 {
        message.push_str(&format!("{} to import, ", counts.import));
    }
    message.push_str(&format!(
        "{} to add, {} to change, {} to destroy.",
        counts.add, counts.change, counts.destroy
    ));
    let changes = [counts.add, counts.change, counts.import, counts.destroy];
    lines.push(summary(&message, changes, "plan", now));
    if !plan.outputs.is_empty() {
        let outputs = plan.outputs.iter().map(|(name, output)| {
            let action = match output.action() {
                OutputAction::Keep => "noop",
                OutputAction::Create => "create",
                OutputAction::Update => "update",
                OutputAction::Delete => "delete",
            };
            let sensitive =
                [&output.before, &output.after].into_iter().flatten().any(Value::is_sensitive_deep);
            (name.to_string(), Json::object().with("sensitive", sensitive).with("action", action))
        });
        lines.push(outputs_line(outputs.collect(), now));
    }
    lines
}

/// The lines of what a plan changes, in state or beyond it.
pub fn planned_changes(plan: &Plan, now: Timestamp) -> Vec<Json> {
    lines_of(plan.changes.iter().filter(|change| change.does_something()), now)
}

/// The lines of what a saved plan does.
pub fn saved_changes(plan: &Plan, now: Timestamp) -> Vec<Json> {
    let kept = |change: &&ResourceChange| !matches!(change.action, Action::Keep { .. });
    lines_of(plan.changes.iter().filter(kept), now)
}

fn lines_of<'p>(changes: impl Iterator<Item = &'p ResourceChange>, now: Timestamp) -> Vec<Json> {
    let one = |planned: &ResourceChange| {
        let (name, words) = change_words(planned);
        let message = format!("{}: Plan to {words}", planned.address);
        line("info", &message, now).with("change", change(planned, name)).with("type", "planned_change")
    };
    changes.map(one).collect()
}

/// The last lines of an apply: the count and the outputs, be they none.
pub fn applied(mode: PlanMode, done: &Done, outputs: &BTreeMap<Text, Value>, now: Timestamp) -> Vec<Json> {
    let operation = if mode == PlanMode::Destroy { "destroy" } else { "apply" };
    let changes = [done.added, done.changed, done.imported, done.destroyed];
    let mut lines = vec![summary(&summary_of_apply(mode, done), changes, operation, now)];
    if mode != PlanMode::Destroy {
        lines.extend(values(outputs, now));
    }
    lines
}

/// The values of the outputs, be they none.
pub fn values(outputs: &BTreeMap<Text, Value>, now: Timestamp) -> Vec<Json> {
    let mut lines = Vec::new();
    {
        let outputs = outputs.iter().map(|(name, value)| {
            let sensitive = value.is_sensitive_deep();
            let (bare, _) = value.unmark_deep();
            let shown = (!sensitive).then(|| known(&bare));
            let ty = Json::Raw(type_to_json(&bare.ty()).to_string());
            let json = Json::object().with("sensitive", sensitive).with("type", ty).with_some("value", shown);
            (name.to_string(), json)
        });
        lines.push(outputs_line(outputs.collect(), now));
    }
    lines
}

/// A diagnostic.
pub fn diagnostic(diagnostic: &Diagnostic, sources: &Sources, now: Timestamp) -> Json {
    let (level, word) = match diagnostic.severity {
        Severity::Error => ("error", "Error"),
        Severity::Warning => ("warn", "Warning"),
    };
    line(level, &format!("{word}: {}", diagnostic.summary), now)
        .with("diagnostic", Json::from(diagnostic_json::to_json(diagnostic, sources)))
        .with("type", "diagnostic")
}

pub(crate) fn line(level: &str, message: &str, now: Timestamp) -> Json {
    Json::object()
        .with("@level", level)
        .with("@message", message)
        .with("@module", "terraform.ui")
        .with("@timestamp", now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string())
}

fn summary(
    message: &str,
    [add, change, import, remove]: [usize; 4],
    operation: &str,
    now: Timestamp,
) -> Json {
    let changes = Json::object()
        .with("add", add)
        .with("change", change)
        .with("import", import)
        .with("remove", remove)
        .with("operation", operation);
    line("info", message, now).with("changes", changes).with("type", "change_summary")
}

fn outputs_line(outputs: Vec<(String, Json)>, now: Timestamp) -> Json {
    let message = format!("Outputs: {}", outputs.len());
    line("info", &message, now).with("outputs", Json::Object(outputs)).with("type", "outputs")
}

/// How this format names a resource instance.
fn resource(address: &Address) -> Json {
    let key = match &address.key {
        None => Json::null(),
        Some(InstanceKey::Index(index)) => Json::from(*index),
        Some(InstanceKey::Key(key)) => Json::from(&**key),
    };
    let inner = Address { module: Default::default(), ..address.clone() };
    Json::object()
        .with("addr", address.to_string())
        .with("module", address.module.to_string())
        .with("resource", inner.to_string())
        .with("implied_provider", local_name_of_type(&address.resource.type_name))
        .with("resource_type", &*address.resource.type_name)
        .with("resource_name", &*address.resource.name)
        .with("resource_key", key)
}

fn hook(subject: &Subject, doing: Option<Doing>) -> Json {
    let action = doing.map(|doing| match doing {
        Doing::Create => "create",
        Doing::Update => "update",
        Doing::Delete => "delete",
        Doing::Read => "read",
        Doing::Open => "open",
    });
    let json = Json::object().with("resource", resource(&subject.address)).with_some("action", action);
    match &subject.id {
        Some((key, value)) => json.with("id_key", &**key).with("id_value", &**value),
        None => json,
    }
}

fn timed(hook: Json, duration: Duration) -> Json {
    hook.with("elapsed_seconds", usize::try_from(duration.as_secs()).unwrap_or(usize::MAX))
}

fn provisioner(subject: &Subject, kind: &Text) -> Json {
    Json::object().with("resource", resource(&subject.address)).with("provisioner", &**kind)
}

/// The word for an action in this format, and in a sentence.
fn change_words(change: &ResourceChange) -> (&'static str, &'static str) {
    match &change.action {
        Action::Keep { .. } if change.import.is_some() => ("import", "import"),
        Action::Keep { .. } => ("move", "move"),
        Action::Read { .. } => ("read", "read"),
        Action::Create { .. } => ("create", "create"),
        Action::Update { .. } => ("update", "update"),
        Action::Replace { .. } => ("replace", "replace"),
        Action::Delete { .. } => ("delete", "delete"),
        Action::Forget { .. } => ("remove", "remove"),
    }
}

fn change(change: &ResourceChange, action: &str) -> Json {
    let reason = change.reason.map(|reason| match reason {
        Reason::ReplaceTainted => "tainted",
        Reason::ReplaceByRequest => "requested",
        Reason::ReplaceByTriggers => "replace_triggered_by",
        Reason::ReplaceCannotUpdate => "cannot_update",
        Reason::DeleteNoResourceConfig
        | Reason::DeleteWrongRepetition
        | Reason::DeleteCountIndex
        | Reason::DeleteEachKey
        | Reason::DeleteNoModule
        | Reason::DeleteNoMoveTarget
        | Reason::DeleteDisabled
        | Reason::ReadConfigUnknown
        | Reason::ReadDependencyPending
        | Reason::ReadCheckNested => reason.name(),
    });
    let previous = change.previous_address.as_ref().map(resource);
    let importing = change.import.as_ref().and_then(Value::as_str).map(|id| Json::object().with("id", id));
    Json::object()
        .with("resource", resource(&change.address))
        .with_some("previous_resource", previous)
        .with("action", action)
        .with_some("reason", reason)
        .with_some("importing", importing)
}
