//! Application gateways: <https://learn.microsoft.com/rest/api/application-gateway/application-gateways>.
//!
//! Listeners for HTTP take requests at the frontends' addresses and send them on by rules and pools.
//!
//! **Differs from Azure:** only the generation 2; listeners for HTTPS, redirects, rewrites, the firewall and probes are
//! stored and do nothing; certificates are not kept.

use std::collections::BTreeSet;
use std::time::Duration;

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::parts::{self, Parts};
use super::rows::NAME;
use super::{addresses, inline, subnets};
use crate::engine::{
    Announce, Definition, Draft, Example, Fidelity, LongRunning, Model, Timing, array, property, set,
    set_default, take, text,
};

const CHANGING: Option<Timing> = Some(Timing { azure: Duration::from_mins(5), state: "Updating" });

const FRONTENDS: &str = "frontendIPConfigurations";
const POOLS: &str = "backendAddressPools";
const SETTINGS: &str = "backendHttpSettingsCollection";
const LISTENERS: &str = "httpListeners";
const PATHS: &str = "urlPathMaps";
const PORTS: &str = "frontendPorts";
const PROBES: &str = "probes";
const REDIRECTS: &str = "redirectConfigurations";
const CERTIFICATES: &str = "sslCertificates";

/// The lists of parts, with what they refer to.
const PARTS: [Parts; 14] = [
    Parts { name: "gatewayIPConfigurations", refers: &[] },
    Parts { name: CERTIFICATES, refers: &[] },
    Parts { name: "trustedRootCertificates", refers: &[] },
    Parts { name: "trustedClientCertificates", refers: &[] },
    Parts { name: "sslProfiles", refers: &[] },
    Parts { name: "rewriteRuleSets", refers: &[] },
    Parts { name: FRONTENDS, refers: &[] },
    Parts { name: PORTS, refers: &[] },
    Parts { name: PROBES, refers: &[] },
    Parts { name: POOLS, refers: &[] },
    Parts { name: SETTINGS, refers: &[("probe", PROBES)] },
    Parts {
        name: LISTENERS,
        refers: &[
            ("frontendIPConfiguration", FRONTENDS),
            ("frontendPort", PORTS),
            ("sslCertificate", CERTIFICATES),
        ],
    },
    Parts {
        name: PATHS,
        refers: &[
            ("defaultBackendAddressPool", POOLS),
            ("defaultBackendHttpSettings", SETTINGS),
            ("defaultRedirectConfiguration", REDIRECTS),
        ],
    },
    Parts { name: REDIRECTS, refers: &[("targetListener", LISTENERS)] },
];

