//! Services, endpoints, network policies, ingress classes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::containers::port_or_name;
use super::metadata::label_causes;
use super::workloads::selector;
use super::{Causes, items, names, quoted, text};

const IP: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// The network of services, as the server names it.
const RANGE: &str = "10.0.0.0/16";

/// Judges a service.
pub(super) fn service(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    let kind = text(spec, "type");
    if items(&spec["ports"]).is_empty() && text(spec, "clusterIP") != "None" && kind != "ExternalName" {
        causes.required("spec.ports", "");
    }
    if kind == "ExternalName" {
        let name = text(spec, "externalName");
        if name.is_empty() {
            causes.required("spec.externalName", "");
        } else {
            causes.all_invalid("spec.externalName", &spec["externalName"], names::subdomain(name));
        }
    }
    ports(spec, causes);
    label_causes(&spec["selector"], "spec.selector", causes);
    let affinity = text(spec, "sessionAffinity");
    if !matches!(affinity, "ClientIP" | "None") {
        causes.unsupported("spec.sessionAffinity", &spec["sessionAffinity"], &["ClientIP", "None"]);
    }
    address(spec, causes);
    for (index, address) in items(&spec["externalIPs"]).iter().enumerate() {
        if address.as_str().is_none_or(|text| text.parse::<IpAddr>().is_err()) {
            causes.invalid(&format!("spec.externalIPs[{index}]"), address, IP);
        }
    }
    if !matches!(kind, "ClusterIP" | "ExternalName" | "LoadBalancer" | "NodePort") {
        let known = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
        causes.unsupported("spec.type", &spec["type"], &known);
    }
    node_ports(spec, kind, causes);
    source_ranges(spec, kind, causes);
    traffic(spec, kind, causes);
}

fn ports(spec: &Value, causes: &mut Causes) {
    let all = items(&spec["ports"]);
    let mut seen = BTreeSet::new();
    let mut taken: Vec<(i64, String)> = Vec::new();
    for (index, port) in all.iter().enumerate() {
        let field = format!("spec.ports[{index}]");
        let name = text(port, "name");
        if name.is_empty() && all.len() > 1 {
            causes.required(&format!("{field}.name"), "");
        } else if !name.is_empty() {
            causes.all_invalid(&format!("{field}.name"), &port["name"], names::label(name));
            if !seen.insert(name) {
                causes.duplicate(&format!("{field}.name"), &port["name"]);
            }
        }
        let number = port["port"].as_i64().unwrap_or(0);
        causes.all_invalid(&format!("{field}.port"), &json!(number), names::port_number(number));
        let protocol = text(port, "protocol");
        if !matches!(protocol, "SCTP" | "TCP" | "UDP") {
            causes.unsupported(&format!("{field}.protocol"), &port["protocol"], &["SCTP", "TCP", "UDP"]);
        }
        port_or_name(&port["targetPort"], &format!("{field}.targetPort"), causes);
        taken.push((number, protocol.to_owned()));
    }
    for (index, (number, protocol)) in taken.iter().enumerate() {
        if taken[..index].contains(&(*number, protocol.clone())) {
            let shown = format!(
                "{{\"Name\":\"\",\"Protocol\":{protocol:?},\"AppProtocol\":null,\"Port\":{number},\"TargetPort\":0,\"NodePort\":0}}"
            );
            causes.duplicate_text(&format!("spec.ports[{index}]"), &shown);
        }
    }
}

fn address(spec: &Value, causes: &mut Causes) {
    let address = text(spec, "clusterIP");
    if address.is_empty() || address == "None" {
        return;
    }
    match address.parse::<IpAddr>() {
        Err(_) => causes.invalid("spec.clusterIPs[0]", &spec["clusterIP"], IP),
        Ok(IpAddr::V4(found)) if found.octets()[..2] != [10, 0] => {
            let words = format!(
                "failed to allocate IP {address}: the provided IP ({address}) is not in the valid range. The range of valid IPs is {RANGE}"
            );
            causes.invalid("spec.clusterIPs", &json!([address]), &words);
        }
        Ok(_) => {}
    }
    if let Some(family) = items(&spec["ipFamilies"]).first().filter(|family| **family == "IPv6") {
        causes.invalid("spec.ipFamilies[0]", family, "not configured on this cluster");
    }
}

