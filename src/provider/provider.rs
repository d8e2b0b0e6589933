//! The provider contract.
//!
//! A `Provider` is what can be known without credentials: schemas, checks, state upgrades, functions. Configured, it gives
//! a `Session`, which reads, plans and changes objects.
//!
//! Invariant: `plan` changes nothing. `apply` takes an `Intent`, which only the journal makes.
//! Invariant: values go by the schema: a value of `BlockSchema::ty`, null for what is not set, and in state nothing unknown.
//! Never: a provider prints, reads a clock or knows other resources than those it is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use aksel_lang::address::Mode;
pub use aksel_lang::functions::signature::FunctionSignature;
use aksel_lang::path::Path;
use aksel_lang::schema::Schema;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_state::intent::{Deed, Intent};
use async_trait::async_trait;

use crate::finding::Finding;
use crate::identity::{Identity, IdentityAttribute};
use crate::stop::Stop;
use crate::touch::Touch;
use crate::world::World;

/// Bytes that a provider keeps beside an object's state and that nobody else reads.
pub type Private = Option<Arc<[u8]>>;

/// A provider before it is configured.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The source address, as state names it: `registry.terraform.io/hashicorp/azurerm`, `terraform.io/builtin/terraform`.
    fn source(&self) -> &str;

    /// The schema of the provider's own block.
    fn config_schema(&self) -> Arc<Schema>;

    /// The schema of a resource type, data source or ephemeral resource; `None` if there is none of that name.
    fn schema(&self, mode: Mode, type_name: &str) -> Option<Arc<Schema>>;

    /// All type names of a mode, for messages and manuals.
    fn type_names(&self, mode: Mode) -> Vec<Text>;

    /// Checks the provider's own configuration; may hold unknowns.
    fn validate_config(&self, config: &Value) -> Vec<Finding>;

    /// Checks a block of the configuration as far as it is known. Makes no request.
    fn validate(&self, mode: Mode, type_name: &str, config: &Value) -> Vec<Finding>;

    /// Brings attributes that an older schema version wrote to today's.
    ///
    /// # Errors
    /// When the version is newer than the provider's or the attributes cannot be read.
    fn upgrade(
        &self,
        type_name: &str,
        version: u64,
        attributes: serde_json::Value,
    ) -> Result<serde_json::Value, Vec<Finding>>;

    /// Brings the attributes of an object of another type, as state has them, to the form of today's attributes of this
    /// type; `None` where objects of that type cannot be taken over.
    fn adopt(
        &self,
        _type_name: &str,
        _from: &str,
        _attributes: &serde_json::Value,
    ) -> Option<serde_json::Value> {
        None
    }

    /// The attributes by which `import` finds an object of a type without its id; none where only the id does.
    fn identity_schema(&self, _type_name: &str) -> Vec<IdentityAttribute> {
        Vec::new()
    }

    /// The id that an identity stands for. It has every attribute that is required and no other than the schema's.
    ///
    /// # Errors
    /// Why it is no identity of this type.
    fn import_id(&self, type_name: &str, _identity: &Identity) -> Result<String, String> {
        Err(format!("A `{type_name}` is found by its id alone."))
    }

    /// The signatures of the provider's functions.
    fn functions(&self) -> BTreeMap<Text, FunctionSignature> {
        BTreeMap::new()
    }

    /// Calls one of the provider's functions with known arguments of the right types.
    ///
    /// # Errors
    /// When the function refuses an argument.
    fn call(&self, name: &str, _arguments: &[Value]) -> Result<Value, FunctionError> {
        Err(FunctionError { argument: None, message: format!("there is no function `{name}`") })
    }

    /// Configures the provider. The configuration may hold unknowns while planning: then the session plans from
    /// configuration and state alone, and does so without a request.
    ///
    /// # Errors
    /// When the configuration or the credentials are refused.
    async fn configure(
        &self,
        config: &Value,
        world: Arc<dyn World>,
    ) -> Result<Arc<dyn Session>, Vec<Finding>>;
}

/// A provider with its configuration and credentials.
#[async_trait]
pub trait Session: Send + Sync {
    /// Reads all these objects as they are now, coalescing requests. Answers in the order of the requests.
    async fn read_many(&self, requests: &[ReadRequest], stop: &Stop) -> Vec<ReadAnswer>;

