//! Any text, as a configuration file in both syntaxes, as a template and as an expression: nothing panics, and what is
//! formatted stays as it is and means what it meant.
#![no_main]

use std::path::Path;

use aksel_lang::diagnostic::Diagnostics;
use aksel_lang::format::format;
use aksel_lang::source::Sources;
use aksel_lang::{load, parser};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::new();
    load::parse_file(Path::new("main.tf"), text.as_bytes(), &mut sources, &mut diagnostics);
    load::parse_file(Path::new("main.tf.json"), text.as_bytes(), &mut sources, &mut diagnostics);
    let id = sources.add("text", text);
    parser::parse_template(id, text);
    parser::parse_expression(id, text, 0);
    parser::parse_traversal(id, text, 0);
    for diagnostic in &diagnostics {
        if let Some(label) = &diagnostic.subject {
            let source = sources.get(label.span.source);
            assert!(source.text.get(label.span.range()).is_some(), "a place is in the text");
            source.position(label.span.end as usize);
        }
    }
    if let Ok(once) = format("main.tf", text) {
        let Ok(twice) = format("main.tf", &once) else { panic!("formatted, it cannot be parsed: {once:?}") };
        assert_eq!(once, twice, "formatting what is formatted changes nothing");
    }
});
