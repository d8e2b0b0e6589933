//! Rows: what a resource type's table says of one attribute, and everything about it.
//!
//! A path starts below `properties` of the body (`policies.retention.days`), with a leading `/` at its root (`/sku/name`),
//! or in the answer of a call (`keys:/keys/0/value`). Inside of a block it starts below the block's path.
//!
//! Invariant: reading and writing use the same path and the same spelling.
//! Never: a row makes a request.

use serde_json::Value as Json;

use crate::spelling::Spelling;

/// One attribute or nested block.
#[derive(Clone, Copy)]
pub struct Row {
    /// The Terraform name.
    pub name: &'static str,
    /// What kind of value it holds.
    pub kind: Kind,
    /// Where it is in what ARM says.
    pub place: Place,
    /// Who gives it.
    pub presence: Presence,
    /// What it is if nobody says.
    pub default: Default,
    /// What a change means.
    pub change: Change,
    /// Who may see it.
    pub secrecy: Secrecy,
    /// How ARM spells it.
    pub spelling: Spelling,
    /// What it may be.
    pub check: Check,
    /// What it is when ARM leaves it out.
    pub absent: Absent,
    /// Whether a block is there, when its path alone does not tell.
    pub present: Option<fn(&Json) -> bool>,
    /// What an earlier version of azurerm called it.
    pub was: &'static [(&'static str, Was)],
}

/// How a former name of an attribute differs from today's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Was {
    /// In the name alone.
    Same,
    /// True was false.
    Inverted,
    /// It was true or false, where there are these two words today.
    Flag(&'static str, &'static str),
    /// It was the name of the object whose id it is today.
    NameOf,
    /// It was a list, each element of which is this argument of a block today.
    ListOf(&'static str),
}

/// What kind of value a row holds.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A string.
    Text,
    /// A bool.
    Flag,
    /// A number.
    Number,
    /// A list of strings.
    Texts,
    /// A set of strings.
    TextSet,
    /// A map of strings.
    Map,
    /// A set of numbers.
    NumberSet,
    /// Nested blocks.
    Block(Blocks),
    /// An attribute that is a list of objects; may be written as blocks where it is settable.
    Objects(Blocks),
}

impl Kind {
    /// What is nested, if anything is: other kinds are one value each.
    pub const fn blocks(self) -> Option<Blocks> {
        match self {
            Kind::Block(blocks) | Kind::Objects(blocks) => Some(blocks),
            Kind::Text
            | Kind::Flag
            | Kind::Number
            | Kind::Texts
            | Kind::TextSet
            | Kind::Map
            | Kind::NumberSet => None,
        }
    }
}

/// How a block repeats and what it holds.
#[derive(Clone, Copy)]
pub struct Blocks {
    /// What may stand in it.
    pub rows: &'static [Row],
    /// At least so many.
    pub min: usize,
    /// At most so many; 0 is no limit.
    pub max: usize,
    /// Whether their order counts.
    pub order: Order,
    /// Whether ARM has one object or an array of them.
    pub shape: Shape,
}

/// Whether the order of blocks counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// A list.
    List,
    /// A set.
    Set,
}

/// What ARM has for a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One object.
    Single,
    /// An array.
    Many,
    /// An object with a member for each, named by this attribute, which stands inside too.
    Named(&'static str),
    /// An object with a member for each, named by this attribute, which stands nowhere else.
    Keyed(&'static str),
    /// An object whose members are plain: the first attribute of a block is the name, the second the value.
    Pairs,
}

/// Where a row's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a path of the body or of a call's answer.
    Body(&'static str),
    /// The object's id.
    Id,
    /// The last part of the id.
    Name,
    /// The resource group in the id.
    ResourceGroup,
    /// The id without its last type and name.
    Parent,
    /// What stands behind a word in the id.
    Within(&'static str),
    /// In state alone: ARM knows nothing of it.
    State,
}

/// Who gives a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The configuration must.
    Required,
    /// The configuration may.
    Optional,
    /// The configuration may; else ARM decides.
    Computed,
    /// ARM alone.
    ReadOnly,
}

/// What a value is if the configuration does not say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// Nothing.
    None,
    /// A string.
    Text(&'static str),
    /// A bool.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A number with a fraction.
    Fraction(f64),
}

/// What a change of the value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is made in place.
    InPlace,
    /// The object is replaced.
    Replaces,
}

