//! A Kubernetes API server for each AKS cluster, with the controllers that make workloads ready.
//!
//! Invariant: nodes follow the node pools; what a client changed is on disk before it is answered.
//! Never: a container is run. What would run is acted out by the simulated node agents.

mod access;
mod admission;
mod amounts;
mod budgets;
mod changing;
pub(crate) mod controllers;
mod custom;
mod decoding;
mod defaults;
mod definitions;
mod deleting;
mod discovery;
mod fieldset;
mod forms;
mod kinds;
mod limits;
mod merging;
mod network;
mod openapi;
mod ownership;
mod parts;
mod patches;
mod protobuf;
mod quotas;
mod reading;
mod requests;
mod reviews;
mod scales;
mod selection;
mod server;
mod status;
mod store;
mod strategic;
mod strategy;
mod structure;
mod tables;
mod validation;
mod versions;
mod watching;
mod world;
mod writes;
mod yaml;

#[cfg(test)]
mod conformance_tests;
#[cfg(test)]
mod scenarios_kubectl_tests;
#[cfg(test)]
mod scenarios_tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use crate::clock;
use controllers::{
    Agent, Api, Change, MANAGED_NODE, Memory, NodeTemplate, Objects, nodes_from_templates, settle,
    system_objects,
};
use store::Store;
use world::World;

/// The longest time between two looks of the controllers at a cluster in which nothing happens.
const IDLE: std::time::Duration = std::time::Duration::from_secs(5);

/// What a cluster is.
#[derive(Clone, Debug)]
pub(crate) struct ClusterSettings {
    /// Where its world is kept.
    pub folder: PathBuf,
    /// The version of Kubernetes, such as `1.34.1`.
    pub version: String,
    /// Where clients reach it.
    pub endpoint: String,
    /// The certificate of its authority, as PEM.
    pub authority: String,
}

/// A cluster. A clone is the same one.
#[derive(Clone)]
pub(crate) struct Cluster(Arc<Inner>);

struct Inner {
    settings: ClusterSettings,
    world: Mutex<World>,
    memory: Mutex<Memory>,
    pools: Mutex<Vec<NodeTemplate>>,
    news: watch::Sender<u64>,
}

