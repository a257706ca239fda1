//! What authors of policies need of the gateway without a gateway that runs.

pub use gateway::authoring::{
    Checked, Counts, Evaluated, Explained, File, GatewayKind, Given, Missing, Project, count, evaluate,
    explain, format,
};
