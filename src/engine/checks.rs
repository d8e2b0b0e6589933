//! Checks: conditions of variables, resources, outputs and `check` blocks, and what came of them.
//!
//! Invariant: every object that has conditions is in the results, with `unknown` until it is judged.
//! Invariant: an error message with a secret in it is not shown.
//! Never: a check stops anything; whoever asks decides what a failure means.

use std::collections::BTreeMap;

use aksel_lang::blocks::condition::Condition;
use aksel_lang::code::Code;
use aksel_lang::convert::convert;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::evaluate::{Scope, evaluate_soundly};
use aksel_lang::source::Span;
use aksel_lang::types::Type;
use aksel_lang::value::{Marks, Value};
use aksel_state::snapshot::{CheckObject, CheckResult};

/// How a condition was judged. The order is that of gravity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Pass,
    Unknown,
    Fail,
    Error,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Unknown => "unknown",
            Status::Fail => "fail",
            Status::Error => "error",
        }
    }
}

/// What kinds of objects have conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Checked {
    Check,
    Output,
    Resource,
    Variable,
}

impl Checked {
    const ALL: &[Checked] = &[Checked::Check, Checked::Output, Checked::Resource, Checked::Variable];

    fn name(self) -> &'static str {
        match self {
            Checked::Check => "check",
            Checked::Output => "output",
            Checked::Resource => "resource",
            Checked::Variable => "var",
        }
    }
}

/// Results by object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checks {
    found: BTreeMap<(Checked, String), Option<BTreeMap<String, Judged>>>,
}

#[derive(Clone, Debug)]
struct Judged {
    /// Whether no condition has been judged yet.
    open: bool,
    status: Status,
    messages: Vec<String>,
}

impl Checks {
    /// Names an object that has conditions.
    pub(crate) fn expect(&mut self, kind: Checked, config_address: String) {
        self.found.entry((kind, config_address)).or_default();
    }

    /// Names an object whose instances are known now, be they none.
    pub(crate) fn expanded(&mut self, kind: Checked, config_address: String) {
        self.found.entry((kind, config_address)).or_default().get_or_insert_default();
    }

    /// Names an instance that has conditions; it is not known yet whether they hold.
    pub(crate) fn instance(&mut self, kind: Checked, config_address: String, address: String) {
        let objects = self.found.entry((kind, config_address)).or_default().get_or_insert_default();
        objects.entry(address).or_insert(Judged {
            open: true,
            status: Status::Unknown,
            messages: Vec::new(),
        });
    }

    /// Names what a plan has found to have conditions.
    pub(crate) fn expect_planned(&mut self, planned: &[CheckResult]) {
        for result in planned {
            let Some(kind) = Checked::ALL.iter().find(|kind| kind.name() == result.object_kind) else {
                continue;
            };
            for object in result.objects.iter().flatten() {
                self.instance(*kind, result.config_addr.clone(), object.object_addr.clone());
            }
        }
    }

    /// Whether an instance has failed already.
    pub(crate) fn has_failed(&self, kind: Checked, config_address: String, address: &str) -> bool {
        let objects = self.found.get(&(kind, config_address)).and_then(Option::as_ref);
        let judged = objects.and_then(|objects| objects.get(address));
        judged.is_some_and(|judged| matches!(judged.status, Status::Fail | Status::Error))
    }

    /// Takes in how one condition of an instance was judged.
    pub(crate) fn judge(
        &mut self,
        kind: Checked,
        config_address: String,
        address: String,
        status: Status,
        message: Option<String>,
    ) {
        let objects = self.found.entry((kind, config_address)).or_default().get_or_insert_default();
        let judged = objects.entry(address).or_insert(Judged { open: true, status, messages: Vec::new() });
        // The first judgement takes the place of what was not known.
        judged.status = if std::mem::take(&mut judged.open) { status } else { judged.status.max(status) };
        judged.messages.extend(message);
    }

