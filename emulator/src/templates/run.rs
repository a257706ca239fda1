//! Deploying a template: its resources one after the other, each by the very request that a client would send.

use std::time::Duration;

use arm::{ErrorDetail, ErrorResponse, ResourceId, ResourceType};
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Map, Value, json};
use sim::Pace;

use super::plan::{Item, items};
use super::scope::Scope;
use super::{functions, invalid, parameters};
use crate::engine::{Transaction, World, authorization, lock, property, put, run_action, take, text};
use crate::providers;

/// What is deployed where.
pub struct Request<'r> {
    /// The deployment.
    pub id: &'r ResourceId,
    /// The `properties` of its body.
    pub properties: &'r Value,
    /// Where its data is kept, for one to a subscription.
    pub location: Option<&'r str>,
}

/// What became of it.
#[derive(Default)]
pub struct Outcome {
    /// One entry for each resource, as the list of operations shows it.
    pub operations: Vec<Value>,
    /// The resources that were deployed.
    pub resources: Vec<ResourceId>,
    /// The template's outputs.
    pub outputs: Value,
    /// The parameters, without secure ones.
    pub parameters: Value,
    /// How long it takes in Azure.
    pub duration: Duration,
    /// What went wrong.
    pub failure: Option<ErrorDetail>,
}

/// The most actions that are asked for one resource.
const LISTS: usize = 50;

/// Fields of a template's resource that are not part of the request.
const NOT_SENT: &[&str] = &[
    "type",
    "name",
    "apiVersion",
    "dependsOn",
    "condition",
    "copy",
    "resources",
    "comments",
    "scope",
    "resourceGroup",
    "subscriptionId",
    "existing",
];

/// Deploys a template.
///
/// # Errors
/// The template itself is wrong; nothing was deployed. What resources refuse is in the outcome.
pub fn run(
    world: World<'_>,
    tx: &mut Transaction<'_>,
    request: &Request<'_>,
) -> Result<Outcome, ErrorResponse> {
    let template = request.properties.get("template").unwrap_or(&Value::Null);
    if !template.is_object() {
        return Err(invalid("The template is missing, or it is at a link, which is not supported"));
    }
    let mut scope = scope(world, request, template)?;
    let parameters = parameters::fill(&mut scope, request.properties, tx)?;
    let mut outcome = Outcome { parameters, ..Outcome::default() };
    let planned = items(&scope, tx)?;
    for item in &planned {
        scope.names.extend(item.names.iter().map(|name| (name.clone(), item.id.clone())));
    }
    deploy(world, tx, (&scope, planned), &mut outcome)?;
    if outcome.failure.is_none() {
        outcome.outputs = with_lists(world, tx, &scope, |tx| outputs(&scope, tx))?;
    }
    Ok(outcome)
}

/// What the template's expressions see, before there are parameters.
fn scope<'t>(
    world: World<'_>,
    request: &Request<'_>,
    template: &'t Value,
) -> Result<Scope<'t>, ErrorResponse> {
    let origin = &world.config.origin;
    let deployment = json!({
        "name": request.id.name(),
        "location": request.location,
        "properties": {
            "mode": property(request.properties, &["mode"]),
            "template": {"contentVersion": property(template, &["contentVersion"])},
        },
    });
    let environment = json!({
        "name": "apimlab",
        "resourceManager": origin,
        "authentication": {"loginEndpoint": origin, "audiences": [origin], "tenant": "common"},
        "suffixes": {"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net"},
    });
    Ok(Scope {
        template,
        parameters: Map::new(),
        target: target(request.id).ok_or_else(|| invalid("There is nothing that is deployed to"))?,
        tenant: world.config.seed.tenant_id.clone(),
        environment,
        now: world.call.now,
        deployment,
        names: Vec::new(),
        loops: Vec::new(),
        lambdas: Vec::new(),
        lists: std::rc::Rc::default(),
        steps: std::rc::Rc::default(),
    })
}

/// What a deployment deploys to, as Azure writes it: az asks for `resourcegroups`.
fn target(deployment: &ResourceId) -> Option<ResourceId> {
    deployment.scope().map(|scope| scope.resource_group_id().unwrap_or(scope))
}

