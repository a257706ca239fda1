//! The checks.

use super::{World, probe, unique};
use crate::findings::Findings;

pub(super) fn check(world: &World, findings: &mut Findings) {
    let checks = &world.document.checks;
    for check in checks {
        probe::check(world, &check.probe, findings);
    }
    unique("checks", checks.iter().map(|check| &check.id), findings);
}
