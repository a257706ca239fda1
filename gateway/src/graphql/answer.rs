//! Answers requests to GraphQL APIs that have resolvers, behind the section `backend` of their policies.
//! <https://learn.microsoft.com/azure/api-management/graphql-schema-resolve-api>
//!
//! **Differs from Azure:** the messages are those of the parser. A request that is wrong is answered with 400, one that
//! was executed with 200, whatever its resolvers came to. A request may ask resolvers 1,000 times.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::Operation;
use apollo_compiler::request::RequestError;
use apollo_compiler::response::GraphQLError;
use apollo_compiler::validation::Valid;
use bytes::Bytes;
use expression::{Memory, Type};
use futures_util::future::join_all;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value as Json, json};

use super::rounds::{CALLS, Known, Rounds, Wanted};
use super::{Document, Endpoint, Graph, LARGEST, Request, subscription};
use crate::body::Body;
use crate::context::{Exchange, Message, Response};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{self, Placed};
use crate::server::tunnel;
use crate::value::Variable;

/// How many resolvers run at the same time.
const AT_ONCE: usize = 16;
/// How many errors of a request that is wrong are told.
const TOLD: usize = 20;

/// Why a request is not executed.
pub enum Refusal {
    /// It is wrong.
    Request(StatusCode, Vec<GraphQLError>),
    /// The sandbox cannot.
    Failure(Box<LastError>),
}

/// The methods that GraphQL is asked with.
pub fn takes(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::POST)
}

/// Answers a request, if it is one that resolvers answer and no policy did.
///
/// # Errors
/// There is no schema, or a resolver does what the sandbox does not.
pub async fn answer(exchange: &mut Exchange) -> Result<(), LastError> {
    let Some(api) = exchange.matched.api.clone() else { return Ok(()) };
    let Some(Endpoint::Resolvers(graph)) = &api.graphql else { return Ok(()) };
    if exchange.response.is_some() {
        return Ok(());
    }
    let graph = graph.as_ref().ok_or_else(|| failed("The API has no schema of GraphQL."))?;
    if tunnel::is_asked_for(&exchange.request.headers) {
        exchange.response = Some(subscription::accept(exchange));
        return Ok(());
    }
    let (status, body) = match Box::pin(executed(graph, exchange)).await {
        Ok(body) => (StatusCode::OK, body),
        Err(Refusal::Request(status, errors)) => (status, json!({ "errors": errors })),
        Err(Refusal::Failure(error)) => return Err(*error),
    };
    let mut response = Response::new(status);
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.body = Body::full(Bytes::from(body.to_string()));
    exchange.response = Some(response);
    Ok(())
}

async fn executed(graph: &Graph, exchange: &mut Exchange) -> Result<Json, Refusal> {
    let request = asked(exchange).await?;
    let document = parsed(graph, &request)?;
    let operation = operation(&document, &request)?;
    check_kind(operation, &exchange.request.method)?;
    let rounds = Rounds::new(graph, &document, operation, request.variables)
        .map_err(|error| wrong(&document, &error))?;
    completed(&rounds, exchange, Known::new()).await
}

/// The document of a request, as far as it fits the schema.
pub fn parsed(graph: &Graph, request: &Request) -> Result<Valid<ExecutableDocument>, Refusal> {
    ExecutableDocument::parse_and_validate(&graph.schema, &request.query, "query.graphql").map_err(|wrong| {
        let errors = wrong.errors.iter().take(TOLD).map(|error| error.to_json());
        Refusal::Request(StatusCode::BAD_REQUEST, errors.collect())
    })
}

/// The operation that is meant.
pub fn operation<'d>(
    document: &'d Valid<ExecutableDocument>,
    request: &Request,
) -> Result<&'d Operation, Refusal> {
    let found = document.operations.get(request.operation_name.as_deref());
    found.map(|operation| &**operation).map_err(|error| wrong(document, &error))
}

/// What is wrong with a request, with its place.
pub fn wrong(document: &ExecutableDocument, error: &RequestError) -> Refusal {
    Refusal::Request(StatusCode::BAD_REQUEST, vec![error.to_graphql_error(&document.sources)])
}

/// The response, once no resolver is left to ask.
pub async fn completed(
    rounds: &Rounds<'_>,
    exchange: &mut Exchange,
    mut known: Known,
) -> Result<Json, Refusal> {
    let mut calls = 0;
    loop {
        let (response, wanted) = rounds.round(&known).map_err(|error| wrong(rounds.document, &error))?;
        if wanted.is_empty() {
            return Ok(serde_json::to_value(response).unwrap_or_default());
        }
        calls += wanted.len();
        if calls > CALLS {
            let message = format!("The request asks resolvers more than {CALLS} times.");
            return Err(refusal(StatusCode::BAD_REQUEST, &message));
        }
        ask(rounds.graph, exchange, wanted, &mut known).await?;
    }
}

