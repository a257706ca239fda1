//! Tries to give the scenario's service principal a role, by the right or by a wrong identifier.

use cloud::{Answer, Method};

use super::{Lecture, Made, Stop};
use crate::compile::{self, Context, key};
use crate::model::{AssignRole, ExpectedError, PrincipalId};
use crate::verify::report::Seen;
use crate::verify::session::told;

pub(super) async fn take(lecture: &mut Lecture<'_>, assign: &AssignRole) -> Result<(), Stop> {
    let (words, _) = identifier(assign.principal);
    let title = match &assign.expect {
        Some(error) => format!("The role {} for {words} is refused: {}", *assign.role, error.code),
        None => format!("The role {} for {words} is given", *assign.role),
    };
    let started = lecture.session.clock().elapsed();
    let seen = try_it(lecture, assign).await;
    let latency = lecture.session.clock().elapsed().saturating_sub(started);
    lecture.conclude(&title, Some("management"), (seen, latency))
}

async fn try_it(lecture: &mut Lecture<'_>, assign: &AssignRole) -> Seen {
    let session = lecture.session;
    let known = session.restore(&[key::SERVICE_PRINCIPAL]).await?;
    let (words, reference) = identifier(assign.principal);
    let id = known.text(&reference).ok_or_else(|| format!("{words} is not known"))?;
    let scenario = session.scenario;
    let subscription = &session.client.environment().subscription_id;
    let context = Context::new(&scenario.document, &scenario.assets, subscription);
    let role = compile::role(&assign.role).ok_or_else(|| format!("there is no role {}", *assign.role))?;
    let (path, body) = compile::assignment(&context, role, assign.scope, &id)
        .ok_or_else(|| "the scenario has no such scope".to_owned())?;
    let answer = session.client.arm(Method::PUT, &path, Some(&body), &[]).await.map_err(told)?;
    if answer.is_success() {
        lecture.made.push(Made::Resource(path));
    }
    judge(&answer, assign.expect.as_ref())
}

fn judge(answer: &Answer, expect: Option<&ExpectedError>) -> Seen {
    let (code, message) = answer.error();
    let detail = format!("{} {code}: {message}", answer.status);
    let Some(expect) = expect else {
        return if answer.is_success() { Ok("the role is assigned".to_owned()) } else { Err(detail) };
    };
    if answer.is_success() {
        return Err("it was accepted".to_owned());
    }
    let said = expect
        .message_contains
        .as_ref()
        .is_none_or(|text| message.to_lowercase().contains(&text.to_lowercase()));
    if answer.status == expect.status && code == expect.code && said { Ok(detail) } else { Err(detail) }
}

/// The identifier in words, and where its value is found.
fn identifier(principal: PrincipalId) -> (&'static str, String) {
    match principal {
        PrincipalId::ServicePrincipalObjectId => {
            ("the service principal's object id", format!("{}.objectId", key::SERVICE_PRINCIPAL))
        }
        PrincipalId::ApplicationObjectId => {
            ("the application's object id", format!("{}.objectId", key::APPLICATION))
        }
        PrincipalId::ApplicationId => ("the application's client id", format!("{}.appId", key::APPLICATION)),
    }
}
