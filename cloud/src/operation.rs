//! Long-running operations of Resource Manager:
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations>.
//!
//! The status document of `Azure-AsyncOperation` is followed, else `Location`, else the resource's own
//! `provisioningState`. The newest URL counts, as API Management signs a new one with each answer. An operation
//! that is not known (yet) counts as running; when it stays unknown, the resource itself is asked.

use std::time::Duration;

use arm::ProvisioningState;
use http::Method;
use serde_json::Value;

use crate::answer::Answer;
use crate::error::innermost;
use crate::retry::retry_after;
use crate::{Client, Error};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
/// How often to ask where a service says that it may be asked at once.
const EAGER_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// Longer than the longest operation that was ever reported of API Management.
const BOUND: Duration = Duration::from_hours(4);
const UNKNOWN_TIMES: u32 = 6;

/// Who watches an operation.
pub(crate) trait Watch: Sync {
    /// It is in this state.
    fn state(&self, state: &str);
    /// It can be continued at this URL.
    fn poll_url(&self, url: &str);
}

/// Nobody.
pub(crate) struct Unwatched;

impl Watch for Unwatched {
    fn state(&self, _state: &str) {}
    fn poll_url(&self, _url: &str) {}
}

impl Client {
    /// Waits until what `answer` began is done, and gives the resource as it is then; null after a deletion.
    pub async fn wait(&self, answer: &Answer) -> Result<Value, Error> {
        self.wait_watched(answer, &Unwatched).await
    }

    /// The same, watched.
    pub(crate) async fn wait_watched(&self, answer: &Answer, watch: &dyn Watch) -> Result<Value, Error> {
        if answer.method == Method::DELETE && answer.status == 404 {
            return Ok(Value::Null);
        }
        let answer = answer.clone().success()?;
        let mut wait = Wait::new(self, &answer, watch);
        wait.note(&answer);
        if let Some(url) = wait.operation.clone() {
            return wait.operation(url).await;
        }
        match (&answer.method, answer.status) {
            (&Method::DELETE, 202) => wait.gone().await,
            (&Method::DELETE, _) => Ok(Value::Null),
            _ => wait.resource(Some(answer)).await,
        }
    }

    /// Waits until the resource at `path` is gone.
    pub(crate) async fn gone(&self, path: &str, watch: &dyn Watch) -> Result<(), Error> {
        let asked = Answer {
            method: Method::DELETE,
            path: path.to_owned(),
            status: 202,
            headers: http::HeaderMap::new(),
            body: Value::Null,
        };
        Wait::new(self, &asked, watch).gone().await.map(|_| ())
    }

    /// Waits for an operation that an earlier run began; `path` is the resource's, with its api-version.
    pub(crate) async fn resume(
        &self,
        path: &str,
        poll_url: Option<&str>,
        watch: &dyn Watch,
    ) -> Result<Value, Error> {
        let begun = Answer {
            method: Method::PUT,
            path: path.to_owned(),
            status: 200,
            headers: http::HeaderMap::new(),
            body: Value::Null,
        };
        let mut wait = Wait::new(self, &begun, watch);
        match poll_url {
            Some(url) => {
                wait.operation = Some(url.to_owned());
                wait.operation(url.to_owned()).await
            }
            None => wait.resource(None).await,
        }
    }
}

struct Wait<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    watch: &'a dyn Watch,
    started: Duration,
    pause: Duration,
    asked_pause: Option<Duration>,
    operation: Option<String>,
    location: Option<String>,
}

impl<'a> Wait<'a> {
    fn new(client: &'a Client, answer: &Answer, watch: &'a dyn Watch) -> Self {
        Self {
            client,
            method: answer.method.clone(),
            path: answer.path.clone(),
            watch,
            started: client.clock().elapsed(),
            pause: FIRST_PAUSE,
            asked_pause: None,
            operation: None,
            location: None,
        }
    }

    /// Takes the newest URLs and the asked pause from an answer.
    fn note(&mut self, answer: &Answer) {
        let own = own_path(&self.path);
        let location = answer.header("location").filter(|url| own_path(url) != own);
        let operation = answer.header(arm::AZURE_ASYNC_OPERATION);
        if let Some(url) = location {
            self.location = Some(url.to_owned());
        }
        if let Some(url) = operation.or(location) {
            if self.operation.as_deref() != Some(url) {
                self.watch.poll_url(url);
            }
            self.operation = Some(url.to_owned());
        }
        self.asked_pause = retry_after(&answer.headers);
    }

    /// Pauses as asked, else twice as long as the last time.
    async fn pause(&mut self, state: &str) -> Result<(), Error> {
        let waited = self.client.clock().elapsed().saturating_sub(self.started);
        if waited > BOUND {
            let what = own_path(&self.path);
            return Err(Error::TimedOut { what, waited, reason: format!("it is still in state {state}") });
        }
        self.watch.state(state);
        let own = self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.client
            .clock()
            .sleep(match self.asked_pause.take() {
                Some(Duration::ZERO) => own.min(EAGER_PAUSE),
                Some(asked) => asked,
                None => own,
            })
            .await;
        Ok(())
    }

