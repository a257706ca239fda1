//! A command that runs beside a cluster: <https://learn.microsoft.com/azure/aks/access-private-cluster>.

/// How a command stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandResult {
    /// When it began, in seconds since 1970.
    pub started: i64,
    /// How it ended; `None` while it runs.
    pub ended: Option<CommandEnd>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandEnd {
    /// When, in seconds since 1970.
    pub at: i64,
    /// What it said of itself; 0 is success.
    pub exit_code: i32,
    /// What it wrote, to its output and as errors.
    pub logs: String,
}
