//! The interfaces of the `context` variable.
//!
//! Follows the table of
//! <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#ContextVariables>.

use std::fmt::Write as _;

use crate::failure::{Outcome, null_reference};
use crate::host::Preserve;
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::ty::Type;
use crate::value::{Dictionary, Items, Value};

/// Properties are read by name, see `Node::Property`.
pub(super) const READ: Run = |_, _| Ok(Value::Null);

pub(super) const fn row(
    name: &'static str,
    members: &'static [(&'static str, Run)],
    missing: &'static [&'static str],
) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Interface, bases: &[], members, missing }
}

pub const CONTEXT: TypeRow = row(
    "IContext",
    &[
        ("IApi Api { get; }", READ),
        ("IBackend Backend { get; }", READ),
        ("IDeployment Deployment { get; }", READ),
        ("IGraphQL GraphQL { get; }", READ),
        ("ILastError LastError { get; }", READ),
        ("IOperation Operation { get; }", READ),
        ("IProduct Product { get; }", READ),
        ("IRequest Request { get; }", READ),
        ("IResponse Response { get; }", READ),
        ("ISubscription Subscription { get; }", READ),
        ("IUser User { get; }", READ),
        ("IWorkspace Workspace { get; }", READ),
        ("bool Tracing { get; }", READ),
        ("DateTime Timestamp { get; }", READ),
        ("Guid RequestId { get; }", READ),
        ("TimeSpan Elapsed { get; }", READ),
        ("IReadOnlyDictionary<string, object> Variables { get; }", READ),
        ("void Trace(string message)", |m, c| {
            m.host.trace(c.text(1)?);
            Ok(Value::Null)
        }),
    ],
    &[],
);

pub const GRAPHQL: TypeRow = row(
    "IGraphQL",
    &[
        ("JObject Arguments { get; }", READ),
        ("JObject GraphQLArguments { get; }", READ),
        ("JObject Parent { get; }", READ),
    ],
    &[],
);

pub const API: TypeRow = row(
    "IApi",
    &[
        ("string Id { get; }", READ),
        ("bool IsCurrentRevision { get; }", READ),
        ("string Name { get; }", READ),
        ("string Path { get; }", READ),
        ("IEnumerable<string> Protocols { get; }", READ),
        ("string Revision { get; }", READ),
        ("IUrl ServiceUrl { get; }", READ),
        ("ISubscriptionKeyParameterNames SubscriptionKeyParameterNames { get; }", READ),
        ("string Version { get; }", READ),
    ],
    &[],
);

pub const BACKEND: TypeRow = row(
    "IBackend",
    &[("string AzureRegion { get; }", READ), ("string Id { get; }", READ), ("string Type { get; }", READ)],
    &[],
);

pub const SUBSCRIPTION_KEY_PARAMETER_NAMES: TypeRow = row(
    "ISubscriptionKeyParameterNames",
    &[("string Header { get; }", READ), ("string Query { get; }", READ)],
    &[],
);

pub const DEPLOYMENT: TypeRow = row(
    "IDeployment",
    &[
        ("IReadOnlyDictionary<string, X509Certificate2> Certificates { get; }", READ),
        ("IGateway Gateway { get; }", READ),
        ("string GatewayId { get; }", READ),
        ("string Region { get; }", READ),
        ("string ServiceId { get; }", READ),
        ("string ServiceName { get; }", READ),
    ],
    &["SustainabilityInfo"],
);

pub const GATEWAY: TypeRow = row(
    "IGateway",
    &[("string Id { get; }", READ), ("string InstanceId { get; }", READ), ("bool IsManaged { get; }", READ)],
    &[],
);

pub const LAST_ERROR: TypeRow = row(
    "ILastError",
    &[
        ("string Source { get; }", READ),
        ("string Reason { get; }", READ),
        ("string Message { get; }", READ),
        ("string Scope { get; }", READ),
        ("string Section { get; }", READ),
        ("string Path { get; }", READ),
        ("string PolicyId { get; }", READ),
    ],
    &["HttpErrorCode"],
);

pub const OPERATION: TypeRow = row(
    "IOperation",
    &[
        ("string Id { get; }", READ),
        ("string Method { get; }", READ),
        ("string Name { get; }", READ),
        ("string UrlTemplate { get; }", READ),
    ],
    &[],
);

pub const PRODUCT: TypeRow = row(
    "IProduct",
    &[
        ("bool ApprovalRequired { get; }", READ),
        ("IEnumerable<IApi> Apis { get; }", READ),
        ("IEnumerable<IGroup> Groups { get; }", READ),
        ("string Id { get; }", READ),
        ("string Name { get; }", READ),
        ("ProductState State { get; }", READ),
        ("int? SubscriptionsLimit { get; }", READ),
        ("int? SubscriptionLimit { get; }", READ),
        ("bool SubscriptionRequired { get; }", READ),
    ],
    &[],
);

pub const PRODUCT_STATE: TypeRow = TypeRow {
    name: "ProductState",
    generics: &[],
    form: Form::Enum(&[("NotPublished", 0), ("Published", 1)]),
    bases: &[],
    members: &[],
    missing: &[],
};

pub const REQUEST: TypeRow = row(
    "IRequest",
    &[
        ("IMessageBody Body { get; }", READ),
        ("X509Certificate2 Certificate { get; }", READ),
        ("IReadOnlyDictionary<string, string[]> Headers { get; }", READ),
        ("string IpAddress { get; }", READ),
        ("IReadOnlyDictionary<string, string> MatchedParameters { get; }", READ),
        ("string Method { get; }", READ),
        ("IUrl OriginalUrl { get; }", READ),
        ("IUrl Url { get; }", READ),
    ],
    &["Foundry", "PrivateEndpointConnection", "AzureVnetInfo"],
);