    /// The results as state and plans have them.
    pub(crate) fn results(&self) -> Vec<CheckResult> {
        self.found.iter().map(|((kind, address), objects)| result(*kind, address, objects.as_ref())).collect()
    }
}

fn result(kind: Checked, address: &str, objects: Option<&BTreeMap<String, Judged>>) -> CheckResult {
    // An object without instances has nothing that could fail.
    let status = match objects {
        None => Status::Unknown,
        Some(objects) => objects.values().map(|judged| judged.status).max().unwrap_or(Status::Pass),
    };
    let object = |(address, judged): (&String, &Judged)| CheckObject {
        object_addr: address.clone(),
        status: judged.status.name().into(),
        failure_messages: sorted(judged.messages.clone()),
    };
    CheckResult {
        object_kind: kind.name().into(),
        config_addr: address.to_owned(),
        status: status.name().into(),
        objects: objects.map(|objects| objects.iter().map(object).collect()),
    }
}

fn sorted(mut messages: Vec<String>) -> Vec<String> {
    messages.sort();
    messages
}

/// A condition's judgement, with what is to be said where it does not hold.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    pub(crate) status: Status,
    pub(crate) message: Option<String>,
    /// Whether the message stands in for one that is not shown, and so is not kept with the result.
    pub(crate) stands_in: bool,
}

impl Judgement {
    fn of(status: Status) -> Judgement {
        Judgement { status, message: None, stands_in: false }
    }

    /// What is kept with the result.
    pub(crate) fn kept(&self) -> Option<String> {
        self.message.clone().filter(|_| !self.stands_in)
    }
}

/// Words for one kind of condition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    /// The title where it does not hold: `Resource precondition failed`.
    pub(crate) failed: &'static str,
    /// What stands in `Invalid … result`: `condition`, `variable validation`.
    pub(crate) result: &'static str,
    /// What stands in `… result value must be`: `Condition expression`, `Validation condition expression`.
    pub(crate) expression: &'static str,
    /// When the message is worked out.
    pub(crate) message: MessageRule,
}

/// When the error message of a condition is worked out, and what becomes of one that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageRule {
    /// Always; a wrong one is an error, whatever the condition says.
    Always,
    /// Where the condition does not hold, which is then told in other words if need be.
    OnFailure,
}

/// The words for conditions of resources and outputs and assertions.
pub(crate) const fn words(failed: &'static str) -> Words {
    Words { failed, result: "condition", expression: "Condition expression", message: MessageRule::Always }
}

/// Judges a condition. Errors in the condition itself are reported; what does not hold is left to the caller.
pub(crate) fn judge(
    condition: &Condition,
    words: Words,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Judgement {
    let error = Judgement::of(Status::Error);
    let Some(value) = evaluate_soundly(&condition.condition, scope, diagnostics) else { return error };
    let (value, _) = value.unmark_deep();
    match truth(&value, condition, words) {
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            error
        }
        Ok(truth) => judged(truth, condition, words, scope, diagnostics),
    }
}