/// Who may see the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// Everyone.
    Open,
    /// It appears nowhere but in state.
    Sensitive,
    /// It is sent and appears nowhere.
    WriteOnly,
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Check {
    /// Anything.
    Any,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A text that matches the pattern; the words say what is expected.
    Matching(&'static str, &'static str),
    /// A number within limits, both included.
    Between(i64, i64),
    /// A number that is at least this.
    AtLeast(i64),
    /// One of these numbers.
    OneNumber(&'static [i64]),
    /// A text of so many bytes.
    Length(usize, usize),
    /// A text of one of these forms.
    Form(Form),
}

/// A form that texts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Anything but nothing.
    NotEmpty,
    /// `3f2504e0-4f89-41d3-9a0c-0305e82c3301`
    Uuid,
    /// `2026-11-27T21:00:00Z`
    Time,
    /// `10m`, `1h30m`
    Duration,
    /// `10.0.0.0/16`, or an address alone.
    Network,
    /// `10.0.0.10`
    Address,
    /// The address of a key in a vault.
    VaultKey,
    /// Base64.
    Base64,
}

/// What a value is when ARM leaves it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// `""`, `false`, `0`, as azurerm's state has it.
    Zero,
    /// `null`.
    Null,
    /// The row's default.
    Default,
    /// `""` even where nothing was ever said, for what is kept in state alone.
    Empty,
}

const fn row(name: &'static str, kind: Kind, path: &'static str) -> Row {
    Row {
        name,
        kind,
        place: Place::Body(path),
        presence: Presence::Optional,
        default: Default::None,
        change: Change::InPlace,
        secrecy: Secrecy::Open,
        spelling: Spelling::Plain,
        check: Check::Any,
        absent: Absent::Zero,
        present: None,
        was: &[],
    }
}

/// A string.
pub const fn text(name: &'static str, path: &'static str) -> Row {
    row(name, Kind::Text, path)
}

/// A bool.
pub const fn flag(name: &'static str, path: &'static str) -> Row {
    row(name, Kind::Flag, path)
}

/// A number.
pub const fn number(name: &'static str, path: &'static str) -> Row {
    row(name, Kind::Number, path)
}

/// A list of strings.
pub const fn texts(name: &'static str, path: &'static str) -> Row {
    row(name, Kind::Texts, path)
}

/// A set of strings.
pub const fn text_set(name: &'static str, path: &'static str) -> Row {
    row(name, Kind::TextSet, path)
}

/// A map of strings.
pub const fn map(name: &'static str, path: &'static str) -> Row {
    row(name, Kind::Map, path)
}

/// At most one nested block, which is one object for ARM.
pub const fn block(name: &'static str, path: &'static str, rows: &'static [Row]) -> Row {
    row(name, Kind::Block(Blocks { rows, min: 0, max: 1, order: Order::List, shape: Shape::Single }), path)
}

/// Any number of nested blocks.
pub const fn blocks(name: &'static str, path: &'static str, rows: &'static [Row]) -> Row {
    row(name, Kind::Block(Blocks { rows, min: 0, max: 0, order: Order::List, shape: Shape::Many }), path)
}

/// An attribute that is a list of objects.
pub const fn objects(name: &'static str, path: &'static str, rows: &'static [Row]) -> Row {
    row(name, Kind::Objects(Blocks { rows, min: 0, max: 0, order: Order::List, shape: Shape::Many }), path)
}

