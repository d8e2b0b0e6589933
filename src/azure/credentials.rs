//! Credentials: who signs in, and the tokens that follow.
//!
//! Invariant: a token is asked for once and used until five minutes before it ends.
//! Never: a token or a secret is in a log, an error or `Debug`.

use std::sync::Arc;

use aksel_provider::world::World;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::environment::{file, output};
use crate::settings::{Federated, Given, Secret, Settings};
use crate::wire::Wire;

/// A token and when it ends.
#[derive(Clone, Debug)]
pub struct Token {
    secret: Secret,
    ends: Timestamp,
}

/// Where tokens come from.
#[async_trait]
pub trait Credential: Send + Sync {
    /// What it is, for messages.
    fn name(&self) -> &'static str;

    /// A new token for ARM: the JSON that the issuer answers with.
    ///
    /// # Errors
    /// Words that hold no secret.
    async fn ask(&self, wire: &Wire, audience: &str) -> Result<Json, String>;
}

/// A client with a secret, or with a token of another issuer.
struct Client {
    address: String,
    client: String,
    proof: Proof,
}

enum Proof {
    Secret(Secret),
    Federated(Federated),
}

#[async_trait]
impl Credential for Client {
    fn name(&self) -> &'static str {
        match self.proof {
            Proof::Secret(_) => "client secret",
            Proof::Federated(_) => "OpenID Connect",
        }
    }

    async fn ask(&self, wire: &Wire, audience: &str) -> Result<Json, String> {
        let assertion = match &self.proof {
            Proof::Secret(_) => None,
            Proof::Federated(federated) => Some(assertion(federated, wire).await?),
        };
        let body = self.form(audience, assertion.as_ref());
        let (status, answer) = wire.form(&self.address, body).await.map_err(|error| error.to_string())?;
        if status == 200 {
            Ok(answer)
        } else {
            Err(format!("{}: {}", answer["error"].as_str().unwrap_or("refused"), said(&answer)))
        }
    }
}

impl Client {
    fn form(&self, audience: &str, assertion: Option<&Secret>) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials").append_pair("client_id", &self.client);
        form.append_pair("scope", &format!("{}/.default", audience.trim_end_matches('/')));
        if let Proof::Secret(secret) = &self.proof {
            form.append_pair("client_secret", &secret.0);
        }
        if let Some(token) = assertion {
            form.append_pair(
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            );
            form.append_pair("client_assertion", &token.0);
        }
        form.finish()
    }
}

fn said(answer: &Json) -> String {
    answer["error_description"]
        .as_str()
        .unwrap_or("no reason given")
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

async fn assertion(federated: &Federated, wire: &Wire) -> Result<Secret, String> {
    match federated {
        Federated::None => Err("there is no token of another issuer".into()),
        Federated::Token(token) => Ok(token.clone()),
        Federated::File(path) => file(path).map(Secret),
        Federated::Request(address, token) => {
            let by = if address.contains('?') { '&' } else { '?' };
            let address = format!("{address}{by}audience=api%3A%2F%2FAzureADTokenExchange");
            let (_, answer) = wire
                .get(&address, &[("Authorization", &format!("Bearer {}", token.0))])
                .await
                .map_err(|error| error.to_string())?;
            let value = answer["value"].as_str().or_else(|| answer["oidcToken"].as_str());
            value.map(|token| Secret(token.to_owned())).ok_or_else(|| "the issuer gave no token".to_owned())
        }
    }
}

/// The identity of the machine.
struct Managed {
    client: Option<String>,
    endpoint: Option<String>,
    /// Endpoint and secret that a service with its own identity has in its environment.
    service: Option<(String, Secret)>,
}

#[async_trait]
impl Credential for Managed {
    fn name(&self) -> &'static str {
        "managed identity"
    }

    async fn ask(&self, wire: &Wire, audience: &str) -> Result<Json, String> {
        let client = self.client.as_ref().map(|client| format!("&client_id={client}")).unwrap_or_default();
        let (address, header) = match (&self.endpoint, &self.service) {
            (None, Some((endpoint, secret))) => (
                format!("{endpoint}?api-version=2019-08-01&resource={audience}{client}"),
                ("X-IDENTITY-HEADER", secret.0.clone()),
            ),
            (endpoint, _) => {
                let endpoint =
                    endpoint.as_deref().unwrap_or("http://169.254.169.254/metadata/identity/oauth2/token");
                (
                    format!("{endpoint}?api-version=2018-02-01&resource={audience}{client}"),
                    ("Metadata", "true".to_owned()),
                )
            }
        };
        let (status, answer) =
            wire.get(&address, &[(header.0, &header.1)]).await.map_err(|error| error.to_string())?;
        if status == 200 { Ok(answer) } else { Err(said(&answer)) }
    }
}

/// Whoever has signed in to the Azure CLI.
struct CommandLine {
    tenant: Option<String>,
}

