//! The hub: what the parts of a running sandbox share.
//!
//! Invariant: the world is locked for one request at a time and never over an await.
//! Invariant: a cluster that has been made has an API server as long as the sandbox runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::SandboxError;
use crate::activity::Activity;
use crate::arm::path::Target;
use crate::arm::refusal::Refusal;
use crate::arm::requests::{Circumstances, Failure};
use crate::arm::types::{api_server_name, is_cluster, pools_of};
use crate::arm::world::{Object, World};
use crate::clock::{self, Tasks};
use crate::cluster::{Cluster, ClusterSettings};
use crate::faults::Dice;
use crate::nodes::templates;
use crate::ports::Ports;
use crate::sandbox::Summary;
use crate::tls::{self, Authority, ClientCertificates};

/// How often the node pools are held against the clusters.
const LOOK: std::time::Duration = std::time::Duration::from_millis(100);

/// What the parts of a sandbox share.
pub(crate) struct Hub {
    pub(crate) folder: PathBuf,
    pub(crate) endpoint: String,
    pub(crate) authority: Authority,
    pub(crate) dice: Dice,
    pub(crate) tasks: Tasks,
    pub(crate) activity: Activity,
    pace: f64,
    ports: Ports,
    world: Mutex<World>,
    clusters: Mutex<BTreeMap<String, Running>>,
}

/// A cluster with its API server.
struct Running {
    cluster: Cluster,
    endpoint: String,
    tasks: Tasks,
    folder: PathBuf,
}

