//! Scenarios: systems of Azure and Kubernetes resources that can be deployed, explained, checked and taken apart.
//!
//! A scenario is a YAML file ([`model`]) with Kubernetes YAML and policy documents beside it. [`load`] reads and
//! checks it, [`Scenario::nodes`] compiles it to the desired state that the `cloud` crate deploys, and [`verify()`]
//! observes the deployed system from outside: over Azure Resource Manager, the Kubernetes API and HTTP, against
//! the sandbox and against Azure alike.

mod address_range;
mod assets;
mod catalog;
pub mod codes;
mod compile;
mod field_path;
mod findings;
mod images;
mod located;
pub mod model;
mod scenario;
mod schema;
mod source;
mod suggest;
mod template;
#[cfg(test)]
mod tests;
mod validate;
pub mod verify;
mod yaml;

pub use catalog::{CatalogEntry, catalog};
pub use located::Located;
pub use model::Step;
pub use scenario::{LoadError, Scenario, load};
pub use schema::schema;
pub use source::{Files, Source};
pub use verify::{CheckResult, Report, Teach, VerifyEvent, VerifyOptions, VerifyProgress, verify};
pub use yaml::read as read_yaml;
