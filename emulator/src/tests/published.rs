//! How many of API Management's published operations are answered.

use crate::operations;

#[test]
fn most_operations_outside_workspaces_are_answered() {
    let counted = operations::api_management();
    assert_eq!(counted.served + counted.missing.len(), 444, "the list of operations changed");
    assert!(counted.served >= 384, "{} are answered; not:\n{}", counted.served, counted.missing.join("\n"));
}
