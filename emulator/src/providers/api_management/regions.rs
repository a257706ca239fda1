//! Regions of a service: <https://learn.microsoft.com/rest/api/apimanagement/region>.

use std::sync::Arc;

use serde_json::json;

use super::stored::STORED;
use crate::engine::{Definition, Resource, Verb, array, text};

/// The type. A region is no resource: it shows a name and whether it is the first.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/regions",
    summary: "Where a service runs.",
    verbs: &[Verb::List],
    select: |store, definition, service| {
        let Some(service) = service.and_then(|service| store.get(service)) else { return Vec::new() };
        let first = text(&service.body, &["location"]).into_iter().map(|name| (name, true));
        let others = array(service.properties(), &["additionalLocations"]).iter();
        let others = others.filter_map(|place| Some((text(place, &["location"])?, false)));
        let row = |(name, is_master): (&str, bool)| {
            let body = json!({"name": name, "isMasterRegion": is_master, "isDeleted": false});
            Arc::new(Resource::new(service.id.child("regions", name), definition, body))
        };
        first.chain(others).map(row).collect()
    },
    view: |region, _, shown| *shown = region.body.clone(),
    ..STORED
};
