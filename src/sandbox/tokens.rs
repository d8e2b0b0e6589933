//! Tokens as Entra ID issues them. The sandbox believes everybody: any client gets one, for the caller that every sandbox has.
//!
//! Never: a secret that a client sends is kept or looked at.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value as Json, json};

use crate::arm::types::{CALLER, TENANT};
use crate::clock;

/// How long a token is good for, in seconds.
const LIFETIME: i64 = 3600;

/// `POST /{tenant}/oauth2/v2.0/token`
pub(crate) async fn token(Path(_tenant): Path<String>, body: String) -> Response {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let has = |name: &str| fields.iter().any(|(field, value)| field == name && !value.is_empty());
    let proven = has("client_secret") || has("client_assertion") || has("refresh_token") || has("password");
    if !has("grant_type") || !proven {
        let error = json!({
            "error": "invalid_client",
            "error_description": "AADSTS7000216: 'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
            "error_codes": [7_000_216],
        });
        return (StatusCode::UNAUTHORIZED, axum::Json(error)).into_response();
    }
    let scope = fields.iter().find(|(name, _)| name == "scope" || name == "resource");
    axum::Json(answer(scope.map_or("", |(_, value)| value))).into_response()
}

/// `GET /metadata/identity/oauth2/token`
pub(crate) async fn managed_identity() -> axum::Json<Json> {
    axum::Json(answer(""))
}

fn answer(audience: &str) -> Json {
    let now = clock::now().0 / 1000;
    let claims = json!({
        "aud": audience.trim_end_matches("/.default"),
        "iss": format!("https://sts.windows.net/{TENANT}/"),
        "iat": now, "nbf": now, "exp": now + LIFETIME,
        "appid": "00000000-0000-0000-0000-0000000000bb",
        "oid": CALLER, "sub": CALLER, "tid": TENANT, "idtyp": "app", "ver": "1.0",
    });
    let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
    let header = json!({ "typ": "JWT", "alg": "none" });
    json!({
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "expires_on": (now + LIFETIME).to_string(),
        "access_token": format!("{}.{}.{}", part(&header), part(&claims), URL_SAFE_NO_PAD.encode("sandbox")),
    })
}
