//! `azurerm_container_registry_task` is `Microsoft.ContainerRegistry/registries/tasks`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerregistry/2019-04-01/registries/tasks>

use crate::catalogue::rules::has_identity;
use crate::catalogue::{identities, tasks};
use crate::group::Group;
use crate::resource_type::{Arm, HALF_AN_HOUR, Hooks, ResourceType};
use crate::row::{Place, Row, block, blocks, flag, id, map, number, parent, tags, text, texts};
use crate::spelling::{ENABLED, Spelling};

/// The rows of `agent_setting`.
pub const AGENT_SETTING: &[Row] = &[number("cpu", "cpu").required().one_number(&[2])];

/// The rows of `base_image_trigger`.
pub const BASE_IMAGE_TRIGGER: &[Row] = &[
    text("name", "name").required(),
    text("type", "baseImageTriggerType").required().one_of(&["All", "Runtime"]),
    flag("enabled", "status").default_flag(true).spelled(ENABLED),
    text("update_trigger_endpoint", "updateTriggerEndpoint").sensitive(),
    text("update_trigger_payload_type", "updateTriggerPayloadType").one_of(&["Default", "Token"]),
];

/// The rows of `docker_step`.
pub const DOCKER_STEP: &[Row] = &[
    map("arguments", "plain"),
    flag("cache_enabled", "noCache").default_flag(true).spelled(Spelling::Inverted),
    text("context_access_token", "").placed(Place::State).required().sensitive(),
    text("context_path", "contextPath").required(),
    text("dockerfile_path", "dockerFilePath").required(),
    texts("image_names", "imageNames"),
    flag("push_enabled", "isPushEnabled").default_flag(true),
    map("secret_arguments", "").placed(Place::State).sensitive(),
    text("target", "target"),
];

/// The rows of `encoded_step`.
pub const ENCODED_STEP: &[Row] = &[
    text("context_access_token", "").placed(Place::State).sensitive(),
    text("context_path", "contextPath"),
    map("secret_values", "").placed(Place::State).sensitive(),
    text("task_content", "encodedTaskContent").required().spelled(Spelling::Base64),
    text("value_content", "encodedValuesContent").spelled(Spelling::Base64),
    map("values", "plain"),
];

/// The rows of `file_step`.
pub const FILE_STEP: &[Row] = &[
    text("context_access_token", "").placed(Place::State).sensitive(),
    text("context_path", "contextPath"),
    map("secret_values", "").placed(Place::State).sensitive(),
    text("task_file_path", "taskFilePath").required(),
    text("value_file_path", "valuesFilePath"),
    map("values", "plain"),
];

/// The rows of `platform`.
pub const PLATFORM: &[Row] = &[
    text("architecture", "architecture").one_of(&["amd64", "x86", "386", "arm", "arm64"]),
    text("os", "os").required().one_of(&["Windows", "Linux"]),
    text("variant", "variant").one_of(&["v6", "v7", "v8"]),
];

/// The rows of `registry_credential.custom`.
pub const REGISTRY_CREDENTIAL_CUSTOM: &[Row] = &[
    text("identity", "identity"),
    text("login_server", "login_server").required(),
    text("password", "").placed(Place::State).sensitive(),
    text("username", "userName.value"),
];

/// The rows of `registry_credential.source`.
pub const REGISTRY_CREDENTIAL_SOURCE: &[Row] =
    &[text("login_mode", "loginMode").required().one_of(&["None", "Default"])];

/// The rows of `registry_credential`.
pub const REGISTRY_CREDENTIAL: &[Row] = &[
    blocks("custom", "customRegistries", REGISTRY_CREDENTIAL_CUSTOM).unordered().keyed("login_server"),
    block("source", "sourceRegistry", REGISTRY_CREDENTIAL_SOURCE),
];

