//! What `cosmosdb-data-source` asks a container: the elements of a request as calls of the protocol.
//! <https://learn.microsoft.com/rest/api/cosmos-db/documents>
//!
//! **Differs from Azure:** which fields the answer of a query has is not published but for `items`.

use std::sync::Arc;

use bytes::Bytes;
use diagnostic::Diagnostic;
use http::Method;
use http::header::CONTENT_LENGTH;
use serde_json::{Value as Json, json};

use super::super::http_data_source::address;
use super::super::set_body::SetBody;
use super::{Call, Container};
use crate::body::Body;
use crate::context::{Evaluation, Exchange, Response};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{self, Placed};
use crate::value::{Typed, Value, Variable, boolean, failed};

/// How many pages of a query are asked for.
const PAGES: usize = 100;
/// How many bytes they have together.
const LARGEST: usize = 16 << 20;

/// What is asked.
pub struct Asked {
    kind: Kind,
    id: Option<SetBody>,
    /// The partition key, and its type.
    key: Option<(SetBody, Option<Value>)>,
    /// The entity tag, and whether it must be the item's.
    etag: Option<(SetBody, Option<Value>)>,
    /// What stands in headers, and how.
    said: Vec<(&'static Said, Value)>,
    minimal: Option<Typed<bool>>,
}

enum Kind {
    Query(Query),
    Read,
    Delete,
    Write(Option<Value>, Vec<Arc<Placed>>),
}

struct Query {
    statement: Value,
    parameters: Vec<Parameter>,
    /// How many items, and from where on.
    paging: Option<(SetBody, SetBody)>,
}

struct Parameter {
    name: Value,
    value: Value,
    ty: Option<Value>,
}

/// An attribute, the header that says the same, and how it says it.
type Said = (&'static str, &'static str, fn(&str) -> String);

const SAID: &[Said] = &[
    ("consistency-level", "x-ms-consistency-level", pascal),
    ("enable-low-precision-order-by", "x-ms-documentdb-query-enable-low-precision-order-by", pascal),
    ("indexing-directive", "x-ms-indexing-directive", pascal),
    ("post-trigger", "x-ms-documentdb-post-trigger-include", str::to_owned),
    ("pre-trigger", "x-ms-documentdb-pre-trigger-include", str::to_owned),
];

impl Asked {
    /// Compiles the request's element.
    pub fn compile(
        parent: &Element,
        element: &Element,
        compiler: &mut Compiler<'_>,
    ) -> Result<Self, Diagnostic> {
        let kind = match element.name.as_str() {
            "query-request" => Kind::Query(Query::compile(element, compiler)?),
            "read-request" => Kind::Read,
            "delete-request" => Kind::Delete,
            _ => {
                let how = compiler.value(element, "type");
                Kind::Write(how, compiler.branch_beside(parent, element, &["id", "partition-key", "etag"]))
            }
        };
        let (mut id, mut key, mut etag) = (None, None, None);
        for part in element.elements() {
            match part.name.as_str() {
                "id" => id = Some(SetBody::compile(part, compiler)?),
                "partition-key" => {
                    key = Some((SetBody::compile(part, compiler)?, compiler.value(part, "data-type")));
                }
                "etag" => etag = Some((SetBody::compile(part, compiler)?, compiler.value(part, "type"))),
                _ => {}
            }
        }
        let said = SAID.iter().filter_map(|said| Some((said, compiler.value(element, said.0)?))).collect();
        let minimal = compiler.typed(element, "enable-content-response-on-write", boolean);
        Ok(Self { kind, id, key, etag, said, minimal })
    }

    /// Asks.
    ///
    /// # Errors
    /// An expression failed, what it says cannot be asked, or the database cannot be reached.
    pub async fn ask(&self, container: &Container, exchange: &mut Exchange) -> Result<Response, LastError> {
        let call = self.call(exchange).await?;
        match &self.kind {
            Kind::Query(query) => query.pages(call, container, exchange).await,
            _ => container.call(&call, exchange).await,
        }
    }

