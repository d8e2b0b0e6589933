//! Kinds: what a resource type of Terraform is in the Kubernetes API.
//!
//! Never: a kind is described by code where a table can say it.

use crate::row::Row;

/// A resource type.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The Terraform name.
    pub name: &'static str,
    /// The older name, which is deprecated.
    pub alias: Option<&'static str>,
    /// Where the API has it.
    pub api: Api,
    /// The version of state.
    pub schema_version: u64,
    /// Arguments and blocks.
    pub rows: &'static [Row],
    /// What is waited for after a change.
    pub wait: Wait,
    /// How long things may take.
    pub limits: Limits,
}

/// Where the API has a kind.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    /// `apps/v1`, `v1`.
    pub version: &'static str,
    /// `Deployment`
    pub kind: &'static str,
    /// `deployments`
    pub plural: &'static str,
    /// Where objects live.
    pub scope: Scope,
}

/// Where objects live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In the cluster.
    Cluster,
}

/// What is waited for after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Nothing.
    Nothing,
    /// The new pods are available; `wait_for_rollout`.
    Rollout,
    /// The Job has come to an end; `wait_for_completion`.
    Completion,
    /// There is an address, if the type is `LoadBalancer`; `wait_for_load_balancer`.
    LoadBalancer,
    /// A volume is bound; `wait_until_bound`.
    Bound,
    /// The pod runs, or has ended well.
    Running,
}

impl Wait {
    /// The argument that says whether it is waited for.
    pub fn argument(self) -> Option<&'static str> {
        match self {
            Wait::Nothing | Wait::Running => None,
            Wait::Rollout => Some("wait_for_rollout"),
            Wait::Completion => Some("wait_for_completion"),
            Wait::LoadBalancer => Some("wait_for_load_balancer"),
            Wait::Bound => Some("wait_until_bound"),
        }
    }
}

/// How long things may take, in minutes. `None`: there is no such argument in `timeouts`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Creation.
    pub create: Option<u32>,
    /// Change.
    pub update: Option<u32>,
    /// Deletion.
    pub delete: Option<u32>,
    /// Reading; only for the sake of configurations that set it.
    pub read: Option<u32>,
}

/// What is waited for at most where a kind has no limit of its own.
pub const MINUTES: u32 = 10;

impl Limits {
    /// No limits of its own: a kind that is there at once.
    pub const NONE: Limits = Limits { create: None, update: None, delete: None, read: None };

    /// Limits of creation, change and deletion.
    pub const fn all(minutes: u32) -> Limits {
        Limits { create: Some(minutes), update: Some(minutes), delete: Some(minutes), read: None }
    }

    /// The names and minutes that there are.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let all =
            [("create", self.create), ("delete", self.delete), ("read", self.read), ("update", self.update)];
        all.into_iter().filter_map(|(name, minutes)| Some((name, minutes?)))
    }
}

impl Kind {
    /// A kind that is there at once and has no version of state.
    pub const fn plain(name: &'static str, alias: &'static str, api: Api, rows: &'static [Row]) -> Kind {
        Kind {
            name,
            alias: Some(alias),
            api,
            schema_version: 0,
            rows,
            wait: Wait::Nothing,
            limits: Limits::NONE,
        }
    }

    /// The kind with something to wait for.
    pub const fn waits(self, wait: Wait, limits: Limits) -> Kind {
        Kind { wait, limits, ..self }
    }

    /// The kind with limits of time.
    pub const fn within(self, limits: Limits) -> Kind {
        Kind { limits, ..self }
    }

    /// The kind with a version of state.
    pub const fn version(self, schema_version: u64) -> Kind {
        Kind { schema_version, ..self }
    }

    /// The kind without an older name.
    pub const fn without_alias(self) -> Kind {
        Kind { alias: None, ..self }
    }
}

impl Api {
    /// A kind whose objects live in namespaces.
    pub const fn namespaced(version: &'static str, kind: &'static str, plural: &'static str) -> Api {
        Api { version, kind, plural, scope: Scope::Namespaced }
    }

    /// A kind whose objects live in the cluster.
    pub const fn cluster(version: &'static str, kind: &'static str, plural: &'static str) -> Api {
        Api { version, kind, plural, scope: Scope::Cluster }
    }
}
