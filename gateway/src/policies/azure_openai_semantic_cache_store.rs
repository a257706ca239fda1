//! `azure-openai-semantic-cache-store`: the older name of `llm-semantic-cache-store`, which is the same policy.
//! <https://learn.microsoft.com/azure/api-management/azure-openai-semantic-cache-store-policy>
//!
//! **Differs from Azure:** as `llm-semantic-cache-store` does.

use super::{Definition, llm_semantic_cache_store};

/// The row.
pub static DEFINITION: Definition =
    Definition { name: "azure-openai-semantic-cache-store", ..llm_semantic_cache_store::ROW };
