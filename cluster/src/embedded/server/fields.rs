//! Fields that a kind does not have: dropped, told, or refused.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#setting-the-field-validation-level>
//!
//! **Differs from Kubernetes:** duplicate fields are not noticed (the last one counts); kinds without a shape, and
//! fields below [`crate::embedded::kinds::shape::Type::Any`], are not checked.

use http::Response;
use http::header::{HeaderValue, WARNING};

use super::query::FieldValidation;
use super::respond::Body;
use super::status::Failure;
use crate::embedded::kinds::Definition;
use crate::embedded::patch::{Root, drop_unknown, unknown_fields};
use crate::embedded::store::Object;

/// How many warnings a response carries.
const MOST: usize = 16;

/// Drops fields that the kind does not have. What to warn of is returned.
pub fn check(
    object: &mut Object,
    old: Option<&Object>,
    of: &Definition,
    validation: FieldValidation,
) -> Result<Vec<String>, Failure> {
    let root = Root(of.shape);
    let mut unknown = unknown_fields(object, root);
    if let Some(old) = old.filter(|_| !unknown.is_empty()) {
        let before = unknown_fields(old, root);
        unknown.retain(|field| !before.contains(field));
    }
    let texts: Vec<String> = unknown.iter().map(|field| format!("unknown field \"{field}\"")).collect();
    if validation == FieldValidation::Strict && !texts.is_empty() {
        return Err(Failure::bad_request(format!(
            "{kind} in version \"{}\" cannot be handled as a {kind}: strict decoding error: {}",
            of.version,
            texts.join(", "),
            kind = of.kind,
        )));
    }
    drop_unknown(object, root);
    Ok(if validation == FieldValidation::Warn { texts } else { Vec::new() })
}

/// Adds warnings to a response.
pub fn warn(response: &mut Response<Body>, warnings: &[String]) {
    for warning in warnings.iter().take(MOST) {
        let escaped = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{escaped}\"")) {
            response.headers_mut().append(WARNING, value);
        }
    }
}
