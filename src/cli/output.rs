//! `aksel output`

use aksel_lang::code::Code;
use aksel_lang::console_text;
use aksel_lang::diagnostic::Diagnostic;
use aksel_lang::json;
use aksel_lang::source::Sources;
use aksel_lang::types::Type;
use aksel_lang::value::Value;
use aksel_report::json_tree::Json;
use aksel_state::snapshot::{Output, Snapshot};

use crate::arguments::OutputOptions;
use crate::exit::Exit;
use crate::usage;
use crate::workplace::Workplace;

/// Prints one output, or all.
pub(crate) fn run(place: &Workplace, options: &OutputOptions) -> Exit {
    match text(place, options) {
        Ok(text) => {
            print!("{text}");
            Exit::Done
        }
        Err(diagnostic) => {
            place.screen.diagnostics(std::slice::from_ref(&diagnostic), &Sources::default());
            if diagnostic.is_error() { Exit::Failed } else { Exit::Done }
        }
    }
}

fn text(place: &Workplace, options: &OutputOptions) -> Result<String, Diagnostic> {
    if options.json && options.raw {
        return Err(misused("Invalid output format", "The -raw and -json options are mutually-exclusive."));
    }
    let name = match options.words.as_slice() {
        [] if options.raw => {
            let detail = "You must give the name of a single output value when using the -raw option.";
            return Err(misused("Output name required", detail));
        }
        [] => None,
        [name] => Some(name),
        _ => {
            let detail = "The output command expects exactly one argument with the name of an output variable or no arguments to show all outputs.";
            return Err(misused("Unexpected argument", detail));
        }
    };
    let file = place.state(options.state.as_deref())?;
    let empty = Snapshot::new("");
    let outputs = &file.snapshot().unwrap_or(&empty).outputs;
    if outputs.is_empty() && !options.json && !options.raw {
        return Err(none());
    }
    match name {
        Some(name) => one(name, outputs.get(name).ok_or_else(|| missing(name))?, options),
        None if options.json => {
            let members = outputs.iter().map(|(name, output)| (name.clone(), whole(output)));
            Ok(format!("{}\n", Json::Object(members.collect()).indented()))
        }
        None => Ok(outputs.iter().map(|(name, output)| format!("{name} = {}\n", shown(output))).collect()),
    }
}

fn one(name: &str, output: &Output, options: &OutputOptions) -> Result<String, Diagnostic> {
    match (options.json, options.raw) {
        (true, _) => Ok(format!("{}\n", output.value.as_str())),
        (false, true) => raw(name, output),
        (false, false) => Ok(format!("{}\n", console_text::render(&value(output)))),
    }
}

fn misused(title: &str, detail: &str) -> Diagnostic {
    Diagnostic::error(Code::Usage, title).detail(detail).help(usage::hint(&["output".into()]))
}

fn none() -> Diagnostic {
    Diagnostic::warning(Code::State, "No outputs found")
        .detail("The state file either has no outputs defined, or all the defined outputs are empty.")
        .help("Define an output with an `output` block and run `aksel apply`; state knows it only then.")
}

fn missing(name: &str) -> Diagnostic {
    Diagnostic::error(Code::Usage, format!("Output \"{name}\" not found"))
        .detail("The output variable requested could not be found in the state file.")
        .help("Run `aksel apply` after adding an output: state knows it only then.")
}

/// An output with its type, as `-json` prints all of them.
fn whole(output: &Output) -> Json {
    Json::object()
        .with("sensitive", output.sensitive)
        .with("type", Json::Raw(output.ty.as_str().to_owned()))
        .with("value", Json::Raw(output.value.as_str().to_owned()))
}

fn value(output: &Output) -> Value {
    let ty = json::read(output.ty.as_str()).ok().and_then(|ty| json::type_from_value(&ty).ok());
    json::read_typed(output.value.as_str(), &ty.unwrap_or(Type::Dynamic))
        .unwrap_or_else(|_| Value::null(Type::Dynamic))
}

fn shown(output: &Output) -> String {
    if output.sensitive { "<sensitive>".into() } else { console_text::render(&value(output)) }
}

fn raw(name: &str, output: &Output) -> Result<String, Diagnostic> {
    let value = value(output);
    if value.is_null() {
        return Err(Diagnostic::error(Code::Usage, "Unsupported value for raw output").detail(format!(
            "The value for output value \"{name}\" is null, so -raw mode cannot print it."
        )));
    }
    let text = aksel_lang::convert::convert(&value, &Type::String).ok();
    text.as_ref().and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
        Diagnostic::error(Code::Usage, "Unsupported value for raw output")
            .detail(format!("The -raw option only supports strings, numbers, and boolean values, but output value \"{name}\" is {}.", value.ty().friendly_name()))
            .help("Use the -json option for machine-readable representations of output values that have complex types.")
    })
}
