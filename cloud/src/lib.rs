//! The client side of Azure: one code path for the sandbox and for Azure itself.
//!
//! An [`Environment`] says who answers (Resource Manager, Microsoft Graph, the token authority) and who asks (the
//! credential). Everything else is the same for every target: [`plan()`] compares what a scenario wants with what
//! is there, [`apply()`] writes only what differs and can be continued after any interruption, [`destroy()`]
//! removes what was made. There is no state file: names are deterministic, ownership is a tag on the resource
//! group, and the journal is only a cache of operations under way.

pub mod answer;
pub mod apply;
mod client;
pub mod credential;
mod destroy;
pub mod environment;
mod error;
pub mod kubernetes;
pub mod node;
mod operation;
pub mod outputs;
mod ownership;
pub mod plan;
pub mod progress;
mod reference;
mod retry;
pub mod secret;
#[cfg(test)]
mod tests;
mod tls;

pub use answer::Answer;
pub use apply::{ApplyOptions, apply};
pub use client::Client;
pub use credential::CredentialSource;
pub use destroy::{DestroyOptions, Purge, destroy};
pub use environment::Environment;
pub use error::Error;
pub use kubernetes::Kubernetes;
pub use node::{ArmMethod, Node, NodeKind};
pub use outputs::{Output, Outputs};
pub use ownership::{APPLICATION_TAG_PREFIX, RUN_TAG, SCENARIO_TAG};
pub use plan::{Action, Change, FieldChange, Plan, RequestPreview, plan};
pub use progress::{NoProgress, Progress, ProgressEvent};
pub use secret::Secret;

pub use http::Method;
