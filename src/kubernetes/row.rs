//! Rows: what a kind's table says of one argument or block, and everything about it.
//!
//! Invariant: reading and writing use the same key and the same form.
//! Never: a row makes a request.

/// One argument or nested block.
#[derive(Clone, Copy)]
pub struct Row {
    /// The Terraform name.
    pub name: &'static str,
    /// The JSON key where it is not the name in camel case; see [`Row::json_key`].
    key: &'static str,
    /// What kind of value it holds.
    pub shape: Shape,
    /// Who gives it.
    pub presence: Presence,
    /// What it is if nobody says.
    pub default: Default,
    /// What a change means.
    pub change: Change,
    /// Who may see it.
    pub secrecy: Secrecy,
    /// Whether the API has it.
    pub reach: Reach,
    /// Whether its default is sent.
    pub sending: Sending,
    /// Why it should not be used any more.
    pub deprecated: Option<&'static str>,
}

/// What kind of value a row holds.
#[derive(Clone, Copy)]
pub enum Shape {
    /// A string, in some form.
    Text(Form),
    /// A bool.
    Flag,
    /// A number.
    Number,
    /// A list of strings.
    Texts,
    /// A set of strings.
    TextSet,
    /// A set of numbers.
    NumberSet,
    /// A list of numbers.
    Numbers,
    /// A map of strings, each in some form.
    Map(Form),
    /// At most one block; an object.
    Block(&'static [Row]),
    /// Blocks in order; an array.
    Blocks(&'static [Row]),
    /// Blocks without order; an array.
    BlockSet(&'static [Row]),
    /// A block whose members stand among those of its parent.
    Inline(&'static [Row]),
}

/// How a string is written in JSON, and when two are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Plain,
    /// A number.
    Whole,
    /// A number where it is one, else a string: ports, percentages.
    IntOrText,
    /// A quantity: `500m` is `0.5`.
    Quantity,
    /// The bits of a file mode, in octal digits.
    Octal,
    /// Base64 in JSON, plain in Terraform.
    Base64,
}

/// Who gives a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The configuration must.
    Required,
    /// The configuration may.
    Optional,
    /// The configuration may; else the cluster decides.
    Computed,
    /// The cluster alone.
    ReadOnly,
}

/// What a value is if the configuration does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// Nothing.
    None,
    /// A string.
    Text(&'static str),
    /// A bool.
    Flag(bool),
    /// A number.
    Number(i64),
}

/// What a change of the value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is made in place.
    InPlace,
    /// The object is replaced.
    Replaces,
    /// The object is replaced whatever changes within.
    ReplacesWithin,
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

/// Whether the API has what a row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is sent and read.
    Remote,
    /// It says how aksel goes about it and lives in state alone.
    Local,
}

/// Whether a default is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It is.
    Always,
    /// Only what is written is: the API refuses it in some cases, and takes it for granted in the others.
    OnlyWritten,
}

const fn row(name: &'static str, shape: Shape) -> Row {
    Row {
        name,
        key: "",
        shape,
        presence: Presence::Optional,
        default: Default::None,
        change: Change::InPlace,
        secrecy: Secrecy::Open,
        reach: Reach::Remote,
        sending: Sending::Always,
        deprecated: None,
    }
}

/// A string.
pub const fn text(name: &'static str) -> Row {
    row(name, Shape::Text(Form::Plain))
}

/// A bool.
pub const fn flag(name: &'static str) -> Row {
    row(name, Shape::Flag)
}

/// A number.
pub const fn number(name: &'static str) -> Row {
    row(name, Shape::Number)
}

/// A list of strings.
pub const fn texts(name: &'static str) -> Row {
    row(name, Shape::Texts)
}

/// A set of strings.
pub const fn text_set(name: &'static str) -> Row {
    row(name, Shape::TextSet)
}

/// A set of numbers.
pub const fn number_set(name: &'static str) -> Row {
    row(name, Shape::NumberSet)
}

/// A list of numbers.
pub const fn numbers(name: &'static str) -> Row {
    row(name, Shape::Numbers)
}

/// A map of strings.
pub const fn map(name: &'static str) -> Row {
    row(name, Shape::Map(Form::Plain))
}

/// At most one block.
pub const fn block(name: &'static str, rows: &'static [Row]) -> Row {
    row(name, Shape::Block(rows))
}

/// Blocks in order.
pub const fn blocks(name: &'static str, rows: &'static [Row]) -> Row {
    row(name, Shape::Blocks(rows))
}

