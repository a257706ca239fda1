//! The managed cluster and what it needs.

use diagnostic::Diagnostic;

use super::World;
use crate::codes;
use crate::findings::Findings;

/// Nodes that a pool can have.
const MOST_NODES: u32 = 1_000;

pub(super) fn check(world: &World, findings: &mut Findings) {
    let Some(cluster) = &world.document.cluster else { return };
    world.needs("identity", &cluster.name, "a cluster", findings);
    world.known_subnet(&cluster.pool.subnet, findings);
    let count = &cluster.pool.count;
    if **count == 0 || **count > MOST_NODES {
        let message = format!("a system node pool cannot have {} nodes", **count);
        let problem = Diagnostic::new(codes::UNSUPPORTED, message).help(format!("take 1 to {MOST_NODES}"));
        findings.add(count, problem);
    }
}
