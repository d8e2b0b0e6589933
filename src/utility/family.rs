//! A provider made of kinds: the contract, once for all that live in state alone.
//!
//! Invariant: what a kind gives is by its schema: attributes that it leaves out are null.

use std::collections::BTreeMap;
use std::sync::Arc;

use aksel_lang::address::Mode;
use aksel_lang::code::Code;
use aksel_lang::schema::Schema;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::{
    Applied, Change, FunctionError, FunctionSignature, Object, PlanRequest, Planned, Progress, Provider,
    ReadAnswer, ReadRequest, Session,
};
use aksel_provider::stop::Stop;
use aksel_provider::world::World;
use aksel_state::intent::{Deed, Intent};
use async_trait::async_trait;

use crate::kind::{Attributes, Kind, Row, Surroundings, schema, with_defaults};

/// Resource types by name.
type Kinds = BTreeMap<&'static str, (Box<dyn Kind>, Arc<Schema>)>;
/// Data sources by name.
type DataKinds = BTreeMap<&'static str, (Box<dyn DataKind>, Arc<Schema>)>;
/// Ephemeral resources by name.
type EphemeralKinds = BTreeMap<&'static str, (Box<dyn EphemeralKind>, Arc<Schema>)>;

/// A data source.
pub(crate) trait DataKind: Send + Sync {
    fn name(&self) -> &'static str;
    fn rows(&self) -> &'static [Row];
    fn validate(&self, _config: &Attributes) -> Vec<Finding> {
        Vec::new()
    }
    /// Reads it; the configuration is wholly known.
    fn read(&self, config: Attributes, world: &dyn World) -> Result<Attributes, Vec<Finding>>;
}

/// An ephemeral resource: made for a run, kept nowhere.
pub(crate) trait EphemeralKind: Send + Sync {
    fn name(&self) -> &'static str;
    fn rows(&self) -> &'static [Row];
    fn validate(&self, _config: &Attributes) -> Vec<Finding> {
        Vec::new()
    }
    /// Makes it; the configuration is wholly known, with the rows' defaults.
    fn open(&self, config: Attributes, world: &dyn World) -> Result<Attributes, Finding>;
}

/// A function of a provider.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) signature: FunctionSignature,
    pub(crate) call: fn(&[Value]) -> Result<Value, FunctionError>,
}

/// A provider without a configuration of its own.
pub(crate) struct Family {
    source: &'static str,
    kinds: Arc<Kinds>,
    data: Arc<DataKinds>,
    ephemeral: Arc<EphemeralKinds>,
    functions: Vec<Function>,
}

impl Family {
    pub(crate) fn new(
        source: &'static str,
        kinds: Vec<Box<dyn Kind>>,
        data: Vec<Box<dyn DataKind>>,
    ) -> Family {
        let kinds = kinds.into_iter().map(|kind| {
            let schema = schema(kind.version(), kind.rows());
            (kind.name(), (kind, schema))
        });
        let data = data.into_iter().map(|kind| {
            let schema = schema(0, kind.rows());
            (kind.name(), (kind, schema))
        });
        Family {
            source,
            kinds: Arc::new(kinds.collect()),
            data: Arc::new(data.collect()),
            ephemeral: Arc::default(),
            functions: Vec::new(),
        }
    }

    pub(crate) fn opening(self, kinds: Vec<Box<dyn EphemeralKind>>) -> Family {
        let kinds = kinds.into_iter().map(|kind| {
            let schema = schema(0, kind.rows());
            (kind.name(), (kind, schema))
        });
        Family { ephemeral: Arc::new(kinds.collect()), ..self }
    }

    pub(crate) fn with(self, functions: Vec<Function>) -> Family {
        Family { functions, ..self }
    }
}

#[async_trait]
impl Provider for Family {
    fn source(&self) -> &str {
        self.source
    }

    fn config_schema(&self) -> Arc<Schema> {
        Arc::new(Schema::default())
    }

    fn schema(&self, mode: Mode, type_name: &str) -> Option<Arc<Schema>> {
        match mode {
            Mode::Managed => self.kinds.get(type_name).map(|(_, schema)| Arc::clone(schema)),
            Mode::Data => self.data.get(type_name).map(|(_, schema)| Arc::clone(schema)),
            Mode::Ephemeral => self.ephemeral.get(type_name).map(|(_, schema)| Arc::clone(schema)),
        }
    }

    fn type_names(&self, mode: Mode) -> Vec<Text> {
        match mode {
            Mode::Managed => self.kinds.keys().map(|name| Text::from(*name)).collect(),
            Mode::Data => self.data.keys().map(|name| Text::from(*name)).collect(),
            Mode::Ephemeral => self.ephemeral.keys().map(|name| Text::from(*name)).collect(),
        }
    }

    fn validate_config(&self, _config: &Value) -> Vec<Finding> {
        Vec::new()
    }

    fn validate(&self, mode: Mode, type_name: &str, config: &Value) -> Vec<Finding> {
        let config = Attributes::of(config);
        match mode {
            Mode::Managed => self.kinds.get(type_name).map(|(kind, _)| kind.validate(&config)),
            Mode::Data => self.data.get(type_name).map(|(kind, _)| kind.validate(&config)),
            Mode::Ephemeral => self.ephemeral.get(type_name).map(|(kind, _)| kind.validate(&config)),
        }
        .unwrap_or_default()
    }

    fn adopt(
        &self,
        type_name: &str,
        from: &str,
        attributes: &serde_json::Value,
    ) -> Option<serde_json::Value> {
        self.kinds.get(type_name)?.0.adopt(from, attributes)
    }

