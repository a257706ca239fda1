//! Backends over TLS.

use super::authority::secure_backend;
use super::world::{World, policy, service};

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
