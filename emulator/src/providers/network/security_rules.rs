//! Security rules: <https://learn.microsoft.com/rest/api/virtualnetwork/security-rules>.
//!
//! **Differs from Azure:** source ports other than `*` and application security groups match no connection.

use arm::ErrorResponse;
use network::Cidr;
use serde_json::{Value, json};

use super::inline;
use super::rows::{NAME, takes};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Model, StateShown, array, property, set, set_default, text,
};

/// Priorities that rules may have.
const PRIORITIES: std::ops::RangeInclusive<u64> = 100..=4_096;

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/networkSecurityGroups/securityRules",
    summary: "Allows or denies connections by addresses, ports and protocol.",
    modelled: "2025-05-01",
    names: NAME,
    state: StateShown::Properties,
    long_running: takes(4, 4),
    feeds: &[Model::Network],
    fidelity: Fidelity::Approximate("source ports and application security groups match nothing"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/networkSecurityGroups/example-nsg/securityRules/example-rule",
        body: r#"{"properties": {"priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
            "sourceAddressPrefix": "*", "sourcePortRange": "*",
            "destinationAddressPrefix": "10.10.0.0/16", "destinationPortRanges": ["80", "443", "8000-8010"]}}"#,
        patch: None,
        after: &[],
    }],
    defaults: |draft| {
        draft.body = complete(&draft.body);
        Ok(())
    },
    check,
    view: |rule, _, shown| set(shown, &["etag"], format!("W/\"{}\"", rule.etag)),
    ..Definition::CHILD
};

/// Fills what a request left out and drops what it may not say.
pub fn complete(body: &Value) -> Value {
    let mut body = inline::without_envelope(body);
    for list in
        ["sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes"]
    {
        set_default(&mut body, &["properties", list], json!([]));
    }
    body
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let name = draft.id.name();
    check_rule(name, &draft.body)?;
    let group = draft.id.parent();
    draft
        .tx
        .of_type(DEFINITION.name, group.as_ref())
        .filter(|other| other.id != draft.id)
        .try_for_each(|other| check_conflict((name, &draft.body), (other.id.name(), &other.body)))
}

/// Refuses what a security rule cannot be.
pub fn check_rule(name: &str, body: &Value) -> Result<(), ErrorResponse> {
    let properties = property(body, &["properties"]);
    let priority = property(properties, &["priority"]);
    if !priority.as_u64().is_some_and(|priority| PRIORITIES.contains(&priority)) {
        let message = format!(
            "Security rule {name} has invalid Priority. Value provided: {priority} Allowed range {}-{}.",
            PRIORITIES.start(),
            PRIORITIES.end()
        );
        return Err(ErrorResponse::new(400, "SecurityRuleInvalidPriority", message));
    }
    for (field, allowed) in [
        ("direction", &["Inbound", "Outbound"][..]),
        ("access", &["Allow", "Deny"]),
        ("protocol", &["*", "Tcp", "Udp", "Icmp", "Esp", "Ah"]),
    ] {
        let value = text(properties, &[field]).unwrap_or_default();
        if !allowed.iter().any(|known| known.eq_ignore_ascii_case(value)) {
            let message = format!(
                "Security rule {name} has invalid {field}. Value provided: '{value}'. Allowed values: {}.",
                allowed.join(", ")
            );
            return Err(ErrorResponse::new(400, "SecurityRuleParameterInvalid", message).target(field));
        }
    }
    for side in ["source", "destination"] {
        check_values(
            name,
            properties,
            (&format!("{side}PortRange"), &format!("{side}PortRanges")),
            Part::Port,
        )?;
        let (one, many) = (format!("{side}AddressPrefix"), format!("{side}AddressPrefixes"));
        let groups = format!("{side}ApplicationSecurityGroups");
        if array(properties, &[&groups]).is_empty() {
            check_values(name, properties, (&one, &many), Part::Address)?;
        }
    }
    Ok(())
}

/// What a value of a rule stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Port,
    Address,
}

fn check_values(
    name: &str,
    properties: &Value,
    (one, many): (&str, &str),
    part: Part,
) -> Result<(), ErrorResponse> {
    let listed = array(properties, &[many]).iter().map(|value| value.as_str().unwrap_or_default());
    let values: Vec<&str> = text(properties, &[one]).into_iter().chain(listed).collect();
    let wrong = values.iter().find(|value| match part {
        Part::Port => !is_port_range(value),
        Part::Address => !is_prefix(value),
    });
    let (what, code, valid) = match part {
        Part::Port => (
            "Port range",
            "SecurityRuleInvalidPortRange",
            "Value should be an integer OR integer range with '-' delimiter. Valid range 0-65535.",
        ),
        Part::Address => (
            "Address prefix",
            "SecurityRuleInvalidAddressPrefix",
            "Value should be an IP address, an address range, a service tag or '*'.",
        ),
    };
    match wrong.copied().or_else(|| values.is_empty().then_some("")) {
        None => Ok(()),
        Some(value) => {
            let message =
                format!("Security rule {name} has invalid {what}. Value provided: {value}. {valid}");
            Err(ErrorResponse::new(400, code, message).target(one))
        }
    }
}

fn is_port_range(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (from.trim().parse::<u16>(), to.trim().parse::<u16>()) {
        (Ok(from), Ok(to)) => from <= to,
        _ => false,
    }
}

fn is_prefix(text: &str) -> bool {
    // Service tags are words: `VirtualNetwork`, `Storage.WestUS2`.
    let tag = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    let address = |text: &str| text.parse::<std::net::IpAddr>().is_ok();
    let range = match text.split_once('/') {
        Some((first, length)) => {
            text.parse::<Cidr>().is_ok()
                || (first.contains(':')
                    && address(first)
                    && length.parse::<u8>().is_ok_and(|bits| bits <= 128))
        }
        None => address(text),
    };
    text == "*" || tag || range
}

/// Refuses two rules of one group with the same priority and direction.
pub fn check_conflict(
    (name, rule): (&str, &Value),
    (other, twin): (&str, &Value),
) -> Result<(), ErrorResponse> {
    let priority = |rule: &Value| property(rule, &["properties", "priority"]).as_u64();
    let direction = |rule: &Value| text(rule, &["properties", "direction"]).map(str::to_lowercase);
    if priority(rule) != priority(twin) || direction(rule) != direction(twin) {
        return Ok(());
    }
    let message = format!(
        "Security rule {name} conflicts with rule {other}. Rules cannot have the same Priority and Direction. To learn more, see aka.ms/nsgrules."
    );
    Err(ErrorResponse::new(400, "SecurityRuleConflict", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_addresses_are_told_from_nonsense() {
        for (text, port, address) in [
            ("*", true, true),
            ("443", true, false),
            ("80-90", true, false),
            ("90-80", false, false),
            ("70000", false, false),
            ("10.0.0.0/8", false, true),
            ("10.0.0.4", false, true),
            ("10.0.0.0/99", false, false),
            ("fd00::/8", false, true),
            ("VirtualNetwork", false, true),
            ("Storage.WestUS2", false, true),
            ("", false, false),
            ("a b", false, false),
        ] {
            assert_eq!((is_port_range(text), is_prefix(text)), (port, address), "{text}");
        }
    }
}
