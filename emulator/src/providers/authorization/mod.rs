//! Microsoft.Authorization: roles and who has them, and locks.
//!
//! <https://learn.microsoft.com/rest/api/authorization/>

mod built_in;
pub mod locks;
pub mod role_assignments;
pub mod role_definitions;

use crate::providers::Provider;

/// The provider.
pub const PROVIDER: Provider = Provider {
    namespace: "Microsoft.Authorization",
    types: &[&locks::DEFINITION, &role_assignments::DEFINITION, &role_definitions::DEFINITION],
    missing: &[
        "Microsoft.Authorization/denyAssignments",
        "Microsoft.Authorization/permissions",
        "Microsoft.Authorization/policyAssignments",
        "Microsoft.Authorization/policyDefinitions",
        "Microsoft.Authorization/roleEligibilitySchedules",
    ],
};
