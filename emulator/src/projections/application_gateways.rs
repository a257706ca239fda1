//! Application gateways, as much of them as carries traffic: listeners for HTTP, their rules, pools and settings.

use std::net::Ipv4Addr;
use std::time::Duration;

use network::{ApplicationGateway, Exposure, HostHeader, Listener, PoolBackend, SubnetId};
use serde_json::Value;

use crate::engine::{Resource, Store, array, property, text};
use crate::providers::network::application_gateways;

/// All application gateways that are ready.
pub fn all(store: &Store) -> Vec<ApplicationGateway> {
    let gateways = store.of_type(application_gateways::DEFINITION.name, None);
    gateways.filter_map(|gateway| application_gateway(store, gateway)).collect()
}

fn application_gateway(store: &Store, gateway: &Resource) -> Option<ApplicationGateway> {
    let properties = gateway.effective()?.get("properties")?;
    let own = array(properties, &["gatewayIPConfigurations"]).first()?;
    let mut rules: Vec<&Value> = array(properties, &["requestRoutingRules"]).iter().collect();
    rules.sort_by_key(|rule| property(rule, &["properties", "priority"]).as_u64());
    Some(ApplicationGateway {
        id: gateway.id.to_string(),
        name: gateway.id.name().to_owned(),
        subnet: SubnetId::new(text(own, &["properties", "subnet", "id"])?),
        listeners: rules.into_iter().filter_map(|rule| listener(store, properties, rule)).collect(),
    })
}

/// The listener of a rule; `None` for one that speaks HTTPS.
fn listener(store: &Store, properties: &Value, rule: &Value) -> Option<Listener> {
    let listener = named(properties, "httpListeners", rule, "httpListener")?;
    if !text(listener, &["properties", "protocol"])?.eq_ignore_ascii_case("Http") {
        return None;
    }
    let frontend = named(properties, "frontendIPConfigurations", listener, "frontendIPConfiguration")?;
    let (address, exposure) = address(store, frontend)?;
    let port = named(properties, "frontendPorts", listener, "frontendPort")?;
    let several = array(listener, &["properties", "hostNames"]).iter().filter_map(Value::as_str);
    let one = text(listener, &["properties", "hostName"]);
    let map = named(properties, "urlPathMaps", rule, "urlPathMap");
    let backend = match map {
        Some(map) => backend(properties, map, ["defaultBackendAddressPool", "defaultBackendHttpSettings"]),
        None => backend(properties, rule, ["backendAddressPool", "backendHttpSettings"]),
    };
    Some(Listener {
        address,
        exposure,
        port: number(port, "port")?,
        host_names: several.chain(one).map(str::to_lowercase).collect(),
        paths: map.map(|map| paths(properties, map)).unwrap_or_default(),
        backend,
    })
}

fn paths(properties: &Value, map: &Value) -> Vec<(Vec<String>, PoolBackend)> {
    let rules = array(map, &["properties", "pathRules"]).iter();
    rules
        .filter_map(|rule| {
            let patterns = array(rule, &["properties", "paths"]).iter().filter_map(Value::as_str);
            let backend = backend(properties, rule, ["backendAddressPool", "backendHttpSettings"])?;
            Some((patterns.map(str::to_owned).collect(), backend))
        })
        .collect()
}

fn backend(properties: &Value, rule: &Value, [pool, settings]: [&str; 2]) -> Option<PoolBackend> {
    let pool = named(properties, "backendAddressPools", rule, pool)?;
    let settings = named(properties, "backendHttpSettingsCollection", rule, settings)?;
    let own = |name: &str| property(settings, &["properties", name]);
    let host = match (
        text(settings, &["properties", "hostName"]),
        own("pickHostNameFromBackendAddress").as_bool(),
    ) {
        (Some(name), _) => HostHeader::Fixed(name.to_owned()),
        (None, Some(true)) => HostHeader::Member,
        (None, _) => HostHeader::Kept,
    };
    let members = array(pool, &["properties", "backendAddresses"]).iter();
    Some(PoolBackend {
        members: members
            .filter_map(|member| text(member, &["ipAddress"]).or_else(|| text(member, &["fqdn"])))
            .map(str::to_lowercase)
            .collect(),
        port: number(settings, "port")?,
        tls: text(settings, &["properties", "protocol"])?.eq_ignore_ascii_case("Https"),
        host,
        path: text(settings, &["properties", "path"]).map(str::to_owned),
        timeout: Duration::from_secs(own("requestTimeout").as_u64().unwrap_or(30).clamp(1, 86_400)),
    })
}

fn address(store: &Store, frontend: &Value) -> Option<(Ipv4Addr, Exposure)> {
    if let Some(public) = text(frontend, &["properties", "publicIPAddress", "id"]) {
        let public = store.find(public)?;
        return Some((text(public.properties(), &["ipAddress"])?.parse().ok()?, Exposure::Public));
    }
    let subnet = SubnetId::new(text(frontend, &["properties", "subnet", "id"])?);
    let address = text(frontend, &["properties", "privateIPAddress"])?.parse().ok()?;
    Some((address, Exposure::Internal(subnet)))
}

/// The part of `list` that `from` names in `path`.
fn named<'v>(properties: &'v Value, list: &str, from: &Value, path: &str) -> Option<&'v Value> {
    let id = text(from, &["properties", path, "id"])?;
    array(properties, &[list])
        .iter()
        .find(|part| text(part, &["id"]).is_some_and(|own| own.eq_ignore_ascii_case(id)))
}

fn number(part: &Value, name: &str) -> Option<u16> {
    property(part, &["properties", name]).as_u64().and_then(|port| u16::try_from(port).ok())
}
