//! What all parts of a running sandbox share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::activity::Activity;
use crate::arm::{self, Place, Reply, Request, Target};
use crate::blob_content::Contents;
use crate::clock::{self, Tasks};
use crate::clusters::Clusters;
use crate::faults::Dice;
use crate::ports::Ports;
use crate::request_log::RequestLog;
use crate::tls::Authority;
use crate::world::World;
use crate::{SandboxError, Summary};

/// How many changes may wait for the keeper of the clusters.
const LOOKS_MAX: usize = 64;
/// How often the clusters are looked after without being asked: what the autoscaler wants, what has ended.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a poll of an operation is held at most.
const HOLD_MAX: Duration = Duration::from_millis(200);

type Look = oneshot::Sender<Result<(), SandboxError>>;

/// The parts of a running sandbox.
pub(crate) struct Hub {
    pub(crate) folder: PathBuf,
    pub(crate) place: Place,
    pub(crate) world: World,
    pub(crate) contents: Contents,
    pub(crate) authority: Authority,
    pub(crate) ports: Ports,
    pub(crate) dice: Dice,
    pub(crate) tasks: Tasks,
    pub(crate) activity: Activity,
    pub(crate) log: Option<RequestLog>,
    pub(crate) running: Mutex<RunningCounts>,
    /// The tasks of each cluster, which end before those of all.
    served: Mutex<BTreeMap<String, Tasks>>,
    looks: mpsc::Sender<Look>,
    asked: Mutex<Option<mpsc::Receiver<Look>>>,
}

/// How much runs in the clusters, as last counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RunningCounts {
    pub(crate) clusters: usize,
    pub(crate) objects: usize,
}

impl Hub {
    /// Opens the world in the folder.
    pub(crate) fn open(
        folder: PathBuf,
        place: Place,
        authority: Authority,
        ports: Ports,
        dice: Dice,
        tasks: Tasks,
    ) -> Result<Self, SandboxError> {
        let world = World::open(&folder)?;
        let contents = Contents::open(&folder)?;
        let named = world.look(|tables| tables.blobs.values().map(|blob| blob.digest.clone()).collect());
        contents.sweep(&named)?;
        let (looks, asked) = mpsc::channel(LOOKS_MAX);
        Ok(Self {
            folder,
            place,
            world,
            contents,
            authority,
            ports,
            dice,
            tasks,
            activity: Activity::default(),
            log: None,
            running: Mutex::default(),
            served: Mutex::default(),
            looks,
            asked: Mutex::new(Some(asked)),
        })
    }

    /// Answers a request to ARM. A poll of what still runs is held for a moment, so that clients need not hurry.
    pub(crate) async fn arm(&self, request: &Request) -> Result<Reply, SandboxError> {
        let target = Target::parse(&request.path);
        if let Some(Target::Operation { id, .. }) = &target {
            let until = self.world.look(|tables| tables.operations.get(id).map(|operation| operation.until));
            let left = until.map_or(Duration::ZERO, |until| until.until(clock::now()));
            clock::sleep(left.min(HOLD_MAX)).await;
        }
        self.settle()?;
        let now = clock::now();
        let reply = self.world.commit_and(
            |tables| arm::answer(tables, &self.place, now, request),
            |tables, reply| arm::finish(tables, &self.place, now, reply),
        )?;
        if !request.method.is_safe() && concerns_clusters(&request.path) {
            self.reconcile().await?;
        }
        Ok(reply)
    }

    /// Carries out what has come to its end by now.
    pub(crate) fn settle(&self) -> Result<(), SandboxError> {
        let now = clock::now();
        if self.world.look(|tables| tables.pending.is_empty()) {
            return Ok(());
        }
        self.world.commit(|tables| ((), arm::settle(tables, now)))
    }

    /// Returns when the clusters that run are those that exist.
    pub(crate) async fn reconcile(&self) -> Result<(), SandboxError> {
        let (done, wait) = oneshot::channel();
        if self.looks.send(done).await.is_err() {
            return Ok(());
        }
        // The keeper ends only with the sandbox.
        wait.await.unwrap_or(Ok(()))
    }

    /// Keeps one API server for each cluster until it is cancelled.
    pub(crate) async fn keep_clusters(self: Arc<Self>) {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut asked) = asked else { return };
        let mut clusters = Clusters::default();
        loop {
            let look = tokio::select! {
                look = asked.recv() => match look {
                    Some(look) => Some(look),
                    None => return,
                },
                () = clock::sleep(LOOK_EVERY) => None,
            };
            let looked = match self.settle() {
                Ok(()) => clusters.follow(&self).await,
                Err(error) => Err(error),
            };
            *self.running.lock().unwrap_or_else(PoisonError::into_inner) = clusters.counts();
            if let Some(look) = look {
                // Who asked may have gone; then nobody waits.
                drop(look.send(looked));
            }
        }
    }

    /// A set for the tasks of a cluster.
    pub(crate) fn tasks_for(&self, key: &str) -> Tasks {
        let tasks = Tasks::new();
        self.served().insert(key.to_owned(), tasks.clone());
        tasks
    }

    /// Ends the tasks of a cluster.
    pub(crate) async fn end_tasks_of(&self, key: &str) {
        let tasks = self.served().remove(key);
        if let Some(tasks) = tasks {
            tasks.end().await;
        }
    }

    /// Ends all tasks.
    pub(crate) async fn stop(&self) {
        self.tasks.end().await;
        let served = std::mem::take(&mut *self.served());
        for tasks in served.into_values() {
            tasks.end().await;
        }
    }

    /// Cancels all tasks without waiting for them.
    pub(crate) fn cancel(&self) {
        self.tasks.cancel();
        self.served().values().for_each(Tasks::cancel);
    }

    fn served(&self) -> MutexGuard<'_, BTreeMap<String, Tasks>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn summary(&self) -> Summary {
        let running = *self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let (arm_objects, blobs) = self.world.look(|tables| (tables.objects.len(), tables.blobs.len()));
        Summary { arm_objects, clusters: running.clusters, kubernetes_objects: running.objects, blobs }
    }
}

/// Whether a write may have changed which clusters there are: theirs, their pools', or that of a resource group.
fn concerns_clusters(path: &str) -> bool {
    let path = path.to_lowercase();
    path.contains("/microsoft.containerservice/") || !path.contains("/providers/")
}
