//! Schemas: which arguments and blocks a resource type, data source or provider has.
//!
//! Invariant: a name is an attribute or a nested block, never both.
//! Never: a schema says how a value reaches a remote side; that is the provider's table.

use std::collections::BTreeMap;

use crate::types::{Text, Type};

/// The schema of one resource type, data source, ephemeral resource or provider.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The version of the state that is written with it.
    pub version: u64,
    /// What may stand in its block.
    pub block: BlockSchema,
}

/// What may stand in a block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockSchema {
    /// Arguments and what is read back, by name.
    pub attributes: BTreeMap<Text, AttributeSchema>,
    /// Nested blocks, by type.
    pub blocks: BTreeMap<Text, NestedSchema>,
    /// Names of arguments and blocks that an earlier version had.
    pub former: BTreeMap<Text, Former>,
    /// Why it should not be used any more.
    pub deprecated: Option<Text>,
    /// A sentence for people.
    pub description: Text,
}

/// A name that an earlier version had.
#[derive(Clone, Debug, PartialEq)]
pub struct Former {
    /// What became of it.
    pub fate: Fate,
    /// A sentence for who still writes it; may be empty.
    pub note: Text,
}

/// What became of a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It has this name and means the same.
    Renamed(Text),
    /// It has this name, and true is false.
    Inverted(Text),
    /// It has this name, and a word for true and one for false.
    Worded {
        /// Today's name.
        now: Text,
        /// The word for true.
        yes: Text,
        /// The word for false.
        no: Text,
    },
    /// It has this name, and takes the id of an object where it took its name.
    Referred(Text),
    /// Each of its elements is a block.
    Blocks {
        /// The type of the blocks.
        kind: Text,
        /// The argument that the element is.
        argument: Text,
    },
    /// It is read and not used.
    Dropped,
}

impl Fate {
    /// Today's name.
    pub fn now(&self) -> Option<&Text> {
        match self {
            Fate::Renamed(now) | Fate::Inverted(now) | Fate::Worded { now, .. } | Fate::Referred(now) => {
                Some(now)
            }
            Fate::Blocks { kind, .. } => Some(kind),
            Fate::Dropped => None,
        }
    }
}

/// One attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeSchema {
    /// The type.
    pub ty: Type,
    /// Who gives the value.
    pub presence: Presence,
    /// Who may see the value.
    pub secrecy: Secrecy,
    /// How it may be written.
    pub notation: Notation,
    /// Why it should not be used any more.
    pub deprecated: Option<Text>,
    /// A sentence for people.
    pub description: Text,
    /// For attributes with attributes of their own: what is known of those beyond their type.
    pub nested: Option<NestedAttributes>,
}

/// The attributes within a structural attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct NestedAttributes {
    /// How they repeat.
    pub nesting: Nesting,
    /// What each element has.
    pub attributes: BTreeMap<Text, AttributeSchema>,
}

/// Who gives the value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// The configuration must.
    Required,
    /// The configuration may.
    Optional,
    /// The configuration may; else the remote side decides.
    OptionalComputed,
    /// The remote side alone.
    Computed,
}

/// Who may see the value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Secrecy {
    /// Everyone.
    Open,
    /// It appears nowhere but in state.
    Sensitive,
    /// It is sent and appears nowhere, not even in state.
    WriteOnly,
}

/// How an attribute may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notation {
    /// As `name = value`.
    Argument,
    /// As `name = [{…}]` or as repeated blocks `name { … }`; its type is a list or set of objects.
    ArgumentOrBlocks,
}

/// A type of nested block.
#[derive(Clone, Debug, PartialEq)]
pub struct NestedSchema {
    /// How blocks of it repeat and what value they give.
    pub nesting: Nesting,
    /// At least so many.
    pub min_items: usize,
    /// At most so many; 0 is no limit.
    pub max_items: usize,
    /// What may stand in it.
    pub block: BlockSchema,
}

/// How a nested block repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nesting {
    /// At most one; its value is an object or null.
    Single,
    /// At most one; its value is an object even if it is left out.
    Group,
    /// Any number in order; a list of objects.
    List,
    /// Any number without order; a set of objects.
    Set,
    /// Any number with a label each; a map of objects.
    Map,
}

impl AttributeSchema {
    /// An open attribute without notes.
    pub fn new(ty: Type, presence: Presence) -> AttributeSchema {
        AttributeSchema {
            ty,
            presence,
            secrecy: Secrecy::Open,
            notation: Notation::Argument,
            deprecated: None,
            description: "".into(),
            nested: None,
        }
    }

    /// The attribute as a sensitive one.
    pub fn sensitive(self) -> AttributeSchema {
        AttributeSchema { secrecy: Secrecy::Sensitive, ..self }
    }

    /// Whether the configuration may set it.
    pub fn is_settable(&self) -> bool {
        self.presence != Presence::Computed
    }

    /// Whether the remote side may give its value.
    pub fn is_computed(&self) -> bool {
        matches!(self.presence, Presence::Computed | Presence::OptionalComputed)
    }
}

impl BlockSchema {
    /// The type of the value that a block of this schema has.
    pub fn ty(&self) -> Type {
        let attributes = self.attributes.iter().map(|(name, attribute)| (name.clone(), attribute.ty.clone()));
        let blocks = self.blocks.iter().map(|(name, nested)| (name.clone(), nested.ty()));
        Type::object(attributes.chain(blocks))
    }
}

impl NestedSchema {
    /// The type of the value that all blocks of this type together have.
    pub fn ty(&self) -> Type {
        let element = self.block.ty();
        // Where a block holds a dynamic value, elements may differ in type: then it is a tuple or an object.
        match self.nesting {
            Nesting::Single | Nesting::Group => element,
            Nesting::List if element.has_dynamic() => Type::Dynamic,
            Nesting::List => Type::list(element),
            Nesting::Set => Type::set(element),
            Nesting::Map if element.has_dynamic() => Type::Dynamic,
            Nesting::Map => Type::map(element),
        }
    }
}
