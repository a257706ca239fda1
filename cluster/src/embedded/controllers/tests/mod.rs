//! The controllers with a real store, a real runtime and real sockets.

mod daemons;
mod flow;
mod lifecycle;
mod load_balancers;
mod rollouts;
mod world;
