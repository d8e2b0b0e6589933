//! Planning one managed instance: conditions, configuration, the provider's plan, and what follows from it.
//!
//! Invariant: the provider is asked with bare values; the marks of the configuration are put on its answer.
//! Invariant: an object to be replaced is planned twice, the second time as if there were none.
//! Never: a change that `prevent_destroy` forbids is in a plan without an error.

use std::sync::Arc;

use aksel_lang::address::Address;
use aksel_lang::blocks::lifecycle::IgnoreChanges;
use aksel_lang::blocks::resource::Origin;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_lang::evaluate::evaluate;
use aksel_lang::former_values::modern_path;
use aksel_lang::path::{Path, Step};
use aksel_lang::schema::{BlockSchema, Secrecy};
use aksel_lang::source::Span;
use aksel_lang::types::Text;
use aksel_lang::value::{Marks, Value};
use aksel_provider::finding::Finding;
use aksel_provider::propose::propose;
use aksel_provider::provider::{PlanRequest, Planned, Private, Session};
use aksel_provider::stop::Stop;
use aksel_state::snapshot::Status;
use futures::FutureExt;

use crate::context::{Live, finding_about};
use crate::decide::{Forced, Verdict, decide, ignoring, replacement, with_marks_of};
use crate::expand::Repeated;
use crate::generate::{block, configuration_of};
use crate::graph::NodeId;
use crate::objects::{Remembered, mark_schema};
use crate::observer::Event;
use crate::plan::{Action, Reason, ReplaceOrder, ResourceChange};
use crate::planning::{Outcome, Planning, subject};
use crate::program::{ResourceId, Typed};
use crate::value_marks::{marked_paths, without_ephemeral};
use crate::walk::{Ending, Job};
use crate::wanted_imports::Wanted;

/// What came of planning an instance.
pub(crate) struct PlannedInstance {
    /// The provider instance, as state writes it.
    pub(crate) provider: Text,
    pub(crate) action: Action,
    pub(crate) reason: Option<Reason>,
    pub(crate) private: Private,
    pub(crate) import: Option<Value>,
    pub(crate) imported: Option<Live>,
    pub(crate) generated: Option<Value>,
    pub(crate) findings: Vec<Finding>,
}

/// All that a plan of one instance needs.
pub(crate) struct Request {
    pub(crate) session: Arc<dyn Session>,
    /// The provider instance, as state writes it.
    pub(crate) provider: Text,
    pub(crate) typed: Typed,
    pub(crate) type_name: Text,
    pub(crate) config: Value,
    pub(crate) live: Option<Live>,
    pub(crate) forced: Option<Forced>,
    pub(crate) order: ReplaceOrder,
    pub(crate) remembered: Remembered,
    pub(crate) ignored: IgnoreChanges,
    pub(crate) import: Option<Wanted>,
    pub(crate) origin: Origin,
}

