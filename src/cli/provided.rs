//! Values of variables: from the environment, from files, from the command line, in the order in which later ones win.
//!
//! Source: <https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence>

use std::collections::BTreeMap;
use std::path::Path;

use aksel_engine::plan::PlannedVariable;
use aksel_engine::variables::{self, Given, GivenValue, Origin};
use aksel_lang::blocks::variable::Variable;
use aksel_lang::code::Code;
use aksel_lang::configuration::Module;
use aksel_lang::constants::GiveConstants;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::json_syntax::just_attributes;
use aksel_lang::load::parse_values;
use aksel_lang::source::Sources;
use aksel_lang::syntax::Attribute;
use aksel_lang::types::Text;
use aksel_lang::value::Value;

use crate::prompt::{self, Asking, Echo};
use crate::run_options::{VariableOption, VariableOptions};
use crate::workplace::Workplace;

/// The values that people give for variables, read once: when the configuration is loaded, if it has constants.
pub(crate) struct Provided<'a> {
    /// The place.
    pub(crate) place: &'a Workplace,
    /// The options of the command.
    pub(crate) options: &'a VariableOptions,
    /// Whether people may be asked for what is missing.
    pub(crate) asking: Asking,
    /// What was given, once it was read.
    pub(crate) given: Option<Vec<Given>>,
}

impl<'a> Provided<'a> {
    /// Values that have not been read yet.
    pub(crate) fn new(place: &'a Workplace, options: &'a VariableOptions, asking: Asking) -> Provided<'a> {
        Provided { place, options, asking, given: None }
    }
}

impl GiveConstants for Provided<'_> {
    fn give(
        &mut self,
        root: &Module,
        sources: &mut Sources,
        diagnostics: &mut Diagnostics,
    ) -> BTreeMap<Text, Value> {
        let mut given = given(self.place, self.options, sources, diagnostics);
        if self.asking == Asking::Allowed {
            given.extend(asked(root, &given, |variable| variable.constant));
        }
        let values = variables::constants(root, &given, sources, diagnostics);
        self.given = Some(given);
        values
    }
}

/// The values that a saved plan keeps.
pub(crate) struct Kept<'a>(pub(crate) &'a BTreeMap<Text, PlannedVariable>);

impl GiveConstants for Kept<'_> {
    fn give(&mut self, _: &Module, _: &mut Sources, _: &mut Diagnostics) -> BTreeMap<Text, Value> {
        let kept = self.0.iter().filter_map(|(name, planned)| Some((name.clone(), planned.value.clone()?)));
        kept.collect()
    }
}

/// Everything that is given for variables, weakest first.
pub(crate) fn given(
    place: &Workplace,
    options: &VariableOptions,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<Given> {
    let mut all = environment();
    for name in usual_files(place) {
        all.extend(file(place, Path::new(&name), sources, diagnostics));
    }
    for option in &options.0 {
        match option {
            VariableOption::File(path) => all.extend(file(place, path, sources, diagnostics)),
            VariableOption::Value(text) => match text.split_once('=') {
                Some((name, value)) if name.ends_with(char::is_whitespace) => {
                    diagnostics.push(trailing_space(name, value));
                }
                Some((name, value)) => all.push(Given {
                    name: name.into(),
                    value: GivenValue::Text(value.to_owned()),
                    origin: Origin::CommandLine,
                }),
                None => diagnostics.push(no_value(text)),
            },
        }
    }
    all
}

/// Asks for the variables that have no value and no default, by name, until nobody answers any more.
pub(crate) fn asked(root: &Module, given: &[Given], of: fn(&Variable) -> bool) -> Vec<Given> {
    let missing = root.variables.values().filter(|variable| {
        of(variable)
            && variable.default.is_none()
            && !given.iter().any(|given| given.name == variable.name.text)
    });
    missing.map_while(ask).collect()
}

fn ask(variable: &Variable) -> Option<Given> {
    let name = &variable.name.text;
    let description = variable.description.as_deref().unwrap_or_default();
    let lines: String = description.lines().map(|line| format!("  {line}\n")).collect();
    let gap = if lines.is_empty() { "" } else { "\n" };
    let echo = if variable.sensitive { Echo::Hidden } else { Echo::Shown };
    let answer = prompt::ask(&format!("var.{name}\n{lines}{gap}  Enter a value: "), echo)?;
    Some(Given { name: name.clone(), value: GivenValue::Text(answer), origin: Origin::Asked })
}

fn no_value(text: &str) -> Diagnostic {
    Diagnostic::error(Code::Usage, "Invalid -var option")
        .detail(format!("The given -var option \"{text}\" is not correctly specified. Must be a variable name and value separated by an equals sign, like -var=\"key=value\"."))
}

fn trailing_space(name: &str, value: &str) -> Diagnostic {
    Diagnostic::error(Code::Usage, "Invalid -var option")
        .detail(format!("Variable name \"{name}\" is invalid due to trailing space."))
        .help(format!("Did you mean -var=\"{}={}\"?", name.trim_end(), value.trim_start()))
}

fn environment() -> Vec<Given> {
    let named = std::env::vars_os().filter_map(|(name, value)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        let variable = Text::from(name.strip_prefix("TF_VAR_")?);
        Some(Given { name: variable, value: GivenValue::Text(value), origin: Origin::Environment(name) })
    });
    let mut all: Vec<Given> = named.collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// `terraform.tfvars`, `terraform.tfvars.json`, then everything that ends in `.auto.tfvars`.
fn usual_files(place: &Workplace) -> Vec<String> {
    use aksel_lang::files::Files as _;
    let names = place.files().names(Path::new("")).unwrap_or_default();
    let usual = ["terraform.tfvars", "terraform.tfvars.json"];
    let first = usual.iter().filter(|name| names.iter().any(|found| found == *name)).map(ToString::to_string);
    let auto =
        names.iter().filter(|name| name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json"));
    first.chain(auto.cloned()).collect()
}

fn file(place: &Workplace, path: &Path, sources: &mut Sources, diagnostics: &mut Diagnostics) -> Vec<Given> {
    let bytes = match std::fs::read(place.path(path)) {
        Ok(bytes) => bytes,
        Err(error) => {
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            let detail = match missing {
                true => format!("Given variables file {} does not exist.", path.display()),
                false => format!("Error while reading {}: {error}.", path.display()),
            };
            diagnostics.push(Diagnostic::error(Code::Io, "Failed to read variables file").detail(detail));
            return Vec::new();
        }
    };
    let body = parse_values(path, &bytes, sources, diagnostics);
    let attributes: Vec<Attribute> = match &body.json {
        Some(objects) => just_attributes(objects, diagnostics).into_values().collect(),
        None => body.attributes,
    };
    for block in &body.blocks {
        let kind = &block.kind.text;
        diagnostics.push(match (&**kind, block.labels.first()) {
            ("variable", Some(name)) => Diagnostic::error(
                Code::Syntax,
                "Variable declaration in .tfvars file",
            )
            .detail(
                "A .tfvars file gives values to variables that are declared in .tf files; it declares none.",
            )
            .help(format!("To set the variable here, write: {} = <value>", name.text))
            .at(block.kind.span),
            _ => Diagnostic::error(Code::Syntax, format!("Unexpected \"{kind}\" block"))
                .detail("Blocks are not allowed here.")
                .at(block.header),
        });
    }
    let given = |attribute: Attribute| Given {
        name: attribute.name.text,
        value: GivenValue::Expression(attribute.value),
        origin: Origin::File(path.display().to_string()),
    };
    attributes.into_iter().map(given).collect()
}
