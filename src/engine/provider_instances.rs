//! The instances of provider configurations: what each is configured with, and which one a resource instance uses.
//!
//! Rule: the keys of a provider's `for_each` are known when a plan is made, and so is the key that a resource names: without a
//! provider nothing can be planned.
//! Never: a provider is configured here.

use aksel_lang::address::{Address, InstanceKey, ModuleInstance};
use aksel_lang::blocks::provider::ProviderBlock;
use aksel_lang::blocks::resource::Repetition;
use aksel_lang::code::Code;
use aksel_lang::convert::convert;
use aksel_lang::decode::BlockExpression;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_lang::evaluate::evaluate;
use aksel_lang::expression::Expression;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::{Marks, Value};

use crate::checking;
use crate::evaluator::{Evaluator, caller_of};
use crate::expand::{Keys, Repeated, expand};
use crate::program::{ModuleId, ResourceId};
use crate::providers::{KeySource, ProviderId, ProviderInstance};
use crate::scope::Phase;

impl Evaluator<'_> {
    /// The instances of a provider configuration, each with its values; `None` after an error.
    pub(crate) fn provider_configs(
        &mut self,
        provider: ProviderId,
    ) -> Option<Vec<(ProviderInstance, Value)>> {
        let node = &self.program.providers[provider];
        let (Some((module, block)), Some(body)) = (node.block, &node.body) else {
            let only = ProviderInstance { provider, key: None };
            self.provider_instances.insert(only.clone());
            return Some(vec![(only, aksel_lang::decode::empty_block(&node.schema.block))]);
        };
        let instance = self.values.instances(module).into_iter().next().unwrap_or_default();
        let mut found = Vec::new();
        let repeated = self.provider_keys(module, &instance, block, &mut found);
        let mut configs = Vec::new();
        for repeated in repeated {
            let key = match &repeated.key {
                Some(InstanceKey::Key(key)) => Some(key.clone()),
                Some(InstanceKey::Index(_)) | None => None,
            };
            let value = self.provider_config(provider, (module, &instance), (body, &repeated), &mut found);
            configs.push((ProviderInstance { provider, key }, value));
        }
        let failed = has_errors(&found);
        self.diagnostics.append(&mut found);
        self.provider_instances.extend(configs.iter().map(|(instance, _)| instance.clone()));
        (!failed).then_some(configs)
    }

    fn provider_config(
        &self,
        provider: ProviderId,
        (module, instance): (ModuleId, &ModuleInstance),
        (body, repeated): (&BlockExpression, &Repeated),
        diagnostics: &mut Diagnostics,
    ) -> Value {
        let node = &self.program.providers[provider];
        let scope = self.scope(module, instance).repeated(repeated);
        let before = diagnostics.len();
        let value = body.evaluate(&node.schema.block, &scope, diagnostics);
        if !has_errors(&diagnostics[before..]) {
            let findings = node.provider.validate_config(&value.unmark_deep().0);
            diagnostics.extend(findings.into_iter().map(|finding| {
                let span = body.span_of(&finding.path);
                crate::objects::diagnostic_of(finding).at(span)
            }));
        }
        value
    }

    /// What `each` is in the instances of a provider configuration.
    fn provider_keys(
        &self,
        module: ModuleId,
        instance: &ModuleInstance,
        block: &ProviderBlock,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Repeated> {
        let Some(for_each) = &block.for_each else { return vec![Repeated::default()] };
        let scope = self.scope(module, instance);
        let repetition = Repetition::ForEach(for_each.clone());
        if self.facts.phase == Phase::Checking {
            return vec![checking::repetition(&repetition, &scope, diagnostics).1];
        }
        match expand(&repetition, &scope, diagnostics) {
            Some(Keys::Unknown) => {
                diagnostics.push(unknown_keys(for_each));
                Vec::new()
            }
            Some(keys) => keys.instances(),
            None => Vec::new(),
        }
    }

    /// The instance of a provider configuration that a resource instance uses; `None` after an error.
    pub(crate) fn provider_of(
        &mut self,
        resource: ResourceId,
        address: &Address,
        repeated: &Repeated,
    ) -> Option<ProviderInstance> {
        let typed = self.program.resources[resource].typed.as_ref()?;
        let provider = typed.provider;
        let Some(source) = &typed.instance else { return Some(ProviderInstance { provider, key: None }) };
        let mut found = Vec::new();
        let value = self.named_key(source, address, repeated, &mut found);
        let key = (!has_errors(&found)).then(|| key_out_of(&value));
        let refused = |detail| {
            Diagnostic::error(Code::ProviderConfiguration, "Invalid provider instance key")
                .detail(detail)
                .at(source.expression.span)
                .about(address.to_string())
        };
        let instance = match key {
            None => None,
            Some(Err(detail)) => {
                found.push(refused(detail));
                None
            }
            Some(Ok(key)) => Some(ProviderInstance { provider, key: Some(key) }),
        };
        let there = instance.filter(|instance| {
            let there = self.provider_instances.contains(instance);
            if !there {
                let written = self.program.written(instance);
                found.push(refused(format!("There is no provider instance {written}: the for_each of its configuration has no such key.")));
            }
            there
        });
        self.diagnostics.append(&mut found);
        there
    }

    /// The value of the key that a resource or the call of its module names.
    pub(crate) fn named_key(
        &self,
        source: &KeySource,
        address: &Address,
        repeated: &Repeated,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        let Some(called) = source.called else {
            let scope = self.scope(source.module, &address.module).repeated(repeated);
            return evaluate(&source.expression, &scope, diagnostics);
        };
        let depth = self.program.path(called).0.len();
        let instance = ModuleInstance(address.module.0.iter().take(depth).cloned().collect());
        let repeated = self.values.cells(&instance).map(|cells| cells.repeated.clone()).unwrap_or_default();
        let outer = caller_of(&instance);
        let scope = self.scope(source.module, &outer).repeated(&repeated);
        evaluate(&source.expression, &scope, diagnostics)
    }
}

