//! What to do about a cluster's containers: what is wanted, against what is found.

use super::Error;
use super::name::{self, Role};
use super::node::{Found, State};

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The ARM id of the managed cluster.
    pub managed_cluster: String,
    /// The kind cluster.
    pub cluster: String,
    /// The sandbox.
    pub sandbox: String,
    /// The nodes by name, the control plane first.
    pub nodes: Vec<String>,
}

/// What to do, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The cluster was made by `kind`: it is used as it is.
    pub adopted: bool,
    /// Containers to remove.
    pub remove: Vec<String>,
    /// Containers to start again.
    pub start: Vec<String>,
    /// Nodes to create, by index.
    pub create: Vec<usize>,
}

impl Wanted {
    /// The role of the node at `index`.
    pub const fn role(index: usize) -> Role {
        if index == 0 { Role::ControlPlane } else { Role::Worker }
    }
}

/// Compares. `found` are the containers with the cluster's name in kind's label.
pub fn decide(wanted: &Wanted, found: &[Found]) -> Result<Plan, Error> {
    for one in found {
        if let Some(owner) = foreign((&wanted.sandbox, &wanted.managed_cluster), one) {
            return Err(Error::NameTaken { node: one.name.clone(), owner });
        }
    }
    let control_plane = found.iter().find(|one| one.name == name::node(&wanted.cluster, 0));
    if control_plane.is_some_and(|one| one.sandbox.is_none()) {
        return Ok(adopt(found));
    }
    if let Some(stranger) = found.iter().find(|one| one.sandbox.is_none()) {
        let owner = "which `kind` made without a control plane".to_owned();
        return Err(Error::NameTaken { node: stranger.name.clone(), owner });
    }
    Ok(keep(wanted, found, control_plane.is_some_and(survives)))
}

/// Whose a container is, if it is not this cluster's of this sandbox, nor one of `kind`.
pub fn foreign((ours, cluster): (&str, &str), found: &Found) -> Option<String> {
    let sandbox = found.sandbox.as_ref()?;
    if sandbox != ours {
        return Some(format!("which belongs to the sandbox `{sandbox}`"));
    }
    let other = found.managed_cluster.as_deref().unwrap_or_default();
    (!other.eq_ignore_ascii_case(cluster)).then(|| format!("which belongs to the cluster {other}"))
}

fn adopt(found: &[Found]) -> Plan {
    let stopped = found.iter().filter(|one| matches!(one.state, State::Stopped | State::Paused));
    Plan { adopted: true, start: stopped.map(|one| one.name.clone()).collect(), ..Plan::default() }
}

/// Workers cannot outlive their control plane: they trust another one's certificates.
fn keep(wanted: &Wanted, found: &[Found], has_control_plane: bool) -> Plan {
    let mut plan = Plan::default();
    for one in found {
        let stays = has_control_plane && survives(one) && wanted.nodes.contains(&one.name);
        match one.state {
            _ if !stays => plan.remove.push(one.name.clone()),
            State::Stopped | State::Paused => plan.start.push(one.name.clone()),
            _ => {}
        }
    }
    let stays = |name: &String| found.iter().any(|one| one.name == *name) && !plan.remove.contains(name);
    plan.create =
        (0..wanted.nodes.len()).filter(|&index| !wanted.nodes.get(index).is_some_and(stays)).collect();
    plan
}

/// A container that was never started is a creation that died half way.
const fn survives(found: &Found) -> bool {
    matches!(found.state, State::Running | State::Stopped | State::Paused)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::kind::engine::Rights;

    fn wanted(nodes: usize) -> Wanted {
        Wanted {
            managed_cluster: "/clusters/C".to_owned(),
            cluster: "c".to_owned(),
            sandbox: "s".to_owned(),
            nodes: (0..nodes).map(|index| name::node("c", index)).collect(),
        }
    }

    fn found(index: usize, state: State, labels: Option<(&str, &str)>) -> Found {
        Found {
            name: name::node("c", index),
            role: Some(Wanted::role(index)),
            cluster: "c".to_owned(),
            sandbox: labels.map(|(sandbox, _)| sandbox.to_owned()),
            managed_cluster: labels.map(|(_, id)| id.to_owned()),
            state,
            status: String::new(),
            addresses: BTreeMap::new(),
            port: None,
            rights: Rights::Privileged,
            started: String::new(),
        }
    }

    /// A plan as text: what is removed, started, created.
    fn told(plan: &Plan) -> String {
        let create: Vec<String> = plan.create.iter().map(|&index| name::node("c", index)).collect();
        let parts = [("adopt", &Vec::new()), ("-", &plan.remove), ("!", &plan.start), ("+", &create)];
        let mut told: Vec<String> = parts[1..]
            .iter()
            .flat_map(|(sign, names)| {
                names.iter().map(move |name| format!("{sign}{}", name.trim_start_matches("c-")))
            })
            .collect();
        if plan.adopted {
            told.insert(0, "adopt".to_owned());
        }
        told.join(" ")
    }

    #[test]
    fn what_is_missing_is_made_and_what_is_too_much_goes() {
        use State::{Created, Gone, Paused, Running, Stopped};
        let ours = Some(("s", "/clusters/c"));
        for (nodes, present, expected) in [
            (1, &[][..], "+control-plane"),
            (3, &[], "+control-plane +worker +worker2"),
            (1, &[(0, Running, ours)], ""),
            (1, &[(0, Stopped, ours)], "!control-plane"),
            (1, &[(0, Paused, ours)], "!control-plane"),
            // Died between creation and start.
            (1, &[(0, Created, ours)], "-control-plane +control-plane"),
            (1, &[(0, Gone, ours)], "-control-plane +control-plane"),
            (2, &[(0, Running, ours)], "+worker"),
            (2, &[(0, Running, ours), (1, Created, ours)], "-worker +worker"),
            (1, &[(0, Running, ours), (1, Running, ours), (2, Stopped, ours)], "-worker -worker2"),
            // Workers without their control plane.
            (2, &[(1, Running, ours)], "-worker +control-plane +worker"),
            (2, &[(0, Created, ours), (1, Running, ours)], "-control-plane -worker +control-plane +worker"),
            // kind's own.
            (1, &[(0, Running, None)], "adopt"),
            (1, &[(0, Stopped, None), (1, Running, None)], "adopt !control-plane"),
        ] {
            let found: Vec<Found> =
                present.iter().map(|&(index, state, labels)| found(index, state, labels)).collect();
            assert_eq!(told(&decide(&wanted(nodes), &found).expect("a plan")), expected, "{present:?}");
        }
    }

    #[test]
    fn what_belongs_to_others_is_not_touched() {
        for (index, labels, part) in [
            (0, Some(("t", "/clusters/c")), "the sandbox `t`"),
            (0, Some(("s", "/clusters/d")), "the cluster /clusters/d"),
            (1, None, "without a control plane"),
        ] {
            let error =
                decide(&wanted(1), &[found(index, State::Running, labels)]).expect_err("refused").to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
