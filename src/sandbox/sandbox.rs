//! The running sandbox: opens the world's folder, listens, and ends without leaving anything behind.
//!
//! Invariant: one process holds a world; a second one is refused and told so.

use std::fmt;
use std::fs::File;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::arm::{Place, Request};
use crate::clock::Tasks;
use crate::faults::{Dice, Faults};
use crate::front;
use crate::hub::Hub;
use crate::ports::Ports;
use crate::request_log::RequestLog;
use crate::tls::{self, Authority, ClientCertificates};

/// How a sandbox is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that keeps the world, such as `.aksel/sandbox`; made if it is not there.
    pub folder: PathBuf,
    /// The port for everything but the clusters; without one it is chosen and kept.
    pub port: Option<u16>,
    /// By how much the durations of long-running operations are multiplied; 1.0 is a cluster in two seconds.
    pub pace: f64,
    /// Faults on purpose; without them those of `faults.json` in the folder.
    pub faults: Option<Faults>,
    /// A file to which each request is appended with its body, one JSON object a line; secrets are masked.
    pub log: Option<PathBuf>,
}

impl Options {
    /// The usual sandbox in this folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), port: None, pace: 1.0, faults: None, log: None }
    }
}

/// What somebody else does to an object.
#[derive(Clone, Debug)]
pub enum Meddling {
    /// Nothing but looking at it.
    Look,
    /// Changes members of it.
    Merge(serde_json::Map<String, serde_json::Value>),
    /// Deletes it.
    Delete,
}

/// Why a sandbox cannot run.
#[derive(Debug)]
pub enum SandboxError {
    /// Another process holds the world.
    Held {
        /// The world's folder.
        folder: PathBuf,
    },
    /// A file of the world cannot be used.
    File {
        /// What was tried: `read`, `write`, `lock`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file of the world holds something else than it should.
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The wanted port is occupied.
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        error: std::io::Error,
    },
    /// No port from 20000 to 29999 is free.
    NoPort,
    /// No certificate could be made.
    Certificate(String),
}

impl SandboxError {
    pub(crate) fn file(action: &'static str, path: &Path, error: std::io::Error) -> Self {
        Self::File { action, path: path.to_owned(), error }
    }
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { folder } => {
                write!(f, "the sandbox in {} is in use by another process", folder.display())
            }
            Self::File { action, path, error } => write!(f, "cannot {action} {}: {error}", path.display()),
            Self::Content { path, problem } => write!(f, "{} is damaged: {problem}", path.display()),
            Self::Port { port, error } => write!(f, "cannot listen on 127.0.0.1:{port}: {error}"),
            Self::NoPort => f.write_str("no port between 20000 and 29999 is free on 127.0.0.1"),
            Self::Certificate(problem) => write!(f, "cannot make a certificate: {problem}"),
        }
    }
}

impl std::error::Error for SandboxError {}

impl From<rcgen::Error> for SandboxError {
    fn from(error: rcgen::Error) -> Self {
        Self::Certificate(error.to_string())
    }
}

impl From<rustls::Error> for SandboxError {
    fn from(error: rustls::Error) -> Self {
        Self::Certificate(error.to_string())
    }
}

/// How much lives in a sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// ARM objects that a client has made, resource groups included.
    pub arm_objects: usize,
    /// Clusters with a running Kubernetes API server.
    pub clusters: usize,
    /// Kubernetes objects in all clusters, those included that every cluster has.
    pub kubernetes_objects: usize,
    /// Blobs in all storage accounts.
    pub blobs: usize,
}

/// A running sandbox. Dropping it cancels its tasks; [`Sandbox::stop`] also waits for them.
pub struct Sandbox {
    endpoint: String,
    hub: Arc<Hub>,
    // Held for its lock.
    _lock: File,
}

