//! Deployments of ARM templates to a resource group or a subscription:
//! <https://learn.microsoft.com/rest/api/resources/deployments>.
//!
//! **Differs from Azure:** the resources are made when the deployment begins; its operation then takes as long as they
//! would. Incremental mode only; templates at links, parameters from a key vault, rollback and cancelling are refused,
//! and so are deployments to management groups and tenants.

use arm::{ErrorDetail, ErrorResponse, ResourceId};
use serde_json::{Value, json};
use sim::Ids;

use crate::engine::{
    Announce, Answers, Definition, Draft, Example, Fidelity, LongRunning, Model, Names, Resource, Scope,
    StateShown, Store, Timing, Verb, normalize_location, property, set, take, text,
};
use crate::templates::{self, Outcome, Request};

const DEPLOYING: Option<Timing> = Some(Timing { azure: std::time::Duration::from_secs(5), state: "Running" });

/// Where the list of operations is kept.
pub const OPERATIONS: &str = "operations";

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Resources/deployments",
    summary: "Makes the resources of a template, in a resource group or a subscription.",
    modelled: "2025-04-01",
    scope: Scope::ResourceGroup,
    names: Names::Rule {
        min: 1,
        max: 64,
        accepts: |name| name.chars().all(|c| c.is_alphanumeric() || "-_.()".contains(c)),
        rule: "letters, digits, `-`, `_`, `.` and parentheses",
    },
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    answers: Answers { found: 204, ..Definition::CHILD.answers },
    long_running: LongRunning {
        create: DEPLOYING,
        update: DEPLOYING,
        delete: Some(Timing { azure: std::time::Duration::from_secs(5), state: "Deleting" }),
        announce: Announce::Locations,
    },
    state: StateShown::Properties,
    feeds: &[Model::Network, Model::Clusters, Model::ApiManagement],
    fidelity: Fidelity::Approximate("incremental mode; resources are made at once"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Resources/deployments/example-deployment",
        body: r#"{"properties": {"mode": "Incremental", "parameters": {"prefix": {"value": "10.40"}}, "template": {
            "contentVersion": "1.0.0.0", "parameters": {"prefix": {"type": "string"}},
            "resources": [{"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-05-01",
                "name": "[concat('example-', 'deployed')]", "location": "[resourceGroup().location]",
                "properties": {"addressSpace": {"addressPrefixes": ["[format('{0}.0.0/16', parameters('prefix'))]"]}}}],
            "outputs": {"id": {"type": "string",
                "value": "[resourceId('Microsoft.Network/virtualNetworks', 'example-deployed')]"}}}}}"#,
        patch: None,
        after: &["Microsoft.Resources/resourceGroups"],
    }],
    defaults: keep_location,
    check,
    provision,
    view,
    select: |store, definition, scope| {
        let all = store.within(definition, scope);
        all.into_iter().filter(|found| found.id.scope().as_ref() == scope).collect()
    },
    ..Definition::CHILD
};

/// The path with the provider in it: clients ask for `/resourceGroups/{group}/deployments/{name}/operations`, too.
pub fn with_provider(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        [_, subscription, groups, group, kind, rest @ ..]
            if groups.eq_ignore_ascii_case("resourceGroups") && kind.eq_ignore_ascii_case("deployments") =>
        {
            let group = format!("/subscriptions/{subscription}/{groups}/{group}");
            let base = format!("{group}/providers/Microsoft.Resources/deployments");
            std::iter::once(base.as_str()).chain(rest.iter().copied()).collect::<Vec<_>>().join("/")
        }
        _ => path.to_owned(),
    }
}

/// Refuses what is no deployment.
pub fn check_properties(properties: &Value) -> Result<(), ErrorResponse> {
    match text(properties, &["mode"]).map(str::to_ascii_lowercase).as_deref() {
        Some("incremental") => {}
        Some("complete") => return Err(ErrorResponse::not_implemented("A deployment in complete mode")),
        _ => {
            let message = "The deployment mode must be 'Incremental' or 'Complete'.";
            return Err(ErrorResponse::new(400, "InvalidDeploymentMode", message));
        }
    }
    for link in ["templateLink", "parametersLink", "onErrorDeployment"] {
        if property(properties, &[link]).is_object() {
            return Err(ErrorResponse::not_implemented(&format!("A deployment with '{link}'")));
        }
    }
    Ok(())
}

