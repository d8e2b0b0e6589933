//! A configured provider: reads, plans and changes objects.
//!
//! Invariant: planning is pure but for the session's subscription; only reading and applying make requests.
//! Invariant: an object that exists is never overwritten by a creation.
//! Never: the answer of a change is believed where a look is needed; after a change the object is read.

use std::sync::Arc;

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
use serde_json::{Value as Json, json};

use crate::activity_log;
use crate::arm_client::{ArmClient, Method, Request};
use crate::arm_error::ArmError;
use crate::data_source;
use crate::diff::decide;
use crate::provider::resource;
use crate::read::{read, settle};
use crate::resource_id::ResourceId;
use crate::resource_type::{Arm, Call, CallMethod, Hooks, Plane, ResourceType, Target, check_id, identity};
use crate::row::Row;
use crate::schema::{TIMEOUTS, timeouts_type};
use crate::settings::Settings;
use crate::steps::{Over, Step, StepInput, laid_over, steps};

/// How many objects are read at once: ARM allows a subscription 25 reads a second.
const READS_AT_ONCE: usize = 10;

/// A session, with ARM or, while the provider's configuration is not known, without.
pub struct AzureSession {
    arm: Option<Arc<ArmClient>>,
    /// Who signs in, and where.
    pub caller: Caller,
}

/// Who signs in, and where.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The subscription.
    pub subscription: String,
    /// The tenant.
    pub tenant: String,
    /// The client's id.
    pub client: String,
    /// The id of the principal.
    pub object: String,
}

/// What reading an object needs of its type.
#[derive(Clone, Copy)]
pub struct Reading {
    /// The ARM type and version.
    pub arm: Arm,
    /// The rows.
    pub rows: &'static [Row],
    /// Further requests.
    pub calls: &'static [Call],
    /// What a table cannot say.
    pub hooks: Hooks,
}

impl AzureSession {
    /// A session that plans from configuration and state alone.
    pub fn offline() -> AzureSession {
        AzureSession { arm: None, caller: Caller::default() }
    }

    /// A session with ARM.
    pub fn online(arm: ArmClient, subscription: String, settings: &Settings, claims: &Json) -> AzureSession {
        let claim = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let caller = Caller {
            subscription,
            tenant: settings.tenant.clone().unwrap_or_else(|| claim("tid")),
            client: settings.client.clone().unwrap_or_else(|| claim("appid")),
            object: claim("oid"),
        };
        AzureSession { arm: Some(Arc::new(arm)), caller }
    }

    /// The ARM client.
    ///
    /// # Errors
    /// When the provider's configuration is not known yet.
    pub fn client(&self) -> Result<&ArmClient, ArmError> {
        let unknown = "the provider's configuration is known only after apply";
        self.arm.as_deref().ok_or_else(|| ArmError::Credentials(unknown.to_owned()))
    }

