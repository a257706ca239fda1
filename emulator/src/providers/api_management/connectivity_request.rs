//! What a connectivity check is asked for.
//! <https://learn.microsoft.com/rest/api/apimanagement/perform-connectivity-check-async#connectivitycheckrequest>

use apim::ProbeRequest;
use arm::ErrorResponse;
use http::{HeaderName, HeaderValue, Uri};
use serde_json::Value;

use super::validation;
use crate::engine::{array, normalize_location, property, text};

/// How many headers a request may have.
const HEADERS: usize = 100;

/// A destination, and what is asked for there.
pub struct Asked {
    /// The address or name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What is asked for; nothing for a connection alone.
    pub request: Option<ProbeRequest>,
    statuses: Vec<u16>,
}

impl Asked {
    /// Reads it; the source has to be the service's region.
    pub fn read(body: &Value, location: &str) -> Result<Self, ErrorResponse> {
        let missing = |name: &str| validation::field(name, format!("{name} is required."));
        let region = text(body, &["source", "region"]).ok_or_else(|| missing("source.region"))?;
        if normalize_location(region, "Microsoft.ApiManagement/service")? != location {
            let message = format!("The service has no region '{region}'.");
            return Err(validation::field("source.region", message));
        }
        let address =
            text(body, &["destination", "address"]).ok_or_else(|| missing("destination.address"))?;
        let port =
            property(body, &["destination", "port"]).as_u64().and_then(|port| u16::try_from(port).ok());
        let port = port.filter(|port| *port > 0).ok_or_else(|| {
            validation::field("destination.port", "destination.port must be a number from 1 to 65535.")
        })?;
        if text(body, &["preferredIPVersion"]).is_some_and(|version| !version.eq_ignore_ascii_case("IPv4")) {
            return Err(validation::field("preferredIPVersion", "Only IPv4 is supported."));
        }
        let protocol = text(body, &["protocol"]).unwrap_or("TCP").to_ascii_uppercase();
        let (host, target) = match protocol.as_str() {
            "TCP" => (address.to_owned(), None),
            "HTTP" | "HTTPS" => {
                let (host, target) = split(address, &protocol.to_ascii_lowercase()).ok_or_else(|| {
                    let message = format!("'{address}' is no address for the protocol {protocol}.");
                    validation::field("destination.address", message)
                })?;
                (host, Some(target))
            }
            _ => return Err(validation::field("protocol", "The protocol must be TCP, HTTP or HTTPS.")),
        };
        let configuration = property(body, &["protocolConfiguration", "HTTPConfiguration"]);
        let request = target.map(|target| request(configuration, protocol == "HTTPS", target)).transpose()?;
        Ok(Self { host, port, request, statuses: statuses(configuration)? })
    }

    /// The status code is one of those that were asked for.
    pub fn accepts(&self, status: u16) -> bool {
        if self.statuses.is_empty() { status < 400 } else { self.statuses.contains(&status) }
    }
}

/// The host and the target of a URL with this scheme, or of a host alone.
fn split(address: &str, scheme: &str) -> Option<(String, String)> {
    let uri: Uri =
        if address.contains("://") { address.parse() } else { format!("{scheme}://{address}").parse() }
            .ok()?;
    let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    (uri.scheme_str() == Some(scheme)).then_some(())?;
    Some((uri.host()?.to_owned(), target))
}

fn request(configuration: &Value, tls: bool, target: String) -> Result<ProbeRequest, ErrorResponse> {
    let method = text(configuration, &["method"]).unwrap_or("GET").to_ascii_uppercase();
    if !matches!(method.as_str(), "GET" | "POST") {
        return Err(validation::field("method", "The method must be GET or POST."));
    }
    let wrong = || validation::field("headers", "Headers must have a name and a value, and be at most 100.");
    let listed = array(configuration, &["headers"]);
    let headers = listed.iter().map(|header| {
        let name = text(header, &["name"]).filter(|name| name.parse::<HeaderName>().is_ok())?;
        let value = text(header, &["value"]).filter(|value| HeaderValue::from_str(value).is_ok())?;
        Some((name.to_owned(), value.to_owned()))
    });
    let headers: Option<Vec<_>> = headers.collect();
    let headers = headers.filter(|_| listed.len() <= HEADERS).ok_or_else(wrong)?;
    Ok(ProbeRequest { tls, method, target, headers })
}

fn statuses(configuration: &Value) -> Result<Vec<u16>, ErrorResponse> {
    let wrong = || validation::field("validStatusCodes", "Status codes must be numbers from 100 to 599.");
    let status = |value: &Value| {
        let status = value.as_u64().and_then(|status| u16::try_from(status).ok());
        status.filter(|status| (100..600).contains(status)).ok_or_else(wrong)
    };
    array(configuration, &["validStatusCodes"]).iter().map(status).collect()
}
