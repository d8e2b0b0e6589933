//! `resource`, `data` and `ephemeral`: objects of a provider.
//!
//! Invariant: the body holds only what the provider's schema decides on; everything that the language itself knows
//! (`count`, `lifecycle`, …) has been taken out into fields.

use crate::address::{Mode, ResourceName};
use crate::blocks::argument::{self, Hop, Traversal};
use crate::blocks::lifecycle::{self, Lifecycle};
use crate::blocks::output::read_depends_on;
use crate::blocks::provisioner::{self, Provisioner};
use crate::blocks::reserved;
use crate::code::Code;
use crate::content::{BodySchema, Content, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expression::Expression;
use crate::lower::lower;
use crate::source::Span;
use crate::syntax::{self, Block, Body};
use crate::types::Text;

/// A declared object, or several by `count` or `for_each`.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Mode, type and name.
    pub name: ResourceName,
    /// What the provider's schema decides on.
    pub body: ResourceBody,
    /// How many instances there are.
    pub repetition: Repetition,
    /// The provider configuration, if it is written; else the one of the type's name.
    pub provider: Option<ProviderReference>,
    /// What it waits for besides its references.
    pub depends_on: Vec<Traversal>,
    /// How it lives and dies.
    pub lifecycle: Lifecycle,
    /// What runs when it is created or destroyed.
    pub provisioners: Vec<Provisioner>,
    /// How provisioners reach it.
    pub connection: Option<Body>,
    /// The `check` block that it is nested in.
    pub scope: Option<Text>,
    /// Who says what it is configured as.
    pub origin: Origin,
    /// Where its type is named.
    pub type_span: Span,
    /// The header of the block.
    pub header: Span,
    /// The whole block.
    pub span: Span,
}

/// Who says what a resource is configured as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Its block.
    #[default]
    Written,
    /// The object that is imported: a block is generated from it.
    Imported,
}

/// A body without the arguments and blocks that the language itself knows.
#[derive(Clone, Debug)]
pub struct ResourceBody {
    /// The body as written.
    pub body: Body,
    /// Names in it that are not the provider's.
    pub reserved: &'static [&'static str],
}

/// How many instances a resource or module has.
#[derive(Clone, Debug, Default)]
pub enum Repetition {
    /// One, without a key.
    #[default]
    One,
    /// So many, with a number each.
    Count(Expression),
    /// One for each element, with its key.
    ForEach(Expression),
    /// One or none, without a key.
    Enabled(Expression),
}

impl Repetition {
    /// What says how many there are, if anything does.
    pub fn expression(&self) -> Option<&Expression> {
        match self {
            Repetition::One => None,
            Repetition::Count(value) | Repetition::ForEach(value) | Repetition::Enabled(value) => Some(value),
        }
    }
}

/// Which configuration of which provider.
#[derive(Clone, Debug)]
pub struct ProviderReference {
    /// The local name of the provider.
    pub name: Text,
    /// The alias of the configuration.
    pub alias: Option<Text>,
    /// Which instance of a configuration with `for_each`.
    pub key: Option<Expression>,
    /// Where it stands.
    pub span: Span,
}

/// Arguments of every resource.
const ARGUMENTS: &[&str] = &["count", "for_each", "provider", "depends_on"];

/// Names of blocks and arguments that the language takes out of a body.
pub const META: &[&str] =
    &["count", "for_each", "provider", "depends_on", "lifecycle", "connection", "provisioner", "locals", "_"];

/// Names that no provider may use, kept for the language.
const KEPT: &[&str] = &["locals"];

impl ProviderReference {
    /// Reads a `provider` argument: `name`, `name.alias` or `name.alias[key]`.
    pub fn read(value: &syntax::Expression, diagnostics: &mut Diagnostics) -> Option<ProviderReference> {
        let refuse = |diagnostics: &mut Diagnostics| {
            diagnostics.push(
                Diagnostic::error(Code::ProviderConfiguration, "Invalid provider configuration reference")
                    .detail("The provider argument requires a provider type name, optionally followed by a period and then a configuration alias.")
                    .at(value.span),
            );
            None
        };
        let value = &*argument::written(value);
        let mut found = Vec::new();
        let traversal = argument::quotable_reference(value, &mut found);
        diagnostics.extend(found.into_iter().filter(|found| !found.is_error()));
        let Some(traversal) = traversal else { return refuse(diagnostics) };
        let name = traversal.root.text.clone();
        let span = value.span;
        match traversal.hops.as_slice() {
            [] => Some(ProviderReference { name, alias: None, key: None, span }),
            [Hop::Attribute(alias)] => {
                Some(ProviderReference { name, alias: Some(alias.text.clone()), key: None, span })
            }
            [Hop::Attribute(alias), Hop::Computed(key)] => Some(ProviderReference {
                name,
                alias: Some(alias.text.clone()),
                key: Some(lower(key, diagnostics)),
                span,
            }),
            [Hop::Attribute(alias), Hop::Key(..)] => {
                let syntax::ExpressionKind::Index(_, key, _) = &value.kind else {
                    return refuse(diagnostics);
                };
                let key = Some(lower(key, diagnostics));
                Some(ProviderReference { name, alias: Some(alias.text.clone()), key, span })
            }
            _ => refuse(diagnostics),
        }
    }
}

