//! The provider block: which cluster, and as whom.
//!
//! Rule: what is written wins over the environment (`KUBE_*`); a kubeconfig is read where no host is given; inside of a
//! cluster its own service account is the last resort.
//!
//! Never: a token or key appears in an error or in `Debug`.

use std::sync::Arc;

use aksel_lang::schema::{AttributeSchema, BlockSchema, NestedSchema, Nesting, Presence, Schema};
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_provider::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Config, KubeConfigOptions, Kubeconfig};
use serde_json::json;

use crate::api_error::ApiError;
use crate::client::Cluster;

/// Arguments, and the variable of the environment that stands in for each.
const ARGUMENTS: &[(&str, &str)] = &[
    ("host", "KUBE_HOST"),
    ("username", "KUBE_USER"),
    ("password", "KUBE_PASSWORD"),
    ("tls_server_name", "KUBE_TLS_SERVER_NAME"),
    ("client_certificate", "KUBE_CLIENT_CERT_DATA"),
    ("client_key", "KUBE_CLIENT_KEY_DATA"),
    ("cluster_ca_certificate", "KUBE_CLUSTER_CA_CERT_DATA"),
    ("config_path", "KUBE_CONFIG_PATH"),
    ("config_context", "KUBE_CTX"),
    ("config_context_auth_info", "KUBE_CTX_AUTH_INFO"),
    ("config_context_cluster", "KUBE_CTX_CLUSTER"),
    ("token", "KUBE_TOKEN"),
    ("proxy_url", "KUBE_PROXY_URL"),
];

/// The schema of the provider block.
pub fn schema() -> Schema {
    let optional = |ty| AttributeSchema::new(ty, Presence::Optional);
    let mut attributes: std::collections::BTreeMap<Text, AttributeSchema> =
        ARGUMENTS.iter().map(|(name, _)| (Text::from(*name), optional(Type::String))).collect();
    attributes.insert("insecure".into(), optional(Type::Bool));
    for name in ["config_paths", "ignore_annotations", "ignore_labels"] {
        attributes.insert(name.into(), optional(Type::list(Type::String)));
    }
    let exec = [
        ("api_version", AttributeSchema::new(Type::String, Presence::Required)),
        ("command", AttributeSchema::new(Type::String, Presence::Required)),
        ("args", optional(Type::list(Type::String))),
        ("env", optional(Type::map(Type::String))),
    ];
    let blocks =
        [("exec", single(exec)), ("experiments", single([("manifest_resource", optional(Type::Bool))]))];
    let blocks = blocks.into_iter().map(|(name, block)| (Text::from(name), block)).collect();
    Schema { version: 0, block: BlockSchema { attributes, blocks, ..BlockSchema::default() } }
}

