//! Behaviour over real connections, against a small server that plays Azure.

mod apply;
mod azure;
mod credential;
mod destroy;
mod environment;
mod kubernetes;
mod operation;
mod plan;
mod server;
mod transport;
