//! The JSON Schema of scenario files, for editors and for `apimlab scenario schema`.

use serde_json::Value;

use crate::model::Document;

/// The JSON Schema (draft 2020-12) of scenario files.
pub fn schema() -> Value {
    schemars::schema_for!(Document).to_value()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Compares the committed schema with the types; writes the new one beside it when they differ.
    #[test]
    fn the_committed_schema_is_current() {
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/scenario.schema.json");
        let expected = format!("{:#}\n", schema());
        if fs::read_to_string(&committed).is_ok_and(|text| text == expected) {
            return;
        }
        let fresh = std::env::temp_dir().join("apimlab-scenario.schema.json");
        fs::write(&fresh, expected).expect("the fresh schema is written");
        panic!("the schema is stale: cp {} {}", fresh.display(), committed.display());
    }
}
