//! A connection that is tried, as the control plane asks for it.
//! <https://learn.microsoft.com/rest/api/apimanagement/perform-connectivity-check-async>

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use network::Place;

/// Which connection is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Where it starts.
    pub from: Place,
    /// The address.
    pub address: Ipv4Addr,
    /// The port.
    pub port: u16,
    /// What is asked for over it; nothing if it only has to be made.
    pub request: Option<ProbeRequest>,
}

/// A request over HTTP. Its debug form hides the values of headers.
#[derive(Clone, PartialEq, Eq)]
pub struct ProbeRequest {
    /// The connection is encrypted.
    pub tls: bool,
    /// The method.
    pub method: String,
    /// The path and query.
    pub target: String,
    /// Names and values of headers.
    pub headers: Vec<(String, String)>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// How long it took.
    pub took: Duration,
    /// The status code, if something was asked for.
    pub status: Option<u16>,
}

impl fmt::Debug for ProbeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProbeRequest")
            .field("method", &self.method)
            .field("headers", &self.headers.len())
            .finish_non_exhaustive()
    }
}