fn unknown_keys(for_each: &Expression) -> Diagnostic {
    Diagnostic::error(Code::InvalidRepetition, "Invalid for_each argument")
        .detail("The \"for_each\" value of a provider depends on values that cannot be determined until apply, and without the provider nothing of it can be planned.")
        .help("Write the keys down, or take them from a variable; values known after apply may stand in the map's values.")
        .at(for_each.span)
}

/// The key of an instance out of a value, or what is wrong with it.
fn key_out_of(value: &Value) -> Result<Text, String> {
    let (value, marks) = value.unmark_deep();
    for (mark, name) in [(Marks::SENSITIVE, "a sensitive"), (Marks::EPHEMERAL, "an ephemeral")] {
        if marks.contains(mark) {
            return Err(format!("A provider instance key must not be derived from {name} value."));
        }
    }
    if value.is_null() {
        return Err("A provider instance key must not be null.".into());
    }
    if !value.is_known() {
        return Err("The provider instance key depends on values that cannot be determined until apply, and so it is not known with which provider to plan.".into());
    }
    match convert(&value, &Type::String) {
        Ok(text) => Ok(text.as_str().unwrap_or_default().into()),
        Err(error) => Err(format!("The given instance key is unsuitable: {error}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_known_text_that_is_no_secret() {
        assert_eq!(key_out_of(&Value::string("west")).as_deref(), Ok("west"));
        assert_eq!(key_out_of(&Value::from(1)).as_deref(), Ok("1"));
        let bad = [
            Value::string("west").sensitive(),
            Value::string("west").marked(Marks::EPHEMERAL),
            Value::null(Type::String),
            Value::unknown(Type::String),
            Value::tuple([]),
        ];
        for value in bad {
            assert!(key_out_of(&value).is_err(), "{value:?}");
        }
    }
}
