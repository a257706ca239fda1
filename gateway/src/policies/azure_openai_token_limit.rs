//! `azure-openai-token-limit`: the older name of `llm-token-limit`, which is the same policy.
//! <https://learn.microsoft.com/azure/api-management/azure-openai-token-limit-policy>
//!
//! **Differs from Azure:** as `llm-token-limit` does.

use super::{Definition, llm_token_limit};

/// The row.
pub static DEFINITION: Definition = Definition { name: "azure-openai-token-limit", ..llm_token_limit::ROW };
