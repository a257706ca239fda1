//! What authors of policies need of the gateway without a gateway that runs.

pub use gateway::authoring::{
    BranchUse, Checked, Counts, Evaluated, Explained, File, GatewayKind, Given, Missing, Project, Trial,
    TrialAnswer, TrialMessage, Tried, attempt, count, evaluate, explain, format,
};
