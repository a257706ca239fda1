//! Backends over TLS, and clients with certificates.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use sim::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::authority::{Authority, Leaf, authority, secure_backend};
use super::world::{Recorder, Reply, World, policy, read_head, service};
use crate::policies::thumbprint_of;

async fn through(fragment: &str) -> World {
    let mut service = service();
    let text =
        format!("<policies><inbound>{fragment}<base /></inbound><backend><base /></backend></policies>");
    service.apis[0].policy = Some(policy("secure", &text));
    World::with(service).await
}

#[tokio::test(flavor = "current_thread")]
async fn a_backend_over_tls_is_reached_and_its_connection_is_used_again() {
    let backend = secure_backend(&["localhost", "127.0.0.1"]).await;
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{}/", backend.port());
        let world = through(&format!("<set-backend-service base-url='{url}' />")).await;
        let first = world.call(&["GET /api/x HTTP/1.1"]).await;
        assert_eq!(first.status(), 200, "{}", first.body);
        assert!(first.body.ends_with("nobody"), "{}", first.body);
        assert_eq!(world.call(&["GET /api/x HTTP/1.1"]).await.body, first.body);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_backend_whose_certificate_is_for_another_host_gets_nothing() {
    let backend = secure_backend(&["other.example"]).await;
    let url = format!("https://localhost:{}/", backend.port());
    let world = through(&format!("<set-backend-service base-url='{url}' />")).await;
    assert_eq!(world.call(&["GET /api/x HTTP/1.1"]).await.status(), 500);
}

#[tokio::test(flavor = "current_thread")]
async fn a_request_of_its_own_goes_over_tls_too() {
    let backend = secure_backend(&["localhost"]).await;
    let url = format!("https://localhost:{}/a?b", backend.port());
    let world = through(&format!(
        "<send-request response-variable-name='r'><set-url>{url}</set-url></send-request><return-response>\
         <set-body>@(((IResponse)context.Variables[\"r\"]).Body.As&lt;string&gt;())</set-body></return-response>"
    ))
    .await;
    assert_eq!(world.call(&["GET /api/x HTTP/1.1"]).await.body, "1 nobody");
}

#[tokio::test(flavor = "current_thread")]
async fn a_client_certificate_is_shown_and_connections_with_and_without_it_are_not_mixed() {
    let backend = secure_backend(&["localhost"]).await;
    let thumbprint = thumbprint_of(&Authority::client().der);
    let url = format!("https://localhost:{}/", backend.port());
    let certificate = |how: &str| {
        format!(
            "<choose><when condition='@(context.Request.Headers.ContainsKey(\"X-C\"))'><authentication-certificate {how} />\
                 </when></choose><set-backend-service base-url='{url}' />"
        )
    };
    for how in ["certificate-id='client'", &format!("thumbprint='{thumbprint}'")] {
        let world = through(&certificate(how)).await;
        for (headers, shown) in
            [(&["GET /api/x HTTP/1.1", "X-C: 1"][..], "somebody"), (&["GET /api/x HTTP/1.1"], "nobody")]
        {
            let reply = world.call(headers).await;
            assert!(reply.body.ends_with(shown), "{how}: {}", reply.body);
        }
    }
    let world = through(&format!(
        "<send-request response-variable-name='r'><set-url>{url}</set-url><authentication-certificate certificate-id='client' />\
         </send-request><return-response><set-body>@(((IResponse)context.Variables[\"r\"]).Body.As&lt;string&gt;())</set-body>\
         </return-response>"
    ))
    .await;
    let reply = world.call(&["GET /api/x HTTP/1.1"]).await;
    assert!(reply.body.ends_with("somebody"), "{}", reply.body);
}

/// What a client with a certificate, or without one, is answered by a gateway with these policies.
async fn from_client(fragment: &str, shown: Option<Leaf>) -> Reply {
    let backend = Recorder::start("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let mut service = service();
    let text =
        format!("<policies><inbound>{fragment}<base /></inbound><backend><base /></backend></policies>");
    service.apis[0].policy = Some(policy("secure", &text));
    let world = World::start(service, Clock::system(), Some(authority().server(&["localhost"]))).await;
    world.pods(&[backend.socket]);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(Arc::clone(&authority().roots));
    let client = match shown {
        None => client.with_no_client_auth(),
        Some(leaf) => {
            let key = PrivateKeyDer::try_from(leaf.key).expect("a key");
            client.with_client_auth_cert(vec![leaf.der], key).expect("a certificate")
        }
    };
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = TlsConnector::from(Arc::new(client)).connect(name, world.connect().await).await;
    let mut stream = stream.expect("TLS");
    let request = b"GET /api/x HTTP/1.1\r\nHost: blog-apim.azure-api.net\r\n\r\n";
    stream.write_all(request).await.expect("a request sent");
    let head = read_head(&mut stream).await.expect("an answer");
    let mut reply = Reply { head, body: String::new() };
    let mut body = vec![0; reply.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body).await.expect("a body");
    reply.body = String::from_utf8(body).expect("text");
    reply
}

#[tokio::test(flavor = "current_thread")]
async fn a_client_certificate_is_looked_at_part_by_part() {
    let leaf = || authority().issue("caller", &["caller.example"]);
    let identity = |parts: &str| {
        format!(
            "<validate-client-certificate><identities><identity {parts} /></identities></validate-client-certificate>"
        )
    };
    for (parts, status) in [
        ("common-name='caller'", 200),
        ("subject='CN=caller' issuer-subject='CN=Test CA'", 200),
        ("dns-name='caller.example'", 200),
        ("common-name='other' /><identity common-name='caller'", 200),
        ("common-name='caller' dns-name='other'", 403),
        ("thumbprint='CA06F56B258B7A0D4F2B05470939478651151984'", 403),
        ("issuer-certificate-id='client'", 403),
    ] {
        assert_eq!(from_client(&identity(parts), Some(leaf())).await.status(), status, "{parts}");
        assert_eq!(from_client(&identity(parts), None).await.status(), 403, "{parts}");
    }
    let any = "<validate-client-certificate validate-revocation='false' />";
    assert_eq!(from_client(any, Some(leaf())).await.status(), 200);
}

#[tokio::test(flavor = "current_thread")]
async fn expressions_see_the_client_certificate_and_those_of_the_service() {
    let text = "<return-response><set-body>@(context.Request.Certificate?.Subject + \" \" + \
                (context.Request.Certificate != null &amp;&amp; context.Request.Certificate.Verify()) + \" \" + \
                context.Deployment.Certificates[\"client\"].Subject)</set-body></return-response>";
    let reply = from_client(text, Some(authority().issue("caller", &[]))).await;
    assert_eq!(reply.body, "CN=caller True CN=client");
    assert_eq!(from_client(text, None).await.body, " False CN=client");
}
