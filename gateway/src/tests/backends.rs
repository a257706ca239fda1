//! Requests through backends that the service knows by name.

use std::net::SocketAddr;
use std::time::Duration;

use apim::{
    Backend, BackendCredentials, BackendKind, BackendPool, BackendProxy, CircuitBreaker, DataPlane,
    NamedValue, PoolMember, Secret, Service, SingleBackend, Snapshot,
};
use sim::{Clock, Timestamp};

use super::authority::{Authority, secure_backend, secure_backend_of};
use super::world::{BALANCER, Recorder, Reply, World, policy, service};
use crate::policies::thumbprint_of;

const GOOD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";
const BAD: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nbad";
const BUSY: &str = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 90\r\nContent-Length: 4\r\n\r\nbusy";

fn at(name: &str, socket: SocketAddr) -> Backend {
    single(name, SingleBackend::at(format!("http://{socket}")))
}

fn single(name: &str, single: SingleBackend) -> Backend {
    Backend { name: name.to_owned(), kind: BackendKind::Single(Box::new(single)) }
}

/// Opens for 30 seconds after two failures within a minute.
fn guarded(name: &str, socket: SocketAddr) -> Backend {
    let breaker = CircuitBreaker {
        name: "rule".to_owned(),
        count: Some(2),
        percentage: None,
        interval: Duration::from_mins(1),
        status_codes: vec![(429, 429), (500, 599)],
        error_reasons: vec!["BackendConnectionFailure".to_owned()],
        trip_duration: Duration::from_secs(30),
        accept_retry_after: true,
    };
    single(name, SingleBackend { breaker: Some(breaker), ..SingleBackend::at(format!("http://{socket}")) })
}

fn pool(name: &str, members: &[(&str, u32, u32)]) -> Backend {
    let member = |(backend, priority, weight): &(&str, u32, u32)| PoolMember {
        backend: (*backend).to_owned(),
        priority: *priority,
        weight: *weight,
    };
    Backend {
        name: name.to_owned(),
        kind: BackendKind::Pool(BackendPool {
            members: members.iter().map(member).collect(),
            session_cookie: None,
        }),
    }
}

/// A service whose API sends to the backend `to`.
fn sending(backends: Vec<Backend>) -> Service {
    let mut service = service();
    let text = "<policies><inbound><base /><set-backend-service backend-id='TO' /></inbound>\
                <backend><base /></backend><outbound><base /></outbound></policies>";
    service.apis[0].policy = Some(policy("to", text));
    service.backends = backends;
    service
}

async fn at_rest(service: Service) -> World {
    World::start(service, Clock::manual(Timestamp::from_unix_seconds(1_700_000_000)), None).await
}

async fn ask(world: &World) -> Reply {
    world.call(&["GET /api/x HTTP/1.1"]).await
}

