//! Backends of API Management: what the gateway is told of them, and which are refused.

use std::time::Duration;

use apim::{BackendKind, CircuitBreaker};
use serde_json::{Value, json};

use super::World;

async fn example() -> (World, String) {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    (world, service)
}

fn single() -> Value {
    json!({"properties": {"url": "https://10.10.1.5/base", "protocol": "http",
        "credentials": {"header": {"x-key": ["{{backend-key}}", "b"]}, "query": {"code": ["c"]},
            "authorization": {"scheme": "Basic", "parameter": "abc"},
            "managedIdentity": {"resource": "https://cognitiveservices.azure.com"},
            "certificateIds": ["/service/apim/certificates/client"]},
        "tls": {"validateCertificateChain": false},
        "circuitBreaker": {"rules": [rule()]}}})
}

fn rule() -> Value {
    json!({"name": "trip", "tripDuration": "PT30S", "acceptRetryAfter": true, "failureCondition": {
        "count": 5, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 599}],
        "errorReasons": ["Timeout"]}})
}

fn pool(service: &str, members: &[(&str, Value)]) -> Value {
    let member = |(name, more): &(&str, Value)| {
        let mut member = json!({"id": format!("{service}/backends/{name}")});
        for (name, value) in more.as_object().into_iter().flatten() {
            member[name] = value.clone();
        }
        member
    };
    let members: Vec<Value> = members.iter().map(member).collect();
    json!({"properties": {"type": "Pool", "pool": {"services": members}}})
}

#[tokio::test]
async fn the_gateway_is_told_of_backends_and_pools() {
    let (world, service) = example().await;
    world.put(&format!("{service}/backends/one"), single()).await.expect(201);
    let members = [("one", json!({"weight": 3, "priority": 1})), ("one", json!({}))];
    let mut pool = pool(&service, &members);
    pool["properties"]["pool"]["sessionAffinity"] =
        json!({"sessionId": {"source": "Cookie", "name": "SessionId"}});
    world.put(&format!("{service}/backends/all"), pool).await.expect(201);
    let served = world.served().expect("served");
    let kind = |name: &str| {
        served.backends.iter().find(|known| known.name == name).map(|known| &known.kind).expect("a backend")
    };
    let BackendKind::Single(one) = kind("one") else { panic!("a single backend") };
    assert_eq!(
        (one.url.as_str(), one.validate_chain, one.validate_name),
        ("https://10.10.1.5/base", false, true)
    );
    let identity = one.credentials.identity.as_ref().expect("an identity");
    assert_eq!((&*identity.resource, &identity.client_id), ("https://cognitiveservices.azure.com", &None));
    let texts = |pairs: &[(String, apim::Secret)]| -> Vec<String> {
        pairs.iter().map(|(name, value)| format!("{name}={}", value.reveal())).collect()
    };
    assert_eq!(texts(&one.credentials.headers), ["x-key={{backend-key}}", "x-key=b"]);
    assert_eq!(texts(&one.credentials.query), ["code=c"]);
    assert_eq!(one.credentials.authorization.as_ref().map(apim::Secret::reveal), Some("Basic abc"));
    assert_eq!(one.credentials.certificates, ["client"]);
    let breaker = CircuitBreaker {
        name: "trip".to_owned(),
        count: Some(5),
        percentage: None,
        interval: Duration::from_mins(1),
        status_codes: vec![(429, 429), (500, 599)],
        error_reasons: vec!["Timeout".to_owned()],
        trip_duration: Duration::from_secs(30),
        accept_retry_after: true,
    };
    assert_eq!(one.breaker, Some(breaker));
    let BackendKind::Pool(apim::BackendPool { members, session_cookie }) = kind("all") else {
        panic!("a pool")
    };
    let shares: Vec<_> =
        members.iter().map(|member| (member.backend.as_str(), member.priority, member.weight)).collect();
    assert_eq!(shares, [("one", 1, 3), ("one", 0, 1)]);
    assert_eq!(session_cookie.as_deref(), Some("SessionId"));
}

#[tokio::test]
async fn circuit_breakers_and_pools_that_azure_does_not_take_are_refused() {
    let (world, service) = example().await;
    world.put(&format!("{service}/backends/one"), single()).await.expect(201);
    let rules = |change: &dyn Fn(&mut Value)| {
        let mut body = single();
        let rules = &mut body["properties"]["circuitBreaker"]["rules"];
        change(rules);
        body
    };
    let condition = |name: &'static str, value: Value| {
        rules(&|rules: &mut Value| rules[0]["failureCondition"][name] = value.clone())
    };
    for (body, target) in [
        (rules(&|rules| *rules = json!([rule(), rule()])), "circuitBreaker.rules"),
        (condition("count", Value::Null), "circuitBreaker.rules.failureCondition"),
        (condition("percentage", json!(5)), "circuitBreaker.rules.failureCondition"),
        (condition("count", json!(0)), "circuitBreaker.rules.failureCondition.count"),
        (condition("interval", json!("1 minute")), "circuitBreaker.rules.failureCondition.interval"),
        (
            condition("statusCodeRanges", json!([{"min": 500, "max": 400}])),
            "circuitBreaker.rules.failureCondition.statusCodeRanges",
        ),
        (condition("errorReasons", json!([1])), "circuitBreaker.rules.failureCondition.errorReasons"),
        (rules(&|rules| rules[0]["tripDuration"] = json!("PT0S")), "circuitBreaker.rules.tripDuration"),
        (pool(&service, &[("none", json!({}))]), "pool.services"),
        (pool(&service, &[("one", json!({"weight": 101}))]), "pool.services"),
        (pool(&service, &[]), "pool.services"),
    ] {
        let refused = world.put(&format!("{service}/backends/two"), body).await;
        let refused = refused.expect_error(400, "ValidationError");
        assert_eq!(refused.body["error"]["details"][0]["target"], target, "{}", refused.body);
    }
}

#[tokio::test]
async fn a_backend_of_a_pool_stays() {
    let (world, service) = example().await;
    world.put(&format!("{service}/backends/one"), single()).await.expect(201);
    world.put(&format!("{service}/backends/all"), pool(&service, &[("one", json!({}))])).await.expect(201);
    let one = format!("{service}/backends/one");
    world.delete(&one).await.expect_error(400, "ValidationError");
    world.delete(&format!("{service}/backends/all")).await.expect(200);
    world.delete(&one).await.expect(200);
    assert!(world.served().expect("served").backends.is_empty());
}
