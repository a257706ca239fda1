//! What a cluster's body means: defaults and checks of pools, network and identity.

use arm::ErrorResponse;
use network::Cidr;
use serde_json::{Value, json};

use super::versions;
use crate::engine::{Draft, array, property, set, set_default, text};
use crate::projections::subnet_prefix;

/// How many nodes a pool may have.
const NODES: std::ops::RangeInclusive<u64> = 0..=1_000;

/// Fills the network profile.
pub fn network_defaults(body: &mut Value) {
    let at = |name: &'static str| ["properties", "networkProfile", name];
    set_default(body, &at("networkPlugin"), "azure");
    let azure = text(body, &at("networkPlugin")) == Some("azure");
    let in_subnet = array(body, &["properties", "agentPoolProfiles"])
        .iter()
        .any(|pool| text(pool, &["vnetSubnetID"]).is_some());
    if azure && !in_subnet {
        set_default(body, &at("networkPluginMode"), "overlay");
    }
    for (name, value) in [
        ("networkDataplane", "azure"),
        ("networkPolicy", "none"),
        ("loadBalancerSku", "standard"),
        ("outboundType", "loadBalancer"),
        ("podCidr", "10.244.0.0/16"),
        ("serviceCidr", "10.0.0.0/16"),
        ("dnsServiceIP", "10.0.0.10"),
    ] {
        set_default(body, &at(name), value);
    }
    for (list, one) in [("podCidrs", "podCidr"), ("serviceCidrs", "serviceCidr")] {
        let value = property(body, &at(one)).clone();
        set(body, &at(list), json!([value]));
    }
    set_default(body, &at("ipFamilies"), json!(["IPv4"]));
    let outbound = json!({"managedOutboundIPs": {"count": 1}, "backendPoolType": "nodeIPConfiguration"});
    set_default(body, &at("loadBalancerProfile"), outbound);
}

/// Fills the pools.
pub fn pool_defaults(body: &mut Value, version: &str) {
    let minor = version.rsplit_once('.').map_or(version, |(minor, _)| minor).to_owned();
    let pools = body.pointer_mut("/properties/agentPoolProfiles").and_then(Value::as_array_mut);
    for pool in pools.into_iter().flatten() {
        for (name, value) in [
            ("count", json!(1)),
            ("vmSize", json!("Standard_D2s_v3")),
            ("osDiskSizeGB", json!(128)),
            ("osDiskType", json!("Managed")),
            ("kubeletDiskType", json!("OS")),
            ("workloadRuntime", json!("OCIContainer")),
            ("maxPods", json!(30)),
            ("type", json!("VirtualMachineScaleSets")),
            ("enableAutoScaling", json!(false)),
            ("scaleDownMode", json!("Delete")),
            ("mode", json!("System")),
            ("osType", json!("Linux")),
            ("osSKU", json!("Ubuntu")),
            ("orchestratorVersion", json!(minor)),
            ("enableNodePublicIP", json!(false)),
            ("enableFIPS", json!(false)),
        ] {
            set_default(pool, &[name], value);
        }
        set(pool, &["currentOrchestratorVersion"], version);
        set(pool, &["nodeImageVersion"], "AKSUbuntu-2204gen2containerd-202611.01.0");
        set(pool, &["powerState"], json!({"code": "Running"}));
        set(pool, &["provisioningState"], "Succeeded");
    }
}

/// Refuses pools that AKS refuses.
pub fn check_pools(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let pools = array(draft.properties(), &["agentPoolProfiles"]);
    if pools.is_empty() {
        return Err(invalid("agentPoolProfiles", "At least one agent pool is required."));
    }
    let mut seen: Vec<&str> = Vec::new();
    for pool in pools {
        let name = text(pool, &["name"]).unwrap_or_default();
        let valid = (1..=12).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !valid || seen.contains(&name) {
            let message = format!(
                "The agent pool name '{name}' is not valid: 1 to 12 lower-case letters and digits, the first a letter, each name once."
            );
            return Err(invalid("agentPoolProfiles.name", &message));
        }
        seen.push(name);
        if !property(pool, &["count"]).as_u64().is_some_and(|count| NODES.contains(&count)) {
            return Err(invalid("agentPoolProfiles.count", "The value of count is not between 0 and 1000."));
        }
        if text(pool, &["osType"]) != Some("Linux") {
            return Err(ErrorResponse::not_implemented("An agent pool with another osType than Linux"));
        }
        check_pool_network(draft, pool)?;
    }
    if pools.iter().any(|pool| text(pool, &["mode"]) == Some("System")) {
        return Ok(());
    }
    Err(invalid("agentPoolProfiles.mode", "There must be at least one agent pool with mode System."))
}

