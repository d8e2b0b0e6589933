//! Functions that render templates: `templatefile`, `templatestring`.
//!
//! Invariant: a template sees its variables and the built-in functions, and nothing else.
//! Never: a template renders another one: that would not end.

use super::call::{Context, FunctionError, Surroundings};
use super::strings::string;
use super::{ANY, Accepts, Function, Run, files, parameter, row};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evaluate::{Locals, Scope, evaluate_with};
use crate::expression::{Expression, Kind};
use crate::lower::lower_within;
use crate::parser;
use crate::reference::Reference;
use crate::source::{Sources, Span};
use crate::types::Text;
use crate::value::Value;

type Result = std::result::Result<Value, FunctionError>;

pub(super) const TABLE: &[Function] = &[row(
    "templatefile",
    &[parameter("path", Accepts::Text), parameter("vars", Accepts::Any).or_unknown()],
    None,
    ANY,
    |context, a| {
        let path = string(a, 0);
        let text = files::read_text(context, path)?;
        render(context, path, &text, &a[1])
    },
)];

/// Renders the text of the first argument with the variables of the second.
pub(super) fn render_text(context: &Context<'_>, arguments: &[Value]) -> Result {
    render(context, "<templatestring argument>", string(arguments, 0), &arguments[1])
}

/// A scope with nothing but functions.
struct Functions<'a>(&'a Surroundings);

impl Scope for Functions<'_> {
    fn resolve(&self, reference: &Reference) -> std::result::Result<Value, Diagnostic> {
        let error = Diagnostic::error(Code::VariablesNotAllowed, "Variables not allowed");
        Err(error.detail("A template sees only its own variables.").at(reference.whole))
    }

    fn surroundings(&self) -> &Surroundings {
        self.0
    }
}

fn render(context: &Context<'_>, name: &str, text: &str, variables: &Value) -> Result {
    let Some(items) = variables.as_named() else {
        return match variables.is_known() {
            true => Err(FunctionError::argument(1, "invalid vars value: must be a map")),
            false => Ok(Value::unknown(crate::types::Type::Dynamic)),
        };
    };
    if let Some(bad) = items.keys().find(|key| !crate::lexer::is_name(key)) {
        let message = format!(
            "invalid template variable name {:?}: must start with a letter, followed by zero or more letters, digits, and underscores",
            &**bad
        );
        return Err(FunctionError::argument(1, message));
    }
    let mut sources = Sources::default();
    let source = sources.add(name, text);
    let told = |diagnostics: &Diagnostics| {
        diagnostics.iter().find(|one| one.is_error()).map(|one| explained(one, &sources))
    };
    let (parsed, diagnostics) = parser::parse_template(source, text);
    if let Some(message) = told(&diagnostics) {
        return Err(FunctionError::whole(message));
    }
    let names: Vec<Text> = items.keys().cloned().collect();
    let mut diagnostics = Diagnostics::new();
    let lowered = lower_within(&parsed, &names, &mut diagnostics);
    if let Some(span) = undeclared(&lowered, &diagnostics) {
        let place = placed(span, &sources);
        let word: String = sources.get(span.source).text[span.start as usize..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
            .collect();
        let message = format!("vars map does not contain key {word:?}, referenced at {place}");
        return Err(FunctionError::argument(1, message));
    }
    if let Some(message) = recursion(&lowered).or_else(|| told(&diagnostics)) {
        return Err(FunctionError::whole(message));
    }
    let mut locals = Locals::default();
    for (name, value) in items {
        locals.push(name.clone(), value.clone());
    }
    let mut diagnostics = Diagnostics::new();
    let value = evaluate_with(&lowered, &Functions(context.surroundings), &locals, &mut diagnostics);
    match told(&diagnostics) {
        Some(message) => Err(FunctionError::whole(message)),
        None => Ok(value),
    }
}

/// `greeting.tftpl:3,7-12: Unsupported attribute; …`
fn explained(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let detail = diagnostic.detail.trim_end_matches('.');
    let place = diagnostic.subject.as_ref().map(|label| placed(label.span, sources));
    match place {
        Some(place) => format!("{place}: {}; {detail}", diagnostic.summary),
        None => format!("{}; {detail}", diagnostic.summary),
    }
}

fn placed(span: Span, sources: &Sources) -> String {
    let source = sources.get(span.source);
    let (start, end) = (source.position(span.start as usize), source.position(span.end as usize));
    match start.line == end.line {
        true => format!("{}:{},{}-{}", source.name, start.line, start.column, end.column),
        false => format!("{}:{},{}-{},{}", source.name, start.line, start.column, end.line, end.column),
    }
}

/// The first name that is no variable of the template.
fn undeclared(template: &Expression, diagnostics: &Diagnostics) -> Option<Span> {
    let named = template.references().first().map(|reference| reference.whole);
    let alone =
        diagnostics.iter().find(|one| matches!(one.code, Code::UnknownReference | Code::InvalidReference));
    named.or_else(|| alone.and_then(|one| one.subject.as_ref()).map(|label| label.span))
}

fn recursion(template: &Expression) -> Option<String> {
    let mut found = None;
    template.visit(&mut |expression| {
        if let Kind::Call(function, _) = &expression.kind
            && (function.name == "templatefile"
                || matches!(function.run, Run::Special(super::Special::TemplateString)))
        {
            found = Some(format!(
                "cannot recursively call {} from inside another template function",
                function.name
            ));
        }
    });
    found
}
