//! `Job`: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/>
//!
//! **Differs from Kubernetes:** read only.

use super::cell::{Cell, Column, Moment, age, count, name, text};
use super::{Access, Definition, NAMESPACED};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "batch",
    kind: "Job",
    plural: "jobs",
    singular: "job",
    categories: &["all"],
    access: Access::Refused(
        "no controller of the sandbox acts on Jobs yet; use a Pod with restartPolicy Never",
    ),
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] = &[text("Name"), text("Completions"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let done = format!("{}/{}", count(&object["status"]["succeeded"]), count(&object["spec"]["completions"]));
    vec![name(object), done.into(), age(object, now)]
}
