//! The four sections of a policy and how a request runs through them.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-policies>

mod deferred;
mod effective;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use diagnostic::Position;
use futures_util::FutureExt;
use http::StatusCode;

use crate::context::{Exchange, Response};
use crate::error::{LastError, Reason, Source};

pub use deferred::{Deferred, finish};
pub use effective::Effective;

/// A section of a policy document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What happens to the request.
    Inbound,
    /// How the request gets to the backend.
    Backend,
    /// What happens to the response.
    Outbound,
    /// What happens after a failure in any other section.
    OnError,
}

/// The scopes at which policies are defined, from narrow to broad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// One field of a GraphQL API.
    Resolver,
    /// One operation.
    Operation,
    /// One API.
    Api,
    /// One product.
    Product,
    /// One workspace.
    Workspace,
    /// The whole service.
    Global,
}

/// A compiled policy element.
pub enum Step {
    /// `<base/>`: the same section of the next broader scope.
    Base,
    /// A policy that is done at once.
    Act(Box<dyn Act>),
    /// A policy that waits for something.
    Wait(Box<dyn Wait>),
    /// A policy that asks what the gateway remembers.
    Recall(Box<dyn Recall>),
}

/// A policy that is done at once.
pub trait Act: Send + Sync {
    /// Applies the policy.
    ///
    /// # Errors
    /// The policy failed; the request goes on in on-error.
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError>;

    /// The answer to a question of the client's browser, which no other policy sees.
    ///
    /// # Errors
    /// The policy failed.
    fn preflight(&self, exchange: &mut Exchange) -> Result<Preflight, LastError> {
        let _ = exchange;
        Ok(Preflight::NotAsked)
    }
}

/// What a policy says to a preflight of CORS.
#[derive(Debug)]
pub enum Preflight {
    /// The policy has nothing to do with it.
    NotAsked,
    /// This is the answer.
    Answered(Box<Response>),
    /// Another policy may let the call through.
    Unmatched,
    /// No.
    Refused,
}

/// A policy that waits for something.
pub trait Wait: Send + Sync {
    /// Applies the policy.
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a>;
}

/// A policy that asks what the gateway remembers.
pub trait Remember: Send + Sync {
    /// Applies the policy. It waits only where several gateways remember together.
    fn run(&self, exchange: &mut Exchange) -> impl Future<Output = Result<Flow, LastError>> + Send;
}

/// The same, of any kind: what the gateway remembers itself costs no allocation.
pub trait Recall: Send + Sync {
    /// Applies the policy without waiting; nothing if it would have to wait.
    fn at_once(&self, exchange: &mut Exchange) -> Option<Result<Flow, LastError>>;

    /// Applies the policy.
    fn waiting<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a>;
}

impl<T: Remember> Recall for T {
    fn at_once(&self, exchange: &mut Exchange) -> Option<Result<Flow, LastError>> {
        self.run(exchange).now_or_never()
    }

    fn waiting<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.run(exchange))
    }
}

/// A policy at work.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Result<Flow, LastError>> + Send + 'a>>;

/// What follows a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The next policy.
    Continue,
    /// Nothing: the response goes to the client as it is.
    Respond,
    /// What follows the policy in outbound that keeps answers: the response is from the cache.
    Cached,
}

/// The bodies that expressions read: they are collected before the policy runs, since an expression cannot wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bodies {
    request: bool,
    response: bool,
}

/// A step with its place, for errors and traces.
#[derive(Debug)]
pub struct Placed {
    /// What to do.
    pub step: Step,
    /// The element's name.
    pub policy: &'static str,
    /// The bodies that its expressions read.
    pub bodies: Bodies,
    /// The element's `id` attribute.
    pub id: Option<String>,
    /// The scope of the document.
    pub scope: ScopeKind,
    /// The section in the document.
    pub section: Section,
    /// The element's place in the section, such as `choose[1]\when[2]\set-header[1]`.
    pub path: String,
    /// The element's place in the author's text.
    pub position: Position,
    /// The document.
    pub source: Arc<str>,
}

impl Section {
    /// All sections, in the order in which a request meets them.
    pub const ALL: [Self; 4] = [Self::Inbound, Self::Backend, Self::Outbound, Self::OnError];

    /// The element's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Backend => "backend",
            Self::Outbound => "outbound",
            Self::OnError => "on-error",
        }
    }

    /// The section whose element is called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.as_str() == name)
    }
}