/// Reads a `resource`, `data` or `ephemeral` block; `None` if it has no valid name.
pub fn read(block: &Block, mode: Mode, diagnostics: &mut Diagnostics) -> Option<Resource> {
    let schema = BodySchema::new(
        ARGUMENTS,
        &[("lifecycle", &[]), ("provisioner", &["type"]), ("connection", &[]), ("locals", &[]), ("_", &[])],
    );
    let mut content = block.body.content(&schema, Leftovers::Ignore, diagnostics);
    refuse_kept(&content, mode, diagnostics);
    refuse_second_escape(&content, diagnostics);
    let [type_name, name] = block.labels.as_slice() else { return None };
    let type_text = argument::check_name(type_name, "resource type", diagnostics);
    let name_text = argument::check_name(name, what(mode), diagnostics);
    let lifecycle = lifecycle::read(&content, mode, diagnostics);
    let repetition = read_repetition(&mut content, lifecycle.enabled.clone(), diagnostics);
    let provider = content.take("provider").and_then(|a| ProviderReference::read(&a.value, diagnostics));
    let depends_on = content.take("depends_on").map(|a| read_depends_on(&a, diagnostics)).unwrap_or_default();
    let provisioners = read_provisioners(&content, mode, diagnostics);
    let connection = content.blocks_of("connection").next().map(|block| block.body.clone());
    Some(Resource {
        name: ResourceName { mode, type_name: type_text?, name: name_text? },
        body: ResourceBody { body: block.body.clone(), reserved: META },
        repetition,
        provider,
        depends_on,
        lifecycle,
        provisioners,
        connection,
        scope: None,
        origin: Origin::Written,
        type_span: type_name.span,
        header: block.header,
        span: block.span,
    })
}

fn what(mode: Mode) -> &'static str {
    match mode {
        Mode::Managed => "resource",
        Mode::Data => "data resource",
        Mode::Ephemeral => "ephemeral resource",
    }
}

fn refuse_kept(content: &Content, mode: Mode, diagnostics: &mut Diagnostics) {
    let within = match mode {
        Mode::Managed => "resource",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    };
    let kept = content.blocks.iter().filter(|block| KEPT.contains(&&*block.kind.text));
    diagnostics.extend(kept.map(|block| reserved::block(&block.kind, within)));
}

/// The block `_` may stand once in a body.
pub fn refuse_second_escape(content: &Content, diagnostics: &mut Diagnostics) {
    let mut blocks = content.blocks_of("_");
    let Some(first) = blocks.next() else { return };
    for second in blocks {
        diagnostics.push(
            Diagnostic::error(Code::Duplicate, "Duplicate escaping block")
                .detail("The special block type \"_\" can be used only once, to force its arguments to be those of the provider or the module.")
                .at(second.header)
                .also(first.header, "the first one"),
        );
    }
}

fn read_provisioners(content: &Content, mode: Mode, diagnostics: &mut Diagnostics) -> Vec<Provisioner> {
    let blocks: Vec<&Block> = content.blocks_of("provisioner").collect();
    if mode == Mode::Managed {
        return blocks.into_iter().filter_map(|block| provisioner::read(block, diagnostics)).collect();
    }
    for block in blocks {
        diagnostics.push(
            Diagnostic::error(Code::UnsupportedBlock, "Unsupported block type")
                .detail("Provisioners belong to managed resources only.")
                .at(block.kind.span),
        );
    }
    Vec::new()
}

/// Reads `count`, `for_each` and `lifecycle.enabled`; at most one of them.
pub fn read_repetition(
    content: &mut Content,
    enabled: Option<Expression>,
    diagnostics: &mut Diagnostics,
) -> Repetition {
    let (count, for_each) = (content.take("count"), content.take("for_each"));
    if let (Some(count), Some(for_each)) = (&count, &for_each) {
        diagnostics.push(
            Diagnostic::error(Code::InvalidRepetition, "Invalid combination of \"count\" and \"for_each\"")
                .detail("The \"count\" and \"for_each\" meta-arguments are mutually-exclusive, only one should be used to be explicit about the number of resources to be created.")
                .at(for_each.name.span)
                .also(count.name.span, "and here"),
        );
    }
    match (for_each, count, enabled) {
        (Some(for_each), _, _) => Repetition::ForEach(lower(&for_each.value, diagnostics)),
        (None, Some(count), _) => Repetition::Count(lower(&count.value, diagnostics)),
        (None, None, Some(enabled)) => Repetition::Enabled(enabled),
        (None, None, None) => Repetition::One,
    }
}
