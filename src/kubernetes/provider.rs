//! The provider before it is configured: schemas, checks, and the way to a session.
//!
//! Never: a request is made before `configure`, and by it none but for credentials.

use std::collections::BTreeMap;
use std::sync::Arc;

use aksel_lang::address::Mode;
use aksel_lang::code::Code;
use aksel_lang::schema::Schema;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::identity::{Identity, IdentityAttribute};
use aksel_provider::provider::{FunctionError, FunctionSignature, Provider, Session};
use aksel_provider::world::World;
use async_trait::async_trait;

use crate::catalogue::{self, KINDS};
use crate::check::check;
use crate::manifest::{self, MANIFEST};
use crate::session::KubernetesSession;
use crate::{data_source, identity, manifest_functions, schema, settings};

/// The `kubernetes` provider.
#[derive(Clone, Copy, Debug)]
pub struct Kubernetes;

#[async_trait]
impl Provider for Kubernetes {
    fn source(&self) -> &'static str {
        "registry.terraform.io/hashicorp/kubernetes"
    }

    fn config_schema(&self) -> Arc<Schema> {
        Arc::new(settings::schema())
    }

    fn schema(&self, mode: Mode, type_name: &str) -> Option<Arc<Schema>> {
        let found = match mode {
            Mode::Managed if type_name == MANIFEST => Some(manifest::schema()),
            Mode::Managed => catalogue::kind(type_name).map(|kind| schema::schema(kind, type_name)),
            Mode::Data => data_source::schema(type_name),
            Mode::Ephemeral => None,
        };
        found.map(Arc::new)
    }

    fn type_names(&self, mode: Mode) -> Vec<Text> {
        match mode {
            Mode::Managed => {
                let names = KINDS.iter().flat_map(|kind| [Some(kind.name), kind.alias]).flatten();
                names.chain([MANIFEST]).map(Text::from).collect()
            }
            Mode::Data => data_source::type_names(),
            Mode::Ephemeral => Vec::new(),
        }
    }

    fn validate_config(&self, _config: &Value) -> Vec<Finding> {
        Vec::new()
    }

    fn validate(&self, mode: Mode, type_name: &str, config: &Value) -> Vec<Finding> {
        match (mode, catalogue::kind(type_name)) {
            (Mode::Managed, Some(kind)) => check(kind, config),
            (Mode::Managed, None) => manifest::check(config),
            (Mode::Data | Mode::Ephemeral, _) => Vec::new(),
        }
    }

    fn upgrade(
        &self,
        type_name: &str,
        version: u64,
        attributes: serde_json::Value,
    ) -> Result<serde_json::Value, Vec<Finding>> {
        let newest = match catalogue::kind(type_name) {
            Some(kind) => kind.schema_version,
            None => manifest::schema().version,
        };
        if version > newest {
            let summary = format!("state of `{type_name}` has schema version {version}");
            let detail = format!("This provider knows versions up to {newest}.");
            return Err(vec![
                Finding::error(Code::State, summary, detail)
                    .help("a newer version wrote this state: use that version or a newer one"),
            ]);
        }
        Ok(attributes)
    }

    fn identity_schema(&self, type_name: &str) -> Vec<IdentityAttribute> {
        catalogue::kind(type_name).map(identity::attributes).unwrap_or_default()
    }

    fn import_id(&self, type_name: &str, identity: &Identity) -> Result<String, String> {
        match catalogue::kind(type_name) {
            Some(kind) => identity::import_id(kind, identity),
            None => Err(format!("A `{type_name}` is found by its id alone.")),
        }
    }

    fn functions(&self) -> BTreeMap<Text, FunctionSignature> {
        manifest_functions::signatures()
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, FunctionError> {
        manifest_functions::call(name, arguments)
    }

    async fn configure(
        &self,
        config: &Value,
        world: Arc<dyn World>,
    ) -> Result<Arc<dyn Session>, Vec<Finding>> {
        let cluster = settings::open(config, world).await.map_err(|error| vec![error.finding()])?;
        Ok(Arc::new(KubernetesSession::new(cluster)))
    }
}