impl<'w> Planning<'w> {
    pub(crate) fn start_managed(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        address: Address,
        repeated: Repeated,
    ) -> Option<Job<'w, Outcome>> {
        if self.unread.contains(&(address.clone(), None)) {
            self.failed[node] = true;
            return None;
        }
        let program = self.context.program;
        let declared = &program.resources[resource];
        let typed = declared.typed.clone()?;
        let instance = self.evaluator.provider_of(resource, &address, &repeated);
        let configured = instance.as_ref().and_then(|instance| self.sessions.get(instance)).cloned();
        let (Some(instance), Some(configured)) = (instance, configured) else {
            self.failed[node] = true;
            return None;
        };
        if let Some(request) = self.unread_by(&instance, &address) {
            return Some(self.read_first(configured.session, request, repeated));
        }
        let config = self.config(resource, &address, &repeated);
        let import = self.wanted_import(resource, &address);
        let (Some(config), Ok(import)) = (config, import) else {
            self.failed[node] = true;
            return None;
        };
        let live = self.live.get(&(address.clone(), None)).cloned();
        let forced = self.forced(resource, &address, &repeated, live.as_ref());
        let request = Request {
            session: configured.session,
            provider: program.written(&instance),
            type_name: address.resource.type_name.clone(),
            order: declared.replace_order(),
            remembered: declared.remembered(),
            ignored: ignored(&declared.resource.lifecycle.ignore_changes, &typed.schema.block),
            import: import.filter(|_| live.is_none()),
            origin: declared.resource.origin,
            typed,
            config,
            live,
            forced,
        };
        let stop = self.context.stop;
        let planning = async move {
            let planned = plan_instance(request, stop).await.map(Box::new);
            Outcome::Managed(Box::new(address), repeated, planned)
        };
        Some(Job::new(planning.boxed()))
    }

    /// Conditions and configuration of an instance; `None` after an error.
    pub(crate) fn config(
        &mut self,
        resource: ResourceId,
        address: &Address,
        repeated: &Repeated,
    ) -> Option<Value> {
        if self.evaluator.resource_conditions(resource, address, repeated, None) == Ending::Failed {
            return None;
        }
        let declared = &self.context.program.resources[resource];
        let typed = declared.typed.as_ref()?;
        let scope = self.evaluator.scope(declared.module, &address.module).repeated(repeated);
        let mut found = Vec::new();
        let config = config_value(typed, &scope, &mut found);
        if declared.resource.origin == Origin::Imported {
            return Some(config);
        }
        if !has_errors(&found) {
            let provider = &self.context.program.providers[typed.provider].provider;
            let bare = config.unmark_deep().0;
            let findings = provider.validate(address.resource.mode, &address.resource.type_name, &bare);
            found.extend(findings.into_iter().map(|finding| finding_about(finding, typed, address)));
        }
        let failed = has_errors(&found);
        self.evaluator.diagnostics.extend(found.into_iter().map(|one| match one.address {
            None => one.about(address.to_string()),
            Some(_) => one,
        }));
        (!failed).then_some(config)
    }

    fn forced(
        &self,
        resource: ResourceId,
        address: &Address,
        repeated: &Repeated,
        live: Option<&Live>,
    ) -> Option<Forced> {
        if live?.status == Status::Tainted {
            return Some(Forced::Tainted);
        }
        if self.context.options.replace.contains(address) {
            return Some(Forced::ByRequest);
        }
        self.triggered(resource, address, repeated).then_some(Forced::ByTriggers)
    }

    pub(crate) fn planned(
        &mut self,
        node: NodeId,
        address: &Address,
        repeated: &Repeated,
        planned: Result<Box<PlannedInstance>, Vec<Finding>>,
    ) {
        let program = self.context.program;
        let Some(resource) = program.resource_at(&address.config()) else { return };
        let Some(typed) = &program.resources[resource].typed else { return };
        let planned = match planned {
            Ok(planned) => *planned,
            Err(findings) => {
                self.failed[node] = true;
                let place = |finding| finding_about(finding, typed, address);
                self.evaluator.diagnostics.extend(findings.into_iter().map(place));
                return;
            }
        };
        let place = |finding| finding_about(finding, typed, address);
        self.evaluator.diagnostics.extend(planned.findings.into_iter().map(place));
        if let Some(imported) = planned.imported {
            self.take_imported(address, imported);
        }
        let change = ResourceChange {
            reason: planned.reason,
            import: planned.import,
            generated: planned.generated.map(|config| block(address, &typed.schema.block, &config).into()),
            private: planned.private,
            ..self.change(&(address.clone(), None), planned.provider, planned.action)
        };
        self.check_prevented(node, resource, &change, repeated);
        let value = change.action.after().cloned().unwrap_or_else(crate::evaluator::Evaluator::unknown);
        self.context.observer.hears(&Event::Planned(subject(&(address.clone(), None), &value)));
        self.planned.insert(address.clone(), value.clone());
        self.pending[node] |= change.does_something();
        self.change_of.insert(address.clone(), self.changes.len());
        self.changes.push(change);
        if self.evaluator.resource_conditions(resource, address, repeated, Some(value)) == Ending::Failed {
            self.failed[node] = true;
        }
    }

    /// Refuses to destroy what must not be destroyed.
    fn check_prevented(
        &mut self,
        node: NodeId,
        resource: ResourceId,
        change: &ResourceChange,
        repeated: &Repeated,
    ) {
        // What is forgotten is not destroyed.
        let kept = matches!(change.action, Action::Replace { order: ReplaceOrder::ForgetFirst, .. });
        if kept || !matches!(change.action, Action::Replace { .. } | Action::Delete { .. }) {
            return;
        }
        if let Some(error) = self.prevented(resource, &change.address, repeated) {
            self.failed[node] = true;
            self.evaluator.diagnostics.push(error);
        }
    }

    /// The error if `prevent_destroy` of an instance is set.
    pub(crate) fn prevented(
        &mut self,
        resource: ResourceId,
        address: &Address,
        repeated: &Repeated,
    ) -> Option<Diagnostic> {
        let declared = &self.context.program.resources[resource];
        let prevent = declared.resource.lifecycle.prevent_destroy.as_ref()?;
        let mut found = Vec::new();
        let scope = self.evaluator.scope(declared.module, &address.module).repeated(repeated);
        let value = evaluate(prevent, &scope, &mut found).unmark_deep().0;
        let failed = has_errors(&found);
        self.evaluator.diagnostics.append(&mut found);
        let truth = aksel_lang::convert::convert(&value, &aksel_lang::types::Type::Bool).ok()?;
        (!failed && truth.as_bool() == Some(true)).then(|| {
            Diagnostic::error(Code::PreventedDestroy, "Instance cannot be destroyed")
                .detail(format!(
                    "Resource {address} has lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed. To avoid this error and continue with the plan, either disable lifecycle.prevent_destroy or reduce the scope of the plan using the -target option."
                ))
                .at(declared.resource.header)
                .about(address.to_string())
        })
    }
}

