//! placeholder
mod database;

pub use database::{Change, Database, DatabaseError};
