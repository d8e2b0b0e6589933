//! The signature of a function that a provider offers.
//!
//! Never: what the function does stands here; a provider calls it.

use crate::types::{Text, Type};

/// What a function of a provider takes and gives.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionSignature {
    /// Name and type of the parameters.
    pub parameters: Vec<(Text, Type)>,
    /// Name and type of the last, repeated parameter.
    pub variadic: Option<(Text, Type)>,
    /// The type of the result.
    pub result: Type,
    /// A sentence for people.
    pub description: Text,
}

/// There is no such function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoFunction {
    /// The module requires no provider of that name, or aksel does not have it.
    UnknownProvider,
    /// The provider offers no function of that name.
    UnknownFunction,
}

impl FunctionSignature {
    /// The parameter of an argument; `None` past the last one.
    pub fn parameter(&self, at: usize) -> Option<&(Text, Type)> {
        self.parameters.get(at).or(self.variadic.as_ref())
    }
}
