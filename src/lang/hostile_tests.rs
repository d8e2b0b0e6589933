//! Texts that nobody means well with: whatever is read, reading and evaluating end, and end with a diagnostic.
//!
//! Invariant: half the stack that the binary gives itself is enough for all that is accepted, also without optimisation.

use std::path::Path;

use proptest::prelude::*;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, has_errors};
use crate::evaluate::{Scope, evaluate};
use crate::format::format;
use crate::functions::call::{NO_SURROUNDINGS, Surroundings};
use crate::lexer::{TokenKind, lex};
use crate::lower::lower;
use crate::reference::Reference;
use crate::source::Sources;
use crate::value::Value;
use crate::{load, parser};

/// Nothing is declared but `var.x`, which is a secret.
struct Bare;

impl Scope for Bare {
    fn resolve(&self, reference: &Reference) -> Result<Value, Diagnostic> {
        match reference.subject.to_string().as_str() {
            "var.x" => Ok(Value::string("hunter2hunter2").sensitive()),
            _ => Err(Diagnostic::error(Code::UnknownReference, "Not declared").at(reference.whole)),
        }
    }

    fn surroundings(&self) -> &Surroundings {
        &NO_SURROUNDINGS
    }
}

fn evaluated(text: &str) -> (Value, Diagnostics) {
    let mut sources = Sources::default();
    let id = sources.add("expression", text);
    let (syntax, mut diagnostics) = parser::parse_expression(id, text, 0);
    if has_errors(&diagnostics) {
        return (Value::from(false), diagnostics);
    }
    let expression = lower(&syntax, &mut diagnostics);
    let value = evaluate(&expression, &Bare, &mut diagnostics);
    (value, diagnostics)
}

fn read(name: &str, text: &str) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    load::parse_file(Path::new(name), text.as_bytes(), &mut Sources::default(), &mut diagnostics);
    diagnostics
}

#[test]
fn what_would_take_for_ever_is_refused() {
    let bombs = [
        "1e999999999",
        "1e-999999999",
        "tonumber(\"1e999999999\")",
        "1e99999 * 1e99999",
        "pow(10, 4096) * pow(1e90000, 4)",
        "range(1e9)",
        "format(\"%1000000000d\", 1)",
        "format(\"%.1000000000f\", 1)",
        "format(\"%99999999999999999999s\", \"\")",
        "indent(1e15, \"a\\nb\")",
        "setproduct(range(1024), range(1024), range(1024))",
        "cidrsubnet(\"10.0.0.0/8\", 170141183460469231731687303715884105727, 1)",
        "cidrsubnets(\"10.0.0.0/8\", 170141183460469231731687303715884105727)",
        "regex(\"(a{1000}){1000}\", \"a\")",
        "join(join(\"\", formatlist(\"%100000s\", range(1000))), range(1000))",
        "replace(format(\"%100000s\", \"\"), \" \", format(\"%10000s\", \"\"))",
        "join(\"\", [for a in range(1000) : format(\"%100000s\", a)])",
        "\"%{ for a in range(1000) }${format(\"%100000s\", a)}%{ endfor }\"",
        "timeadd(\"2020-01-01T00:00:00Z\", \"999999999999999h\")",
        "parseint(\"zz\", 1e30)",
        "element([], 1e30)",
        "substr(\"abc\", 1e30, 1)",
        "[for all in [range(1024)] : [for a in all : [for b in all : reverse(all)]]]",
        "[for all in [range(1024)] : \"%{ for a in all }%{ for b in all }${reverse(all)[0]}%{ endfor }%{ endfor }\"]",
        "formatlist(join(\"\", [for a in range(600) : \"%[1]100000s\"]), range(1024))",
        "format(join(\"\", [for a in range(1000) : \"%[1]100000s\"]), 1)",
        "replace(format(\"%100000s\", 1), \"/.+/\", join(\"\", [for a in range(1000) : \"$0\"]))",
        "timeadd(\"1960-01-01T00:00:00Z\", \"-170141183460469231731687303715884105728ns\")",
        "bcrypt(\"a\", 31)",
    ];
    for bomb in bombs {
        let (_, diagnostics) = evaluated(bomb);
        assert!(has_errors(&diagnostics), "{bomb} gives a value");
    }
}