    /// Follows an operation's URL to its end.
    async fn operation(&mut self, url: String) -> Result<Value, Error> {
        let mut url = url;
        let mut unknown = 0;
        let mut state = "InProgress".to_owned();
        loop {
            self.pause(&state).await?;
            let answer = self.client.arm(Method::GET, &url, None, &[]).await?;
            self.note(&answer);
            url = self.operation.clone().unwrap_or(url);
            match outcome(&answer) {
                Outcome::Running(newest) => {
                    unknown = 0;
                    state = newest;
                }
                Outcome::Unknown if unknown < UNKNOWN_TIMES => unknown += 1,
                // The URL's signature has expired, or the operation was forgotten: the resource knows.
                Outcome::Unknown | Outcome::Expired => return self.settled().await,
                Outcome::Done => return self.finished(answer).await,
                Outcome::Bad(state) => return Err(self.ended(&answer.body, state)),
                Outcome::Refused => return Err(answer.refusal()),
            }
        }
    }

    /// What the operation made.
    async fn finished(&mut self, last: Answer) -> Result<Value, Error> {
        match self.method {
            Method::DELETE => Ok(Value::Null),
            Method::POST => match self.location.clone() {
                Some(location) if own_path(&last.path) != own_path(&location) => {
                    Ok(self.client.arm(Method::GET, &location, None, &[]).await?.success()?.body)
                }
                _ => Ok(last.body),
            },
            _ => self.settled().await,
        }
    }

    async fn settled(&mut self) -> Result<Value, Error> {
        if self.method == Method::DELETE { self.gone().await } else { self.resource(None).await }
    }

    /// Asks the resource until its state is final. A 404 directly after the creation is a replica that does not
    /// know yet.
    async fn resource(&mut self, first: Option<Answer>) -> Result<Value, Error> {
        let mut unknown = 0;
        let mut answer = first;
        loop {
            let current = if let Some(answer) = answer.take() {
                answer
            } else {
                let answer = self.client.arm(Method::GET, &self.path, None, &[]).await?;
                self.asked_pause = retry_after(&answer.headers);
                answer
            };
            if current.status == 404 && unknown < UNKNOWN_TIMES {
                unknown += 1;
                self.pause("NotFound").await?;
                continue;
            }
            let current = current.success()?;
            match provisioning_state(&current.body) {
                Some(state) => match ProvisioningState::parse(state) {
                    ProvisioningState::Succeeded => return Ok(current.body),
                    ProvisioningState::Failed | ProvisioningState::Canceled => {
                        return Err(self.ended(&current.body, state.to_owned()));
                    }
                    _ => self.pause(state).await?,
                },
                None if current.status == 202 => self.pause("Accepted").await?,
                None => return Ok(current.body),
            }
        }
    }

    /// Asks for the resource until it is gone.
    async fn gone(&mut self) -> Result<Value, Error> {
        loop {
            let answer = self.client.arm(Method::GET, &self.path, None, &[]).await?;
            if answer.status == 404 {
                return Ok(Value::Null);
            }
            let answer = answer.success()?;
            self.asked_pause = retry_after(&answer.headers);
            self.pause("Deleting").await?;
        }
    }

    fn ended(&self, body: &Value, state: String) -> Error {
        let properties = body.get("properties").filter(|properties| properties.get("error").is_some());
        let (code, message) =
            innermost(if body.get("error").is_some() { body } else { properties.unwrap_or(body) });
        Error::Operation { path: own_path(&self.path), state, code, message }
    }
}

/// What an operation's answer means.
enum Outcome {
    Running(String),
    Done,
    Bad(String),
    Unknown,
    Expired,
    Refused,
}

fn outcome(answer: &Answer) -> Outcome {
    match answer.status {
        202 => Outcome::Running(status(&answer.body).unwrap_or("InProgress").to_owned()),
        404 => Outcome::Unknown,
        401 | 403 => Outcome::Expired,
        200..=299 => match status(&answer.body) {
            None => Outcome::Done,
            Some(text) => match text.to_ascii_lowercase().as_str() {
                "succeeded" => Outcome::Done,
                "failed" | "canceled" | "cancelled" => Outcome::Bad(text.to_owned()),
                _ => Outcome::Running(text.to_owned()),
            },
        },
        _ => Outcome::Refused,
    }
}

/// A status document's state, or a resource's.
fn status(body: &Value) -> Option<&str> {
    body.get("status").and_then(Value::as_str).or_else(|| provisioning_state(body))
}

/// A resource's provisioning state.
pub(crate) fn provisioning_state(body: &Value) -> Option<&str> {
    body.get("properties")?.get("provisioningState")?.as_str()
}

fn own_path(path: &str) -> String {
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    path.split('?').next().unwrap_or_default().to_ascii_lowercase()
}
