//! Why a request failed, in the terms of `context.LastError`.
//! <https://learn.microsoft.com/azure/api-management/api-management-error-handling-policies>

use std::borrow::Cow;
use std::fmt;

use http::{HeaderName, HeaderValue, StatusCode};

use crate::body::Break;
use crate::pipeline::{ScopeKind, Section};

/// The error that stopped a request, as policies see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// The step or policy that failed.
    pub source: Source,
    /// A word for programs.
    pub reason: Reason,
    /// A sentence for people.
    pub message: String,
    /// The scope of the policy that failed.
    pub scope: Option<ScopeKind>,
    /// The section that it was in.
    pub section: Option<Section>,
    /// Where it was in the section, such as `choose[1]\when[2]`.
    pub path: String,
    /// The `id` attribute of the policy that failed.
    pub policy_id: Option<String>,
    /// What the client is told, where the policy says so itself.
    pub answer: Option<Box<Answer>>,
}

/// What a policy that turns a request away tells the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The message in the body.
    pub message: String,
    /// Headers, such as `Retry-After`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// What failed: a built-in step, or a policy element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Finding the API and the operation.
    Configuration,
    /// Checking the subscription key.
    Authorization,
    /// The policy element with this name.
    Policy(&'static str),
    /// A value of the policy that runs; the policy itself is named where it is placed.
    Expression,
}

/// The reasons that Azure documents for the steps and policies that exist here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No API or no operation matches.
    OperationNotFound,
    /// The request has no subscription key.
    SubscriptionKeyNotFound,
    /// The subscription key opens nothing here.
    SubscriptionKeyInvalid,
    /// The backend could not be reached, or the connection to it broke.
    BackendConnectionFailure,
    /// The backend, or all of its pool, is left alone after failures. Azure's word is not documented.
    BackendUnavailable,
    /// An expression names a backend that the service does not have. Azure's word is not documented.
    BackendNotFound,
    /// The client's connection broke.
    ClientConnectionFailure,
    /// The backend did not answer in time.
    Timeout,
    /// An expression threw an exception, or took more than it may.
    ExpressionValueEvaluationFailure,
    /// `check-header`: the header is not there.
    HeaderNotFound,
    /// `check-header`: the header has another value.
    HeaderValueNotAllowed,
    /// `ip-filter`: the caller is not among those who may call.
    CallerIpNotAllowed,
    /// `ip-filter`: the caller is among those who must not call.
    CallerIpBlocked,
    /// `validate-jwt`: there is no token.
    TokenNotPresent,
    /// `validate-jwt`: the signature is not of the key that it should be of, or is missing.
    TokenSignatureInvalid,
    /// `validate-jwt`: no key is the one that the token names.
    TokenSignatureKeyNotFound,
    /// `validate-jwt`: the token is for somebody else.
    TokenAudienceNotAllowed,
    /// `validate-jwt`: the token is from somebody else.
    TokenIssuerNotAllowed,
    /// `validate-jwt`: the token's time is over.
    TokenExpired,
    /// `validate-jwt`: a claim is not there.
    TokenClaimNotFound,
    /// `validate-jwt`: a claim says something else.
    TokenClaimValueNotAllowed,
    /// `validate-jwt`: the token cannot be read.
    JwtInvalid,
    /// `authentication-managed-identity`: there is no token. Azure's word is not documented.
    TokenAcquisitionFailure,
    /// `authentication-certificate`: there is no certificate. Azure's word is not documented.
    CertificateNotFound,
    /// `validate-client-certificate`: there is none, or it is another. Azure's word is not documented.
    ClientCertificateNotAllowed,
    /// `rate-limit`: too many calls in the period.
    RateLimitExceeded,
    /// `quota`: all calls of the period are used up.
    QuotaExceeded,
    /// The backend answered with 400 to 599 and the policy says that this is a failure. Azure documents no reason for it.
    BackendErrorStatusCode,
    /// `limit-concurrency`: too many requests at a time. Azure documents no reason for it.
    ConcurrencyLimitExceeded,
    /// `llm-content-safety`: a prompt or an answer must not pass. Azure documents no reason for it.
    ContentSafetyCheckFailed,
    /// `jsonp`: the client names no function.
    CallbackParameterInvalid,
    /// `validate-*`: the request is not what the API says.
    BadRequest,
    /// `validate-*`: the response is not what the API says.
    ResponseNotAllowed,
    /// The sandbox does not do what the configuration asks for. Azure has no such reason.
    NotImplementedBySandbox,
}

impl LastError {
    /// An error that is not in a policy document yet.
    pub fn new(source: Source, reason: Reason, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            source,
            reason,
            message,
            scope: None,
            section: None,
            path: String::new(),
            policy_id: None,
            answer: None,
        }
    }

    /// No API or no operation matches.
    pub(crate) fn operation_not_found() -> Self {
        let message = "Unable to match incoming request to an operation.";
        Self::new(Source::Configuration, Reason::OperationNotFound, message)
    }

    /// The same with what the client is told.
    #[must_use]
    pub(crate) fn answered(self, status: StatusCode, message: impl Into<String>) -> Self {
        let answer = Answer { status, message: message.into(), headers: Vec::new() };
        Self { answer: Some(Box::new(answer)), ..self }
    }

    /// The same with one more header in what the client is told.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if let Some(answer) = &mut self.answer {
            answer.headers.push((name, value));
        }
        self
    }

    /// The body of the request ended too early, or is none.
    pub(crate) fn client_broke_off(how: Break, error: &dyn fmt::Display) -> Self {
        let message = format!("the body of the request broke off: {error}");
        let error = Self::forward(Reason::ClientConnectionFailure, message);
        error.without_body(how)
    }

    /// The same with what the client is told whose body did not come.
    #[must_use]
    pub(crate) fn without_body(self, how: Break) -> Self {
        match how {
            Break::Off => self.answered(StatusCode::BAD_REQUEST, "Bad Request"),
            Break::Late => self.answered(StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
        }
    }

    /// A failure of `forward-request`.
    pub(crate) fn forward(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(Source::Policy("forward-request"), reason, message)
    }
}

impl Reason {
    /// The word in `context.LastError.Reason`.
    pub fn text(self) -> String {
        match self {
            Self::BadRequest => "Bad request".to_owned(),
            Self::ResponseNotAllowed => "Response not allowed".to_owned(),
            other => format!("{other:?}"),
        }
    }
}

impl Source {
    /// The name in `context.LastError.Source`.
    pub fn as_str(&self) -> Cow<'static, str> {
        match self {
            Self::Configuration => "configuration".into(),
            Self::Authorization => "authorization".into(),
            Self::Policy(name) => (*name).into(),
            Self::Expression => "expression".into(),
        }
    }
}

impl fmt::Display for LastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}: {}", self.source.as_str(), self.reason, self.message)
    }
}

impl std::error::Error for LastError {}
