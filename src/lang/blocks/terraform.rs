//! `terraform`: what a module needs, and where state is kept.

use std::collections::BTreeMap;

use crate::blocks::argument;
use crate::blocks::provider::ProviderKey;
use crate::blocks::provider_source;
use crate::blocks::resource::ProviderReference;
use crate::code::Code;
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::{Attribute, Block, Body, Expression, ExpressionKind, Name, ObjectItem};
use crate::types::Text;
use crate::version::Constraint;

/// The `terraform` blocks of a module, merged.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which versions of the language it was written for.
    pub required_versions: Vec<RequiredVersion>,
    /// The providers that it needs, by local name.
    pub required_providers: BTreeMap<Text, RequiredProvider>,
    /// The place of the `required_providers` block.
    pub required_providers_span: Option<Span>,
    /// Where state is kept.
    pub backend: Option<Backend>,
    /// `provider_meta` blocks, by provider.
    pub provider_meta: BTreeMap<Text, Body>,
}

/// Versions of the language that a module was written for.
#[derive(Clone, Debug)]
pub struct RequiredVersion {
    /// The constraint.
    pub text: Text,
    /// Where it stands.
    pub value: Span,
    /// The whole argument.
    pub attribute: Span,
}

/// A provider that a module needs.
#[derive(Clone, Debug)]
pub struct RequiredProvider {
    /// The local name.
    pub name: Name,
    /// The source address, if it is written.
    pub source: Option<(Text, Span)>,
    /// The version constraint, if it is written.
    pub version: Option<(Text, Span)>,
    /// Configurations that the caller must pass.
    pub aliases: Vec<ProviderKey>,
    /// The whole entry.
    pub span: Span,
}

/// Where state is kept.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The type: `local`, `azurerm`.
    pub kind: Name,
    /// Its arguments.
    pub body: Body,
    /// The header of the block.
    pub header: Span,
}

/// Reads a `terraform` block into the settings of its module.
pub fn read(block: &Block, settings: &mut Settings, diagnostics: &mut Diagnostics) {
    let schema = BodySchema::new(
        &["required_version", "experiments", "language"],
        &[
            ("required_providers", &[]),
            ("backend", &["type"]),
            ("cloud", &[]),
            ("provider_meta", &["provider"]),
        ],
    );
    let mut content = block.body.content(&schema, Leftovers::Refuse, diagnostics);
    if let Some(version) = content.take("required_version") {
        let text = argument::text(&version, diagnostics);
        let (value, attribute) = (version.value.span, version.span);
        settings.required_versions.extend(text.map(|text| RequiredVersion { text, value, attribute }));
    }
    if let Some(experiments) = content.take("experiments") {
        refuse_experiments(&experiments, diagnostics);
    }
    for inner in &content.blocks {
        match &*inner.kind.text {
            "required_providers" => read_required(inner, settings, diagnostics),
            "backend" => read_backend(inner, settings, diagnostics),
            "provider_meta" => {
                let provider = inner.labels.first().map(|label| label.text.clone());
                settings.provider_meta.extend(provider.map(|provider| (provider, inner.body.clone())));
            }
            _ => diagnostics.push(refuse_cloud(inner)),
        }
    }
}

fn refuse_cloud(block: &Block) -> Diagnostic {
    Diagnostic::error(Code::NotSupported, "Unsupported block: cloud")
        .detail("aksel keeps state in files or in Azure Blob storage; it does not run in HCP Terraform.")
        .help("Remove the `cloud` block, or write `backend \"azurerm\" { … }`.")
        .at(block.header)
}

fn refuse_experiments(attribute: &Attribute, diagnostics: &mut Diagnostics) {
    for item in argument::items(attribute, diagnostics) {
        let name =
            argument::traversal(item).map(|traversal| traversal.root.text.to_string()).unwrap_or_default();
        diagnostics.push(
            Diagnostic::error(Code::NotSupported, "Module uses experimental features")
                .detail(format!("The experiment \"{name}\" is not available in aksel."))
                .at(attribute.name.span),
        );
    }
}

fn read_backend(block: &Block, settings: &mut Settings, diagnostics: &mut Diagnostics) {
    let Some(kind) = block.labels.first().cloned() else { return };
    if let Some(first) = &settings.backend {
        diagnostics.push(
            Diagnostic::error(Code::Duplicate, "Duplicate backend configuration")
                .detail("A module may have only one backend configuration.")
                .at(block.header)
                .also(first.header, "the first one"),
        );
        return;
    }
    settings.backend = Some(Backend { kind, body: block.body.clone(), header: block.header });
}

