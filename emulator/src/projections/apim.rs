//! API Management services, as the gateway knows them.

use apim::{
    Api, ApiVersion, Fragment, GatewayKind, Key, NamedValue, Operation, PolicyDocument, PolicyFormat,
    Product, Resolver, Scheme, Scope, Secret, Service, Shared, Snapshot, Subscription, SubscriptionState,
    VersioningScheme,
};
use network::{Place, SubnetId};
use serde_json::Value;

use super::backends::backend;
use super::{contract, users};
use crate::engine::{Resource, Store, array, property, text};
use crate::providers::api_management::{
    api_operations, api_policies, api_resolvers, api_revisions, api_schemas, api_websocket, apis,
    authorizations, backends, caches, certificates, gateways, named_values, operation_policies, policies,
    policy_fragments, product_apis, product_policies, products, resolver_policies, schemas,
    service as services, subscriptions,
};

/// All services that are up.
pub fn snapshot(store: &Store) -> Snapshot {
    let found = store.of_type(services::DEFINITION.name, None);
    Snapshot { services: found.filter_map(|resource| service(store, resource)).collect() }
}

/// One service, as it is in effect; `None` while it is being made. Everything that it is made of lies in it, so it is
/// made again only when something in it was written; and so are its APIs and their operations.
pub fn service(store: &Store, resource: &Resource) -> Option<Shared<Service>> {
    let body = resource.effective()?;
    Some(store.derived(&resource.id, |_| true, || made(store, resource, body).into()))
}

fn made(store: &Store, resource: &Resource, body: &Value) -> Service {
    let id = &resource.id;
    let mode = text(body, &["properties", "virtualNetworkType"]).unwrap_or("None");
    let subnet = text(body, &["properties", "virtualNetworkConfiguration", "subnetResourceId"])
        .filter(|_| !mode.eq_ignore_ascii_case("None"));
    Service {
        id: id.to_string(),
        name: id.name().to_owned(),
        location: text(body, &["location"]).unwrap_or_default().to_owned(),
        gateway: gateway(body),
        host_names: host_names(id.name(), body),
        place: subnet.map_or(Place::Internet, |subnet| Place::Subnet(SubnetId::new(subnet))),
        public: !mode.eq_ignore_ascii_case("Internal"),
        apis: store.of_type(apis::DEFINITION.name, Some(id)).map(|found| api(store, found)).collect(),
        products: store
            .of_type(products::DEFINITION.name, Some(id))
            .map(|found| product(store, found))
            .collect(),
        subscriptions: store
            .of_type(subscriptions::DEFINITION.name, Some(id))
            .filter_map(|found| subscription(found))
            .collect(),
        users: users::models(store, id),
        policy: policy(store, policies::DEFINITION.name, resource),
        fragments: store
            .of_type(policy_fragments::DEFINITION.name, Some(id))
            .map(|found| Fragment { name: found.id.name().to_owned(), document: document(found) })
            .collect(),
        named_values: store
            .of_type(named_values::DEFINITION.name, Some(id))
            .filter_map(|found| named_value(found))
            .collect(),
        schemas: store
            .of_type(schemas::DEFINITION.name, Some(id))
            .map(|found| contract::schema(found))
            .collect(),
        certificates: store
            .of_type(certificates::DEFINITION.name, Some(id))
            .filter_map(|found| certificates::model(found))
            .collect(),
        authorizations: authorizations::models(store, resource),
        gateways: gateways::models(store, id),
        cache: caches::model(store, resource),
        backends: store
            .of_type(backends::DEFINITION.name, Some(id))
            .map(|found| backend(store, found))
            .collect(),
    }
}

/// The managed gateway of the tier, unless a tag asks for another kind.
fn gateway(body: &Value) -> GatewayKind {
    let asked = text(body, &["tags", services::GATEWAY_TAG]).and_then(GatewayKind::named);
    asked.unwrap_or_else(|| GatewayKind::of_tier(text(body, &["sku", "name"]).unwrap_or_default()))
}

