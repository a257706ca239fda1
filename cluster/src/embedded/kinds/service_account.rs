//! `ServiceAccount`: <https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/service-account-v1/>

use super::cell::{Cell, Column, Moment, age, items, name, text};
use super::shape::Type;
use super::{Definition, NAMESPACED, Subresource};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    singular: "serviceaccount",
    short_names: &["sa"],
    subresources: &[Subresource::Token],
    shape: Some(&[
        ("automountServiceAccountToken", Type::Any),
        ("imagePullSecrets", Type::Any),
        ("secrets", Type::Any),
    ]),
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] = &[text("Name"), text("Secrets"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    vec![name(object), items(&object["secrets"]).len().into(), age(object, now)]
}
