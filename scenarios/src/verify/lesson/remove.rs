//! Deletes an Azure resource of the scenario.

use cloud::Method;

use super::{Lecture, Stop};
use crate::model::Text;
use crate::verify::session::told;

pub(super) async fn take(lecture: &mut Lecture<'_>, key: &Text) -> Result<(), Stop> {
    let title =
        lecture.session.resource(key).map_or_else(|_| key.to_string(), |resource| resource.title.to_owned());
    let action = format!("removes {title}");
    lecture.act(&action);
    let done = remove(lecture, key).await;
    lecture.must(&action, done)
}

async fn remove(lecture: &Lecture<'_>, key: &str) -> Result<(), String> {
    let resource = lecture.session.resource(key)?;
    let client = lecture.session.client;
    let answer = client.arm(Method::DELETE, &resource.path, None, resource.headers).await.map_err(told)?;
    client.wait(&answer).await.map(drop).map_err(told)
}