fn single<const N: usize>(attributes: [(&'static str, AttributeSchema); N]) -> NestedSchema {
    let attributes = attributes.into_iter().map(|(name, attribute)| (Text::from(name), attribute)).collect();
    NestedSchema {
        nesting: Nesting::List,
        min_items: 0,
        max_items: 1,
        block: BlockSchema { attributes, ..BlockSchema::default() },
    }
}

/// A client of the cluster that the block names; `None` while that is not known.
///
/// # Errors
/// When nothing names a cluster, or what does cannot be read.
pub async fn open(config: &Value, world: Arc<dyn World>) -> Result<Option<Cluster>, ApiError> {
    if !config.is_wholly_known() {
        return Ok(None);
    }
    let (config, _) = config.unmark_deep();
    let given = Given { config: &config, world: &*world };
    if given.text("proxy_url").is_some() {
        return Err(ApiError::Settings("a proxy for the cluster is not supported".into()));
    }
    let mut settings = given.settings().await?;
    settings.connect_timeout = Some(std::time::Duration::from_secs(20));
    settings.read_timeout = Some(std::time::Duration::from_secs(120));
    settings.headers.push((
        http::header::USER_AGENT,
        http::HeaderValue::from_static(concat!("aksel/", env!("CARGO_PKG_VERSION"))),
    ));
    let endpoint = settings.cluster_url.to_string();
    // The first one wins; a second call, or one by the program, changes nothing.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let client = kube::Client::try_from(settings).map_err(|error| refused(&error))?;
    Ok(Some(Cluster::new(client, endpoint.trim_end_matches('/').to_owned(), world)))
}

fn refused(error: &dyn std::error::Error) -> ApiError {
    ApiError::Settings(error.to_string())
}

struct Given<'a> {
    config: &'a Value,
    world: &'a dyn World,
}

impl Given<'_> {
    fn text(&self, name: &str) -> Option<String> {
        let written = self.config.attribute(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let variable = ARGUMENTS.iter().find(|(argument, _)| *argument == name).map(|(_, variable)| variable);
        written.map(str::to_owned).or_else(|| self.world.variable(variable?))
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let items = self.config.attribute(name).into_iter().flat_map(Value::elements);
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    async fn settings(&self) -> Result<Config, ApiError> {
        let mut settings = match self.text("host") {
            Some(host) => {
                let host = if host.contains("://") { host } else { format!("https://{host}") };
                Config::new(host.parse().map_err(|error| ApiError::Settings(format!("`host`: {error}")))?)
            }
            None => self.kubeconfig_files().await?,
        };
        let mut auth = serde_json::to_value(&settings.auth_info).map_err(|error| refused(&error))?;
        self.credentials(&mut auth);
        settings.auth_info = serde_json::from_value::<AuthInfo>(auth).map_err(|error| refused(&error))?;
        if let Some(pem) = self.text("cluster_ca_certificate") {
            settings.root_cert = Some(certificates(&pem)?);
        }
        if let Some(name) = self.text("tls_server_name") {
            settings.tls_server_name = Some(name);
        }
        let insecure = self.config.attribute("insecure").and_then(Value::as_bool);
        settings.accept_invalid_certs = insecure
            .or_else(|| self.world.variable("KUBE_INSECURE").map(|text| text == "true"))
            .unwrap_or(settings.accept_invalid_certs);
        Ok(settings)
    }

    fn credentials(&self, auth: &mut serde_json::Value) {
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                auth[key] = value.into();
            }
        };
        put("username", self.text("username"));
        put("password", self.text("password"));
        put("token", self.text("token"));
        put("client-certificate-data", self.text("client_certificate").map(|pem| STANDARD.encode(pem)));
        put("client-key-data", self.text("client_key").map(|pem| STANDARD.encode(pem)));
        if let Some(exec) = self.config.attribute("exec").and_then(|exec| exec.elements().next().cloned()) {
            auth["exec"] = program(&exec);
        }
    }

    async fn kubeconfig_files(&self) -> Result<Config, ApiError> {
        let mut paths = self.texts("config_paths");
        if paths.is_empty() {
            let listed = self.world.variable("KUBE_CONFIG_PATHS").unwrap_or_default();
            paths = std::env::split_paths(&listed).map(|path| path.display().to_string()).collect();
        }
        if paths.is_empty() {
            paths.extend(self.text("config_path"));
        }
        if paths.is_empty() {
            return self.own_cluster();
        }
        let mut all: Option<Kubeconfig> = None;
        for path in paths {
            let path = self.expanded(&path);
            let read = Kubeconfig::read_from(&path)
                .map_err(|error| ApiError::Settings(format!("{path}: {error}")))?;
            all = Some(match all {
                Some(before) => before.merge(read).map_err(|error| refused(&error))?,
                None => read,
            });
        }
        let options = KubeConfigOptions {
            context: self.text("config_context"),
            cluster: self.text("config_context_cluster"),
            user: self.text("config_context_auth_info"),
        };
        Config::from_custom_kubeconfig(all.unwrap_or_default(), &options)
            .await
            .map_err(|error| refused(&error))
    }

    /// `~` is the home folder.
    fn expanded(&self, path: &str) -> String {
        match (path.strip_prefix("~/"), self.world.variable("HOME")) {
            (Some(rest), Some(home)) => format!("{home}/{rest}"),
            _ => path.to_owned(),
        }
    }

    fn own_cluster(&self) -> Result<Config, ApiError> {
        if self.world.variable("KUBERNETES_SERVICE_HOST").is_none() {
            return Err(ApiError::Settings(
                "Neither the `kubernetes` provider block nor the environment names a cluster.".into(),
            ));
        }
        Config::incluster().map_err(|error| refused(&error))
    }
}

/// A program that gives credentials, as a kubeconfig has it.
fn program(exec: &Value) -> serde_json::Value {
    let text = |name: &str| exec.attribute(name).and_then(Value::as_str).unwrap_or_default();
    let args: Vec<&str> = match exec.attribute("args") {
        Some(args) => args.elements().filter_map(Value::as_str).collect(),
        None => Vec::new(),
    };
    let env = exec.attribute("env").and_then(Value::as_named).into_iter().flatten();
    let env: Vec<serde_json::Value> =
        env.filter_map(|(name, value)| Some(json!({"name": &**name, "value": value.as_str()?}))).collect();
    json!({
        "apiVersion": text("api_version"),
        "command": text("command"),
        "args": args,
        "env": env,
        "interactiveMode": "Never",
        "provideClusterInfo": false,
    })
}

/// The certificates of a PEM text.
fn certificates(pem: &str) -> Result<Vec<Vec<u8>>, ApiError> {
    let broken = || ApiError::Settings("`cluster_ca_certificate` holds no certificate in PEM form".into());
    let mut found = Vec::new();
    let mut rest = pem;
    while let Some((_, after)) = rest.split_once("-----BEGIN CERTIFICATE-----") {
        let (text, after) = after.split_once("-----END CERTIFICATE-----").ok_or_else(broken)?;
        let text: String = text.split_whitespace().collect();
        found.push(STANDARD.decode(text).map_err(|_| broken())?);
        rest = after;
    }
    if found.is_empty() { Err(broken()) } else { Ok(found) }
}