impl Hub {
    pub(crate) fn open(
        folder: PathBuf,
        endpoint: &str,
        pace: f64,
        authority: Authority,
        ports: Ports,
        dice: Dice,
        tasks: Tasks,
    ) -> Result<Hub, SandboxError> {
        let world = Mutex::new(World::open(&folder)?);
        Ok(Hub {
            folder,
            endpoint: endpoint.to_owned(),
            authority,
            dice,
            tasks,
            activity: Activity::default(),
            pace,
            ports,
            world,
            clusters: Mutex::default(),
        })
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clusters(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        self.clusters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn circumstances(&self) -> Circumstances<'_> {
        Circumstances { endpoint: &self.endpoint, pace: self.pace, now: clock::now() }
    }

    /// Finishes what is due.
    pub(crate) fn settle(&self) -> Result<(), SandboxError> {
        self.world().settle(clock::now()).map(drop)
    }

    /// Whether ARM has a container.
    pub(crate) fn has_container(&self, account: &str, container: &str) -> bool {
        let end =
            format!("/storageaccounts/{account}/blobservices/default/containers/{container}").to_lowercase();
        self.world().all().any(|object| object.id.to_lowercase().ends_with(&end))
    }

    pub(crate) fn summary(&self) -> Summary {
        let clusters = self.clusters();
        Summary {
            arm_objects: self.world().all().count(),
            clusters: clusters.len(),
            kubernetes_objects: clusters.values().map(|running| running.cluster.object_count()).sum(),
            blobs: 0,
        }
    }

    /// Starts and ends API servers as clusters come and go, and lets nodes follow their pools.
    pub(crate) async fn reconcile(&self) -> Result<(), SandboxError> {
        self.settle()?;
        let wanted: Vec<Object> = self.world().all().filter(|object| is_cluster(object)).cloned().collect();
        for cluster in &wanted {
            let making = cluster.pending.as_ref().is_some_and(|pending| pending.state == "Creating");
            let runs = self.clusters().contains_key(&cluster.id.to_lowercase());
            if !making && !runs {
                self.start(cluster).await?;
            }
            self.follow_pools(cluster);
        }
        let gone: Vec<String> = {
            let running = self.clusters();
            let lives = |id: &String| wanted.iter().any(|cluster| cluster.id.eq_ignore_ascii_case(id));
            running.keys().filter(|id| !lives(id)).cloned().collect()
        };
        for id in gone {
            let ended = self.clusters().remove(&id);
            if let Some(running) = ended {
                running.tasks.end().await;
                // What cannot be removed now is removed when the world is made anew.
                let _removed = std::fs::remove_dir_all(&running.folder);
            }
        }
        Ok(())
    }

    async fn start(&self, object: &Object) -> Result<(), SandboxError> {
        let name = api_server_name(&object.id);
        let listener = self.ports.listen(&name, None).await?;
        let address =
            listener.local_addr().map_err(|error| SandboxError::file("listen for", &self.folder, error))?;
        let endpoint = format!("https://{address}");
        let folder = self.folder.join("clusters").join(&name);
        let text = |name: &str| object.body["properties"][name].as_str().unwrap_or_default().to_owned();
        let settings = ClusterSettings {
            folder: folder.clone(),
            version: text("currentKubernetesVersion"),
            endpoint: endpoint.clone(),
            authority: self.authority.pem().to_owned(),
        };
        let cluster = Cluster::open(settings)
            .map_err(|problem| SandboxError::Content { path: folder.clone(), problem })?;
        let tasks = Tasks::new();
        let tls = self.authority.server(ClientCertificates::Optional)?;
        tasks.spawn(tls::serve(listener, tls, cluster.router(), tasks.clone()));
        tasks.spawn(cluster.clone().run());
        let running = Running { cluster, endpoint, tasks, folder };
        self.clusters().insert(object.id.to_lowercase(), running);
        Ok(())
    }

    fn follow_pools(&self, cluster: &Object) {
        let templates = {
            let world = self.world();
            let pools = pools_of(&world, &cluster.id);
            let alive = pools
                .into_iter()
                .filter(|pool| pool.pending.as_ref().is_none_or(|pending| pending.state == "Updating"));
            templates(cluster, alive)
        };
        if let Some(running) = self.clusters().get(&cluster.id.to_lowercase()) {
            running.cluster.set_pools(&templates);
        }
    }

    /// Looks after the clusters as long as the sandbox runs.
    pub(crate) async fn keep_clusters(self: std::sync::Arc<Self>) {
        loop {
            // A cluster that could not be started is tried again; its client sees a refused connection meanwhile.
            let _reconciled = self.reconcile().await;
            clock::sleep(LOOK).await;
        }
    }

    /// The credentials of a cluster, if that is what is asked for.
    pub(crate) fn kubeconfigs(&self, target: &Target, action: &str) -> Result<Option<Json>, Failure> {
        let user = match action.to_lowercase().as_str() {
            "listclusterusercredential" => "clusterUser",
            "listclusteradmincredential" => "clusterAdmin",
            _ => return Ok(None),
        };
        let (endpoint, name) = {
            let world = self.world();
            let Some(cluster) = world.get(&target.id) else { return Err(Refusal::not_found(target).into()) };
            let clusters = self.clusters();
            let endpoint = clusters.get(&target.id.to_lowercase()).map(|running| running.endpoint.clone());
            (endpoint.unwrap_or_default(), cluster.body["name"].as_str().unwrap_or_default().to_owned())
        };
        let group = target.group().unwrap_or_default();
        let full = format!("{user}_{group}_{name}");
        let issued = self.authority.client_certificate("masterclient", "system:masters")?;
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": name, "cluster": {
                "certificate-authority-data": STANDARD.encode(self.authority.pem()),
                "server": endpoint,
            } }],
            "users": [{ "name": full, "user": {
                "client-certificate-data": STANDARD.encode(issued.certificate),
                "client-key-data": STANDARD.encode(issued.key),
            } }],
            "contexts": [{ "name": name, "context": { "cluster": name, "user": full } }],
            "current-context": name,
        });
        let text = serde_saphyr::to_string(&config).unwrap_or_else(|_| config.to_string());
        Ok(Some(json!({ "kubeconfigs": [{ "name": user, "value": STANDARD.encode(text) }] })))
    }
}
