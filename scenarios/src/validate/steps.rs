//! The story: its steps name resources that exist.

use super::World;
use crate::findings::Findings;

pub(super) fn check(world: &World, findings: &mut Findings) {
    for key in world.document.steps.iter().flat_map(|step| &step.deploys) {
        world.known_key(key, findings);
    }
}
