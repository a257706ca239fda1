//! A small client for the Kubernetes API: <https://kubernetes.io/docs/reference/using-api/api-concepts/>.

pub(crate) mod clusters;
pub(crate) mod kinds;
mod kubeconfig;

use std::fmt;
use std::sync::Arc;

use http::Method;
use reqwest::RequestBuilder;
use serde_json::Value;

use crate::answer::Answer;
use crate::retry::{Attempt, Raw};
use crate::{Client, Error, Secret, retry};

pub(crate) use kubeconfig::connect;

/// Who the objects' fields belong to (server-side apply).
pub const FIELD_MANAGER: &str = "apimlab";

/// One cluster. Clones share connections.
#[derive(Clone)]
pub struct Kubernetes(Arc<Inner>);

struct Inner {
    client: Client,
    http: reqwest::Client,
    server: String,
    authentication: Authentication,
}

/// How the caller proves who it is.
enum Authentication {
    /// By its client certificate, or not at all.
    Connection,
    Token(Secret),
    /// By a token of the environment's credential, as clusters without local accounts want it.
    Entra {
        audience: &'static str,
    },
}

impl Kubernetes {
    /// The object or list at `path`; none if there is none.
    pub async fn get(&self, path: &str) -> Result<Option<Value>, Error> {
        let answer = self.ask(Method::GET, path, None).await?;
        if answer.status == 404 { Ok(None) } else { Ok(Some(answer.success()?.body)) }
    }

    /// The items of the list at `path`.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>, Error> {
        let mut body = self.ask(Method::GET, path, None).await?.success()?.body;
        match body.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            _ => Err(Error::Unexpected { path: path.to_owned(), reason: "it has no `items`".to_owned() }),
        }
    }

    /// Writes the object's fields, whoever wrote them before (server-side apply).
    /// <https://kubernetes.io/docs/reference/using-api/server-side-apply/>
    pub async fn apply(&self, object: &Value) -> Result<Value, Error> {
        let path = self.path(object).await?;
        let path = format!("{path}?fieldManager={FIELD_MANAGER}&force=true");
        Ok(self.ask(Method::PATCH, &path, Some(object)).await?.success()?.body)
    }

    /// Deletes the object at `path`; says whether there was one.
    pub async fn delete(&self, path: &str) -> Result<bool, Error> {
        let answer = self.ask(Method::DELETE, path, None).await?;
        if answer.status == 404 { Ok(false) } else { answer.success().map(|_| true) }
    }

    /// What the Pod's container has printed.
    pub async fn log(&self, namespace: &str, pod: &str) -> Result<String, Error> {
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/log");
        let raw = self.send(&Method::GET, &path, None).await?;
        let text = String::from_utf8_lossy(&raw.body).into_owned();
        if (200..300).contains(&raw.status) {
            Ok(text)
        } else {
            Err(answer(Method::GET, &path, raw).refusal())
        }
    }

    /// The events about an object, oldest first.
    pub async fn events(&self, namespace: &str, kind: &str, name: &str) -> Result<Vec<Value>, Error> {
        let path = format!(
            "/api/v1/namespaces/{namespace}/events?fieldSelector=involvedObject.kind%3D{kind}%2CinvolvedObject.name%3D{name}"
        );
        let mut events = self.list(&path).await?;
        events.retain(|event| {
            let about = |key: &str| event.pointer(&format!("/involvedObject/{key}")).and_then(Value::as_str);
            about("kind") == Some(kind) && about("name") == Some(name)
        });
        events.sort_by(|a, b| moment(a).cmp(moment(b)));
        Ok(events)
    }

    /// The newest warning about an object: `reason: message`.
    pub async fn newest_warning(
        &self,
        namespace: &str,
        kind: &str,
        name: &str,
    ) -> Result<Option<String>, Error> {
        let events = self.events(namespace, kind, name).await?;
        let warning =
            events.iter().rfind(|event| event.get("type").and_then(Value::as_str) == Some("Warning"));
        let text =
            |event: &Value, key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(warning.map(|event| format!("{}: {}", text(event, "reason"), text(event, "message"))))
    }

    /// The path of an object, from its `apiVersion`, `kind`, namespace and name.
    pub async fn path(&self, object: &Value) -> Result<String, Error> {
        let name = kinds::ObjectName::of(object)?;
        if let Some(resource) = kinds::known(name.api_version, name.kind) {
            return Ok(name.path(resource.plural, resource.scope));
        }
        // Not one of the usual kinds: the cluster says what it is called.
        let group = kinds::group_path(name.api_version);
        let list = self.get(&group).await?.unwrap_or_default();
        let resources = list.get("resources").and_then(Value::as_array).cloned().unwrap_or_default();
        let found = resources.iter().find(|resource| {
            let plural = resource.get("name").and_then(Value::as_str).unwrap_or_default();
            resource.get("kind").and_then(Value::as_str) == Some(name.kind) && !plural.contains('/')
        });
        let plural = found.and_then(|resource| resource.get("name")?.as_str());
        let scope = kinds::Scope::from(found.and_then(|resource| resource.get("namespaced")?.as_bool()));
        plural.map(|plural| name.path(plural, scope)).ok_or_else(|| Error::Unexpected {
            path: group.clone(),
            reason: format!(
                "the cluster does not serve the kind `{}` there; check `apiVersion` and `kind`",
                name.kind
            ),
        })
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Error> {
        let raw = self.send(&method, path, body).await?;
        Ok(answer(method, path, raw))
    }

    async fn send(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<Raw, Error> {
        let url = format!("{}{path}", self.0.server);
        let token = match &self.0.authentication {
            Authentication::Connection => None,
            Authentication::Token(token) => Some(token.reveal().to_owned()),
            Authentication::Entra { audience } => Some(self.0.client.token(audience).await?),
        };
        let build = || -> RequestBuilder {
            let mut request =
                self.0.http.request(method.clone(), &url).header("accept", "application/json, */*");
            if let Some(token) = &token {
                request = request.bearer_auth(token);
            }
            match body {
                // JSON is YAML, and this media type is what server-side apply is asked for with.
                Some(body) => {
                    request.header("content-type", "application/apply-patch+yaml").body(body.to_string())
                }
                None => request,
            }
        };
        retry::send(self.0.client.clock(), &Attempt { method, url: &url, build: &build }).await
    }
}

fn answer(method: Method, path: &str, raw: Raw) -> Answer {
    let body = crate::client::parse(&raw.body);
    Answer { method, path: path.to_owned(), status: raw.status, headers: raw.headers, body }
}

/// When an event happened last; the formats of both event APIs sort as texts.
fn moment(event: &Value) -> &str {
    let at = |key: &str| event.get(key).and_then(Value::as_str);
    at("lastTimestamp")
        .or_else(|| at("eventTime"))
        .or_else(|| event.pointer("/metadata/creationTimestamp")?.as_str())
        .unwrap_or_default()
}

impl fmt::Debug for Kubernetes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kubernetes").field("server", &self.0.server).finish_non_exhaustive()
    }
}
