//! The built-in provider `terraform`: `terraform_data`, `terraform_remote_state`.
//!
//! Rule: <https://developer.hashicorp.com/terraform/language/resources/terraform-data>

use aksel_lang::types::Type;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::{PlanRequest, Planned};
use aksel_provider::world::World;
use async_trait::async_trait;

use crate::expression_text;
use crate::family::Family;
use crate::kind::{Attributes, Kind, Row, Shape, Surroundings, computed, optional, path};
use crate::remote_state::RemoteState;

/// The provider.
pub(crate) fn family() -> Family {
    Family::new("terraform.io/builtin/terraform", vec![Box::new(Data)], vec![Box::new(RemoteState)])
        .with(expression_text::functions())
}

/// `terraform_data`: keeps a value, and is replaced when its trigger changes.
struct Data;

/// An id of chance, in the form of a version 4 UUID.
pub(crate) fn uuid(world: &dyn World) -> String {
    let mut bytes = [0; 16];
    world.random(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[async_trait]
impl Kind for Data {
    fn name(&self) -> &'static str {
        "terraform_data"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            &[
                computed("id", Shape::Text),
                optional("input", Shape::Any),
                computed("output", Shape::Any),
                optional("triggers_replace", Shape::Any),
            ]
        }
    }

    fn plan(&self, request: &PlanRequest<'_>, _world: &dyn World) -> Result<Planned, Vec<Finding>> {
        let attribute = |of: &Value, name| of.attribute(name).cloned().unwrap_or(Value::null(Type::Dynamic));
        let both = |name| (attribute(request.prior, name), attribute(request.proposed, name));
        let ((input_before, input), (trigger_before, trigger)) = (both("input"), both("triggers_replace"));
        let is_new = request.prior.is_null();
        let is_replaced = !is_new && !same(&trigger_before, &trigger);
        let mut planned = Attributes::of(request.proposed);
        let is_made = is_new || is_replaced;
        if is_made {
            planned.set("id", Value::unknown_not_null(Type::String));
        }
        if is_made || !same(&input_before, &input) {
            // The output has the type of the input, even when that is null. Of a new object a null is told already.
            let told = is_made && input.is_null();
            planned.set("output", if told { input } else { Value::unknown(input.ty()) });
        }
        let replace = if is_replaced { vec![path("triggers_replace")] } else { Vec::new() };
        Ok(Planned {
            value: planned.into_value(),
            replace,
            private: request.private.clone(),
            findings: Vec::new(),
        })
    }

    async fn create(&self, mut planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        planned.set_text("id", uuid(around.world));
        Ok(with_output(planned))
    }

    async fn update(&self, planned: Attributes, _around: Surroundings<'_>) -> Result<Attributes, Finding> {
        Ok(with_output(planned))
    }

    /// Rule: <https://developer.hashicorp.com/terraform/language/resources/terraform-data#migrating-from-null_resource>
    fn adopt(&self, from: &str, attributes: &serde_json::Value) -> Option<serde_json::Value> {
        let triggers = &attributes["triggers"];
        let trigger = match triggers.is_null() {
            true => serde_json::Value::Null,
            false => serde_json::json!({ "value": triggers, "type": ["map", "string"] }),
        };
        (from == "null_resource")
            .then(|| serde_json::json!({ "id": attributes["id"], "triggers_replace": trigger }))
    }

    fn import(&self, id: &str, _world: &dyn World) -> Result<Attributes, Finding> {
        let mut attributes = Attributes::of(&Value::null(Type::Dynamic));
        attributes.set_text("id", id);
        Ok(attributes)
    }
}

/// Equal in type and content; nulls of any type are equal, since state keeps no type of a null.
fn same(before: &Value, after: &Value) -> bool {
    before.is_null() && after.is_null() || before == after
}

fn with_output(mut planned: Attributes) -> Attributes {
    let input = planned.get("input").cloned().unwrap_or(Value::null(Type::Dynamic));
    planned.set("output", input);
    planned
}