fn host_names(name: &str, body: &Value) -> Vec<String> {
    let name = name.to_lowercase();
    let mut names = vec![format!("{name}.azure-api.net"), format!("{name}.azure-api.localhost")];
    for configuration in array(body, &["properties", "hostnameConfigurations"]) {
        let proxy = text(configuration, &["type"]).is_some_and(|kind| kind.eq_ignore_ascii_case("Proxy"));
        let host = text(configuration, &["hostName"]).map(str::to_lowercase);
        names.extend(host.filter(|host| proxy && !names.contains(host)));
    }
    names
}

/// An API is made of what lies in it and of its version set.
fn api(store: &Store, resource: &Resource) -> Shared<Api> {
    let version = version(store, resource.properties());
    let is_current = |known: &Shared<Api>| known.version == version;
    store.derived(&resource.id, is_current, || made_api(store, resource, version.clone()).into())
}

fn made_api(store: &Store, resource: &Resource, version: Option<ApiVersion>) -> Api {
    let properties = resource.properties();
    let own = |path: &[&str]| text(properties, path).map(str::to_owned);
    let socket = api_websocket::is_websocket(properties);
    Api {
        name: api_revisions::split(resource.id.name()).0.to_owned(),
        display_name: own(&["displayName"]).unwrap_or_default(),
        kind: apis::kind(properties),
        path: own(&["path"]).unwrap_or_default().trim_matches('/').to_owned(),
        revision: api_revisions::number(resource).to_owned(),
        current: api_revisions::is_current(resource),
        version,
        schemes: array(properties, &["protocols"])
            .iter()
            .filter_map(|scheme| Scheme::parse(scheme.as_str()?))
            .collect(),
        service_url: own(&["serviceUrl"]),
        subscription_required: property(properties, &["subscriptionRequired"]).as_bool().unwrap_or(true),
        key_header: own(&["subscriptionKeyParameterNames", "header"]).unwrap_or_default(),
        key_query: own(&["subscriptionKeyParameterNames", "query"]).unwrap_or_default(),
        operations: store
            .of_type(api_operations::DEFINITION.name, Some(&resource.id))
            .map(|found| store.derived(&found.id, |_| true, || Shared::from(operation(store, found))))
            // The handshake of a WebSocket API is taken on every path below the API's.
            .map(|found| if socket { everywhere(&found).into() } else { found })
            .collect(),
        schemas: store
            .of_type(api_schemas::DEFINITION.name, Some(&resource.id))
            .map(|found| contract::schema(found))
            .collect(),
        resolvers: store
            .of_type(api_resolvers::DEFINITION.name, Some(&resource.id))
            .map(|found| resolver(store, found))
            .collect(),
        policy: policy(store, api_policies::DEFINITION.name, resource),
    }
}

fn everywhere(operation: &Operation) -> Operation {
    Operation { url_template: "/*".to_owned(), ..operation.clone() }
}

fn version(store: &Store, properties: &Value) -> Option<ApiVersion> {
    let set = store.find(text(properties, &["apiVersionSetId"])?)?;
    let own = |name: &str| text(set.properties(), &[name]).unwrap_or_default().to_owned();
    Some(ApiVersion {
        name: apis::version_of(properties).to_owned(),
        set: set.id.name().to_owned(),
        scheme: match own("versioningScheme").to_ascii_lowercase().as_str() {
            "header" => VersioningScheme::Header(own("versionHeaderName")),
            "query" => VersioningScheme::Query(own("versionQueryName")),
            _ => VersioningScheme::Segment,
        },
    })
}

fn operation(store: &Store, resource: &Resource) -> Operation {
    let own = |name: &str| text(resource.properties(), &[name]).unwrap_or_default().to_owned();
    Operation {
        name: resource.id.name().to_owned(),
        display_name: own("displayName"),
        method: own("method").to_uppercase(),
        url_template: own("urlTemplate"),
        contract: contract::contract(resource.properties()),
        policy: policy(store, operation_policies::DEFINITION.name, resource),
    }
}