/// The rules refer to all of them.
const RULES: Parts = Parts {
    name: "requestRoutingRules",
    refers: &[
        ("httpListener", LISTENERS),
        ("backendAddressPool", POOLS),
        ("backendHttpSettings", SETTINGS),
        ("urlPathMap", PATHS),
        ("redirectConfiguration", REDIRECTS),
    ],
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/applicationGateways",
    summary: "Listeners for HTTP that send requests on by host name and path.",
    modelled: "2025-05-01",
    names: NAME,
    long_running: LongRunning {
        create: CHANGING,
        update: CHANGING,
        delete: Some(Timing { azure: Duration::from_mins(3), state: "Deleting" }),
        announce: Announce::Locations,
    },
    feeds: &[Model::Network],
    fidelity: Fidelity::Approximate(
        "HTTP listeners carry traffic; HTTPS listeners, redirects, rewrites, probes and the firewall are stored only",
    ),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/applicationGateways/example-front",
        body: r#"{"location": "westus2", "properties": {
            "sku": {"name": "Standard_v2", "tier": "Standard_v2", "capacity": 1},
            "gatewayIPConfigurations": [{"name": "own", "properties": {"subnet": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-vnet/subnets/example-subnet"}}}],
            "frontendIPConfigurations": [{"name": "private", "properties": {"privateIPAddress": "10.10.1.100", "privateIPAllocationMethod": "Static",
                "subnet": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-vnet/subnets/example-subnet"}}}],
            "frontendPorts": [{"name": "http", "properties": {"port": 80}}],
            "backendAddressPools": [{"name": "apim", "properties": {"backendAddresses": [{"ipAddress": "10.10.1.5"}]}}],
            "backendHttpSettingsCollection": [{"name": "plain", "properties": {"port": 80, "protocol": "Http"}}],
            "httpListeners": [{"name": "all", "properties": {"protocol": "Http",
                "frontendIPConfiguration": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/applicationGateways/example-front/frontendIPConfigurations/private"},
                "frontendPort": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/applicationGateways/example-front/frontendPorts/http"}}}],
            "requestRoutingRules": [{"name": "one", "properties": {"ruleType": "Basic", "priority": 10,
                "httpListener": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/applicationGateways/example-front/httpListeners/all"},
                "backendAddressPool": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/applicationGateways/example-front/backendAddressPools/apim"},
                "backendHttpSettings": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/applicationGateways/example-front/backendHttpSettingsCollection/plain"}}}]}}"#,
        patch: Some(r#"{"tags": {"a": "c"}}"#),
        after: &["Microsoft.Network/virtualNetworks/subnets"],
    }],
    defaults,
    check,
    provision: addresses::provision,
    removed: addresses::release,
    view: |gateway, _, shown| {
        parts::view(gateway, &PARTS, shown);
        parts::view(gateway, &[RULES], shown);
        set(shown, &["properties", "operationalState"], "Running");
    },
    ..Definition::TRACKED
};

fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    take(&mut draft.body, &["properties", "operationalState"]);
    inline::keep_guid(draft);
    set_default(&mut draft.body, &["properties", "enableHttp2"], false);
    parts::complete(draft, &PARTS)?;
    parts::complete(draft, &[RULES])?;
    addresses::complete_frontends(draft, FRONTENDS);
    for_each(draft, CERTIFICATES, |certificate| {
        for secret in ["data", "password"] {
            take(certificate, &["properties", secret]);
        }
    });
    for_each(draft, POOLS, |pool| set_default(pool, &["properties", "backendAddresses"], json!([])));
    for_each(draft, SETTINGS, |settings| {
        for (name, value) in [
            ("cookieBasedAffinity", json!("Disabled")),
            ("pickHostNameFromBackendAddress", json!(false)),
            ("requestTimeout", json!(30)),
        ] {
            set_default(settings, &["properties", name], value);
        }
    });
    for_each(draft, LISTENERS, |listener| {
        set_default(listener, &["properties", "requireServerNameIndication"], false);
        set_default(listener, &["properties", "hostNames"], json!([]));
    });
    for_each(draft, RULES.name, |rule| set_default(rule, &["properties", "ruleType"], "Basic"));
    name_path_rules(draft);
    Ok(())
}

fn for_each(draft: &mut Draft<'_, '_>, list: &str, change: impl Fn(&mut Value)) {
    let parts = draft.body.pointer_mut(&format!("/properties/{list}")).and_then(Value::as_array_mut);
    parts.into_iter().flatten().for_each(change);
}

/// The rules inside of a map have ids too.
fn name_path_rules(draft: &mut Draft<'_, '_>) {
    for_each(draft, PATHS, |map| {
        let owner = text(map, &["id"]).unwrap_or_default().to_owned();
        let rules = map.pointer_mut("/properties/pathRules").and_then(Value::as_array_mut);
        for rule in rules.into_iter().flatten() {
            let id = format!("{owner}/pathRules/{}", text(rule, &["name"]).unwrap_or_default());
            for shown in ["etag", "type"] {
                take(rule, &[shown]);
            }
            take(rule, &["properties", "provisioningState"]);
            set(rule, &["id"], id);
        }
    });
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let refuse = |code: &str, message: String| Err(ErrorResponse::new(400, code, message));
    let name = draft.id.name();
    let sku = text(draft.properties(), &["sku", "name"]).unwrap_or_default();
    if !["Basic", "Standard_v2", "WAF_v2"].iter().any(|known| sku.eq_ignore_ascii_case(known)) {
        let message =
            format!("The SKU '{sku}' of application gateway {name} must be Basic, Standard_v2 or WAF_v2.");
        return refuse("ApplicationGatewayInvalidSku", message);
    }
    for list in ["gatewayIPConfigurations", FRONTENDS, PORTS, POOLS, LISTENERS, RULES.name] {
        if array(draft.properties(), &[list]).is_empty() {
            let message = format!("Application gateway {name} must have at least one of {list}.");
            return refuse("ApplicationGatewayMissingProperty", message);
        }
    }
    parts::check(draft, &PARTS)?;
    addresses::check_frontends(draft, FRONTENDS)?;
    parts::check(draft, &[RULES])?;
    for own in array(draft.properties(), &["gatewayIPConfigurations"]) {
        let subnet = text(own, &["properties", "subnet", "id"]).unwrap_or_default();
        subnets::check_reference(draft, &draft.id, subnet, subnets::DEFINITION.name)?;
    }
    let mut priorities = BTreeSet::new();
    for rule in array(draft.properties(), &[RULES.name]) {
        let rule_name = text(rule, &["name"]).unwrap_or_default();
        let priority = property(rule, &["properties", "priority"]).as_u64();
        let Some(priority) = priority.filter(|priority| (1..=20_000).contains(priority)) else {
            let message =
                format!("The priority of rule {rule_name} must be given and be between 1 and 20000.");
            return refuse("ApplicationGatewayRequestRoutingRulePriorityCannotBeEmpty", message);
        };
        if !priorities.insert(priority) {
            let message = format!("Rule {rule_name} has the priority {priority} of another rule.");
            return refuse("ApplicationGatewayRequestRoutingRulePriorityConflict", message);
        }
    }
    Ok(())
}
