//! The provider before it is configured: schemas, checks, and the way to a session.
//!
//! Never: a request is made before `configure`.

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

use crate::arm_client::ArmClient;
use crate::catalogue::dropped::DROPPED;
use crate::catalogue::{DATA_SOURCES, RESOURCES, provider_block::PROVIDER};
use crate::check::{check, check_rows};
use crate::resource_type::{DataSource, ResourceType};
use crate::schema::{TIMEOUTS, block, drop_former, schema};
use crate::session::AzureSession;
use crate::settings::Settings;
use crate::{id_functions, identity};

/// The `azurerm` provider.
#[derive(Clone, Copy, Debug)]
pub struct Azurerm;

/// The resource type of a name.
pub fn resource(type_name: &str) -> Option<&'static ResourceType> {
    RESOURCES.iter().copied().find(|resource| resource.name == type_name)
}

/// The data source of a name.
pub fn data_source(type_name: &str) -> Option<&'static DataSource> {
    DATA_SOURCES.iter().copied().find(|source| source.name == type_name)
}

/// A data source reads what the resource of its name is, and so has had the same names.
fn with_former_names(mut made: Schema, type_name: &str) -> Schema {
    let rows = resource(type_name).map(|found| block(found.attributes).former).unwrap_or_default();
    for (name, former) in rows {
        let known =
            |name: &Text| made.block.attributes.contains_key(name) || made.block.blocks.contains_key(name);
        if !known(&name) && former.fate.now().is_some_and(known) {
            made.block.former.insert(name, former);
        }
    }
    made
}

#[async_trait]
impl Provider for Azurerm {
    fn source(&self) -> &'static str {
        "registry.terraform.io/hashicorp/azurerm"
    }

    fn config_schema(&self) -> Arc<Schema> {
        Arc::new(Schema { version: 0, block: block(PROVIDER) })
    }

    fn schema(&self, mode: Mode, type_name: &str) -> Option<Arc<Schema>> {
        match mode {
            Mode::Managed => resource(type_name).map(|found| {
                let mut made = schema(found.schema_version, found.attributes, &TIMEOUTS);
                for (_, path, note) in DROPPED.iter().filter(|(name, ..)| *name == type_name) {
                    drop_former(&mut made.block, path, note);
                }
                Arc::new(made)
            }),
            Mode::Data => {
                let made = data_source(type_name).map(|found| schema(0, found.attributes, &["read"]));
                made.map(|made| Arc::new(with_former_names(made, type_name)))
            }
            Mode::Ephemeral => None,
        }
    }

    fn type_names(&self, mode: Mode) -> Vec<Text> {
        match mode {
            Mode::Managed => RESOURCES.iter().map(|found| found.name.into()).collect(),
            Mode::Data => DATA_SOURCES.iter().map(|found| found.name.into()).collect(),
            Mode::Ephemeral => Vec::new(),
        }
    }

    fn validate_config(&self, config: &Value) -> Vec<Finding> {
        check_rows(PROVIDER, config)
    }

    fn validate(&self, mode: Mode, type_name: &str, config: &Value) -> Vec<Finding> {
        match mode {
            Mode::Managed => resource(type_name).map(|found| check(found, config)).unwrap_or_default(),
            Mode::Data => {
                data_source(type_name).map(|found| check_rows(found.attributes, config)).unwrap_or_default()
            }
            Mode::Ephemeral => Vec::new(),
        }
    }

    fn upgrade(
        &self,
        type_name: &str,
        version: u64,
        attributes: serde_json::Value,
    ) -> Result<serde_json::Value, Vec<Finding>> {
        match resource(type_name) {
            Some(found) if version > found.schema_version => Err(vec![
                Finding::error(
                    Code::State,
                    format!("state of `{type_name}` has schema version {version}"),
                    format!("This provider knows versions up to {}.", found.schema_version),
                )
                .help("a newer version wrote this state: use that version or a newer one"),
            ]),
            Some(found) if version < found.schema_version => {
                let mut attributes = attributes;
                if let Some(upgrade) = found.hooks.upgrade {
                    upgrade(&mut attributes);
                }
                Ok(attributes)
            }
            Some(_) | None => Ok(attributes),
        }
    }

    fn identity_schema(&self, type_name: &str) -> Vec<IdentityAttribute> {
        resource(type_name).map(identity::attributes).unwrap_or_default()
    }

    fn import_id(&self, type_name: &str, identity: &Identity) -> Result<String, String> {
        let id = resource(type_name).and_then(|found| identity::import_id(found, identity));
        id.ok_or_else(|| format!("A `{type_name}` is found by its id alone."))
    }

    fn functions(&self) -> BTreeMap<Text, FunctionSignature> {
        id_functions::signatures()
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, FunctionError> {
        id_functions::call(name, arguments)
    }

    async fn configure(
        &self,
        config: &Value,
        world: Arc<dyn World>,
    ) -> Result<Arc<dyn Session>, Vec<Finding>> {
        let Ok(settings) = Settings::read(config, &*world) else {
            return Ok(Arc::new(AzureSession::offline()));
        };
        let signed_in = sign_in(&settings, world).await;
        match (&settings.subscription, signed_in) {
            (Some(subscription), Ok((client, claims))) => {
                Ok(Arc::new(AzureSession::online(client, subscription.clone(), &settings, &claims)))
            }
            (subscription, signed_in) => {
                let unnamed = subscription.is_none().then(no_subscription);
                Err(unnamed.into_iter().chain(signed_in.err().map(|error| error.finding())).collect())
            }
        }
    }
}

/// Asks for the first token here, so that missing credentials are one error and not one per resource.
async fn sign_in(
    settings: &Settings,
    world: Arc<dyn World>,
) -> Result<(ArmClient, serde_json::Value), crate::arm_error::ArmError> {
    let client = ArmClient::open(settings, world).await?;
    let claims = client.claims().await?;
    Ok((client, claims))
}

fn no_subscription() -> Finding {
    Finding::error(
        Code::Credentials,
        "`subscription_id` is a required provider property when performing a plan/apply operation",
        "Neither the provider block nor the environment names a subscription.",
    )
    .help("set `subscription_id` in the provider block, or `ARM_SUBSCRIPTION_ID`")
}
