//! The ephemeral resource `random_password`: a password for one run, kept nowhere.
//!
//! Invariant: each run draws its own; what is to last must be written somewhere by the configuration.
//! Rule: <https://registry.terraform.io/providers/hashicorp/random/latest/docs/ephemeral-resources/password>

use aksel_provider::finding::Finding;
use aksel_provider::world::World;

use crate::family::EphemeralKind;
use crate::kind::Kind as _;
use crate::kind::Preset::{Flag, Number};
use crate::kind::{Attributes, Row, Shape, computed, optional, required};
use crate::random::PASSWORD_KIND;

/// The ephemeral `random_password`.
pub(crate) struct PassingPassword;

const fn minimum(name: &'static str) -> Row {
    optional(name, Shape::Number).or(Number(0))
}

const fn class(name: &'static str) -> Row {
    optional(name, Shape::Flag).or(Flag(true))
}

impl EphemeralKind for PassingPassword {
    fn name(&self) -> &'static str {
        "random_password"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            &[
                required("length", Shape::Number),
                class("special"),
                class("upper"),
                class("lower"),
                class("numeric"),
                minimum("min_numeric"),
                minimum("min_upper"),
                minimum("min_lower"),
                minimum("min_special"),
                optional("override_special", Shape::Text),
                computed("bcrypt_hash", Shape::Text).sensitive(),
                computed("result", Shape::Text).sensitive(),
            ]
        }
    }

    fn validate(&self, config: &Attributes) -> Vec<Finding> {
        PASSWORD_KIND.validate(config)
    }

    fn open(&self, config: Attributes, world: &dyn World) -> Result<Attributes, Finding> {
        let result = PASSWORD_KIND.draw(&config, world);
        PASSWORD_KIND.finish(config, &result, world)
    }
}
