//! Reads an Azure resource.

use cloud::Method;

use super::field;
use crate::model::ArmCheck;
use crate::verify::report::Seen;
use crate::verify::session::{Session, told};

pub(super) async fn observe(session: &Session<'_>, check: &ArmCheck) -> Seen {
    let resource = session.resource(&check.get)?;
    let answer = session.client.arm(Method::GET, &resource.path, None, &[]).await.map_err(told)?;
    let answer = answer.success().map_err(told)?;
    let named = |seen: String| format!("{}: {seen}", resource.title);
    field::judge(&answer.body, &check.expect).map(named).map_err(named)
}
