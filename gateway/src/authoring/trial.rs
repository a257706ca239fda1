//! One run of a policy with a request that somebody made up and backends that are not there.

use std::collections::BTreeSet;
use std::sync::Arc;

use apim::{
    Api, Backend, BackendKind, NamedValue, Operation, PolicyDocument, PolicyFormat, Scheme, Secret, Service,
    SingleBackend,
};
use diagnostic::Diagnostic;
use http::StatusCode;
use sim::Clock;

use super::evaluation::{exchange, headers, nothing};
use super::{File, Given};
use crate::Trace;
use crate::backend::{Prepared, StandIn};
use crate::body::Body;
use crate::document::expression::begins;
use crate::document::visit;
use crate::policies::backend_id::NAMES;
use crate::trace::{Entry, Recorder, Wanted, shown};

/// Where requests go unless the policy says otherwise.
const BACKEND: &str = "http://backend.test";

/// Where requests to a backend of the service go: below this name.
const BACKENDS: &str = "backend.test";

/// What is tried.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The policy, at the scope of an API with all paths.
    pub policy: File,
    /// Fragments by name.
    pub fragments: Vec<File>,
    /// Named values.
    pub named_values: Vec<(String, String)>,
    /// The request and the variables.
    pub given: Given,
    /// The answers of backends.
    pub answers: Vec<TrialAnswer>,
}

/// What a backend answers.
#[derive(Debug, Clone, Default)]
pub struct TrialAnswer {
    /// The method that it answers; any if there is none.
    pub method: Option<String>,
    /// How the URL begins that it answers; any if there is none.
    pub url: Option<String>,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// How often it answers; always if there is no number.
    pub times: Option<usize>,
}

/// A message with what is known of it.
#[derive(Debug, Clone, Default)]
pub struct TrialMessage {
    /// The method of a request.
    pub method: String,
    /// The URL of a request.
    pub url: String,
    /// The status of a response.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What came of it.
#[derive(Debug)]
pub struct Tried {
    /// The response.
    pub response: TrialMessage,
    /// The variables as text.
    pub variables: Vec<(String, String)>,
    /// The calls to backends.
    pub calls: Vec<TrialMessage>,
    /// What the policies did.
    pub trace: Trace,
}

/// A branch of a `choose` that a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchUse {
    /// The document.
    pub document: String,
    /// The line of the `choose`.
    pub line: usize,
    /// `when[1]`, `otherwise`.
    pub name: String,
    /// It ran.
    pub taken: bool,
}

impl Tried {
    /// The branches of all `choose` that ran.
    pub fn branches(&self) -> Vec<BranchUse> {
        let mut found = Vec::new();
        let mut waiting: Vec<&Entry> = self.trace.entries.iter().collect();
        while let Some(entry) = waiting.pop() {
            waiting.extend(&entry.steps);
            found.extend(entry.branches.iter().map(|branch| BranchUse {
                document: entry.document.to_string(),
                line: entry.position.line,
                name: branch.name.clone(),
                taken: branch.held == Some(true),
            }));
        }
        found
    }
}

/// Runs a policy.
///
/// # Errors
/// What is wrong in the policy, a fragment, or the request.
pub async fn attempt(trial: &Trial, clock: &Clock) -> Result<Tried, Vec<Diagnostic>> {
    let wrong = |what: String| vec![Diagnostic::new(crate::document::codes::VALUE, what)];
    let answers = trial.answers.iter().map(prepared).collect::<Result<_, _>>().map_err(wrong)?;
    let stand_in = Arc::new(StandIn::new(answers));
    let (_, empty) = nothing(clock, None)?;
    let service = service(trial, &empty.model);
    let service = Arc::new(crate::snapshot::Service::compile(&service.into(), &[])?);
    let (gateway, _) = nothing(clock, Some(Arc::clone(&stand_in)))?;
    let mut exchange = exchange(&trial.given, (gateway, service))?;
    exchange.recorder = Some(Recorder::begin(&exchange, Wanted::Asked));
    let scheme = if exchange.tls { Scheme::Https } else { Scheme::Http };
    exchange.run(scheme).await;
    // A body that was read is none; nothing else can be wrong with one that is there.
    let _ = exchange.collect_response().await;
    let recorder = exchange.recorder.take().unwrap_or_else(|| Recorder::begin(&exchange, Wanted::Asked));
    let trace = recorder.finish(&exchange, std::time::Duration::ZERO);
    let mut variables: Vec<(String, String)> =
        exchange.variables.iter().map(|(name, value)| (name.to_string(), shown(value, &exchange))).collect();
    variables.sort();
    let response = exchange.response.as_ref().map(|response| TrialMessage {
        status: response.status.as_u16(),
        headers: listed(&response.headers),
        body: match &response.body {
            Body::Full(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        },
        ..TrialMessage::default()
    });
    let calls = stand_in.seen().into_iter().map(|seen| TrialMessage {
        method: seen.method,
        url: seen.url,
        status: 0,
        headers: listed(&seen.headers),
        body: seen.body,
    });
    let calls = calls.collect();
    Ok(Tried { response: response.unwrap_or_default(), variables, calls, trace })
}

fn listed(headers: &http::HeaderMap) -> Vec<(String, String)> {
    let value = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, known)| (name.to_string(), value(known))).collect()
}

fn prepared(answer: &TrialAnswer) -> Result<Prepared, String> {
    Ok(Prepared {
        method: answer.method.clone(),
        url: answer.url.clone(),
        status: StatusCode::from_u16(answer.status)
            .map_err(|error| format!("`{}`: {error}", answer.status))?,
        headers: headers(&answer.headers)?,
        body: answer.body.clone(),
        times: answer.times,
    })
}