/// The time.
fn cluster_now() -> Timestamp {
    Timestamp::from_millisecond(clock::now().0).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl Cluster {
    /// Opens the cluster of a folder, or makes one.
    ///
    /// # Errors
    /// What is wrong with its folder.
    pub(crate) fn open(settings: ClusterSettings) -> Result<Cluster, String> {
        let store = Store::open(&settings.folder)?;
        let new = store.is_new();
        let mut world = World::new(store, cluster_now());
        if new {
            for object in system_objects() {
                make(&mut world, &object);
            }
            world.store.sync()?;
            world.store.forget_changes();
        }
        let seed = settings
            .endpoint
            .bytes()
            .fold(11, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let mut memory = Memory::seeded(seed);
        memory.set_ca_certificate(settings.authority.clone());
        Ok(Cluster(Arc::new(Inner {
            settings,
            world: Mutex::new(world),
            memory: Mutex::new(memory),
            pools: Mutex::default(),
            news: watch::channel(0).0,
        })))
    }

    /// The API server.
    pub(crate) fn router(&self) -> Router {
        Router::new().fallback(server::answer).with_state(self.clone())
    }

    /// Tells which nodes there are to be.
    pub(crate) fn set_pools(&self, pools: &[NodeTemplate]) {
        {
            let mut known = lock(&self.0.pools);
            if *known == pools {
                return;
            }
            known.clear();
            known.extend_from_slice(pools);
        }
        self.follow_pools(pools);
        self.changed();
    }

    /// Makes and removes nodes so that they are those of the pools.
    fn follow_pools(&self, pools: &[NodeTemplate]) {
        let mut world = self.world();
        world.now = cluster_now();
        let wanted = nodes_from_templates(pools, world.now);
        let name = |node: &Value| node["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let names: Vec<String> = wanted.iter().map(name).collect();
        let there = world.all("", "nodes");
        let managed = |node: &&Arc<Value>| node["metadata"]["annotations"][MANAGED_NODE].is_string();
        for node in there.iter().filter(managed).filter(|node| !names.contains(&name(node))) {
            remove_node(&mut world, node);
        }
        for node in wanted {
            let old = there.iter().find(|old| name(old) == name(&node));
            match old {
                None => make(&mut world, &node),
                Some(old) => change_node(&mut world, old, &node),
            }
        }
        // A medium that refuses is noticed by the next client's write.
        let _synced = world.store.sync();
    }

    /// Lets the controllers work whenever something has changed.
    pub(crate) async fn run(self) {
        let mut news = self.news();
        loop {
            news.mark_unchanged();
            let again = self.settle();
            let wait = again.map_or(IDLE, |at| {
                let millis = at.as_millisecond() - cluster_now().as_millisecond();
                std::time::Duration::from_millis(u64::try_from(millis).unwrap_or(0)).min(IDLE)
            });
            tokio::select! {
                () = clock::sleep(wait) => {}
                changed = news.changed() => if changed.is_err() { return },
            }
        }
    }

    /// One round of all controllers; says when they want to look again.
    fn settle(&self) -> Option<Timestamp> {
        let (again, version) = {
            let mut world = self.world();
            let mut memory = lock(&self.0.memory);
            let before = world.store.version();
            world.now = cluster_now();
            let now = world.now;
            world.establish();
            let settled = settle(&mut *world, &mut memory, now);
            if world.store.version() == before {
                return settled.again_at;
            }
            // A medium that refuses is noticed by the next client's write.
            let _synced = world.store.sync();
            (settled.again_at, world.store.version())
        };
        self.0.news.send_replace(version);
        again
    }

    /// Brings new definitions of custom resources into force.
    #[cfg(test)]
    fn establish(&self) {
        let version = {
            let mut world = self.world();
            world.now = cluster_now();
            world.establish();
            // A medium that refuses is noticed by the next client's write.
            let _synced = world.store.sync();
            world.store.version()
        };
        self.0.news.send_replace(version);
    }

    /// How many objects there are.
    pub(crate) fn object_count(&self) -> usize {
        self.world().store.len()
    }

    fn settings(&self) -> &ClusterSettings {
        &self.0.settings
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.0.world)
    }

    /// Wakes whoever waits for changes.
    fn changed(&self) {
        let version = self.world().store.version();
        self.0.news.send_replace(version);
    }

    fn news(&self) -> watch::Receiver<u64> {
        self.0.news.subscribe()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes an object of the cluster's own; one that is there already stays.
fn make(world: &mut World, object: &Value) {
    let kind = object["kind"].as_str().unwrap_or_default();
    let api = object["apiVersion"].as_str().unwrap_or_default();
    let group = api.split_once('/').map_or("", |(group, _)| group);
    let found = world.kinds().iter().find(|served| served.kind == kind && served.group == group).cloned();
    if let Some(served) = found {
        let change = Change::Create { group: served.group, resource: served.plural, object: object.clone() };
        let _exists = world.carry_out(Agent::Cloud, &change);
    }
}

fn remove_node(world: &mut World, node: &Value) {
    let text = |name: &str| node["metadata"][name].as_str().unwrap_or_default().to_owned();
    let change = Change::Delete {
        group: String::new(),
        resource: "nodes".into(),
        namespace: String::new(),
        name: text("name"),
        uid: text("uid"),
        grace: None,
        propagation: None,
    };
    let _gone = world.carry_out(Agent::Cloud, &change);
}

/// A node takes over labels and taints of its pool.
fn change_node(world: &mut World, old: &Value, wanted: &Value) {
    let mut new = old.clone();
    for (name, value) in wanted["metadata"]["labels"].as_object().into_iter().flatten() {
        new["metadata"]["labels"][name.as_str()] = value.clone();
    }
    new["spec"]["taints"] = wanted["spec"]["taints"].clone();
    if new["spec"]["taints"].is_null() {
        new["spec"].as_object_mut().map(|spec| spec.shift_remove("taints"));
    }
    if new != *old {
        let change = Change::Replace {
            group: String::new(),
            resource: "nodes".into(),
            object: new,
            part: controllers::Part::Main,
        };
        let _changed = world.carry_out(Agent::Cloud, &change);
    }
}
