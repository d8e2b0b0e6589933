//! What a run is asked to do: mode, targets, limits.
//!
//! Never: an option is read from the environment here; the command line does that.

use std::path::PathBuf;

use aksel_lang::address::{Address, Target};
use aksel_lang::types::Text;

/// How a plan is made.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanOptions {
    /// What is wanted.
    pub mode: PlanMode,
    /// Whether objects are read before.
    pub refresh: Refresh,
    /// Only these and what they depend on; empty: everything.
    pub targets: Vec<Target>,
    /// Everything but these and what depends on them.
    pub excludes: Vec<Target>,
    /// Instances that are replaced whatever the configuration says.
    pub replace: Vec<Address>,
    /// What becomes of a `count` or `for_each` that is not known yet.
    pub deferral: Deferral,
    /// How many requests are under way at most.
    pub parallelism: usize,
    /// The name of the workspace.
    pub workspace: Text,
    /// The folder that the command was called in.
    pub cwd: PathBuf,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlanMode {
    /// What the configuration says.
    Normal,
    /// Nothing: all objects are deleted.
    Destroy,
    /// What there is: state is brought up to date.
    RefreshOnly,
}

/// Whether objects are read before planning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refresh {
    /// They are.
    Read,
    /// State is believed.
    Skip,
}

/// What becomes of a `count` or `for_each` that is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deferral {
    /// The resource is planned in a later wave of the same apply.
    Allowed,
    /// It is an error, as in Terraform.
    Refused,
}

impl Default for PlanOptions {
    fn default() -> PlanOptions {
        PlanOptions {
            mode: PlanMode::Normal,
            refresh: Refresh::Read,
            targets: Vec::new(),
            excludes: Vec::new(),
            replace: Vec::new(),
            deferral: Deferral::Allowed,
            parallelism: 10,
            workspace: "default".into(),
            cwd: PathBuf::from("."),
        }
    }
}
