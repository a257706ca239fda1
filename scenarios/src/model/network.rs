//! The `network` block.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Text;

/// A virtual network with its subnets.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// Name of the virtual network.
    pub name: Text,
    /// Address ranges in CIDR notation, such as `10.10.0.0/16`.
    pub address_space: Vec<Text>,
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
}
