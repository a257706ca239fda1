//! The lessons: what they take apart exists and can be put back.

use diagnostic::Diagnostic;

use super::{World, probe, unique};
use crate::findings::Findings;
use crate::model::{Lesson, LessonStep, Text};
use crate::{codes, compile, suggest};

pub(super) fn check(world: &World, findings: &mut Findings) {
    let lessons = &world.document.lessons;
    for lesson in lessons {
        lesson.restores.iter().for_each(|key| world.known_key(key, findings));
        check_steps(world, lesson, &lesson.steps, findings);
    }
    unique("lessons", lessons.iter().map(|lesson| &lesson.id), findings);
}

fn check_steps(world: &World, lesson: &Lesson, steps: &[LessonStep], findings: &mut Findings) {
    for step in steps {
        match step {
            LessonStep::Remove(key) => {
                world.known_key(key, findings);
                put_back(lesson, key, findings);
            }
            LessonStep::Restore(keys) => keys.iter().for_each(|key| world.known_key(key, findings)),
            LessonStep::Patch(patch) => world.known_key(&patch.resource, findings),
            LessonStep::AssignRole(assign) => {
                world.needs("identity", &assign.role, "a role assignment", findings);
                if compile::role(&assign.role).is_none() {
                    let message = format!("`{}` is no built-in role that is known here", *assign.role);
                    let roles = compile::ROLES.iter().map(|role| role.name);
                    let help = suggest::did_you_mean(&assign.role, roles);
                    findings.add(&assign.role, Diagnostic::new(codes::UNKNOWN_VALUE, message).help(help));
                }
            }
            LessonStep::Apply(file) => world.needs("cluster", file, "a Kubernetes file", findings),
            LessonStep::Delete(object) => {
                world.needs("cluster", &object.name, "a Kubernetes object", findings);
            }
            LessonStep::ReplacePod(pod) => world.needs("cluster", &pod.deployment, "a Pod", findings),
            LessonStep::Expect(expectation) => probe::check(world, &expectation.probe, findings),
            LessonStep::Load(load) => {
                probe::check_url(world, &load.url, &load.expect, findings);
                check_steps(world, lesson, &load.meanwhile, findings);
            }
        }
    }
}

/// What a lesson removes, it must put back whatever happens.
fn put_back(lesson: &Lesson, key: &Text, findings: &mut Findings) {
    if !lesson.restores.contains(key) {
        let message = format!("the lesson removes `{}` and does not say that it puts it back", **key);
        let problem = Diagnostic::new(codes::MISSING_REFERENCE, message)
            .help(format!("add `{}` to the lesson's `restores`", **key));
        findings.add(key, problem);
    }
}