    async fn call(&self, exchange: &mut Exchange) -> Result<Call, LastError> {
        let id = self.id.as_ref().map(|id| text(id, exchange)).transpose()?;
        let mut call = match &self.kind {
            Kind::Query(query) => query.call(exchange)?,
            Kind::Read => Call::new(Method::GET, id),
            Kind::Delete => Call::new(Method::DELETE, id),
            Kind::Write(how, steps) => written(how.as_ref(), steps, id, exchange).await?,
        };
        match &self.key {
            Some((key, ty)) => {
                let (key, ty) = (text(key, exchange)?, word(ty.as_ref(), "string", exchange)?);
                call.say(PARTITION, &ascii(&json!([typed(&key, &ty)?])))?;
            }
            None if matches!(self.kind, Kind::Query(_)) => {
                call.say("x-ms-documentdb-query-enablecrosspartition", "True")?;
            }
            None => call.say(PARTITION, "[{}]")?,
        }
        if let Some((etag, how)) = &self.etag {
            let header = match word(how.as_ref(), "match", exchange)?.as_str() {
                "match" => "if-match",
                "no-match" => "if-none-match",
                other => {
                    return Err(failed(&format!("the type `{other}` is neither `match` nor `no-match`")));
                }
            };
            call.say(header, &text(etag, exchange)?)?;
        }
        for ((_, header, say), value) in &self.said {
            call.say(header, &say(&trimmed(value, exchange)?))?;
        }
        if let Some(minimal) = &self.minimal
            && !minimal.get(exchange)?
        {
            call.say("prefer", "return=minimal")?;
        }
        Ok(call)
    }
}

const PARTITION: &str = "x-ms-documentdb-partitionkey";

/// The call that writes the request's body, or the field's arguments if nothing else is said.
async fn written(
    how: Option<&Value>,
    steps: &[Arc<Placed>],
    id: Option<String>,
    exchange: &mut Exchange,
) -> Result<Call, LastError> {
    let (arguments, before) = (arguments(exchange), address(&exchange.request.body));
    let how = word(how, "upsert", exchange)?;
    pipeline::run(steps, exchange).await?;
    let body = match &exchange.request.body {
        Body::Full(bytes) if address(&exchange.request.body) != before => bytes.clone(),
        _ => arguments,
    };
    let mut call = match how.as_str() {
        "insert" | "upsert" => Call::new(Method::POST, None),
        "replace" => {
            let item: Json = serde_json::from_slice(&body).unwrap_or_default();
            let own = || item.get("id").and_then(Json::as_str).map(str::to_owned);
            let id = id.or_else(own).ok_or_else(|| failed("an item that is replaced needs an `id`"))?;
            Call::new(Method::PUT, Some(id))
        }
        other => {
            return Err(failed(&format!("the type `{other}` is none of `insert`, `replace` and `upsert`")));
        }
    };
    if how == "upsert" {
        call.say("x-ms-documentdb-is-upsert", "True")?;
    }
    call.body = body;
    Ok(call)
}

impl Query {
    fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Self, Diagnostic> {
        let mut query = Self { statement: Value::literal(ALL), parameters: Vec::new(), paging: None };
        for part in element.elements() {
            match part.name.as_str() {
                "sql-statement" => query.statement = compiler.content(part),
                "parameters" => {
                    let parameter = |parameter: &Element| Parameter {
                        name: compiler.value(parameter, "name").unwrap_or_else(Value::nothing),
                        value: compiler.content(parameter),
                        ty: compiler.value(parameter, "type"),
                    };
                    query.parameters = part.elements().map(parameter).collect();
                }
                "paging" => {
                    let child = |name: &str| part.elements().find(|child| child.name == name);
                    if let (Some(count), Some(token)) = (child("max-item-count"), child("continuation-token"))
                    {
                        query.paging =
                            Some((SetBody::compile(count, compiler)?, SetBody::compile(token, compiler)?));
                    }
                }
                _ => {}
            }
        }
        Ok(query)
    }

    fn call(&self, exchange: &mut Exchange) -> Result<Call, LastError> {
        let mut parameters = Vec::new();
        for Parameter { name, value, ty } in &self.parameters {
            let value = match ty {
                None => valued(value, exchange)?,
                ty => typed(&trimmed(value, exchange)?, &word(ty.as_ref(), "string", exchange)?)?,
            };
            parameters.push(json!({ "name": trimmed(name, exchange)?, "value": value }));
        }
        let mut call = Call::new(Method::POST, None);
        let statement = trimmed(&self.statement, exchange)?;
        call.body = Bytes::from(json!({ "query": statement, "parameters": parameters }).to_string());
        call.say("content-type", "application/query+json")?;
        call.say("x-ms-documentdb-isquery", "True")?;
        if let Some((count, token)) = &self.paging {
            call.say("x-ms-max-item-count", &text(count, exchange)?)?;
            let token = text(token, exchange)?;
            if !token.is_empty() {
                call.say(CONTINUATION, &token)?;
            }
        }
        Ok(call)
    }