fn node_ports(spec: &Value, kind: &str, causes: &mut Causes) {
    if kind != "ClusterIP" {
        return;
    }
    for (index, port) in items(&spec["ports"]).iter().enumerate() {
        if port["nodePort"].as_i64().is_some_and(|port| port != 0) {
            let words = "may not be used when `type` is 'ClusterIP'";
            causes.forbidden(&format!("spec.ports[{index}].nodePort"), words);
        }
    }
}

fn source_ranges(spec: &Value, kind: &str, causes: &mut Causes) {
    let ranges = items(&spec["loadBalancerSourceRanges"]);
    if ranges.is_empty() {
        return;
    }
    if kind != "LoadBalancer" {
        causes.forbidden("spec.LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'");
    }
    for (index, range) in ranges.iter().enumerate() {
        if !is_cidr(range.as_str().unwrap_or_default()) {
            causes.invalid(&format!("spec.LoadBalancerSourceRanges[{index}]"), range, CIDR);
        }
    }
}

fn traffic(spec: &Value, kind: &str, causes: &mut Causes) {
    let outside = matches!(kind, "NodePort" | "LoadBalancer") || !items(&spec["externalIPs"]).is_empty();
    if !text(spec, "externalTrafficPolicy").is_empty() && !outside {
        let words = "may only be set for externally-accessible services";
        causes.invalid("spec.externalTrafficPolicy", &spec["externalTrafficPolicy"], words);
    }
    let local = kind == "LoadBalancer" && text(spec, "externalTrafficPolicy") == "Local";
    if spec["healthCheckNodePort"].as_i64().is_some_and(|port| port != 0) && !local {
        let words = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        causes.invalid("spec.healthCheckNodePort", &spec["healthCheckNodePort"], words);
    }
    let known = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if let Some(wanted) = spec["trafficDistribution"].as_str().filter(|wanted| !known.contains(wanted)) {
        causes.unsupported("spec.trafficDistribution", &quoted(wanted), &known);
    }
}

fn is_cidr(text: &str) -> bool {
    cidr(text).is_some()
}

/// An address and how many of its bits are the network's.
fn cidr(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some((address, bits))
}

fn is_within(inner: &str, outer: &str) -> bool {
    let (Some((IpAddr::V4(inner), more)), Some((IpAddr::V4(outer), bits))) = (cidr(inner), cidr(outer))
    else {
        return true;
    };
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    more > bits && u32::from(inner) & mask == u32::from(outer) & mask
}

/// Judges a change of a service.
pub(super) fn service_change(old: &Value, new: &Value, causes: &mut Causes) {
    let (before, after) = (&old["spec"], &new["spec"]);
    let external = |spec: &Value| text(spec, "type") == "ExternalName";
    let had = text(before, "clusterIP");
    if !external(before) && !external(after) && !had.is_empty() && had != text(after, "clusterIP") {
        causes.invalid("spec.clusterIPs[0]", &json!([after["clusterIP"]]), "may not change once set");
    }
    let balanced = |spec: &Value| text(spec, "type") == "LoadBalancer";
    if balanced(before) && balanced(after) && before["loadBalancerClass"] != after["loadBalancerClass"] {
        causes.invalid("spec.loadBalancerClass", &after["loadBalancerClass"], "may not change once set");
    }
}

/// Judges a network policy.
pub(super) fn network_policy(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    let _ = selector(&spec["podSelector"], "spec.podSelector", causes);
    for (list, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in items(&spec[list]).iter().enumerate() {
            let field = format!("spec.{list}[{index}]");
            for (index, port) in items(&rule["ports"]).iter().enumerate() {
                policy_port(port, &format!("{field}.ports[{index}]"), causes);
            }
            for (index, peer) in items(&rule[peers]).iter().enumerate() {
                policy_peer(peer, &format!("{field}.{peers}[{index}]"), causes);
            }
        }
    }
    let types = items(&spec["policyTypes"]);
    if types.len() > 2 {
        causes.invalid("spec.policyTypes", &spec["policyTypes"], "may not specify more than two policyTypes");
        return;
    }
    for (index, kind) in types.iter().enumerate() {
        if !matches!(kind.as_str(), Some("Ingress" | "Egress")) {
            causes.unsupported(&format!("spec.policyTypes[{index}]"), kind, &["Ingress", "Egress"]);
        }
    }
}