fn check_pool_network(draft: &Draft<'_, '_>, pool: &Value) -> Result<(), ErrorResponse> {
    let Some(id) = text(pool, &["vnetSubnetID"]) else { return Ok(()) };
    let Some(subnet) = draft.tx.find(id) else {
        let message = format!("The subnet '{id}' could not be found.");
        return Err(
            ErrorResponse::new(400, "VnetSubnetNotFound", message).target("agentPoolProfile.vnetSubnetID")
        );
    };
    let action = draft.action();
    let linked = ("Microsoft.Network/virtualNetworks/subnets/join/action", &subnet.id);
    crate::engine::authorization::check_linked(draft.tx, draft.world.call, &action, linked)?;
    let Some(prefix) = subnet_prefix(&subnet) else { return Ok(()) };
    let usable = (1_u64 << (32 - u32::from(prefix.length()).min(32))).saturating_sub(5);
    let wanted = property(pool, &["count"]).as_u64().unwrap_or_default();
    if wanted > usable {
        let message = format!(
            "Pre-allocated IPs {wanted} exceeds IPs available {usable} in Subnet Cidr {prefix}, Subnet Name {}. If Autoscaler is enabled, the max-count from each nodepool is counted towards this total.",
            subnet.id.name()
        );
        return Err(ErrorResponse::new(400, "InsufficientSubnetSize", message));
    }
    let service = range(draft, "serviceCidr")?;
    if service.overlaps(prefix) {
        let message = format!(
            "The specified service CIDR {service} is conflicted with an existing subnet CIDR {prefix}."
        );
        let error = ErrorResponse::new(400, "ServiceCidrOverlapExistingSubnetsCidr", message);
        return Err(error.target("networkProfile.serviceCIDR"));
    }
    Ok(())
}

/// Refuses a network profile that AKS refuses.
pub fn check_network(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let (pods, services) = (range(draft, "podCidr")?, range(draft, "serviceCidr")?);
    if pods.overlaps(services) {
        return Err(invalid("networkProfile.podCidr", "The pod CIDR and the service CIDR overlap."));
    }
    let dns =
        text(draft.properties(), &["networkProfile", "dnsServiceIP"]).and_then(|text| text.parse().ok());
    if dns.is_none_or(|dns| !services.contains(dns)) {
        return Err(invalid(
            "networkProfile.dnsServiceIP",
            "The DNS service IP must be in the service CIDR.",
        ));
    }
    Ok(())
}

fn range(draft: &Draft<'_, '_>, name: &str) -> Result<Cidr, ErrorResponse> {
    let written = text(draft.properties(), &["networkProfile", name]).unwrap_or_default();
    written
        .parse()
        .map_err(|error: network::InvalidCidr| invalid(&format!("networkProfile.{name}"), &error.to_string()))
}

/// The Kubernetes version that runs, from the one that was asked for.
pub fn kubernetes_version(body: &Value) -> Result<String, ErrorResponse> {
    let wanted = text(body, &["properties", "kubernetesVersion"]).unwrap_or(versions::DEFAULT);
    versions::resolve(wanted).ok_or_else(|| {
        let message = format!(
            "Version {wanted} is not supported in this region. Supported versions are: {}. Please use [az aks get-versions] command to get the supported version list in this region.",
            versions::supported()
        );
        ErrorResponse::new(400, "K8sVersionNotSupported", message)
    })
}

/// 400: a property that AKS does not take.
pub fn invalid(target: &str, message: &str) -> ErrorResponse {
    ErrorResponse::new(400, "InvalidParameter", message).target(target)
}
