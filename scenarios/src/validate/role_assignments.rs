//! Role assignments: principal, role and scope.

use diagnostic::Diagnostic;

use super::{World, unique};
use crate::findings::Findings;
use crate::model::{RoleAssignment, Scope};
use crate::{codes, compile, suggest};

pub(super) fn check(world: &World, findings: &mut Findings) {
    let assignments = &world.document.role_assignments;
    for assignment in assignments {
        principal(world, assignment, findings);
        if compile::role(&assignment.role).is_none() {
            let message = format!("`{}` is no built-in role that is known here", *assignment.role);
            let help = suggest::did_you_mean(&assignment.role, compile::ROLES.iter().map(|role| role.name));
            findings.add(&assignment.role, Diagnostic::new(codes::UNKNOWN_VALUE, message).help(help));
        }
        match *assignment.scope {
            Scope::ResourceGroup => {}
            Scope::VirtualNetwork => world.needs("network", &assignment.name, "this scope", findings),
            Scope::ClusterSubnet => world.needs("cluster", &assignment.name, "this scope", findings),
        }
    }
    unique("role assignments", assignments.iter().map(|assignment| &assignment.name), findings);
}

fn principal(world: &World, assignment: &RoleAssignment, findings: &mut Findings) {
    let Some(identity) = &world.document.identity else {
        return world.needs("identity", &assignment.principal, "a role assignment", findings);
    };
    if *assignment.principal != *identity.application {
        let message = format!("the file has no application `{}`", *assignment.principal);
        let help = suggest::did_you_mean(&assignment.principal, [identity.application.as_str()]);
        findings.add(&assignment.principal, Diagnostic::new(codes::MISSING_REFERENCE, message).help(help));
    }
}