/// What is asked, within bounds.
pub async fn asked(exchange: &mut Exchange) -> Result<Request, Refusal> {
    let wrong = |message: &str| refusal(StatusCode::BAD_REQUEST, message);
    let collected = exchange.request.body.collect(LARGEST).await;
    collected.map_err(|error| wrong(&format!("{error}.")))?;
    let request =
        Request::of(&exchange.request).ok_or_else(|| wrong("The request has no query of GraphQL."))?;
    if request.query.len() > LARGEST {
        return Err(wrong(&format!("The query is longer than {LARGEST} bytes.")));
    }
    // What is nested too deep, or grows beyond measure in fragments, is told before anybody looks at the types.
    let document = Document::parse(&request.query).map_err(|why| wrong(&why))?;
    for operation in document.operations() {
        document.visit(operation, &mut |_, _, _| {}).map_err(|why| wrong(&why))?;
    }
    Ok(request)
}

fn check_kind(operation: &Operation, method: &Method) -> Result<(), Refusal> {
    if operation.is_subscription() {
        let message =
            "A subscription is asked for over WebSocket, with the subprotocol graphql-transport-ws.";
        return Err(refusal(StatusCode::BAD_REQUEST, message));
    }
    if operation.is_mutation() && *method == Method::GET {
        return Err(refusal(StatusCode::METHOD_NOT_ALLOWED, "A mutation is asked for with POST."));
    }
    Ok(())
}

/// Runs resolvers, some at a time, each with a request of its own.
async fn ask(
    graph: &Graph,
    exchange: &mut Exchange,
    wanted: Vec<Wanted>,
    known: &mut Known,
) -> Result<(), Refusal> {
    let mut waiting = wanted.into_iter().peekable();
    while waiting.peek().is_some() {
        let batch: Vec<_> = waiting
            .by_ref()
            .take(AT_ONCE)
            .map(|wanted| {
                let source = graph.source(&wanted.type_name, &wanted.field).cloned();
                let fork = exchange.fork_for(&wanted);
                async move {
                    match source {
                        Some(source) => resolve(fork, &source, wanted.place).await,
                        None => (fork, wanted.place, Err(failed("The resolver has no policy."))),
                    }
                }
            })
            .collect();
        for (fork, place, answer) in join_all(batch).await {
            exchange.overhear(fork);
            match answer {
                Err(error) if error.reason == Reason::NotImplementedBySandbox => {
                    return Err(Refusal::Failure(Box::new(error)));
                }
                answer => known.insert(place, answer.map_err(|error| error.message)),
            };
        }
    }
    Ok(())
}

async fn resolve(
    mut exchange: Exchange,
    source: &std::sync::Arc<Placed>,
    place: String,
) -> (Exchange, String, Result<Json, LastError>) {
    let mut outcome = pipeline::run(std::slice::from_ref(source), &mut exchange).await.map(|_| ());
    if outcome.is_ok() {
        outcome = exchange.collect_response().await;
    }
    let value = outcome.and_then(|()| match exchange.response.as_ref().map(|response| &response.body) {
        Some(Body::Full(bytes)) => serde_json::from_slice(bytes)
            .map_err(|error| failed(&format!("The data source did not answer with JSON: {error}."))),
        _ => Ok(Json::Null),
    });
    // Events go out when the field has its value.
    let value = match value {
        Ok(value) => pipeline::finish(&mut exchange).await.map(|()| value),
        failed => failed,
    };
    (exchange, place, value)
}

impl Exchange {
    /// A copy for a resolver: it has a request of its own, whose body are the arguments.
    fn fork_for(&self, wanted: &Wanted) -> Self {
        let Wanted { arguments, parent, .. } = wanted;
        let mut fork = self.fork();
        fork.response = None;
        fork.chosen = None;
        fork.matched.operation = None;
        fork.request = Message {
            host: self.request.host.clone(),
            method: Method::GET,
            path: "/".to_owned(),
            remainder: 0,
            query: None,
            headers: HeaderMap::new(),
            own_host: false,
            body: Body::full(Bytes::from(json!({ "arguments": arguments }).to_string())),
            client: self.request.client,
            original: None,
        };
        let token = |value: &Json| match value {
            Json::Null => Variable::Null,
            value => expression::json(&value.to_string()).unwrap_or(Variable::Null),
        };
        let arguments = token(arguments);
        let field = Memory::new(Type::named("IGraphQL"))
            .with("Arguments", arguments.clone())
            .with("GraphQLArguments", arguments)
            .with("Parent", token(parent));
        fork.field = Some(field.value());
        fork
    }
}

/// One thing that is wrong with a request.
pub fn refusal(status: StatusCode, message: &str) -> Refusal {
    Refusal::Request(status, vec![GraphQLError::new(message, None, &std::sync::Arc::default())])
}

fn failed(message: &str) -> LastError {
    LastError::new(Source::Configuration, Reason::BackendConnectionFailure, message)
}
