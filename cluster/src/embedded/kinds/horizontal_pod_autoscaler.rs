//! `HorizontalPodAutoscaler`: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/>
//!
//! **Differs from Kubernetes:** read only.

use super::cell::{Cell, Column, Moment, age, count, name, number, text};
use super::{Access, Definition, NAMESPACED};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "autoscaling",
    version: "v2",
    kind: "HorizontalPodAutoscaler",
    plural: "horizontalpodautoscalers",
    singular: "horizontalpodautoscaler",
    short_names: &["hpa"],
    categories: &["all"],
    access: Access::Refused(
        "no controller of the sandbox acts on HorizontalPodAutoscalers yet; use `kubectl scale`",
    ),
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] = &[text("Name"), text("Reference"), number("Replicas"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let target = &object["spec"]["scaleTargetRef"];
    let [kind, of] = ["kind", "name"].map(|field| target[field].as_str().unwrap_or_default());
    let reference = format!("{kind}/{of}");
    vec![name(object), reference.into(), count(&object["status"]["currentReplicas"]), age(object, now)]
}
