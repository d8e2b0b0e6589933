//! Entra ID and the cloud's own description: where everything is, and tokens for whoever asks properly.
//!
//! Invariant: a token opens this sandbox only; it is signed by nobody.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::arm::{CLIENT, PRINCIPAL, TENANT};
use crate::clock::Moment;

const SECONDS: i64 = 24 * 60 * 60;

/// A request, as far as it matters here.
pub(crate) struct Asked<'a> {
    /// The endpoint as the client knows it.
    pub(crate) base: &'a str,
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a BTreeMap<String, String>,
    pub(crate) form: &'a BTreeMap<String, String>,
    pub(crate) now: Moment,
}

/// The answer, or nothing where the path belongs to somebody else.
pub(crate) fn answer(asked: &Asked<'_>) -> Option<(u16, Value)> {
    Some(match asked.path {
        ["metadata", "endpoints"] => (200, endpoints(asked)),
        ["metadata", "identity", "oauth2", "token"] | ["msi", "token"] => (200, managed(asked)),
        ["metadata", "instance"] => {
            (200, json!({"compute": {"azEnvironment": "AzureCloud", "location": "westeurope"}}))
        }
        [_, "oauth2", "v2.0", "token"] | [_, "oauth2", "token"] => token(asked),
        [tenant, ".well-known", "openid-configuration"]
        | [tenant, "v2.0", ".well-known", "openid-configuration"] => (200, configuration(asked.base, tenant)),
        [_, "discovery", "instance"] => (
            200,
            json!({
                "tenant_discovery_endpoint": format!("{}/{TENANT}/v2.0/.well-known/openid-configuration", asked.base),
                "api-version": "1.1",
                "metadata": [],
            }),
        ),
        [_, "discovery", "v2.0", "keys"] => (200, json!({"keys": []})),
        _ => return None,
    })
}

/// What clients that are pointed at a cloud by its host ask first.
fn endpoints(asked: &Asked<'_>) -> Value {
    let base = asked.base;
    let cloud = json!({
        "name": "AzureCloud",
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": base,
            "audiences": [base, "https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": base,
        "graph": base,
        "graphAudience": base,
        "microsoftGraphResourceId": base,
        "gallery": "https://gallery.azure.com/",
        "media": "https://rest.media.azure.net",
        "batch": "https://batch.core.windows.net/",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main/arm-compute/quickstart-templates/aliases.json",
        "logAnalyticsResourceId": "https://api.loganalytics.io",
        "appInsightsResourceId": "https://api.applicationinsights.io",
        "synapseAnalyticsResourceId": "https://dev.azuresynapse.net",
        "attestationResourceId": "https://attest.azure.net",
        "ossrDbmsResourceId": "https://ossrdbms-aad.database.windows.net",
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "attestationEndpoint": "attest.azure.net",
            "keyVaultDns": "vault.azure.net",
            "mhsmDns": "managedhsm.azure.net",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "mariadbServerEndpoint": "mariadb.database.azure.com",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
            "storageSyncEndpointSuffix": "afs.azure.net",
            "synapseAnalytics": "dev.azuresynapse.net",
        },
    });
    // Before 2020 the answer described one cloud; in some versions it is a list of clouds.
    match asked.query.get("api-version").map(String::as_str) {
        Some("2019-05-01" | "2020-06-01") => json!([cloud]),
        _ => cloud,
    }
}

fn configuration(base: &str, tenant: &str) -> Value {
    json!({
        "issuer": format!("{base}/{tenant}/v2.0"),
        "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{base}/{tenant}/discovery/v2.0/keys"),
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
    })
}

fn token(asked: &Asked<'_>) -> (u16, Value) {
    let field = |name: &str| asked.form.get(name).map(String::as_str).unwrap_or("");
    let client = match field("client_id") {
        "" => CLIENT,
        client => client,
    };
    let known = match field("grant_type") {
        "client_credentials" => !field("client_secret").is_empty() || !field("client_assertion").is_empty(),
        "refresh_token" => !field("refresh_token").is_empty(),
        "authorization_code" | "password" | "urn:ietf:params:oauth:grant-type:jwt-bearer" => true,
        other => {
            return refused(
                400,
                "unsupported_grant_type",
                &format!("AADSTS70003: The app requested an unsupported grant type '{other}'."),
            );
        }
    };
    if !known {
        let message = "AADSTS7000216: 'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
        return refused(401, "invalid_client", message);
    }
    let scope = field("scope").split(' ').next().unwrap_or("");
    let audience = match (field("resource"), scope.trim_end_matches("/.default")) {
        ("", "") => asked.base,
        ("", scope) => scope,
        (resource, _) => resource,
    };
    let body = json!({
        "token_type": "Bearer",
        "expires_in": SECONDS,
        "ext_expires_in": SECONDS,
        "expires_on": (asked.now.0 / 1000 + SECONDS).to_string(),
        "resource": audience,
        "access_token": signed(asked, client, audience),
    });
    (200, body)
}

fn refused(status: u16, code: &str, message: &str) -> (u16, Value) {
    (status, json!({"error": code, "error_description": message, "error_codes": []}))
}

/// A token as a machine gets it for its managed identity.
fn managed(asked: &Asked<'_>) -> Value {
    let resource =
        asked.query.get("resource").or_else(|| asked.form.get("resource")).map_or(asked.base, String::as_str);
    let client = asked.query.get("client_id").map_or(CLIENT, String::as_str);
    json!({
        "access_token": signed(asked, client, resource),
        "client_id": client,
        "expires_in": SECONDS.to_string(),
        "expires_on": (asked.now.0 / 1000 + SECONDS).to_string(),
        "not_before": (asked.now.0 / 1000).to_string(),
        "resource": resource,
        "token_type": "Bearer",
    })
}

/// A token in the form of the real ones: clients read who they are from it.
fn signed(asked: &Asked<'_>, client: &str, audience: &str) -> String {
    let seconds = asked.now.0 / 1000;
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({"typ": "JWT", "alg": "RS256", "kid": "sandbox"}));
    let claims = part(json!({
        "aud": audience,
        "iss": format!("{}/{TENANT}/", asked.base),
        "iat": seconds, "nbf": seconds, "exp": seconds + SECONDS,
        "appid": client, "appidacr": "1", "idp": format!("{}/{TENANT}/", asked.base), "idtyp": "app",
        "oid": PRINCIPAL, "sub": PRINCIPAL, "tid": TENANT, "ver": "1.0",
    }));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode("sandbox"))
}
