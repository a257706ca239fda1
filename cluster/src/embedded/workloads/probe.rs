//! Probes: is a container up, alive, ready?
//! <https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/>
//!
//! **Differs from Kubernetes:** `exec` and `grpc` probes are not run, which a warning says: such a readiness probe
//! never succeeds, such a liveness or start-up probe never fails.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header};
use http_body_util::Full;
use sim::Clock;
use tokio::net::TcpStream;

use super::client::{self, Failure};
use super::container::Container;
use super::spec::{Check, Probe};
use super::status::Listening;

/// How long until a local command is asked again whether it listens: soon at first, then less often.
const LISTENS: [u64; 6] = [5, 10, 20, 40, 80, 250];

/// Runs until the start-up probe has succeeded; `false`: it has failed for good.
pub async fn startup(container: &Container, probe: &Probe) -> bool {
    let mut tally = Tally::default();
    container.world.clock.sleep(probe.initial_delay).await;
    loop {
        match attempt(container, probe, "Startup").await {
            Ok(()) if tally.success() >= probe.successes => return true,
            Err(()) if tally.failure() >= probe.failures => return false,
            _ => container.world.clock.sleep(probe.period).await,
        }
    }
}

/// Keeps a container's readiness up to date; never ends.
pub async fn readiness(container: &Container, probe: &Probe) {
    let mut tally = Tally::default();
    container.world.clock.sleep(probe.initial_delay).await;
    loop {
        match attempt(container, probe, "Readiness").await {
            Ok(()) if tally.success() >= probe.successes => container.set_ready(true),
            Err(()) if tally.failure() >= probe.failures => container.set_ready(false),
            _ => {}
        }
        container.world.clock.sleep(probe.period).await;
    }
}

/// Ends when the liveness probe has failed.
pub async fn liveness(container: &Container, probe: &Probe) {
    let mut tally = Tally::default();
    container.world.clock.sleep(probe.initial_delay).await;
    loop {
        match attempt(container, probe, "Liveness").await {
            Ok(()) => drop(tally.success()),
            Err(()) if tally.failure() >= probe.failures => return,
            Err(()) => {}
        }
        container.world.clock.sleep(probe.period).await;
    }
}

/// Completes when something accepts connections on the socket.
pub async fn listens(socket: SocketAddr, clock: &Clock) {
    let mut pauses = LISTENS.iter().copied();
    let mut pause = 0;
    while TcpStream::connect(socket).await.is_err() {
        pause = pauses.next().unwrap_or(pause);
        clock.sleep(Duration::from_millis(pause)).await;
    }
}

#[derive(Default)]
struct Tally {
    successes: u32,
    failures: u32,
}

impl Tally {
    fn success(&mut self) -> u32 {
        *self = Self { successes: self.successes.saturating_add(1), failures: 0 };
        self.successes
    }

    fn failure(&mut self) -> u32 {
        *self = Self { successes: 0, failures: self.failures.saturating_add(1) };
        self.failures
    }
}

async fn attempt(container: &Container, probe: &Probe, name: &str) -> Result<(), ()> {
    let asked = tokio::select! {
        asked = ask(container, &probe.check) => asked,
        () = container.world.clock.sleep(probe.timeout) => Err("context deadline exceeded".to_owned()),
    };
    match asked {
        Ok(()) => Ok(()),
        Err(reason) => {
            container.warn("Unhealthy", format!("{name} probe failed: {reason}"));
            let never_fails = matches!(probe.check, Check::NotRun(_)) && name != "Readiness";
            if never_fails { Ok(()) } else { Err(()) }
        }
    }
}

async fn ask(container: &Container, check: &Check) -> Result<(), String> {
    match check {
        Check::NotRun(kind) => {
            Err(format!("{kind} probes are not run in the sandbox: use httpGet or tcpSocket"))
        }
        Check::Tcp { port } => {
            let socket = socket(container, *port)?;
            let connected = TcpStream::connect(socket).await;
            connected.map(drop).map_err(|error| format!("dial tcp {}: {error}", address(container, *port)))
        }
        Check::Http { path, port, headers } => {
            let socket = socket(container, *port)?;
            let url = format!("http://{}{path}", address(container, *port));
            let request = request(path, &address(container, *port), headers)?;
            let answered = client::send(socket, request).await.map_err(|failure| match failure {
                Failure::Connect(error) => format!("Get \"{url}\": {error}"),
                Failure::Empty => format!("Get \"{url}\": EOF"),
            })?;
            let status = answered.response.status().as_u16();
            if (200..400).contains(&status) {
                Ok(())
            } else {
                Err(format!("HTTP probe failed with statuscode: {status}"))
            }
        }
    }
}

fn request(path: &str, host: &str, headers: &[(String, String)]) -> Result<Request<Full<Bytes>>, String> {
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.uri_mut() = path.parse().map_err(|_| format!("`{path}` is not a path"))?;
    let given = request.headers_mut();
    given.insert(header::USER_AGENT, HeaderValue::from_static("kube-probe/1.34"));
    given.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let host = [("host".to_owned(), host.to_owned())];
    for (name, value) in host.iter().chain(headers) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        {
            given.insert(name, value);
        }
    }
    Ok(request)
}

fn socket(container: &Container, port: u16) -> Result<SocketAddr, String> {
    let listens = container.status().listens;
    let matching = |wanted: Option<u16>| {
        let found = listens.iter().find(move |listening: &&Listening| listening.port == wanted);
        found.map(|listening| listening.socket)
    };
    let refused = || format!("dial tcp {}: connect: connection refused", address(container, port));
    matching(Some(port)).or_else(|| matching(None)).ok_or_else(refused)
}

fn address(container: &Container, port: u16) -> String {
    format!("{}:{port}", container.pod.address)
}
