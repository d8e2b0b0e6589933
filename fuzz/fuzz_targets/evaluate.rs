//! Any text as an expression: evaluation ends, does not panic, and shows no secret.
#![no_main]

use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::evaluate::{Scope, evaluate};
use aksel_lang::functions::call::{NO_SURROUNDINGS, Surroundings};
use aksel_lang::lower::lower;
use aksel_lang::reference::{Reference, Subject};
use aksel_lang::source::Sources;
use aksel_lang::types::Type;
use aksel_lang::value::Value;
use aksel_lang::{json, parser};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "hunter2hunter2";

/// `var.secret` is a secret, `var.unknown` not known; nothing else is declared.
struct World;

impl Scope for World {
    fn resolve(&self, reference: &Reference) -> Result<Value, Diagnostic> {
        match &reference.subject {
            Subject::Variable(name) if &**name == "secret" => Ok(Value::string(SECRET).sensitive()),
            Subject::Variable(name) if &**name == "unknown" => Ok(Value::unknown(Type::Dynamic)),
            _ => Err(Diagnostic::error(Code::UnknownReference, "Not declared").at(reference.whole)),
        }
    }

    fn surroundings(&self) -> &Surroundings {
        &NO_SURROUNDINGS
    }
}

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    let id = sources.add("expression", text);
    let (syntax, mut diagnostics): (_, Diagnostics) = parser::parse_expression(id, text, 0);
    if !diagnostics.is_empty() {
        return;
    }
    let expression = lower(&syntax, &mut diagnostics);
    let value = evaluate(&expression, &World, &mut diagnostics);
    for diagnostic in &diagnostics {
        assert!(!format!("{diagnostic:?}").contains(SECRET), "a secret was told: {diagnostic:?}");
    }
    assert!(!format!("{value:?}").contains(SECRET), "a secret lost its mark");
    if value.is_wholly_known() {
        let (bare, _) = value.unmark_deep();
        let written = json::write(&bare);
        let read = json::read_typed(&written, &bare.ty()).expect("what was written can be read");
        assert_eq!(json::write(&read), written);
    }
});
