//! The provider `null`: resources that do nothing.

use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::world::World;
use async_trait::async_trait;

use crate::family::{DataKind, Family};
use crate::kind::{Attributes, Kind, Row, Shape, Surroundings, computed, optional};

/// The provider.
pub(crate) fn family() -> Family {
    let (kind, data): (Box<dyn Kind>, Box<dyn DataKind>) = (Box::new(Resource), Box::new(Data));
    Family::new("registry.terraform.io/hashicorp/null", vec![kind], vec![data])
}

/// An id in decimal digits, as the provider has it.
fn number(world: &dyn World) -> String {
    let mut bytes = [0; 8];
    world.random(&mut bytes);
    (u64::from_le_bytes(bytes) >> 1).to_string()
}

struct Resource;

#[async_trait]
impl Kind for Resource {
    fn name(&self) -> &'static str {
        "null_resource"
    }

    fn rows(&self) -> &'static [Row] {
        const { &[computed("id", Shape::Text), optional("triggers", Shape::TextMap).replaces()] }
    }

    async fn create(&self, mut planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        planned.set_text("id", number(around.world));
        Ok(planned)
    }
}

struct Data;

impl DataKind for Data {
    fn name(&self) -> &'static str {
        "null_data_source"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            &[
                optional("has_computed_default", Shape::Text).or_computed(),
                computed("id", Shape::Text),
                optional("inputs", Shape::TextMap),
                computed("outputs", Shape::TextMap),
                computed("random", Shape::Text),
            ]
        }
    }

    fn read(&self, mut config: Attributes, world: &dyn World) -> Result<Attributes, Vec<Finding>> {
        if let Some(inputs) = config.get("inputs").cloned() {
            config.set("outputs", inputs);
        }
        if config.get("has_computed_default").is_none() {
            config.set("has_computed_default", Value::string("default"));
        }
        config.set_text("random", number(world));
        config.set_text("id", "static");
        Ok(config)
    }
}
