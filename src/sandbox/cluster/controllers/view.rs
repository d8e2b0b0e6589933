//! One state of the store, indexed once per round so that no controller searches.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::fields::{controller, namespace, text, uid};
use super::{Kind, MANAGED_NODE, Objects};

/// A shared object.
pub(super) type Object = Arc<Value>;

/// The state of the store that a round decides from.
pub(super) struct View<'a> {
    objects: &'a dyn Objects,
    /// The time of the round.
    pub(super) now: Timestamp,
    /// All pods.
    pub(super) pods: Vec<Object>,
    /// All nodes, by name.
    pub(super) nodes: Vec<Object>,
    pods_by_controller: HashMap<String, Vec<Object>>,
    pods_by_node: HashMap<String, Vec<Object>>,
    pods_by_namespace: HashMap<String, Vec<Object>>,
    orphans: HashMap<String, Vec<Object>>,
    going: HashSet<String>,
}

impl<'a> View<'a> {
    /// Indexes the store. Cost: O(pods + nodes + namespaces).
    pub(super) fn of(objects: &'a dyn Objects, now: Timestamp) -> Self {
        let mut view = Self {
            objects,
            now,
            pods: objects.all("", "pods"),
            nodes: objects.all("", "nodes"),
            pods_by_controller: HashMap::new(),
            pods_by_node: HashMap::new(),
            pods_by_namespace: HashMap::new(),
            orphans: HashMap::new(),
            going: HashSet::new(),
        };
        view.nodes.sort_by(|a, b| text(a, "metadata.name").cmp(text(b, "metadata.name")));
        for pod in &view.pods {
            view.pods_by_namespace.entry(namespace(pod).to_owned()).or_default().push(Arc::clone(pod));
            let index = match controller(pod) {
                Some(owner) => view.pods_by_controller.entry(text(owner, "uid").to_owned()),
                None => view.orphans.entry(namespace(pod).to_owned()),
            };
            index.or_default().push(Arc::clone(pod));
            if !text(pod, "spec.nodeName").is_empty() {
                let node = text(pod, "spec.nodeName").to_owned();
                view.pods_by_node.entry(node).or_default().push(Arc::clone(pod));
            }
        }
        for space in objects.all("", "namespaces") {
            if super::fields::is_going(&space) {
                view.going.insert(text(&space, "metadata.name").to_owned());
            }
        }
        view
    }

    /// All objects of a resource.
    pub(super) fn all(&self, group: &str, resource: &str) -> Vec<Object> {
        self.objects.all(group, resource)
    }

    /// One object.
    pub(super) fn get(&self, group: &str, resource: &str, namespace: &str, name: &str) -> Option<Object> {
        self.objects.get(group, resource, namespace, name)
    }

    /// All kinds that hold objects.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        self.objects.kinds()
    }

    /// The pods that an object controls.
    pub(super) fn pods_of(&self, owner: &Value) -> &[Object] {
        self.pods_by_controller.get(uid(owner)).map_or(&[], Vec::as_slice)
    }

    /// The pods of a namespace that nothing controls.
    pub(super) fn orphans(&self, namespace: &str) -> &[Object] {
        self.orphans.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// The pods bound to a node.
    pub(super) fn pods_on(&self, node: &str) -> &[Object] {
        self.pods_by_node.get(node).map_or(&[], Vec::as_slice)
    }

    /// The pods of a namespace.
    pub(super) fn pods_in(&self, namespace: &str) -> &[Object] {
        self.pods_by_namespace.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// The node of a name. The list is sorted.
    pub(super) fn node(&self, name: &str) -> Option<&Object> {
        let found = self.nodes.binary_search_by(|node| text(node, "metadata.name").cmp(name)).ok()?;
        self.nodes.get(found)
    }

    /// Whether a namespace is being deleted, so that nothing new is made in it.
    pub(super) fn is_namespace_going(&self, namespace: &str) -> bool {
        self.going.contains(namespace)
    }

    /// Whether the sandbox runs nodes of its own, and with them what a cloud provides: disks and load balancers.
    pub(super) fn has_cloud(&self) -> bool {
        self.nodes.iter().any(|node| super::fields::annotation(node, MANAGED_NODE).is_some())
    }
}