    /// Asks for an object's body; `None` if there is none.
    ///
    /// # Errors
    /// When ARM refuses or nobody answers.
    pub async fn body(&self, id: &str, api: &str, stop: &Stop) -> Result<Option<Json>, ArmError> {
        match self.client()?.send(&Request::plain(Method::Get, id, api), stop).await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads an object: its body and the further calls of its type.
    ///
    /// # Errors
    /// When ARM refuses or nobody answers.
    pub async fn read_object(
        &self,
        reading: Reading,
        id: &ResourceId,
        state: &Value,
        stop: &Stop,
    ) -> Result<Option<Value>, ArmError> {
        let path = arm_id(reading.hooks, id.as_str());
        let Some(body) = self.body(&path, reading.arm.api, stop).await? else { return Ok(None) };
        let gone = reading.hooks.gone.is_some_and(|gone| gone(&body, id.as_str()));
        if gone || body["properties"]["isDeleted"] == true {
            return Ok(None);
        }
        // ARM's own spelling of the id, as azurerm's state has it, unless state has it already in another letter case.
        let known = state.attribute("id").and_then(Value::as_str).and_then(|text| text.parse().ok());
        let id = known.filter(|known| known == id).unwrap_or_else(|| id.clone());
        let mut document = json!({ "body": body });
        for call in reading.calls {
            if (call.when)(&document["body"]) {
                document[call.key] = self.call(call, reading.arm.api, &path, &document["body"], stop).await?;
            }
        }
        Ok(Some(value_of(reading, document, &id, state)))
    }

    async fn call(
        &self,
        call: &Call,
        api: &str,
        id: &str,
        body: &Json,
        stop: &Stop,
    ) -> Result<Json, ArmError> {
        let path = match call.target {
            Target::Below(suffix) => format!("{id}/{suffix}"),
            Target::Told(place) => match place(body) {
                Some(path) => path,
                None => return Ok(Json::Null),
            },
        };
        let method = match call.method {
            CallMethod::Get | CallMethod::GetAndPut => Method::Get,
            CallMethod::Post => Method::Post,
        };
        match self.client()?.send(&Request::plain(method, path, call.api.unwrap_or(api)), stop).await {
            Ok(answer) => Ok(answer.body),
            Err(error) if error.is_not_found() => Ok(Json::Null),
            Err(error) => Err(error),
        }
    }

    async fn read_one(&self, request: &ReadRequest, stop: &Stop) -> ReadAnswer {
        if self.arm.is_none() {
            return Ok(Some(Object { value: request.state.clone(), private: request.private.clone() }));
        }
        let found = known(&request.type_name)?;
        if found.hooks.plane == Plane::Blob {
            return Ok(self.read_blob(&request.state, stop).await?.map(object));
        }
        let id = state_id(&request.state)?;
        let read = self.read_object(found.reading(), &id, &request.state, stop).await;
        read.map(|value| value.map(object)).map_err(|error| vec![error.finding()])
    }

    async fn make(
        &self,
        found: &ResourceType,
        change: Change<'_>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<Value, Failed> {
        let mut planned = change.planned.clone();
        self.look_up(found, &mut planned, stop).await?;
        let wanted = identify(found, &planned, &self.caller.subscription);
        let id: ResourceId = match change.deed {
            Deed::Create => wanted.ok_or_else(|| Failed::before("the object's name is not known"))?.parse(),
            Deed::Update | Deed::Delete => text_of(change.prior, "id").parse(),
        }
        .map_err(|error: crate::resource_id::InvalidId| Failed::before(&error.to_string()))?;
        let path = arm_id(found.hooks, id.as_str());
        let input = StepInput {
            deed: change.deed,
            id: &path,
            api: found.arm.api,
            prior: change.prior,
            planned: &planned,
        };
        let minutes = minutes(found, change);
        for (place, step) in steps(found, &input, &self.caller.subscription).into_iter().enumerate() {
            let done = self.carry_out(found, step, minutes, progress, stop).await;
            if let Err(error) = done {
                let begun = place > 0
                    || change.deed == Deed::Update
                    || !matches!(&error, ArmError::Refused { status: 400..=499, .. });
                return Err(Failed {
                    object: if begun { self.as_it_is(found, &id, &planned, stop).await } else { None },
                    findings: vec![error.finding()],
                });
            }
        }
        let value = self.read_object(found.reading(), &id, &planned_state(&planned), stop).await?;
        value
            .map(|value| settle(change.planned, value))
            .ok_or_else(|| Failed::before("the object was not there when it was read after the change"))
    }

    /// Makes sure that there is no object of this id yet.
    async fn is_vacant(
        &self,
        found: &ResourceType,
        planned: &Value,
        stop: &Stop,
    ) -> Result<(), Vec<Finding>> {
        if found.is_association() {
            return Ok(());
        }
        let Some(id) = identify(found, planned, &self.caller.subscription) else { return Ok(()) };
        let id: ResourceId = id
            .parse()
            .map_err(|error: crate::resource_id::InvalidId| Failed::before(&error.to_string()).findings)?;
        let path = arm_id(found.hooks, id.as_str());
        match self.body(&path, found.arm.api, stop).await {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(exists(found, &id).findings),
            Err(error) => Err(vec![error.finding()]),
        }
    }

    /// What there is after a failure, so that it is not forgotten.
    async fn as_it_is(
        &self,
        found: &ResourceType,
        id: &ResourceId,
        planned: &Value,
        stop: &Stop,
    ) -> Option<Object> {
        let read = self.read_object(found.reading(), id, &planned_state(planned), stop).await;
        read.ok().flatten().map(object)
    }

    async fn look_up(&self, found: &ResourceType, planned: &mut Value, stop: &Stop) -> Result<(), Failed> {
        let Some(lookup) = found.hooks.lookup else { return Ok(()) };
        let Some(request) = (lookup.request)(planned, &self.caller.subscription) else { return Ok(()) };
        let answer = self.client()?.send(&request, stop).await?;
        let given = (lookup.pick)(&answer.body)
            .ok_or_else(|| Failed::before(&format!("{} found nothing", request.asked())))?;
        if let Some(items) = planned.as_named() {
            let mut items = items.clone();
            items.insert(lookup.gives.into(), Value::string(given));
            *planned = Value::object(items);
        }
        Ok(())
    }

    async fn carry_out(
        &self,
        found: &ResourceType,
        step: Step,
        minutes: u32,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<(), ArmError> {
        let body = match step.over {
            Over::Nothing => step.body,
            Over::Live => {
                let live = self.body(&step.id, &step.api, stop).await?;
                // A part of what is gone is gone with it.
                if live.is_none() && found.is_association() {
                    return Ok(());
                }
                let mut body = step.body;
                if let (Some(hook), Some(live)) = (found.hooks.over_live, &live) {
                    hook(live, &mut body);
                }
                laid_over(live, body)
            }
        };
        let request = Request { method: step.method, path: step.id, api: step.api, body };
        match self.client()?.carry_out(&request, minutes, progress, stop).await {
            Err(error) if error.is_not_found() && step.method == Method::Delete => Ok(()),
            done => done.map(|_answer| ()),
        }
    }

    async fn delete(
        &self,
        found: &ResourceType,
        change: Change<'_>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<(), Failed> {
        let id = arm_id(found.hooks, &text_of(change.prior, "id"));
        let input = StepInput {
            deed: Deed::Delete,
            id: &id,
            api: found.arm.api,
            prior: change.prior,
            planned: change.planned,
        };
        for step in steps(found, &input, &self.caller.subscription) {
            self.carry_out(found, step, minutes(found, change), progress, stop).await.map_err(|error| {
                Failed { object: Some(object(change.prior.clone())), findings: vec![error.finding()] }
            })?;
        }
        Ok(())
    }
}

/// Why a change ended, and what there is.
struct Failed {
    object: Option<Object>,
    findings: Vec<Finding>,
}

impl Failed {
    fn before(reason: &str) -> Failed {
        Failed { object: None, findings: vec![Finding::error(Code::Provider, reason, "")] }
    }
}

impl From<ArmError> for Failed {
    fn from(error: ArmError) -> Failed {
        Failed { object: None, findings: vec![error.finding()] }
    }
}

/// The value of an object from its document.
pub fn value_of(reading: Reading, mut document: Json, id: &ResourceId, state: &Value) -> Value {
    if let Some(hook) = reading.hooks.before_read {
        hook(&mut document, state);
    }
    let mut values = read(reading.rows, &document, id, state);
    if let Some(hook) = reading.hooks.after_read {
        hook(&mut values, &document, id.as_str());
    }
    let kept = state.attribute("timeouts").cloned();
    values.insert("timeouts".into(), kept.unwrap_or_else(|| Value::null(timeouts_type(&TIMEOUTS))));
    Value::object(values)
}

impl ResourceType {
    /// What reading needs of the type.
    pub fn reading(&self) -> Reading {
        Reading { arm: self.arm, rows: self.attributes, calls: self.calls, hooks: self.hooks }
    }

    /// Whether the object is a part of another one, which exists before.
    pub fn is_association(&self) -> bool {
        self.hooks.gone.is_some()
    }
}

/// The id for ARM of an object that has this one in state.
fn arm_id(hooks: Hooks, id: &str) -> String {
    hooks.state_id.map_or_else(|| id.to_owned(), |hook| hook(id))
}

/// The id that an object will have.
pub fn identify(found: &ResourceType, planned: &Value, subscription: &str) -> Option<String> {
    match found.hooks.identity {
        Some(hook) => hook(planned, subscription),
        None => identity(found.arm, found.attributes, planned, subscription),
    }
}

fn missing(type_name: &str, id: &str) -> Vec<Finding> {
    vec![Finding::error(
        Code::InvalidImport,
        "Cannot import non-existent remote object",
        format!("There is no `{type_name}` with the id {id}."),
    )]
}

fn object(value: Value) -> Object {
    Object { value, private: None }
}

fn exists(found: &ResourceType, id: &ResourceId) -> Failed {
    let name = found.name;
    let summary = format!(
        "a resource with the ID \"{id}\" already exists - to be managed via Terraform this resource needs to be imported into the State. Please see the resource documentation for \"{name}\" for more information"
    );
    let finding = Finding::error(Code::Arm, summary, "It was not touched.");
    Failed {
        object: None,
        findings: vec![finding.help(format!("`aksel import <address of the {name}> {id}` takes it over"))],
    }
}

/// What is planned, as far as it is known, stands for the state when an object is read the first time.
pub fn planned_state(planned: &Value) -> Value {
    let Some(items) = planned.as_named() else { return planned.clone() };
    let named = items.iter().filter(|(name, _)| &***name != "id");
    Value::object(named.map(|(name, value)| (name.clone(), known_parts(value))))
}

/// A value with a null wherever something is not known.
fn known_parts(value: &Value) -> Value {
    if value.is_wholly_known() {
        return value.clone();
    }
    match (value.ty(), value.as_named(), value.as_slice()) {
        (aksel_lang::types::Type::Object(_), Some(items), _) => {
            Value::object(items.iter().map(|(name, value)| (name.clone(), known_parts(value))))
        }
        (aksel_lang::types::Type::List(element), _, Some(items)) => {
            Value::list((*element).clone(), items.iter().map(known_parts).collect::<Vec<_>>())
        }
        (ty, _, _) => Value::null(ty),
    }
}

fn text_of(value: &Value, name: &str) -> String {
    value.attribute(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn known(type_name: &str) -> Result<&'static ResourceType, Vec<Finding>> {
    let unknown = || {
        vec![Finding::error(
            Code::UnknownType,
            format!("the provider has no resource type `{type_name}`"),
            "",
        )]
    };
    resource(type_name).ok_or_else(unknown)
}

fn state_id(state: &Value) -> Result<ResourceId, Vec<Finding>> {
    let refused = |error: crate::resource_id::InvalidId| {
        vec![Finding::error(Code::State, "the id in state is no id", error.to_string())]
    };
    text_of(state, "id").parse().map_err(refused)
}

/// How long a change may take: what the block's `timeouts` say, else what the type says.
fn minutes(found: &ResourceType, change: Change<'_>) -> u32 {
    let (name, otherwise) = match change.deed {
        Deed::Create => ("create", found.minutes.create),
        Deed::Update => ("update", found.minutes.update),
        Deed::Delete => ("delete", found.minutes.delete),
    };
    let of = if change.deed == Deed::Delete { change.prior } else { change.planned };
    let written =
        of.attribute("timeouts").and_then(|timeouts| timeouts.attribute(name)).and_then(Value::as_str);
    written.and_then(duration_in_minutes).unwrap_or(otherwise)
}

/// A duration such as `1h30m`, in minutes, rounded up.
fn duration_in_minutes(text: &str) -> Option<u32> {
    let span: jiff::SignedDuration = text.parse().ok()?;
    u32::try_from((span.as_secs() + 59) / 60).ok()
}

#[async_trait]
impl Session for AzureSession {
    async fn read_many(&self, requests: &[ReadRequest], stop: &Stop) -> Vec<ReadAnswer> {
        // Owned futures made before the stream: a closure over borrowed requests would not be general enough for it.
        let reads: Vec<_> = requests.iter().map(|request| Box::pin(self.read_one(request, stop))).collect();
        futures::stream::iter(reads).buffered(READS_AT_ONCE).collect().await
    }

    async fn last_touch(&self, _type_name: &str, state: &Value, stop: &Stop) -> Option<Touch> {
        let id = text_of(state, "id");
        let arm = self.arm.as_ref().filter(|_| id.starts_with("/subscriptions/"))?;
        let asked = activity_log::request(&self.caller.subscription, &id, arm.now());
        activity_log::last_touch(&arm.send(&asked, stop).await.ok()?.body)
    }

    async fn read_data(&self, type_name: &str, config: &Value, stop: &Stop) -> Result<Value, Vec<Finding>> {
        data_source::read(self, type_name, config, stop).await
    }

    async fn plan(&self, request: PlanRequest<'_>, _stop: &Stop) -> Result<Planned, Vec<Finding>> {
        let found = known(request.type_name)?;
        let decided = decide(found, request.prior, request.config);
        // What is replaced anyway needs no way to be changed; it is planned once more, as a creation.
        if let Some(refuses) = found.hooks.refuses.filter(|_| decided.replace.is_empty()) {
            let findings = refuses(request.prior, &decided.planned);
            if findings.iter().any(Finding::is_error) {
                return Err(findings);
            }
        }
        let private = request.private.clone();
        Ok(Planned { value: decided.planned, replace: decided.replace, private, findings: Vec::new() })
    }

    fn identity(&self, type_name: &str, planned: &Value) -> Option<String> {
        let by_name = resource(type_name).is_some_and(|found| found.hooks.plane == Plane::Blob);
        let known = planned.attribute("id").and_then(Value::as_str).filter(|_| !by_name).map(str::to_owned);
        known.or_else(|| identify(resource(type_name)?, planned, &self.caller.subscription))
    }

    fn lanes(&self, type_name: &str, planned: &Value) -> Vec<Text> {
        let lane = resource(type_name).and_then(|found| found.hooks.lane).and_then(|lane| lane(planned));
        lane.map(|lane| lane.to_lowercase().into()).into_iter().collect()
    }

    async fn vacant(&self, creation: Change<'_>, stop: &Stop) -> Result<(), Vec<Finding>> {
        let found = known(creation.type_name)?;
        match found.hooks.plane {
            Plane::Blob => self.no_blob(creation, stop).await,
            _ => self.is_vacant(found, creation.planned, stop).await,
        }
    }

    async fn apply(
        &self,
        _intent: &Intent,
        change: Change<'_>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Applied {
        let found = match known(change.type_name) {
            Ok(found) => found,
            Err(findings) => return Applied { object: None, findings },
        };
        if found.hooks.plane == Plane::Blob {
            let prior = || Some(change.prior).filter(|prior| !prior.is_null()).cloned().map(object);
            return match self.change_blob(change, stop).await {
                Ok(value) => Applied { object: value.map(object), findings: Vec::new() },
                Err(findings) => Applied { object: prior(), findings },
            };
        }
        let done = match change.deed {
            Deed::Delete => self.delete(found, change, progress, stop).await.map(|()| None),
            Deed::Create | Deed::Update => {
                self.make(found, change, progress, stop).await.map(|value| Some(object(value)))
            }
        };
        match done {
            Ok(object) => Applied { object, findings: Vec::new() },
            // A change that did not begin leaves the object as it was.
            Err(failed) if change.deed == Deed::Update && failed.object.is_none() => {
                Applied { object: Some(object(change.prior.clone())), findings: failed.findings }
            }
            Err(failed) => Applied { object: failed.object, findings: failed.findings },
        }
    }

    async fn import(&self, type_name: &str, id: &str, stop: &Stop) -> Result<Object, Vec<Finding>> {
        let found = known(type_name)?;
        let invalid = |expected: &str| {
            let detail = format!("The id must look like `{expected}`.");
            vec![Finding::error(
                Code::InvalidValue,
                format!("parsing {id:?}: this is no id of a `{type_name}`"),
                detail,
            )]
        };
        if found.hooks.plane == Plane::Blob {
            let named = crate::blob::named(id).ok_or_else(|| invalid("<id of the container>|<name>"))?;
            let read = self.read_blob(&named, stop).await?;
            return read.map(object).ok_or_else(|| missing(type_name, id));
        }
        let parsed: ResourceId = id.parse().map_err(|_| invalid(found.arm.kind))?;
        if found.hooks.identity.is_none() {
            check_id(found.arm, &parsed).map_err(|expected| invalid(&expected))?;
        }
        let none = Value::null(timeouts_type(&[]));
        // An object that an earlier run began to make, or that somebody changes right now, is read when it is done.
        let at_rest = async {
            let client = self.client()?;
            let path = arm_id(found.hooks, parsed.as_str());
            client.at_rest(&path, found.arm.api, found.minutes.create, stop).await
        };
        if let Err(error) = at_rest.await {
            return Err(vec![error.finding()]);
        }
        match self.read_object(found.reading(), &parsed, &none, stop).await {
            Ok(Some(value)) => Ok(object(value)),
            Ok(None) => Err(missing(type_name, id)),
            Err(error) => Err(vec![error.finding()]),
        }
    }
}
