//! The running sandbox: what is made survives it, and goes when it is removed.

use std::path::Path;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

/// A client that speaks as much HTTP as it takes, over TLS with the sandbox's authority.
struct Client {
    tls: tokio_rustls::TlsConnector,
    address: String,
}

impl Client {
    fn new(sandbox: &Sandbox) -> Self {
        use rustls::pki_types::{CertificateDer, pem::PemObject as _};
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(sandbox.authority_pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let address = sandbox.endpoint().trim_start_matches("https://").to_owned();
        Self { tls: tokio_rustls::TlsConnector::from(Arc::new(config)), address }
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let (status, text) = self.exchange(method, path, body).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn exchange(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let stream = tokio::net::TcpStream::connect(&self.address).await.unwrap();
        let name = rustls::pki_types::ServerName::try_from("127.0.0.1").unwrap();
        let mut stream = self.tls.connect(name, stream).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A peer that closes without saying so in TLS has said all the same what it had to say.
        drop(stream.read_to_end(&mut answer).await);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    /// Asks again until it is not answered so any more.
    async fn until_not(&self, status: u16, path: &str) -> u16 {
        for _ in 0..5_000 {
            let (now, _) = self.send("GET", path, "").await;
            if now != status {
                return now;
            }
        }
        status
    }
}

const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";

fn at(path: &str) -> String {
    format!("{GROUP}{path}?api-version=2025-10-01")
}

async fn start(folder: &Path) -> (Sandbox, Client) {
    let options = Options { pace: 0.05, ..Options::new(folder) };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = Client::new(&sandbox);
    (sandbox, client)
}

#[tokio::test]
async fn what_is_made_survives_and_what_is_removed_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, client) = start(folder.path()).await;
    assert_eq!(client.send("GET", &at(""), "").await.0, 404);
    assert_eq!(client.send("PUT", &at(""), r#"{"location":"West Europe"}"#).await.0, 201);
    let account = at("/providers/Microsoft.Storage/storageAccounts/stml1");
    let body = r#"{"location":"westeurope","sku":{"name":"Standard_LRS"},"kind":"StorageV2"}"#;
    assert_eq!(client.send("PUT", &account, body).await.0, 200);
    let container =
        at("/providers/Microsoft.Storage/storageAccounts/stml1/blobServices/default/containers/data");
    assert_eq!(client.send("PUT", &container, "{}").await.0, 201);
    assert_eq!(client.exchange("PUT", "/stml1/data/a/b.txt", "hello").await.0, 201);
    let cluster = at("/providers/Microsoft.ContainerService/managedClusters/aks");
    let pools = json!([{"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5", "count": 2}]);
    let body = json!({"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": {"agentPoolProfiles": pools}});
    let (status, made) = client.send("PUT", &cluster, &body.to_string()).await;
    assert_eq!((status, made["properties"]["provisioningState"].as_str()), (201, Some("Creating")));
    let credentials =
        at("/providers/Microsoft.ContainerService/managedClusters/aks/listClusterUserCredential");
    let (_, before) = client.send("POST", &credentials, "").await;
    sandbox.stop().await;

    let (sandbox, client) = start(folder.path()).await;
    assert_eq!(client.exchange("GET", "/stml1/data/a/b.txt", "").await, (200, "hello".to_owned()));
    assert!(client.send("POST", &credentials, "").await.1 == before, "the same kubeconfig");
    assert_eq!(sandbox.summary().clusters, 1);
    assert_eq!(client.send("DELETE", &at(""), "").await.0, 202);
    assert_eq!(client.until_not(200, &at("")).await, 404);
    let summary = sandbox.summary();
    assert_eq!((summary.arm_objects, summary.blobs), (0, 0));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_cluster_that_is_made_again_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, client) = start(folder.path()).await;
    client.send("PUT", &at(""), r#"{"location":"westeurope"}"#).await;
    let cluster = at("/providers/Microsoft.ContainerService/managedClusters/aks");
    let credentials =
        at("/providers/Microsoft.ContainerService/managedClusters/aks/listClusterUserCredential");
    let pools = json!([{"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5"}]);
    let body = json!({"location": "westeurope", "properties": {"agentPoolProfiles": pools}}).to_string();
    let mut handed_out = Vec::new();
    for _ in 0..2 {
        assert_eq!(client.send("PUT", &cluster, &body).await.0, 201);
        handed_out.push(client.send("POST", &credentials, "").await.1);
        assert_eq!(client.send("DELETE", &cluster, "").await.0, 202);
        assert_eq!(client.until_not(200, &cluster).await, 404);
    }
    assert!(handed_out[0]["kubeconfigs"].is_array() && handed_out[0] != handed_out[1]);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_world_has_one_holder() {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, _) = start(folder.path()).await;
    assert!(matches!(Sandbox::start(Options::new(folder.path())).await, Err(SandboxError::Held { .. })));
    sandbox.stop().await;
    start(folder.path()).await.0.stop().await;
}

#[tokio::test]
async fn faults_are_answered_as_the_service_answers() {
    let folder = tempfile::tempdir().unwrap();
    for (faults, expected) in [
        (Faults { throttled: 1.0, ..Faults::default() }, 429),
        (Faults { conflicts: 1.0, ..Faults::default() }, 409),
        (Faults { lost: 1.0, ..Faults::default() }, 0),
    ] {
        let options = Options { faults: Some(faults), ..Options::new(folder.path()) };
        let sandbox = Sandbox::start(options).await.unwrap();
        let client = Client::new(&sandbox);
        assert_eq!(client.send("PUT", &at(""), r#"{"location":"westeurope"}"#).await.0, expected);
        sandbox.stop().await;
    }
    let (sandbox, client) = start(folder.path()).await;
    assert_eq!(
        client.send("GET", &at(""), "").await.0,
        200,
        "the request whose answer was lost had its effect"
    );
    sandbox.stop().await;
}
