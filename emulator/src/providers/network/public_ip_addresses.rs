//! Public IP addresses: <https://learn.microsoft.com/rest/api/virtualnetwork/public-ip-addresses>.
//!
//! **Differs from Azure:** addresses come from the documentation range 198.51.100.0/24 (RFC 5737), IPv4 only; an
//! address leads to nothing by itself.

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};
use sim::Ids;
use std::net::Ipv4Addr;

use super::rows::{NAME, takes};
use super::{application_gateways, inline, load_balancers, node_group};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Resource, Store, property, set, set_default, take, text,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/publicIPAddresses",
    summary: "An address of the internet.",
    modelled: "2025-05-01",
    names: NAME,
    long_running: takes(4, 5),
    fidelity: Fidelity::Approximate("addresses of a documentation range, IPv4 only"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/publicIPAddresses/example-ip",
        body: r#"{"location": "westus2", "sku": {"name": "Standard"}, "properties": {
            "publicIPAllocationMethod": "Static", "dnsSettings": {"domainNameLabel": "example-label"}}}"#,
        patch: Some(r#"{"tags": {"a": "c"}}"#),
        after: &[],
    }],
    defaults,
    check,
    removable: |removal| {
        node_group::check_own(removal.tx, &removal.resource.id)?;
        check_unused(removal.tx, &removal.resource.id)
    },
    view,
    find: |store, id| store.get(id).or_else(|| node_group::public_address(store, id)),
    select: |store, definition, scope| {
        let mut found = store.within(definition, scope);
        found.extend(node_group::public_addresses(store, scope));
        found
    },
    ..Definition::TRACKED
};

fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    node_group::check_own(draft.tx, &draft.id)?;
    let location = draft.location().to_owned();
    for shown in ["ipAddress", "ipConfiguration"] {
        take(&mut draft.body, &["properties", shown]);
    }
    let body = &mut draft.body;
    set_default(body, &["sku", "name"], "Standard");
    set_default(body, &["sku", "tier"], "Regional");
    let standard = text(body, &["sku", "name"]).is_some_and(|name| !name.eq_ignore_ascii_case("Basic"));
    let method = if standard { "Static" } else { "Dynamic" };
    set_default(body, &["properties", "publicIPAllocationMethod"], method);
    set_default(body, &["properties", "publicIPAddressVersion"], "IPv4");
    set_default(body, &["properties", "idleTimeoutInMinutes"], 4);
    set_default(body, &["properties", "ipTags"], json!([]));
    set_default(body, &["properties", "ddosSettings", "protectionMode"], "VirtualNetworkInherited");
    let label = text(body, &["properties", "dnsSettings", "domainNameLabel"]).map(str::to_lowercase);
    if let Some(label) = label {
        let name = format!("{label}.{location}.cloudapp.azure.com");
        set(body, &["properties", "dnsSettings", "fqdn"], name);
    }
    // A dynamic address comes with the resource that uses it, and nothing here does.
    if text(body, &["properties", "publicIPAllocationMethod"]) == Some("Static") {
        let kept = text(draft.before(), &["ipAddress"]).map(str::to_owned);
        let address = kept.map_or_else(|| free_address(draft.tx, &draft.id), Ok)?;
        set(&mut draft.body, &["properties", "ipAddress"], address);
    }
    inline::keep_guid(draft);
    Ok(())
}

