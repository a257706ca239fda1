//! What hyper leaves to its users: which host is meant, what must not cross a gateway, and what must not be taken for
//! something else behind it (RFC 9110, 7.6 and RFC 9112, 3.2).

use std::net::IpAddr;

use http::header::{CONNECTION, CONTENT_LENGTH, COOKIE, HOST, TE, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Version};

/// Why a request is refused before anything looks at what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// No host, more than one, or hosts that contradict each other.
    Host,
    /// Where the request ends can be read in two ways.
    Framing,
    /// What is asked for holds what a target must not.
    Target,
    /// What is asked for takes more bytes than a target may.
    LongTarget,
    /// A transfer coding besides `chunked`.
    TransferCoding,
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");

/// How long a target may be, as far as a gateway of Azure takes it.
const TARGET: usize = 16 * 1024;

/// How long an IP address may be.
const ADDRESS: usize = 45;

/// Headers whose spelling with underscores is dropped: software that takes `_` for `-`, as CGI does, would believe
/// the client where it should believe the gateway.
const LOOK_ALIKES: &[&str] = &[
    "authorization",
    "connection",
    "content-length",
    "host",
    "proxy-authorization",
    "transfer-encoding",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

/// The host that a request is for: lower case, without port. The request target's goes before the `Host` header's.
///
/// # Errors
/// What is not clear about the request.
pub fn host(request: &Parts) -> Result<String, Violation> {
    if let Some(coding) = request.headers.get(TRANSFER_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"chunked")
    {
        return Err(Violation::TransferCoding);
    }
    let asked = request.uri.path_and_query().map_or("", PathAndQuery::as_str);
    if asked.len() > TARGET {
        return Err(Violation::LongTarget);
    }
    if !asked.is_ascii() {
        return Err(Violation::Target);
    }
    let mut hosts = request.headers.get_all(HOST).iter();
    let header = hosts.next();
    if hosts.next().is_some() {
        return Err(Violation::Host);
    }
    let header = header.map(|value| value.to_str()).transpose().map_err(|_| Violation::Host)?;
    let target = request.uri.authority().map(http::uri::Authority::as_str);
    let text = match (target, header) {
        (Some(target), Some(header))
            if request.version >= Version::HTTP_2 && !target.eq_ignore_ascii_case(header) =>
        {
            return Err(Violation::Host);
        }
        (_, None) if request.version == Version::HTTP_11 => return Err(Violation::Host),
        (None, None) if request.version > Version::HTTP_11 => return Err(Violation::Host),
        (Some(target), _) => target,
        (None, header) => header.unwrap_or_default(),
    };
    without_port(text).ok_or(Violation::Host)
}

/// Makes one field of the cookies that a client of HTTP/2 may spread over several (RFC 9113, 8.2.3).
pub fn join_cookies(request: &mut Parts) {
    if request.version < Version::HTTP_2 {
        return;
    }
    let cookies: Vec<&[u8]> = request.headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() < 2 {
        return;
    }
    if let Ok(joined) = HeaderValue::from_bytes(&cookies.join(&b"; "[..])) {
        request.headers.insert(COOKIE, joined);
    }
}

/// Makes a client's headers those of a request to a backend.
pub fn to_backend(headers: &mut HeaderMap, host: HeaderValue, client: IpAddr) {
    let trailers = headers.contains_key(TE) && takes_trailers(headers);
    drop_all(headers, |name| ends_here(name) || is_for_gateways(name) || is_look_alike(name));
    headers.insert(HOST, host);
    if trailers {
        headers.insert(TE, TRAILERS);
        headers.insert(CONNECTION, HeaderValue::from_static("TE"));
    }
    append_client(headers, client);
}

/// It can stand in `Host`.
pub fn is_host(value: &HeaderValue) -> bool {
    value.to_str().ok().and_then(without_port).is_some_and(|host| !host.is_empty())
}

/// A field that may stand behind a body on its way to a backend: none that says where a message ends, who it is for or
/// who sends it (RFC 9110, 6.5.1).
pub fn may_trail(name: &str) -> bool {
    let is_of_head = matches!(
        name,
        "authorization"
            | "content-encoding"
            | "content-length"
            | "content-range"
            | "content-type"
            | "cookie"
            | "host"
            | "trailer"
            | "x-forwarded-for"
    );
    !(is_of_head || ends_here(name) || is_for_gateways(name) || is_look_alike(name))
}

/// Makes a backend's headers those of a response to the client.
pub fn to_client(headers: &mut HeaderMap) {
    drop_all(headers, ends_here);
}

fn takes_trailers(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(TE).iter().filter_map(|value| value.to_str().ok());
    codings.flat_map(|value| value.split(',')).any(|coding| coding.trim().eq_ignore_ascii_case("trailers"))
}

/// Drops the headers that `Connection` names, and those with such names. Most messages have none: they are looked for
/// in one go.
fn drop_all(headers: &mut HeaderMap, is_dropped: impl Fn(&str) -> bool) {
    let mut dropped: Vec<HeaderName> =
        headers.keys().filter(|name| is_dropped(name.as_str())).cloned().collect();
    if dropped.contains(&CONNECTION) {
        dropped.extend(named_by_connection(headers));
    }
    for name in dropped {
        headers.remove(name);
    }
}

/// A header that ends at each hop, besides the ones that `Connection` names.
fn ends_here(name: &str) -> bool {
    matches!(name, "connection" | "keep-alive" | "proxy-connection" | "te" | "transfer-encoding" | "upgrade")
}

/// A header for the gateway itself, which answers 100 Continue as soon as the body is wanted.
fn is_for_gateways(name: &str) -> bool {
    matches!(name, "expect" | "proxy-authorization")
}

fn is_look_alike(name: &str) -> bool {
    name.contains('_') && LOOK_ALIKES.contains(&name.replace('_', "-").as_str())
}

/// A client may name headers in `Connection` to have them removed, but not the ones that say where a message ends
/// and who it is for.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        .filter(|name| *name != HOST && *name != CONTENT_LENGTH)
        .collect()
}

