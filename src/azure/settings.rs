//! What the provider block and the environment say: which cloud, which subscription, which identity.
//!
//! Invariant: what is written in the block wins over the environment; the environment over a default.
//! Never: `Debug` shows a secret.

use aksel_lang::value::Value;
use aksel_provider::world::World;

use crate::environment::{file, first_variable};

/// How the provider is set up.
#[derive(Clone)]
pub struct Settings {
    /// The host that tells where everything is; `None` for the public cloud.
    pub metadata_host: Option<String>,
    /// The subscription.
    pub subscription: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The client that signs in.
    pub client: Option<String>,
    /// Its secret.
    pub secret: Option<Secret>,
    /// A certificate was given, which is not supported.
    pub certificate: Given,
    /// A token of another issuer, or where it is found.
    pub federated: Federated,
    /// Whether the machine's own identity is used.
    pub managed_identity: Given,
    /// Where the machine's identity is asked.
    pub managed_identity_endpoint: Option<String>,
    /// Whether the Azure CLI is asked.
    pub command_line: Given,
    /// A file with further certificate authorities.
    pub authorities: Option<String>,
}

/// Whether something is given or wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// A text that never shows.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// A token of another issuer that stands for the client.
#[derive(Clone, Debug)]
pub enum Federated {
    /// None.
    None,
    /// It is this.
    Token(Secret),
    /// It stands in a file, which is read anew each time.
    File(String),
    /// It is asked for: the address and the token for asking.
    Request(String, Secret),
}

/// What of the block is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotKnown;

impl Settings {
    /// Reads the provider block, completed by the environment.
    ///
    /// # Errors
    /// `NotKnown` when something needed is known only after apply.
    pub fn read(config: &Value, world: &dyn World) -> Result<Settings, NotKnown> {
        let needed = [
            "metadata_host",
            "subscription_id",
            "tenant_id",
            "client_id",
            "client_secret",
            "oidc_token",
            "use_oidc",
            "use_msi",
        ];
        if needed.iter().any(|name| config.attribute(name).is_some_and(|value| !value.is_known())) {
            return Err(NotKnown);
        }
        let text = |name: &str, variables: &[&str]| {
            written(config, name).or_else(|| first_variable(world, variables))
        };
        let from_file =
            |name: &str, variable: &str| text(name, &[variable]).and_then(|path| file(&path).ok());
        let client = text("client_id", &["ARM_CLIENT_ID"])
            .or_else(|| from_file("client_id_file_path", "ARM_CLIENT_ID_FILE_PATH"));
        let secret = text("client_secret", &["ARM_CLIENT_SECRET"])
            .or_else(|| from_file("client_secret_file_path", "ARM_CLIENT_SECRET_FILE_PATH"));
        let certificate = text("client_certificate", &["ARM_CLIENT_CERTIFICATE"])
            .or_else(|| text("client_certificate_path", &["ARM_CLIENT_CERTIFICATE_PATH"]));
        let workload =
            switch(world, config, "use_aks_workload_identity", "ARM_USE_AKS_WORKLOAD_IDENTITY", Given::No);
        let client = client.or_else(|| of_workload(world, workload, "AZURE_CLIENT_ID"));
        let tenant =
            text("tenant_id", &["ARM_TENANT_ID"]).or_else(|| of_workload(world, workload, "AZURE_TENANT_ID"));
        Ok(Settings {
            metadata_host: text("metadata_host", &["ARM_METADATA_HOSTNAME", "ARM_METADATA_HOST"]),
            subscription: text("subscription_id", &["ARM_SUBSCRIPTION_ID"]),
            tenant,
            client,
            secret: secret.map(Secret),
            certificate: if certificate.is_some() { Given::Yes } else { Given::No },
            federated: federated(world, config, workload),
            managed_identity: switch(world, config, "use_msi", "ARM_USE_MSI", Given::No),
            managed_identity_endpoint: text("msi_endpoint", &["ARM_MSI_ENDPOINT"]),
            command_line: switch(world, config, "use_cli", "ARM_USE_CLI", Given::Yes),
            authorities: first_variable(world, &["AKSEL_CA_FILE", "SSL_CERT_FILE"]),
        })
    }
}

/// A variable that the webhook of workload identity sets.
fn of_workload(world: &dyn World, workload: Given, name: &str) -> Option<String> {
    match workload {
        Given::Yes => first_variable(world, &[name]),
        Given::No => None,
    }
}

fn federated(world: &dyn World, config: &Value, workload: Given) -> Federated {
    let text =
        |name: &str, variables: &[&str]| written(config, name).or_else(|| first_variable(world, variables));
    if workload == Given::Yes
        && let Some(path) = first_variable(world, &["AZURE_FEDERATED_TOKEN_FILE"])
    {
        return Federated::File(path);
    }
    if switch(world, config, "use_oidc", "ARM_USE_OIDC", Given::No) == Given::No {
        return Federated::None;
    }
    if let Some(token) = text("oidc_token", &["ARM_OIDC_TOKEN"]) {
        return Federated::Token(Secret(token));
    }
    if let Some(path) =
        text("oidc_token_file_path", &["ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"])
    {
        return Federated::File(path);
    }
    let address = text(
        "oidc_request_url",
        &["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"],
    );
    let token = text(
        "oidc_request_token",
        &["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"],
    );
    match (address, token) {
        (Some(address), Some(token)) => Federated::Request(address, Secret(token)),
        _ => Federated::None,
    }
}

fn written(config: &Value, name: &str) -> Option<String> {
    config.attribute(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn switch(world: &dyn World, config: &Value, name: &str, variable: &str, otherwise: Given) -> Given {
    let said = config.attribute(name).and_then(Value::as_bool);
    let said = said.or_else(|| {
        first_variable(world, &[variable]).map(|text| matches!(&*text.to_lowercase(), "true" | "1" | "yes"))
    });
    match said {
        Some(true) => Given::Yes,
        Some(false) => Given::No,
        None => otherwise,
    }
}