/// An attribute that is a list of at most one object, which is one object for ARM.
pub const fn object(name: &'static str, path: &'static str, rows: &'static [Row]) -> Row {
    row(name, Kind::Objects(Blocks { rows, min: 0, max: 1, order: Order::List, shape: Shape::Single }), path)
}

/// A set of numbers.
pub const fn number_set(name: &'static str, path: &'static str) -> Row {
    row(name, Kind::NumberSet, path)
}

/// The name: the last part of the id.
pub const fn name() -> Row {
    Row { place: Place::Name, ..text("name", "").required().replaces() }
}

/// The resource group in the id.
pub const fn resource_group_name() -> Row {
    Row { place: Place::ResourceGroup, ..text("resource_group_name", "").required().replaces() }
}

/// The id of the object that this one lies in.
pub const fn parent(name: &'static str) -> Row {
    Row { place: Place::Parent, spelling: Spelling::Id, ..text(name, "").required().replaces() }
}

/// The region.
pub const fn location() -> Row {
    text("location", "/location").required().replaces().spelled(Spelling::Location)
}

/// Tags.
pub const fn tags() -> Row {
    map("tags", "/tags")
}

/// The id.
pub const fn id() -> Row {
    Row { place: Place::Id, ..text("id", "").read_only() }
}

/// Something that is kept in state alone.
pub const fn state_only(row: Row) -> Row {
    Row { place: Place::State, ..row }
}

