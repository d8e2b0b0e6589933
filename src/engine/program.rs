//! The program: all that is declared in all modules as nodes, with an edge wherever one needs another.
//!
//! Invariant: a node is a declaration, never an instance: `count = 1000` adds no node and no edge.
//! Invariant: nothing here depends on state or on values; the same configuration gives the same program.
//! Never: an expression is evaluated.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aksel_lang::address::{ConfigAddress, Mode, ModulePath, ResourceName};
use aksel_lang::blocks::check::Check;
use aksel_lang::blocks::local::Local;
use aksel_lang::blocks::module_call::ModuleCall;
use aksel_lang::blocks::output::Output;
use aksel_lang::blocks::provider::{self, ProviderBlock};
use aksel_lang::blocks::resource::{Origin, Resource};
use aksel_lang::blocks::variable::Variable;
use aksel_lang::configuration::{Configuration, Module};
use aksel_lang::decode::{BlockExpression, lower_block};
use aksel_lang::diagnostic::Diagnostics;
use aksel_lang::schema::Schema;
use aksel_lang::source::Span;
use aksel_lang::types::Text;
use aksel_provider::provider::Provider;
use aksel_state::provider_instance;

use crate::edges;
use crate::graph::{Graph, NodeId};
use crate::imports::{self, ImportsOf};
use crate::objects::Remembered;
use crate::plan::ReplaceOrder;
use crate::providers::{self, KeySource, ProviderId, ProviderInstance};
use crate::provisioner::{self, ProvisionerProgram};
use crate::registry::Registry;

/// The number of a module, callers before what they call.
pub(crate) type ModuleId = usize;
/// The number of a resource.
pub(crate) type ResourceId = usize;

/// All that is declared, and what needs what.
pub(crate) struct Program<'c> {
    pub(crate) configuration: &'c Configuration,
    pub(crate) registry: &'c Registry,
    pub(crate) modules: Vec<ModuleNode<'c>>,
    pub(crate) resources: Vec<ResourceNode<'c>>,
    pub(crate) providers: Vec<ProviderNode<'c>>,
    pub(crate) nodes: Vec<Node<'c>>,
    pub(crate) index: HashMap<NodeKey, NodeId>,
    pub(crate) graph: Graph,
    /// The graph turned round: what comes before each node.
    pub(crate) back: Graph,
    /// The `import` blocks for each resource.
    pub(crate) imports: ImportsOf<'c>,
    /// References that are wrong and have been reported: their values are unknown.
    pub(crate) refused: HashSet<Span>,
}

/// A module.
pub(crate) struct ModuleNode<'c> {
    pub(crate) module: &'c Module,
    pub(crate) caller: Option<(ModuleId, &'c ModuleCall)>,
    pub(crate) children: HashMap<Text, ModuleId>,
    pub(crate) resources: HashMap<ResourceName, ResourceId>,
}

impl ResourceNode<'_> {
    /// What state is to remember of its lifecycle.
    pub(crate) fn remembered(&self) -> Remembered {
        Remembered {
            create_first: self.create_first,
            skip_destroy: self.resource.lifecycle.destroy == Some(false),
        }
    }

    /// What comes first when an object of it is replaced. One that is never to be deleted is forgotten.
    pub(crate) fn replace_order(&self) -> ReplaceOrder {
        match self.remembered() {
            Remembered { skip_destroy: true, .. } => ReplaceOrder::ForgetFirst,
            Remembered { create_first: true, .. } => ReplaceOrder::CreateFirst,
            Remembered { .. } => ReplaceOrder::DeleteFirst,
        }
    }
}

/// A `resource`, `data` or `ephemeral` block with its schema.
pub(crate) struct ResourceNode<'c> {
    pub(crate) module: ModuleId,
    pub(crate) resource: &'c Resource,
    pub(crate) node: NodeId,
    /// What its provider says of its type; `None` if there is no such provider or type, which has been reported.
    pub(crate) typed: Option<Typed>,
    pub(crate) provisioners: Vec<ProvisionerProgram<'c>>,
    /// Whether its replacements are created first: because it says so, or something that depends on it does.
    pub(crate) create_first: bool,
}