#[async_trait]
impl Credential for CommandLine {
    fn name(&self) -> &'static str {
        "Azure CLI"
    }

    async fn ask(&self, _wire: &Wire, audience: &str) -> Result<Json, String> {
        let mut arguments = vec!["account", "get-access-token", "--output", "json", "--resource", audience];
        if let Some(tenant) = &self.tenant {
            arguments.extend(["--tenant", tenant]);
        }
        let printed = output("az", &arguments).await?;
        let mut answer: Json =
            serde_json::from_str(&printed).map_err(|_| "`az` printed no JSON".to_owned())?;
        answer["access_token"] = answer["accessToken"].take();
        Ok(answer)
    }
}

/// The credential in use and its token.
pub struct Tokens {
    credential: Arc<dyn Credential>,
    /// What else could have been used, and why it was not.
    passed_over: Vec<&'static str>,
    audience: String,
    world: Arc<dyn World>,
    cached: tokio::sync::Mutex<Option<Token>>,
}

impl Tokens {
    /// Picks the credential that the settings name.
    ///
    /// # Errors
    /// What was tried, in words.
    pub fn choose(
        settings: &Settings,
        login: &str,
        audience: &str,
        world: Arc<dyn World>,
    ) -> Result<Tokens, String> {
        let (credential, passed_over) = pick(settings, login, &*world)?;
        Ok(Tokens {
            credential,
            passed_over,
            audience: audience.to_owned(),
            world,
            cached: tokio::sync::Mutex::new(None),
        })
    }

    /// A token that is good for a while.
    ///
    /// # Errors
    /// What was tried, in words.
    pub async fn token(&self, wire: &Wire) -> Result<Secret, String> {
        let mut cached = self.cached.lock().await;
        let now = self.world.now();
        if let Some(token) = cached.as_ref().filter(|token| token.ends > now + SignedDuration::from_mins(5)) {
            return Ok(token.secret.clone());
        }
        let name = self.credential.name();
        self.world.request_leaves();
        let answer = self.credential.ask(wire, &self.audience).await.map_err(|reason| {
            let tried = self.passed_over.iter().map(|passed| format!("{passed}\n"));
            format!("{}{name}: {reason}", tried.collect::<String>())
        })?;
        let secret =
            answer["access_token"].as_str().ok_or_else(|| format!("{name}: the answer holds no token"))?;
        let seconds = answer["expires_in"].as_i64().or_else(|| answer["expires_in"].as_str()?.parse().ok());
        let token = Token {
            secret: Secret(secret.to_owned()),
            ends: now + SignedDuration::from_secs(seconds.unwrap_or(1800)),
        };
        *cached = Some(token.clone());
        Ok(token.secret)
    }
}

/// A credential, and what was passed over before it was found.
type Picked = (Arc<dyn Credential>, Vec<&'static str>);

fn pick(settings: &Settings, login: &str, world: &dyn World) -> Result<Picked, String> {
    let mut tried = Vec::new();
    if settings.certificate == Given::Yes {
        tried.push("client certificate: not supported; use a secret, OpenID Connect or a managed identity");
    }
    let client = settings.client.clone().zip(settings.tenant.clone());
    let address = |tenant: &str| format!("{}/{tenant}/oauth2/v2.0/token", login.trim_end_matches('/'));
    match (&client, &settings.secret) {
        (Some((client, tenant)), Some(secret)) => {
            let proof = Proof::Secret(secret.clone());
            return Ok((Arc::new(Client { address: address(tenant), client: client.clone(), proof }), tried));
        }
        (None, Some(_)) => tried.push("client secret: `client_id` or `tenant_id` is missing"),
        (_, None) => tried.push("client secret: `client_secret` is not set"),
    }
    match (&client, &settings.federated) {
        (Some(_), Federated::None) | (None, Federated::None) => {
            tried.push("OpenID Connect: not asked for, or without a token")
        }
        (Some((client, tenant)), federated) => {
            let proof = Proof::Federated(federated.clone());
            return Ok((Arc::new(Client { address: address(tenant), client: client.clone(), proof }), tried));
        }
        (None, _) => tried.push("OpenID Connect: `client_id` or `tenant_id` is missing"),
    }
    if settings.managed_identity == Given::Yes {
        let managed = Managed {
            client: settings.client.clone(),
            endpoint: settings.managed_identity_endpoint.clone(),
            service: world.variable("IDENTITY_ENDPOINT").zip(world.variable("IDENTITY_HEADER").map(Secret)),
        };
        return Ok((Arc::new(managed), tried));
    }
    tried.push("managed identity: `use_msi` is not set");
    if settings.command_line == Given::Yes {
        return Ok((Arc::new(CommandLine { tenant: settings.tenant.clone() }), tried));
    }
    tried.push("Azure CLI: `use_cli` is false");
    Err(tried.join("\n"))
}
