//! Addresses and ports of services: who has which, and which comes next.
//!
//! Invariant: no two services have an address or a node port in common.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::kinds::Served;
use crate::cluster::status::{Cause, Refused};
use crate::cluster::world::{Trial, World};

/// The node ports that are given out.
const NODE_PORTS: std::ops::RangeInclusive<u64> = 30_000..=32_767;

impl World {
    /// Gives a service its addresses and node ports.
    ///
    /// # Errors
    /// When it asks for one that another has.
    pub(crate) fn allocate(
        &self,
        served: &Served,
        old: Option<&Arc<Value>>,
        object: &mut Value,
        _trial: Trial,
    ) -> Result<(), Refused> {
        if !served.is("", "services") {
            return Ok(());
        }
        let own = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        self.give_address(served, &name, object, old)?;
        let mut taken = self.node_ports_of_others(&own);
        let causes = give_ports(&mut object["spec"], &mut taken);
        if causes.is_empty() { Ok(()) } else { Err(Refused::invalid(served, &name, &causes)) }
    }

    fn give_address(
        &self,
        served: &Served,
        name: &str,
        object: &mut Value,
        old: Option<&Arc<Value>>,
    ) -> Result<(), Refused> {
        let spec = &mut object["spec"];
        if spec.get("type").is_some_and(|kind| kind == "ExternalName") {
            if let Some(spec) = spec.as_object_mut() {
                let gone = [
                    "clusterIP",
                    "clusterIPs",
                    "ipFamilies",
                    "ipFamilyPolicy",
                    "internalTrafficPolicy",
                    "externalTrafficPolicy",
                    "healthCheckNodePort",
                    "allocateLoadBalancerNodePorts",
                ];
                gone.iter().for_each(|name| drop(spec.shift_remove(*name)));
            }
            return Ok(());
        }
        let had = old.and_then(|old| old["spec"]["clusterIP"].as_str());
        match spec["clusterIP"].as_str().filter(|address| !address.is_empty()) {
            Some(asked) if Some(asked) != had && asked != "None" => {
                if self.addresses().contains(asked) {
                    let words = "failed to allocate IP ";
                    let cause = Cause::invalid(
                        "spec.clusterIPs",
                        &json!([asked]).to_string(),
                        &format!("{words}{asked}: provided IP is already allocated"),
                    );
                    return Err(Refused::invalid(served, name, &[cause]));
                }
            }
            Some(_) => {}
            None => spec["clusterIP"] = self.free_address().into(),
        }
        if spec["clusterIPs"].as_array().is_none_or(Vec::is_empty) {
            spec["clusterIPs"] = json!([spec["clusterIP"]]);
        }
        for (name, default) in [("ipFamilies", json!(["IPv4"])), ("ipFamilyPolicy", json!("SingleStack"))] {
            if spec.get(name).is_none() {
                spec[name] = default;
            }
        }
        Ok(())
    }

    fn addresses(&self) -> BTreeSet<String> {
        let all = self.store.all("/services", None);
        all.filter_map(|service| service["spec"]["clusterIP"].as_str()).map(str::to_owned).collect()
    }

    /// The first address of the services' network that nobody has.
    fn free_address(&self) -> String {
        let taken = self.addresses();
        let mut candidates =
            (0..255_u32).flat_map(|a| (1..255_u32).map(move |b| format!("10.0.{a}.{b}"))).skip(10);
        candidates.find(|address| !taken.contains(address)).unwrap_or_else(|| "10.0.255.254".into())
    }

    fn node_ports_of_others(&self, own: &str) -> BTreeSet<u64> {
        let others = self.store.all("/services", None).filter(|service| service["metadata"]["uid"] != own);
        let ports = |service: &Arc<Value>| {
            let spec = &service["spec"];
            let all = spec["ports"].as_array().cloned().unwrap_or_default();
            let mut found: Vec<u64> = all.iter().filter_map(|port| port["nodePort"].as_u64()).collect();
            found.extend(spec["healthCheckNodePort"].as_u64());
            found
        };
        others.flat_map(ports).collect()
    }
}

/// Gives the ports of a service their node ports, or takes them away.
fn give_ports(spec: &mut Value, taken: &mut BTreeSet<u64>) -> Vec<Cause> {
    let balanced = spec["type"] == "LoadBalancer";
    let wanted = spec["type"] == "NodePort" || balanced && spec["allocateLoadBalancerNodePorts"] != false;
    let mut causes = Vec::new();
    let next = |taken: &mut BTreeSet<u64>| {
        let free = NODE_PORTS.clone().find(|port| !taken.contains(port)).unwrap_or(0);
        taken.insert(free);
        free
    };
    for (index, port) in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().enumerate()
    {
        match port["nodePort"].as_u64().filter(|port| *port > 0) {
            Some(asked) if taken.contains(&asked) => causes.push(Cause::invalid(
                &format!("spec.ports[{index}].nodePort"),
                &asked.to_string(),
                "provided port is already allocated",
            )),
            Some(asked) => drop(taken.insert(asked)),
            None if wanted => port["nodePort"] = next(taken).into(),
            None => drop(port.as_object_mut().map(|port| port.shift_remove("nodePort"))),
        }
    }
    if balanced && spec["externalTrafficPolicy"] == "Local" {
        if spec["healthCheckNodePort"].as_u64().is_none_or(|port| port == 0) {
            spec["healthCheckNodePort"] = next(taken).into();
        }
    } else if let Some(spec) = spec.as_object_mut() {
        spec.shift_remove("healthCheckNodePort");
    }
    causes
}