#[test]
fn of_a_thousand_errors_no_more_are_reported() {
    let (_, diagnostics) = evaluated("[for a in range(1024) : [for b in range(1024) : 1 + {}]]");
    assert_eq!(diagnostics.len(), 1000);
}

#[test]
fn what_fails_and_is_tried_again_is_no_error() {
    let (_, diagnostics) = evaluated("[for a in setproduct(range(100), range(100)) : try(a.b, a[2], 0)]");
    assert!(!has_errors(&diagnostics), "{:?}", diagnostics.first());
}

#[test]
fn what_is_large_but_possible_is_done() {
    let cases = [
        ("length(tostring(1e1000))", "1001"),
        ("length(format(\"%1000d\", 1))", "1000"),
        ("length(setproduct(range(100), range(100)))", "10000"),
        ("length(join(\"\", [for a in range(1000) : format(\"%1000s\", a)]))", "1000000"),
    ];
    for (text, wanted) in cases {
        let (value, diagnostics) = evaluated(text);
        assert!(!has_errors(&diagnostics), "{text}: {diagnostics:?}");
        assert_eq!(crate::json::write(&value), wanted, "{text}");
    }
}

const STACK_BYTES: usize = 8 << 20;

fn with_stack(test: fn()) {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(test).unwrap();
    assert!(thread.join().is_ok(), "the test has failed");
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    with_stack(nest_deeply);
}

fn nest_deeply() {
    let many = 20_000;
    for opening in [
        "(",
        "[",
        "{a=",
        "!",
        "-",
        "a ? ",
        "\"${",
        "f(",
        "a[",
        "[for a in ",
        "<<E\n${",
        "a.*.b[*]",
        "%{if a}",
    ] {
        let text = opening.repeat(many);
        assert!(has_errors(&evaluated(&text).1), "{opening}");
        assert!(has_errors(&read("main.tf", &format!("a = {text}"))), "{opening}");
    }
    for block in ["a {\n", "a \"b\" {\n", "a = {\n", "a = <<E\n${<<E\n"] {
        assert!(has_errors(&read("main.tf", &block.repeat(many))), "{block}");
    }
    for opening in ["[", "{\"a\":", "[{\"a\":"] {
        assert!(has_errors(&read("main.tf.json", &opening.repeat(many))), "{opening}");
    }
    let balanced = format!("{}1{}", "(".repeat(many), ")".repeat(many));
    assert!(has_errors(&evaluated(&balanced).1));
    for (function, deep) in [("jsondecode", "["), ("yamldecode", "[")] {
        let text = format!("{function}(\"{}{}\")", deep.repeat(many), "]".repeat(many));
        assert!(has_errors(&evaluated(&text).1), "{function}");
    }
}

#[test]
fn long_chains_are_evaluated_or_refused() {
    with_stack(chain_long);
}

fn chain_long() {
    for (link, short, long) in [
        (" + 1", 400, 50_000),
        (" - 1 * 2", 200, 50_000),
        (" == 1 ? 1 : 1", 150, 50_000),
        (" * -1", 200, 50_000),
    ] {
        let chain = |count: usize| format!("1{}", link.repeat(count));
        assert!(!has_errors(&evaluated(&chain(short)).1), "{link} {:?}", evaluated(&chain(short)).1);
        assert!(has_errors(&evaluated(&chain(long)).1), "{link}");
    }
    let steps = format!("{{}}{}", ".a".repeat(50_000));
    assert!(has_errors(&evaluated(&steps).1));
}

#[test]
fn long_texts_are_read() {
    let digits = "7".repeat(100_000);
    assert!(!has_errors(&evaluated(&digits).1));
    let text = format!("length(\"{}\")", "a".repeat(1_000_000));
    assert!(!has_errors(&evaluated(&text).1));
    let wide = format!("length([{}])", "1,".repeat(100_000));
    assert!(!has_errors(&evaluated(&wide).1));
}

