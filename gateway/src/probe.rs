//! Connections that are tried for somebody else: made through the virtual network as those to backends are.
//! <https://learn.microsoft.com/rest/api/apimanagement/perform-connectivity-check-async>

use std::time::Duration;

use apim::{Probe, ProbeRequest, Probed};
use http::header::HOST;
use http::{HeaderName, HeaderValue, Method, Request};

use crate::Gateway;
use crate::backend::{BackendUrl, Call, HttpVersion, Session};
use crate::body::Body;

/// How long it may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Tries a connection once.
///
/// # Errors
/// A sentence that says why it cannot be made, or why nothing was answered.
pub async fn probe(gateway: &Gateway, probe: &Probe) -> Result<Probed, String> {
    let tls = probe.request.as_ref().is_some_and(|request| request.tls);
    let scheme = if tls { "https" } else { "http" };
    let base = format!("{scheme}://{}:{}", probe.address, probe.port);
    let target = probe.request.as_ref().map_or("/", |request| &request.target);
    let (to, target) = BackendUrl::destination(&format!("{base}{target}"))?;
    let session = Session::default();
    let call = Call { from: &probe.from, to: &to, session: &session, version: HttpVersion::One };
    let started = gateway.clock.elapsed();
    let status = match &probe.request {
        None => {
            gateway.backend.reach(call, TIMEOUT).await.map_err(|error| error.message)?;
            None
        }
        Some(asked) => {
            let mut request = request(asked)?;
            *request.uri_mut() = target;
            request.headers_mut().entry(HOST).or_insert_with(|| to.host_header.clone());
            let answer = gateway.backend.forward(call, request, TIMEOUT).await;
            Some(answer.map_err(|error| error.message)?.status().as_u16())
        }
    };
    Ok(Probed { took: gateway.clock.elapsed().saturating_sub(started), status })
}

fn request(asked: &ProbeRequest) -> Result<Request<Body>, String> {
    let mut request = Request::new(Body::Empty);
    *request.method_mut() = asked.method.parse::<Method>().map_err(|error| error.to_string())?;
    for (name, value) in &asked.headers {
        let name = name.parse::<HeaderName>().map_err(|error| error.to_string())?;
        let value = HeaderValue::from_str(value).map_err(|error| error.to_string())?;
        request.headers_mut().append(name, value);
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use apim::DataPlane;
    use network::{Place, SubnetId};

    use super::*;
    use crate::tests::world::{BALANCER, Recorder, World, service};

    #[tokio::test(flavor = "current_thread")]
    async fn what_the_network_knows_is_reached_and_nothing_else() {
        let world = World::with(service()).await;
        let backend = Recorder::start("HTTP/1.1 418 Teapot\r\ncontent-length: 0\r\n\r\n").await;
        world.pods(&[backend.socket]);
        let request = Some(ProbeRequest {
            tls: false,
            method: "POST".to_owned(),
            target: "/a?b".to_owned(),
            headers: vec![("x-y".to_owned(), "z".to_owned())],
        });
        let subnet = service().place;
        for (from, address, port, request, expected) in [
            (&subnet, BALANCER, 80, None, Some(None)),
            (&subnet, BALANCER, 80, request.clone(), Some(Some(418))),
            (&subnet, BALANCER, 81, None, None),
            (&Place::Internet, BALANCER, 80, None, None),
            (&Place::Subnet(SubnetId::new("/none")), BALANCER, 80, None, None),
            (&subnet, [8, 8, 8, 8].into(), 53, None, None),
        ] {
            let probe = Probe { from: from.clone(), address, port, request };
            let probed = world.gateway.probe(&probe).await;
            assert_eq!(probed.as_ref().ok().map(|probed| probed.status), expected, "{probe:?}: {probed:?}");
        }
        let heads = backend.heads();
        assert!(
            heads.iter().any(|head| head[0] == "POST /a?b HTTP/1.1" && head.contains(&"x-y: z".to_owned()))
        );
    }
}