    fn upgrade(
        &self,
        type_name: &str,
        version: u64,
        attributes: serde_json::Value,
    ) -> Result<serde_json::Value, Vec<Finding>> {
        let today = self.kinds.get(type_name).map_or(0, |(kind, _)| kind.version());
        if version > today {
            let detail = format!("{type_name} was saved with schema version {version}, known is {today}.");
            return Err(vec![
                Finding::error(Code::State, "Resource instance managed by newer provider version", detail)
                    .help("use a newer aksel"),
            ]);
        }
        // Attributes that came with later versions are null until they are read.
        Ok(attributes)
    }

    fn functions(&self) -> BTreeMap<Text, FunctionSignature> {
        self.functions.iter().map(|f| (f.name.into(), f.signature.clone())).collect()
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, FunctionError> {
        match self.functions.iter().find(|function| function.name == name) {
            Some(function) => (function.call)(arguments),
            None => Err(FunctionError { argument: None, message: format!("there is no function `{name}`") }),
        }
    }

    async fn configure(
        &self,
        _config: &Value,
        world: Arc<dyn World>,
    ) -> Result<Arc<dyn Session>, Vec<Finding>> {
        Ok(Arc::new(Ready {
            kinds: Arc::clone(&self.kinds),
            data: Arc::clone(&self.data),
            ephemeral: Arc::clone(&self.ephemeral),
            world,
        }))
    }
}

/// A family with its world.
struct Ready {
    kinds: Arc<Kinds>,
    data: Arc<DataKinds>,
    ephemeral: Arc<EphemeralKinds>,
    world: Arc<dyn World>,
}

impl Ready {
    fn kind(&self, type_name: &str) -> Result<(&dyn Kind, &Schema), Finding> {
        match self.kinds.get(type_name) {
            Some((kind, schema)) => Ok((&**kind, schema)),
            None => Err(unknown_type(type_name)),
        }
    }

    fn read(&self, request: &ReadRequest) -> ReadAnswer {
        let (kind, _) = self.kind(&request.type_name).map_err(|finding| vec![finding])?;
        let state = Object { value: request.state.clone(), private: request.private.clone() };
        kind.read(&state, &*self.world).map_err(|finding| vec![finding])
    }

    async fn carry_out(
        &self,
        change: &Change<'_>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<Option<Object>, Finding> {
        let (kind, schema) = self.kind(change.type_name)?;
        let around = Surroundings { world: &*self.world, progress, stop };
        let made = match change.deed {
            Deed::Create => kind.create(Attributes::of(change.planned), around).await?,
            Deed::Update => kind.update(Attributes::of(change.planned), around).await?,
            Deed::Delete => return kind.delete(Attributes::of(change.prior), around).await.map(|()| None),
        };
        Ok(Some(Object { value: by_schema(schema, &made), private: change.private.clone() }))
    }
}

/// Fills what is left out with null.
fn by_schema(schema: &Schema, made: &Attributes) -> Value {
    Value::object(schema.block.attributes.iter().map(|(name, attribute)| {
        (name.clone(), made.get(name).cloned().unwrap_or_else(|| Value::null(attribute.ty.clone())))
    }))
}

fn unknown_type(type_name: &str) -> Finding {
    Finding::error(Code::UnknownType, "Unknown type", format!("There is no `{type_name}`."))
}

#[async_trait]
impl Session for Ready {
    async fn read_many(&self, requests: &[ReadRequest], _stop: &Stop) -> Vec<ReadAnswer> {
        requests.iter().map(|request| self.read(request)).collect()
    }

    async fn read_data(&self, type_name: &str, config: &Value, _stop: &Stop) -> Result<Value, Vec<Finding>> {
        let Some((kind, schema)) = self.data.get(type_name) else {
            return Err(vec![unknown_type(type_name)]);
        };
        kind.read(Attributes::of(config), &*self.world).map(|read| by_schema(schema, &read))
    }

    async fn open(&self, type_name: &str, config: &Value, _stop: &Stop) -> Result<Value, Vec<Finding>> {
        let Some((kind, schema)) = self.ephemeral.get(type_name) else {
            return Err(vec![unknown_type(type_name)]);
        };
        let opened = kind.open(with_defaults(kind.rows(), config), &*self.world);
        opened.map(|opened| by_schema(schema, &opened)).map_err(|finding| vec![finding])
    }

    async fn plan(&self, request: PlanRequest<'_>, _stop: &Stop) -> Result<Planned, Vec<Finding>> {
        let (kind, _) = self.kind(request.type_name).map_err(|finding| vec![finding])?;
        kind.plan(&request, &*self.world)
    }

    fn identity(&self, _type_name: &str, planned: &Value) -> Option<String> {
        planned.attribute("id").and_then(Value::as_str).map(str::to_owned)
    }

    fn lanes(&self, _type_name: &str, _planned: &Value) -> Vec<Text> {
        Vec::new()
    }

    async fn apply(
        &self,
        _intent: &Intent,
        change: Change<'_>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Applied {
        match self.carry_out(&change, progress, stop).await {
            Ok(object) => Applied { object, findings: Vec::new() },
            Err(finding) => {
                let kept = Object { value: change.prior.clone(), private: change.private.clone() };
                Applied { object: (!change.prior.is_null()).then_some(kept), findings: vec![finding] }
            }
        }
    }

    async fn import(&self, type_name: &str, id: &str, _stop: &Stop) -> Result<Object, Vec<Finding>> {
        let (kind, schema) = self.kind(type_name).map_err(|finding| vec![finding])?;
        let imported = kind.import(id, &*self.world).map_err(|finding| vec![finding])?;
        Ok(Object { value: by_schema(schema, &imported), private: None })
    }
}

#[cfg(test)]
#[path = "family_tests.rs"]
mod tests;
