//! A service from lines of text; `{backend}` in them is where the backend listens.
//!
//! ```text
//! gateway v2
//! host api.contoso.example
//! api NAME PATH|- [open] [offline] [header=NAME] [query=NAME] [version=NAME by=header:NAME|query:NAME|segment]
//!     [revision=N] [schemes=https] [url=URL]
//! operation API METHOD TEMPLATE
//! product NAME open|closed API,API
//! subscription NAME all|api:NAME|product:NAME KEY [suspended]
//! policy global|api:NAME|product:NAME|operation:API:METHOD:TEMPLATE: XML
//! fragment NAME: XML
//! value NAME: TEXT
//! backend NAME PATH [breaker=COUNT]
//! pool NAME MEMBER,MEMBER
//! ```
//! A policy that is not a whole document is what comes behind `base` in inbound.

use std::time::Duration;

use apim::{
    Api, ApiKind, ApiVersion, Backend, BackendKind, BackendPool, CircuitBreaker, Contract, Fragment,
    GatewayKind, Key, NamedValue, Operation, PolicyDocument, PolicyFormat, PoolMember, Product, Scheme,
    Scope, Secret, Service, SingleBackend, Subscription, SubscriptionState, VersioningScheme,
};

/// The service that the lines describe.
pub fn service(lines: &[String], backend: &str) -> Service {
    let mut service = empty();
    for line in lines {
        let line = line.replace("{backend}", backend);
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match word {
            "gateway" => service.gateway = GatewayKind::named(rest).expect("a kind of gateway"),
            "host" => service.host_names.push(rest.to_owned()),
            "internal" => service.public = false,
            "api" => service.apis.push(api(rest, backend).into()),
            "operation" => add_operation(&mut service, rest),
            "product" => service.products.push(product(rest)),
            "subscription" => service.subscriptions.push(subscription(rest)),
            "policy" => set_policy(&mut service, rest),
            "fragment" => service.fragments.push(fragment(rest)),
            "value" => service.named_values.push(value(rest)),
            "backend" => service.backends.push(single(rest, backend)),
            "pool" => service.backends.push(pool(rest)),
            _ => panic!("what is `{line}`?"),
        }
    }
    for api in service.apis.iter_mut().filter(|api| api.operations.is_empty()) {
        let methods = ["GET", "POST", "PUT", "DELETE", "HEAD"].iter();
        api.operations = methods
            .flat_map(|method| [operation(method, "/"), operation(method, "/{*rest}")])
            .map(Into::into)
            .collect();
    }
    service
}

fn empty() -> Service {
    Service {
        location: "westus2".to_owned(),
        host_names: vec!["lab.azure-api.net".to_owned()],
        ..Service::empty("lab")
    }
}

/// The words of a line, some of them `name=value`.
struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        Self(text.split(' ').filter(|word| !word.is_empty()).collect())
    }

    fn has(&self, word: &str) -> bool {
        self.0.contains(&word)
    }

    fn option(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }
}

fn api(text: &str, backend: &str) -> Api {
    let words = Words::of(text);
    let scheme = |by: &str| match by.split_once(':') {
        Some(("header", name)) => VersioningScheme::Header(name.to_owned()),
        Some(("query", name)) => VersioningScheme::Query(name.to_owned()),
        _ => VersioningScheme::Segment,
    };
    let version = words.option("by").map(|by| ApiVersion {
        name: words.option("version").unwrap_or_default().to_owned(),
        set: "set".to_owned(),
        scheme: scheme(by),
    });
    let schemes = words.option("schemes").map_or(vec![Scheme::Http, Scheme::Https], |schemes| {
        schemes.split(',').map(|scheme| Scheme::parse(scheme).expect("a scheme")).collect()
    });
    Api {
        name: words.0[0].to_owned(),
        display_name: words.0[0].to_owned(),
        kind: ApiKind::Http,
        path: if words.0[1] == "-" { String::new() } else { words.0[1].to_owned() },
        revision: words.option("revision").unwrap_or("1").to_owned(),
        current: !words.has("offline") && words.option("revision").is_none_or(|revision| revision == "1"),
        version,
        schemes,
        service_url: Some(words.option("url").map_or(format!("http://{backend}"), str::to_owned)),
        subscription_required: !words.has("open"),
        key_header: words.option("header").unwrap_or("Ocp-Apim-Subscription-Key").to_owned(),
        key_query: words.option("query").unwrap_or("subscription-key").to_owned(),
        operations: Vec::new(),
        schemas: Vec::new(),
        resolvers: Vec::new(),
        policy: None,
    }
}

