//! A configured provider: reads, plans and changes the objects of one cluster.
//!
//! Invariant: an object that exists is never taken over by a creation; a change has force, because state says that it is ours.
//! Invariant: an object that was made is never forgotten, whatever goes wrong after.
//! Never: a plan changes anything: what it asks the API server for is a dry run.

use aksel_lang::code::Code;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::{
    Applied, Change, Object, PlanRequest, Planned, Progress, ReadAnswer, ReadRequest, Session,
};
use aksel_provider::stop::Stop;
use aksel_provider::touch::Touch;
use aksel_state::intent::{Deed, Intent};
use async_trait::async_trait;
use futures::StreamExt as _;
use serde_json::Value as Json;

use crate::api_error::ApiError;
use crate::catalogue;
use crate::client::{Cluster, Conflicts, FIELD_MANAGER, Run, collection, encoded};
use crate::kind::{Kind, Scope};
use crate::last_touch::last_touch;
use crate::leftover::leftover;
use crate::owned::owned;
use crate::plan::decide;
use crate::read::{self, Extent};
use crate::{data_source, manifest, write};

/// How many objects are read at once.
const READS_AT_ONCE: usize = 16;

/// A session, with a cluster or, while the provider's configuration is not known, without.
pub struct KubernetesSession {
    cluster: Option<Cluster>,
}

/// Which object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its namespace; empty in the cluster's own scope.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// Why a change ended, and what there is.
pub(crate) struct Failed {
    pub(crate) object: Option<Value>,
    pub(crate) error: ApiError,
}

impl From<ApiError> for Failed {
    fn from(error: ApiError) -> Failed {
        Failed { object: None, error }
    }
}

impl KubernetesSession {
    /// A session; without a cluster it plans from configuration and state alone.
    pub fn new(cluster: Option<Cluster>) -> KubernetesSession {
        KubernetesSession { cluster }
    }

    /// The cluster.
    ///
    /// # Errors
    /// When the provider's configuration is not known yet.
    pub fn cluster(&self) -> Result<&Cluster, ApiError> {
        let unknown = "the provider's configuration is known only after apply";
        self.cluster.as_ref().ok_or_else(|| ApiError::Settings(unknown.to_owned()))
    }

    async fn read_one(&self, request: &ReadRequest, stop: &Stop) -> ReadAnswer {
        let Some(cluster) = &self.cluster else {
            return Ok(Some(Object { value: request.state.clone(), private: request.private.clone() }));
        };
        let read = match catalogue::kind(&request.type_name) {
            Some(kind) => self.read_kind(cluster, kind, &request.state, stop).await,
            None => manifest::read(cluster, &request.state, stop).await,
        };
        read.map(|value| value.map(object)).map_err(|error| vec![error.finding()])
    }

    async fn read_kind(
        &self,
        cluster: &Cluster,
        kind: &Kind,
        state: &Value,
        stop: &Stop,
    ) -> Result<Option<Value>, ApiError> {
        let Some(place) = place(kind, state) else {
            return Err(ApiError::Settings("the object in state has no name".into()));
        };
        let json = cluster.get(&path(kind, &place), stop).await?;
        Ok(json.map(|json| read::object(kind, &json, state, Extent::Mentioned)))
    }

