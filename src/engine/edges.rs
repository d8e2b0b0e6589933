//! Edges: what each declaration needs, read off its expressions.
//!
//! Invariant: an edge goes from what is needed to what needs it; a reference to what is not declared makes no edge.
//! Invariant: everything in a module comes after its call and before its end, so that waiting for a module is one edge.
//! Never: an edge is made for an instance.

use aksel_lang::blocks::argument::{Hop as Written, Traversal};
use aksel_lang::blocks::condition::Condition;
use aksel_lang::blocks::resource::{Repetition, Resource};
use aksel_lang::blocks::variable::Variable;
use aksel_lang::expression::Expression;
use aksel_lang::reference::{self, Hop, Reference, Subject};
use aksel_lang::types::Text;

use crate::graph::NodeId;
use crate::imports;
use crate::program::{ModuleId, Node, NodeKey, Program};

/// What a reference to a whole module needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WholeModule {
    /// Its outputs: all that can be seen of it.
    Outputs,
    /// Its end, as pictures show it.
    End,
}

/// All edges of a program. `O(nodes + references)`.
pub(crate) fn edges(program: &Program<'_>, whole_module: WholeModule) -> Vec<(NodeId, NodeId)> {
    let mut edges = Edges { program, whole_module, found: Vec::new() };
    for (id, node) in program.nodes.iter().enumerate() {
        edges.of_node(id, *node);
    }
    edges.found
}

struct Edges<'p, 'c> {
    program: &'p Program<'c>,
    whole_module: WholeModule,
    found: Vec<(NodeId, NodeId)>,
}

