//! Applies a Kubernetes YAML file for the time of the lesson.

use super::{Lecture, Made, Stop};
use crate::model::Text;
use crate::verify::session::told;

pub(super) async fn take(lecture: &mut Lecture<'_>, file: &Text) -> Result<(), Stop> {
    let action = format!("applies {}", **file);
    lecture.act(&action);
    let done = apply(lecture, file).await;
    lecture.must(&action, done)
}

async fn apply(lecture: &mut Lecture<'_>, file: &Text) -> Result<(), String> {
    let session = lecture.session;
    let objects = session.scenario.assets.manifests.get(file.as_str()).map(Vec::as_slice).unwrap_or_default();
    let kubernetes = session.kubernetes().await?;
    for object in objects {
        lecture.made.push(Made::Object(object.clone()));
        kubernetes.apply(object).await.map_err(told)?;
    }
    Ok(())
}
