//! `azure-openai-emit-token-metric`: the older name of `llm-emit-token-metric`, which is the same policy.
//! <https://learn.microsoft.com/azure/api-management/azure-openai-emit-token-metric-policy>
//!
//! **Differs from Azure:** as `llm-emit-token-metric` does.

use super::{Definition, llm_emit_token_metric};

/// The row.
pub static DEFINITION: Definition =
    Definition { name: "azure-openai-emit-token-metric", ..llm_emit_token_metric::ROW };
