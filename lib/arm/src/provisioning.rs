//! Provisioning states.

use std::fmt;

/// Where a resource stands between its request and its readiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProvisioningState {
    /// Being made for the first time.
    Creating,
    /// Being changed.
    Updating,
    /// Being removed.
    Deleting,
    /// Ready.
    Succeeded,
    /// The last change failed.
    Failed,
    /// The last change was called off.
    Canceled,
}

impl ProvisioningState {
    /// No further change without a new request.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }

    /// Reads a state as Azure spells it; states that services invented (`Created`, `Activating`, …) count as
    /// [`ProvisioningState::Creating`].
    pub fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "canceled" | "cancelled" => Self::Canceled,
            "updating" => Self::Updating,
            "deleting" => Self::Deleting,
            _ => Self::Creating,
        }
    }
}

impl fmt::Display for ProvisioningState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Creating => "Creating",
            Self::Updating => "Updating",
            Self::Deleting => "Deleting",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        })
    }
}
