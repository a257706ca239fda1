//! The whole back end over the wire.

mod api;
mod custom;
mod kubectl;
mod lifecycle;
mod recorded;
pub(crate) mod world;
