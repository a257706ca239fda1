//! Which real socket a host name or address of the simulated world leads to.

use std::net::{Ipv4Addr, SocketAddr};

use http::{Method, Request};
use network::{Place, SubnetId, Unresolved};

use super::{Internet, Refusal};
use crate::endpoints::Endpoint;
use crate::observed::ServiceInfo;

/// The zones of gateway host names; <https://learn.microsoft.com/azure/api-management/configure-custom-domain>.
const GATEWAY_ZONES: [&str; 2] = [".azure-api.net", ".azure-api.localhost"];

/// The host and port that a proxy request is for.
pub(super) fn of<B>(request: &Request<B>) -> Result<(String, u16), Refusal> {
    let bad = |reason: &str| Refusal::BadRequest(format!("this is an HTTP proxy: {reason}"));
    let uri = request.uri();
    let host = uri.host().filter(|host| !host.is_empty());
    let host = host.ok_or_else(|| bad("send a request with an absolute URL, or CONNECT"))?;
    let port = match (request.method() == Method::CONNECT, uri.scheme_str(), uri.port_u16()) {
        (true, _, Some(port)) | (false, Some("http"), Some(port)) => port,
        (false, Some("http"), None) => 80,
        (true, _, None) => return Err(bad("CONNECT needs a port")),
        (false, _, _) => return Err(bad("URLs other than http:// go through CONNECT")),
    };
    Ok((host.trim_end_matches('.').to_ascii_lowercase(), port))
}

impl Internet {
    /// The socket behind `host`, as seen from a place.
    pub(crate) fn resolve(&self, from: &Place, host: &str, port: u16) -> Result<SocketAddr, Refusal> {
        if let Ok(address) = host.parse::<Ipv4Addr>() {
            return self.dial(from, address, port);
        }
        match self.fabric.resolve(from, host) {
            // Where a private zone answers, it answers alone: also for the host names of gateways.
            Ok(found) if self.is_gateway_at(host, found.address) => {}
            Ok(found) => return self.dial(from, found.address, port),
            Err(Unresolved::NotPrivate(_)) if self.is_gateway(from, host)? => {}
            Err(Unresolved::NotPrivate(_)) => return Err(Refusal::Offline(host.to_owned())),
            Err(why) => return Err(Refusal::Unreachable(why.to_string())),
        }
        let endpoint = match port {
            80 => Endpoint::Gateway,
            443 => Endpoint::GatewayHttps,
            _ => return Err(Refusal::Unreachable(format!("{host} does not listen on port {port}"))),
        };
        Ok((Ipv4Addr::LOCALHOST, self.ports.of(endpoint)).into())
    }

    fn dial(&self, from: &Place, address: Ipv4Addr, port: u16) -> Result<SocketAddr, Refusal> {
        if !self.fabric.is_virtual(address) {
            return Err(Refusal::Offline(address.to_string()));
        }
        let route = self.fabric.route(from, address, port);
        let route = route.map_err(|error| Refusal::Unreachable(error.to_string()))?;
        let endpoint = route.port.next().map(|endpoint| endpoint.socket);
        endpoint.ok_or_else(|| Refusal::Unreachable(format!("{} has no ready endpoint", route.owner)))
    }

    /// The address lies where a service with that host name was joined to: its private address.
    fn is_gateway_at(&self, host: &str, address: Ipv4Addr) -> bool {
        let topology = self.fabric.topology();
        self.services.list().iter().filter(|service| serves(service, host)).any(|service| {
            let subnet = service.virtual_network.as_deref().map(SubnetId::new);
            let subnet = subnet.and_then(|id| topology.subnet(&id).map(|(_, subnet)| subnet.prefix));
            subnet.is_some_and(|prefix| prefix.contains(address))
        })
    }

    fn is_gateway(&self, from: &Place, host: &str) -> Result<bool, Refusal> {
        let services = self.services.list();
        match services.iter().find(|service| serves(service, host)) {
            // In internal mode the name has no public address.
            Some(service) if !service.public && *from == Place::Internet => {
                Err(Refusal::Unreachable(format!(
                    "{host} cannot be reached from {from}: API Management service {} is in internal mode",
                    service.name
                )))
            }
            Some(_) => Ok(true),
            None if GATEWAY_ZONES.iter().any(|zone| host.ends_with(zone)) => {
                Err(Refusal::Unreachable(format!("no API Management service has the host name {host}")))
            }
            None => Ok(false),
        }
    }
}

fn serves(service: &ServiceInfo, host: &str) -> bool {
    service.host_names.iter().any(|candidate| candidate.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_requests_name_a_host_and_a_port() {
        let cases = [
            ("GET", "http://Blog-APIM.azure-api.net/nginx/", Some(("blog-apim.azure-api.net", 80))),
            ("GET", "http://10.10.1.5:8080/", Some(("10.10.1.5", 8080))),
            ("CONNECT", "blog-apim.azure-api.net:443", Some(("blog-apim.azure-api.net", 443))),
            ("GET", "https://blog-apim.azure-api.net/", None),
            ("GET", "/nginx/", None),
        ];
        for (method, uri, expected) in cases {
            let request = Request::builder().method(method).uri(uri).body(()).expect("a request");
            let found = of(&request).ok();
            assert_eq!(found.as_ref().map(|(host, port)| (host.as_str(), *port)), expected, "{method} {uri}");
        }
    }
}