fn append_client(headers: &mut HeaderMap, client: IpAddr) {
    let mut value = Vec::with_capacity(ADDRESS);
    for known in headers.get_all(&FORWARDED_FOR).iter().filter(|known| !known.is_empty()) {
        value.extend_from_slice(known.as_bytes());
        value.extend_from_slice(b", ");
    }
    write_address(&mut value, client);
    if let Ok(value) = HeaderValue::from_bytes(&value) {
        headers.insert(FORWARDED_FOR, value);
    }
}

/// By hand where it is one of IPv4: every request has it written.
fn write_address(text: &mut Vec<u8>, address: IpAddr) {
    let IpAddr::V4(address) = address else {
        return text.extend_from_slice(address.to_string().as_bytes());
    };
    for (at, octet) in address.octets().into_iter().enumerate() {
        if at > 0 {
            text.push(b'.');
        }
        if octet >= 100 {
            text.push(b'0' + octet / 100);
        }
        if octet >= 10 {
            text.push(b'0' + octet / 10 % 10);
        }
        text.push(b'0' + octet % 10);
    }
}

fn without_port(authority: &str) -> Option<String> {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            if !port.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            host
        }
        _ => authority,
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let valid = match address {
        Some(inside) => inside.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.bytes().all(allowed),
    };
    valid.then(|| host.trim_end_matches('.').to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_they_are_read() {
        for address in ["127.0.0.1", "0.9.10.99", "100.109.200.255", "::1", "2001:db8::ff"] {
            let mut text = Vec::new();
            write_address(&mut text, address.parse().expect(address));
            assert_eq!(String::from_utf8_lossy(&text), address);
        }
    }

    #[test]
    fn what_belongs_into_a_head_is_no_trailer() {
        for (name, may) in [
            ("grpc-status", true),
            ("x-checksum", true),
            ("content-length", false),
            ("transfer-encoding", false),
            ("host", false),
            ("connection", false),
            ("content_length", false),
        ] {
            assert_eq!(may_trail(name), may, "{name}");
        }
    }

    #[test]
    fn hosts_lose_their_port_and_strange_ones_are_refused() {
        for (authority, expected) in [
            ("Blog-APIM.azure-api.net", Some("blog-apim.azure-api.net")),
            ("127.0.0.1:8080", Some("127.0.0.1")),
            ("[::1]:80", Some("[::1]")),
            ("localhost.", Some("localhost")),
            ("a@b", None),
            ("a b", None),
            ("a:x", None),
            ("[zz]", None),
            ("a/b", None),
        ] {
            assert_eq!(without_port(authority).as_deref(), expected, "{authority}");
        }
    }
}
