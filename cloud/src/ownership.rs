//! Who made what: tags on the resource group and on applications.
//!
//! A resource group is ours if its tag [`SCENARIO_TAG`] names the scenario; an application if its Graph `tags` hold
//! `apimlab:<scenario>`. Nothing else is ever changed or deleted.

use serde_json::Value;

use crate::node::{Node, NodeKind};

/// Tag on a resource group: which scenario it belongs to.
pub const SCENARIO_TAG: &str = "apimlab-scenario";
/// Tag on a resource group: which run made it.
pub const RUN_TAG: &str = "apimlab-run";
/// What an application's ownership tag begins with.
pub const APPLICATION_TAG_PREFIX: &str = "apimlab:";

/// The scenario that the nodes belong to, from the tags that their resource group shall have.
pub(crate) fn scenario(nodes: &[Node]) -> Option<&str> {
    nodes.iter().find_map(|node| match &node.kind {
        NodeKind::Arm { id, body, .. } if is_resource_group(id) => tag(body, SCENARIO_TAG),
        _ => None,
    })
}

/// The value of a tag of a resource.
pub(crate) fn tag<'v>(resource: &'v Value, name: &str) -> Option<&'v str> {
    let tags = resource.get("tags")?.as_object()?;
    tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
}

/// The Graph tag of applications of `scenario`.
pub(crate) fn application_tag(scenario: &str) -> String {
    format!("{APPLICATION_TAG_PREFIX}{scenario}")
}

/// `id` is a resource group's.
pub(crate) fn is_resource_group(id: &str) -> bool {
    id.parse::<arm::ResourceId>().is_ok_and(|id| id.resource_type().is("Microsoft.Resources/resourceGroups"))
}
