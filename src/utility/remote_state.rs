//! `terraform_remote_state`: the outputs of another state, from a local file.
//!
//! Invariant: outputs keep their types; nothing but outputs is read.
//! Rule: that an output is sensitive there does not make it so here, as in Terraform: a provider marks nothing but by schema.

use std::path::Path as FilePath;

use aksel_lang::code::Code;
use aksel_lang::number::Number;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::{Content, Value};
use aksel_provider::finding::Finding;
use aksel_provider::world::World;
use aksel_state::file::StateFile;
use aksel_state::json::RawJson;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::family::DataKind;
use crate::kind::{Attributes, Row, Shape, computed, optional, path, required};

/// The data source.
pub(crate) struct RemoteState;

/// The backends that Terraform has; only `local` can be read.
const BACKENDS: &[&str] =
    &["azurerm", "consul", "cos", "gcs", "http", "kubernetes", "local", "oss", "pg", "remote", "s3"];

impl DataKind for RemoteState {
    fn name(&self) -> &'static str {
        "terraform_remote_state"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            &[
                required("backend", Shape::Text),
                optional("config", Shape::Any),
                optional("defaults", Shape::Any),
                computed("outputs", Shape::Any),
                optional("workspace", Shape::Text),
            ]
        }
    }

    fn validate(&self, config: &Attributes) -> Vec<Finding> {
        let refused = |name: &str, detail: String| {
            vec![Finding::error(Code::InvalidValue, "Invalid backend configuration", detail).at(path(name))]
        };
        let defaults = config.get("defaults").filter(|defaults| defaults.is_known() && !defaults.is_null());
        if defaults.is_some_and(|defaults| defaults.as_named().is_none()) {
            let detail = "Defaults must be given in an object value.";
            let finding = Finding::error(Code::InvalidValue, "Invalid default values", detail);
            return vec![finding.at(path("defaults"))];
        }
        match config.text("backend") {
            Some(backend) if !BACKENDS.contains(&backend) => {
                return refused("backend", format!("There is no backend type named \"{backend}\"."));
            }
            Some("local") => {}
            Some(_) | None => return Vec::new(),
        }
        let Some(settings) = config.get("config").filter(|settings| settings.is_known()) else {
            return Vec::new();
        };
        let wrong = |what: String| {
            refused("config", format!("The given configuration is not valid for backend \"local\": {what}."))
        };
        let Some(named) = settings.as_named() else { return wrong("an object is required".into()) };
        match named.keys().find(|name| !matches!(&***name, "path" | "workspace_dir")) {
            Some(name) => wrong(format!("unexpected attribute \"{name}\"")),
            None => Vec::new(),
        }
    }

    fn read(&self, mut config: Attributes, _world: &dyn World) -> Result<Attributes, Vec<Finding>> {
        let findings = self.validate(&config);
        if !findings.is_empty() {
            return Err(findings);
        }
        let backend = config.text("backend").unwrap_or_default().to_owned();
        if backend != "local" {
            let detail = format!("The backend \"{backend}\" cannot be read yet, only \"local\".");
            return Err(vec![
                Finding::error(Code::InvalidValue, "Unsupported backend", detail).at(path("backend")),
            ]);
        }
        let file = StateFile::open(state_path(&config)).map_err(|error| {
            let finding = Finding::error(Code::State, "Error loading state error", error.to_string());
            vec![finding.help(error.help()).at(path("config"))]
        })?;
        let Some(snapshot) = file.snapshot() else {
            let detail = "No stored state was found for the given workspace in the given backend.";
            let finding = Finding::error(Code::State, "Unable to find remote state", detail);
            return Err(vec![match config.text("workspace") {
                Some(_) => finding.at(path("workspace")),
                None => finding,
            }]);
        };
        let defaults = config.get("defaults").and_then(Value::as_named).cloned().unwrap_or_default();
        let mut outputs = defaults;
        for (name, output) in &snapshot.outputs {
            let value = decode(&output.value, &output.ty).ok_or_else(|| {
                let detail = format!("The output \"{name}\" does not fit its type.");
                vec![Finding::error(Code::State, "Unable to read remote state", detail)]
            })?;
            outputs.insert(name.as_str().into(), value);
        }
        config.set("outputs", Value::object(outputs));
        Ok(config)
    }
}

