//! What all resource types share: routing, the store, writes, reads, entity tags, authorization, long-running operations.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/control-plane-and-data-plane>

mod actions;
mod answer;
pub mod authorization;
mod call;
mod collections;
mod definition;
mod deletes;
mod derived;
mod draft;
mod duration;
mod etag;
mod filter;
mod locations;
pub mod lock;
mod merge;
mod operation;
mod paging;
mod resource;
mod router;
mod store;
mod writes;

pub use actions::{ActionCall, run as run_action};
pub use answer::{Answer, show};
pub use call::Call;
pub use collections::{head, list, read};
pub use definition::{
    Action, Announce, Answers, Definition, Endpoint, Example, Fidelity, Listing, LongRunning, Model, Names,
    Removed, Scope, StateShown, Timing, Tracking, Verb, plain_name,
};
pub use deletes::{complete as complete_delete, delete};
pub use derived::Derived;
pub use draft::{Draft, Removal, World};
pub use duration::duration;
pub use filter::{Comparison, Filter};
pub use locations::{LOCATIONS, normalize as normalize_location};
pub use merge::{array, compact, merge, property, set, set_default, take, text};
pub use operation::{Kind, Operation, Status, headers as operation_headers, poll};
pub use paging::page;
pub use resource::{Record, Resource};
pub use router::{Request, Target, route};
pub use store::{Generations, Store, Transaction};
pub use writes::{check_group, complete, patch, put};
