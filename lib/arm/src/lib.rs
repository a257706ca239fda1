//! The wire contract of Azure Resource Manager: identifiers, api-versions, error bodies, provisioning states and
//! the headers of long-running operations.
//!
//! Pure vocabulary, used by the control plane that answers ARM requests and by the client that makes them. No
//! sockets, no runtime, no resource providers.
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/>
#![deny(missing_docs)]

mod api_version;
mod error;
mod provisioning;
mod resource_id;

pub use api_version::ApiVersion;
pub use error::{ErrorDetail, ErrorResponse};
pub use provisioning::ProvisioningState;
pub use resource_id::{InvalidResourceId, ResourceId, ResourceType};

/// Header with the absolute URL of an operation's status document.
pub const AZURE_ASYNC_OPERATION: &str = "azure-asyncoperation";
/// Tells HashiCorp's clients that polling needs no pause.
pub const SKIP_POLLING_DELAY: &str = "x-go-azure-sdk-skip-polling-delay";
