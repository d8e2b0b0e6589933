//! Services and Ingresses: how pods are reached.
//!
//! Source: <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/>

use super::metadata::NAMESPACED;
use crate::kind::{Api, Kind, Limits, Wait};
use crate::row::{Row, block, blocks, flag, map, number, text, text_set, texts};

/// `kubernetes_service_v1`
pub const SERVICE: Kind = Kind::plain(
    "kubernetes_service_v1",
    "kubernetes_service",
    Api::namespaced("v1", "Service", "services"),
    &[
        NAMESPACED,
        block("spec", SERVICE_SPEC).required(),
        block(
            "status",
            &[block(
                "load_balancer",
                &[blocks(
                    "ingress",
                    &[text("hostname").read_only(), text("ip").read_only(), text("ip_mode").read_only()],
                )
                .read_only()],
            )
            .read_only()],
        )
        .read_only(),
        flag("wait_for_load_balancer").or_flag(true).local(),
    ],
)
.waits(Wait::LoadBalancer, Limits { create: Some(10), ..Limits::NONE })
.version(1);

const SERVICE_SPEC: &[Row] = &[
    flag("allocate_load_balancer_node_ports").or_flag(true).only_written(),
    text("cluster_ip").key("clusterIP").computed().replaces(),
    texts("cluster_ips").key("clusterIPs").computed().replaces(),
    text_set("external_ips").key("externalIPs"),
    text("external_name"),
    text("external_traffic_policy").computed(),
    number("health_check_node_port").computed().replaces(),
    text("internal_traffic_policy").computed(),
    texts("ip_families").computed(),
    text("ip_family_policy").computed(),
    text("load_balancer_class").replaces(),
    text("load_balancer_ip").key("loadBalancerIP"),
    text_set("load_balancer_source_ranges"),
    blocks(
        "port",
        &[
            text("app_protocol"),
            text("name"),
            number("node_port").computed(),
            number("port").required(),
            text("protocol").or_text("TCP"),
            text("target_port").int_or_text().computed(),
        ],
    )
    .key("ports"),
    flag("publish_not_ready_addresses").or_flag(false),
    map("selector"),
    text("session_affinity").or_text("None"),
    block(
        "session_affinity_config",
        &[block("client_ip", &[number("timeout_seconds").computed()]).key("clientIP").computed()],
    )
    .computed(),
    text("type").or_text("ClusterIP"),
];

/// `kubernetes_ingress_v1`
pub const INGRESS: Kind = Kind::plain(
    "kubernetes_ingress_v1",
    "",
    Api::namespaced("networking.k8s.io/v1", "Ingress", "ingresses"),
    &[
        NAMESPACED,
        block(
            "spec",
            &[
                block("default_backend", BACKEND),
                text("ingress_class_name").computed(),
                blocks(
                    "rule",
                    &[text("host"), block("http", &[blocks("path", PATH).key("paths").required()])],
                )
                .key("rules"),
                blocks("tls", &[texts("hosts"), text("secret_name")]),
            ],
        )
        .required(),
        block(
            "status",
            &[block(
                "load_balancer",
                &[blocks("ingress", &[text("hostname").read_only(), text("ip").read_only()]).read_only()],
            )
            .read_only()],
        )
        .read_only(),
        flag("wait_for_load_balancer").local(),
    ],
)
.waits(Wait::LoadBalancer, Limits { create: Some(20), delete: Some(20), ..Limits::NONE })
.without_alias();

const BACKEND: &[Row] = &[
    block("resource", &[text("api_group").required(), text("kind").required(), text("name").required()]),
    block("service", &[text("name").required(), block("port", &[text("name"), number("number")]).required()]),
];

const PATH: &[Row] =
    &[block("backend", BACKEND), text("path"), text("path_type").or_text("ImplementationSpecific")];

/// `kubernetes_ingress_class_v1`
pub const INGRESS_CLASS: Kind = Kind::plain(
    "kubernetes_ingress_class_v1",
    "kubernetes_ingress_class",
    Api::cluster("networking.k8s.io/v1", "IngressClass", "ingressclasses"),
    &[
        super::metadata::OF_CLUSTER,
        block(
            "spec",
            &[
                text("controller"),
                block(
                    "parameters",
                    &[
                        text("api_group"),
                        text("kind").required(),
                        text("name").required(),
                        text("namespace"),
                        text("scope").computed(),
                    ],
                ),
            ],
        )
        .required(),
    ],
);
