//! How many of the published operations are answered.

use crate::operations;

#[test]
fn most_operations_outside_workspaces_are_answered() {
    let counted = operations::api_management();
    assert_eq!(counted.served + counted.missing.len(), 444, "the list of operations changed");
    assert!(counted.served >= 443, "{} are answered; not:\n{}", counted.served, counted.missing.join("\n"));
}

#[test]
fn most_operations_of_clusters_are_answered() {
    let counted = operations::container_service();
    assert_eq!(counted.served + counted.missing.len(), 65, "the list of operations changed");
    assert!(counted.served >= 37, "{} are answered; not:\n{}", counted.served, counted.missing.join("\n"));
}
