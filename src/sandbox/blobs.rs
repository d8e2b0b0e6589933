//! Blob storage: `/{account}/{container}/{blob}` on the sandbox's own port.
//!
//! Invariant: a container is the one that ARM has; a blob is a file in the world's folder, written whole.
//! Never: keys and signatures are checked; the sandbox believes everybody.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, Uri};

use crate::files;
use crate::hub::Hub;

/// Answers blob requests, and 404 for everything else.
pub(crate) async fn blobs(State(hub): State<Arc<Hub>>, method: Method, uri: Uri, body: Bytes) -> Response {
    let parts: Vec<&str> = uri.path().trim_start_matches('/').splitn(3, '/').collect();
    let (account, container, blob) = match parts.as_slice() {
        [account, container, blob] if !blob.is_empty() => (*account, *container, *blob),
        [account, container] | [account, container, _] if !container.is_empty() => {
            return listed(&hub, account, container);
        }
        _ => return missing("ResourceNotFound", "The specified resource does not exist."),
    };
    if !hub.has_container(account, container) {
        return missing("ContainerNotFound", "The specified container does not exist.");
    }
    let path = file(&hub.folder, account, container, blob);
    match method {
        Method::PUT => written(&path, &body),
        Method::GET => match std::fs::read(&path) {
            Ok(bytes) => ([("x-ms-blob-type", "BlockBlob")], bytes).into_response(),
            Err(_) => missing("BlobNotFound", "The specified blob does not exist."),
        },
        Method::HEAD if path.exists() => StatusCode::OK.into_response(),
        Method::DELETE if std::fs::remove_file(&path).is_ok() => StatusCode::ACCEPTED.into_response(),
        _ => missing("BlobNotFound", "The specified blob does not exist."),
    }
}

fn written(path: &Path, body: &[u8]) -> Response {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all).is_ok();
    if made && files::replace(path, body).is_ok() {
        return StatusCode::CREATED.into_response();
    }
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// The names of the blobs in a container.
fn listed(hub: &Hub, account: &str, container: &str) -> Response {
    if !hub.has_container(account, container) {
        return missing("ContainerNotFound", "The specified container does not exist.");
    }
    let folder = hub.folder.join("blobs").join(account).join(container);
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(decoded(entry.ok()?.file_name().to_str()?)))
        .collect();
    names.sort();
    let blobs: String =
        names.iter().map(|name| format!("<Blob><Name>{}</Name></Blob>", escaped(name))).collect();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"{container}\"><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>"
    );
    ([(http::header::CONTENT_TYPE, "application/xml")], xml).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A blob's name may hold slashes and dots; its file's name holds neither.
fn file(folder: &Path, account: &str, container: &str, blob: &str) -> PathBuf {
    let encoded: String = url::form_urlencoded::byte_serialize(blob.as_bytes()).collect();
    folder.join("blobs").join(account).join(container).join(encoded.replace('.', "%2E"))
}

fn decoded(name: &str) -> String {
    let pair = format!("n={name}");
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn missing(code: &str, message: &str) -> Response {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (StatusCode::NOT_FOUND, [(http::header::CONTENT_TYPE, "application/xml")], xml).into_response()
}
