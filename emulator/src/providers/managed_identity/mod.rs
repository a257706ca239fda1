//! Microsoft.ManagedIdentity: identities that resources act as.
//!
//! <https://learn.microsoft.com/rest/api/managedidentity/>

pub mod assigned;
pub mod user_assigned_identities;

use crate::providers::Provider;

/// The provider.
pub const PROVIDER: Provider = Provider {
    namespace: "Microsoft.ManagedIdentity",
    types: &[&user_assigned_identities::DEFINITION],
    missing: &[
        "Microsoft.ManagedIdentity/identities",
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
    ],
};
