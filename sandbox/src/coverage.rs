//! The coverage ledger: what the sandbox has, how it differs from Azure, and what it refuses, written from the tables
//! that the parts themselves run on.

use cluster::embedded::kinds::{self, Access};
use emulator::{operations, providers};
use gateway::policies;

/// How the paths of what is in a resource group begin, before the provider's name.
const IN_A_GROUP: &str = "/subscriptions/{subscription}/resourceGroups/{resourceGroupName}/providers/";

/// `docs/coverage.md`.
pub fn ledger() -> String {
    let mut text = String::from(
        "# Coverage\n\nWritten by `apimlab coverage` from the tables that the sandbox runs on; do not edit. What is not\nlisted as present is refused: ARM answers 501 `NotImplementedBySandbox` (or 404 for what Azure does not have either),\nKubernetes answers a `Status` with code 501, and a\npolicy that is checked but not executed ends requests with 500 (`apimlab policy lint` says so before).\n",
    );
    resource_types(&mut text);
    published_operations(&mut text);
    policy_elements(&mut text);
    kubernetes_kinds(&mut text);
    text
}

fn resource_types(text: &mut String) {
    text.push_str("\n## Resource types of Azure Resource Manager\n\n| type | modelled on | verbs and actions | differs from Azure |\n| --- | --- | --- | --- |\n");
    for definition in providers::definitions() {
        let verbs = definition.verbs.iter().map(|verb| format!("{verb:?}"));
        let actions = definition.actions.iter().map(|action| action.name.to_owned());
        let can: Vec<String> = verbs.chain(actions).collect();
        let differs = match definition.fidelity {
            emulator::Fidelity::Faithful => "",
            emulator::Fidelity::Approximate(what) => what,
        };
        row(text, &[definition.name, definition.modelled, &can.join(", "), differs]);
    }
    text.push_str("\nNot here:\n\n");
    for provider in providers::PROVIDERS {
        let missing: Vec<String> = provider.missing.iter().map(|kind| format!("`{kind}`")).collect();
        if !missing.is_empty() {
            line(text, &format!("- {}: {}", provider.namespace, missing.join(", ")));
        }
    }
    line(text, &format!("- whole providers: {}", providers::MISSING.join(", ")));
}

fn published_operations(text: &mut String) {
    text.push_str("\n## Operations\n\nPaths without a subscription are those in a resource group, after the provider's name.\n\n");
    for (place, counted) in [
        ("API Management 2024-05-01 outside workspaces", operations::api_management()),
        ("API Management 2024-05-01 in workspaces", operations::api_management_workspaces()),
        ("Container Service 2025-10-01", operations::container_service()),
    ] {
        let all = counted.served + counted.missing.len();
        line(text, &format!("{place}: {} of {all} are answered.", counted.served));
        if counted.served > 0 && !counted.missing.is_empty() {
            text.push_str("\nNot answered:\n\n");
            for operation in counted.missing {
                line(text, &format!("- `{}`", short(operation)));
            }
        }
        text.push('\n');
    }
}

/// An operation without what all paths in a resource group have.
fn short(operation: &str) -> String {
    let Some((method, path)) = operation.split_once(IN_A_GROUP) else { return operation.to_owned() };
    let below = path.split_once('/').map_or(path, |(_, below)| below);
    format!("{method}/{below}")
}

fn policy_elements(text: &mut String) {
    text.push_str("\n## Policies\n\n| element | sections | differs from Azure |\n| --- | --- | --- |\n");
    for definition in policies::POLICIES {
        let sections: Vec<&str> = definition.sections.iter().map(|section| section.as_str()).collect();
        let differs = match definition.fidelity {
            policies::Fidelity::Faithful => "",
            policies::Fidelity::Approximate(what) => what,
            policies::Fidelity::Refused(why) => &format!("checked, not executed: {why}"),
        };
        row(text, &[definition.name, &sections.join(", "), differs]);
    }
}

fn kubernetes_kinds(text: &mut String) {
    text.push_str("\n## Kubernetes kinds of the embedded cluster\n\n| kind | api version | what is not here |\n| --- | --- | --- |\n");
    for definition in kinds::ALL {
        let refused = match definition.access {
            Access::Full => "",
            Access::Refused(why) => why,
        };
        row(text, &[definition.kind, &definition.api_version(), refused]);
    }
}

fn row(text: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
    line(text, &format!("| {} |", cells.join(" | ")));
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_ledger_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/coverage.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == ledger(), "docs/coverage.md is stale: run `make docs`");
    }
}
