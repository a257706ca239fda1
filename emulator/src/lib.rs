//! The Azure control plane of one sandbox: Azure Resource Manager, Microsoft Entra ID tokens and Microsoft Graph.
//!
//! It keeps resources in a database and turns them into three models: an API Management snapshot, managed clusters
//! and a network. What runs those models is behind the ports in [`Config`]; this crate opens no sockets.
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/overview>

mod activity;
mod config;
mod database;
mod emulator;
mod engine;
pub mod entra;
mod faults;
pub mod graph;
mod handle;
pub mod metadata;
mod openapi;
pub mod operations;
mod projections;
pub mod providers;
mod templates;

pub use config::{Config, Error, Seed};
pub use database::{Change, Database, DatabaseError};
pub use emulator::Emulator;
pub use engine::{Definition, Fidelity, Verb};
pub use faults::{Effect, Fault, Faults, InvalidFault};

#[cfg(test)]
mod tests;