/// An address that follows from the id, or the next one that is free.
fn free_address(store: &Store, id: &ResourceId) -> Result<String, ErrorResponse> {
    let taken: Vec<&str> = store
        .of_type(DEFINITION.name, None)
        .filter_map(|other| text(other.properties(), &["ipAddress"]))
        .collect();
    let hash = Ids::named(&[id.key()]);
    let first = hash.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or_default();
    // The upper half: the lower one belongs to services without an address of their own.
    (0..127_u8)
        .map(|step| Ipv4Addr::new(198, 51, 100, 128 + (first % 127 + step) % 127).to_string())
        .find(|address| !taken.contains(&address.as_str()))
        .ok_or_else(|| {
            let message =
                "Cannot create more than 127 public IP addresses for this subscription in this region.";
            ErrorResponse::new(400, "PublicIPCountLimitReached", message)
        })
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let properties = draft.properties();
    if text(properties, &["publicIPAddressVersion"]) != Some("IPv4") {
        return Err(ErrorResponse::not_implemented("A public IP address of another version than IPv4"));
    }
    let method = text(properties, &["publicIPAllocationMethod"]).unwrap_or_default();
    if !["Static", "Dynamic"].contains(&method) {
        let message = format!("The allocation method '{method}' is neither Static nor Dynamic.");
        return Err(
            ErrorResponse::new(400, "InvalidParameterValue", message).target("publicIPAllocationMethod")
        );
    }
    if method == "Dynamic" && text(&draft.body, &["sku", "name"]) != Some("Basic") {
        let message = format!("Standard sku publicIp {} must have AllocationMethod set to Static.", draft.id);
        return Err(ErrorResponse::new(400, "PublicIPAllocationMethodNotSupportedForSku", message));
    }
    if !property(properties, &["idleTimeoutInMinutes"])
        .as_u64()
        .is_some_and(|minutes| (4..=30).contains(&minutes))
    {
        let message = "The idle timeout must be 4 to 30 minutes.";
        return Err(ErrorResponse::new(400, "InvalidParameterValue", message).target("idleTimeoutInMinutes"));
    }
    check_label(draft)
}

fn check_label(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let path = ["dnsSettings", "fqdn"];
    let Some(name) = text(draft.properties(), &path) else { return Ok(()) };
    let label = name.split('.').next().unwrap_or_default();
    let valid = (3..=63).contains(&label.len())
        && label.starts_with(|c: char| c.is_ascii_lowercase())
        && label.ends_with(|c: char| c.is_ascii_alphanumeric())
        && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !valid {
        let message = format!(
            "The domain name label {label} is invalid. It must conform to the following regular expression: ^[a-z][a-z0-9-]{{1,61}}[a-z0-9]$."
        );
        return Err(ErrorResponse::new(400, "InvalidDomainNameLabel", message));
    }
    let taken = draft
        .tx
        .of_type(DEFINITION.name, None)
        .any(|other| other.id != draft.id && text(other.properties(), &path) == Some(name));
    if !taken {
        return Ok(());
    }
    let message = format!("DNS record {name} is already used by another public IP.");
    Err(ErrorResponse::new(400, "DnsRecordInUse", message))
}

/// What uses an address: services, NAT gateways, load balancers and application gateways.
fn users(store: &Store, id: &ResourceId) -> Vec<String> {
    let is_this = |named: Option<&str>| named.is_some_and(|named| named.eq_ignore_ascii_case(id.as_str()));
    let services = store
        .of_type("Microsoft.ApiManagement/service", None)
        .filter(|service| is_this(text(service.properties(), &["publicIpAddressId"])));
    let gateways = store.of_type(super::nat_gateways::DEFINITION.name, None).filter(|gateway| {
        crate::engine::array(gateway.properties(), &["publicIpAddresses"])
            .iter()
            .any(|address| is_this(text(address, &["id"])))
    });
    let fronts = [load_balancers::DEFINITION.name, application_gateways::DEFINITION.name];
    let fronts = fronts.iter().flat_map(|kind| store.of_type(kind, None)).filter(|front| {
        crate::engine::array(front.properties(), &["frontendIPConfigurations"])
            .iter()
            .any(|one| is_this(text(one, &["properties", "publicIPAddress", "id"])))
    });
    services.chain(gateways).chain(fronts).map(|user| user.id.to_string()).collect()
}

fn check_unused(store: &Store, id: &ResourceId) -> Result<(), ErrorResponse> {
    match users(store, id).first() {
        None => Ok(()),
        Some(user) => {
            let message = format!(
                "Public IP address {id} can not be deleted since it is still allocated to resource {user}. In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see aka.ms/deletepublicip."
            );
            Err(ErrorResponse::new(400, "PublicIPAddressCannotBeDeleted", message))
        }
    }
}

fn view(address: &Resource, store: &Store, shown: &mut Value) {
    if let Some(user) = users(store, &address.id).first() {
        set(shown, &["properties", "ipConfiguration"], json!({"id": user}));
    }
    set(shown, &["etag"], format!("W/\"{}\"", address.etag));
}
