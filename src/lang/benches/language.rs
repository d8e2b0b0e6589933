//! What reading and evaluating cost. By hand: `cargo bench -p aksel-lang`.
//!
//! Each is measured at three sizes, four times apart, so that a square shows as sixteen.

use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_lang::evaluate::{Scope, evaluate};
use aksel_lang::expression::Expression;
use aksel_lang::format::format;
use aksel_lang::functions::call::{NO_SURROUNDINGS, Surroundings};
use aksel_lang::lower::lower;
use aksel_lang::parser::parse_file;
use aksel_lang::reference::Reference;
use aksel_lang::source::Sources;
use aksel_lang::value::Value;

fn main() {
    divan::main();
}

/// A resource block of ten lines.
fn block(at: usize) -> String {
    format!(
        "resource \"terraform_data\" \"item_{at}\" {{\n  input = {{\n    name  = \"item-${{var.name}}-{at}\"\n    size  = var.size * {at} + 1\n    \
         tags  = merge(local.tags, {{ at = \"{at}\" }})\n    zones = [for zone in var.zones : upper(zone) if zone != \"\"]\n    \
         big   = var.size > {at} ? \"yes\" : \"no\"\n  }}\n}}\n\n"
    )
}

fn configuration(lines: usize) -> String {
    (0..lines / 10).map(block).collect()
}

/// Every expression of the text, lowered. How many values stand in all blocks is counted.
fn read(text: &str) -> Vec<Expression> {
    let mut sources = Sources::default();
    let id = sources.add("main.tf", text);
    let (body, mut diagnostics) = parse_file(id, text);
    let attributes = body.blocks.iter().flat_map(|block| &block.body.attributes);
    let lowered = attributes.map(|attribute| lower(&attribute.value, &mut diagnostics)).collect();
    assert!(!has_errors(&diagnostics));
    lowered
}

struct Variables(Value);

impl Scope for Variables {
    fn resolve(&self, _: &Reference) -> Result<Value, Diagnostic> {
        Ok(self.0.clone())
    }

    fn surroundings(&self) -> &Surroundings {
        &NO_SURROUNDINGS
    }
}

#[divan::bench(args = [6_250, 25_000, 100_000], sample_count = 5, sample_size = 1)]
fn parse_and_lower_lines(bencher: divan::Bencher<'_, '_>, lines: usize) {
    let text = configuration(lines);
    bencher.bench(|| read(&text).len());
}

#[divan::bench(args = [6_250, 25_000, 100_000], sample_count = 5, sample_size = 1)]
fn format_lines(bencher: divan::Bencher<'_, '_>, lines: usize) {
    let text = configuration(lines);
    bencher.bench(|| format("main.tf", &text).map(|text| text.len()).unwrap_or_default());
}

#[divan::bench(args = [6_250, 25_000, 100_000], sample_count = 5, sample_size = 1)]
fn evaluate_expressions(bencher: divan::Bencher<'_, '_>, count: usize) {
    let text = "[for a in [1, 2, 3] : \"${a * 2}-${upper(\"x\")}\" if a > var.size][0]";
    let text = (0..count).map(|at| format!("x \"{at}\" {{\n  v = {text}\n}}\n")).collect::<String>();
    let expressions = read(&text);
    let scope = Variables(Value::from(1));
    bencher.bench(|| {
        let mut diagnostics = Diagnostics::new();
        let values = expressions.iter().map(|expression| evaluate(expression, &scope, &mut diagnostics));
        let known = values.filter(Value::is_wholly_known).count();
        assert_eq!(known, count);
        known
    });
}

/// One list with all elements, sorted, made a set, and looked up.
#[divan::bench(args = [6_250, 25_000, 100_000], sample_count = 5, sample_size = 1)]
fn evaluate_one_large_collection(bencher: divan::Bencher<'_, '_>, count: usize) {
    let items = (0..count).map(|at| format!("\"item-{at}\",")).collect::<String>();
    let text = format!(
        "x {{\n  v = length(toset([for key, value in zipmap([{items}], [{items}]) : \"${{key}}${{value}}\"]))\n}}\n"
    );
    let expressions = read(&text);
    let scope = Variables(Value::from(1));
    bencher.bench(|| {
        let mut diagnostics = Diagnostics::new();
        let value = evaluate(&expressions[0], &scope, &mut diagnostics);
        assert_eq!(value, Value::from(i64::try_from(count).unwrap_or(0)), "{diagnostics:?}");
    });
}
