//! Azure regions.
//!
//! <https://learn.microsoft.com/azure/reliability/regions-list>. **Differs from Azure:** the list is a part of the
//! real one, and every resource type is available in all of them.

use arm::ErrorResponse;

/// The regions: name and display name, sorted.
pub const LOCATIONS: &[(&str, &str)] = &[
    ("australiaeast", "Australia East"),
    ("australiasoutheast", "Australia Southeast"),
    ("brazilsouth", "Brazil South"),
    ("canadacentral", "Canada Central"),
    ("canadaeast", "Canada East"),
    ("centralindia", "Central India"),
    ("centralus", "Central US"),
    ("eastasia", "East Asia"),
    ("eastus", "East US"),
    ("eastus2", "East US 2"),
    ("francecentral", "France Central"),
    ("germanywestcentral", "Germany West Central"),
    ("italynorth", "Italy North"),
    ("japaneast", "Japan East"),
    ("japanwest", "Japan West"),
    ("koreacentral", "Korea Central"),
    ("northcentralus", "North Central US"),
    ("northeurope", "North Europe"),
    ("norwayeast", "Norway East"),
    ("polandcentral", "Poland Central"),
    ("southafricanorth", "South Africa North"),
    ("southcentralus", "South Central US"),
    ("southeastasia", "Southeast Asia"),
    ("southindia", "South India"),
    ("spaincentral", "Spain Central"),
    ("swedencentral", "Sweden Central"),
    ("switzerlandnorth", "Switzerland North"),
    ("uaenorth", "UAE North"),
    ("uksouth", "UK South"),
    ("ukwest", "UK West"),
    ("westcentralus", "West Central US"),
    ("westeurope", "West Europe"),
    ("westus", "West US"),
    ("westus2", "West US 2"),
    ("westus3", "West US 3"),
];

/// The types that are in no region, sorted.
const GLOBAL: [&str; 2] =
    ["Microsoft.Network/privateDnsZones", "Microsoft.Network/privateDnsZones/virtualNetworkLinks"];

/// The name of a region that is given by its name or its display name.
pub fn normalize(text: &str, kind: &str) -> Result<&'static str, ErrorResponse> {
    let name: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    let known: &[(&str, &str)] = if GLOBAL.contains(&kind) { &[("global", "Global")] } else { LOCATIONS };
    known.iter().map(|(known, _)| *known).find(|known| *known == name).ok_or_else(|| {
        let list = known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",");
        let message = format!(
            "The provided location '{text}' is not available for resource type '{kind}'. List of available regions for the resource type is '{list}'."
        );
        ErrorResponse::new(400, "LocationNotAvailableForResourceType", message)
    })
}
