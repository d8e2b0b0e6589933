//! Azure Resource Manager: the world as one tree of ids, with the rules of the types in `types/`.
//!
//! Invariant: an answer follows from the tables, the request and the time alone; [`answer`] is a pure function.
//! Invariant: ids are equal when equal but for letter case; what is answered is written as it was first written.
//! Never: no clock, no network, no lock.

mod actions;
mod check;
mod derive;
mod groups;
mod id;
mod lists;
mod merge;
mod operations;
mod reply;
mod request;
mod roles;
mod subscriptions;
pub(crate) mod types;
mod write;

#[cfg(test)]
mod arm_tests;
#[cfg(test)]
mod conformance_tests;

pub(crate) use id::Target;
pub(crate) use merge::text;
pub(crate) use operations::settle;
pub(crate) use reply::Reply;
pub(crate) use request::{Place, Request, Scene};

use crate::clock::Moment;
use crate::world::{Change, Tables};
use reply::Refusal;

/// The subscription that exists before anybody makes one.
pub(crate) const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
/// The only tenant.
pub(crate) const TENANT: &str = "00000000-0000-0000-0000-0000000000aa";
/// Who clients are, whatever they sign in as.
pub(crate) const CLIENT: &str = "00000000-0000-0000-0000-0000000000bb";
/// The object id of that client.
pub(crate) const PRINCIPAL: &str = "00000000-0000-0000-0000-0000000000cc";

/// What ARM answers to a request, and what the request changes.
pub(crate) fn answer(tables: &Tables, place: &Place, now: Moment, request: &Request) -> (Reply, Vec<Change>) {
    let scene = Scene { tables, place, now };
    match decide(&scene, request) {
        Ok(decided) => decided,
        Err(refusal) => (refusal.reply(), Vec::new()),
    }
}

/// Fills in the body of a reply that shows an object, from the tables after the request.
pub(crate) fn finish(tables: &Tables, place: &Place, now: Moment, mut reply: Reply) -> Reply {
    if let Some(object) = reply.shows.take().and_then(|key| tables.objects.get(&key)) {
        reply.body = Some(write::shown(&Scene { tables, place, now }, object));
    }
    reply
}

type Decision = Result<(Reply, Vec<Change>), Refusal>;

fn decide(scene: &Scene<'_>, request: &Request) -> Decision {
    let target = Target::parse(&request.path).ok_or_else(|| Refusal::invalid_path(&request.path))?;
    if !request.query.contains_key("api-version") {
        return Err(Refusal::new(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        ));
    }
    match &target {
        Target::Subscriptions { .. } | Target::Providers { .. } | Target::Tenants => {
            subscriptions::answer(scene, request, &target)
        }
        Target::Groups { .. } | Target::Group(_) => groups::answer(scene, request, &target),
        Target::Operation { id, style } => operations::poll(scene, id, *style),
        Target::Resources { scope } => lists::resources(scene, request, scope),
        Target::Object(id) => write::answer(scene, request, id),
        Target::Members(id) => lists::answer(scene, request, id),
    }
}
