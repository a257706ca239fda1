//! One request of the built-in `curl`, with its redirects.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};

use super::arguments::{Arguments, Switch};
use crate::embedded::workloads::client::{self, Exchange, Failure};
use crate::embedded::workloads::container::Instance;
use crate::embedded::workloads::log::LineWriter;

const REDIRECTS: u32 = 50;
const USER_AGENT: &str = "curl/8.10.1";

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub size: usize,
    pub remote: SocketAddr,
    pub content_type: String,
    pub redirects: u32,
    pub url: String,
}

/// What curl ends with.
#[derive(Debug, Clone)]
pub struct CurlError {
    /// The exit code.
    pub code: i32,
    /// What curl prints.
    pub text: String,
    /// What the virtual network says.
    reason: Option<String>,
}

/// Where a request goes.
struct Target {
    uri: Uri,
    host: String,
    address: SocketAddr,
    owner: String,
    socket: SocketAddr,
}

/// Sends a request, follows redirects if that is wanted, prints the answer.
pub async fn request(
    url: &str,
    arguments: &Arguments,
    instance: &Instance,
    output: &mut LineWriter,
) -> Result<Answer, CurlError> {
    let mut url = with_scheme(url);
    let mut redirects = 0;
    loop {
        let target = target(&url, instance, arguments.has(Switch::Verbose).then_some(&mut *output))?;
        let exchange = send(&target, arguments, output).await?;
        let next = exchange.response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        let follow = arguments.has(Switch::Location) && exchange.response.status().is_redirection();
        match next {
            Some(next) if follow && redirects < REDIRECTS => {
                url = absolute(next, &target);
                redirects += 1;
            }
            _ => return print(exchange, target, (url, redirects), (arguments, output)).await,
        }
    }
}

/// Who answers for a URL, seen from the Pod.
fn target(url: &str, instance: &Instance, verbose: Option<&mut LineWriter>) -> Result<Target, CurlError> {
    let malformed = || CurlError::new(3, "URL rejected: Malformed input to a URL function");
    let uri: Uri = url.parse().map_err(|_| malformed())?;
    match uri.scheme_str() {
        Some("http") => {}
        other => {
            let scheme = other.unwrap_or_default();
            return Err(CurlError::new(
                1,
                &format!("Protocol \"{scheme}\" not supported by the sandbox's curl"),
            ));
        }
    }
    let host = uri.host().ok_or_else(malformed)?.to_owned();
    let port = uri.port_u16().unwrap_or(80);
    let address = instance
        .world
        .resolve(&host, &instance.pod)
        .ok_or_else(|| CurlError::new(6, &format!("Could not resolve host: {host}")))?;
    let routed = route(instance, address, port);
    if let Some(output) = verbose {
        output.write(format!("*   Trying {address}:{port}...\n").as_bytes());
        match &routed {
            Ok(_) => output.write(format!("* Connected to {host} ({address}) port {port}\n").as_bytes()),
            Err(reason) => {
                output.write(format!("* connect to {address} port {port} failed: {reason}\n").as_bytes());
            }
        }
    }
    let (socket, owner) = routed.map_err(|reason| refused(&host, port, Some(reason)))?;
    Ok(Target { uri, host, address: (address, port).into(), owner, socket })
}

fn route(instance: &Instance, address: Ipv4Addr, port: u16) -> Result<(SocketAddr, String), String> {
    let world = &instance.world;
    let route = world.fabric.route(&world.place, address, port).map_err(|reason| reason.to_string())?;
    let endpoint = route.port.next().ok_or_else(|| format!("{} has no ready endpoint", route.owner))?;
    Ok((endpoint.socket, route.owner))
}

async fn send(
    target: &Target,
    arguments: &Arguments,
    output: &mut LineWriter,
) -> Result<Exchange, CurlError> {
    let request = build(target, arguments)?;
    if arguments.has(Switch::Verbose) {
        let path = request.uri();
        output.write(format!("> {} {path} HTTP/1.1\n", request.method()).as_bytes());
        print_headers(request.headers(), "> ", output);
    }
    let sent = client::send(target.socket, request).await;
    sent.map_err(|failure| match failure {
        Failure::Connect(error) => {
            refused(&target.host, target.address.port(), Some(format!("{}: {error}", target.owner)))
        }
        Failure::Empty => CurlError::new(52, "Empty reply from server"),
    })
}

