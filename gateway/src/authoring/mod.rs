//! What authors of policies ask for: whether documents are right, what the sandbox makes of a whole folder of them, how
//! they are laid out, and what an expression says. Nothing here serves requests.
//! <https://learn.microsoft.com/azure/api-management/policies/>

mod corpus;
mod evaluation;
mod explanation;
mod project;
mod trial;

pub use corpus::{Counts, Missing, count};
pub use evaluation::{Evaluated, Given, evaluate};
pub use explanation::{Explained, explain};
pub use project::{Checked, File, Project};
pub use trial::{BranchUse, Trial, TrialAnswer, TrialMessage, Tried, attempt};

pub use crate::document::format::format;
pub use crate::policies::GatewayKind;
