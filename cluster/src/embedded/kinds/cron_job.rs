//! `CronJob`: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1/>
//!
//! **Differs from Kubernetes:** read only.

use super::cell::{Cell, Column, Moment, age, name, text};
use super::{Access, Definition, NAMESPACED};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "batch",
    kind: "CronJob",
    plural: "cronjobs",
    singular: "cronjob",
    short_names: &["cj"],
    categories: &["all"],
    access: Access::Refused("no controller of the sandbox acts on CronJobs yet"),
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] = &[text("Name"), text("Schedule"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    vec![name(object), object["spec"]["schedule"].clone(), age(object, now)]
}
