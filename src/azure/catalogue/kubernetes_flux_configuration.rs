//! `azurerm_kubernetes_flux_configuration` is `Microsoft.KubernetesConfiguration/fluxConfigurations`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.kubernetesconfiguration/2025-04-01/fluxconfigurations>

use crate::catalogue::flux;
use crate::catalogue::rules::said;
use crate::group::Group;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, Row, block, blocks, flag, id, map, name, number, parent, text, texts};
use crate::spelling::Spelling;
use aksel_lang::value::Value;

/// The rows of `git_repository`.
pub const GIT_REPOSITORY: &[Row] = &[
    text("url", "url").required(),
    text("reference_type", "reference.type").required().one_of(&["branch", "commit", "semver", "tag"]),
    text("reference_value", "reference.value").required(),
    text("https_user", "httpsUser"),
    text("https_ca_cert_base64", "httpsCACert").sensitive(),
    text("https_key_base64", "").placed(Place::State).sensitive().or_empty(),
    text("local_auth_reference", "localAuthRef"),
    text("provider", "provider").one_of(&["Azure", "Generic", "GitHub"]),
    text("ssh_known_hosts_base64", "sshKnownHosts"),
    text("ssh_private_key_base64", "").placed(Place::State).sensitive().or_empty(),
    number("sync_interval_in_seconds", "syncIntervalInSeconds").default_number(600).between(1, 35_791_394),
    number("timeout_in_seconds", "timeoutInSeconds").default_number(600).between(1, 35_791_394),
];

/// The rows of `bucket`.
pub const BUCKET: &[Row] = &[
    text("bucket_name", "bucketName").required(),
    text("url", "url").required(),
    text("access_key", "accessKey"),
    text("secret_key_base64", "").placed(Place::State).sensitive().or_empty(),
    flag("tls_enabled", "insecure").default_flag(true).spelled(Spelling::Inverted),
    text("local_auth_reference", "localAuthRef"),
    number("sync_interval_in_seconds", "syncIntervalInSeconds").default_number(600).between(1, 35_791_394),
    number("timeout_in_seconds", "timeoutInSeconds").default_number(600).between(1, 35_791_394),
];

/// The rows of `blob_storage_managed_identity`.
pub const BLOB_STORAGE_MANAGED_IDENTITY: &[Row] = &[text("client_id", "clientId").required()];

/// The rows of `blob_storage_service_principal`.
pub const BLOB_STORAGE_SERVICE_PRINCIPAL: &[Row] = &[
    text("client_id", "clientId").required(),
    text("tenant_id", "tenantId").required(),
    text("client_certificate_base64", "").placed(Place::State).sensitive(),
    text("client_certificate_password", "").placed(Place::State).sensitive(),
    flag("client_certificate_send_chain", "clientCertificateSendChain").default_flag(false),
    text("client_secret", "").placed(Place::State).sensitive(),
];

/// The rows of `blob_storage`.
pub const BLOB_STORAGE: &[Row] = &[
    text("container_id", "").placed(Place::State).required(),
    text("account_key", "").placed(Place::State).sensitive(),
    text("sas_token", "").placed(Place::State).sensitive(),
    text("local_auth_reference", "localAuthRef"),
    block("managed_identity", "managedIdentity", BLOB_STORAGE_MANAGED_IDENTITY),
    block("service_principal", "servicePrincipal", BLOB_STORAGE_SERVICE_PRINCIPAL),
    number("sync_interval_in_seconds", "syncIntervalInSeconds").default_number(600).between(1, 35_791_394),
    number("timeout_in_seconds", "timeoutInSeconds").default_number(600).between(1, 35_791_394),
];

/// The rows of `kustomizations_post_build_substitute_from`.
pub const KUSTOMIZATIONS_POST_BUILD_SUBSTITUTE_FROM: &[Row] = &[
    text("kind", "kind").required().one_of(&["ConfigMap", "Secret"]),
    text("name", "name").required(),
    flag("optional", "optional").default_flag(false),
];

/// The rows of `kustomizations_post_build`.
pub const KUSTOMIZATIONS_POST_BUILD: &[Row] = &[
    map("substitute", "substitute"),
    blocks("substitute_from", "substituteFrom", KUSTOMIZATIONS_POST_BUILD_SUBSTITUTE_FROM),
];

/// The rows of `kustomizations`.
pub const KUSTOMIZATIONS: &[Row] = &[
    text("name", "name").required(),
    text("path", "path"),
    texts("depends_on", "dependsOn"),
    flag("garbage_collection_enabled", "prune").default_flag(false),
    flag("recreating_enabled", "force").default_flag(false),
    number("retry_interval_in_seconds", "retryIntervalInSeconds").between(1, 35_791_394).default_number(600),
    flag("wait", "wait").default_flag(true),
    number("sync_interval_in_seconds", "syncIntervalInSeconds").default_number(600).between(1, 35_791_394),
    number("timeout_in_seconds", "timeoutInSeconds").default_number(600).between(1, 35_791_394),
    block("post_build", "postBuild", KUSTOMIZATIONS_POST_BUILD),
];

/// What Flux keeps in a cluster as it is in a repository.
pub const KUBERNETES_FLUX_CONFIGURATION: ResourceType = ResourceType {
    name: "azurerm_kubernetes_flux_configuration",
    arm: Arm { kind: "Microsoft.KubernetesConfiguration/fluxConfigurations", api: "2025-04-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        parent("cluster_id"),
        text("namespace", "namespace")
            .matching(
                r"^[a-z\d]([-a-z\d]{0,61}[a-z\d])?$",
                "1 to 63 lowercase letters, digits and hyphens, beginning and ending with a letter or digit",
            )
            .required()
            .replaces(),
        text("scope", "scope").default_text("namespace").replaces().one_of(&["cluster", "namespace"]),
        flag("continuous_reconciliation_enabled", "suspend").default_flag(true).spelled(Spelling::Inverted),
        block("git_repository", "gitRepository", GIT_REPOSITORY),
        block("bucket", "bucket", BUCKET),
        block("blob_storage", "azureBlob", BLOB_STORAGE),
        blocks("kustomizations", "kustomizations", KUSTOMIZATIONS).at_least(1).unordered().named("name"),
    ],
    calls: &[],
    groups: &[Group::ExactlyOne(&["blob_storage", "bucket", "git_repository"])],
    rules: &[],
    hooks: Hooks {
        identity: Some(identity),
        before_read: Some(flux::shape),
        before_write: Some(flux::complete),
        ..Hooks::NONE
    },
};

/// It hangs on the cluster.
fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    let (cluster, name) = (said(planned, "cluster_id")?, said(planned, "name")?);
    Some(format!("{cluster}/providers/Microsoft.KubernetesConfiguration/fluxConfigurations/{name}"))
}
