//! Which rule decides.

use super::*;

fn rule(name: &str, priority: u32, text: &str) -> SecurityRule {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [direction, access, protocol, from, to, numbers] = parts[..] else { panic!("{text}") };
    let prefixes = |text: &str| text.split(',').map(Prefix::parse).collect();
    SecurityRule {
        name: name.to_owned(),
        priority,
        direction: if direction == "in" { Direction::Inbound } else { Direction::Outbound },
        access: if access == "allow" { Access::Allow } else { Access::Deny },
        protocol: match protocol {
            "tcp" => Some(Protocol::Tcp),
            "udp" => Some(Protocol::Udp),
            _ => None,
        },
        source: prefixes(from),
        source_ports: vec![PortRange::ALL],
        destination: prefixes(to),
        destination_ports: numbers.split(',').map(|text| PortRange::parse(text).expect("ports")).collect(),
    }
}

/// `10.10.2.0/24` and `10.20.0.4` are in the network, `10.99.0.4` is nobody's.
fn party(text: &str) -> Party<'_> {
    let range: Option<Cidr> = text.parse().ok().or_else(|| text.parse::<Ipv4Addr>().ok().map(Cidr::from));
    let Some(range) = range else { return Party::service(text) };
    let tag = match range.first().octets() {
        [10, 10 | 20, ..] => VIRTUAL_NETWORK,
        [10, ..] => "",
        _ => INTERNET,
    };
    Party { range: Some(range), tag }
}

fn check(rules: &[(&str, u32, &str)], flow: (Direction, &str, &str, u16), expected: &str) {
    let (direction, source, destination, port) = flow;
    let rules = rules.iter().map(|(name, priority, text)| rule(name, *priority, text)).collect();
    let group = SecurityGroup::new("/nsg", "nsg", rules);
    let flow = Flow { source: party(source), destination: party(destination), port, protocol: Protocol::Tcp };
    let decided = group.decide(direction, &flow).map(|rule| rule.name.as_str());
    assert_eq!(decided, Some(expected), "{direction} {source} to {destination}:{port}");
}

#[test]
fn without_rules_the_default_ones_decide() {
    use Direction::{Inbound, Outbound};
    for (direction, source, destination, port, expected) in [
        (Inbound, "10.10.2.0/24", "10.10.1.5", 80, "AllowVnetInBound"),
        (Inbound, "10.20.0.4", "10.10.1.5", 80, "AllowVnetInBound"),
        (Inbound, "10.99.0.4", "10.10.1.5", 80, "DenyAllInBound"),
        (Inbound, "Internet", "10.10.1.5", 80, "DenyAllInBound"),
        (Inbound, "ApiManagement", "10.10.1.5", 3443, "DenyAllInBound"),
        (Inbound, "AzureLoadBalancer", "10.10.1.5", 6390, "AllowAzureLoadBalancerInBound"),
        (Outbound, "10.10.2.0/24", "10.10.1.5", 80, "AllowVnetOutBound"),
        (Outbound, "10.10.2.0/24", "8.8.8.8", 443, "AllowInternetOutBound"),
        (Outbound, "10.10.2.0/24", "Storage", 443, "AllowInternetOutBound"),
        (Outbound, "10.10.2.0/24", "10.99.0.4", 443, "DenyAllOutBound"),
    ] {
        check(&[], (direction, source, destination, port), expected);
    }
}

#[test]
fn the_lowest_priority_that_matches_decides() {
    let rules = [
        ("late", 300, "in deny * * * *"),
        ("web", 200, "in allow tcp 10.10.2.0/24 10.10.1.0/24 80,8000-8010"),
        ("early", 100, "in deny tcp 10.10.2.128/25 * 80"),
        ("datagrams", 110, "in deny udp * * *"),
        ("out", 100, "out deny * * * *"),
    ];
    for (source, port, expected) in [
        ("10.10.2.0/24", 80, "web"),
        ("10.10.2.4", 8010, "web"),
        ("10.10.2.200", 80, "early"),
        ("10.10.2.0/24", 8011, "late"),
        ("10.10.3.0/24", 80, "late"),
        ("AzureLoadBalancer", 80, "late"),
    ] {
        check(&rules, (Direction::Inbound, source, "10.10.1.5", port), expected);
    }
    check(&rules, (Direction::Outbound, "10.10.2.0/24", "10.10.1.5", 80), "out");
}

#[test]
fn tags_and_lists_stand_for_what_azure_says() {
    for (source, party, matches) in [
        ("ApiManagement", "ApiManagement", true),
        ("apimanagement.WestUS2", "ApiManagement", true),
        ("AzureCloud", "ApiManagement", true),
        ("AzureCloud", "Internet", false),
        ("Internet", "ApiManagement", true),
        ("Internet", "8.8.8.8", true),
        ("Internet", "10.10.2.4", false),
        ("Internet", "AzureLoadBalancer", false),
        ("AzureLoadBalancer", "AzureLoadBalancer", true),
        ("Storage", "Sql", false),
        ("VirtualNetwork", "10.20.0.4", true),
        ("VirtualNetwork", "ApiManagement", false),
        ("10.10.2.4,10.10.3.0/24", "10.10.3.9", true),
        ("10.10.2.4,10.10.3.0/24", "10.10.2.5", false),
        ("fd00::/8", "10.10.2.4", false),
        ("0.0.0.0/0", "Internet", true),
    ] {
        let expected = if matches { "rule" } else { "rest" };
        let text = format!("in allow tcp {source} * 443");
        let rules = [("rule", 100, text.as_str()), ("rest", 200, "in deny * * * *")];
        check(&rules, (Direction::Inbound, party, "10.10.1.5", 443), expected);
    }
}

#[test]
fn ports_are_ranges() {
    for (text, expected) in [
        ("*", Some(PortRange::ALL)),
        ("443", Some(PortRange(443, 443))),
        ("80-90", Some(PortRange(80, 90))),
        ("x", None),
        ("70000", None),
    ] {
        assert_eq!(PortRange::parse(text), expected, "{text}");
    }
}
