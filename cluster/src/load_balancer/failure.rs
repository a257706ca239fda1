//! Why Azure does not make a load balancer, in the words that the cloud provider passes on.

use aks::{Denial, Principal};
use network::AddressError;
use serde_json::json;

use super::Plan;

/// An attempt that Azure has refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    status: u16,
    code: &'static str,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// The cluster's identity lacks a role.
    pub fn denied(principal: &Principal, denial: &Denial) -> Self {
        let message = format!(
            "The client '{}' with object id '{}' does not have authorization to perform action '{}' over scope '{}' \
             or the scope is invalid. If access was recently granted, please refresh your credentials.",
            principal.client_id, principal.object_id, denial.action, denial.scope
        );
        Self { status: 403, code: "AuthorizationFailed", message, hint: denial.hint.clone() }
    }

    /// The address cannot be had.
    pub fn address(plan: &Plan, error: &AddressError) -> Self {
        let wanted = plan.wanted().map(|address| address.to_string()).unwrap_or_default();
        let (code, message) = match error {
            AddressError::NotUsable(address, range) => (
                "PrivateIPAddressNotInSubnet",
                format!(
                    "Private static IP address {address} does not belong to the range of subnet prefix {range}."
                ),
            ),
            AddressError::Taken { owner, .. } => (
                "PrivateIPAddressIsAllocated",
                format!("The private IP address {wanted} is already allocated to {owner}."),
            ),
            AddressError::Exhausted(range) => (
                "SubnetIsFull",
                format!("Subnet with address prefix {range} does not have enough capacity for 1 IP address."),
            ),
            AddressError::NoSuchSubnet(subnet) => ("NotFound", format!("Subnet {subnet} was not found.")),
        };
        Self { status: 400, code, message, hint: None }
    }

    /// An annotation names a subnet that is not there.
    pub fn no_such_subnet(subnet: &str, vnet: &str) -> Self {
        let message = format!("Subnet {subnet} was not found in virtual network {vnet}.");
        Self { status: 404, code: "NotFound", message, hint: None }
    }

    /// What should be an address is none.
    pub fn malformed_address(text: &str) -> Self {
        let message = format!("The IP address {text} is not a valid IPv4 address.");
        Self { status: 400, code: "InvalidRequestFormat", message, hint: None }
    }

    /// An annotation asks for what the sandbox does not have.
    pub fn not_implemented(annotation: &str) -> Self {
        let message = format!(
            "The annotation {annotation} is not implemented by the sandbox. Remove it, and ask for an address with \
             service.beta.kubernetes.io/azure-load-balancer-ipv4 if it has to be a certain one."
        );
        Self { status: 501, code: "NotImplementedBySandbox", message, hint: None }
    }

    /// The text of the event.
    pub fn message(&self) -> String {
        let error = json!({ "error": { "code": self.code, "message": self.message } });
        let hint = self.hint.as_ref().map(|hint| format!(" Hint: {hint}")).unwrap_or_default();
        format!(
            "Error syncing load balancer: failed to ensure load balancer: Retriable: false, RetryAfter: 0s, \
             HTTPStatusCode: {}, RawError: {error}{hint}",
            self.status
        )
    }
}
