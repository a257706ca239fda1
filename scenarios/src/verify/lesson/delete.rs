//! Deletes a Kubernetes object.

use super::{Lecture, Stop};
use crate::model::ObjectReference;
use crate::verify::session::{reference, told};

pub(super) async fn take(lecture: &mut Lecture<'_>, object: &ObjectReference) -> Result<(), Stop> {
    let action = format!("deletes {} {}/{}", *object.kind, object.namespace, *object.name);
    lecture.act(&action);
    let done = delete(lecture, object).await;
    lecture.must(&action, done)
}

async fn delete(lecture: &Lecture<'_>, object: &ObjectReference) -> Result<(), String> {
    let kubernetes = lecture.session.kubernetes().await?;
    let path = kubernetes.path(&reference(object)).await.map_err(told)?;
    if kubernetes.delete(&path).await.map_err(told)? {
        Ok(())
    } else {
        Err("there is no such object".to_owned())
    }
}
