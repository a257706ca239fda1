//! How long it takes to find the operation for a request among many, and how long a service with them takes to compile:
//! the first time, and when one operation is added. The figures are the least of many rounds:
//! `cargo bench -p gateway --bench routing`.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program that prints what it measured, or why it cannot"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use apim::{
    Api, ApiKind, Contract, DataPlane, Operation, PolicyDocument, PolicyFormat, Scheme, Service, Shared,
    Snapshot,
};
use gateway::{Config, Gateway};
use network::Fabric;
use rustls::RootCertStore;
use sim::{Clock, Ids};

const ROUNDS: usize = 20;
/// How many requests a round has.
const REQUESTS: usize = 10_000;

const POLICY: &str = r#"<policies><inbound><base /><set-header name="X-Operation"><value>@(context.Operation.Id)</value></set-header></inbound>
<backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"#;

fn main() {
    // As many APIs as a service has, and as many operations as fit.
    for (apis, operations) in [(1_000, 10), (10, 1_000), (1_000, 75)] {
        measure(apis, operations);
    }
}

fn measure(apis: usize, operations: usize) {
    let clock = Clock::system();
    let gateway = Gateway::new(Config {
        clock: clock.clone(),
        ids: Ids::random(),
        fabric: Arc::new(Fabric::new()),
        roots: Arc::new(RootCertStore::empty()),
        entra: None,
        redis: None,
    });
    let mut service = Service { host_names: vec!["gw.local".to_owned()], ..Service::empty("many") };
    service.apis = (0..apis).map(|number| api(number, operations)).collect();
    let first = least(&clock, 1, || publish(&gateway, &service.clone().into()));
    let mut added = 0;
    let next = least(&clock, ROUNDS, || {
        added += 1;
        service.apis[added % apis].operations.push(operation(operations + added).into());
        let candidate = service.clone().into();
        gateway.check(&candidate).expect("a good service");
        publish(&gateway, &candidate);
    });
    let paths: Vec<String> = (0..REQUESTS)
        .map(|number| format!("/api{}/part{}/{number}", number * 7 % apis, number * 13 % operations))
        .collect();
    let found = least(&clock, ROUNDS, || {
        let found = paths.iter().filter(|path| gateway.serves("gw.local", "GET", black_box(path))).count();
        assert_eq!(found, REQUESTS);
    });
    println!(
        "{apis} APIs x {operations} operations: {:.0} ns to find one, {:.1} ms to compile, {:.2} ms with one more",
        found.as_secs_f64() * 1e9 / 10_000.0,
        first.as_secs_f64() * 1e3,
        next.as_secs_f64() * 1e3
    );
}

fn least(clock: &Clock, rounds: usize, mut work: impl FnMut()) -> Duration {
    let round = |_| {
        let started = clock.elapsed();
        work();
        clock.elapsed().saturating_sub(started)
    };
    (0..rounds).map(round).min().unwrap_or_default()
}

fn publish(gateway: &Arc<Gateway>, service: &Shared<Service>) {
    gateway.publish(Snapshot { services: vec![service.clone()] }).expect("a good snapshot");
}

fn api(number: usize, operations: usize) -> Shared<Api> {
    let name = format!("api{number}");
    let policy = PolicyDocument {
        path: format!("/apis/{name}"),
        format: PolicyFormat::RawXml,
        text: POLICY.to_owned(),
    };
    let api = Api {
        display_name: name.clone(),
        kind: ApiKind::Http,
        path: name.clone(),
        name,
        revision: "1".to_owned(),
        current: true,
        version: None,
        schemes: vec![Scheme::Http],
        service_url: Some("http://127.0.0.1:9".to_owned()),
        subscription_required: false,
        key_header: "Ocp-Apim-Subscription-Key".to_owned(),
        key_query: "subscription-key".to_owned(),
        operations: (0..operations).map(|number| operation(number).into()).collect(),
        schemas: Vec::new(),
        resolvers: Vec::new(),
        policy: Some(policy),
    };
    api.into()
}

fn operation(number: usize) -> Operation {
    Operation {
        name: format!("part{number}"),
        display_name: format!("Part {number}"),
        method: "GET".to_owned(),
        url_template: format!("/part{number}/{{id}}"),
        contract: Contract::default(),
        policy: None,
    }
}
