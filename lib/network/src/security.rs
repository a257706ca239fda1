//! Network security groups: which connections of a subnet are allowed, and by which rule.
//!
//! Rules are tried by priority, lowest number first; the first that matches decides. Every group ends with the same
//! default rules. <https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview>
//!
//! **Differs from Azure:** the tag of a service in one region (`Storage.WestUS2`) stands for the service in all
//! regions; application security groups match nothing; a rule about a part of the subnet that a connection starts in
//! does not match it; source ports other than `*` match nothing, as they are not known.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::Cidr;

/// Rules for the connections of subnets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroup {
    /// The ARM id.
    pub id: String,
    /// The name in its resource group.
    pub name: String,
    rules: Vec<SecurityRule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityRule {
    /// The name in its group.
    pub name: String,
    /// Its place in the order.
    pub priority: u32,
    /// Which connections it is about.
    pub direction: Direction,
    /// What it says about them.
    pub access: Access,
    /// The protocol, `None` for all.
    pub protocol: Option<Protocol>,
    /// Where they start.
    pub source: Vec<Prefix>,
    /// The ports that they start from.
    pub source_ports: Vec<PortRange>,
    /// Where they lead.
    pub destination: Vec<Prefix>,
    /// The ports that they lead to.
    pub destination_ports: Vec<PortRange>,
}

/// Whether a connection comes or goes, as the subnet sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Into the subnet.
    Inbound,
    /// Out of the subnet.
    Outbound,
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Access {
    /// The connection is made.
    Allow,
    /// It is not.
    Deny,
}

/// What runs over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Something else that has no ports.
    Other,
}

/// Addresses, in a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Prefix {
    /// All.
    Any,
    /// Those of a range.
    Range(Cidr),
    /// Those that a service tag stands for: `VirtualNetwork`, `Internet`, `Storage`.
    Tag(String),
    /// Something that no address here is part of.
    Nothing,
}

/// Ports from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRange(pub u16, pub u16);

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party<'a> {
    /// Its address, or the range that its address is in, if that is known.
    pub range: Option<Cidr>,
    /// The narrowest service tag that it belongs to: `VirtualNetwork`, `Internet`, or the one of a service of Azure.
    /// Empty for private addresses of no network.
    pub tag: &'a str,
}

/// A connection that is to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Flow<'a> {
    /// Where it starts.
    pub source: Party<'a>,
    /// Where it leads.
    pub destination: Party<'a>,
    /// The port that it leads to.
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
}

/// A rule that every group has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultRule {
    /// Its name.
    pub name: &'static str,
    /// Its place in the order.
    pub priority: u32,
    /// Which connections it is about.
    pub direction: Direction,
    /// What it says about them.
    pub access: Access,
    /// Where they start.
    pub source: &'static str,
    /// Where they lead.
    pub destination: &'static str,
    /// What it is for.
    pub description: &'static str,
}

/// The rules that every group ends with.
pub static DEFAULT_RULES: [DefaultRule; 6] = [
    DefaultRule {
        name: "AllowVnetInBound",
        priority: 65_000,
        direction: Direction::Inbound,
        access: Access::Allow,
        source: "VirtualNetwork",
        destination: "VirtualNetwork",
        description: "Allow inbound traffic from all VMs in VNET",
    },
    DefaultRule {
        name: "AllowAzureLoadBalancerInBound",
        priority: 65_001,
        direction: Direction::Inbound,
        access: Access::Allow,
        source: "AzureLoadBalancer",
        destination: "*",
        description: "Allow inbound traffic from azure load balancer",
    },
    DefaultRule {
        name: "DenyAllInBound",
        priority: 65_500,
        direction: Direction::Inbound,
        access: Access::Deny,
        source: "*",
        destination: "*",
        description: "Deny all inbound traffic",
    },
    DefaultRule {
        name: "AllowVnetOutBound",
        priority: 65_000,
        direction: Direction::Outbound,
        access: Access::Allow,
        source: "VirtualNetwork",
        destination: "VirtualNetwork",
        description: "Allow outbound traffic from all VMs to all VMs in VNET",
    },
    DefaultRule {
        name: "AllowInternetOutBound",
        priority: 65_001,
        direction: Direction::Outbound,
        access: Access::Allow,
        source: "*",
        destination: "Internet",
        description: "Allow outbound traffic from all VMs to Internet",
    },
    DefaultRule {
        name: "DenyAllOutBound",
        priority: 65_500,
        direction: Direction::Outbound,
        access: Access::Deny,
        source: "*",
        destination: "*",
        description: "Deny all outbound traffic",
    },
];

