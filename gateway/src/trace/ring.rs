//! Who gets a trace, and the newest of them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use sim::{Clock, Ids, Timestamp};

use super::Trace;

/// How many traces are kept.
pub const KEPT: usize = 200;

/// How many tokens are known at a time.
const TOKENS: usize = 1_000;

/// How many requests of a second leave a trace unasked, until somebody says otherwise.
const SAMPLES: u32 = 10;

/// Asks for a trace, with no more ado.
pub const ASK: HeaderName = HeaderName::from_static("apimlab-trace");

/// Asks for a trace as Azure has it.
const AUTHORIZATION: HeaderName = HeaderName::from_static("apim-debug-authorization");

/// Says which trace it is.
pub const TRACE_ID: HeaderName = HeaderName::from_static("apim-trace-id");

const EXPIRED: HeaderName = HeaderName::from_static("apim-debug-authorization-expired");
const WRONG_API: HeaderName = HeaderName::from_static("apim-debug-authorization-wrongapi");

/// Who wants a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The caller.
    Asked,
    /// The caller, with a token that has to be good for the API.
    Authorized,
    /// Nobody in particular.
    Sampled,
}

/// What a token is good for.
#[derive(Debug, Clone)]
pub struct Token {
    text: String,
    service: String,
    api: String,
    expires: Timestamp,
}

/// The traces of all services.
#[derive(Debug)]
pub struct Traces {
    ring: Mutex<VecDeque<Arc<Trace>>>,
    tokens: Mutex<VecDeque<Token>>,
    /// Traces a second that nobody asked for.
    samples: AtomicU32,
    /// The second, and how many of its requests left a trace.
    second: AtomicU64,
    taken: AtomicU32,
}

impl Default for Traces {
    fn default() -> Self {
        let (ring, tokens) = (Mutex::default(), Mutex::default());
        Self {
            ring,
            tokens,
            samples: AtomicU32::new(SAMPLES),
            second: AtomicU64::new(0),
            taken: AtomicU32::new(0),
        }
    }
}

impl Traces {
    /// Whether a request gets a trace. Takes what asks for it out of the headers.
    pub fn wanted(&self, headers: &mut HeaderMap, elapsed: Duration) -> Option<Wanted> {
        if headers.remove(ASK).is_some() {
            return Some(Wanted::Asked);
        }
        if headers.contains_key(AUTHORIZATION) {
            return Some(Wanted::Authorized);
        }
        self.is_sampled(elapsed).then_some(Wanted::Sampled)
    }

    fn is_sampled(&self, elapsed: Duration) -> bool {
        let most = self.samples.load(Ordering::Relaxed);
        if most == 0 {
            return false;
        }
        if self.second.swap(elapsed.as_secs(), Ordering::Relaxed) != elapsed.as_secs() {
            self.taken.store(0, Ordering::Relaxed);
        }
        // Counting ends where it is enough, so that it does not start anew when the number is too large.
        self.taken.load(Ordering::Relaxed) < most && self.taken.fetch_add(1, Ordering::Relaxed) < most
    }

    /// How many requests of a second leave a trace unasked.
    pub fn samples(&self) -> u32 {
        self.samples.load(Ordering::Relaxed)
    }

    /// From now on so many requests of a second leave a trace unasked.
    pub fn sample(&self, a_second: u32) {
        self.samples.store(a_second, Ordering::Relaxed);
    }

    /// Keeps a trace in place of the oldest.
    pub fn keep(&self, trace: Trace) {
        let mut ring = lock(&self.ring);
        if ring.len() == KEPT {
            ring.pop_front();
        }
        ring.push_back(Arc::new(trace));
    }

    /// The traces, the newest first.
    pub fn list(&self) -> Vec<Arc<Trace>> {
        lock(&self.ring).iter().rev().cloned().collect()
    }

    /// The trace with this identifier.
    pub fn find(&self, id: &str) -> Option<Arc<Trace>> {
        lock(&self.ring).iter().find(|trace| trace.id == id).cloned()
    }

    /// A new token for an API.
    pub fn token(&self, asked: &apim::DebugCredentials, clock: &Clock, ids: &Ids) -> String {
        let expires = clock.now().after(asked.lifetime);
        let signature = ids.hex(32);
        let text = format!("aid={}&p=tracing&ex={}&sn={signature}", asked.api, expires.rfc3339());
        let mut tokens = lock(&self.tokens);
        if tokens.len() == TOKENS {
            tokens.pop_front();
        }
        let (service, api) = (asked.service.clone(), asked.api.clone());
        tokens.push_back(Token { text: text.clone(), service, api, expires });
        text
    }

    /// Makes the tokens of a service worthless.
    pub fn forget_tokens(&self, service: &str) {
        lock(&self.tokens).retain(|token| !token.service.eq_ignore_ascii_case(service));
    }

    /// What becomes of a request with a token: whether there is a trace, and the header that says so.
    pub fn judge(
        &self,
        headers: &mut HeaderMap,
        (service, api): (&str, Option<&str>),
        now: Timestamp,
    ) -> (bool, Option<(HeaderName, HeaderValue)>) {
        let Some(given) = headers.remove(AUTHORIZATION) else { return (false, None) };
        let tokens = lock(&self.tokens);
        let known = tokens.iter().find(|token| token.text.as_bytes() == given.as_bytes());
        let Some(token) = known.filter(|token| token.service.eq_ignore_ascii_case(service)) else {
            return (false, None);
        };
        let said = |name, text: &str| (false, HeaderValue::try_from(text).ok().map(|value| (name, value)));
        if token.expires <= now {
            return said(EXPIRED, &format!("The token expired at {}.", token.expires.rfc3339()));
        }
        match api {
            Some(api) if api.eq_ignore_ascii_case(&token.api) => (true, None),
            _ => said(WRONG_API, &format!("The token is for the API '{}'.", token.api)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