/// Reads a `required_providers` block into the settings of its module.
pub fn read_required(block: &Block, settings: &mut Settings, diagnostics: &mut Diagnostics) {
    if let Some(first) = settings.required_providers_span {
        diagnostics.push(
            Diagnostic::error(Code::Duplicate, "Duplicate required providers configuration")
                .detail("A module may have only one required providers configuration.")
                .at(block.header)
                .also(first, "the first one"),
        );
        return;
    }
    settings.required_providers_span = Some(block.header);
    for attribute in block.body.just_attributes(diagnostics).into_values() {
        let name = &attribute.name.text;
        let normal = name.to_lowercase();
        if *normal != **name {
            diagnostics.push(
                Diagnostic::error(Code::InvalidProviderSource, "Invalid provider local name")
                    .detail(format!("Provider names must be normalized. Replace \"{name}\" with \"{normal}\" to fix this error."))
                    .at(attribute.value.span),
            );
        }
        let required = read_requirement(&attribute, diagnostics);
        settings.required_providers.insert(attribute.name.text.clone(), required);
    }
}

fn read_requirement(attribute: &Attribute, diagnostics: &mut Diagnostics) -> RequiredProvider {
    let name = attribute.name.clone();
    let mut required =
        RequiredProvider { name, source: None, version: None, aliases: vec![], span: attribute.span };
    match &attribute.value.kind {
        ExpressionKind::Object(items) => {
            for item in items {
                read_requirement_item(item, &mut required, diagnostics);
            }
        }
        _ => match argument::literal_text(&attribute.value) {
            Some(version) => {
                diagnostics.extend(bad_version(&version, attribute.value.span));
                required.version = Some((version, attribute.value.span));
            }
            None => diagnostics.push(
                Diagnostic::error(Code::WrongType, "Invalid required_providers object")
                    .detail("A required provider is written as `{ source = \"…\", version = \"…\" }`.")
                    .at(attribute.value.span),
            ),
        },
    }
    let source = required.source.as_ref();
    diagnostics.extend(source.and_then(|(source, place)| provider_source::fault(source, *place)));
    required
}

fn read_requirement_item(item: &ObjectItem, required: &mut RequiredProvider, diagnostics: &mut Diagnostics) {
    let text = |diagnostics: &mut Diagnostics| {
        argument::text_of(&item.value, diagnostics).map(|text| (text, item.value.span))
    };
    match key_text(&item.key).as_deref() {
        Some("source") => {
            required.source = text(diagnostics);
        }
        Some("version") => {
            required.version = text(diagnostics);
            diagnostics.extend(required.version.as_ref().and_then(|(text, span)| bad_version(text, *span)));
        }
        Some("configuration_aliases") => {
            required.aliases = read_aliases(&required.name.text, &item.value, diagnostics);
        }
        Some(_) | None => diagnostics.push(
            Diagnostic::error(Code::UnknownArgument, "Invalid required_providers object")
                .detail("required_providers objects can only contain \"version\", \"source\" and \"configuration_aliases\" attributes.")
                .at(item.key.span),
        ),
    }
}

fn key_text(key: &Expression) -> Option<Text> {
    if let ExpressionKind::Variable(name) = &key.kind {
        Some(name.clone())
    } else {
        argument::literal_text(key)
    }
}

fn bad_version(version: &str, span: Span) -> Option<Diagnostic> {
    version.parse::<Constraint>().is_err().then(|| {
        Diagnostic::error(Code::InvalidVersion, "Invalid version constraint")
            .detail("This string does not use correct version constraint syntax.")
            .help("Conditions such as `>= 1.5`, `~> 1.11.0` or `!= 1.6.2` are separated by commas.")
            .at(span)
    })
}

fn read_aliases(own: &Text, value: &Expression, diagnostics: &mut Diagnostics) -> Vec<ProviderKey> {
    let ExpressionKind::Tuple(items) = &value.kind else { return Vec::new() };
    let mut aliases = Vec::new();
    for item in items {
        let Some(alias) = ProviderReference::read(item, diagnostics) else { continue };
        if alias.name != *own {
            diagnostics.push(
                Diagnostic::error(Code::InvalidConfiguration, "Invalid configuration_aliases value")
                    .detail(format!("Configuration aliases must be prefixed with the provider name. Expected \"{own}\", but found \"{}\".", alias.name))
                    .at(value.span),
            );
            continue;
        }
        aliases.push(ProviderKey { name: alias.name, alias: alias.alias });
    }
    aliases
}