/// A deployment to a subscription has a location, for good; one to a resource group is where its group is.
pub fn check_location(id: &ResourceId, body: &Value, before: Option<&Value>) -> Result<(), ErrorResponse> {
    let (name, location) = (id.name(), text(body, &["location"]));
    let see = "Please see https://aka.ms/deploy-to-subscription for usage details.";
    let wrong = |message: String| Err(ErrorResponse::new(400, "InvalidDeployment", message));
    let Some(location) = location else {
        return match id.resource_group() {
            Some(_) => Ok(()),
            None => wrong(format!("The 'location' property must be specified for '{name}'. {see}")),
        };
    };
    if id.resource_group().is_some() {
        return wrong(format!(
            "The 'location' property is not allowed for '{name}' at resource group scope. {see}"
        ));
    }
    let location = normalize_location(location, DEFINITION.name)?;
    match before.and_then(|before| text(before, &["location"])).filter(|before| *before != location) {
        None => Ok(()),
        Some(before) => {
            let message = format!(
                "Invalid deployment location '{location}'. The deployment '{name}' already exists in location '{before}'."
            );
            Err(ErrorResponse::new(409, "InvalidDeploymentLocation", message))
        }
    }
}

fn keep_location(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let before = draft.existing.as_ref().map(|existing| &existing.body);
    check_location(&draft.id, &draft.body, before)?;
    if let Some(location) = text(&draft.body, &["location"]) {
        let location = normalize_location(location, DEFINITION.name)?;
        set(&mut draft.body, &["location"], location);
    }
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    check_properties(draft.properties())
}

fn provision(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let (id, properties) = (draft.id.clone(), draft.properties().clone());
    let location = text(&draft.body, &["location"]).map(str::to_owned);
    let request = Request { id: &id, properties: &properties, location: location.as_deref() };
    let outcome = templates::run(draft.world, draft.tx, &request)?;
    draft.takes = outcome.duration;
    draft.failure.clone_from(&outcome.failure);
    let Some(stored) = draft.tx.get(&draft.id) else { return Ok(()) };
    let mut deployment = stored.as_ref().clone();
    let now = draft.world.call.now.rfc3339();
    let correlation = Ids::named(&[draft.id.key(), &now]);
    deployment.body = json!({"properties": result(&outcome, &now, &correlation)});
    deployment.body[OPERATIONS] = json!(outcome.operations);
    if let Some(location) = location {
        set(&mut deployment.body, &["location"], location);
    }
    draft.tx.put(deployment);
    Ok(())
}

/// The properties that a deployment shows.
pub fn result(outcome: &Outcome, now: &str, correlation: &str) -> Value {
    let mut properties = json!({
        "mode": "Incremental",
        "parameters": outcome.parameters,
        "timestamp": now,
        "duration": format!("PT{}S", outcome.duration.as_secs()),
        "correlationId": correlation,
        "providers": [],
        "dependencies": [],
        "outputs": outcome.outputs,
        "outputResources":
            outcome.resources.iter().map(|id| json!({"id": id.as_str()})).collect::<Vec<_>>(),
    });
    if let Some(error) = &outcome.failure {
        set(&mut properties, &["error"], json!(error));
    }
    properties
}

fn view(deployment: &Resource, _: &Store, shown: &mut Value) {
    take(shown, &[OPERATIONS]);
    if deployment.operation.is_some() {
        // The result shows when the operation has ended.
        for result in ["error", "outputs", "outputResources"] {
            take(shown, &["properties", result]);
        }
    }
}

/// 400: what resources would refuse.
pub fn not_valid(name: &str, tracking: &str, failure: &ErrorDetail) -> ErrorResponse {
    let message = format!(
        "The template deployment '{name}' is not valid according to the validation procedure. The tracking id is '{tracking}'. See inner errors for details."
    );
    ErrorResponse::new(400, "InvalidTemplateDeployment", message).details(failure.details.clone())
}