/// A resource's type.
#[derive(Clone)]
pub(crate) struct Typed {
    pub(crate) schema: Arc<Schema>,
    pub(crate) body: Arc<BlockExpression>,
    pub(crate) provider: ProviderId,
    /// Which instance of the configuration it is, where that has instances.
    pub(crate) instance: Option<KeySource>,
}

/// A configuration of a provider.
pub(crate) struct ProviderNode<'c> {
    /// As state writes it: `provider["registry.terraform.io/hashicorp/azurerm"].west`.
    pub(crate) written: Text,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) schema: Arc<Schema>,
    /// The block, if there is one.
    pub(crate) block: Option<(ModuleId, &'c ProviderBlock)>,
    pub(crate) body: Option<BlockExpression>,
    pub(crate) node: NodeId,
}

/// A declaration.
#[derive(Clone, Copy)]
pub(crate) enum Node<'c> {
    /// How many instances a module has. Everything in the module comes after.
    Call(ModuleId),
    /// The end of everything in a module.
    Closed(ModuleId),
    Variable(ModuleId, &'c Variable),
    /// Validations of a variable that look at more than the variable.
    Validation(ModuleId, &'c Variable),
    Local(ModuleId, &'c Local),
    Output(ModuleId, &'c Output),
    Provider(ProviderId),
    Resource(ResourceId),
    Check(ModuleId, &'c Check),
}

/// What a node is found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NodeKey {
    Call(ModuleId),
    Closed(ModuleId),
    Variable(ModuleId, Text),
    Local(ModuleId, Text),
    Output(ModuleId, Text),
    Resource(ModuleId, ResourceName),
}

impl<'c> Program<'c> {
    /// Makes the program of a configuration. Bodies are read by their schemas; what is wrong in them is reported.
    ///
    /// `written` names further provider configurations that must be there: those of objects in state.
    pub(crate) fn new(
        configuration: &'c Configuration,
        registry: &'c Registry,
        written: &[Text],
        diagnostics: &mut Diagnostics,
    ) -> Program<'c> {
        let mut program = Program {
            configuration,
            registry,
            modules: modules(configuration),
            resources: Vec::new(),
            providers: Vec::new(),
            nodes: Vec::new(),
            index: HashMap::new(),
            graph: Graph::default(),
            back: Graph::default(),
            imports: ImportsOf::new(),
            refused: HashSet::new(),
        };
        program.add_providers(written, diagnostics);
        program.add_declarations(diagnostics);
        program.imports = imports::by_resource(&program);
        let edges = edges::edges(&program, edges::WholeModule::Outputs);
        program.graph = Graph::new(program.nodes.len(), &edges);
        program.back = program.graph.reversed();
        program.spread_create_first();
        program
    }

    /// The path of a module.
    pub(crate) fn path(&self, module: ModuleId) -> &'c ModulePath {
        &self.modules[module].module.path
    }

    /// The resource as it is written, with its module.
    pub(crate) fn config_address(&self, resource: ResourceId) -> ConfigAddress {
        let node = &self.resources[resource];
        ConfigAddress { module: self.path(node.module).clone(), resource: node.resource.name.clone() }
    }

    /// The module of a path.
    pub(crate) fn module_at(&self, path: &ModulePath) -> Option<ModuleId> {
        path.0.iter().try_fold(0, |module, name| self.modules[module].children.get(name).copied())
    }

    /// The resource of an address.
    pub(crate) fn resource_at(&self, address: &ConfigAddress) -> Option<ResourceId> {
        self.modules[self.module_at(&address.module)?].resources.get(&address.resource).copied()
    }

    /// The provider configuration that state writes so.
    pub(crate) fn configuration_written(&self, written: &str) -> Option<ProviderId> {
        self.providers.iter().position(|provider| &*provider.written == written)
    }

    /// The instance of a provider configuration that state writes so.
    pub(crate) fn provider_written(&self, written: &str) -> Option<ProviderInstance> {
        let (configuration, key) = provider_instance::split(written);
        Some(ProviderInstance { provider: self.configuration_written(configuration)?, key })
    }

    /// An instance of a provider configuration as state writes it.
    pub(crate) fn written(&self, instance: &ProviderInstance) -> Text {
        let configuration = &self.providers[instance.provider].written;
        match &instance.key {
            None => configuration.clone(),
            Some(key) => provider_instance::instance(configuration, key).into(),
        }
    }

    /// Where a node is declared.
    pub(crate) fn span(&self, node: NodeId) -> Option<Span> {
        match self.nodes[node] {
            Node::Call(module) | Node::Closed(module) => {
                self.modules[module].caller.map(|(_, call)| call.header)
            }
            Node::Variable(_, variable) | Node::Validation(_, variable) => Some(variable.header),
            Node::Local(_, local) => Some(local.name.span),
            Node::Output(_, output) => Some(output.header),
            Node::Provider(provider) => self.providers[provider].block.map(|(_, block)| block.header),
            Node::Resource(resource) => Some(self.resources[resource].resource.header),
            Node::Check(_, check) => Some(check.header),
        }
    }

    /// The whole text of a node that is a block of its own.
    pub(crate) fn extent(&self, node: NodeId) -> Option<Span> {
        match self.nodes[node] {
            Node::Resource(resource) => Some(self.resources[resource].resource.span),
            Node::Variable(_, variable) | Node::Validation(_, variable) => Some(variable.span),
            Node::Local(_, local) => Some(local.span),
            Node::Call(_) | Node::Closed(_) | Node::Output(..) | Node::Provider(_) | Node::Check(..) => None,
        }
    }

    /// All resources that a resource comes after, as state lists them: in order of their texts. Costs no more than there is
    /// before it.
    pub(crate) fn dependencies(&self, address: &ConfigAddress) -> Vec<String> {
        let Some(resource) = self.resource_at(address) else { return Vec::new() };
        let own = self.resources[resource].node;
        let mut seen = HashSet::from([own]);
        let mut ahead = vec![own];
        let mut all = Vec::new();
        while let Some(node) = ahead.pop() {
            for before in self.back.followers(node).iter().filter(|before| seen.insert(**before)) {
                ahead.push(*before);
                if let Node::Resource(other) = self.nodes[*before]
                    && self.resources[other].resource.name.mode != Mode::Ephemeral
                {
                    all.push(self.config_address(other).to_string());
                }
            }
        }
        all.sort();
        all
    }

    /// What people call a node, as Terraform does in a cycle.
    pub(crate) fn name(&self, node: NodeId) -> String {
        let within = |module: ModuleId, name: String| match self.path(module).is_root() {
            true => name,
            false => format!("{}.{name}", self.path(module)),
        };
        match self.nodes[node] {
            Node::Call(module) => format!("{} (expand)", self.path(module)),
            Node::Closed(module) => format!("{} (close)", self.path(module)),
            Node::Variable(module, variable) if self.path(module).is_root() => {
                within(module, format!("var.{}", variable.name.text))
            }
            Node::Variable(module, variable) => {
                within(module, format!("var.{} (expand)", variable.name.text))
            }
            Node::Validation(module, variable) => {
                within(module, format!("var.{} (validation)", variable.name.text))
            }
            Node::Local(module, local) => within(module, format!("local.{} (expand)", local.name.text)),
            Node::Output(module, output) => within(module, format!("output.{} (expand)", output.name.text)),
            Node::Provider(provider) => self.providers[provider].written.to_string(),
            Node::Resource(resource) => self.config_address(resource).to_string(),
            Node::Check(module, check) => within(module, format!("check.{} (expand)", check.name.text)),
        }
    }

    fn node(&mut self, node: Node<'c>) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn add_keyed(&mut self, key: NodeKey, node: Node<'c>) -> NodeId {
        let id = self.node(node);
        self.index.insert(key, id);
        id
    }

    fn add_providers(&mut self, written: &[Text], diagnostics: &mut Diagnostics) {
        for module in 0..self.modules.len() {
            for block in self.modules[module].module.providers.values() {
                let source = providers::source(self.modules[module].module, &block.key.name);
                let written = providers::written(self.path(module), &source, block.key.alias.as_deref());
                self.add_provider(written, &source, Some((module, block)), diagnostics);
            }
        }
        let sources: Vec<(Text, Text)> = providers::implied(self, written);
        for (written, source) in sources {
            self.add_provider(written, &source, None, diagnostics);
        }
    }

    fn add_provider(
        &mut self,
        written: Text,
        source: &str,
        block: Option<(ModuleId, &'c ProviderBlock)>,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(provider) = self.registry.provider(source).cloned() else { return };
        if self.configuration_written(&written).is_some() {
            return;
        }
        let schema = provider.config_schema();
        let body =
            block.map(|(_, block)| lower_block(&block.body, &schema.block, provider::META, diagnostics));
        let node = self.node(Node::Provider(self.providers.len()));
        self.providers.push(ProviderNode { written, provider, schema, block, body, node });
    }

    fn add_declarations(&mut self, diagnostics: &mut Diagnostics) {
        for module in 0..self.modules.len() {
            let declared = self.modules[module].module;
            self.add_keyed(NodeKey::Call(module), Node::Call(module));
            for (name, variable) in &declared.variables {
                self.add_keyed(NodeKey::Variable(module, name.clone()), Node::Variable(module, variable));
                if edges::validates_others(variable) {
                    self.node(Node::Validation(module, variable));
                }
            }
            for (name, local) in &declared.locals {
                self.add_keyed(NodeKey::Local(module, name.clone()), Node::Local(module, local));
            }
            for resource in declared.resources.values() {
                self.add_resource(module, resource, diagnostics);
            }
            for (name, output) in &declared.outputs {
                self.add_keyed(NodeKey::Output(module, name.clone()), Node::Output(module, output));
            }
            for check in declared.checks.values() {
                self.node(Node::Check(module, check));
            }
            self.add_keyed(NodeKey::Closed(module), Node::Closed(module));
        }
    }

    fn add_resource(&mut self, module: ModuleId, resource: &'c Resource, diagnostics: &mut Diagnostics) {
        let id = self.resources.len();
        let typed = self.typed(module, resource, diagnostics);
        let key = NodeKey::Resource(module, resource.name.clone());
        let node = self.add_keyed(key, Node::Resource(id));
        let provisioners = provisioner::lower_all(resource, diagnostics);
        let create_first = resource.lifecycle.create_before_destroy == Some(true);
        self.modules[module].resources.insert(resource.name.clone(), id);
        self.resources.push(ResourceNode { module, resource, node, typed, provisioners, create_first });
    }

    fn typed(
        &mut self,
        module: ModuleId,
        resource: &'c Resource,
        diagnostics: &mut Diagnostics,
    ) -> Option<Typed> {
        let (provider, instance) = providers::resolve(self, module, resource, diagnostics)?;
        let name = &resource.name;
        let found = &self.providers[provider].provider;
        let Some(schema) = found.schema(name.mode, &name.type_name) else {
            diagnostics.push(providers::unknown_type(&**found, resource));
            return None;
        };
        // Arguments of a block that is still to be generated are not missing.
        let found = &mut match resource.origin {
            Origin::Written => std::mem::take(diagnostics),
            Origin::Imported => Vec::new(),
        };
        let body = lower_block(&resource.body.body, &schema.block, resource.body.reserved, found);
        if resource.origin == Origin::Written {
            std::mem::swap(diagnostics, found);
        }
        Some(Typed { schema, body: Arc::new(body), provider, instance })
    }

    /// What something created first depends on is created first as well: else it would be deleted while still in use.
    fn spread_create_first(&mut self) {
        let managed = |resource: &&ResourceNode<'_>| {
            resource.create_first && resource.resource.name.mode == Mode::Managed
        };
        let from: Vec<NodeId> = self.resources.iter().filter(managed).map(|resource| resource.node).collect();
        let needed = self.back.reachable(from);
        for resource in &mut self.resources {
            resource.create_first |= needed[resource.node];
        }
    }
}

/// All modules, callers before what they call.
fn modules(configuration: &Configuration) -> Vec<ModuleNode<'_>> {
    let root = ModuleNode {
        module: &configuration.root,
        caller: None,
        children: HashMap::new(),
        resources: HashMap::new(),
    };
    let mut all = vec![root];
    let mut next = 0;
    while next < all.len() {
        for (name, call) in &all[next].module.calls {
            let Some(module) = call.module.as_deref() else { continue };
            let id = all.len();
            all[next].children.insert(name.clone(), id);
            let caller = Some((next, call));
            all.push(ModuleNode { module, caller, children: HashMap::new(), resources: HashMap::new() });
        }
        next += 1;
    }
    all
}
