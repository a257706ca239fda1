//! The gateway on real sockets: an in-process server, a virtual network, and backends that are plain TCP.

mod authority;
mod backends;
pub mod corpus;
mod cosmos;
mod expressions;
mod forwarding;
mod graphql;
mod http2;
mod hygiene;
mod incremental;
mod models;
mod protocol;
mod reloads;
mod scripted;
mod secure;
mod serving;
mod sizes;
mod subscriptions;
mod tiers;
mod tokens;
mod versions;
mod websocket;
pub mod world;
