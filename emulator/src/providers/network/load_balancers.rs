//! Load balancers: <https://learn.microsoft.com/rest/api/load-balancer/load-balancers>.
//!
//! Those of an AKS cluster are in the resource group of its nodes, made from its Services; they can be read.
//!
//! **Differs from Azure:** what somebody else than AKS makes is stored and carries no traffic.

use arm::ErrorResponse;
use serde_json::Value;

use super::parts::{self, Parts};
use super::rows::{NAME, takes};
use super::{addresses, inline, node_group};
use crate::engine::{Definition, Draft, Example, Fidelity, Store, array, set_default, text};

const FRONTENDS: &str = "frontendIPConfigurations";
const POOLS: &str = "backendAddressPools";
const PROBES: &str = "probes";

/// The lists of parts, with what they refer to.
pub const PARTS: [Parts; 6] = [
    Parts { name: FRONTENDS, refers: &[] },
    Parts { name: POOLS, refers: &[] },
    Parts { name: PROBES, refers: &[] },
    Parts {
        name: "loadBalancingRules",
        refers: &[
            ("frontendIPConfiguration", FRONTENDS),
            ("backendAddressPool", POOLS),
            ("backendAddressPools", POOLS),
            ("probe", PROBES),
        ],
    },
    Parts { name: "inboundNatRules", refers: &[("frontendIPConfiguration", FRONTENDS)] },
    Parts {
        name: "outboundRules",
        refers: &[("frontendIPConfigurations", FRONTENDS), ("backendAddressPool", POOLS)],
    },
];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/loadBalancers",
    summary: "Addresses whose connections machines share.",
    modelled: "2025-05-01",
    names: NAME,
    long_running: takes(5, 5),
    fidelity: Fidelity::Approximate(
        "those of AKS are shown from its Services, without inbound rules of single machines; others are stored and carry no traffic",
    ),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/loadBalancers/example-balancer",
        body: r#"{"location": "westus2", "sku": {"name": "Standard"}, "properties": {
            "frontendIPConfigurations": [{"name": "front", "properties": {"subnet": {"id":
                "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-vnet/subnets/example-subnet"}}}],
            "backendAddressPools": [{"name": "pool"}],
            "probes": [{"name": "alive", "properties": {"protocol": "Tcp", "port": 80, "intervalInSeconds": 15}}],
            "loadBalancingRules": [{"name": "http", "properties": {"protocol": "Tcp", "frontendPort": 80, "backendPort": 8080,
                "frontendIPConfiguration": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/loadBalancers/example-balancer/frontendIPConfigurations/front"},
                "backendAddressPool": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/loadBalancers/example-balancer/backendAddressPools/pool"},
                "probe": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/loadBalancers/example-balancer/probes/alive"}}}]}}"#,
        patch: Some(r#"{"tags": {"a": "c"}}"#),
        after: &["Microsoft.Network/virtualNetworks/subnets"],
    }],
    defaults,
    check,
    removable: |removal| node_group::check_own(removal.tx, &removal.resource.id),
    provision: addresses::provision,
    removed: addresses::release,
    view: |balancer, _, shown| parts::view(balancer, &PARTS, shown),
    find: |store, id| store.get(id).or_else(|| node_group::load_balancer(store, id)),
    select: |store, definition, scope| {
        let mut found = store.within(definition, scope);
        found.extend(node_group::load_balancers(store, scope));
        found
    },
    ..Definition::TRACKED
};

fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    node_group::check_own(draft.tx, &draft.id)?;
    set_default(&mut draft.body, &["sku", "name"], "Standard");
    set_default(&mut draft.body, &["sku", "tier"], "Regional");
    inline::keep_guid(draft);
    parts::complete(draft, &PARTS)?;
    addresses::complete_frontends(draft, FRONTENDS);
    let rules = draft.body.pointer_mut("/properties/loadBalancingRules").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten() {
        set_default(rule, &["properties", "idleTimeoutInMinutes"], 4);
        set_default(rule, &["properties", "enableFloatingIP"], false);
        set_default(rule, &["properties", "loadDistribution"], "Default");
    }
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    parts::check(draft, &PARTS)?;
    addresses::check_frontends(draft, FRONTENDS)?;
    let mut seen: Vec<(String, String, u64)> = Vec::new();
    for rule in array(draft.properties(), &["loadBalancingRules"]) {
        let name = text(rule, &["name"]).unwrap_or_default();
        let port = |path: &str| rule["properties"][path].as_u64().filter(|port| u16::try_from(*port).is_ok());
        let (Some(front), Some(_)) = (port("frontendPort"), port("backendPort")) else {
            let message =
                format!("The load balancing rule '{name}' must have a frontend port and a backend port.");
            return Err(ErrorResponse::new(400, "InvalidRequestFormat", message));
        };
        let own = |path: &[&str]| text(rule, path).unwrap_or_default().to_lowercase();
        let key =
            (own(&["properties", "frontendIPConfiguration", "id"]), own(&["properties", "protocol"]), front);
        if seen.contains(&key) {
            let message = format!(
                "The load balancing rule '{name}' has the frontend, protocol and port of another rule."
            );
            return Err(ErrorResponse::new(400, "RulesUseSameFrontendPortProtocolAndVIP", message));
        }
        seen.push(key);
    }
    Ok(())
}

/// A frontend of a load balancer, its own or AKS's.
pub fn has_frontend(store: &Store, id: &str) -> bool {
    parts::find(store, id, FRONTENDS).is_some()
}
