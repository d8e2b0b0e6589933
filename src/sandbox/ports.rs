//! Which ports the sandbox listens on.
//!
//! Invariant: a listener keeps its port over restarts, since hosts and ports are written into kubeconfigs and state.
//! Invariant: ports lie in 20000-29999, outside the range from which systems draw ports for outgoing connections.
//! Never: no other address than 127.0.0.1.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::SandboxError;

const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// The ports of one world, kept in its folder.
#[derive(Debug)]
pub(crate) struct Ports {
    file: PathBuf,
    start: u16,
    taken: Mutex<BTreeMap<String, u16>>,
}

impl Ports {
    /// Reads which ports the world had.
    ///
    /// # Errors
    /// When the file exists and cannot be read.
    pub(crate) fn open(folder: &Path) -> Result<Self, SandboxError> {
        let file = folder.join("ports.json");
        let taken = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(SandboxError::file("read", &file, error)),
        };
        let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
        let start = FIRST + u16::from_be_bytes([digest[0], digest[1]]) % COUNT;
        Ok(Self { file, start, taken: Mutex::new(taken) })
    }

    /// Listens for `name`: on the wanted port, else on the one it had, else on the next free one.
    ///
    /// # Errors
    /// When the wanted port is occupied, when no port is free, or when the choice cannot be saved.
    pub(crate) async fn listen(&self, name: &str, wanted: Option<u16>) -> Result<TcpListener, SandboxError> {
        if let Some(port) = wanted {
            let listener = bind(port).await.map_err(|error| SandboxError::Port { port, error })?;
            self.keep(name, port)?;
            return Ok(listener);
        }
        for port in self.candidates(name) {
            if let Ok(listener) = bind(port).await {
                self.keep(name, port)?;
                return Ok(listener);
            }
        }
        Err(SandboxError::NoPort)
    }

    /// Gives a port free whose listener will not come back.
    ///
    /// # Errors
    /// When that cannot be saved.
    pub(crate) fn release(&self, name: &str) -> Result<(), SandboxError> {
        let mut taken = self.lock();
        if taken.remove(name).is_none() {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(&*taken).unwrap_or_default();
        drop(taken);
        crate::files::replace(&self.file, &text)
    }

    fn candidates(&self, name: &str) -> Vec<u16> {
        let taken = self.lock();
        let own = taken.get(name).copied();
        let others: Vec<u16> =
            taken.iter().filter(|(other, _)| *other != name).map(|(_, port)| *port).collect();
        let probed = (0..COUNT).map(|step| FIRST + (self.start - FIRST + step) % COUNT);
        own.into_iter().chain(probed.filter(|port| !others.contains(port))).collect()
    }

    fn keep(&self, name: &str, port: u16) -> Result<(), SandboxError> {
        let mut taken = self.lock();
        if taken.insert(name.to_owned(), port) == Some(port) {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(&*taken).unwrap_or_default();
        drop(taken);
        crate::files::replace(&self.file, &text)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u16>> {
        self.taken.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

async fn bind(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_stays_with_its_name_and_moves_when_it_is_occupied() {
        let folder = tempfile::tempdir().unwrap();
        let ports = Ports::open(folder.path()).unwrap();
        let first = ports.listen("arm", None).await.unwrap();
        let port = first.local_addr().unwrap().port();
        assert!((FIRST..FIRST + COUNT).contains(&port), "{port}");
        drop(first);
        let again = Ports::open(folder.path()).unwrap();
        let second = again.listen("arm", None).await.unwrap();
        assert_eq!(second.local_addr().unwrap().port(), port);
        let third = Ports::open(folder.path()).unwrap().listen("arm", None).await.unwrap();
        assert_ne!(third.local_addr().unwrap().port(), port, "the port is occupied");
    }
}
