//! How much of what a provider publishes the sandbox has, counted by its own router.
//!
//! The files in `operations/` list the operations that packages of Python call, `azure-mgmt-apimanagement` and
//! `azure-mgmt-containerservice`; `scripts/operations` writes them anew.

use arm::ErrorResponse;
use http::Method;

use crate::engine::{Request, Store, route};

/// Every operation of API Management 2024-05-01, one a line: the method and the path.
const API_MANAGEMENT: &str = include_str!("../operations/api-management-2024-05-01.txt");

/// Every operation of the Container Service 2025-10-01.
const CONTAINER_SERVICE: &str = include_str!("../operations/container-service-2025-10-01.txt");

/// The operations that are answered and those that are not.
#[derive(Debug, Default)]
pub struct Operations {
    /// How many are answered.
    pub served: usize,
    /// The others: method and path.
    pub missing: Vec<&'static str>,
}

/// The operations of API Management outside workspaces.
pub fn api_management() -> Operations {
    count(API_MANAGEMENT.lines().filter(|line| !line.contains("/workspaces")))
}

/// The operations of API Management inside workspaces.
pub fn api_management_workspaces() -> Operations {
    count(API_MANAGEMENT.lines().filter(|line| line.contains("/workspaces")))
}

/// The operations of managed clusters and what belongs to them.
pub fn container_service() -> Operations {
    count(CONTAINER_SERVICE.lines())
}

/// Method and path of every operation.
#[cfg(test)]
pub fn lines() -> Vec<&'static str> {
    API_MANAGEMENT.lines().chain(CONTAINER_SERVICE.lines()).collect()
}

fn count(operations: impl Iterator<Item = &'static str>) -> Operations {
    let store = Store::default();
    let mut counted = Operations::default();
    for operation in operations {
        if matches!(is_served(&store, operation), Ok(true)) {
            counted.served += 1;
        } else {
            counted.missing.push(operation);
        }
    }
    counted
}

fn is_served(store: &Store, operation: &str) -> Result<bool, ErrorResponse> {
    let (method, path) = operation.split_once(' ').unwrap_or_default();
    let method = method.parse::<Method>().unwrap_or_default();
    // A parameter's own name is as good a value as any.
    let path = path.replace(['{', '}'], "");
    let target = route(store, Request { method: &method, path: &path, version: "2024-05-01" })?;
    Ok(target.verb(&method)?.is_none_or(|(verb, definition)| definition.verbs.contains(&verb)))
}
