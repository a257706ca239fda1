//! HTTP clients: which certificates they trust, how long they wait, through which proxy they go.

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use reqwest::{Certificate, ClientBuilder};

use crate::{Environment, Error};

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_mins(2);
const INTERNET: Duration = Duration::from_secs(30);
const INTERNET_CONNECT: Duration = Duration::from_secs(5);

/// What every client starts from. The process-wide cryptography is `aws-lc-rs`, unless the program chose before.
pub(crate) fn builder() -> ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error says that the program has chosen one already, which is as good.
        let _chosen = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("apimlab/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .pool_idle_timeout(Duration::from_mins(1))
}

/// The client for Resource Manager, Graph and the token authority.
pub(crate) fn control_plane(
    environment: &Environment,
    roots: &[Certificate],
) -> Result<reqwest::Client, Error> {
    let is_here = [&environment.resource_manager, &environment.authority, &environment.graph]
        .iter()
        .all(|url| is_loopback(url));
    let builder = match (is_here, roots) {
        (false, roots) => trusting(builder(), roots),
        // A proxy of the process environment leads away from this machine; and a sandbox here vouches for itself,
        // so the system's authorities, which take time to read, are not needed.
        (true, []) => builder().no_proxy(),
        (true, roots) => builder().no_proxy().tls_certs_only(roots.iter().cloned()),
    };
    build(environment, builder)
}

/// The client for callers on the internet.
pub(crate) fn internet(environment: &Environment, roots: &[Certificate]) -> Result<reqwest::Client, Error> {
    let mut builder = trusting(builder(), roots)
        .timeout(INTERNET)
        .connect_timeout(INTERNET_CONNECT)
        .pool_max_idle_per_host(64);
    if let Some(proxy) = &environment.proxy {
        let proxy = reqwest::Proxy::all(proxy)
            .map_err(|error| refused(environment, format!("`proxy` is not a URL: {error}")))?;
        builder = builder.no_proxy().proxy(proxy);
    }
    build(environment, builder)
}

/// The certificate authorities of the environment's file.
pub(crate) fn roots(file: Option<&Path>) -> Result<Vec<Certificate>, Error> {
    let Some(path) = file else { return Ok(Vec::new()) };
    let failed = |reason: String| Error::File { verb: "read", path: path.to_owned(), reason };
    let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| failed(error.to_string()))?;
    if certificates.is_empty() {
        return Err(failed("it holds no certificate in PEM form".to_owned()));
    }
    Ok(certificates)
}

/// Trusts `roots` beside the system's authorities.
fn trusting(builder: ClientBuilder, roots: &[Certificate]) -> ClientBuilder {
    if roots.is_empty() { builder } else { builder.tls_certs_merge(roots.iter().cloned()) }
}

fn build(environment: &Environment, builder: ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(|error| refused(environment, crate::retry::reason(&error)))
}

fn refused(environment: &Environment, reason: String) -> Error {
    Error::Environment { environment: environment.name.clone(), reason }
}

pub(crate) fn is_loopback(url: &str) -> bool {
    let host = url::Url::parse(url).ok().and_then(|url| match url.host()? {
        url::Host::Domain(name) => Some(name == "localhost" || name.ends_with(".localhost")),
        url::Host::Ipv4(address) => Some(address.is_loopback()),
        url::Host::Ipv6(address) => Some(address.is_loopback()),
    });
    host.unwrap_or(false)
}
