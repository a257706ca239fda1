//! The built-in roles that this laboratory knows.
//!
//! <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>. **Differs from Azure:** a selection;
//! of the AKS roles only the control-plane actions are listed.

/// A built-in role.
#[derive(Debug)]
pub struct Role {
    /// Its id, the same in every tenant.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What it allows.
    pub actions: &'static [&'static str],
    /// What it does not allow after all.
    pub not_actions: &'static [&'static str],
    /// What it allows on data.
    pub data_actions: &'static [&'static str],
}

const fn role(id: &'static str, name: &'static str, description: &'static str) -> Role {
    Role { id, name, description, actions: &[], not_actions: &[], data_actions: &[] }
}

/// The roles, sorted by name.
pub const ROLES: &[Role] = &[
    Role {
        actions: &["Microsoft.ContainerRegistry/registries/pull/read"],
        ..role("7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull", "Pulls images from a container registry.")
    },
    Role {
        actions: &[
            "Microsoft.ApiManagement/service/*",
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Support/*",
        ],
        ..role(
            "312a565d-c81f-4fd8-895a-4e21e48d571c",
            "API Management Service Contributor",
            "Manages API Management services and their APIs.",
        )
    },
    Role {
        actions: &[
            "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
            "Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action",
            "Microsoft.ContainerService/managedClusters/read",
            "Microsoft.ContainerService/managedClusters/runcommand/action",
        ],
        ..role(
            "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
            "Azure Kubernetes Service Cluster Admin Role",
            "Lists the credentials of a cluster's administrator.",
        )
    },
    Role {
        actions: &[
            "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
            "Microsoft.ContainerService/managedClusters/read",
        ],
        ..role(
            "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
            "Azure Kubernetes Service Cluster User Role",
            "Lists the credentials of a cluster's users.",
        )
    },
    Role {
        actions: &[
            "Microsoft.ContainerService/locations/*",
            "Microsoft.ContainerService/managedClusters/*",
            "Microsoft.ContainerService/managedclustersnapshots/*",
            "Microsoft.ContainerService/snapshots/*",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ],
        ..role(
            "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
            "Azure Kubernetes Service Contributor Role",
            "Manages clusters.",
        )
    },
    Role {
        actions: &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Resources/deployments/write",
            "Microsoft.Resources/subscriptions/operationresults/read",
            "Microsoft.Resources/subscriptions/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Support/*",
            "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
        ],
        data_actions: &["Microsoft.ContainerService/managedClusters/*"],
        ..role(
            "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
            "Azure Kubernetes Service RBAC Cluster Admin",
            "Manages everything inside a cluster.",
        )
    },
    Role {
        actions: &["*"],
        not_actions: &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write",
            "Microsoft.Purview/consents/delete",
        ],
        ..role(
            "b24988ac-6180-42a0-ab88-20f7382dd24c",
            "Contributor",
            "Manages all resources, but does not assign roles.",
        )
    },
    Role {
        data_actions: &[
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
        ],
        ..role(
            "4633458b-17de-408a-b874-0445c86b69e6",
            "Key Vault Secrets User",
            "Reads the contents of secrets.",
        )
    },
    Role {
        actions: &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Support/*",
        ],
        ..role(
            "f1a07417-d97a-45cb-824c-7a7467783830",
            "Managed Identity Operator",
            "Reads and assigns user-assigned identities.",
        )
    },
    Role {
        actions: &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Network/*",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Support/*",
        ],
        ..role("4d97b98b-1d4f-4787-a291-c67834d212e7", "Network Contributor", "Manages networks.")
    },
    Role {
        actions: &["*"],
        ..role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "Manages all resources and assigns roles.")
    },
    Role {
        actions: &[
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Support/*",
            "Microsoft.Authorization/*/read",
            "Microsoft.Network/privateDnsZones/*",
            "Microsoft.Network/privateDnsOperationResults/*",
            "Microsoft.Network/privateDnsOperationStatuses/*",
            "Microsoft.Network/virtualNetworks/read",
            "Microsoft.Network/virtualNetworks/join/action",
        ],
        ..role(
            "b12aa53e-6015-4669-85d0-8515ebb3ae7f",
            "Private DNS Zone Contributor",
            "Manages private DNS zones, but not the networks that they are linked to.",
        )
    },
    Role {
        actions: &["*/read"],
        ..role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "Reads all resources.")
    },
    Role {
        actions: &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        ..role(
            "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
            "User Access Administrator",
            "Reads all resources and assigns roles.",
        )
    },
];

impl Role {
    /// The role allows the action.
    pub fn allows(&self, action: &str) -> bool {
        let any = |patterns: &[&str]| {
            patterns.iter().any(|pattern| crate::engine::authorization::matches(pattern, action))
        };
        any(self.actions) && !any(self.not_actions)
    }
}