    /// Asks the API server what it would say of a change. What it cannot tell without making it is no error.
    async fn rehearse(&self, kind: &Kind, request: PlanRequest<'_>, stop: &Stop) -> Result<(), Vec<Finding>> {
        let Some(cluster) = &self.cluster else { return Ok(()) };
        let (Some(place), true) = (place(kind, request.prior), request.config.is_wholly_known()) else {
            return Ok(());
        };
        let wanted = write::object(kind, request.config);
        let options = (FIELD_MANAGER, Conflicts::Force, Run::Dry);
        match cluster.apply(&path(kind, &place), &wanted, options, stop).await {
            Err(error @ ApiError::Refused { status: 422, .. }) => Err(vec![error.finding().help(
                "the cluster refuses this change; what cannot be changed in place needs a new object: `aksel apply -replace=ADDRESS`",
            )]),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Makes sure that there is no object of this name yet.
    async fn is_vacant(&self, creation: Change<'_>, stop: &Stop) -> Result<(), ApiError> {
        let cluster = self.cluster()?;
        let Some(kind) = catalogue::kind(creation.type_name) else {
            return manifest::vacant(cluster, creation, stop).await;
        };
        let Some(place) = place_of(&write::object(kind, creation.config), kind) else { return Ok(()) };
        match cluster.get(&path(kind, &place), stop).await? {
            Some(_) => Err(exists(kind, &place)),
            None => Ok(()),
        }
    }

    async fn create(
        &self,
        kind: &Kind,
        change: Change<'_>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<Value, Failed> {
        let cluster = self.cluster()?;
        let wanted = write::object(kind, change.config);
        let made = match place_of(&wanted, kind) {
            Some(place) => {
                let path = path(kind, &place);
                let options = (FIELD_MANAGER, Conflicts::Force, Run::Real);
                cluster.apply(&path, &wanted, options, stop).await?
            }
            None => {
                let namespace = wanted["metadata"]["namespace"].as_str().unwrap_or("default");
                cluster.create(&collection(&kind.api, namespace), &wanted).await?
            }
        };
        self.finish(cluster, kind, change, made, progress, stop).await
    }

    async fn update(
        &self,
        kind: &Kind,
        change: Change<'_>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<Value, Failed> {
        let cluster = self.cluster()?;
        let Some(place) = place(kind, change.prior) else {
            return Err(ApiError::Settings("the object in state has no name".into()).into());
        };
        let path = path(kind, &place);
        let mut wanted = write::object(kind, change.config);
        wanted["metadata"]["name"] = place.name.clone().into();
        let options = (FIELD_MANAGER, Conflicts::Force, Run::Real);
        let mut made = cluster.apply(&path, &wanted, options, stop).await?;
        if let Some(patch) = leftover(&write::object(kind, change.prior), &wanted, &made) {
            made = cluster.merge(&path, &patch, stop).await?;
        }
        self.finish(cluster, kind, change, made, progress, stop).await
    }

    /// Waits until what was made is there, and reads it.
    async fn finish(
        &self,
        cluster: &Cluster,
        kind: &Kind,
        change: Change<'_>,
        made: Json,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<Value, Failed> {
        let value = |json: &Json| read::object(kind, json, change.planned, Extent::Mentioned);
        let waited = cluster.wait(kind, change, &made, progress, stop).await;
        match waited {
            Ok(json) => Ok(value(&json)),
            Err((json, error)) => Err(Failed { object: Some(value(&json)), error }),
        }
    }

    async fn delete(
        &self,
        kind: &Kind,
        change: Change<'_>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<(), Failed> {
        let kept = |error| Failed { object: Some(change.prior.clone()), error };
        let cluster = self.cluster().map_err(kept)?;
        let Some(place) = place(kind, change.prior) else { return Ok(()) };
        let uid = metadata(change.prior).and_then(|metadata| metadata.attribute("uid")?.as_str());
        cluster.remove(kind, change, &path(kind, &place), uid, progress, stop).await.map_err(kept)
    }

    async fn change(
        &self,
        change: Change<'_>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<Option<Value>, Failed> {
        let Some(kind) = catalogue::kind(change.type_name) else {
            return manifest::apply(self.cluster()?, change, progress, stop).await;
        };
        match change.deed {
            Deed::Create => self.create(kind, change, progress, stop).await.map(Some),
            Deed::Update => self.update(kind, change, progress, stop).await.map(Some),
            Deed::Delete => self.delete(kind, change, progress, stop).await.map(|()| None),
        }
    }

    async fn find(&self, type_name: &str, id: &str, stop: &Stop) -> Result<Option<Value>, ApiError> {
        let cluster = self.cluster()?;
        let Some(kind) = catalogue::kind(type_name) else { return manifest::import(cluster, id, stop).await };
        let place = place_of_id(kind, id).ok_or_else(|| ApiError::Settings(form_of_id(kind, id)))?;
        let none = Value::null(aksel_lang::types::Type::Dynamic);
        let found = cluster.get(&path(kind, &place), stop).await?;
        // What aksel has applied itself is read as it was written; an object of others is read whole.
        let whole =
            |json: Json| read::object(kind, owned(&json).as_ref().unwrap_or(&json), &none, Extent::Whole);
        Ok(found.map(whole))
    }
}

pub(crate) fn object(value: Value) -> Object {
    Object { value, private: None }
}

fn metadata(value: &Value) -> Option<&Value> {
    value.attribute("metadata")?.elements().next()
}

/// Which object a value is about; `None` while it has no name.
pub fn place(kind: &Kind, value: &Value) -> Option<Place> {
    let text = |name: &str| Some(metadata(value)?.attribute(name)?.as_str()?.to_owned());
    let namespace = match kind.api.scope {
        Scope::Namespaced => text("namespace").unwrap_or_else(|| "default".to_owned()),
        Scope::Cluster => String::new(),
    };
    Some(Place { namespace, name: text("name").filter(|name| !name.is_empty())? })
}

fn place_of(json: &Json, kind: &Kind) -> Option<Place> {
    let text = |name: &str| json["metadata"][name].as_str();
    let namespace = match kind.api.scope {
        Scope::Namespaced => text("namespace").unwrap_or("default"),
        Scope::Cluster => "",
    };
    Some(Place { namespace: namespace.to_owned(), name: text("name")?.to_owned() })
}

fn place_of_id(kind: &Kind, id: &str) -> Option<Place> {
    let (namespace, name) = match kind.api.scope {
        Scope::Namespaced => id.split_once('/')?,
        Scope::Cluster => ("", id),
    };
    let fits = !name.is_empty() && !name.contains('/');
    fits.then(|| Place { namespace: namespace.to_owned(), name: name.to_owned() })
}

fn form_of_id(kind: &Kind, id: &str) -> String {
    let form = match kind.api.scope {
        Scope::Namespaced => "namespace/name",
        Scope::Cluster => "name",
    };
    format!("`{id}` is no id of a {}: it must look like `{form}`", kind.api.kind)
}

/// Where an object is.
pub fn path(kind: &Kind, place: &Place) -> String {
    format!("{}/{}", collection(&kind.api, &place.namespace), encoded(&place.name))
}

fn exists(kind: &Kind, place: &Place) -> ApiError {
    let id = match kind.api.scope {
        Scope::Namespaced => format!("{}/{}", place.namespace, place.name),
        Scope::Cluster => place.name.clone(),
    };
    ApiError::Exists { kind: kind.api.kind.to_owned(), type_name: kind.name.to_owned(), id }
}

#[async_trait]
impl Session for KubernetesSession {
    async fn read_many(&self, requests: &[ReadRequest], stop: &Stop) -> Vec<ReadAnswer> {
        // Owned futures made before the stream: a closure over borrowed requests would not be general enough for it.
        let reads: Vec<_> = requests.iter().map(|request| Box::pin(self.read_one(request, stop))).collect();
        futures::stream::iter(reads).buffered(READS_AT_ONCE).collect().await
    }

    async fn last_touch(&self, type_name: &str, state: &Value, stop: &Stop) -> Option<Touch> {
        let kind = catalogue::kind(type_name)?;
        let object = self.cluster.as_ref()?.get(&path(kind, &place(kind, state)?), stop).await.ok()??;
        last_touch(&object)
    }

    async fn read_data(&self, type_name: &str, config: &Value, stop: &Stop) -> Result<Value, Vec<Finding>> {
        let cluster = self.cluster().map_err(|error| vec![error.finding()])?;
        data_source::read(cluster, type_name, config, stop).await.map_err(|error| vec![error.finding()])
    }

    async fn plan(&self, request: PlanRequest<'_>, stop: &Stop) -> Result<Planned, Vec<Finding>> {
        let Some(kind) = catalogue::kind(request.type_name) else {
            return manifest::plan(self.cluster.as_ref(), request, stop).await;
        };
        let decided = decide(kind, request.prior, request.config);
        let changes = !request.prior.is_null() && decided.planned != *request.prior;
        if changes && decided.replace.is_empty() {
            self.rehearse(kind, request, stop).await?;
        }
        let private = request.private.clone();
        Ok(Planned { value: decided.planned, replace: decided.replace, private, findings: Vec::new() })
    }

    fn identity(&self, _type_name: &str, planned: &Value) -> Option<String> {
        let id = planned.attribute("id").and_then(Value::as_str).map(str::to_owned);
        id.or_else(|| manifest::identity_of(planned))
    }

    fn lanes(&self, _type_name: &str, _planned: &Value) -> Vec<Text> {
        Vec::new()
    }

    async fn vacant(&self, creation: Change<'_>, stop: &Stop) -> Result<(), Vec<Finding>> {
        self.is_vacant(creation, stop).await.map_err(|error| vec![error.finding()])
    }

    async fn apply(
        &self,
        _intent: &Intent,
        change: Change<'_>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Applied {
        match self.change(change, progress, stop).await {
            Ok(value) => Applied { object: value.map(object), findings: Vec::new() },
            Err(failed) => {
                // A change that did not begin leaves the object as it was.
                let before = || (change.deed == Deed::Update).then(|| change.prior.clone());
                let object = failed.object.or_else(before).map(object);
                Applied { object, findings: vec![failed.error.finding()] }
            }
        }
    }

    async fn import(&self, type_name: &str, id: &str, stop: &Stop) -> Result<Object, Vec<Finding>> {
        match self.find(type_name, id, stop).await {
            Ok(Some(value)) => Ok(object(value)),
            Ok(None) => Err(vec![Finding::error(
                Code::InvalidImport,
                "Cannot import non-existent remote object",
                format!("There is no `{type_name}` with the id {id} in the cluster."),
            )]),
            Err(error) => Err(vec![error.finding()]),
        }
    }
}
