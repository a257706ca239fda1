//! How a service shows: what is only there once it is up, and its addresses.
//!
//! **Differs from Azure:** addresses are from a documentation range and from the subnet by a fixed rule.

use std::net::Ipv4Addr;

use arm::ProvisioningState;
use serde_json::{Value, json};

use crate::engine::{Resource, Store, array, set, text};
use crate::projections::subnet_prefix;

/// Completes the form in which a service is shown.
pub fn view(service: &Resource, store: &Store, shown: &mut Value) {
    let target = match service.state {
        ProvisioningState::Creating => "Activating",
        ProvisioningState::Updating => "Updating",
        ProvisioningState::Deleting => "Terminating",
        _ => "",
    };
    set(shown, &["properties", "targetProvisioningState"], target);
    set(shown, &["etag"], service.etag.as_str());
    set(shown, &["properties", "portalUrl"], Value::Null);
    if service.state == ProvisioningState::Creating {
        pending(shown);
    } else {
        running(service, store, shown);
    }
}

/// A service that is being made has no address yet.
fn pending(shown: &mut Value) {
    for name in [
        "gatewayUrl",
        "gatewayRegionalUrl",
        "managementApiUrl",
        "scmUrl",
        "developerPortalUrl",
        "publicIPAddresses",
        "privateIPAddresses",
        "outboundPublicIPAddresses",
        "customProperties",
    ] {
        set(shown, &["properties", name], Value::Null);
    }
    set(shown, &["properties", "provisioningState"], "Created");
    set(shown, &["properties", "platformVersion"], "undetermined");
}

fn running(service: &Resource, store: &Store, shown: &mut Value) {
    let name = service.id.name().to_lowercase();
    let location = text(&service.body, &["location"]).unwrap_or_default();
    let tier = text(&service.body, &["sku", "name"]).unwrap_or_default();
    let at = |property: &'static str| ["properties", property];
    set(shown, &at("gatewayUrl"), format!("https://{name}.azure-api.net"));
    set(shown, &at("gatewayRegionalUrl"), format!("https://{name}-{location}-01.regional.azure-api.net"));
    set(shown, &at("developerPortalUrl"), format!("https://{name}.developer.azure-api.net"));
    set(shown, &at("managementApiUrl"), format!("https://{name}.management.azure-api.net"));
    set(shown, &at("scmUrl"), format!("https://{name}.scm.azure-api.net"));
    set(shown, &at("platformVersion"), if tier == "Consumption" { "mtv1" } else { "stv2.1" });
    let public = json!([public_address(&name).to_string()]);
    set(shown, &at("publicIPAddresses"), public.clone());
    set(shown, &at("outboundPublicIPAddresses"), public);
    set(shown, &at("privateIPAddresses"), private_addresses(service, store));
    let built_in = json!({
        "type": "Proxy",
        "hostName": format!("{name}.azure-api.net"),
        "negotiateClientCertificate": false,
        "defaultSslBinding": true,
        "certificateSource": "BuiltIn",
    });
    let mut hosts = vec![built_in];
    let own = array(&service.body, &at("hostnameConfigurations")).iter();
    hosts.extend(
        own.filter(|host| text(host, &["hostName"]) != text(&hosts[0], &["hostName"]))
            .cloned()
            .collect::<Vec<_>>(),
    );
    set(shown, &at("hostnameConfigurations"), hosts);
}

/// An address of the documentation range 198.51.100.0/24 (RFC 5737) that follows from the name.
fn public_address(name: &str) -> Ipv4Addr {
    let sum = name.bytes().fold(7_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    Ipv4Addr::new(198, 51, 100, sum.clamp(1, 254))
}

/// A service in a subnet shows the subnet's last usable address.
fn private_addresses(service: &Resource, store: &Store) -> Value {
    let body = service.effective().unwrap_or(&service.body);
    let joined =
        !text(body, &["properties", "virtualNetworkType"]).unwrap_or("None").eq_ignore_ascii_case("None");
    let subnet = text(body, &["properties", "virtualNetworkConfiguration", "subnetResourceId"]);
    let range =
        subnet.filter(|_| joined).and_then(|id| store.find(id)).and_then(|subnet| subnet_prefix(&subnet));
    match range {
        Some(range) => json!([Ipv4Addr::from_bits(range.last().to_bits().saturating_sub(1)).to_string()]),
        None => Value::Null,
    }
}
