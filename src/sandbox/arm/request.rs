//! What a decision is made from: the request, the time, the tables, and where the sandbox is.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde_json::{Map, Value};

use crate::clock::Moment;
use crate::world::Tables;

/// Where the sandbox is reached, and how fast it is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Such as `https://127.0.0.1:20443`.
    pub(crate) endpoint: String,
    /// By how much durations are multiplied.
    pub(crate) pace: f64,
}

impl Place {
    /// How long something takes that usually takes this many milliseconds.
    pub(crate) fn takes(&self, milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds).mul_f64(self.pace.clamp(0.0, 1_000.0))
    }
}

/// A request, read.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Decoded, without a slash at its end.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    /// An empty object where there was none.
    pub(crate) body: Map<String, Value>,
}

/// All that an answer may depend on besides the request.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) place: &'a Place,
    pub(crate) now: Moment,
}