fn operation(method: &str, template: &str) -> Operation {
    Operation {
        name: format!("{method}:{template}"),
        display_name: template.to_owned(),
        method: method.to_owned(),
        url_template: template.to_owned(),
        contract: Contract::default(),
        policy: None,
    }
}

fn add_operation(service: &mut Service, text: &str) {
    let words = Words::of(text);
    let api = service.apis.iter_mut().rev().find(|api| api.name == words.0[0]).expect("an API");
    api.operations.push(operation(words.0[1], words.0[2]).into());
}

fn product(text: &str) -> Product {
    let words = Words::of(text);
    Product {
        name: words.0[0].to_owned(),
        display_name: words.0[0].to_owned(),
        subscription_required: words.0[1] == "closed",
        approval_required: false,
        subscriptions_limit: None,
        groups: Vec::new(),
        apis: words.0[2].split(',').map(str::to_owned).collect(),
        policy: None,
    }
}

fn subscription(text: &str) -> Subscription {
    let words = Words::of(text);
    let scope = match words.0[1].split_once(':') {
        Some(("api", name)) => Scope::Api(name.to_owned()),
        Some(("product", name)) => Scope::Product(name.to_owned()),
        _ => Scope::AllApis,
    };
    let keys = [Key::new(words.0[2]), Key::new(format!("{}-2", words.0[2]))];
    let suspended = words.has("suspended");
    Subscription {
        state: if suspended { SubscriptionState::Suspended } else { SubscriptionState::Active },
        ..Subscription::active(words.0[0], scope, keys)
    }
}

fn document(path: &str, text: &str) -> PolicyDocument {
    PolicyDocument { path: path.to_owned(), format: PolicyFormat::RawXml, text: text.to_owned() }
}

fn set_policy(service: &mut Service, text: &str) {
    let (scope, xml) = text.split_once(": ").expect("a scope and a policy");
    let base =
        "<backend><base/></backend><outbound><base/></outbound><on-error><base/></on-error></policies>";
    let whole = match (scope, xml.starts_with("<policies>")) {
        (_, true) => xml.to_owned(),
        ("global", false) => format!("<policies><inbound>{xml}</inbound></policies>"),
        (_, false) => format!("<policies><inbound><base/>{xml}</inbound>{base}"),
    };
    let policy = Some(document(scope, &whole));
    match scope.split_once(':') {
        None => service.policy = policy,
        Some(("product", name)) => {
            service.products.iter_mut().find(|product| product.name == name).expect("a product").policy =
                policy;
        }
        Some(("operation", rest)) => {
            let (name, operation) = rest.split_once(':').expect("an operation");
            let api = service.apis.iter_mut().rev().find(|api| api.name == name).expect("an API");
            let found = api.operations.iter_mut().find(|found| found.name == operation);
            found.expect("an operation").policy = policy;
        }
        Some((_, name)) => {
            service.apis.iter_mut().rev().find(|api| api.name == name).expect("an API").policy = policy;
        }
    }
}

fn fragment(text: &str) -> Fragment {
    let (name, xml) = text.split_once(": ").expect("a name and a fragment");
    Fragment { name: name.to_owned(), document: document(name, &format!("<fragment>{xml}</fragment>")) }
}

fn value(text: &str) -> NamedValue {
    let (name, value) = text.split_once(": ").expect("a name and a value");
    NamedValue { name: name.to_owned(), value: Secret::new(value), secret: false }
}

fn single(text: &str, backend: &str) -> Backend {
    let words = Words::of(text);
    let breaker = words.option("breaker").map(|count| CircuitBreaker {
        name: "rule".to_owned(),
        count: Some(count.parse().expect("a count")),
        percentage: None,
        interval: Duration::from_mins(1),
        status_codes: vec![(500, 599)],
        error_reasons: Vec::new(),
        trip_duration: Duration::from_mins(1),
        accept_retry_after: words.has("retry-after"),
    });
    let single = SingleBackend { breaker, ..SingleBackend::at(format!("http://{backend}{}", words.0[1])) };
    Backend { name: words.0[0].to_owned(), kind: BackendKind::Single(Box::new(single)) }
}

fn pool(text: &str) -> Backend {
    let words = Words::of(text);
    let member = |text: &str| {
        let (backend, priority) = text.split_once(':').unwrap_or((text, "1"));
        PoolMember { backend: backend.to_owned(), priority: priority.parse().expect("a priority"), weight: 1 }
    };
    let members = words.0[1].split(',').map(member).collect();
    let session_cookie = words.option("session").map(str::to_owned);
    Backend { name: words.0[0].to_owned(), kind: BackendKind::Pool(BackendPool { members, session_cookie }) }
}