#[tokio::test(flavor = "current_thread")]
async fn connections_to_backends_are_made_anew_when_that_was_asked_for() {
    let there = Recorder::start(GOOD).await;
    let world = at_rest(sending(vec![at("to", there.socket)])).await;
    for (what, asked, waited, connections) in [
        ("the first request", None, 0, 1),
        ("the second uses its connection", None, 0, 1),
        ("not yet", Some(20), 19, 1),
        ("now", None, 1, 2),
        ("once", None, 1, 2),
        ("at once", Some(0), 0, 3),
    ] {
        if let Some(seconds) = asked {
            assert!(world.gateway.reconnect(Duration::from_secs(seconds)), "{what}");
        }
        world.clock.advance(Duration::from_secs(waited));
        world.gateway.backend.sweep();
        assert_eq!(ask(&world).await.status(), 200, "{what}");
        assert_eq!(there.connections(), connections, "{what}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn an_open_circuit_answers_itself_until_its_time_is_over() {
    for (answer, status, left) in [(BAD, 503, 30), (BUSY, 429, 90)] {
        let backend = Recorder::start(answer).await;
        let world = at_rest(sending(vec![guarded("to", backend.socket)])).await;
        for _ in 0..2 {
            let reply = ask(&world).await;
            assert_eq!((reply.status(), reply.body.len()), (status, if status == 503 { 3 } else { 4 }));
        }
        let reply = ask(&world).await;
        assert_eq!(reply.status(), 503);
        assert_eq!(reply.header("retry-after"), Some(left.to_string().as_str()), "{:?}", reply.head);
        assert_eq!(reply.body, "{ \"statusCode\": 503, \"message\": \"Service Unavailable\" }");
        // The configuration changes and the rule does not.
        let mut changed = sending(vec![guarded("to", backend.socket), at("other", backend.socket)]);
        changed.location = "elsewhere".to_owned();
        world.gateway.publish(Snapshot { services: vec![changed.into()] }).expect("a service that compiles");
        world.clock.advance(Duration::from_secs(left - 1));
        assert_eq!(ask(&world).await.header("retry-after"), Some("1"));
        assert_eq!(backend.heads().len(), 2);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(ask(&world).await.status(), status);
        assert_eq!(backend.heads().len(), 3);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_backend_that_cannot_be_reached_opens_its_circuit_and_another_rule_begins_anew() {
    let nobody = "10.10.1.99:80".parse().expect("an address");
    let world = at_rest(sending(vec![guarded("to", nobody)])).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(ask(&world).await.status());
    }
    assert_eq!(statuses, [500, 500, 503]);
    let mut changed = guarded("to", nobody);
    if let BackendKind::Single(single) = &mut changed.kind
        && let Some(breaker) = &mut single.breaker
    {
        breaker.count = Some(3);
    }
    world.gateway.publish(Snapshot { services: vec![sending(vec![changed]).into()] }).expect("a service");
    assert_eq!(ask(&world).await.status(), 500);
}

#[tokio::test(flavor = "current_thread")]
async fn a_pool_gives_each_member_its_share_and_falls_back_on_the_next_group() {
    let (bad, worse) = (Recorder::start(BAD).await, Recorder::start(BAD).await);
    let (good, better) = (Recorder::start(GOOD).await, Recorder::start(GOOD).await);
    let backends = vec![
        guarded("bad", bad.socket),
        guarded("worse", worse.socket),
        at("good", good.socket),
        at("better", better.socket),
        pool("to", &[("good", 2, 3), ("bad", 1, 1), ("better", 2, 1), ("worse", 1, 1)]),
    ];
    let world = at_rest(sending(backends)).await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(ask(&world).await.status());
    }
    assert_eq!(statuses, [503, 503, 503, 503, 200, 200, 200, 200, 200, 200, 200, 200]);
    let counts = || [&bad, &worse, &good, &better].map(|backend| backend.heads().len());
    assert_eq!(counts(), [2, 2, 6, 2]);
    world.clock.advance(Duration::from_secs(30));
    assert_eq!(ask(&world).await.status(), 503);
    let [bad, worse, good, better] = counts();
    assert_eq!((bad + worse, good, better), (5, 6, 2));
}

#[tokio::test(flavor = "current_thread")]
async fn a_pool_without_a_member_to_call_is_unavailable_and_policies_see_why() {
    let bad = Recorder::start(BAD).await;
    let mut service = sending(vec![guarded("bad", bad.socket), pool("to", &[("bad", 1, 1)])]);
    let text = "<policies><inbound><base /><set-backend-service backend-id='to' /></inbound><backend><base /></backend>\
                <outbound><base /></outbound><on-error><set-header name='X-Why' exists-action='override'><value>\
                @(context.Backend.Type + context.Response.StatusCode + context.LastError.Source + context.LastError.Reason)\
                </value></set-header></on-error></policies>";
    service.apis[0].policy = Some(policy("to", text));
    let world = at_rest(service).await;
    for _ in 0..2 {
        assert_eq!(ask(&world).await.body, "bad");
    }
    let reply = ask(&world).await;
    assert_eq!(reply.header("retry-after"), Some("30"));
    assert_eq!(reply.header("x-why"), Some("Pool503forward-requestBackendUnavailable"));
}

#[tokio::test(flavor = "current_thread")]
async fn a_cookie_binds_a_client_to_a_member_while_that_can_be_called() {
    let (bad, good) = (Recorder::start(BAD).await, Recorder::start(GOOD).await);
    let mut all = pool("to", &[("bad", 1, 1), ("good", 1, 1)]);
    if let BackendKind::Pool(pool) = &mut all.kind {
        pool.session_cookie = Some("Session".to_owned());
    }
    let world = at_rest(sending(vec![guarded("bad", bad.socket), at("good", good.socket), all])).await;
    let first = ask(&world).await;
    let cookie = first.header("set-cookie").and_then(|line| line.split(';').next()).expect("a cookie");
    assert!(cookie.starts_with("Session=") && !cookie.contains("bad"), "{cookie}");
    let line = format!("Cookie: a=b; {cookie}");
    let mut seen = Vec::new();
    for _ in 0..2 {
        let reply = world.call(&["GET /api/x HTTP/1.1", &line]).await;
        seen.push((reply.body.clone(), reply.header("set-cookie").is_some()));
    }
    assert_eq!(seen, [("bad".to_owned(), false), ("good".to_owned(), true)]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_proxy_is_on_the_way() {
    let proxy = Recorder::start(GOOD).await;
    let mut backend = SingleBackend::at("http://backend.example/base");
    let (username, password) = (Some("name".to_owned()), Some(Secret::new("word")));
    backend.proxy = Some(BackendProxy { url: format!("http://{}", proxy.socket), username, password });
    let world = World::with(sending(vec![single("to", backend)])).await;
    assert_eq!(ask(&world).await.body, "good");
    let head = &proxy.heads()[0];
    for line in ["GET http://backend.example/base/x HTTP/1.1", "proxy-authorization: Basic bmFtZTp3b3Jk"] {
        assert!(head.iter().any(|found| found == line), "{line} in {head:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn credentials_hold_named_values_and_do_not_show_in_traces() {
    let backend = Recorder::start(GOOD).await;
    let secret = |name: &str, value: &str| (name.to_owned(), Secret::new(value));
    let credentials = BackendCredentials {
        headers: vec![secret("X-Key", "k-{{key}}-{{unknown}}"), secret("X-Key", "second")],
        query: vec![secret("code", "{{key}}")],
        ..BackendCredentials::default()
    };
    let mut service = sending(vec![single(
        "to",
        SingleBackend { credentials, ..SingleBackend::at(format!("http://{}/base/", backend.socket)) },
    )]);
    let value = Secret::new("s3cret&");
    service.named_values.push(NamedValue { name: "key".to_owned(), value, secret: true });
    let world = World::with(service).await;
    world.gateway.sample(100);
    assert_eq!(ask(&world).await.body, "good");
    let heads = backend.heads();
    for line in ["GET /base/x?code=s3cret%26 HTTP/1.1", "x-key: k-s3cret&-{{unknown}}", "x-key: second"] {
        assert!(heads[0].iter().any(|found| found == line), "{line} in {heads:?}");
    }
    let traces = world.gateway.traces();
    assert_eq!(traces.len(), 1);
    assert!(!format!("{traces:?}").contains("s3cret"), "{traces:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_url_of_a_narrower_scope_does_not_replace_a_backend_that_a_broader_one_chose() {
    let (entity, url) = (Recorder::start(GOOD).await, Recorder::start(BAD).await);
    for (global, expected) in [(true, "good"), (false, "bad")] {
        let mut service = sending(vec![at("to", entity.socket)]);
        let chosen = "<set-backend-service backend-id='to' />";
        let (broad, narrow) = if global { (chosen, "") } else { ("", chosen) };
        let document = |inbound: &str| {
            policy(
                "p",
                &format!(
                    "<policies><inbound>{inbound}</inbound><backend><forward-request /></backend></policies>"
                ),
            )
        };
        let replaced = format!("<base />{narrow}<set-backend-service base-url='http://{}' />", url.socket);
        service.policy = Some(document(broad));
        service.apis[0].policy = Some(document(&replaced));
        assert_eq!(ask(&World::with(service).await).await.body, expected);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn certificates_are_checked_as_the_backend_says() {
    let foreign = Authority::new();
    let known = secure_backend(&["other.example"]).await;
    let here = secure_backend_of(&foreign, &["localhost"]).await;
    let nowhere = secure_backend_of(&foreign, &["other.example"]).await;
    for (chain, name, expected) in [
        (true, true, [500, 500, 500]),
        (true, false, [200, 500, 500]),
        (false, true, [500, 200, 500]),
        (false, false, [200, 200, 200]),
    ] {
        for (socket, expected) in [known, here, nowhere].into_iter().zip(expected) {
            let mut backend = SingleBackend::at(format!("https://localhost:{}", socket.port()));
            (backend.validate_chain, backend.validate_name) = (chain, name);
            let world = World::with(sending(vec![single("to", backend)])).await;
            assert_eq!(ask(&world).await.status(), expected, "chain {chain} name {name}");
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_backends_client_certificate_is_shown() {
    let secure = secure_backend(&["localhost"]).await;
    let thumbprint = thumbprint_of(&service().certificates[0].der);
    for (certificate, status) in [("CLIENT", 200), (thumbprint.as_str(), 500)] {
        let mut backend = SingleBackend::at(format!("https://localhost:{}", secure.port()));
        backend.credentials.certificates = vec![certificate.to_owned()];
        let reply = ask(&World::with(sending(vec![single("to", backend)])).await).await;
        assert_eq!(reply.status(), status, "{certificate}");
        assert_eq!(reply.body.ends_with("somebody"), status == 200, "{}", reply.body);
    }
}

#[test]
fn a_literal_that_names_no_backend_is_refused() {
    let gateway = crate::snapshot::Service::compile(&sending(Vec::new()).into(), &[]);
    let problems = gateway.expect_err("an unknown backend");
    let expected = "Error in element 'set-backend-service' on line 1, column 29: Backend with id 'TO' could not be found.";
    assert_eq!(problems[0].message, expected);
}

/// The API's backend is a name that a private DNS zone of the network knows, or does not.
#[tokio::test(flavor = "current_thread")]
async fn names_of_private_zones_lead_through_the_network() {
    let pod = Recorder::start(GOOD).await;
    for (host, status, says) in
        [("api.corp.test", 200, "good"), ("other.corp.test", 500, ""), ("api.elsewhere.test", 500, "")]
    {
        let mut service = sending(vec![single("to", SingleBackend::at(format!("http://{host}")))]);
        service.place = network::Place::Subnet(network::SubnetId::new("/vnets/v/subnets/apim"));
        let world = at_rest(service).await;
        world.pods(&[pod.socket]);
        let mut topology = world.fabric.topology().as_ref().clone();
        topology.private_zones.push(network::PrivateZone {
            name: "corp.test".to_owned(),
            links: vec![network::ZoneLink {
                name: "l".to_owned(),
                virtual_network: "/vnets/v".to_owned(),
                redirects: false,
                registers: false,
            }],
            records: [("api".to_owned(), network::ZoneRecord::Addresses(vec![BALANCER]))].into(),
        });
        world.fabric.set_topology(topology);
        let answer = ask(&world).await;
        assert_eq!(answer.status(), status, "{host}: {answer:?}");
        assert!(answer.body.contains(says), "{host}: {answer:?}");
    }
    let heads = pod.heads();
    assert_eq!(heads.len(), 1, "{heads:?}");
    assert!(heads[0].iter().any(|line| line.eq_ignore_ascii_case("host: api.corp.test")), "{heads:?}");
}