fn build(target: &Target, arguments: &Arguments) -> Result<Request<Full<Bytes>>, CurlError> {
    let default = match (&arguments.data, arguments.has(Switch::Head)) {
        (_, true) => "HEAD",
        (Some(_), false) => "POST",
        (None, false) => "GET",
    };
    let method = arguments.method.as_deref().unwrap_or(default);
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| CurlError::new(3, "the method is malformed"))?;
    let body = Bytes::from(arguments.data.clone().unwrap_or_default());
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    let path = target.uri.path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse().map_err(|_| CurlError::new(3, "URL rejected: Malformed input"))?;
    *request.headers_mut() = headers(target, arguments);
    Ok(request)
}

fn headers(target: &Target, arguments: &Arguments) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let authority = target.uri.authority().map_or(target.host.as_str(), http::uri::Authority::as_str);
    if let Ok(host) = HeaderValue::from_str(authority) {
        headers.insert(header::HOST, host);
    }
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    if arguments.data.is_some() {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
    }
    for line in &arguments.headers {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let (name, value) =
            (HeaderName::from_bytes(name.trim().as_bytes()), HeaderValue::from_str(value.trim()));
        match (name, value) {
            (Ok(name), Ok(value)) if value.is_empty() => drop(headers.remove(&name).map(|_| value)),
            (Ok(name), Ok(value)) => drop(headers.insert(name, value)),
            _ => {}
        }
    }
    headers
}

async fn print(
    exchange: Exchange,
    target: Target,
    (url, redirects): (String, u32),
    (arguments, output): (&Arguments, &mut LineWriter),
) -> Result<Answer, CurlError> {
    let status = exchange.response.status();
    let head = exchange.response.headers().clone();
    let status_line =
        format!("HTTP/1.1 {} {}\n", status.as_u16(), status.canonical_reason().unwrap_or_default());
    if arguments.has(Switch::Verbose) {
        output.write(format!("< {status_line}").as_bytes());
        print_headers(&head, "< ", output);
    } else if (arguments.has(Switch::Include) || arguments.has(Switch::Head))
        && !arguments.has(Switch::Discard)
    {
        output.write(status_line.as_bytes());
        print_headers(&head, "", output);
        output.write(b"\n");
    }
    let quiet = arguments.has(Switch::Discard) || arguments.has(Switch::Fail) && status.as_u16() >= 400;
    let mut body = exchange.response.into_body();
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        let partial = |_| CurlError::new(18, "transfer closed with outstanding read data remaining");
        let Ok(data) = frame.map_err(partial)?.into_data() else { continue };
        size += data.len();
        if !quiet {
            output.write(&data);
        }
    }
    let content_type =
        head.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = content_type.to_owned();
    Ok(Answer { status, size, remote: target.address, content_type, redirects, url })
}

fn print_headers(headers: &HeaderMap, prefix: &str, output: &mut LineWriter) {
    for (name, value) in headers {
        output.write(format!("{prefix}{name}: {}\n", String::from_utf8_lossy(value.as_bytes())).as_bytes());
    }
}

fn with_scheme(url: &str) -> String {
    if url.contains("://") { url.to_owned() } else { format!("http://{url}") }
}

fn absolute(next: &str, target: &Target) -> String {
    let authority = target.uri.authority().map_or(target.host.as_str(), http::uri::Authority::as_str);
    match next {
        next if next.contains("://") => next.to_owned(),
        next if next.starts_with('/') => format!("http://{authority}{next}"),
        next => format!("http://{authority}/{next}"),
    }
}

fn refused(host: &str, port: u16, reason: Option<String>) -> CurlError {
    let text = format!("Failed to connect to {host} port {port} after 0 ms: Could not connect to server");
    CurlError { code: 7, text, reason }
}

impl CurlError {
    fn new(code: i32, text: &str) -> Self {
        Self { code, text: text.to_owned(), reason: None }
    }

    /// The limit has passed.
    pub fn timeout(limit: Duration) -> Self {
        Self::new(
            28,
            &format!("Operation timed out after {} milliseconds with 0 bytes received", limit.as_millis()),
        )
    }

    /// For the container's state: what curl prints, and what the network says.
    pub fn explanation(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{}: {reason}", self.text),
            None => self.text.clone(),
        }
    }
}

impl Answer {
    /// `--fail`: an error status is an error.
    pub fn failure(&self, arguments: &Arguments) -> Option<CurlError> {
        let failed = arguments.has(Switch::Fail) && self.status.as_u16() >= 400;
        let text = || format!("The requested URL returned error: {}", self.status.as_u16());
        failed.then(|| CurlError::new(22, &text()))
    }
}
