//! The REST protocol of Azure Cosmos DB, as `cosmosdb-data-source` speaks it: calls for the items of a container, signed
//! with the account's key or with a token of the service's identity.
//! <https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources>
//!
//! **Differs from Azure:** calls go to the endpoint of the connection string only, and a call that the database throttles
//! is not made again.

mod asked;

use std::time::{Duration, UNIX_EPOCH};

pub use asked::{Asked, trimmed};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::send_request::Sending;
use crate::body::Body;
use crate::context::{Exchange, Response};
use crate::error::{LastError, Reason, Source};
use crate::identity::Wanted;
use crate::value::failed;

/// The element that calls.
pub const POLICY: &str = "cosmosdb-data-source";
/// The version of the protocol.
const VERSION: &str = "2018-12-31";
/// How long the database may think.
const TIMEOUT: Duration = Duration::from_mins(1);
/// What `HttpUtility.UrlEncode` leaves as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Where an account is, and its key.
pub struct Account {
    endpoint: String,
    key: Option<Vec<u8>>,
}

/// Who calls.
pub enum Caller {
    /// Whoever has the account's key.
    Key,
    /// An identity of the service: a user-assigned one by its client id.
    Identity(Option<String>),
}

/// A container, and who calls for its items.
pub struct Container {
    /// The account.
    pub account: Account,
    /// The database's name.
    pub database: String,
    /// The container's own name.
    pub name: String,
    /// Who calls.
    pub caller: Caller,
}

/// A call.
pub struct Call {
    /// What it does.
    pub method: Method,
    /// The item that it is for; all of them without one.
    pub id: Option<String>,
    /// What it says beside who calls.
    pub headers: HeaderMap,
    /// What is sent.
    pub body: Bytes,
}

impl Account {
    /// Reads a connection string, such as `AccountEndpoint=https://a.documents.azure.com:443/;AccountKey=…;`.
    ///
    /// # Errors
    /// What is wrong with it, without it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        let part = |wanted: &str| {
            let mut parts = text.split(';').rev().filter_map(|part| part.split_once('='));
            parts.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_owned())
        };
        let endpoint = part("AccountEndpoint").ok_or("the connection string has no AccountEndpoint")?;
        let key = part("AccountKey").filter(|key| !key.is_empty());
        let key = key.map(|key| STANDARD.decode(key)).transpose();
        let key = key.map_err(|_| "the AccountKey of the connection string is not Base64")?;
        Ok(Self { endpoint: endpoint.trim_end_matches('/').to_owned(), key })
    }
}

impl Call {
    /// A call without headers and body.
    pub fn new(method: Method, id: Option<String>) -> Self {
        Self { method, id, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// Says something in a header.
    ///
    /// # Errors
    /// It cannot be said there.
    pub fn say(&mut self, name: &'static str, value: &str) -> Result<(), LastError> {
        let value = HeaderValue::from_str(value);
        let value =
            value.map_err(|_| failed(&format!("what `{name}` should say has signs that it cannot")))?;
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(())
    }
}

impl Container {
    /// Makes a call.
    ///
    /// # Errors
    /// The database cannot be reached, or no token can be had.
    pub async fn call(&self, call: &Call, exchange: &Exchange) -> Result<Response, LastError> {
        let items = format!("dbs/{}/colls/{}", self.database, self.name);
        let link = call.id.as_ref().map_or_else(|| items.clone(), |id| format!("{items}/docs/{id}"));
        let plain = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
        let id = call.id.as_ref().map_or_else(String::new, |id| format!("/{}", plain(id)));
        let (database, name) = (plain(&self.database), plain(&self.name));
        let url = format!("{}/dbs/{database}/colls/{name}/docs{id}", self.account.endpoint);
        let now = exchange.gateway.clock.now().unix_millis().cast_unsigned();
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(now));
        let shown = self.shown((&call.method, "docs", &link), &date, exchange).await?;
        let mut request = Request::new(Body::full(call.body.clone()));
        *request.method_mut() = call.method.clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-ms-version", HeaderValue::from_static(VERSION));
        headers.extend(call.headers.clone());
        for (header, value) in [(HeaderName::from_static("x-ms-date"), &date), (AUTHORIZATION, &shown)] {
            let mut value = HeaderValue::from_str(value).map_err(|error| failed(&error.to_string()))?;
            value.set_sensitive(header == AUTHORIZATION);
            headers.insert(header, value);
        }
        Sending::to(POLICY, exchange, &url, request, TIMEOUT)?.send().await
    }

    /// What shows who calls.
    async fn shown(
        &self,
        what: (&Method, &str, &str),
        date: &str,
        exchange: &Exchange,
    ) -> Result<String, LastError> {
        let (kind, shown) = match (&self.caller, &self.account.key) {
            (Caller::Key, Some(key)) => ("master", signature(key, what, date)),
            (Caller::Key, None) => {
                let why = "the connection string has no AccountKey, and use-managed-identity is not `true`";
                return Err(failed(why));
            }
            (Caller::Identity(client_id), _) => {
                let service = exchange.matched.service.model.id.clone();
                let resource = self.account.endpoint.trim_end_matches(":443").to_owned();
                let wanted = Wanted { service, client_id: client_id.clone(), resource };
                let token = exchange.gateway.identity_token(wanted).await.map_err(|why| {
                    let message = format!("Failed to acquire access token: {why}");
                    LastError::new(Source::Policy(POLICY), Reason::TokenAcquisitionFailure, message)
                })?;
                ("aad", token)
            }
        };
        Ok(utf8_percent_encode(&format!("type={kind}&ver=1.0&sig={shown}"), PLAIN).to_string())
    }
}

/// The signature of a call: what it does, with which type of resource, and with which.
fn signature(key: &[u8], (method, kind, link): (&Method, &str, &str), date: &str) -> String {
    let text =
        format!("{}\n{kind}\n{link}\n{}\n\n", method.as_str().to_lowercase(), date.to_ascii_lowercase());
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentations_example_has_the_documentations_signature() {
        let key = "dsZQi3KtZmCv1ljt3VNWNm7sQUF1y5rJfC6kv5JiwvW0EndXdDku/dkKBp8/ufDToSxLzR4y+O/0H/t4bQtVNw==";
        let key = STANDARD.decode(key).expect("a key");
        let date = "Thu, 27 Apr 2017 00:51:12 GMT";
        let found = signature(&key, (&Method::GET, "dbs", "dbs/ToDoList"), date);
        assert_eq!(found, "c09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu+c+c=");
    }

    #[test]
    fn connection_strings_are_read_or_what_is_wrong_is_said_without_them() {
        for (text, expected) in [
            ("AccountEndpoint=https://a:443/;AccountKey=YWI=;", Ok(("https://a:443", Some("ab")))),
            (" accountkey=YWI=; \n AccountEndpoint=https://a.\n b/ ", Ok(("https://a.b", Some("ab")))),
            ("AccountEndpoint=https://a/;AccountKey=;", Ok(("https://a", None))),
            ("AccountKey=YWI=;", Err("the connection string has no AccountEndpoint")),
            (
                "AccountEndpoint=https://a;AccountKey=?;",
                Err("the AccountKey of the connection string is not Base64"),
            ),
        ] {
            let found = Account::parse(text);
            let found = found.as_ref().map_err(String::as_str).map(|account| {
                let key = account.key.as_deref().map(|key| std::str::from_utf8(key).expect("a text"));
                (account.endpoint.as_str(), key)
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}
