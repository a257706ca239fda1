//! The APIs: <https://learn.microsoft.com/rest/api/apimanagement/apis/create-or-update>.

use cloud::Node;
use serde_json::{Value, json};

use super::{Context, child};
use crate::model::Api;
use crate::template::Template;

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let Some((service, id)) = context.service() else { return Vec::new() };
    service
        .apis
        .iter()
        .map(|api| {
            let title = format!("API {}", *api.name);
            child(format!("api/{}", *api.name), title, &id.child("apis", &api.name)).body(body(api)).done()
        })
        .collect()
}

fn body(api: &Api) -> Value {
    let service_url = Template::parse(&api.service_url).map_or(Value::Null, |template| template.value());
    let protocols: Vec<&str> = api.protocols.iter().map(|protocol| protocol.as_str()).collect();
    json!({"properties": {
        "displayName": api.display_name,
        "path": *api.path,
        "protocols": protocols,
        "serviceUrl": service_url,
        "subscriptionRequired": api.subscription_required,
        "apiRevision": "1",
    }})
}
