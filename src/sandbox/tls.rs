//! TLS on loopback: the sandbox's own certificate authority, server and client certificates, and who a peer is.
//!
//! Invariant: the authority is made once for a world; its key lies in the folder, readable by its owner only.
//! Invariant: a slow or silent peer blocks nobody: each connection is a task of its own, and a handshake has a limit.
//! Never: no certificate here is trusted outside this world.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use rustls::server::WebPkiClientVerifier;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::clock::{self, Tasks};
use crate::{SandboxError, der, files};

const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// The names under which the sandbox is reached.
const NAMES: &[&str] = &[
    "127.0.0.1",
    "::1",
    "localhost",
    "*.localhost",
    "management.azure.test",
    "login.azure.test",
    "graph.azure.test",
    "*.azure.test",
    "*.blob.core.azure.test",
    "*.blob.core.windows.net",
    "*.dfs.core.windows.net",
    "*.file.core.windows.net",
    "*.queue.core.windows.net",
    "*.table.core.windows.net",
    "*.blob.localhost",
    "*.azurecr.io",
    "*.vault.azure.net",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];

/// Who is at the other end of a connection, by its client certificate. A request extension where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The certificate's common name.
    pub(crate) user: String,
    /// The certificate's organisations.
    pub(crate) groups: Vec<String>,
}

/// An extension of an answer that must not arrive: the connection breaks instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LostAnswer;

/// Whether a listener asks for client certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientCertificates {
    /// None is asked for.
    Unasked,
    /// One of this authority is accepted; none is fine too.
    Optional,
}

/// A certificate with its key, both as PEM.
pub(crate) struct Issued {
    /// The certificate.
    pub(crate) certificate: String,
    /// The private key.
    pub(crate) key: String,
}

/// The certificate authority of one world.
pub(crate) struct Authority {
    path: PathBuf,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Reads the authority from the folder, or makes one.
    ///
    /// # Errors
    /// When its files cannot be read or written, or hold something else.
    pub(crate) fn open(folder: &Path) -> Result<Self, SandboxError> {
        let (path, key_path) = (folder.join("ca.pem"), folder.join("ca-key.pem"));
        let read = |path: &Path| std::fs::read_to_string(path);
        if let (Ok(pem), Ok(key)) = (read(&path), read(&key_path)) {
            let key = KeyPair::from_pem(&key)?;
            return Ok(Self { path, pem, issuer: Issuer::new(authority_params()?, key) });
        }
        let key = KeyPair::generate()?;
        let pem = authority_params()?.self_signed(&key)?.pem();
        files::replace(&key_path, key.serialize_pem().as_bytes())?;
        files::replace(&path, pem.as_bytes())?;
        Ok(Self { path, pem, issuer: Issuer::new(authority_params()?, key) })
    }

    /// The authority's certificate.
    #[must_use]
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The file that holds the authority's certificate.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Issues a client certificate: the common name is the user, the organisation its group.
    ///
    /// # Errors
    /// When no key can be made.
    pub(crate) fn client_certificate(&self, user: &str, group: &str) -> Result<Issued, SandboxError> {
        let mut params = params(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, user);
        params.distinguished_name.push(DnType::OrganizationName, group);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Issued { certificate, key: key.serialize_pem() })
    }

    /// What a TLS listener of this world needs, with a fresh server certificate.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub(crate) fn server(
        &self,
        clients: ClientCertificates,
    ) -> Result<Arc<rustls::ServerConfig>, SandboxError> {
        let mut params = params(NAMES.iter().map(|name| (*name).to_owned()).collect())?;
        params.distinguished_name.push(DnType::CommonName, "aksel sandbox");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, &self.issuer)?;
        let authority = CertificateDer::from_pem_slice(self.pem.as_bytes())
            .map_err(|error| SandboxError::Certificate(error.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?;
        let builder = match clients {
            ClientCertificates::Unasked => builder.with_no_client_auth(),
            ClientCertificates::Optional => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.clone())?;
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .allow_unauthenticated()
                    .build()
                    .map_err(|error| SandboxError::Certificate(error.to_string()))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = builder.with_single_cert(vec![leaf.der().clone(), authority], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn params(names: Vec<String>) -> Result<CertificateParams, SandboxError> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2120, 1, 1);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn authority_params() -> Result<CertificateParams, SandboxError> {
    let mut params = params(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "aksel sandbox authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = false;
    Ok(params)
}

/// Accepts connections for a router until its task is cancelled. All connections are tasks of `tasks`.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    router: Router,
    tasks: Tasks,
) {
    let acceptor = TlsAcceptor::from(tls);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => tasks.spawn(connection(acceptor.clone(), stream, router.clone())),
            // Out of file descriptors, or a peer that is gone already: the next accept may go well.
            Err(_) => clock::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn connection(acceptor: TlsAcceptor, stream: TcpStream, router: Router) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let handshake = acceptor.accept(stream);
    let stream = tokio::select! {
        stream = handshake => stream,
        () = clock::sleep(HANDSHAKE_MAX) => return,
    };
    let Ok(stream) = stream else { return };
    let identity = stream.get_ref().1.peer_certificates().and_then(|chain| der::subject(chain.first()?));
    let router = match identity {
        Some(identity) => router.layer(axum::Extension(identity)),
        None => router,
    };
    let inner = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let answer = inner.call(request);
        async move {
            let Ok(answer) = answer.await;
            match answer.extensions().get::<LostAnswer>() {
                Some(_) => Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
                None => Ok(answer),
            }
        }
    });
    // What goes wrong on one connection is the peer's business.
    drop(
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
            .await,
    );
}
