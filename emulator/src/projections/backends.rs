//! Backends of a service, as the gateway knows them.

use std::time::Duration;

use apim::{
    Backend, BackendCredentials, BackendIdentity, BackendKind, BackendPool, BackendProxy, CircuitBreaker,
    PoolMember, Secret, SingleBackend,
};
use serde_json::Value;

use crate::engine::{Resource, Store, array, duration, property, text};
use crate::providers::api_management::certificates;

/// A backend.
pub fn backend(store: &Store, resource: &Resource) -> Backend {
    let properties = resource.properties();
    let pool = text(properties, &["type"]).is_some_and(|kind| kind.eq_ignore_ascii_case("Pool"));
    let kind = if pool {
        BackendKind::Pool(BackendPool {
            members: array(properties, &["pool", "services"]).iter().filter_map(member).collect(),
            session_cookie: text(properties, &SESSION_COOKIE).map(str::to_owned),
        })
    } else {
        BackendKind::Single(Box::new(single(store, resource)))
    };
    Backend { name: resource.id.name().to_owned(), kind }
}

/// The cookie that binds a client to a backend of a pool.
const SESSION_COOKIE: [&str; 4] = ["pool", "sessionAffinity", "sessionId", "name"];

/// What of a backend the gateway does not do.
fn not_implemented(properties: &Value) -> Option<&'static str> {
    let is = |path: &[&str]| property(properties, path).is_object();
    if is(&["properties", "serviceFabricCluster"]) { Some("the Service Fabric cluster") } else { None }
}

fn single(store: &Store, resource: &Resource) -> SingleBackend {
    let properties = resource.properties();
    // Both checks are made unless a switch says otherwise.
    let checks = |name: &str| property(properties, &["tls", name]).as_bool() != Some(false);
    SingleBackend {
        url: text(properties, &["url"]).unwrap_or_default().to_owned(),
        credentials: credentials(store, resource),
        validate_chain: checks("validateCertificateChain"),
        validate_name: checks("validateCertificateName"),
        proxy: proxy(property(properties, &["proxy"])),
        not_implemented: not_implemented(properties).map(str::to_owned),
        breaker: array(properties, &["circuitBreaker", "rules"]).first().and_then(breaker),
    }
}

fn credentials(store: &Store, resource: &Resource) -> BackendCredentials {
    let credentials = property(resource.properties(), &["credentials"]);
    let pairs = |name: &str| {
        let map = property(credentials, &[name]).as_object();
        let values = map.into_iter().flatten().flat_map(|(name, values)| {
            let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
            values.iter().filter_map(move |value| Some((name.clone(), Secret::new(value.as_str()?))))
        });
        values.collect()
    };
    let scheme = text(credentials, &["authorization", "scheme"]);
    let parameter = text(credentials, &["authorization", "parameter"]);
    let names =
        array(credentials, &["certificateIds"]).iter().filter_map(|id| id.as_str()?.rsplit('/').next());
    let by_thumbprint = array(credentials, &["certificate"]).iter().filter_map(Value::as_str);
    let by_thumbprint = by_thumbprint.map(|thumbprint| certificate(store, resource, thumbprint));
    BackendCredentials {
        headers: pairs("header"),
        query: pairs("query"),
        authorization: scheme
            .zip(parameter)
            .map(|(scheme, parameter)| Secret::new(format!("{scheme} {parameter}"))),
        certificates: names.map(str::to_owned).chain(by_thumbprint).collect(),
        identity: text(credentials, &["managedIdentity", "resource"]).map(|resource| BackendIdentity {
            client_id: text(credentials, &["managedIdentity", "clientId"]).map(str::to_owned),
            resource: resource.to_owned(),
        }),
    }
}

fn proxy(found: &Value) -> Option<BackendProxy> {
    Some(BackendProxy {
        url: text(found, &["url"])?.to_owned(),
        username: text(found, &["username"]).map(str::to_owned),
        password: text(found, &["password"]).map(Secret::new),
    })
}

/// The identifier of the certificate with a thumbprint; the thumbprint itself if there is none, so that it is missed.
fn certificate(store: &Store, backend: &Resource, thumbprint: &str) -> String {
    let service = backend.id.parent();
    let mut known = store.of_type(certificates::DEFINITION.name, service.as_ref());
    let found = known.find(|found| {
        text(found.properties(), &["thumbprint"]).is_some_and(|own| own.eq_ignore_ascii_case(thumbprint))
    });
    found.map_or_else(|| thumbprint.to_owned(), |found| found.id.name().to_owned())
}

fn member(service: &Value) -> Option<PoolMember> {
    let number = |name: &str| property(service, &[name]).as_u64().and_then(|found| u32::try_from(found).ok());
    Some(PoolMember {
        backend: text(service, &["id"])?.rsplit('/').next()?.to_owned(),
        priority: number("priority").unwrap_or(0),
        weight: number("weight").unwrap_or(1),
    })
}

fn breaker(rule: &Value) -> Option<CircuitBreaker> {
    let condition = property(rule, &["failureCondition"]);
    let number =
        |name: &str| property(condition, &[name]).as_u64().and_then(|found| u32::try_from(found).ok());
    let status = |range: &Value, name: &str| u16::try_from(property(range, &[name]).as_u64()?).ok();
    let ranges = array(condition, &["statusCodeRanges"]).iter();
    let reasons = array(condition, &["errorReasons"]).iter();
    let time = |of: &Value, name: &str| -> Option<Duration> { duration(text(of, &[name])?) };
    Some(CircuitBreaker {
        name: text(rule, &["name"]).unwrap_or_default().to_owned(),
        count: number("count"),
        percentage: number("percentage"),
        interval: time(condition, "interval")?,
        status_codes: ranges
            .filter_map(|range| Some((status(range, "min")?, status(range, "max")?)))
            .collect(),
        error_reasons: reasons.filter_map(Value::as_str).map(str::to_owned).collect(),
        trip_duration: time(rule, "tripDuration")?,
        accept_retry_after: property(rule, &["acceptRetryAfter"]).as_bool() == Some(true),
    })
}
