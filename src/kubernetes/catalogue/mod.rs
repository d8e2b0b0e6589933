//! The catalogue: a table for each resource type.

pub mod access;
mod affinity;
pub mod configuration;
mod container;
pub mod jobs;
pub mod limits;
mod metadata;
mod pod_spec;
pub mod scaling;
mod selector;
pub mod service;
pub mod storage;
mod volume;
pub mod workloads;

use crate::kind::Kind;

/// All resource types that are tables.
pub const KINDS: &[Kind] = &[
    access::CLUSTER_ROLE,
    access::CLUSTER_ROLE_BINDING,
    access::NETWORK_POLICY,
    access::ROLE,
    access::ROLE_BINDING,
    configuration::CONFIG_MAP,
    configuration::NAMESPACE,
    configuration::SECRET,
    configuration::SERVICE_ACCOUNT,
    jobs::CRON_JOB,
    jobs::JOB,
    limits::LIMIT_RANGE,
    limits::PRIORITY_CLASS,
    limits::RESOURCE_QUOTA,
    storage::PERSISTENT_VOLUME,
    storage::PERSISTENT_VOLUME_CLAIM,
    storage::STORAGE_CLASS,
    scaling::HORIZONTAL_POD_AUTOSCALER,
    scaling::POD_DISRUPTION_BUDGET,
    service::INGRESS,
    service::INGRESS_CLASS,
    service::SERVICE,
    workloads::DAEMON_SET,
    workloads::DEPLOYMENT,
    workloads::POD,
    workloads::STATEFUL_SET,
];

/// The resource type of a name, new or old.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name || kind.alias == Some(name))
}
