//! `cosmosdb-data-source`: answers a resolver from Azure Cosmos DB. In resolvers of GraphQL APIs.
//! <https://learn.microsoft.com/azure/api-management/cosmosdb-data-source-policy>
//!
//! The answer of a query is an object with `items`, and with `continuationToken` where there is more.
//!
//! **Differs from Azure:** there is no database in the sandbox: the connection string leads to one, or to something that
//! speaks its REST protocol. Without `paging` a query is asked for page after page, up to 100. Without
//! `partition-key` an item has none.

use std::sync::Arc;

use diagnostic::Diagnostic;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::cosmos::{Account, Asked, Caller, Container, POLICY, trimmed};
use super::http_data_source::answered;
use super::{Attribute, Child, Content, Definition, Example, Fidelity, GatewayKind, Occurs, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Flow, Pending, Placed, ScopeKind, Section, Step, Wait};
use crate::value::{Typed, Value, boolean, failed};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cosmosdb-data-source",
    summary: "Answers a resolver from Azure Cosmos DB.",
    sections: &[],
    scopes: &[ScopeKind::Resolver],
    gateways: &[GatewayKind::Classic, GatewayKind::V2],
    attributes: &[],
    content: Content::Children(&[
        Child::new(
            "connection-info",
            Occurs::Once,
            Content::Children(&[
                Child {
                    attributes: &[
                        Attribute::optional(
                            "use-managed-identity",
                            "Whether the service's identity opens it.",
                            ValueKind::Text,
                        )
                        .or_expression(),
                        Attribute::optional("client-id", "The user-assigned identity.", ValueKind::Text)
                            .or_expression(),
                    ],
                    ..Child::new("connection-string", Occurs::Once, Content::Text)
                },
                Child::new("database-name", Occurs::Once, Content::Text),
                Child::new("container-name", Occurs::Once, Content::Text),
            ]),
        ),
        Child {
            attributes: &[Attribute::optional(
                "enable-low-precision-order-by",
                "How numbers are ordered.",
                ValueKind::Boolean,
            )],
            ..Child::new(
                "query-request",
                Occurs::AtMostOnce,
                Content::WithText(&Content::Children(&[
                    Child::new("sql-statement", Occurs::AtMostOnce, Content::Text),
                    Child::new(
                        "parameters",
                        Occurs::AtMostOnce,
                        Content::Children(&[Child {
                            attributes: &[
                                Attribute::required("name", "The parameter.", ValueKind::Text)
                                    .or_expression(),
                                Attribute::optional("type", "Its type.", ValueKind::Text).or_expression(),
                            ],
                            ..Child::new("parameter", Occurs::Repeated, Content::Text)
                        }]),
                    ),
                    PARTITION_KEY,
                    Child::new(
                        "paging",
                        Occurs::AtMostOnce,
                        Content::Children(&[
                            Child {
                                attributes: &[TEMPLATE],
                                ..Child::new("max-item-count", Occurs::Once, Content::Text)
                            },
                            Child {
                                attributes: &[TEMPLATE],
                                ..Child::new("continuation-token", Occurs::Once, Content::Text)
                            },
                        ]),
                    ),
                ])),
            )
        },
        Child::new(
            "read-request",
            Occurs::AtMostOnce,
            Content::WithText(&Content::Children(&[KEY, PARTITION_KEY])),
        ),
        Child {
            attributes: &[CONSISTENCY, PRE_TRIGGER, POST_TRIGGER],
            ..Child::new(
                "delete-request",
                Occurs::AtMostOnce,
                Content::WithText(&Content::Children(&[KEY, PARTITION_KEY, ETAG])),
            )
        },
        Child {
            attributes: &[
                Attribute::optional("type", "Whether it inserts, replaces or does either.", ValueKind::Text)
                    .or_expression(),
                CONSISTENCY,
                Attribute::optional(
                    "enable-content-response-on-write",
                    "Whether the item comes back.",
                    ValueKind::Text,
                )
                .or_expression(),
                Attribute::optional("indexing-directive", "Whether it is indexed.", ValueKind::Text)
                    .or_expression(),
                PRE_TRIGGER,
                POST_TRIGGER,
            ],
            ..Child::new(
                "write-request",
                Occurs::AtMostOnce,
                Content::WithText(&Content::Children(&[
                    Child { occurs: Occurs::AtMostOnce, ..KEY },
                    PARTITION_KEY,
                    ETAG,
                    Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
                    Child::new("include-fragment", Occurs::Repeated, Content::Policy),
                ])),
            )
        },
        Child::new(
            "response",
            Occurs::AtMostOnce,
            Content::Children(&[
                Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
                Child::new("publish-event", Occurs::AtMostOnce, Content::Policy),
                Child::new("include-fragment", Occurs::Repeated, Content::Policy),
            ]),
        ),
    ]),
    fidelity: Fidelity::Approximate(
        "there is no database in the sandbox: the connection string leads to one",
    ),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[Example {
    title: "an item is read; its fields are those of the type",
    section: Section::Inbound,
    fragment: "<cosmosdb-data-source><connection-info><connection-string use-managed-identity=\"true\">\
               AccountEndpoint=http://10.10.1.5/;</connection-string><database-name>d</database-name>\
               <container-name>c</container-name></connection-info>\
               <read-request><id>@(context.GraphQL.Arguments[\"id\"].ToString())</id><partition-key>k</partition-key>\
               </read-request><response><set-body>{\"id\": 7, \"title\": \"@\"}</set-body></response></cosmosdb-data-source>",
    request: &["GET /api?query=%7Bbook(id:7)%7Bid%20t:title%7D%7D HTTP/1.1"],
    seen: &[
        "GET /dbs/d/colls/c/docs/7 HTTP/1.1",
        "x-ms-documentdb-partitionkey: [\"k\"]",
        "authorization: type%3Daad%26ver%3D1.0%26sig%3Down%40http%3A%2F%2F10.10.1.5",
    ],
    answer: &["HTTP/1.1 200 OK"],
    response: &["HTTP/1.1 200 OK", "{\"data\":{\"book\":{\"id\":\"7\",\"t\":\"@\"}}}"],
}];