/// The file: of a workspace other than `default` in a folder of its own.
fn state_path(config: &Attributes) -> std::path::PathBuf {
    let setting = |name| config.get("config").and_then(|c| c.attribute(name)).and_then(Value::as_str);
    match config.text("workspace").filter(|name| *name != "default") {
        None => setting("path").unwrap_or("terraform.tfstate").into(),
        Some(workspace) => FilePath::new(setting("workspace_dir").unwrap_or("terraform.tfstate.d"))
            .join(workspace)
            .join("terraform.tfstate"),
    }
}

/// A value from its JSON and its type in Terraform's notation; `None` if they do not fit.
fn decode(value: &RawJson, ty: &RawJson) -> Option<Value> {
    let ty = decode_type(&serde_json::from_str(ty.as_str()).ok()?)?;
    typed(value.as_str(), &ty)
}

fn decode_type(json: &Json) -> Option<Type> {
    if let Some(name) = json.as_str() {
        return match name {
            "string" => Some(Type::String),
            "number" => Some(Type::Number),
            "bool" => Some(Type::Bool),
            "dynamic" => Some(Type::Dynamic),
            _ => None,
        };
    }
    let (kind, of) = (json.get(0)?.as_str()?, json.get(1)?);
    match kind {
        "list" => decode_type(of).map(Type::list),
        "set" => decode_type(of).map(Type::set),
        "map" => decode_type(of).map(Type::map),
        "tuple" => Some(Type::tuple(of.as_array()?.iter().map(decode_type).collect::<Option<Vec<_>>>()?)),
        "object" => {
            let attribute =
                |(name, ty): (&String, &Json)| Some((Text::from(name.as_str()), decode_type(ty)?));
            Some(Type::object(of.as_object()?.iter().map(attribute).collect::<Option<Vec<_>>>()?))
        }
        _ => None,
    }
}

type Items<'a> = Vec<&'a RawValue>;
type Named<'a> = std::collections::BTreeMap<String, &'a RawValue>;

/// Numbers are read from their text, so that no digit is lost.
fn typed(text: &str, ty: &Type) -> Option<Value> {
    if text == "null" {
        return Some(Value::null(ty.clone()));
    }
    let elements = |element: &Type| -> Option<Vec<Value>> {
        let items: Items<'_> = serde_json::from_str(text).ok()?;
        items.iter().map(|item| typed(item.get(), element)).collect()
    };
    match ty {
        Type::Dynamic => {
            let tagged: Named<'_> = serde_json::from_str(text).ok()?;
            let ty = decode_type(&serde_json::from_str(tagged.get("type")?.get()).ok()?)?;
            typed(tagged.get("value")?.get(), &ty)
        }
        Type::Bool => serde_json::from_str::<bool>(text).ok().map(Value::from),
        Type::Number => text.trim_matches('"').parse::<Number>().ok().map(Value::from),
        Type::String => serde_json::from_str::<String>(text).ok().map(Value::string),
        Type::List(element) => Some(Value::list((**element).clone(), elements(element)?)),
        Type::Set(element) => Some(Content::Set((**element).clone(), elements(element)?.into()).into()),
        Type::Map(element) => {
            let items: Named<'_> = serde_json::from_str(text).ok()?;
            let each = |(name, item): (&String, &&RawValue)| {
                Some((Text::from(name.as_str()), typed(item.get(), element)?))
            };
            Some(Value::map((**element).clone(), items.iter().map(each).collect::<Option<Vec<_>>>()?))
        }
        Type::Tuple(types) => {
            let items: Items<'_> = serde_json::from_str(text).ok()?;
            let values = items.iter().zip(types.iter()).map(|(item, ty)| typed(item.get(), ty));
            (items.len() == types.len())
                .then(|| values.collect::<Option<Vec<_>>>())
                .flatten()
                .map(Value::tuple)
        }
        Type::Object(object) => {
            let items: Named<'_> = serde_json::from_str(text).ok()?;
            let each = |(name, ty): (&Text, &Type)| {
                Some((name.clone(), typed(items.get(&**name).map_or("null", |item| item.get()), ty)?))
            };
            Some(Value::object(object.attributes.iter().map(each).collect::<Option<Vec<_>>>()?))
        }
    }
}
