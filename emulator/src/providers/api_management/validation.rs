//! Validation errors as API Management words them (code `ValidationError`, one detail for each field), and the
//! gateway's own compiler as the judge of a whole service.

use arm::{ErrorDetail, ErrorResponse, ResourceId};
use diagnostic::Diagnostic;

use crate::Config;
use crate::engine::{Draft, Resource, Store, text};
use crate::projections;

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

fn check_service(config: &Config, store: &Store, id: &ResourceId) -> Result<(), ErrorResponse> {
    let Some(service) =
        service_of(store, id).and_then(|found| projections::api_management_service(store, &found))
    else {
        return Ok(());
    };
    config.data_plane.check(&service).map_err(|problems| fields(problems.iter().map(detail).collect()))
}

/// `Error in element 'set-header' on line 19, column 7: …`.
fn detail(problem: &Diagnostic) -> ErrorDetail {
    let place = problem.span.as_ref().map(|span| span.start);
    let element = problem.message.split('`').nth(1).unwrap_or("policies");
    let mut message = match place {
        Some(place) => format!(
            "Error in element '{element}' on line {}, column {}: {}",
            place.line, place.column, problem.message
        ),
        None => problem.message.clone(),
    };
    if let Some(help) = &problem.help {
        message = format!("{message}. {help}");
    }
    message = format!("{message} [{}]", problem.code);
    let mut detail = ErrorDetail::new("ValidationError", message);
    detail.target = Some(element.to_owned());
    detail
}