    /// Reads a data source. The configuration is wholly known.
    ///
    /// # Errors
    /// When it is not found or cannot be read.
    async fn read_data(&self, type_name: &str, config: &Value, stop: &Stop) -> Result<Value, Vec<Finding>>;

    /// Decides what an object is to become. Changes nothing.
    ///
    /// # Errors
    /// When what is wanted is not possible.
    async fn plan(&self, request: PlanRequest<'_>, stop: &Stop) -> Result<Planned, Vec<Finding>>;

    /// The id by which the object can be looked up and imported, as soon as the planned value tells it.
    fn identity(&self, type_name: &str, planned: &Value) -> Option<String>;

    /// What must not be changed at the same time as this object: keys of lanes, such as a cluster's id.
    fn lanes(&self, type_name: &str, planned: &Value) -> Vec<Text>;

    /// Makes sure that nothing stands where a creation goes. It is asked before the intent is written down: what is found
    /// of an intent without an outcome is then never somebody else's.
    ///
    /// # Errors
    /// When there is an object already, or nobody can tell.
    async fn vacant(&self, _creation: Change<'_>, _stop: &Stop) -> Result<(), Vec<Finding>> {
        Ok(())
    }

    /// Carries a change out and waits until it is done.
    async fn apply(
        &self,
        intent: &Intent,
        change: Change<'_>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Applied;

    /// Finds an object by the id that users give to `import`.
    ///
    /// # Errors
    /// When there is no such object or the id has another form.
    async fn import(&self, type_name: &str, id: &str, stop: &Stop) -> Result<Object, Vec<Finding>>;

    /// Who changed an object last, but for aksel; `None` if nobody tells.
    async fn last_touch(&self, _type_name: &str, _state: &Value, _stop: &Stop) -> Option<Touch> {
        None
    }

    /// Opens an ephemeral resource.
    ///
    /// # Errors
    /// When it cannot be opened.
    async fn open(&self, type_name: &str, _config: &Value, _stop: &Stop) -> Result<Value, Vec<Finding>> {
        Err(vec![Finding::error(
            aksel_lang::code::Code::Provider,
            "Unsupported ephemeral resource",
            format!("`{type_name}` cannot be opened."),
        )])
    }
}

/// An object as a provider reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// By the schema, wholly known.
    pub value: Value,
    /// What the provider keeps for itself.
    pub private: Private,
}

/// Which object is to be read.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// The resource type.
    pub type_name: Text,
    /// What state says of it.
    pub state: Value,
    /// What the provider kept for itself.
    pub private: Private,
}

/// The object, `None` if it is gone, or why it could not be read.
pub type ReadAnswer = Result<Option<Object>, Vec<Finding>>;

/// What is to be planned.
#[derive(Clone, Copy, Debug)]
pub struct PlanRequest<'a> {
    /// The resource type.
    pub type_name: &'a str,
    /// The object as it is, null if there is none.
    pub prior: &'a Value,
    /// The configuration: null where nothing is written.
    pub config: &'a Value,
    /// The configuration, with what the prior object has where the remote side decides (`propose`).
    pub proposed: &'a Value,
    /// What the provider kept for itself.
    pub private: &'a Private,
}

/// What an object is to become.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// By the schema; unknown where it is known only after apply.
    pub value: Value,
    /// The attributes that cannot be changed in place. Not empty: the object is replaced.
    pub replace: Vec<Path>,
    /// What the provider keeps for itself.
    pub private: Private,
    /// Warnings.
    pub findings: Vec<Finding>,
}

/// A change to be carried out.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The resource type.
    pub type_name: &'a str,
    /// What is done.
    pub deed: Deed,
    /// The object as it is, null for a creation.
    pub prior: &'a Value,
    /// What it is to become, null for a deletion.
    pub planned: &'a Value,
    /// The configuration, with write-only values; null for a deletion.
    pub config: &'a Value,
    /// What the provider kept for itself.
    pub private: &'a Private,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The object as it is now: `None` if there is none (deleted, or never made). With an error among the findings:
    /// as far as it came, so that it is not forgotten.
    pub object: Option<Object>,
    /// Errors and warnings.
    pub findings: Vec<Finding>,
}

/// Hears how a change is getting on.
pub trait Progress: Send + Sync {
    /// A few words: `Azure: Creating, 1 of 3 pools ready`.
    fn says(&self, words: &str);
}

/// A function refused its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// Which argument, from 0.
    pub argument: Option<usize>,
    /// Why.
    pub message: String,
}