const TEMPLATE: Attribute =
    Attribute::optional("template", "How the text is written.", ValueKind::OneOf(&["liquid"]));
const KEY: Child = Child { attributes: &[TEMPLATE], ..Child::new("id", Occurs::Once, Content::Text) };
const PARTITION_KEY: Child = Child {
    attributes: &[Attribute::optional("data-type", "Its type.", ValueKind::Text).or_expression(), TEMPLATE],
    ..Child::new("partition-key", Occurs::AtMostOnce, Content::Text)
};
const ETAG: Child = Child {
    attributes: &[
        Attribute::optional("type", "Whether it must be the item's, or must not.", ValueKind::Text)
            .or_expression(),
        TEMPLATE,
    ],
    ..Child::new("etag", Occurs::AtMostOnce, Content::Text)
};
const CONSISTENCY: Attribute =
    Attribute::optional("consistency-level", "How fresh the data are.", ValueKind::Text).or_expression();
const PRE_TRIGGER: Attribute =
    Attribute::optional("pre-trigger", "What runs before.", ValueKind::Text).or_expression();
const POST_TRIGGER: Attribute =
    Attribute::optional("post-trigger", "What runs behind.", ValueKind::Text).or_expression();

struct CosmosDb {
    connection: Connection,
    /// Unless the document has none, or several.
    asked: Option<Asked>,
    response: Vec<Arc<Placed>>,
}

/// Where the items are, and who asks for them.
struct Connection {
    string: Value,
    managed: Typed<bool>,
    client_id: Option<Value>,
    database: Value,
    container: Value,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut asked = Vec::new();
    let (mut connection, mut response) = (None, Vec::new());
    for part in element.elements() {
        match part.name.as_str() {
            "connection-info" => connection = Connection::compile(part, compiler),
            "response" => response = compiler.branch(element, part),
            _ => asked.push(Asked::compile(element, part, compiler)?),
        }
    }
    let connection = connection.ok_or_else(|| {
        compiler.problem(
            codes::MISSING,
            element,
            "The connection has no connection string, database or container.",
        )
    })?;
    let only = if asked.len() == 1 { asked.pop() } else { None };
    if only.is_none() {
        let problem = compiler.problem(codes::ELEMENT, element, ONE).warning();
        compiler.report(problem.help("requests that need it end with an error until there is one"));
    }
    Ok(Step::Wait(Box::new(CosmosDb { connection, asked: only, response })))
}

const ONE: &str =
    "there must be one of query-request, read-request, delete-request and write-request, and only one";

impl Connection {
    fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Option<Self> {
        let part = |name: &str| element.elements().find(|part| part.name == name);
        let string = part("connection-string")?;
        Some(Self {
            managed: compiler.typed(string, "use-managed-identity", boolean).unwrap_or(Typed::Fixed(false)),
            client_id: compiler.value(string, "client-id"),
            string: compiler.content(string),
            database: compiler.content(part("database-name")?),
            container: compiler.content(part("container-name")?),
        })
    }

    fn open(&self, exchange: &mut Exchange) -> Result<Container, LastError> {
        let account = Account::parse(&self.string.text(exchange)?).map_err(|why| failed(&why))?;
        let caller = if self.managed.get(exchange)? {
            let id = self.client_id.as_ref().map(|id| trimmed(id, exchange)).transpose()?;
            Caller::Identity(id.filter(|id| !id.is_empty()))
        } else {
            Caller::Key
        };
        let (database, name) = (trimmed(&self.database, exchange)?, trimmed(&self.container, exchange)?);
        Ok(Container { account, database, name, caller })
    }
}

impl Wait for CosmosDb {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.exchanged(exchange))
    }
}

impl CosmosDb {
    async fn exchanged(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let asked = self.asked.as_ref().ok_or_else(|| failed(ONE))?;
        // The arguments are JSON, for templates to read.
        exchange.request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let container = self.connection.open(exchange)?;
        let answer = asked.ask(&container, exchange).await?;
        exchange.response = Some(answer);
        answered(POLICY, &self.response, exchange).await
    }
}
