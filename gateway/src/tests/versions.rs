//! Versions and revisions.

use apim::{Api, ApiVersion, Service, Shared, VersioningScheme};

use super::world::{World, api, policy, service};

const NOT_FOUND: &str = r#"{ "statusCode": 404, "message": "Resource not found" }"#;

/// An API whose answer tells what the expressions know of it.
fn telling(path: &str, version: Option<(&str, VersioningScheme)>, revision: &str) -> Shared<Api> {
    let name = format!("{path}-{}", version.as_ref().map_or("none", |(name, _)| name));
    let mut api = api(&name, path);
    api.subscription_required = false;
    api.version =
        version.map(|(name, scheme)| ApiVersion { name: name.to_owned(), set: "set".to_owned(), scheme });
    revision.clone_into(&mut api.revision);
    api.current = revision == "1";
    let told =
        "@(context.Api.Version + \"|\" + context.Api.Revision + \"|\" + context.Api.IsCurrentRevision)";
    let document = format!(
        "<policies><inbound><return-response><set-body>{told}</set-body></return-response></inbound></policies>"
    );
    api.policy = Some(policy("api", &document));
    api.into()
}

fn versioned() -> Service {
    let header = || VersioningScheme::Header("Api-Version".to_owned());
    let query = || VersioningScheme::Query("v".to_owned());
    let mut service = service();
    service.products.clear();
    service.apis = vec![
        telling("plain", None, "1"),
        telling("plain", None, "2"),
        telling("seg", Some(("", VersioningScheme::Segment)), "1"),
        telling("seg", Some(("v1", VersioningScheme::Segment)), "1"),
        telling("seg", Some(("v1", VersioningScheme::Segment)), "7"),
        telling("head", Some(("1", header())), "1"),
        telling("head", Some(("2", header())), "1"),
        telling("head", Some(("2", header())), "3"),
        telling("quer", Some(("", query())), "1"),
        telling("quer", Some(("2024-01-01", query())), "1"),
    ];
    service
}

#[tokio::test(flavor = "current_thread")]
async fn requests_reach_the_version_and_the_revision_that_they_name() {
    let world = World::with(versioned()).await;
    for (target, header, expected) in [
        ("/plain", "", "|1|True"),
        ("/plain;rev=1/x", "", "|1|True"),
        ("/plain;rev=2/x?q", "", "|2|False"),
        ("/Plain;REV=2", "", "|2|False"),
        ("/plain;rev=3", "", NOT_FOUND),
        ("/seg/x", "", "|1|True"),
        ("/seg/v1/x", "", "v1|1|True"),
        ("/seg/V1;rev=7/x", "", "v1|7|False"),
        ("/seg;rev=7/v1/x", "", NOT_FOUND),
        ("/head", "Api-Version: 1", "1|1|True"),
        ("/head/x", "api-version: 2", "2|1|True"),
        ("/head;rev=3/x", "api-version: 2", "2|3|False"),
        ("/head;rev=3/x", "api-version: 1", NOT_FOUND),
        ("/head", "Api-Version: 3", NOT_FOUND),
        ("/head", "", NOT_FOUND),
        ("/quer/x", "", "|1|True"),
        ("/quer/x?a=b&V=2024-01-01", "", "2024-01-01|1|True"),
        ("/quer?v=other", "", NOT_FOUND),
    ] {
        let request = format!("GET {target} HTTP/1.1");
        let lines = if header.is_empty() { vec![request.as_str()] } else { vec![request.as_str(), header] };
        assert_eq!(world.call(&lines).await.body, expected, "{target} {header}");
    }
}
