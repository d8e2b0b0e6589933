//! The recorded expressions, evaluated: same value, same type, same place of the error.
//!
//! Invariant: exactly the cases of `EXCEPTIONS` differ. Without `AKSEL_SHARED` there is nothing to compare with, and the test says so.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostics, has_errors};
use crate::evaluate::{Scope, evaluate};
use crate::functions::call::{Chance, Surroundings};
use crate::json;
use crate::lower::lower;
use crate::parser;
use crate::reference::{PathKind, Reference, Subject};
use crate::source::Sources;
use crate::value::{Content, Value};

/// Cases in which what was recorded is not wanted, and why.
const EXCEPTIONS: &[(&[u64], &str)] = &[
    (
        &[137, 2965, 2966, 2967, 2970, 2972, 2973, 2974, 2978, 2979],
        "`||` and `&&` stop at the operand that decides, since 1.12; the recordings are older",
    ),
    (&[475], "the recorded call panics; later versions count a negative index from the end"),
    (
        &[623, 2274, 2277, 2278, 2279, 2280, 2281, 2282, 2283, 2284, 2286],
        "a division by zero is a mistake where it stands, not an infinity that is refused when it is stored",
    ),
    (&[634], "there is one zero"),
    (&[703, 713], "YAML is read by version 1.2, where a date is text and `n` is a name"),
    (
        &[2152],
        "a null has a JSON text like any other value; what was recorded is a result that never becomes known",
    ),
];

struct Recording {
    surroundings: Surroundings,
}

impl Scope for Recording {
    fn resolve(&self, reference: &Reference) -> Result<Value, crate::diagnostic::Diagnostic> {
        match &reference.subject {
            Subject::Path(PathKind::Module | PathKind::Root) => Ok(Value::string(".")),
            Subject::Workspace => Ok(Value::string("default")),
            subject => Err(crate::diagnostic::Diagnostic::error(
                crate::code::Code::UnknownReference,
                "Reference to undeclared resource",
            )
            .detail(format!("{subject} is not declared."))
            .at(reference.whole)),
        }
    }

    fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }
}

fn judge(case: &Json, scope: &Recording) -> Result<(), String> {
    let expression = case["expr"].as_str().unwrap();
    let text = format!("output \"x\" {{\n  value = {expression}\n}}\n");
    let mut sources = Sources::default();
    let id = sources.add("main.tf", &text);
    let (body, mut diagnostics) = parser::parse_file(id, &text);
    let attribute = body.blocks.first().and_then(|block| block.body.attributes.first());
    let value = match attribute {
        Some(attribute) if !has_errors(&diagnostics) => {
            let lowered = lower(&attribute.value, &mut diagnostics);
            evaluate(&lowered, scope, &mut diagnostics)
        }
        _ => Value::null(crate::types::Type::Dynamic),
    };
    if case["ok"] == true {
        judge_value(case, &value, &diagnostics)
    } else {
        judge_error(case, &diagnostics, &sources)
    }
}

fn judge_value(case: &Json, value: &Value, diagnostics: &Diagnostics) -> Result<(), String> {
    if let Some(error) = diagnostics.iter().find(|d| d.is_error()) {
        return Err(format!("failed: {}: {}", error.summary, error.detail));
    }
    let ty = json::type_to_json(&value.ty());
    // An output that is null leaves no type in state.
    if ty != case["type"] && !(value.is_null() && case["value"].is_null()) {
        return Err(format!("type {ty}, recorded {}", case["type"]));
    }
    let sensitive = value.marks_deep().contains(crate::value::Marks::SENSITIVE);
    if sensitive != case["sensitive"].as_bool().unwrap_or(false) {
        return Err(format!("sensitive {sensitive}"));
    }
    let shown = shown(value);
    if shown == case["value"] { Ok(()) } else { Err(format!("value {shown}, recorded {}", case["value"])) }
}

/// The value as the recording writes it: numbers as `{"$n": digits}`.
fn shown(value: &Value) -> Json {
    match value.content() {
        Content::Null(_) | Content::Unknown(..) => Json::Null,
        Content::Bool(truth) => (*truth).into(),
        Content::Number(number) => serde_json::json!({ "$n": number.to_string() }),
        Content::String(text) => (**text).into(),
        Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) => {
            items.iter().map(shown).collect()
        }
        Content::Map(_, items) | Content::Object(items) => {
            Json::Object(items.iter().map(|(name, item)| (name.to_string(), shown(item))).collect())
        }
    }
}

fn judge_error(case: &Json, diagnostics: &Diagnostics, sources: &Sources) -> Result<(), String> {
    let wanted = &case["range"]["start"];
    let errors: Vec<String> = diagnostics
        .iter()
        .filter(|d| d.is_error())
        .map(|d| {
            let at = d
                .subject
                .as_ref()
                .map(|label| sources.get(label.span.source).position(label.span.start as usize));
            at.map_or("nowhere".into(), |at| format!("{}:{} {}", at.line, at.column, d.summary))
        })
        .collect();
    if errors.is_empty() {
        return Err(format!("no error, recorded {}", case["error_summary"]));
    }
    let place = format!("{}:{} ", wanted["line"], wanted["column"]);
    let found = wanted.is_null() || errors.iter().any(|error| error.starts_with(&place));
    if found { Ok(()) } else { Err(format!("errors {errors:?}, recorded {place}{}", case["error_summary"])) }
}

#[test]
fn recorded_expressions_give_what_was_recorded() {
    let Ok(shared) = std::env::var("AKSEL_SHARED") else {
        println!("AKSEL_SHARED is not set: nothing to compare with");
        return;
    };
    let language = PathBuf::from(shared).join("oracle/language");
    let text =
        std::fs::read_to_string(language.join("expressions-core.json")).expect("the recordings are there");
    let cases: Vec<Json> = serde_json::from_str(&text).unwrap();
    let surroundings = Surroundings {
        folder: language.join("files"),
        plan_time: Some(jiff::Timestamp::UNIX_EPOCH),
        now: Some(jiff::Timestamp::UNIX_EPOCH),
        chance: Chance::Drawn,
    };
    let scope = Recording { surroundings };
    let excepted: BTreeSet<u64> = EXCEPTIONS.iter().flat_map(|(ids, _)| ids.iter().copied()).collect();
    let (mut differ, mut unexpected) = (BTreeSet::new(), Vec::new());
    for case in &cases {
        let id = case["id"].as_u64().unwrap();
        if let Err(reason) = judge(case, &scope) {
            differ.insert(id);
            if !excepted.contains(&id) {
                unexpected.push(format!("{id} {}\n    {reason}", case["expr"]));
            }
        }
    }
    let as_recorded: Vec<&u64> = excepted.difference(&differ).collect();
    assert!(unexpected.is_empty(), "not as recorded:\n{}", unexpected.join("\n"));
    assert!(as_recorded.is_empty(), "no exceptions any more: {as_recorded:?}");
    println!("{} of {} expressions", cases.len() - differ.len(), cases.len());
}