/// Pieces that texts of the language are made of, and some that are not.
const PIECES: &[&str] = &[
    "a",
    "b1",
    "for",
    "in",
    "if",
    "else",
    "endif",
    "endfor",
    "null",
    "true",
    "resource",
    "\"x\"",
    "\"",
    "${",
    "%{",
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    "=",
    "==",
    "=>",
    ",",
    ".",
    "...",
    ":",
    "::",
    "?",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "&&",
    "||",
    "<",
    ">",
    "<<E\n",
    "<<-E\n",
    "E\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "#c\n",
    "//c\n",
    "/*c*/",
    "/*",
    "1",
    "1.5",
    "1e9",
    "0",
    "\\",
    "\\n",
    "\\u12",
    "$${",
    "~}",
    "${~",
    "'",
    "`",
    ";",
    "&",
    "|",
    "^",
    "~",
    "é",
    "\u{200b}",
    "👩‍👩‍👧",
    "e\u{301}",
    "“",
    "\u{feff}",
    "var.x",
    "length(",
    "try(",
    "jsonencode(",
    "[*]",
    ".*",
    ".0",
];

fn jumble() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

/// Expressions that are in order, with white space of all kinds.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "x",
        "var.a",
        "\"s\"",
        "\"a ${b} c\"",
        "null",
        "a.b[0].c",
        "[]",
        "{}",
        "-1",
        "!a",
        "<<E\n  t ${x}\nE\n",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        let gap = prop::sample::select(vec!["", " ", "  "]);
        prop_oneof![
            (inner.clone(), gap.clone(), inner.clone()).prop_map(|(a, s, b)| format!("f({s}{a}{s},{b})")),
            (inner.clone(), gap.clone(), inner.clone())
                .prop_map(|(a, s, b)| format!("[{s}{a}{s},\n{b},{s}]")),
            (inner.clone(), gap.clone(), inner.clone())
                .prop_map(|(a, s, b)| format!("{{\nk{s}={s}{a}\n\"l\"{s}: {b}\n}}")),
            (inner.clone(), gap, inner).prop_map(|(a, s, b)| format!("({a}{s}+{s}{b})")),
        ]
    })
}

fn file() -> impl Strategy<Value = String> {
    let gap = prop::sample::select(vec!["", " ", "   ", "\t"]);
    let item = (gap, expression(), prop::sample::select(vec!["\n", "\n\n\n", " # c\n", " //c\n"]));
    prop::collection::vec(item, 0..6).prop_map(|items| {
        let lines = items.iter().enumerate().map(|(at, (gap, value, end))| {
            // A heredoc ends its line itself.
            let end = if value.ends_with('\n') { "" } else { end };
            format!("{gap}name{at}{gap}={gap}{value}{end}")
        });
        format!("block \"label\"{{\n{}}}\n", lines.collect::<String>())
    })
}

/// Tokens that mean something, and comments.
fn meaning(text: &str) -> Vec<(TokenKind, String)> {
    let tokens = lex(text).into_iter().filter(|token| token.kind != TokenKind::Newline);
    tokens.map(|token| (token.kind, token.text(text).trim_end().to_owned())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn no_text_makes_the_parser_panic(text in jumble()) {
        read("main.tf", &text);
        read("main.tf.json", &text);
        let id = Sources::default().add("text", &text);
        parser::parse_template(id, &text);
        parser::parse_traversal(id, &text, 0);
    }

    #[test]
    fn no_expression_panics_or_tells_a_secret(text in jumble()) {
        let (value, diagnostics) = evaluated(&text);
        let told = format!("{value:?}{diagnostics:?}");
        prop_assert!(!told.contains("hunter2"), "{told}");
    }

    #[test]
    fn arbitrary_characters_are_no_trouble(text in any::<String>()) {
        read("main.tf", &text);
        read("main.tf.json", &text);
        evaluated(&text);
    }

    #[test]
    fn what_is_formatted_stays_so(text in jumble()) {
        if let Ok(once) = format("main.tf", &text) {
            prop_assert_eq!(format("main.tf", &once).ok(), Some(once));
        }
    }

    #[test]
    fn formatting_changes_only_white_space(text in file()) {
        let Ok(once) = format("main.tf", &text) else { return Err(TestCaseError::fail(text)) };
        prop_assert_eq!(meaning(&once), meaning(&text));
        prop_assert_eq!(format("main.tf", &once).ok(), Some(once));
    }
}
