//! Reads a Kubernetes object.

use super::field;
use crate::model::KubernetesCheck;
use crate::verify::report::Seen;
use crate::verify::session::Session;

pub(super) async fn observe(session: &Session<'_>, check: &KubernetesCheck) -> Seen {
    let name = format!("{} {}/{}", *check.get.kind, check.get.namespace, *check.get.name);
    let object = session.object(&check.get).await?.ok_or_else(|| format!("there is no {name}"))?;
    let named = |seen: String| format!("{name}: {seen}");
    field::judge(&object, &check.expect).map(named).map_err(named)
}
