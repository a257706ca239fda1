//! Application gateways: which listener takes a request, and which backend it is for.
//!
//! <https://learn.microsoft.com/azure/application-gateway/how-application-gateway-works>

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Exposure, SubnetId};

/// An application gateway, as much of it as carries traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationGateway {
    /// The ARM id.
    pub id: String,
    /// The name in its resource group.
    pub name: String,
    /// From where it reaches its backends.
    pub subnet: SubnetId,
    /// The listeners with their rules, the first that takes a request decides.
    pub listeners: Vec<Listener>,
}

/// An address and port where requests come in, and what happens with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// The address.
    pub address: Ipv4Addr,
    /// Who can reach it.
    pub exposure: Exposure,
    /// The port.
    pub port: u16,
    /// The host names, `*` and `?` stand for others; none for all.
    pub host_names: Vec<String>,
    /// The paths that have a backend of their own, in their order.
    pub paths: Vec<(Vec<String>, PoolBackend)>,
    /// The backend of everything else; `None` where a rule does something that is not done here.
    pub backend: Option<PoolBackend>,
}

/// A pool, and how its members are spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolBackend {
    /// The addresses and host names of the members.
    pub members: Vec<String>,
    /// Their port.
    pub port: u16,
    /// They speak HTTPS.
    pub tls: bool,
    /// The `Host` that they are told.
    pub host: HostHeader,
    /// What stands in front of the path, in place of the part that a path rule names.
    pub path: Option<String>,
    /// How long they may take.
    pub timeout: Duration,
}

/// The `Host` that a backend is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HostHeader {
    /// The one of the request.
    Kept,
    /// The member's own.
    Member,
    /// This one.
    Fixed(String),
}

impl Listener {
    /// The listener takes requests for `host`, which is in lower case.
    pub fn takes(&self, host: &str) -> bool {
        self.host_names.is_empty()
            || self.host_names.iter().any(|pattern| matches(pattern.as_bytes(), host.as_bytes()))
    }

    /// The backend for a path.
    pub fn backend_of(&self, path: &str) -> Option<&PoolBackend> {
        let listed = self.paths.iter().find(|(patterns, _)| {
            patterns.iter().any(|pattern| {
                let (pattern, path) = (pattern.to_ascii_lowercase(), path.to_ascii_lowercase());
                pattern.strip_suffix('*').map_or(path == pattern, |prefix| path.starts_with(prefix))
            })
        });
        listed.map(|(_, backend)| backend).or(self.backend.as_ref())
    }
}

/// `*` stands for any run of characters, `?` for one.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) if matches(rest, text) => true,
        (Some((b'*', _)), Some((_, text))) => matches(pattern, text),
        (Some((wanted, rest)), Some((found, text))) => {
            (*wanted == b'?' || wanted.eq_ignore_ascii_case(found)) && matches(rest, text)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backend(port: u16) -> PoolBackend {
        PoolBackend {
            members: vec!["10.10.1.5".to_owned()],
            port,
            tls: false,
            host: HostHeader::Kept,
            path: None,
            timeout: Duration::from_secs(30),
        }
    }

    #[test]
    fn hosts_choose_the_listener_and_paths_the_backend() {
        let listener = Listener {
            address: Ipv4Addr::new(10, 10, 1, 100),
            exposure: Exposure::Public,
            port: 80,
            host_names: vec!["*.corp.test".to_owned(), "shop.test".to_owned()],
            paths: vec![(vec!["/api/*".to_owned(), "/one".to_owned()], backend(81))],
            backend: Some(backend(80)),
        };
        for (host, expected) in
            [("a.corp.test", true), ("corp.test", false), ("shop.test", true), ("xshop.test", false)]
        {
            assert_eq!(listener.takes(host), expected, "{host}");
        }
        for (path, port) in [("/", 80), ("/API/x", 81), ("/api", 80), ("/one", 81), ("/one/two", 80)] {
            assert_eq!(listener.backend_of(path).map(|backend| backend.port), Some(port), "{path}");
        }
    }
}
