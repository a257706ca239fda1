//! `ValidatingWebhookConfiguration`:
//! <https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/validating-webhook-configuration-v1/>
//!
//! **Differs from Kubernetes:** stored; the webhooks are not called.

use super::cell::{Cell, Column, Moment, age, items, name, number, text};
use super::shape::{Keyed, Type};
use super::{CLUSTER_SCOPED, Definition};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "admissionregistration.k8s.io",
    kind: "ValidatingWebhookConfiguration",
    plural: "validatingwebhookconfigurations",
    singular: "validatingwebhookconfiguration",
    categories: &["api-extensions"],
    shape: Some(&[("webhooks", Type::Map(&Keyed { merge: "name", keys: &["name"], fields: WEBHOOK }))]),
    columns: COLUMNS,
    cells,
    ..CLUSTER_SCOPED
};

const WEBHOOK: super::Shape = &[
    ("admissionReviewVersions", Type::Atomic),
    ("clientConfig", Type::Any),
    ("failurePolicy", Type::Any),
    ("matchConditions", Type::Any),
    ("matchPolicy", Type::Any),
    ("name", Type::Any),
    ("namespaceSelector", Type::Atomic),
    ("objectSelector", Type::Atomic),
    ("rules", Type::Atomic),
    ("sideEffects", Type::Any),
    ("timeoutSeconds", Type::Any),
];

const COLUMNS: &[Column] = &[text("Name"), number("Webhooks"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    vec![name(object), items(&object["webhooks"]).len().into(), age(object, now)]
}
