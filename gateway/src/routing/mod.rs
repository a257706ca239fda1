//! From a host, a path and a method to a service, an API and an operation.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-add-operations>

mod operations;
pub mod parameters;
mod path;
pub mod query;
mod template;

pub use operations::Operations;
pub use path::{api_prefixes, normalize};
pub use template::Template;
