//! One writer at a time where Azure allows only one: per virtual network, per API Management service, per cluster.

use crate::node::NodeKind;

/// The types whose resources take one change at a time, themselves and all within them.
const EXCLUSIVE: [&str; 3] = [
    "/providers/microsoft.network/virtualnetworks/",
    "/providers/microsoft.apimanagement/service/",
    "/providers/microsoft.containerservice/managedclusters/",
];

/// What the writer of a node must have for itself. Objects in a cluster have no lock: the Kubernetes API takes
/// them side by side.
pub(super) fn lock(kind: &NodeKind) -> Option<String> {
    let NodeKind::Arm { id, .. } = kind else { return None };
    let id = id.to_ascii_lowercase();
    // An extension resource, as a role assignment is, does not write what it is about.
    let last_provider = id.rfind("/providers/")?;
    EXCLUSIVE.iter().find_map(|kind| {
        let at = id.find(kind).filter(|at| *at == last_provider)?;
        let name = id.get(at + kind.len()..)?.split('/').next()?;
        Some(format!("{}{kind}{name}", id.get(..at)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::ArmMethod;
    use serde_json::Value;

    #[test]
    fn a_service_and_its_children_share_a_lock() {
        let lock_of = |id: &str| {
            lock(&NodeKind::Arm {
                id: id.to_owned(),
                api_version: String::new(),
                body: Value::Null,
                method: ArmMethod::Put,
                if_match_any: false,
                read_only: Vec::new(),
            })
        };
        let service = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/A";
        assert!(lock_of(service).is_some());
        assert_eq!(lock_of(service), lock_of(&format!("{}/apis/x", service.to_uppercase())));
        assert_ne!(lock_of(service), lock_of(&format!("{service}2")));
        assert_eq!(lock_of("/subscriptions/s/resourceGroups/g"), None);
        assert_eq!(lock_of(&format!("{service}/providers/Microsoft.Authorization/roleAssignments/r")), None);
    }
}