impl<'c> Edges<'_, 'c> {
    fn of_node(&mut self, id: NodeId, node: Node<'c>) {
        match node {
            Node::Call(module) => self.of_call(id, module),
            Node::Closed(module) => self.of_end(id, module),
            Node::Variable(module, variable) => self.of_variable(id, module, variable),
            Node::Validation(module, variable) => {
                self.within(id, module);
                self.needs(id, NodeKey::Variable(module, variable.name.text.clone()));
                self.conditions(id, module, &variable.validations);
            }
            Node::Local(module, local) => {
                self.within(id, module);
                self.expression(id, module, &local.value);
            }
            Node::Output(module, output) => {
                self.within(id, module);
                self.expression(id, module, &output.value);
                self.conditions(id, module, &output.preconditions);
                self.waits_for(id, module, &output.depends_on);
            }
            Node::Provider(provider) => {
                let provider = &self.program.providers[provider];
                if let (Some((module, block)), Some(body)) = (provider.block, &provider.body) {
                    self.within(id, module);
                    block.for_each.iter().for_each(|value| self.expression(id, module, value));
                    self.references(id, module, &body.references());
                }
            }
            Node::Resource(resource) => self.of_resource(id, resource),
            Node::Check(module, check) => {
                self.beside(id, module);
                self.conditions(id, module, &check.assertions);
                if let Some(data) = &check.data {
                    self.needs(id, NodeKey::Resource(module, data.clone()));
                }
            }
        }
    }

    /// A node stands in a module: after its call, before its end.
    fn within(&mut self, id: NodeId, module: ModuleId) {
        self.needs(id, NodeKey::Call(module));
        if let Some(end) = self.program.index.get(&NodeKey::Closed(module)) {
            self.found.push((id, *end));
        }
    }

    /// A check or its data source: nothing waits for it, not even the end of its module, since it waits for all else.
    fn beside(&mut self, id: NodeId, module: ModuleId) {
        self.needs(id, NodeKey::Call(module));
    }

    fn needs(&mut self, id: NodeId, key: NodeKey) {
        // A resource may look at itself in its own conditions and provisioners.
        if let Some(needed) = self.program.index.get(&key)
            && *needed != id
        {
            self.found.push((*needed, id));
        }
    }

    fn of_call(&mut self, id: NodeId, module: ModuleId) {
        if let Some((caller, call)) = self.program.modules[module].caller {
            self.needs(id, NodeKey::Call(caller));
            self.repetition(id, caller, &call.repetition);
            self.waits_for(id, caller, &call.depends_on);
        }
    }

    fn of_end(&mut self, id: NodeId, module: ModuleId) {
        self.needs(id, NodeKey::Call(module));
        if let Some((caller, _)) = self.program.modules[module].caller
            && let Some(end) = self.program.index.get(&NodeKey::Closed(caller))
        {
            self.found.push((id, *end));
        }
    }

    fn of_variable(&mut self, id: NodeId, module: ModuleId, variable: &Variable) {
        self.within(id, module);
        if let Some((caller, call)) = self.program.modules[module].caller
            && let Some(argument) = call.arguments.get(&variable.name.text)
        {
            self.expression(id, caller, &argument.value);
        }
    }

    fn of_resource(&mut self, id: NodeId, resource: usize) {
        let node = &self.program.resources[resource];
        let module = node.module;
        match node.resource.scope {
            Some(_) => self.beside(id, module),
            None => self.within(id, module),
        }
        self.of_block(id, module, node.resource);
        self.of_imports(id, resource);
        if let Some(typed) = &node.typed {
            self.found.push((self.program.providers[typed.provider].node, id));
            self.references(id, module, &typed.body.references());
            if let Some(instance) = &typed.instance {
                self.expression(id, instance.module, &instance.expression);
            }
        }
        for provisioner in &node.provisioners {
            self.references(id, module, &provisioner.references());
        }
    }

    /// What an import needs, the instance that takes the object over needs.
    fn of_imports(&mut self, id: NodeId, resource: usize) {
        for (module, import) in self.program.imports.get(&resource).into_iter().flatten() {
            for expression in imports::expressions(import) {
                self.expression(id, *module, &expression);
            }
        }
    }

    fn of_block(&mut self, id: NodeId, module: ModuleId, resource: &Resource) {
        let lifecycle = &resource.lifecycle;
        self.repetition(id, module, &resource.repetition);
        self.waits_for(id, module, &resource.depends_on);
        self.conditions(id, module, &lifecycle.preconditions);
        self.conditions(id, module, &lifecycle.postconditions);
        for expression in lifecycle.replace_triggered_by.iter().chain(&lifecycle.prevent_destroy) {
            self.expression(id, module, expression);
        }
    }

    fn repetition(&mut self, id: NodeId, module: ModuleId, repetition: &Repetition) {
        if let Some(value) = repetition.expression() {
            self.expression(id, module, value);
        }
    }

    fn conditions(&mut self, id: NodeId, module: ModuleId, conditions: &[Condition]) {
        for condition in conditions {
            self.expression(id, module, &condition.condition);
            self.expression(id, module, &condition.error_message);
        }
    }

    fn expression(&mut self, id: NodeId, module: ModuleId, expression: &Expression) {
        self.references(id, module, &expression.references());
    }

    fn references(&mut self, id: NodeId, module: ModuleId, references: &[&Reference]) {
        for reference in references {
            self.reference(id, module, &reference.subject, output_named(&reference.steps));
        }
    }

    fn reference(&mut self, id: NodeId, module: ModuleId, subject: &Subject, output: Option<&Text>) {
        match subject {
            Subject::Variable(name) => self.needs(id, NodeKey::Variable(module, name.clone())),
            Subject::Local(name) => self.needs(id, NodeKey::Local(module, name.clone())),
            Subject::Resource(name) => self.needs(id, NodeKey::Resource(module, name.clone())),
            Subject::Module(name) => self.outputs(id, module, name, output),
            Subject::EachKey
            | Subject::EachValue
            | Subject::CountIndex
            | Subject::SelfObject
            | Subject::Path(_)
            | Subject::Workspace
            | Subject::Applying => {}
        }
    }

    /// One output of a called module, or all of them where it cannot be told which.
    fn outputs(&mut self, id: NodeId, module: ModuleId, call: &Text, output: Option<&Text>) {
        let Some(child) = self.program.modules[module].children.get(call).copied() else { return };
        self.needs(id, NodeKey::Call(child));
        let declared = &self.program.modules[child].module.outputs;
        match output {
            Some(name) => self.needs(id, NodeKey::Output(child, name.clone())),
            None if self.whole_module == WholeModule::End => self.needs(id, NodeKey::Closed(child)),
            None => declared.keys().for_each(|name| self.needs(id, NodeKey::Output(child, name.clone()))),
        }
    }

    fn waits_for(&mut self, id: NodeId, module: ModuleId, targets: &[Traversal]) {
        for target in targets {
            let Some(subject) = subject_of(target) else { continue };
            match &subject {
                Subject::Module(name) => match written_output(target) {
                    Some(output) => self.outputs(id, module, name, Some(output)),
                    None => {
                        if let Some(child) = self.program.modules[module].children.get(name) {
                            self.needs(id, NodeKey::Closed(*child));
                        }
                    }
                },
                other => self.reference(id, module, other, None),
            }
        }
    }
}

/// What an item of `depends_on` names.
pub(crate) fn subject_of(target: &Traversal) -> Option<Subject> {
    let names: Vec<_> = target
        .hops
        .iter()
        .map(|hop| if let Written::Attribute(name) = hop { Some(name) } else { None })
        .collect();
    reference::subject(&target.root.text, &names).ok().map(|(subject, _)| subject)
}

/// The output that an item of `depends_on` names: `module.name.output`, also of one instance.
fn written_output(target: &Traversal) -> Option<&Text> {
    match target.hops.get(1..)? {
        [Written::Attribute(name), ..]
        | [Written::Key(..) | Written::Index(..), Written::Attribute(name), ..] => Some(&name.text),
        _ => None,
    }
}

/// The output that the steps behind `module.name` lead to: `.name`, `[0].name`, `["key"].name`.
pub(crate) fn output_named(steps: &[Hop]) -> Option<&Text> {
    match steps {
        [Hop::Attribute(name), ..] | [Hop::Index(..) | Hop::Key(..), Hop::Attribute(name), ..] => {
            Some(&name.text)
        }
        _ => None,
    }
}

/// Whether a variable is validated by more than its own value; then that waits for more than the variable does.
pub(crate) fn validates_others(variable: &Variable) -> bool {
    let own = Subject::Variable(variable.name.text.clone());
    let mut expressions =
        variable.validations.iter().flat_map(|condition| [&condition.condition, &condition.error_message]);
    expressions.any(|expression| expression.references().iter().any(|reference| reference.subject != own))
}