impl Sandbox {
    /// Opens the world in the folder and listens on 127.0.0.1.
    ///
    /// # Errors
    /// When another process holds the world, a file of it cannot be used, or the wanted port is occupied.
    pub async fn start(options: Options) -> Result<Self, SandboxError> {
        let folder = &options.folder;
        std::fs::create_dir_all(folder).map_err(|error| SandboxError::file("make", folder, error))?;
        let folder = folder.canonicalize().map_err(|error| SandboxError::file("find", folder, error))?;
        let lock = hold(&folder)?;
        let dice = match options.faults.clone() {
            Some(faults) => Dice::new(faults),
            None => Dice::open(&folder)
                .map_err(|problem| SandboxError::Content { path: folder.join("faults.json"), problem })?,
        };
        let authority = Authority::open(&folder)?;
        let ports = Ports::open(&folder)?;
        let listener = ports.listen("arm", options.port).await?;
        let address =
            listener.local_addr().map_err(|error| SandboxError::file("listen in", &folder, error))?;
        let endpoint = format!("https://{address}");
        let tls = authority.server(ClientCertificates::Unasked)?;
        let tasks = Tasks::new();
        let place = Place { endpoint: endpoint.clone(), pace: options.pace };
        let mut hub = Hub::open(folder, place, authority, ports, dice, tasks.clone())?;
        hub.log = options.log.as_deref().map(RequestLog::open).transpose()?;
        let hub = Arc::new(hub);
        tasks.spawn(hub.clone().keep_clusters());
        hub.reconcile().await?;
        tasks.spawn(tls::serve(listener, tls, front::router(hub.clone()), tasks.clone()));
        Ok(Self { endpoint, hub, _lock: lock })
    }

    /// Where Azure Resource Manager, Entra ID and the rest answer: `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The certificate of the sandbox's authority, as PEM.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        self.hub.authority.pem()
    }

    /// The file with the certificate of the sandbox's authority.
    #[must_use]
    pub fn authority_path(&self) -> &Path {
        self.hub.authority.path()
    }

    /// The environment in which `aksel`, `terraform`, `az` and `kubectl` reach the sandbox.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        front::environment(&self.endpoint, self.authority_path())
    }

    /// How much lives in the sandbox now.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.hub.summary()
    }

    /// The requests that were answered since the world was made, the newest last: method, path, status. Bounded.
    #[must_use]
    pub fn requests(&self) -> Vec<crate::Exchange> {
        self.hub.activity.exchanges()
    }

    /// Does to an object what somebody else might do meanwhile, past everything that a client has open. Gives the object
    /// as it is then; `None` if there is none.
    ///
    /// # Errors
    /// When the world cannot be written.
    pub async fn meddle(&self, id: &str, how: Meddling) -> Result<Option<serde_json::Value>, SandboxError> {
        let (method, body) = match how {
            Meddling::Look => (http::Method::GET, serde_json::Map::new()),
            Meddling::Merge(body) => (http::Method::PATCH, body),
            Meddling::Delete => (http::Method::DELETE, serde_json::Map::new()),
        };
        let request = Request {
            method,
            path: id.trim_end_matches('/').to_owned(),
            query: [("api-version".to_owned(), "2025-01-01".to_owned())].into(),
            if_match: None,
            if_none_match: None,
            body,
        };
        let reply = self.hub.arm(&request).await?;
        Ok(reply.body.filter(|_| reply.status < 400))
    }

    /// Runs until `stop` is ready, then stops.
    pub async fn serve_until(self, stop: impl Future<Output = ()>) {
        stop.await;
        self.stop().await;
    }

    /// Ends all tasks and gives the world free.
    pub async fn stop(self) {
        self.hub.stop().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.hub.cancel();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Takes the world's lock, which the system releases when the process ends, however it ends.
fn hold(folder: &Path) -> Result<File, SandboxError> {
    let path = folder.join("lock");
    let failed = |error| SandboxError::file("lock", &path, error);
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(SandboxError::Held { folder: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

#[cfg(test)]
#[path = "sandbox_tests.rs"]
mod tests;