fn resolver(store: &Store, resource: &Resource) -> Resolver {
    let path = text(resource.properties(), &["path"]).unwrap_or_default();
    let (type_name, field) = path.split_once('/').unwrap_or_default();
    Resolver {
        name: resource.id.name().to_owned(),
        type_name: type_name.to_owned(),
        field: field.to_owned(),
        policy: policy(store, resolver_policies::DEFINITION.name, resource),
    }
}

fn product(store: &Store, resource: &Resource) -> Product {
    let properties = resource.properties();
    // A product that is not published offers its APIs to nobody.
    let published = text(properties, &["state"]).is_some_and(|state| state.eq_ignore_ascii_case("published"));
    let links = store.of_type(product_apis::DEFINITION.name, Some(&resource.id)).filter(|_| published);
    Product {
        name: resource.id.name().to_owned(),
        display_name: text(properties, &["displayName"]).unwrap_or_default().to_owned(),
        subscription_required: property(properties, &["subscriptionRequired"]).as_bool().unwrap_or(true),
        approval_required: property(properties, &["approvalRequired"]).as_bool().unwrap_or(false),
        subscriptions_limit: property(properties, &["subscriptionsLimit"])
            .as_i64()
            .and_then(|limit| i32::try_from(limit).ok()),
        groups: users::of_product(store, &resource.id),
        apis: links.map(|link| product_apis::api_name(store, link)).collect(),
        policy: policy(store, product_policies::DEFINITION.name, resource),
    }
}

fn subscription(resource: &Resource) -> Option<Subscription> {
    let properties = resource.properties();
    let own = |name: &str| text(properties, &[name]).unwrap_or_default();
    let owner = text(properties, &["ownerId"]).and_then(|id| id.rsplit('/').next()).map(str::to_owned);
    Some(Subscription {
        name: resource.id.name().to_owned(),
        display_name: own("displayName").to_owned(),
        scope: scope(own("scope"))?,
        state: SubscriptionState::parse(own("state")),
        owner: owner.filter(|name| !name.is_empty()),
        created: users::time(properties, "createdDate"),
        starts: users::time(properties, "startDate"),
        ends: users::time(properties, "endDate"),
        primary_key: Key::new(own("primaryKey")),
        secondary_key: Key::new(own("secondaryKey")),
    })
}

/// What a subscription's scope means; it ends in `/products/{name}`, `/apis/{name}` or `/apis`.
pub fn scope(text: &str) -> Option<Scope> {
    let segments: Vec<&str> = text.split('/').filter(|segment| !segment.is_empty()).collect();
    let is = |segment: &str, name: &str| segment.eq_ignore_ascii_case(name);
    match segments.as_slice() {
        [.., kind, name] if is(kind, "products") => Some(Scope::Product((*name).to_owned())),
        [.., kind, name] if is(kind, "apis") => {
            Some(Scope::Api(name.split(";rev=").next().unwrap_or_default().to_owned()))
        }
        [.., last] if is(last, "apis") => Some(Scope::AllApis),
        _ => None,
    }
}

fn policy(store: &Store, kind: &str, owner: &Resource) -> Option<PolicyDocument> {
    let resource =
        store.get(&owner.id.child("policies", "policy")).filter(|found| found.definition.name == kind)?;
    Some(document(&resource))
}

fn document(resource: &Resource) -> PolicyDocument {
    let properties = resource.properties();
    let raw = text(properties, &["format"]).is_some_and(|format| format.eq_ignore_ascii_case("rawxml"));
    PolicyDocument {
        path: resource.id.to_string(),
        format: if raw { PolicyFormat::RawXml } else { PolicyFormat::Xml },
        text: text(properties, &["value"]).unwrap_or_default().to_owned(),
    }
}

fn named_value(resource: &Resource) -> Option<NamedValue> {
    let own = |name: &str| text(resource.properties(), &[name]);
    Some(NamedValue {
        name: own("displayName")?.to_owned(),
        value: Secret::new(own("value").unwrap_or_default()),
        secret: resource.properties().get("secret").and_then(serde_json::Value::as_bool) == Some(true),
    })
}
