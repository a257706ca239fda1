//! A gateway that does a given work for every request, to be counted and profiled:
//! `work LISTEN BACKEND KEYS [pass|work|heavy]`, where `KEYS` is a file with a key a line. It serves until it is told to
//! end, on one thread. Without arguments, as `cargo bench` starts it, it does nothing.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program that says where it listens, or why not"
)]

use std::fmt::Write as _;
use std::sync::Arc;

use apim::{
    Api, ApiKind, Contract, DataPlane, Key, Operation, PolicyDocument, PolicyFormat, Scheme, Scope, Service,
    Snapshot, Subscription,
};
use gateway::{Config, Gateway};
use network::Fabric;
use rustls::RootCertStore;
use sim::{Clock, Ids};
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
use tokio::sync::watch;

/// What the requests of the scenario cost: a key among many, a limit per key, headers, another path.
const WORK: [&str; 2] = [
    r#"<rate-limit-by-key calls="1000000000" renewal-period="60" counter-key="@(context.Subscription.Id)" />
       <set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />
       <set-header name="X-Sub-Id"><value>@(context.Subscription.Id)</value></set-header>
       <set-header name="Host"><value>backend.internal</value></set-header>
       <rewrite-uri template="/int/{name}" />"#,
    r#"<set-header name="Server" exists-action="delete" />
       <set-header name="X-Powered-By" exists-action="delete" />
       <set-header name="X-Gateway"><value>1</value></set-header>"#,
];

/// Three expressions and seven policies without one.
const MORE: &str = r#"<set-variable name="tier" value="@(context.Request.Headers.GetValueOrDefault("X-Tier","free") + ":" + context.Request.Method)" />
       <choose><when condition="@(context.Request.Headers.ContainsKey("X-None") && context.Subscription != null)">
           <set-header name="X-Never"><value>1</value></set-header></when></choose>
       <set-header name="X-Tier"><value>@((string)context.Variables["tier"])</value></set-header>"#;

const SIMPLE: &str = r#"<set-header name="X-Simple"><value>a value</value></set-header>"#;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [listen, backend, keys, rest @ ..] = arguments.as_slice() else { return };
    let keys = std::fs::read_to_string(keys).expect("a file of keys");
    let mode = rest.first().map_or("work", String::as_str);
    let gateway = Gateway::new(Config {
        clock: Clock::system(),
        ids: Ids::random(),
        fabric: Arc::new(Fabric::new()),
        roots: Arc::new(RootCertStore::empty()),
        entra: None,
        redis: None,
    });
    gateway
        .publish(Snapshot { services: vec![service(backend, &keys, mode).into()] })
        .expect("a good snapshot");
    gateway.sample(0);
    let listener = TcpListener::bind(listen).await.expect("a free port");
    println!("{mode} on {}", listener.local_addr().expect("an address"));
    let (_stop, stopped) = watch::channel(false);
    tokio::select! {
        () = gateway.serve(listener, None, stopped) => {}
        _ = ctrl_c() => {}
    }
}

fn service(backend: &str, keys: &str, mode: &str) -> Service {
    let subscriptions = keys.lines().enumerate().map(|(at, key)| {
        let keys = [Key::new(key), Key::new(format!("{key}-2"))];
        Subscription::active(&format!("sub-{at:04}"), Scope::AllApis, keys)
    });
    Service {
        location: "here".to_owned(),
        host_names: vec!["gw.local".to_owned()],
        apis: vec![api("shop/v1", backend, mode).into()],
        subscriptions: subscriptions.collect(),
        ..Service::empty("work")
    }
}

fn api(path: &str, backend: &str, mode: &str) -> Api {
    let pass = mode == "pass";
    Api {
        name: "shop".to_owned(),
        display_name: "Shop".to_owned(),
        kind: ApiKind::Http,
        path: if pass { "int" } else { path }.to_owned(),
        revision: "1".to_owned(),
        current: true,
        version: None,
        schemes: vec![Scheme::Http],
        service_url: Some(format!("http://{backend}{}", if pass { "/int" } else { "" })),
        subscription_required: !pass,
        key_header: "Ocp-Apim-Subscription-Key".to_owned(),
        key_query: "subscription-key".to_owned(),
        operations: vec![
            Operation {
                name: "get".to_owned(),
                display_name: "Get".to_owned(),
                method: "GET".to_owned(),
                url_template: "/{name}".to_owned(),
                contract: Contract::default(),
                policy: None,
            }
            .into(),
        ],
        schemas: Vec::new(),
        resolvers: Vec::new(),
        policy: (!pass).then(|| policy(mode)),
    }
}

fn policy(mode: &str) -> PolicyDocument {
    let [inbound, outbound] = WORK;
    let (extra, count) = match mode {
        "heavy" => (MORE.to_owned(), 7),
        // So that what one more costs can be told: `simple10`.
        mode => (String::new(), mode.trim_start_matches("simple").parse().unwrap_or(0)),
    };
    let mut text = format!("<policies><inbound><base />{inbound}{extra}");
    for _ in 0..count {
        text.push_str(SIMPLE);
    }
    let _ = write!(
        text,
        "</inbound><backend><base /></backend><outbound><base />{outbound}</outbound>\
         <on-error><base /></on-error></policies>"
    );
    PolicyDocument { path: "/apis/shop".to_owned(), format: PolicyFormat::RawXml, text }
}