    /// The pages, one or all.
    async fn pages(
        &self,
        mut call: Call,
        container: &Container,
        exchange: &Exchange,
    ) -> Result<Response, LastError> {
        let (mut items, mut size) = (Vec::new(), 0);
        for _ in 0..PAGES {
            let mut answer = container.call(&call, exchange).await?;
            let Body::Full(bytes) = &answer.body else { return Ok(answer) };
            if !answer.status.is_success() {
                return Ok(answer);
            }
            size += bytes.len();
            if size > LARGEST {
                break;
            }
            let page: Json = serde_json::from_slice(bytes)
                .map_err(|error| failed(&format!("the database did not answer with JSON: {error}")))?;
            items.extend(page.get("Documents").and_then(Json::as_array).into_iter().flatten().cloned());
            let next = answer.headers.get(CONTINUATION).and_then(|next| next.to_str().ok());
            if let Some(next) = next.filter(|_| self.paging.is_none()) {
                call.say(CONTINUATION, next)?;
                continue;
            }
            let all = json!({ "items": items, "continuationToken": next });
            answer.body = Body::full(Bytes::from(all.to_string()));
            answer.headers.remove(CONTENT_LENGTH);
            return Ok(answer);
        }
        Err(failed(&format!("the query has more than {PAGES} pages or {LARGEST} bytes: say `paging`")))
    }
}

const ALL: &str = "SELECT * FROM c";
const CONTINUATION: &str = "x-ms-continuation";

/// The field's arguments, which are in the body of the request.
fn arguments(exchange: &Exchange) -> Bytes {
    let body = match &exchange.request.body {
        Body::Full(bytes) => serde_json::from_slice(bytes).unwrap_or_default(),
        _ => Json::Null,
    };
    Bytes::from(body.get("arguments").map_or_else(|| "{}".to_owned(), Json::to_string))
}

/// A text without the white space around it.
pub fn trimmed(value: &Value, exchange: &mut Exchange) -> Result<String, LastError> {
    value.text(exchange).map(|text| text.trim().to_owned())
}

/// A word, in lower case, or what it is when it is not there.
fn word(value: Option<&Value>, usual: &str, exchange: &mut Exchange) -> Result<String, LastError> {
    value.map_or_else(|| Ok(usual.to_owned()), |value| Ok(trimmed(value, exchange)?.to_lowercase()))
}

fn text(template: &SetBody, exchange: &mut Exchange) -> Result<String, LastError> {
    let bytes = template.evaluate(exchange)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// What a parameter says: JSON and numbers as they are, everything else as text.
fn valued(value: &Value, exchange: &mut Exchange) -> Result<Json, LastError> {
    let variable = value.variable(exchange)?;
    let text = match &variable {
        Variable::Json(_) => expression::json_text(&variable).unwrap_or_default(),
        Variable::String(text) => return Ok(Json::from(text.text().trim())),
        other => {
            let host = Evaluation::of(exchange);
            expression::text(other, &host, &expression::Limits::default())
                .map_err(|failure| failed(&failure.to_string()))?
        }
    };
    Ok(match variable {
        Variable::Null => Json::Null,
        Variable::Bool(truth) => Json::Bool(truth),
        _ => serde_json::from_str(&text).unwrap_or(Json::String(text)),
    })
}

/// A text as a value of one of the types that a partition key has.
fn typed(text: &str, ty: &str) -> Result<Json, LastError> {
    let value = match ty {
        "string" => Some(Json::from(text)),
        "number" => serde_json::from_str(text).ok().filter(Json::is_number),
        "bool" => boolean(text).ok().map(Json::Bool),
        "null" => Some(Json::Null),
        "none" => Some(json!({})),
        _ => None,
    };
    value.ok_or_else(|| failed(&format!("`{text}` is no value of the type `{ty}`")))
}

/// JSON that can stand in a header.
fn ascii(json: &Json) -> String {
    let escaped = |unit: &mut u16| format!("\\u{unit:04x}");
    let sign = |sign: char| match sign {
        ' '..='~' => sign.to_string(),
        _ => sign.encode_utf16(&mut [0; 2]).iter_mut().map(escaped).collect(),
    };
    json.to_string().chars().map(sign).collect()
}

/// `bounded-staleness` as headers write it: `BoundedStaleness`.
fn pascal(text: &str) -> String {
    let word = |word: &str| {
        let mut signs = word.chars();
        signs.next().into_iter().flat_map(char::to_uppercase).chain(signs).collect::<String>()
    };
    text.split('-').map(word).collect()
}