/// Blocks without order.
pub const fn block_set(name: &'static str, rows: &'static [Row]) -> Row {
    row(name, Shape::BlockSet(rows))
}

/// A block whose members stand among those of its parent.
pub const fn inline(name: &'static str, rows: &'static [Row]) -> Row {
    row(name, Shape::Inline(rows))
}

impl Row {
    /// The row with a JSON key that does not follow from its name.
    pub const fn key(self, key: &'static str) -> Row {
        Row { key, ..self }
    }

    /// The configuration must give it.
    pub const fn required(self) -> Row {
        Row { presence: Presence::Required, ..self }
    }

    /// The cluster gives it where the configuration does not.
    pub const fn computed(self) -> Row {
        Row { presence: Presence::Computed, ..self }
    }

    /// The cluster alone gives it.
    pub const fn read_only(self) -> Row {
        Row { presence: Presence::ReadOnly, ..self }
    }

    /// A string stands in for what is not written.
    pub const fn or_text(self, text: &'static str) -> Row {
        Row { default: Default::Text(text), ..self }
    }

    /// A bool stands in for what is not written.
    #[expect(clippy::fn_params_excessive_bools, reason = "the bool is the value, not a switch")]
    pub const fn or_flag(self, flag: bool) -> Row {
        Row { default: Default::Flag(flag), ..self }
    }

    /// A number stands in for what is not written.
    pub const fn or_number(self, number: i64) -> Row {
        Row { default: Default::Number(number), ..self }
    }

    /// A change of it replaces the object.
    pub const fn replaces(self) -> Row {
        Row { change: Change::Replaces, ..self }
    }

    /// A change of anything in it replaces the object.
    pub const fn replaces_within(self) -> Row {
        Row { change: Change::ReplacesWithin, ..self }
    }

    /// It appears nowhere but in state.
    pub const fn sensitive(self) -> Row {
        Row { secrecy: Secrecy::Sensitive, ..self }
    }

    /// It is sent and appears nowhere.
    pub const fn write_only(self) -> Row {
        Row { secrecy: Secrecy::WriteOnly, ..self }
    }

    /// It lives in state alone.
    pub const fn local(self) -> Row {
        Row { reach: Reach::Local, ..self }
    }

    /// Its default is not sent.
    pub const fn only_written(self) -> Row {
        Row { sending: Sending::OnlyWritten, ..self }
    }

    /// It should not be used any more.
    pub const fn deprecated(self, why: &'static str) -> Row {
        Row { deprecated: Some(why), ..self }
    }

    /// A string that is a number in JSON.
    pub const fn whole(self) -> Row {
        self.form(Form::Whole)
    }

    /// A string that may be a number in JSON.
    pub const fn int_or_text(self) -> Row {
        self.form(Form::IntOrText)
    }

    /// A quantity, or a map of them.
    pub const fn quantity(self) -> Row {
        self.form(Form::Quantity)
    }

    /// A file mode.
    pub const fn octal(self) -> Row {
        self.form(Form::Octal)
    }

    /// Base64 in JSON.
    pub const fn base64(self) -> Row {
        self.form(Form::Base64)
    }

    const fn form(self, form: Form) -> Row {
        let shape = match self.shape {
            Shape::Map(_) => Shape::Map(form),
            Shape::Text(_) => Shape::Text(form),
            other => other,
        };
        Row { shape, ..self }
    }

    /// The key in JSON: the name in camel case, unless the row says another.
    pub fn json_key(&self) -> String {
        if self.key.is_empty() { camel_case(self.name) } else { self.key.to_owned() }
    }

    /// Whether the configuration may set it.
    pub fn is_settable(&self) -> bool {
        self.presence != Presence::ReadOnly
    }

    /// The rows of a block.
    pub fn inner(&self) -> Option<&'static [Row]> {
        match self.shape {
            Shape::Block(rows) | Shape::Blocks(rows) | Shape::BlockSet(rows) | Shape::Inline(rows) => {
                Some(rows)
            }
            Shape::Text(_)
            | Shape::Flag
            | Shape::Number
            | Shape::Texts
            | Shape::TextSet
            | Shape::NumberSet
            | Shape::Numbers
            | Shape::Map(_) => None,
        }
    }
}

/// `host_ip` is `hostIp`.
fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let mut key = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        key.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        key.push_str(letters.as_str());
    }
    key
}