/// The tag of what has an address in the network or in a peer of it.
pub(crate) const VIRTUAL_NETWORK: &str = "VirtualNetwork";

/// The tag of everything else that has a public address.
pub(crate) const INTERNET: &str = "Internet";

/// The tag of the prober in front of load balancers, which is neither in the network nor on the internet.
const LOAD_BALANCER: &str = "AzureLoadBalancer";

impl SecurityGroup {
    /// A group with these rules and the default ones.
    pub fn new(id: impl Into<String>, name: impl Into<String>, mut rules: Vec<SecurityRule>) -> Self {
        rules.extend(DEFAULT_RULES.iter().map(SecurityRule::from));
        rules.sort_by_key(|rule| rule.priority);
        Self { id: id.into(), name: name.into(), rules }
    }

    /// All rules in the order in which they are tried.
    pub fn rules(&self) -> &[SecurityRule] {
        &self.rules
    }

    /// The rule that decides about a connection; there is always one.
    pub fn decide(&self, direction: Direction, flow: &Flow<'_>) -> Option<&SecurityRule> {
        self.rules.iter().find(|rule| rule.direction == direction && rule.matches(flow))
    }
}

impl SecurityRule {
    /// The rule is about this connection.
    pub fn matches(&self, flow: &Flow<'_>) -> bool {
        self.protocol.is_none_or(|protocol| protocol == flow.protocol)
            && self.source_ports.contains(&PortRange::ALL)
            && self.destination_ports.iter().any(|range| range.contains(flow.port))
            && self.source.iter().any(|prefix| prefix.holds(flow.source))
            && self.destination.iter().any(|prefix| prefix.holds(flow.destination))
    }
}

impl From<&DefaultRule> for SecurityRule {
    fn from(rule: &DefaultRule) -> Self {
        Self {
            name: rule.name.to_owned(),
            priority: rule.priority,
            direction: rule.direction,
            access: rule.access,
            protocol: None,
            source: vec![Prefix::parse(rule.source)],
            source_ports: vec![PortRange::ALL],
            destination: vec![Prefix::parse(rule.destination)],
            destination_ports: vec![PortRange::ALL],
        }
    }
}

impl Prefix {
    /// `*`, an address, a range, or a service tag.
    pub fn parse(text: &str) -> Self {
        if matches!(text, "*" | "0.0.0.0/0") || text.eq_ignore_ascii_case("Any") {
            return Self::Any;
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Self::Range(address.into());
        }
        if let Ok(range) = text.parse::<Cidr>() {
            return Self::Range(range);
        }
        if text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains(':') {
            return Self::Tag(text.split('.').next().unwrap_or_default().to_owned());
        }
        Self::Nothing
    }

    fn holds(&self, party: Party<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Nothing => false,
            Self::Range(range) => party.range.is_some_and(|own| range.contains_range(own)),
            Self::Tag(tag) => party.is(tag),
        }
    }
}

impl<'a> Party<'a> {
    /// Somebody out there.
    pub const INTERNET: Self = Self { range: None, tag: INTERNET };

    /// A service of Azure, by its tag.
    pub const fn service(tag: &'a str) -> Self {
        Self { range: None, tag }
    }

    fn is(self, tag: &str) -> bool {
        let own = |other: &str| self.tag.eq_ignore_ascii_case(other);
        let asked = |other: &str| tag.eq_ignore_ascii_case(other);
        let public = !self.tag.is_empty() && !own(VIRTUAL_NETWORK) && !own(LOAD_BALANCER);
        own(tag) || public && (asked(INTERNET) || asked("AzureCloud") && !own(INTERNET))
    }
}

impl PortRange {
    /// All ports.
    pub const ALL: Self = Self(0, u16::MAX);

    /// `*`, a port, or `first-last`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::ALL);
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        Some(Self(first.trim().parse().ok()?, last.trim().parse().ok()?))
    }

    /// The port is one of them.
    pub const fn contains(self, port: u16) -> bool {
        self.0 <= port && port <= self.1
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        })
    }
}

#[cfg(test)]
mod tests;
