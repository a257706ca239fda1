//! Changes an Azure resource of the scenario.

use cloud::Method;

use super::{Lecture, Stop};
use crate::model::PatchResource;
use crate::verify::session::told;

pub(super) async fn take(lecture: &mut Lecture<'_>, patch: &PatchResource) -> Result<(), Stop> {
    let title = lecture.session.resource(&patch.resource).map_or("a resource", |resource| resource.title);
    let action = format!("changes {title}: {}", patch.body);
    lecture.act(&action);
    let done = change(lecture, patch).await;
    lecture.must(&action, done)
}

async fn change(lecture: &Lecture<'_>, patch: &PatchResource) -> Result<(), String> {
    let resource = lecture.session.resource(&patch.resource)?;
    let client = lecture.session.client;
    let request = client.arm(Method::PATCH, &resource.path, Some(&patch.body), resource.headers);
    let answer = request.await.map_err(told)?;
    client.wait(&answer).await.map(drop).map_err(told)
}
