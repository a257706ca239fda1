//! The issues of all APIs of a service: <https://learn.microsoft.com/rest/api/apimanagement/issue>.

use std::sync::Arc;

use arm::ResourceId;

use super::stored::STORED;
use super::{api_issues, links};
use crate::engine::{Definition, Resource, Store, Verb};

/// The type: what [`api_issues`] keeps, shown under the service.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/issues",
    summary: "What users found wrong with APIs.",
    verbs: &[Verb::Get, Verb::List],
    find: |store, id| {
        let service = id.parent()?;
        let named = |issue: &&Arc<Resource>| issue.id.name().eq_ignore_ascii_case(id.name());
        store
            .of_type(api_issues::DEFINITION.name, Some(&service))
            .find(named)
            .map(|issue| links::shown_in(&service, &DEFINITION, issue))
    },
    select: |store: &Store, _, service: Option<&ResourceId>| {
        let Some(service) = service else { return Vec::new() };
        let issues = store.of_type(api_issues::DEFINITION.name, Some(service));
        issues.map(|issue| links::shown_in(service, &DEFINITION, issue)).collect()
    },
    ..STORED
};