fn judged(
    truth: Option<bool>,
    condition: &Condition,
    words: Words,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Judgement {
    let told = match (truth, words.message) {
        (Some(false), _) | (_, MessageRule::Always) => message(condition, scope, diagnostics),
        (_, MessageRule::OnFailure) => Told::Unknown,
    };
    let fails = |message: String| Judgement { message: Some(message), ..Judgement::of(Status::Fail) };
    match (truth, told, words.message) {
        (_, Told::Wrong, MessageRule::Always) => Judgement::of(Status::Error),
        (None, ..) => Judgement::of(Status::Unknown),
        (Some(true), ..) => Judgement::of(Status::Pass),
        (Some(false), Told::Hidden(instead), _) => Judgement { stands_in: true, ..fails(instead) },
        (Some(false), Told::Message(message), _) => fails(message),
        (Some(false), Told::Wrong | Told::Unknown, _) => {
            fails("Failed to evaluate condition error message.".into())
        }
    }
}

fn truth(value: &Value, condition: &Condition, words: Words) -> Result<Option<bool>, Diagnostic> {
    let span = condition.condition.span;
    let title = format!("Invalid {} result", words.result);
    let invalid = |detail: String| Diagnostic::error(Code::WrongType, title.clone()).detail(detail).at(span);
    if value.is_null() {
        let detail = format!("{} must return either true or false, not null.", words.expression);
        return Err(invalid(detail));
    }
    let name = words.expression.strip_suffix(" expression").unwrap_or(words.expression);
    let converted = convert(value, &Type::Bool)
        .map_err(|error| invalid(format!("Invalid {} result value: {error}.", name.to_lowercase())))?;
    Ok(converted.as_bool())
}

fn unsuitable(reason: String, span: Span) -> Diagnostic {
    Diagnostic::error(Code::WrongType, "Invalid error message")
        .detail(format!("Unsuitable value for error message: {reason}."))
        .at(span)
}

/// Looks at a condition of which no value need be known: whether it can be true or false, and its message a text.
pub(crate) fn look(condition: &Condition, words: Words, scope: &dyn Scope, diagnostics: &mut Diagnostics) {
    if let Some(value) = evaluate_soundly(&condition.condition, scope, diagnostics) {
        diagnostics.extend(truth(&value.unmark_deep().0, condition, words).err());
    }
    let message = evaluate_soundly(&condition.error_message, scope, diagnostics);
    let unsuited = message.and_then(|message| convert(&message.unmark_deep().0, &Type::String).err());
    let place = condition.error_message.span;
    diagnostics.extend(unsuited.map(|error| unsuitable(error.to_string(), place)));
}

/// What is to be said.
enum Told {
    /// This.
    Message(String),
    /// The message may not be shown; this says why.
    Hidden(String),
    /// It is not known yet.
    Unknown,
    /// The message is wrong, which has been reported.
    Wrong,
}

fn message(condition: &Condition, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Told {
    let span = condition.error_message.span;
    let Some(value) = evaluate_soundly(&condition.error_message, scope, diagnostics) else {
        return Told::Wrong;
    };
    let (value, marks) = value.unmark_deep();
    if marks.contains(Marks::SENSITIVE) || marks.contains(Marks::EPHEMERAL) {
        let (what, shown) = match marks.contains(Marks::SENSITIVE) {
            true => {
                ("sensitive", "The error message included a sensitive value, so it will not be displayed.")
            }
            false => {
                ("ephemeral", "The error message included an ephemeral value, so it will not be displayed.")
            }
        };
        diagnostics.push(
            Diagnostic::warning(Code::SensitiveOutput, format!("Error message refers to {what} values"))
                .detail(format!("The error expression used to explain this condition refers to {what} values, so the resulting message is not displayed."))
                .help("Remove the reference, or use the nonsensitive() function on a value that is no secret.")
                .at(span),
        );
        return Told::Hidden(shown.into());
    }
    let unsuitable = |reason: String| unsuitable(reason, span);
    match convert(&value, &Type::String) {
        Ok(text) if text.is_null() => diagnostics.push(unsuitable("must not be null".into())),
        Ok(text) => match text.as_str() {
            Some(text) => return Told::Message(text.trim().to_owned()),
            None => return Told::Unknown,
        },
        Err(error) => diagnostics.push(unsuitable(error.to_string())),
    }
    Told::Wrong
}

/// The warning of an assertion that cannot be judged before the apply.
pub(crate) fn open(condition: &Condition) -> Diagnostic {
    Diagnostic::warning(Code::ConditionOpen, "Check block assertion known after apply")
        .detail("The condition could not be evaluated at this time, a result will be known when this plan is applied.")
        .at(condition.condition.span)
        .within(condition.header)
}

/// The diagnostic of a condition that does not hold.
pub(crate) fn failure(condition: &Condition, words: Words, message: &str) -> Diagnostic {
    Diagnostic::error(Code::ConditionFailed, words.failed)
        .detail(message)
        .at(condition.condition.span)
        .within(condition.header)
}