/// What is not compared, by today's names.
fn ignored(written: &IgnoreChanges, schema: &BlockSchema) -> IgnoreChanges {
    match written {
        IgnoreChanges::All => IgnoreChanges::All,
        IgnoreChanges::Paths(paths) => {
            let modern = |(path, span): &(Path, Span)| match modern_path(path, schema) {
                Some((modern, ..)) => (modern, *span),
                None => (path.clone(), *span),
            };
            IgnoreChanges::Paths(paths.iter().map(modern).filter(|(path, _)| !path.0.is_empty()).collect())
        }
    }
}

/// The value of a resource's body, with what may not be ephemeral checked.
pub(crate) fn config_value(
    typed: &Typed,
    scope: &dyn aksel_lang::evaluate::Scope,
    diagnostics: &mut Diagnostics,
) -> Value {
    let before = diagnostics.len();
    let config = typed.body.evaluate(&typed.schema.block, scope, diagnostics);
    if has_errors(&diagnostics[before..]) {
        return config;
    }
    for (path, marks) in marked_paths(&config) {
        if marks.contains(Marks::EPHEMERAL) && !is_write_only(typed, &path) {
            let name = path.to_string();
            diagnostics.push(
                Diagnostic::error(Code::EphemeralValue, "Invalid use of ephemeral value")
                    .detail(format!("Ephemeral values are not valid for \"{name}\", because it is not a write-only attribute and must be persisted to state."))
                    .at(typed.body.span_of(&path)),
            );
        }
    }
    config
}

fn is_write_only(typed: &Typed, path: &Path) -> bool {
    let Some(Step::Attribute(name)) = path.0.first() else { return false };
    typed.schema.block.attributes.get(name).is_some_and(|attribute| attribute.secrecy == Secrecy::WriteOnly)
}

/// Plans one instance.
async fn plan_instance(request: Request, stop: &Stop) -> Result<PlannedInstance, Vec<Finding>> {
    let mut request = request;
    let mut imported = None;
    if let Some(wanted) = &request.import {
        let object = request.session.import(&request.type_name, &wanted.object.id, stop).await?;
        let value = mark_schema(object.value, &request.typed.schema.block);
        let live = Live {
            value,
            private: object.private,
            status: Status::Ready,
            remembered: request.remembered,
            provider: request.provider.clone(),
        };
        imported = Some(live.clone());
        if request.origin == Origin::Imported {
            request.config = configuration_of(&request.typed.schema.block, &live.value.unmark_deep().0);
        }
        request.live = Some(live);
    }
    let import = request.import.as_ref().map(|wanted| wanted.object.said.clone());
    let mut planned = match &request.live {
        None => plan_new(&request, stop).await?,
        Some(live) => plan_existing(&request, live, stop).await?,
    };
    planned.import = import;
    planned.generated = (request.origin == Origin::Imported).then(|| request.config.clone());
    planned.imported = imported;
    Ok(planned)
}

async fn plan_new(request: &Request, stop: &Stop) -> Result<PlannedInstance, Vec<Finding>> {
    let none = Value::null(request.typed.schema.block.ty());
    let planned = ask(request, &none, &request.config, &None, stop).await?;
    let value = marked(request, &request.config, &planned);
    Ok(instance(request, Action::Create { planned: value }, None, planned))
}

async fn plan_existing(request: &Request, live: &Live, stop: &Stop) -> Result<PlannedInstance, Vec<Finding>> {
    let settable = |name: &str| {
        request
            .typed
            .schema
            .block
            .attributes
            .get(name)
            .is_none_or(aksel_lang::schema::AttributeSchema::is_settable)
    };
    let config = ignoring(request.config.clone(), &live.value, &request.ignored, &settable);
    let bare = live.value.unmark_deep().0;
    let planned = ask(request, &bare, &config, &live.private, stop).await?;
    let value = marked(request, &config, &planned);
    match decide(&live.value, &planned, value, request.forced) {
        Verdict::InPlace(action) => Ok(instance(request, *action, None, planned)),
        Verdict::Replace { because, reason } => {
            let none = Value::null(request.typed.schema.block.ty());
            // The new object has nothing from before that could be kept.
            let again = ask(request, &none, &request.config, &None, stop).await?;
            let value = marked(request, &request.config, &again);
            let action = replacement(&live.value, value, request.order, because);
            Ok(instance(request, action, Some(reason), again))
        }
    }
}

fn instance(request: &Request, action: Action, reason: Option<Reason>, planned: Planned) -> PlannedInstance {
    PlannedInstance {
        provider: request.provider.clone(),
        action,
        reason,
        private: planned.private,
        import: None,
        imported: None,
        generated: None,
        findings: planned.findings,
    }
}

async fn ask(
    request: &Request,
    prior: &Value,
    config: &Value,
    private: &Private,
    stop: &Stop,
) -> Result<Planned, Vec<Finding>> {
    let config = config.unmark_deep().0;
    let proposed = propose(&request.typed.schema.block, prior, &config);
    let request_plan =
        PlanRequest { type_name: &request.type_name, prior, config: &config, proposed: &proposed, private };
    request.session.plan(request_plan, stop).await
}

fn marked(request: &Request, config: &Value, planned: &Planned) -> Value {
    let value = with_marks_of(&without_ephemeral(config), &planned.value);
    mark_schema(value, &request.typed.schema.block)
}
