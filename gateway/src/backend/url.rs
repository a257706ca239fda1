//! The address of a backend: a service URL, or the `base-url` of `set-backend-service`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

/// A backend's URL, taken apart once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendUrl {
    /// Who answers.
    pub host: BackendHost,
    /// The port, the scheme's own where the URL names none.
    pub port: u16,
    /// The URL begins with `https`.
    pub tls: bool,
    /// The host as the URL names it, lower case, without brackets: what the backend's certificate must be for.
    pub name: Arc<str>,
    /// The value of the `Host` header.
    pub host_header: HeaderValue,
    /// The URL's path without the slash at its end.
    base_path: String,
}

/// Who answers under a backend's URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendHost {
    /// An IPv4 address: of the virtual network, or of this machine.
    V4(Ipv4Addr),
    /// This machine by its name or IPv6 address.
    Loopback(IpAddr),
    /// A name.
    Named(String),
}

impl BackendUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// A sentence that says why it is no URL of a backend.
    pub fn parse(text: &str) -> Result<Self, String> {
        let uri: Uri = text.trim().parse().map_err(|error| format!("`{text}` is not a URL: {error}"))?;
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP || scheme.as_str() == "ws" => false,
            Some(scheme) if *scheme == Scheme::HTTPS || scheme.as_str() == "wss" => true,
            _ => return Err(format!("`{text}` begins neither with http:// nor with https://")),
        };
        let authority = uri.authority().ok_or_else(|| format!("`{text}` has no host"))?;
        if authority.as_str().contains('@') {
            return Err("a backend's URL must not hold a user name".to_owned());
        }
        if uri.query().is_some() {
            return Err(format!("`{text}` has a query, which a backend's URL must not have"));
        }
        let default = if tls { 443 } else { 80 };
        let port = match authority.as_str().rsplit_once(':') {
            Some((_, digits)) if !digits.ends_with(']') => {
                digits.parse().map_err(|_| format!("`{text}` has no valid port"))?
            }
            _ => default,
        };
        let host_text = authority.host().to_ascii_lowercase();
        let named = if port == default { host_text.clone() } else { format!("{host_text}:{port}") };
        let host_header = HeaderValue::try_from(named).map_err(|_| format!("`{text}` has no valid host"))?;
        let base_path = uri.path().trim_end_matches('/').to_owned();
        let name = host_text.trim_start_matches('[').trim_end_matches(']').into();
        Ok(Self { host: BackendHost::parse(host_text), port, tls, name, host_header, base_path })
    }

    /// Where a whole URL leads: who answers, and what to ask for.
    ///
    /// # Errors
    /// A sentence that says why it leads nowhere.
    pub fn destination(url: &str) -> Result<(Self, Uri), String> {
        let uri: Uri = url.parse().map_err(|error| format!("`{url}` is not a URL: {error}"))?;
        let base = uri
            .authority()
            .map(|authority| format!("{}://{authority}", uri.scheme_str().unwrap_or_default()));
        let to = Self::parse(&base.unwrap_or_default())?;
        let target = to.target(uri.path(), uri.query()).map_err(|error| error.to_string())?;
        Ok((to, target))
    }

    /// The request target at this backend: the base path, what follows the API's path in the request, and the query.
    ///
    /// # Errors
    /// The parts do not make a request target.
    pub fn target(&self, remainder: &str, query: Option<&str>) -> Result<Uri, http::Error> {
        let slash = if self.base_path.is_empty() && !remainder.starts_with('/') { "/" } else { "" };
        let length = self.base_path.len() + 2 + remainder.len() + query.map_or(0, str::len);
        let mut text = String::with_capacity(length);
        text.push_str(&self.base_path);
        text.push_str(slash);
        text.push_str(remainder);
        if let Some(query) = query {
            text.push('?');
            text.push_str(query);
        }
        let target = PathAndQuery::try_from(text)?;
        Ok(Uri::from(target))
    }
}

impl BackendHost {
    fn parse(text: String) -> Self {
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => Self::V4(address),
            Ok(address) if address.is_loopback() => Self::Loopback(address),
            Err(_) if text == "localhost" || text.ends_with(".localhost") => {
                Self::Loopback(IpAddr::V4(Ipv4Addr::LOCALHOST))
            }
            _ => Self::Named(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_join_the_base_path_the_remainder_and_the_query() {
        for (url, remainder, query, expected) in [
            ("http://10.10.1.5", "", None, "/"),
            ("http://10.10.1.5/", "/", None, "/"),
            ("http://10.10.1.5/base/", "", None, "/base"),
            ("http://10.10.1.5/base", "/a/b", Some("c=d"), "/base/a/b?c=d"),
            ("http://10.10.1.5:8080", "/a%20b", None, "/a%20b"),
        ] {
            let url = BackendUrl::parse(url).expect("a URL");
            assert_eq!(url.target(remainder, query).expect("a target").to_string(), expected);
        }
    }

    #[test]
    fn hosts_are_told_apart_and_the_host_header_has_the_port_only_when_needed() {
        for (url, host, port, header) in [
            ("http://10.10.1.5:80/", BackendHost::V4(Ipv4Addr::new(10, 10, 1, 5)), 80, "10.10.1.5"),
            ("http://LOCALHOST:81", BackendHost::Loopback(Ipv4Addr::LOCALHOST.into()), 81, "localhost:81"),
            ("http://[::1]:81", BackendHost::Loopback("::1".parse().expect("an address")), 81, "[::1]:81"),
            ("https://a.example/x", BackendHost::Named("a.example".into()), 443, "a.example"),
        ] {
            let parsed = BackendUrl::parse(url).expect(url);
            assert_eq!(
                (parsed.host, parsed.port, parsed.host_header.as_bytes()),
                (host, port, header.as_bytes()),
                "{url}"
            );
        }
        for url in ["", "10.0.0.1", "ftp://x/", "http://", "http://x:99999/", "http://u:p@x/", "http://x/?q"]
        {
            assert!(BackendUrl::parse(url).is_err(), "{url}");
        }
    }
}
