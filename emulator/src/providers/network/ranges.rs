//! Address ranges in requests, and how they relate.

use arm::{ErrorResponse, ResourceId};
use network::Cidr;
use serde_json::Value;

use crate::engine::{array, text};

/// The longest prefix of a subnet: Azure keeps five addresses of each for itself.
const SMALLEST: u8 = 29;

/// A subnet's range, with its name.
pub struct Range {
    /// The subnet's name.
    pub name: String,
    /// The range.
    pub cidr: Cidr,
}

/// The ranges of an address space.
pub fn address_space(properties: &Value) -> Result<Vec<Cidr>, ErrorResponse> {
    let written = array(properties, &["addressSpace", "addressPrefixes"]);
    if written.is_empty() {
        let message = "The virtual network must have at least one address prefix in its address space.";
        return Err(ErrorResponse::new(400, "AddressSpaceNotSpecified", message));
    }
    let ranges: Vec<Cidr> =
        written.iter().map(|text| parse(text, "addressPrefix")).collect::<Result<_, _>>()?;
    for (at, one) in ranges.iter().enumerate() {
        if let Some(other) = ranges.iter().skip(at + 1).find(|other| other.overlaps(*one)) {
            let message = format!(
                "Address prefix {one} overlaps with address prefix {other} of the same virtual network."
            );
            return Err(ErrorResponse::new(400, "NetcfgAddressPrefixesOverlap", message));
        }
    }
    Ok(ranges)
}

/// The range of a subnet.
pub fn subnet(name: &str, properties: &Value) -> Result<Range, ErrorResponse> {
    let several = array(properties, &["addressPrefixes"]);
    let written = match (text(properties, &["addressPrefix"]), several) {
        (Some(one), _) => Value::from(one),
        (None, [one]) => one.clone(),
        (None, []) => {
            let message = format!("Subnet '{name}' must have an address prefix.");
            return Err(ErrorResponse::new(400, "AddressPrefixNotSpecified", message));
        }
        (None, _) => return Err(ErrorResponse::not_implemented("A subnet with several address prefixes")),
    };
    Ok(Range { name: name.to_owned(), cidr: parse(&written, "addressPrefix")? })
}

/// Refuses subnets that lie outside of the address space, are too small, or overlap.
pub fn check_subnets(vnet: &ResourceId, space: &[Cidr], subnets: &[Range]) -> Result<(), ErrorResponse> {
    for (at, subnet) in subnets.iter().enumerate() {
        let fits = space.iter().any(|range| range.contains_range(subnet.cidr));
        if !fits || subnet.cidr.length() > SMALLEST {
            let message =
                format!("Subnet '{}' is not valid in virtual network '{}'.", subnet.name, vnet.name());
            return Err(ErrorResponse::new(400, "NetcfgInvalidSubnet", message));
        }
        if subnets.iter().take(at).any(|other| other.cidr.overlaps(subnet.cidr)) {
            let message = format!(
                "Subnet '{}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '{}'.",
                subnet.name,
                vnet.name()
            );
            return Err(ErrorResponse::new(400, "NetcfgSubnetRangesOverlap", message));
        }
    }
    Ok(())
}

fn parse(written: &Value, property: &str) -> Result<Cidr, ErrorResponse> {
    let text = written.as_str().unwrap_or_default();
    text.parse::<Cidr>().map_err(|error| {
        let message = format!("Address prefix {text} in '{property}' has an invalid format: {error}.");
        ErrorResponse::new(400, "InvalidAddressPrefixFormat", message).target(property)
    })
}