/// Deploys the items in the order of their dependencies, until one fails.
fn deploy(
    world: World<'_>,
    tx: &mut Transaction<'_>,
    (scope, planned): (&Scope<'_>, Vec<Item>),
    outcome: &mut Outcome,
) -> Result<(), ErrorResponse> {
    let known: Vec<String> = planned.iter().flat_map(|item| item.names.clone()).collect();
    let (mut waiting, mut done): (Vec<Item>, Vec<(String, Duration)>) = (planned, Vec::new());
    while !waiting.is_empty() {
        let blocked = |item: &Item| {
            item.waits_for
                .iter()
                .any(|name| waiting.iter().any(|other| other.id != item.id && other.names.contains(name)))
        };
        // What refers to a resource that is still waiting waits, too, though it does not say so.
        let ready = waiting.iter().position(|item| {
            !blocked(item) && (waiting.len() == 1 || !item.wanted || body(scope, item, tx).is_ok())
        });
        let ready = ready.or_else(|| waiting.iter().position(|item| !blocked(item)));
        let Some(ready) = ready else {
            return Err(invalid("Circular dependency detected on the resources of the template"));
        };
        let item = waiting.remove(ready);
        if let Some(name) =
            item.waits_for.iter().find(|name| !known.contains(name) && tx.find(name).is_none())
        {
            let message = format!("The resource '{name}' is not defined in the template");
            return Err(invalid(message));
        }
        if !item.wanted {
            continue;
        }
        let began = done.iter().filter(|(name, _)| item.waits_for.contains(name)).map(|(_, at)| *at).max();
        let mark = tx.mark();
        let took = match send(world, tx, (scope, &item), outcome) {
            Ok(took) => took,
            Err(error) => {
                tx.back_to(mark);
                outcome.operations.push(operation(&item.id, error.status, Some(&error.error)));
                outcome.failure = Some(failure(error.error));
                return Ok(());
            }
        };
        let ends = began.unwrap_or_default() + took;
        outcome.duration = outcome.duration.max(ends);
        done.extend(item.names.iter().map(|name| (name.clone(), ends)));
    }
    Ok(())
}

fn body(scope: &Scope<'_>, item: &Item, tx: &Transaction<'_>) -> Result<Value, ErrorResponse> {
    let mut scope = scope.clone();
    scope.loops.clone_from(&item.loops);
    let mut written = item.written.clone();
    for field in NOT_SENT {
        take(&mut written, &[field]);
    }
    // A nested template with a scope of its own is evaluated when it is deployed.
    let inner = text(&written, &["properties", "expressionEvaluationOptions", "scope"])
        .is_some_and(|scope| scope.eq_ignore_ascii_case("inner"));
    let template = if inner { take(&mut written, &["properties", "template"]) } else { None };
    let mut body = scope.evaluate(&written, tx)?;
    if let Some(template) = template {
        crate::engine::set(&mut body, &["properties", "template"], template);
    }
    Ok(body)
}

/// Sends the request for one resource and says how long it takes in Azure.
fn send(
    world: World<'_>,
    tx: &mut Transaction<'_>,
    (scope, item): (&Scope<'_>, &Item),
    outcome: &mut Outcome,
) -> Result<Duration, ErrorResponse> {
    let version = text(&item.written, &["apiVersion"]).unwrap_or_default().to_owned();
    let body = with_lists(world, tx, scope, |tx| body(scope, item, tx))?;
    let mut call = world.call.clone();
    call.method = Method::PUT;
    call.path = item.id.to_string();
    call.query = vec![("api-version".to_owned(), version.clone())];
    call.headers = HeaderMap::new();
    call.body = Bytes::from(body.to_string());
    // The deployment takes the time that its resources take.
    call.pace = Pace::Instant;
    call.fault = None;
    let kind: ResourceType = item.id.resource_type();
    let definition = providers::definition(&kind).ok_or_else(|| providers::unknown(&kind, &version))?;
    call.version()?;
    authorization::check(tx, &call, &definition.permission("write"), &item.id)?;
    lock::check(tx, &item.id, lock::Change::Write)?;
    let existed = (definition.find)(tx, &item.id).is_some();
    let answer = put(World { call: &call, ..world }, tx, &item.id, definition)?;
    outcome.operations.push(operation(&item.id, answer.status, None));
    outcome.resources.push(item.id.clone());
    if let Some(detail) = nested_failure(answer.body.as_ref()) {
        return Err(ErrorResponse { status: 409, error: detail });
    }
    let timing = definition.long_running;
    Ok(if existed { timing.update } else { timing.create }.map(|timing| timing.azure).unwrap_or_default())
}

/// Evaluates, and asks for what `list…` functions need, until nothing is missing.
fn with_lists<T>(
    world: World<'_>,
    tx: &mut Transaction<'_>,
    scope: &Scope<'_>,
    evaluate: impl Fn(&Transaction<'_>) -> Result<T, ErrorResponse>,
) -> Result<T, ErrorResponse> {
    for _ in 0..LISTS {
        scope.lists.borrow_mut().wanted = None;
        let evaluated = evaluate(tx);
        let Some((id, function)) = scope.lists.borrow_mut().wanted.take().filter(|_| evaluated.is_err())
        else {
            return evaluated;
        };
        let given = list(world, tx, &id, &function)?;
        scope.lists.borrow_mut().given.insert((id.key().to_owned(), function), given);
    }
    Err(invalid(format!("A resource needs more than {LISTS} lists")))
}

/// What the action behind a `list…` function answers.
fn list(
    world: World<'_>,
    tx: &mut Transaction<'_>,
    id: &ResourceId,
    function: &str,
) -> Result<Value, ErrorResponse> {
    let kind = id.resource_type();
    let definition = providers::definition(&kind).ok_or_else(|| providers::unknown(&kind, ""))?;
    let Some(action) = definition.action(function) else {
        return Err(invalid(format!("The resource type '{kind}' has no '{function}'")));
    };
    authorization::check(tx, world.call, &definition.permission(action.permission), id)?;
    let mut call = world.call.clone();
    call.method = Method::POST;
    call.path = format!("{id}/{}", action.name);
    call.query = vec![("api-version".to_owned(), definition.modelled.to_owned())];
    (call.headers, call.body, call.fault) = (HeaderMap::new(), Bytes::new(), None);
    let answer = run_action(World { call: &call, ..world }, tx, id, (definition, action))?;
    Ok(answer.body.unwrap_or_default())
}

/// What a nested deployment failed with.
fn nested_failure(body: Option<&Value>) -> Option<ErrorDetail> {
    let error = property(body?, &["properties", "error"]);
    serde_json::from_value(error.clone()).ok()
}

fn failure(detail: ErrorDetail) -> ErrorDetail {
    let message = "At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.";
    ErrorDetail { details: vec![detail], ..ErrorDetail::new("DeploymentFailed", message) }
}

fn operation(id: &ResourceId, status: u16, error: Option<&ErrorDetail>) -> Value {
    let mut made = json!({
        "provisioningOperation": "Create",
        "provisioningState": if error.is_some() { "Failed" } else { "Succeeded" },
        "statusCode": status,
        "targetResource": {
            "id": id.as_str(),
            "resourceType": id.resource_type().as_str(),
            "resourceName": id.name(),
        },
    });
    if let Some(error) = error {
        made["statusMessage"] = json!({"error": error});
    }
    made
}

fn outputs(scope: &Scope<'_>, tx: &Transaction<'_>) -> Result<Value, ErrorResponse> {
    let declared = property(scope.template, &["outputs"]).as_object().cloned().unwrap_or_default();
    let mut outputs = Map::new();
    for (name, output) in &declared {
        let wanted = match output.get("condition") {
            Some(condition) => functions::truth(&scope.evaluate(condition, tx)?) == Some(true),
            None => true,
        };
        if !wanted {
            continue;
        }
        let value = match output.get("copy") {
            Some(copy) => scope.copies(copy, tx, 0)?,
            None => scope.evaluate(property(output, &["value"]), tx)?,
        };
        let entry = parameters::entry(&parameters::resolved(scope.template, output)?, &value);
        outputs.insert(name.clone(), entry);
    }
    Ok(Value::Object(outputs))
}