fn policy_port(port: &Value, field: &str, causes: &mut Causes) {
    if let Some(protocol) = port["protocol"].as_str().filter(|one| !matches!(*one, "TCP" | "UDP" | "SCTP")) {
        causes.unsupported(&format!("{field}.protocol"), &quoted(protocol), &["TCP", "UDP", "SCTP"]);
    }
    let number = &port["port"];
    if !number.is_null() {
        port_or_name(number, &format!("{field}.port"), causes);
    }
    let end = &port["endPort"];
    match (end.as_i64(), number.as_i64()) {
        (Some(last), Some(first)) if last < first => {
            causes.invalid(&format!("{field}.endPort"), number, "must be greater than or equal to `port`");
        }
        (Some(_), None) if number.is_string() => {
            causes.invalid(
                &format!("{field}.endPort"),
                end,
                "may not be specified when `port` is non-numeric",
            );
        }
        (Some(_), None) => causes.invalid(
            &format!("{field}.endPort"),
            end,
            "may not be specified when `port` is not specified",
        ),
        _ => {}
    }
}

fn policy_peer(peer: &Value, field: &str, causes: &mut Causes) {
    let given = |name: &str| peer[name].is_object();
    let block = &peer["ipBlock"];
    if !given("podSelector") && !given("namespaceSelector") && !given("ipBlock") {
        causes.required(field, "must specify a peer");
    } else if given("ipBlock") && (given("podSelector") || given("namespaceSelector")) {
        causes.forbidden(field, "may not specify both ipBlock and another peer");
    }
    if !given("ipBlock") {
        return;
    }
    let range = text(block, "cidr");
    if range.is_empty() {
        causes.required(&format!("{field}.ipBlock.cidr"), "");
    } else if !is_cidr(range) {
        causes.invalid(&format!("{field}.ipBlock.cidr"), &block["cidr"], CIDR);
        return;
    }
    for (index, except) in items(&block["except"]).iter().enumerate() {
        let field = format!("{field}.ipBlock.except[{index}]");
        let inner = except.as_str().unwrap_or_default();
        if !is_cidr(inner) {
            causes.invalid(&field, except, CIDR);
        } else if !is_within(inner, range) {
            causes.invalid(&field, except, "must be a strict subset of `cidr`");
        }
    }
}

/// Judges a slice of endpoints.
pub(super) fn endpoint_slice(object: &Value, causes: &mut Causes) {
    let kind = text(object, "addressType");
    let known = ["FQDN", "IPv4", "IPv6"];
    if kind.is_empty() {
        causes.required("addressType", "");
    } else if !known.contains(&kind) {
        causes.unsupported("addressType", &object["addressType"], &known);
    }
    for (index, port) in items(&object["ports"]).iter().enumerate() {
        let name = text(port, "name");
        if !name.is_empty() {
            causes.all_invalid(&format!("ports[{index}].name"), &port["name"], names::label(name));
        }
    }
    for (index, endpoint) in items(&object["endpoints"]).iter().enumerate() {
        let field = format!("endpoints[{index}].addresses");
        let all = items(&endpoint["addresses"]);
        if all.is_empty() {
            causes.required(&field, "must contain at least 1 address");
        }
        for (index, address) in all.iter().enumerate() {
            let parsed = address.as_str().and_then(|text| text.parse::<IpAddr>().ok());
            if kind != "FQDN" && parsed.is_none() {
                causes.invalid(&format!("{field}[{index}]"), address, IP);
            }
        }
    }
}

/// Judges a class of ingresses.
pub(super) fn ingress_class(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    let controller = text(spec, "controller");
    if controller.is_empty() {
        causes.required("spec.controller", "");
    } else if !controller.contains('/') {
        let words = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        causes.invalid("spec.controller", &spec["controller"], words);
    }
    let parameters = &spec["parameters"];
    if text(parameters, "scope") == "Namespace" && text(parameters, "namespace").is_empty() {
        causes.required("spec.parameters.namespace", "`parameters.scope` is set to 'Namespace'");
    }
}
