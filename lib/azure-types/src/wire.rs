//! Requests to Azure Resource Manager and their answers, as they are on the wire.

use arm::{ApiVersion, ResourceId};
use serde_json::Value;

use crate::{Body, Definition, Types, published};

/// A request without its body.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// Such as `PUT`.
    pub method: &'r str,
    /// The id, decoded.
    pub path: &'r str,
    /// With the api-version.
    pub query: &'r str,
}

/// What a request has that the published type of its resource does not allow. Nothing is found in requests about types
/// that are not published, with older api-versions, or where the definitions are not at hand.
pub fn check_request(request: Request<'_>, body: &Value) -> Vec<String> {
    let direction = match request.method {
        "PUT" => Body::Put,
        "PATCH" => Body::Patch,
        _ => return Vec::new(),
    };
    let definition = request.definition().filter(|definition| !request.is_older(definition));
    // A PUT that only links has no body.
    definition.filter(|_| !body.is_null()).map_or_else(Vec::new, |one| one.told(body, direction))
}

/// The resources in an answer to a request, each with what its published type does not allow; the request's api-version
/// is `Err` where it is older than the type.
pub fn check_answer(request: Request<'_>, body: &Value) -> Vec<Result<Vec<String>, String>> {
    let is_resource =
        matches!(request.method, "GET" | "PUT" | "PATCH") && request.path.starts_with("/subscriptions/");
    let Some(types) = published().filter(|_| is_resource && !body.is_null()) else { return Vec::new() };
    let found = request.resources(types, body).into_iter();
    found
        .map(|(definition, resource)| {
            if request.is_older(definition) {
                return Err(request.version().to_owned());
            }
            Ok(definition.told(resource, Body::Answer))
        })
        .collect()
}

impl Request<'_> {
    fn version(&self) -> &str {
        self.query.split('&').find_map(|pair| pair.strip_prefix("api-version=")).unwrap_or_default()
    }

    fn is_older(&self, definition: &Definition) -> bool {
        let date = |text: &str| text.parse::<ApiVersion>().ok().map(|version| version.date().to_owned());
        let dates = date(self.version()).zip(date(&definition.version));
        dates.is_some_and(|(asked, published)| asked < published)
    }

    fn definition(&self) -> Option<&'static Definition> {
        let id: ResourceId = self.path.parse().ok()?;
        published()?.get(id.resource_type().as_str())
    }

    /// The resource that the path names, or a list's items, unless they are shown in part only, as below `/resources`.
    fn resources<'a>(&self, types: &'static Types, body: &'a Value) -> Vec<(&'static Definition, &'a Value)> {
        let Some(items) = body.get("value").and_then(Value::as_array) else {
            return self.definition().map(|definition| (definition, body)).into_iter().collect();
        };
        let collection = self.path.rsplit('/').next().unwrap_or_default();
        let whole = items.iter().filter_map(|item| {
            let kind = item.get("type")?.as_str()?;
            let is_whole = kind.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(collection));
            types.get(kind).filter(|_| is_whole && item.get("id").is_some()).zip(Some(item))
        });
        whole.collect()
    }
}

impl Definition {
    fn told(&self, body: &Value, direction: Body) -> Vec<String> {
        let findings = self.check(body, direction);
        findings.iter().map(|finding| format!("{}: {finding}", self.name)).collect()
    }
}