impl Row {
    /// The row, which had other names in earlier versions.
    pub const fn formerly(self, was: &'static [(&'static str, Was)]) -> Row {
        Row { was, ..self }
    }

    /// The row, which the configuration must give.
    pub const fn required(self) -> Row {
        Row { presence: Presence::Required, ..self }
    }

    /// The row, which ARM gives if the configuration does not.
    pub const fn computed(self) -> Row {
        Row { presence: Presence::Computed, ..self }
    }

    /// The row, which ARM alone gives.
    pub const fn read_only(self) -> Row {
        Row { presence: Presence::ReadOnly, ..self }
    }

    /// The row, with a text if nobody says.
    pub const fn default_text(self, text: &'static str) -> Row {
        Row { default: Default::Text(text), ..self }
    }

    /// The row, with a truth value if nobody says.
    #[expect(
        clippy::fn_params_excessive_bools,
        reason = "the flag is a value of the table, not a switch of the function"
    )]
    pub const fn default_flag(self, flag: bool) -> Row {
        Row { default: Default::Flag(flag), ..self }
    }

    /// The row, with a number if nobody says.
    pub const fn default_number(self, number: i64) -> Row {
        Row { default: Default::Number(number), ..self }
    }

    /// The row, with a fraction if nobody says.
    pub const fn default_fraction(self, fraction: f64) -> Row {
        Row { default: Default::Fraction(fraction), ..self }
    }

    /// The row, which is sent and kept nowhere.
    pub const fn write_only(self) -> Row {
        Row { secrecy: Secrecy::WriteOnly, place: Place::State, ..self }
    }

    /// The row, at another place than a path.
    pub const fn placed(self, place: Place) -> Row {
        Row { place, ..self }
    }

    /// The row, whose change replaces the object.
    pub const fn replaces(self) -> Row {
        Row { change: Change::Replaces, ..self }
    }

    /// The row, as a sensitive one.
    pub const fn sensitive(self) -> Row {
        Row { secrecy: Secrecy::Sensitive, ..self }
    }

    /// The row, as ARM spells it.
    pub const fn spelled(self, spelling: Spelling) -> Row {
        Row { spelling, ..self }
    }

    /// The row, which may be one of these.
    pub const fn one_of(self, words: &'static [&'static str]) -> Row {
        Row { check: Check::OneOf(words), ..self }
    }

    /// The row, which must match a pattern.
    pub const fn matching(self, pattern: &'static str, words: &'static str) -> Row {
        Row { check: Check::Matching(pattern, words), ..self }
    }

    /// The row, a number within limits.
    pub const fn between(self, least: i64, most: i64) -> Row {
        Row { check: Check::Between(least, most), ..self }
    }

    /// The row, a number of at least this.
    pub const fn at_the_least(self, least: i64) -> Row {
        Row { check: Check::AtLeast(least), ..self }
    }

    /// The row, one of these numbers.
    pub const fn one_number(self, numbers: &'static [i64]) -> Row {
        Row { check: Check::OneNumber(numbers), ..self }
    }

    /// The row, a text of so many bytes.
    pub const fn of_length(self, least: usize, most: usize) -> Row {
        Row { check: Check::Length(least, most), ..self }
    }

    /// The row, a text of this form.
    pub const fn formed(self, form: Form) -> Row {
        Row { check: Check::Form(form), ..self }
    }

    /// The row, null when ARM leaves it out.
    pub const fn or_null(self) -> Row {
        Row { absent: Absent::Null, ..self }
    }

    /// The row, its default when ARM leaves it out.
    pub const fn or_default(self) -> Row {
        Row { absent: Absent::Default, ..self }
    }

    /// The row, kept in state alone, `""` when nothing was said.
    pub const fn or_empty(self) -> Row {
        Row { absent: Absent::Empty, ..self }
    }

    /// The block, which may be repeated, though ARM has one object.
    pub const fn single(self) -> Row {
        self.with_blocks(Blocks { shape: Shape::Single, ..self.blocks_of() })
    }

    /// The block, of which ARM has an object with members named by this attribute, which stands inside too.
    pub const fn named(self, attribute: &'static str) -> Row {
        self.with_blocks(Blocks { shape: Shape::Named(attribute), ..self.blocks_of() })
    }

    /// The block, of which ARM has an object with members named by this attribute.
    pub const fn keyed(self, attribute: &'static str) -> Row {
        self.with_blocks(Blocks { shape: Shape::Keyed(attribute), ..self.blocks_of() })
    }

    /// The block, of which ARM has an object of plain members.
    pub const fn pairs(self) -> Row {
        self.with_blocks(Blocks { shape: Shape::Pairs, ..self.blocks_of() })
    }

    const fn with_blocks(self, change: Blocks) -> Row {
        match self.kind {
            Kind::Block(_) => Row { kind: Kind::Block(change), ..self },
            Kind::Objects(_) => Row { kind: Kind::Objects(change), ..self },
            Kind::Text
            | Kind::Flag
            | Kind::Number
            | Kind::Texts
            | Kind::TextSet
            | Kind::Map
            | Kind::NumberSet => self,
        }
    }

    const fn blocks_of(self) -> Blocks {
        match self.kind.blocks() {
            Some(blocks) => blocks,
            None => panic!("only blocks have a number and an order"),
        }
    }

    /// The block, of which there must be at least so many.
    pub const fn at_least(self, min: usize) -> Row {
        self.with_blocks(Blocks { min, ..self.blocks_of() })
    }

    /// The block, of which there may be at most so many.
    pub const fn at_most(self, max: usize) -> Row {
        self.with_blocks(Blocks { max, ..self.blocks_of() })
    }

    /// The block, whose order does not count.
    pub const fn unordered(self) -> Row {
        self.with_blocks(Blocks { order: Order::Set, ..self.blocks_of() })
    }

    /// The block, of which there is at most one, though ARM has an array.
    pub const fn in_array(self) -> Row {
        self.with_blocks(Blocks { shape: Shape::Many, ..self.blocks_of() })
    }

    /// The block, which is there when the JSON at its path says so.
    pub const fn present_when(self, present: fn(&Json) -> bool) -> Row {
        Row { present: Some(present), ..self }
    }

    /// Whether the configuration may set it.
    pub fn is_settable(&self) -> bool {
        self.presence != Presence::ReadOnly
    }
}