fn service(trial: &Trial, empty: &Service) -> Service {
    let document = |file: &File| PolicyDocument {
        path: file.name.clone(),
        format: PolicyFormat::RawXml,
        text: file.text.clone(),
    };
    let name = |file: &File| {
        let name = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
        name.strip_suffix(".xml").unwrap_or(name).to_owned()
    };
    let method = if trial.given.method.is_empty() { "GET" } else { &trial.given.method };
    let operation = Operation {
        name: "any".to_owned(),
        display_name: "any".to_owned(),
        method: method.to_ascii_uppercase(),
        url_template: "/*".to_owned(),
        contract: apim::Contract::default(),
        policy: None,
    };
    let api = Api {
        name: "api".to_owned(),
        display_name: "api".to_owned(),
        kind: apim::ApiKind::Http,
        path: String::new(),
        revision: "1".to_owned(),
        current: true,
        version: None,
        schemes: vec![Scheme::Http, Scheme::Https],
        service_url: Some(BACKEND.to_owned()),
        subscription_required: false,
        key_header: "Ocp-Apim-Subscription-Key".to_owned(),
        key_query: "subscription-key".to_owned(),
        operations: vec![operation.into()],
        schemas: Vec::new(),
        resolvers: Vec::new(),
        policy: Some(document(&trial.policy)),
    };
    let fragments = trial.fragments.iter();
    let backends = backends(trial);
    let named = trial.named_values.iter();
    Service {
        apis: vec![api.into()],
        fragments: fragments
            .map(|file| apim::Fragment { name: name(file), document: document(file) })
            .collect(),
        named_values: named
            .map(|(name, value)| NamedValue { name: name.clone(), value: Secret::new(value), secret: false })
            .collect(),
        backends,
        ..empty.clone()
    }
}

/// The backends that policies name, each with a host of its own: `http://{name}.backend.test`.
fn backends(trial: &Trial) -> Vec<Backend> {
    let mut names = BTreeSet::new();
    for file in trial.fragments.iter().chain([&trial.policy]) {
        visit(&file.text, PolicyFormat::RawXml, |element| {
            let found = NAMES.iter().filter_map(|name| element.attribute(name)).filter(|id| !begins(id));
            names.extend(found.map(|id| {
                let values = trial.named_values.iter();
                values.fold(id.to_owned(), |id, (name, value)| id.replace(&format!("{{{{{name}}}}}"), value))
            }));
        });
    }
    let backend = |name: String| Backend {
        kind: BackendKind::Single(Box::new(SingleBackend::at(format!("http://{name}.{BACKENDS}")))),
        name,
    };
    names.into_iter().map(backend).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> File {
        File { name: name.to_owned(), text: text.to_owned() }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_policy_runs_with_backends_that_are_not_there() {
        let policy = "<policies><inbound><include-fragment fragment-id=\"f\" />\
            <send-request response-variable-name=\"r\"><set-url>https://tokens.test/{{path}}</set-url>\
            <set-method>POST</set-method><set-body>ask</set-body></send-request>\
            <set-header name=\"X-Token\"><value>@(((IResponse)context.Variables[\"r\"]).Body.As<string>())</value></set-header>\
            <set-backend-service backend-id=\"{{path}}s\" />\
            <choose><when condition=\"@((string)context.Variables[\"v\"] == \"1\")\"><set-method>PUT</set-method></when></choose>\
            </inbound><backend><forward-request /></backend><outbound><base /></outbound></policies>";
        let answer = |url: &str, status, body: &str| TrialAnswer {
            url: Some(url.to_owned()),
            status,
            body: body.to_owned(),
            ..TrialAnswer::default()
        };
        let fragment = "<fragment><set-header name=\"X-F\"><value>f</value></set-header></fragment>";
        let trial = Trial {
            policy: file("p.xml", policy),
            fragments: vec![file("folder/f.xml", fragment)],
            named_values: vec![("path".to_owned(), "token".to_owned())],
            given: Given {
                url: "https://localhost/a?b=c".to_owned(),
                variables: vec![("v".to_owned(), "1".to_owned())],
                ..Given::default()
            },
            answers: vec![
                answer("https://tokens.test/", 200, "t"),
                answer("http://tokens.backend.test/", 202, "done"),
            ],
        };
        let tried = attempt(&trial, &Clock::system()).await.expect("a policy that compiles");
        assert_eq!((tried.response.status, tried.response.body.as_str()), (202, "done"), "{:?}", tried.trace);
        let calls: Vec<String> =
            tried.calls.iter().map(|call| format!("{} {} {}", call.method, call.url, call.body)).collect();
        assert_eq!(calls, ["POST https://tokens.test/token ask", "PUT http://tokens.backend.test/a?b=c "]);
        let sent = |name: &str| tried.calls[1].headers.iter().find(|(known, _)| known == name);
        assert_eq!(sent("x-token").map(|(_, value)| value.as_str()), Some("t"));
        assert_eq!(sent("x-f").map(|(_, value)| value.as_str()), Some("f"));
        let branch =
            BranchUse { document: "p.xml".to_owned(), line: 1, name: "when[1]".to_owned(), taken: true };
        assert_eq!(tried.branches(), [branch]);
        let missing = Trial { answers: Vec::new(), ..trial };
        let tried = attempt(&missing, &Clock::system()).await.expect("a policy that compiles");
        assert_eq!(tried.response.status, 500);
        assert!(
            tried.trace.error.is_some_and(|error| error.contains("no answer for POST https://tokens.test/"))
        );
    }
}
