//! The `network` block.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Located, Text};

/// A virtual network with its subnets.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// Name of the virtual network.
    pub name: Text,
    /// Address ranges in CIDR notation, such as `10.10.0.0/16`.
    pub address_space: Vec<Text>,
    /// Network security groups that subnets name.
    #[serde(default)]
    pub security_groups: Vec<SecurityGroup>,
    /// The subnets, all of them: Azure removes those that are not named.
    pub subnets: Vec<Subnet>,
}

/// A part of the virtual network's address space.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subnet {
    /// Name of the subnet.
    pub name: Text,
    /// Address range in CIDR notation, within the address space.
    pub address_prefix: Text,
    /// The network security group with the rules for its connections.
    pub security_group: Option<Text>,
}

/// Rules for the connections of subnets, beside the default ones.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecurityGroup {
    /// Name of the group.
    pub name: Text,
    /// Its rules.
    pub rules: Vec<SecurityRule>,
}

/// One rule for TCP connections.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecurityRule {
    /// Name of the rule.
    pub name: Text,
    /// Its place in the order, lowest first.
    #[schemars(range(min = 100, max = 4096))]
    pub priority: Located<u32>,
    /// Whether it is about connections into the subnet or out of it.
    pub direction: Direction,
    /// What it says about them.
    #[serde(default)]
    pub access: Access,
    /// Where they start: an address, a range, a service tag or `*`.
    pub source: Text,
    /// Where they lead.
    pub destination: Text,
    /// The ports that they lead to: `"443"`, `"8000-8010"` or `"*"`.
    pub ports: Vec<Text>,
}

/// Which connections a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Direction {
    /// Into the subnet.
    Inbound,
    /// Out of the subnet.
    Outbound,
}

impl Direction {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "Inbound",
            Self::Outbound => "Outbound",
        }
    }
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub enum Access {
    /// The connection is made.
    #[default]
    Allow,
    /// It is not.
    Deny,
}

impl Access {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}
