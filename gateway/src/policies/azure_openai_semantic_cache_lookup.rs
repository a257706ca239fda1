//! `azure-openai-semantic-cache-lookup`: the older name of `llm-semantic-cache-lookup`, which is the same policy.
//! <https://learn.microsoft.com/azure/api-management/azure-openai-semantic-cache-lookup-policy>
//!
//! **Differs from Azure:** as `llm-semantic-cache-lookup` does.

use super::{Definition, llm_semantic_cache_lookup};

/// The row.
pub static DEFINITION: Definition =
    Definition { name: "azure-openai-semantic-cache-lookup", ..llm_semantic_cache_lookup::ROW };
