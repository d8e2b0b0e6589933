//! The API servers of the clusters: one listener for each, on a port that it keeps, for as long as its cluster exists.
//!
//! Invariant: a kubeconfig that ARM hands out is that of a listener that is already there.
//! Invariant: a cluster that is gone has no listener, no folder and no credentials.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::Request;
use axum::http::header;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use sha2::{Digest, Sha256};

use crate::arm::types::CLUSTER;
use crate::clock::Moment;
use crate::cluster::{Cluster, ClusterSettings};
use crate::hub::{Hub, RunningCounts};
use crate::tls::{self, ClientCertificates, Identity};
use crate::world::{Access, Change, Doing, Object};
use crate::{SandboxError, arm, nodes};

/// Where the clusters keep their worlds, below the sandbox's folder.
const FOLDER: &str = "clusters";
/// The group that may do everything.
const MASTERS: &str = "system:masters";

/// The clusters that run, by their key.
#[derive(Default)]
pub(crate) struct Clusters {
    /// Whether the folders of clusters that ended while nobody looked are gone.
    is_swept: bool,
    running: BTreeMap<String, Running>,
}

struct Running {
    cluster: Cluster,
    /// When ARM made it: one that is made again under the same name is another one.
    made: Moment,
    folder: PathBuf,
}

impl Clusters {
    /// Starts what is missing, stops what is gone, and tells each cluster its pools.
    pub(crate) async fn follow(&mut self, hub: &Hub) -> Result<(), SandboxError> {
        let wanted: BTreeMap<String, Object> = hub.world.look(|tables| {
            let clusters =
                tables.objects.iter().filter(|(_, object)| object.kind.eq_ignore_ascii_case(CLUSTER));
            clusters.map(|(key, object)| (key.clone(), object.clone())).collect()
        });
        if !self.is_swept {
            sweep(hub, &wanted)?;
            self.is_swept = true;
        }
        let stays = |(key, running): &(&String, &Running)| {
            wanted.get(*key).is_some_and(|cluster| cluster.made == running.made)
        };
        let gone: Vec<String> =
            self.running.iter().filter(|entry| !stays(entry)).map(|(key, _)| key.clone()).collect();
        for key in gone {
            if let Some(running) = self.running.remove(&key) {
                hub.end_tasks_of(&key).await;
                remove(&running.folder)?;
                hub.ports.release(&key)?;
            }
        }
        for (key, cluster) in &wanted {
            if !self.running.contains_key(key) {
                let running = start(hub, key, cluster).await?;
                self.running.insert(key.clone(), running);
            }
            if let Some(running) = self.running.get(key) {
                follow_pools(hub, key, cluster, running);
            }
        }
        Ok(())
    }

    pub(crate) fn counts(&self) -> RunningCounts {
        RunningCounts {
            clusters: self.running.len(),
            objects: self.running.values().map(|running| running.cluster.object_count()).sum(),
        }
    }
}

fn remove(folder: &Path) -> Result<(), SandboxError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(SandboxError::file("remove", folder, error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes the folders that a crash has left between the end of a cluster and that of its folder.
fn sweep(hub: &Hub, wanted: &BTreeMap<String, Object>) -> Result<(), SandboxError> {
    let kept: Vec<PathBuf> = wanted.iter().map(|(key, cluster)| folder_of(hub, key, cluster)).collect();
    let Ok(entries) = std::fs::read_dir(hub.folder.join(FOLDER)) else { return Ok(()) };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| !kept.contains(path)) {
        remove(&path)?;
    }
    Ok(())
}

/// The folder of a cluster; a name of its own for each id and each time it is made.
fn folder_of(hub: &Hub, key: &str, cluster: &Object) -> PathBuf {
    let digest = Sha256::digest(format!("{key}#{}", cluster.made.0));
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    hub.folder.join(FOLDER).join(name)
}

/// Lets those in who show the token of the kubeconfig in place of its certificate.
async fn known_by_token(token: Arc<str>, mut request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let is_known =
        given.and_then(|given| given.strip_prefix("Bearer ")).is_some_and(|given| *given == *token);
    if is_known && request.extensions().get::<Identity>().is_none() {
        let identity = Identity { user: "masterclient".to_owned(), groups: vec![MASTERS.to_owned()] };
        request.extensions_mut().insert(identity);
    }
    next.run(request).await
}

async fn start(hub: &Hub, key: &str, object: &Object) -> Result<Running, SandboxError> {
    let folder = folder_of(hub, key, object);
    std::fs::create_dir_all(&folder).map_err(|error| SandboxError::file("make", &folder, error))?;
    let listener = hub.ports.listen(key, None).await?;
    let address = listener.local_addr().map_err(|error| SandboxError::file("listen in", &folder, error))?;
    let endpoint = format!("https://{address}");
    let token: Arc<str> = admit(hub, key, &endpoint)?.into();
    let settings = ClusterSettings {
        folder: folder.clone(),
        version: arm::text(&object.body, "properties/currentKubernetesVersion").to_owned(),
        endpoint,
        authority: hub.authority.pem().to_owned(),
    };
    let cluster =
        Cluster::open(settings).map_err(|problem| SandboxError::Content { path: folder.clone(), problem })?;
    let tls = hub.authority.server(ClientCertificates::Optional)?;
    let tasks = hub.tasks_for(key);
    let router =
        cluster.router().layer(from_fn(move |request, next| known_by_token(token.clone(), request, next)));
    tasks.spawn(tls::serve(listener, tls, router, tasks.clone()));
    tasks.spawn(cluster.clone().run());
    Ok(Running { cluster, made: object.made, folder })
}

/// Tells a cluster the nodes of its pools: of those that are ready, or are being changed.
fn follow_pools(hub: &Hub, key: &str, object: &Object, running: &Running) {
    let prefix = format!("{key}/agentpools/");
    let pools: Vec<Object> = hub.world.look(|tables| {
        let settled =
            |pool: &&Object| pool.working.as_ref().is_none_or(|working| working.doing == Doing::Updating);
        tables.below(&prefix).map(|(_, pool)| pool).filter(settled).cloned().collect()
    });
    running.cluster.set_pools(&nodes::templates(object, pools.iter()));
}

/// Makes the credentials of a cluster, unless it has them: they stay the same for as long as it lives. Returns its token.
fn admit(hub: &Hub, key: &str, endpoint: &str) -> Result<String, SandboxError> {
    let live = hub.world.look(|tables| tables.accesses.get(&format!("{key}/user")).cloned());
    let access = match live {
        Some(access) if access.server == endpoint => return Ok(access.token),
        // Its port may have been taken by another program meanwhile.
        Some(access) => Access { server: endpoint.to_owned(), ..access },
        None => {
            let issued = hub.authority.client_certificate("masterclient", MASTERS)?;
            Access {
                server: endpoint.to_owned(),
                authority: hub.authority.pem().to_owned(),
                certificate: issued.certificate,
                key: issued.key,
                token: uuid::Uuid::new_v4().simple().to_string(),
            }
        }
    };
    let change = |who: &str| Change::Access(format!("{key}/{who}"), Some(access.clone()));
    let changes = vec![change("user"), change("admin")];
    hub.world.commit(|_| ((), changes))?;
    Ok(access.token)
}