/// The rows of `source_trigger.authentication`.
pub const SOURCE_TRIGGER_AUTHENTICATION: &[Row] = &[
    number("expire_in_seconds", "expiresIn"),
    text("refresh_token", "").placed(Place::State).sensitive(),
    text("scope", "scope"),
    text("token", "").placed(Place::State).required().sensitive(),
    text("token_type", "tokenType").required().one_of(&["PAT", "OAuth"]),
];

/// The rows of `source_trigger`.
pub const SOURCE_TRIGGER: &[Row] = &[
    text("branch", "sourceRepository.branch"),
    flag("enabled", "status").default_flag(true).spelled(ENABLED),
    texts("events", "sourceTriggerEvents").required().one_of(&["commit", "pullrequest"]),
    text("name", "name").required(),
    text("repository_url", "sourceRepository.repositoryUrl").required(),
    text("source_type", "sourceRepository.sourceControlType")
        .required()
        .one_of(&["Github", "VisualStudioTeamService"]),
    block("authentication", "sourceRepository.sourceControlAuthProperties", SOURCE_TRIGGER_AUTHENTICATION),
];

/// The rows of `timer_trigger`.
pub const TIMER_TRIGGER: &[Row] = &[
    flag("enabled", "status").default_flag(true).spelled(ENABLED),
    text("name", "name").required(),
    text("schedule", "schedule").required(),
];

/// What a registry builds or runs by itself.
pub const CONTAINER_REGISTRY_TASK: ResourceType = ResourceType {
    name: "azurerm_container_registry_task",
    arm: Arm { kind: "Microsoft.ContainerRegistry/registries/tasks", api: "2019-06-01-preview" },
    schema_version: 0,
    minutes: HALF_AN_HOUR,
    attributes: &[
        id(),
        text("name", "")
            .placed(Place::Name)
            .required()
            .replaces()
            .matching(r"^[a-zA-Z0-9-]{5,50}$", "5 to 50 letters, digits and hyphens"),
        parent("container_registry_id"),
        text("agent_pool_name", "agentPoolName"),
        flag("enabled", "status").default_flag(true).spelled(ENABLED),
        flag("is_system_task", "isSystemTask").default_flag(false).replaces(),
        text("log_template", "logTemplate"),
        number("timeout_in_seconds", "timeout").default_number(3600).between(300, 28_800),
        block("agent_setting", "agentConfiguration", AGENT_SETTING),
        block("base_image_trigger", "trigger.baseImageTrigger", BASE_IMAGE_TRIGGER),
        block("docker_step", "step", DOCKER_STEP).present_when(|json| json["type"] == "Docker"),
        block("encoded_step", "step", ENCODED_STEP).present_when(|json| json["type"] == "EncodedTask"),
        block("file_step", "step", FILE_STEP).present_when(|json| json["type"] == "FileTask"),
        block("platform", "platform", PLATFORM),
        block("registry_credential", "credentials", REGISTRY_CREDENTIAL).present_when(|json| {
            json["sourceRegistry"].is_object()
                || json["customRegistries"].as_object().is_some_and(|all| !all.is_empty())
        }),
        blocks("source_trigger", "trigger.sourceTriggers", SOURCE_TRIGGER),
        blocks("timer_trigger", "trigger.timerTriggers", TIMER_TRIGGER),
        block("identity", "/identity", identities::BOTH_KINDS).present_when(has_identity),
        tags(),
    ],
    calls: &[],
    groups: &[
        Group::Conflicts("agent_pool_name", &["agent_setting"]),
        Group::Conflicts("agent_setting", &["agent_pool_name"]),
        Group::Conflicts("docker_step", &["file_step", "encoded_step"]),
        Group::Conflicts("encoded_step", &["docker_step", "file_step"]),
        Group::Conflicts("file_step", &["docker_step", "encoded_step"]),
        Group::AtLeastOne(&["registry_credential.0.source", "registry_credential.0.custom"]),
    ],
    rules: &[tasks::steps_of_a_system, tasks::steps_of_a_user],
    hooks: Hooks {
        before_read: Some(tasks::shape),
        before_write: Some(tasks::complete),
        lookup: Some(tasks::REGION),
        ..Hooks::NONE
    },
};
