//! The kinds of gateways that Azure documents, which differ in policies, caches and counters.
//! <https://learn.microsoft.com/azure/api-management/api-management-gateways-overview>

use serde::{Deserialize, Serialize};

/// A kind of gateway.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GatewayKind {
    /// The managed gateway of the tiers Developer to Premium.
    #[default]
    Classic,
    /// The managed gateway of the v2 tiers.
    V2,
    /// The managed gateway of the Consumption tier.
    Consumption,
    /// The self-hosted gateway.
    SelfHosted,
    /// The gateway of a workspace.
    Workspace,
}

impl GatewayKind {
    /// The managed gateway of a tier, as `sku.name` has it.
    pub fn of_tier(tier: &str) -> Self {
        let tier = tier.to_ascii_lowercase();
        match tier.as_str() {
            "consumption" => Self::Consumption,
            _ if tier.ends_with("v2") => Self::V2,
            _ => Self::Classic,
        }
    }

    /// The kind that is called so: `classic`, `v2`, `consumption`, `self-hosted`, `workspace`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "classic" => Self::Classic,
            "v2" => Self::V2,
            "consumption" => Self::Consumption,
            "self-hosted" => Self::SelfHosted,
            "workspace" => Self::Workspace,
            _ => return None,
        })
    }

    /// The name that people use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic gateway",
            Self::V2 => "gateway of the v2 tiers",
            Self::Consumption => "gateway of the Consumption tier",
            Self::SelfHosted => "self-hosted gateway",
            Self::Workspace => "gateway of a workspace",
        }
    }

    /// It has a cache of its own; the others need one beside them.
    pub fn has_cache(self) -> bool {
        !matches!(self, Self::Consumption | Self::SelfHosted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_has_its_gateway() {
        for (tier, kind) in [
            ("Developer", GatewayKind::Classic),
            ("premium", GatewayKind::Classic),
            ("BasicV2", GatewayKind::V2),
            ("PremiumV2", GatewayKind::V2),
            ("Consumption", GatewayKind::Consumption),
        ] {
            assert_eq!(GatewayKind::of_tier(tier), kind, "{tier}");
        }
        assert_eq!(GatewayKind::named("Self-Hosted"), Some(GatewayKind::SelfHosted));
        assert_eq!(GatewayKind::named("managed"), None);
    }
}