pub const RESPONSE: TypeRow = row(
    "IResponse",
    &[
        ("IMessageBody Body { get; }", READ),
        ("IReadOnlyDictionary<string, string[]> Headers { get; }", READ),
        ("int StatusCode { get; }", READ),
        ("string StatusReason { get; }", READ),
    ],
    &[],
);

pub const SUBSCRIPTION: TypeRow = row(
    "ISubscription",
    &[
        ("string Id { get; }", READ),
        ("string Key { get; }", READ),
        ("string Name { get; }", READ),
        ("string PrimaryKey { get; }", READ),
        ("string SecondaryKey { get; }", READ),
        ("DateTime CreatedDate { get; }", READ),
        ("DateTime? EndDate { get; }", READ),
        ("DateTime? StartDate { get; }", READ),
    ],
    &[],
);

pub const USER: TypeRow = row(
    "IUser",
    &[
        ("string Email { get; }", READ),
        ("string FirstName { get; }", READ),
        ("IEnumerable<IGroup> Groups { get; }", READ),
        ("string Id { get; }", READ),
        ("IEnumerable<IUserIdentity> Identities { get; }", READ),
        ("string LastName { get; }", READ),
        ("string Note { get; }", READ),
        ("DateTime RegistrationDate { get; }", READ),
    ],
    &[],
);

pub const GROUP: TypeRow =
    row("IGroup", &[("string Id { get; }", READ), ("string Name { get; }", READ)], &[]);

pub const IDENTITY: TypeRow =
    row("IUserIdentity", &[("string Id { get; }", READ), ("string Provider { get; }", READ)], &[]);

pub const WORKSPACE: TypeRow =
    row("IWorkspace", &[("string Id { get; }", READ), ("string Name { get; }", READ)], &[]);

pub const URL: TypeRow = row(
    "IUrl",
    &[
        ("string Host { get; }", READ),
        ("string Path { get; }", READ),
        ("string Port { get; }", READ),
        ("IReadOnlyDictionary<string, string[]> Query { get; }", READ),
        ("string QueryString { get; }", READ),
        ("string Scheme { get; }", READ),
        ("Uri ToUri()", |m, c| match c.value(0) {
            Value::Null => Err(null_reference()),
            value => super::uri::create(&crate::run::convert::text(m, value)?.text()),
        }),
    ],
    &[],
);

fn content(value: &Value, preserve: bool) -> Outcome<Vec<u8>> {
    match value {
        Value::Host(object) => {
            Ok(object.read(if preserve { Preserve::Content } else { Preserve::Nothing })?)
        }
        _ => Err(null_reference()),
    }
}

/// `Body.As<T>()`
fn body(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let bytes = content(c.value(0), c.flag(1))?;
    m.charge(bytes.len() * 2)?;
    let ty = c.ty(0);
    if ty == Type::Array(Type::BYTE.into()) {
        m.charge(bytes.len() * size_of::<Value>())?;
        return Ok(Value::bytes(&bytes));
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if ty == Type::STRING {
        return Ok(Value::text(text));
    }
    if ty.name().is_some_and(|name| name.starts_with("System.Xml.Linq.")) {
        return super::xml::content(m, text, &ty);
    }
    m.json(text)?;
    crate::run::convert::cast(&ty, Value::Json(crate::json::parse(text, true)?))
}

/// `Body.AsFormUrlEncodedContent()`: each name's values in order.
fn form(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let bytes = content(c.value(0), c.flag(1))?;
    m.charge(bytes.len() * 8)?;
    let list = Type::generic("System.Collections.Generic.IList", vec![Type::STRING]);
    let ty = Type::generic("System.Collections.Generic.Dictionary", vec![Type::STRING, list]);
    let fields = Dictionary::new(ty, false);
    let text = String::from_utf8_lossy(&bytes);
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (super::system::unescape(name, true), super::system::unescape(value, true));
        let (name, value) = (Value::text(&name), Value::text(&value));
        match fields.get(&name) {
            Some(Value::List(values)) => values.lock().push(value),
            _ => fields.set(name, Value::List(Items::new(Type::list(Type::STRING), vec![value]))),
        }
    }
    Ok(Value::Dictionary(fields))
}

/// `ToQueryString()` and `ToFormUrlEncodedContent()`
fn encoded(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let mut text = String::new();
    for (name, values) in super::dictionary::pairs(c.value(0)) {
        let name = super::system::form_escape(&crate::run::convert::text(m, &name)?.text());
        for value in crate::run::sequence::collect(m, &values)? {
            let value = super::system::form_escape(&crate::run::convert::text(m, &value)?.text());
            let join = if text.is_empty() { "" } else { "&" };
            let _ = write!(text, "{join}{name}={value}");
        }
    }
    m.string(text)
}

pub const BODY: TypeRow = row(
    "IMessageBody",
    &[
        ("T As<T>(bool preserveContent = false)", body),
        ("IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false)", form),
        ("static string ToQueryString(this IDictionary<string, IList<string>> dictionary)", encoded),
        (
            "static string ToFormUrlEncodedContent(this IDictionary<string, IList<string>> dictionary)",
            encoded,
        ),
    ],
    &[],
);
