//! The front: which part of the sandbox answers which path.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::{Value as Json, json};

use crate::arm::answer::arm;
use crate::arm::types::TENANT;
use crate::hub::Hub;
use crate::tokens;

/// All routes but those of the clusters.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/metadata/endpoints", get(endpoints))
        .route("/metadata/identity/oauth2/token", get(tokens::managed_identity))
        .route("/{tenant}/oauth2/token", post(tokens::token))
        .route("/{tenant}/oauth2/v2.0/token", post(tokens::token))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(open_id))
        .route("/common/discovery/instance", get(discovery))
        .route("/subscriptions", any(arm))
        .route("/subscriptions/{*path}", any(arm))
        .route("/providers/{*path}", any(arm))
        .route("/tenants", get(tenants))
        .route("/v2/", get(registry))
        .fallback(crate::blobs::blobs)
        .with_state(hub)
}

/// Where everything is, as ARM tells it without a token.
///
/// Source: <https://learn.microsoft.com/rest/api/resources/> (metadata endpoints, 2022-09-01)
async fn endpoints(State(hub): State<Arc<Hub>>) -> axum::Json<Json> {
    let endpoint = &hub.endpoint;
    axum::Json(json!({
        "name": "AkselSandbox",
        "portal": endpoint,
        "authentication": {
            "loginEndpoint": format!("{endpoint}/"),
            "audiences": [endpoint, "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": endpoint,
        "microsoftGraphResourceId": format!("{endpoint}/graph/"),
        "graph": endpoint,
        "graphAudience": endpoint,
        "media": endpoint,
        "batch": endpoint,
        "logAnalyticsResourceId": endpoint,
        "gallery": endpoint,
        "suffixes": {
            "storage": "core.windows.net",
            "acrLoginServer": "azurecr.io",
            "keyVaultDns": "vault.azure.net",
            "sqlServerHostname": "database.windows.net",
            "mhsmDns": "managedhsm.azure.net",
        },
    }))
}

async fn open_id(State(hub): State<Arc<Hub>>) -> axum::Json<Json> {
    let issuer = format!("{}/{TENANT}/v2.0", hub.endpoint);
    axum::Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{}/{TENANT}/oauth2/v2.0/token", hub.endpoint),
        "authorization_endpoint": format!("{}/{TENANT}/oauth2/v2.0/authorize", hub.endpoint),
        "jwks_uri": format!("{}/{TENANT}/discovery/v2.0/keys", hub.endpoint),
    }))
}

async fn discovery(State(hub): State<Arc<Hub>>) -> axum::Json<Json> {
    let host = hub.endpoint.trim_start_matches("https://");
    axum::Json(json!({
        "tenant_discovery_endpoint": format!("{}/{TENANT}/v2.0/.well-known/openid-configuration", hub.endpoint),
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    }))
}

async fn tenants() -> axum::Json<Json> {
    axum::Json(json!({ "value": [{ "id": format!("/tenants/{TENANT}"), "tenantId": TENANT }] }))
}

/// The registry says that it is one; images are not kept.
async fn registry() -> Response {
    ([("docker-distribution-api-version", "registry/2.0")], axum::Json(json!({}))).into_response()
}

/// The environment in which clients reach a sandbox.
pub(crate) fn environment(endpoint: &str, authority: &Path) -> Vec<(&'static str, String)> {
    let host = endpoint.trim_start_matches("https://").to_owned();
    vec![
        ("ARM_METADATA_HOSTNAME", host),
        ("ARM_SUBSCRIPTION_ID", "00000000-0000-0000-0000-000000000001".into()),
        ("ARM_TENANT_ID", TENANT.into()),
        ("ARM_CLIENT_ID", "00000000-0000-0000-0000-0000000000bb".into()),
        ("ARM_CLIENT_SECRET", "sandbox".into()),
        ("ARM_RESOURCE_PROVIDER_REGISTRATIONS", "none".into()),
        ("SSL_CERT_FILE", authority.display().to_string()),
        ("REQUESTS_CA_BUNDLE", authority.display().to_string()),
    ]
}