impl ScopeKind {
    /// The name in `context.LastError.Scope`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolver => "resolver",
            Self::Operation => "operation",
            Self::Api => "api",
            Self::Product => "product",
            Self::Workspace => "workspace",
            Self::Global => "global",
        }
    }
}

impl Bodies {
    /// Notes which bodies an expression reads, as far as its text shows; in doubt both.
    pub fn note(&mut self, code: &str) {
        let (request, response) = (code.contains("Request.Body"), code.contains("Response.Body"));
        let doubt = code.contains("Body") && !request && !response;
        self.request |= request || doubt;
        self.response |= response || doubt;
    }

    /// The bodies that these expressions read.
    pub fn of(code: &str) -> Self {
        let mut bodies = Self::default();
        bodies.note(code);
        bodies
    }

    /// The same and the request's.
    #[must_use]
    pub fn with_request(self) -> Self {
        Self { request: true, ..self }
    }

    /// The same and the response's.
    #[must_use]
    pub fn with_response(self) -> Self {
        Self { response: true, ..self }
    }

    /// Collects them.
    ///
    /// # Errors
    /// A body broke off, or is too long.
    pub async fn collect(self, exchange: &mut Exchange) -> Result<(), LastError> {
        if self.request {
            exchange.collect_request().await?;
        }
        if self.response {
            exchange.collect_response().await?;
        }
        Ok(())
    }
}

impl Placed {
    async fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        if exchange.recorder.is_none() {
            return self.apply(exchange).await;
        }
        let before = exchange.begin_step(self);
        let outcome = self.apply(exchange).await;
        if let Some(before) = before {
            exchange.end_step(&before, &outcome);
        }
        outcome
    }

    async fn apply(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        if self.bodies != Bodies::default() {
            Box::pin(self.bodies.collect(exchange)).await.map_err(|error| self.locate(error))?;
        }
        let outcome = match &self.step {
            Step::Base => Ok(Flow::Continue),
            Step::Act(policy) => policy.run(exchange),
            Step::Wait(policy) => policy.run(exchange).await,
            Step::Recall(policy) if exchange.remembers_elsewhere() => policy.waiting(exchange).await,
            Step::Recall(policy) => policy.at_once(exchange).unwrap_or_else(|| {
                let message = "what the gateway remembers was not there at once";
                Err(LastError::new(Source::Policy(self.policy), Reason::Timeout, message))
            }),
        };
        outcome.map_err(|error| self.locate(error))
    }

    fn locate(&self, error: LastError) -> LastError {
        tracing::debug!(%error, source = %self.source, position = %self.position, "policy failed");
        LastError {
            scope: error.scope.or(Some(self.scope)),
            section: error.section.or(Some(self.section)),
            path: if error.path.is_empty() { self.path.clone() } else { error.path },
            source: match error.source {
                Source::Expression => Source::Policy(self.policy),
                source => source,
            },
            policy_id: error.policy_id.or_else(|| self.id.clone()),
            ..error
        }
    }
}

/// What the policies directly in inbound say to a preflight; `None` if none has anything to do with it.
///
/// # Errors
/// A policy failed.
pub fn preflight(steps: &[Arc<Placed>], exchange: &mut Exchange) -> Result<Option<Response>, LastError> {
    let mut answer = None;
    for placed in steps {
        let Step::Act(policy) = &placed.step else { continue };
        match policy.preflight(exchange).map_err(|error| placed.locate(error))? {
            Preflight::NotAsked => {}
            Preflight::Answered(response) => return Ok(Some(*response)),
            Preflight::Unmatched => answer = Some(Response::new(StatusCode::OK)),
            Preflight::Refused => return Ok(Some(Response::new(StatusCode::OK))),
        }
    }
    Ok(answer)
}

/// Runs one section of a request's effective policy.
///
/// # Errors
/// A policy failed; the ones behind it did not run.
pub async fn run(steps: &[Arc<Placed>], exchange: &mut Exchange) -> Result<Flow, LastError> {
    for (at, placed) in steps.iter().enumerate() {
        let outcome = placed.run(exchange).await;
        if outcome != Ok(Flow::Continue) {
            if exchange.recorder.is_some() {
                let end = if outcome.is_ok() { "answered the request" } else { "failed" };
                let why = format!("`{}` before it {end}", placed.policy);
                exchange.skip_steps(steps.get(at + 1..).unwrap_or_default(), &why);
            }
            return outcome;
        }
    }
    Ok(Flow::Continue)
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "Base",
            Self::Act(_) => "Act",
            Self::Wait(_) => "Wait",
            Self::Recall(_) => "Recall",
        })
    }
}
