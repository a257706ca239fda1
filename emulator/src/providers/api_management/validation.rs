//! Validation errors as API Management words them (code `ValidationError`, one detail for each field), and the
//! gateway's own compiler as the judge of a whole service.

use arm::{ErrorDetail, ErrorResponse, ResourceId};
use diagnostic::Diagnostic;

use crate::Config;
use crate::engine::{Draft, Names, Removal, Resource, Store, text};
use crate::projections;
use serde_json::Value;

/// The name of most children of a service.
pub const NAME: Names = Names::Rule { min: 1, max: 80, accepts: is_name, rule: "none of `*#&+:<>?`" };
/// The name of the others.
pub const NAME_256: Names = Names::Rule { min: 1, max: 256, accepts: is_name, rule: "none of `*#&+:<>?`" };

fn is_name(name: &str) -> bool {
    !name.contains(|c: char| "*#&+:<>?".contains(c))
}

/// 400: one field is wrong.
pub fn field(target: &str, message: impl Into<String>) -> ErrorResponse {
    let mut detail = ErrorDetail::new("ValidationError", message);
    detail.target = Some(target.to_owned());
    fields(vec![detail])
}

/// 400: some fields are wrong.
pub fn fields(details: Vec<ErrorDetail>) -> ErrorResponse {
    ErrorResponse::new(400, "ValidationError", "One or more fields contain incorrect values:")
        .details(details)
}

/// A field that must be there and be text of a bounded length.
pub fn required(draft: &Draft<'_, '_>, name: &str, most: usize) -> Result<(), ErrorResponse> {
    match text(draft.properties(), &[name]) {
        None => Err(field(name, format!("{} is required.", capital(name)))),
        Some(value) if value.chars().count() > most => {
            Err(field(name, format!("{} must not be longer than {most} characters.", capital(name))))
        }
        Some(_) => Ok(()),
    }
}

/// A field that, if it is there, is an absolute URL.
pub fn url(properties: &Value, name: &str) -> Result<(), ErrorResponse> {
    let Some(url) = text(properties, &[name]) else { return Ok(()) };
    let valid = url.parse::<http::Uri>().is_ok_and(|uri| {
        uri.host().is_some() && uri.scheme_str().is_some_and(|scheme| matches!(scheme, "http" | "https"))
    });
    if valid && url.len() <= 2_000 {
        return Ok(());
    }
    Err(field(name, format!("{} is not a valid absolute HTTP or HTTPS URL.", capital(name))))
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The service that holds a resource.
pub fn service_of(store: &Store, id: &ResourceId) -> Option<std::sync::Arc<Resource>> {
    std::iter::successors(Some(id.clone()), ResourceId::parent)
        .filter(|id| id.resource_type().is("Microsoft.ApiManagement/service"))
        .find_map(|id| store.get(&id))
}

/// Compiles the service that the draft belongs to, with the draft in it.
pub fn compile(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    check_service(draft.world.config, draft.tx, &draft.id)
}

/// Compiles the service that holds a resource.
pub fn check_service(config: &Config, store: &Store, id: &ResourceId) -> Result<(), ErrorResponse> {
    let Some(service) =
        service_of(store, id).and_then(|found| projections::api_management_service(store, &found))
    else {
        return Ok(());
    };
    config.data_plane.check(&service).map_err(|found| problems(&found))
}

/// 400: what the gateway's compiler found.
pub fn problems(found: &[Diagnostic]) -> ErrorResponse {
    fields(found.iter().map(detail).collect())
}

/// Refuses to remove what the policies of the service cannot do without.
pub fn compile_without(
    removal: &Removal<'_, '_>,
    what: &str,
    remove: impl FnOnce(&mut apim::Service),
) -> Result<(), ErrorResponse> {
    let store: &Store = removal.tx;
    let service = service_of(store, &removal.resource.id)
        .and_then(|found| projections::api_management_service(store, &found));
    let Some(mut service) = service else { return Ok(()) };
    remove(&mut service);
    removal.config.data_plane.check(&service).map_err(|problems| {
        let message = format!("{what} cannot be deleted because it is in use by policies.");
        ErrorResponse::new(400, "ValidationError", message).details(problems.iter().map(detail).collect())
    })
}

/// `Error in element 'set-header' on line 19, column 7: …`: the gateway's compiler words its problems so; what else it
/// finds gets the place in front. What to do about it, which Azure does not say, is a detail of the detail.
fn detail(problem: &Diagnostic) -> ErrorDetail {
    const PREFIX: &str = "Error in element '";
    let named = problem.message.strip_prefix(PREFIX).and_then(|rest| rest.split('\'').next());
    let element = named.or_else(|| problem.message.split('`').nth(1)).unwrap_or("policies");
    let message = match &problem.span {
        Some(span) if named.is_none() => format!(
            "{PREFIX}{element}' on line {}, column {}: {}",
            span.start.line, span.start.column, problem.message
        ),
        _ => problem.message.clone(),
    };
    let mut detail = ErrorDetail::new("ValidationError", message);
    detail.target = Some(element.to_owned());
    detail.details = problem.help.iter().map(|help| ErrorDetail::new(problem.code, help)).collect();
    detail
}
