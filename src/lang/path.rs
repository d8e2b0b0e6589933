//! Paths into a value: `spec[0].template.metadata["name"]`.
//!
//! Never: a path knows no value that it was made for; following one may find nothing.

use std::fmt;

use crate::types::Text;
use crate::value::{Content, Value};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// An attribute of an object.
    Attribute(Text),
    /// An element of a list or tuple, from 0. Of a set: its place in Terraform's order.
    Index(usize),
    /// An element of a map.
    Key(Text),
}

/// Steps from a value to something in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The value itself.
    pub fn root() -> Path {
        Path::default()
    }

    /// The path of one attribute.
    pub fn attribute(name: impl Into<Text>) -> Path {
        Path(vec![Step::Attribute(name.into())])
    }

    /// The path one step further.
    pub fn then(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// What the path leads to.
    pub fn follow<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| step.follow(value))
    }

    /// Whether this path leads through the place of `other`, or is that place.
    pub fn starts_with(&self, other: &Path) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl Step {
    /// What the step leads to.
    pub fn follow<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match (self, value.content()) {
            (Step::Attribute(name) | Step::Key(name), Content::Object(items) | Content::Map(_, items)) => {
                items.get(name)
            }
            (
                Step::Index(index),
                Content::List(_, items) | Content::Tuple(items) | Content::Set(_, items),
            ) => items.get(*index),
            _ => None,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if place == 0 => write!(f, "{name}")?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}
