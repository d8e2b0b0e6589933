//! Who may do what: roles, their bindings, and which pods may talk to which.

use super::metadata::{NAMED_NAMESPACED, NAMED_OF_CLUSTER, NAMESPACED};
use super::selector::LABEL_SELECTOR;
use crate::kind::{Api, Kind};
use crate::row::{Row, block, blocks, number, text, text_set, texts};

const GROUP: &str = "rbac.authorization.k8s.io/v1";

/// `kubernetes_role_v1`
pub const ROLE: Kind = Kind::plain(
    "kubernetes_role_v1",
    "kubernetes_role",
    Api::namespaced(GROUP, "Role", "roles"),
    &[
        NAMESPACED,
        blocks(
            "rule",
            &[
                text_set("api_groups").required(),
                text_set("resource_names"),
                text_set("resources").required(),
                text_set("verbs").required(),
            ],
        )
        .key("rules")
        .required(),
    ],
);

/// `kubernetes_cluster_role_v1`
pub const CLUSTER_ROLE: Kind = Kind::plain(
    "kubernetes_cluster_role_v1",
    "kubernetes_cluster_role",
    Api::cluster(GROUP, "ClusterRole", "clusterroles"),
    &[
        NAMED_OF_CLUSTER,
        block("aggregation_rule", &[blocks("cluster_role_selectors", LABEL_SELECTOR)]),
        blocks(
            "rule",
            &[
                texts("api_groups"),
                texts("non_resource_urls").key("nonResourceURLs"),
                texts("resource_names"),
                texts("resources"),
                texts("verbs").required(),
            ],
        )
        .key("rules")
        .computed(),
    ],
);

const ROLE_REF: Row = block(
    "role_ref",
    &[
        text("api_group").required().replaces(),
        text("kind").required().replaces(),
        text("name").required().replaces(),
    ],
)
.required();

const SUBJECTS: Row = blocks(
    "subject",
    &[
        text("api_group").computed(),
        text("kind").required(),
        text("name").required(),
        text("namespace").or_text("default").only_written(),
    ],
)
.key("subjects")
.required();

/// `kubernetes_role_binding_v1`
pub const ROLE_BINDING: Kind = Kind::plain(
    "kubernetes_role_binding_v1",
    "kubernetes_role_binding",
    Api::namespaced(GROUP, "RoleBinding", "rolebindings"),
    &[NAMED_NAMESPACED, ROLE_REF, SUBJECTS],
);

/// `kubernetes_cluster_role_binding_v1`
pub const CLUSTER_ROLE_BINDING: Kind = Kind::plain(
    "kubernetes_cluster_role_binding_v1",
    "kubernetes_cluster_role_binding",
    Api::cluster(GROUP, "ClusterRoleBinding", "clusterrolebindings"),
    &[NAMED_OF_CLUSTER, ROLE_REF, SUBJECTS],
);

const PEER: &[Row] = &[
    block("ip_block", &[text("cidr"), texts("except")]),
    block("namespace_selector", LABEL_SELECTOR),
    block("pod_selector", LABEL_SELECTOR),
];

const PORTS: Row =
    blocks("ports", &[number("end_port"), text("port").int_or_text(), text("protocol").or_text("TCP")]);

/// `kubernetes_network_policy_v1`
pub const NETWORK_POLICY: Kind = Kind::plain(
    "kubernetes_network_policy_v1",
    "kubernetes_network_policy",
    Api::namespaced("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    &[
        NAMESPACED,
        block(
            "spec",
            &[
                blocks("egress", &[PORTS, blocks("to", PEER)]),
                blocks("ingress", &[blocks("from", PEER), PORTS]),
                block("pod_selector", LABEL_SELECTOR).required(),
                texts("policy_types").required(),
            ],
        )
        .required(),
    ],
);
