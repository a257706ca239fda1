//! The directory as clients see it: requests and answers, among them those that az and Terraform were recorded with.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use sim::{Clock, Ids, Timestamp};

use super::{Directory, Identified};
use crate::entra::Caller;
use crate::{Database, Seed};

pub(crate) const TENANT: &str = "11111111-1111-1111-1111-111111111111";
pub(crate) const CLIENT: &str = "33333333-3333-3333-3333-333333333333";
pub(crate) const SECRET: &str = "pw~123";
const NOBODY: &str = "99999999-9999-9999-9999-999999999999";

/// A directory in a folder of its own, on a clock that stands still.
pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) seed: Seed,
    pub(crate) database: Arc<Database>,
    pub(crate) directory: Arc<Directory>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_secret(tempfile::tempdir().expect("a folder"), SECRET)
    }

    /// The same state after a restart.
    pub(crate) fn reopened(self) -> Self {
        let Self { folder, seed, database, directory, .. } = self;
        drop((directory, database));
        Self::with_secret(folder, &seed.client_secret)
    }

    fn with_secret(folder: tempfile::TempDir, secret: &str) -> Self {
        let clock = Clock::manual(Timestamp::from_unix_seconds(1_764_027_151));
        let ids = Ids::random();
        let seed = Seed {
            tenant_id: TENANT.to_owned(),
            subscription_id: "22222222-2222-2222-2222-222222222222".to_owned(),
            client_id: CLIENT.to_owned(),
            client_secret: secret.to_owned(),
        };
        let database = Database::open(&folder.path().join("state.db")).expect("a database");
        let directory =
            Directory::open(database.clone(), clock.clone(), ids.clone(), &seed).expect("a directory");
        Self { folder, clock, ids, seed, database, directory }
    }

    /// Sends `"METHOD /path"` with a body (`null` for none); returns status and body.
    pub(crate) async fn send(&self, request: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        self.send_bytes(request, body).await
    }

    async fn send_bytes(&self, request: &str, body: Bytes) -> (u16, Value) {
        let (method, path) = request.split_once(' ').expect("a method and a path");
        let path = path.replace(' ', "%20").replace('\'', "%27");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:8443")
            .header("client-request-id", "c1")
            .body(body)
            .expect("a request");
        let caller = Caller { client_id: CLIENT.to_owned(), object_id: self.principal(CLIENT) };
        let response = self.directory.handle(&request, &caller).await;
        assert_eq!(response.headers().get("client-request-id").expect("an id"), "c1");
        let body = response.body();
        let value = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).expect("JSON") };
        (response.status().as_u16(), value)
    }

    /// Sends a request that must succeed; returns the body.
    pub(crate) async fn done(&self, request: &str, body: Value) -> Value {
        let (status, answer) = self.send(request, body).await;
        assert!((200..300).contains(&status), "{request}: {status} {answer}");
        answer
    }

    async fn check(&self, request: &str, body: Value, status: u16, expected: Value) {
        let (found, answer) = self.send(request, body).await;
        assert_eq!(found, status, "{request}: {answer}");
        assert_contains(&answer, &expected, request);
    }

    async fn refused(&self, request: &str, body: Value, status: u16, code: &str) {
        self.check(request, body, status, json!({"error": {"code": code}})).await;
    }

    /// A new application: its object id and its application id.
    pub(crate) async fn application(&self, name: &str) -> (String, String) {
        let made = self.done("POST /v1.0/applications", json!({"displayName": name})).await;
        (text(&made, "id"), text(&made, "appId"))
    }

    pub(crate) fn principal(&self, app_id: &str) -> String {
        self.directory.service_principal_by_app_id(app_id).expect("a service principal").object_id
    }
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name} in {value}")).to_owned()
}

/// Every member of `expected` is in `found`.
fn assert_contains(found: &Value, expected: &Value, what: &str) {
    match expected {
        Value::Object(members) => {
            for (name, value) in members {
                assert_contains(&found[name], value, &format!("{what}: {name}"));
            }
        }
        _ => assert_eq!(found, expected, "{what}"),
    }
}

#[tokio::test]
async fn the_seed_is_there_under_ids_that_follow_from_it() {
    let (one, other) = (World::new(), World::new());
    let principal = one.principal(CLIENT);
    assert_eq!(principal, other.principal(CLIENT));
    assert!(one.directory.check_secret(CLIENT, SECRET));
    assert!(!one.directory.check_secret(CLIENT, "pw~124"));
    assert!(!one.directory.check_secret(NOBODY, SECRET));
    one.check(
        &format!("GET /v1.0/servicePrincipals/{principal}"),
        Value::Null,
        200,
        json!({"appId": CLIENT, "displayName": "apimlab", "servicePrincipalNames": [CLIENT]}),
    )
    .await;
}

#[tokio::test]
async fn each_of_an_applications_three_ids_is_told_apart() {
    let world = World::new();
    let (object_id, app_id) = world.application("aks-app").await;
    assert_eq!(world.directory.identify(&app_id), Identified::AppIdOf { service_principal: None });
    assert_eq!(
        world.directory.identify(&object_id),
        Identified::ApplicationObjectIdOf { service_principal: None }
    );
    world.done("POST /v1.0/servicePrincipals", json!({"appId": app_id})).await;
    let principal = world.directory.service_principal_by_app_id(&app_id);
    let meant = principal.clone().expect("a service principal");
    assert_eq!(meant.display_name, "aks-app");
    assert_eq!(world.directory.service_principal(&meant.object_id), principal);
    assert_eq!(world.directory.service_principal(&object_id), None);
    let rows = [
        (app_id.to_uppercase(), Identified::AppIdOf { service_principal: principal.clone() }),
        (object_id.clone(), Identified::ApplicationObjectIdOf { service_principal: principal.clone() }),
        (meant.object_id.clone(), Identified::ServicePrincipal(meant.clone())),
        (NOBODY.to_owned(), Identified::Unknown),
    ];
    for (id, expected) in rows {
        assert_eq!(world.directory.identify(&id), expected, "{id}");
    }
    for wrong in [&app_id, &object_id] {
        let (status, answer) = world.send(&format!("GET /v1.0/servicePrincipals/{wrong}"), Value::Null).await;
        let message = text(&answer["error"], "message");
        assert!(status == 404 && message.contains(&meant.object_id), "{status} {message}");
    }
}

#[tokio::test]
async fn an_application_goes_through_terraforms_steps() {
    let world = World::new();
    let me = world.principal(CLIENT);
    let owner = format!("https://localhost:8443/v1.0/directoryObjects/{me}");
    let body = json!({
        "@odata.type": "#microsoft.graph.application",
        "api": {"acceptMappedClaims": false, "requestedAccessTokenVersion": 1, "oauth2PermissionScopes": []},
        "appRoles": [], "description": null, "displayName": "aks-app", "groupMembershipClaims": null,
        "optionalClaims": {}, "owners@odata.bind": [owner], "web": {"homePageUrl": null},
    });
    let made = world.done("POST /v1.0/applications", body).await;
    assert_eq!(made["@odata.context"], "https://localhost:8443/v1.0/$metadata#applications/$entity");
    assert_eq!(made["passwordCredentials"], json!([]));
    assert_eq!(made["owners@odata.bind"], Value::Null);
    let at = format!("/v1.0/applications/{}", text(&made, "id"));
    let renamed = json!({"@odata.type": "#microsoft.graph.application", "displayName": "TERRAFORM_UPDATE_1"});
    let rows = [
        (format!("PATCH {at}"), renamed, 204, Value::Null),
        (format!("GET {at}"), Value::Null, 200, json!({"displayName": "TERRAFORM_UPDATE_1"})),
        (format!("PATCH {at}"), json!({"displayName": "aks-app"}), 204, Value::Null),
        (format!("DELETE {at}/owners/{me}/$ref"), Value::Null, 204, Value::Null),
        (format!("GET {at}"), Value::Null, 200, json!({"displayName": "aks-app", "tags": []})),
        (
            format!("GET {}?%24select=oauth2RequirePostResponse", at.replace("v1.0", "beta")),
            Value::Null,
            200,
            json!({"oauth2RequirePostResponse": false, "displayName": null}),
        ),
        (format!("GET {at}/owners"), Value::Null, 200, json!({"value": []})),
        (format!("DELETE {at}/owners/{me}/$ref"), Value::Null, 404, Value::Null),
        (format!("DELETE {at}"), Value::Null, 204, Value::Null),
        (format!("GET {at}"), Value::Null, 404, json!({"error": {"code": "Request_ResourceNotFound"}})),
    ];
    for (request, body, status, expected) in rows {
        let expected = if status == 404 && expected.is_null() { json!({}) } else { expected };
        world.check(&request, body, status, expected).await;
    }
}

#[tokio::test]
async fn a_service_principal_goes_through_terraforms_steps() {
    let world = World::new();
    let (_, app_id) = world.application("aks-app").await;
    let by_app = format!("GET /v1.0/servicePrincipals?%24filter=appId+eq+%27{app_id}%27");
    world.check(&by_app, Value::Null, 200, json!({"value": []})).await;
    let body = json!({
        "@odata.type": "#microsoft.graph.servicePrincipal", "accountEnabled": true, "alternativeNames": [],
        "appId": app_id, "appRoleAssignmentRequired": false, "description": "TERRAFORM_UPDATE", "loginUrl": null,
        "notes": null, "notificationEmailAddresses": [], "preferredSingleSignOnMode": null,
        "samlSingleSignOnSettings": {}, "tags": [],
    });
    let made = world.done("POST /v1.0/servicePrincipals", body).await;
    assert_contains(
        &made,
        &json!({"servicePrincipalType": "Application", "displayName": "aks-app", "description": "TERRAFORM_UPDATE"}),
        "created",
    );
    let at = format!("/v1.0/servicePrincipals/{}", text(&made, "id"));
    world.check(&format!("PATCH {at}"), json!({"description": null}), 204, Value::Null).await;
    world.check(&format!("GET {at}"), Value::Null, 200, json!({"description": null})).await;
    world.check(&format!("GET {at}?$select=samlMetadataUrl"), Value::Null, 200, json!({"appId": null})).await;
    let key = world.done(&format!("POST {at}/addPassword"), json!({"passwordCredential": {}})).await;
    let secret = text(&key, "secretText");
    assert!(world.directory.check_secret(&app_id, &secret));
    let shown = world.done(&format!("GET {at}"), Value::Null).await;
    assert_contains(
        &shown["passwordCredentials"][0],
        &json!({"keyId": key["keyId"], "hint": secret[..3], "secretText": null}),
        "kept",
    );
    assert!(!shown.to_string().contains(&secret));
    let remove = format!("POST {at}/removePassword");
    world.check(&remove, json!({"keyId": key["keyId"]}), 204, Value::Null).await;
    world.refused(&remove, json!({"keyId": key["keyId"]}), 400, "Request_BadRequest").await;
    assert!(!world.directory.check_secret(&app_id, &secret));
    world.check(&format!("DELETE {at}"), Value::Null, 204, Value::Null).await;
    world.refused(&format!("GET {at}"), Value::Null, 404, "Request_ResourceNotFound").await;
}

#[tokio::test]
async fn az_finds_and_makes_what_it_needs() {
    let world = World::new();
    let (object_id, app_id) = world.application("app1").await;
    let made =
        world.done("POST /v1.0/servicePrincipals", json!({"appId": app_id, "accountEnabled": true})).await;
    let principal = text(&made, "id");
    let rows = [
        (format!("applications?$filter=appId eq '{app_id}'"), vec![&object_id]),
        ("applications?$filter=startswith(displayName,'APP1')".to_owned(), vec![&object_id]),
        ("applications?$filter=startswith(displayName,'app2')".to_owned(), vec![]),
        ("servicePrincipals?$filter=displayName eq 'app1'".to_owned(), vec![&principal]),
        ("servicePrincipals?$filter=displayName eq 'o''neil'".to_owned(), vec![]),
        (format!("servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{app_id}')"), vec![&principal]),
        (
            format!(
                "servicePrincipals?$filter=(appId eq '{NOBODY}' or id eq '{principal}') and accountEnabled eq true"
            ),
            vec![&principal],
        ),
        (format!("servicePrincipals?$filter=id in ('{principal}', '{NOBODY}')"), vec![&principal]),
        (format!("servicePrincipals?$filter=not(appId eq '{app_id}') and appId ne '{CLIENT}'"), vec![]),
        (format!("servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{NOBODY}')"), vec![]),
    ];
    for (query, expected) in rows {
        let answer = world.done(&format!("GET /v1.0/{query}"), Value::Null).await;
        let found: Vec<String> =
            answer["value"].as_array().expect("a list").iter().map(|object| text(object, "id")).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let ids = json!({"ids": [principal, object_id, NOBODY, principal], "types": ["user", "group", "servicePrincipal"]});
    let answer = world.done("POST /v1.0/directoryObjects/getByIds", ids).await;
    assert_eq!(answer["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["value"][0]["@odata.type"], "#microsoft.graph.servicePrincipal");
    let by_key = format!("GET /v1.0/servicePrincipals(appId='{app_id}')");
    world.check(&by_key, Value::Null, 200, json!({"id": principal})).await;
}

#[tokio::test]
async fn passwords_expire_by_the_clock() {
    let world = World::new();
    let (object_id, app_id) = world.application("app").await;
    let add = format!("POST /v1.0/applications/{object_id}/addPassword");
    let until = |seconds| world.clock.now().after(Duration::from_secs(seconds)).rfc3339();
    let short = world.done(&add, json!({"passwordCredential": {"endDateTime": until(60)}})).await;
    let later = world.done(&add, json!({"passwordCredential": {"startDateTime": until(60)}})).await;
    let check = |key: &Value| world.directory.check_secret(&app_id, &text(key, "secretText"));
    assert_eq!((check(&short), check(&later)), (true, false));
    world.clock.advance(Duration::from_mins(1));
    assert_eq!((check(&short), check(&later)), (false, true));
    for bad in [
        json!({"passwordCredential": {"endDateTime": "2020-01-01T00:00:00Z"}}),
        json!({"passwordCredential": {"endDateTime": "tomorrow"}}),
        json!({"passwordCredential": {"displayName": 7}}),
        json!({"passwordCredential": 7}),
    ] {
        world.refused(&add, bad, 400, "Request_BadRequest").await;
    }
}

#[tokio::test]
async fn everything_acknowledged_is_there_after_a_restart_and_no_secret_is_on_the_disk() {
    let world = World::new();
    let (object_id, app_id) = world.application("app").await;
    world.done(&format!("PATCH /v1.0/applications/{object_id}"), json!({"somethingNew": {"a": 1}})).await;
    world.done("POST /v1.0/servicePrincipals", json!({"appId": app_id})).await;
    let key = world.done(&format!("POST /v1.0/applications/{object_id}/addPassword"), json!({})).await;
    let secret = text(&key, "secretText");
    let before = world.done(&format!("GET /v1.0/applications/{object_id}"), Value::Null).await;
    let principal = world.principal(&app_id);
    for (_, value) in world.database.load("graph").expect("entries") {
        let value = String::from_utf8(value).expect("text");
        assert!(!value.contains(&secret) && !value.contains(SECRET), "{value}");
    }
    let world = world.reopened();
    let after = world.done(&format!("GET /v1.0/applications/{object_id}"), Value::Null).await;
    assert_eq!(before, after);
    assert_eq!(after["somethingNew"], json!({"a": 1}));
    assert_eq!(world.principal(&app_id), principal);
    assert!(world.directory.check_secret(&app_id, &secret));
    let everybody = world.done("GET /v1.0/applications?$count=true", Value::Null).await;
    assert_eq!(everybody["@odata.count"], 2);
    world.done(&format!("DELETE /v1.0/applications/{object_id}"), Value::Null).await;
    let world = world.reopened();
    assert_eq!(world.directory.identify(&app_id), Identified::Unknown);
}

#[tokio::test]
async fn deleting_an_application_deletes_its_service_principal_and_its_ownerships() {
    let world = World::new();
    let (object_id, app_id) = world.application("owner").await;
    let made = world.done("POST /v1.0/servicePrincipals", json!({"appId": app_id})).await;
    let principal = text(&made, "id");
    let (owned, _) = world.application("owned").await;
    let add = format!("POST /v1.0/applications/{owned}/owners/$ref");
    let reference = json!({"@odata.id": format!("https://x/v1.0/directoryObjects/{principal}")});
    world.check(&add, reference.clone(), 204, Value::Null).await;
    world.refused(&add, reference, 400, "Request_BadRequest").await;
    let nobody = json!({"@odata.id": format!("https://x/v1.0/directoryObjects/{NOBODY}")});
    world.refused(&add, nobody, 404, "Request_ResourceNotFound").await;
    let owners = format!("GET /v1.0/applications/{owned}/owners");
    assert_eq!(world.done(&owners, Value::Null).await["value"][0]["id"], principal);
    world.check(&format!("DELETE /v1.0/applications/{object_id}"), Value::Null, 204, Value::Null).await;
    world
        .refused(
            &format!("GET /v1.0/servicePrincipals/{principal}"),
            Value::Null,
            404,
            "Request_ResourceNotFound",
        )
        .await;
    world.check(&owners, Value::Null, 200, json!({"value": []})).await;
}

#[tokio::test]
async fn lists_come_in_pages() {
    let world = World::new();
    for name in ["a", "b", "c"] {
        world.application(name).await;
    }
    let mut path = "/v1.0/applications?$top=3&$select=id".to_owned();
    let mut pages = Vec::new();
    loop {
        let page = world.done(&format!("GET {path}"), Value::Null).await;
        pages.push(page["value"].as_array().map_or(0, Vec::len));
        let Some(next) = page["@odata.nextLink"].as_str() else { break };
        path = next.strip_prefix("https://localhost:8443").expect("the same host").to_owned();
    }
    assert_eq!(pages, [3, 1]);
}

/// Each request is refused, and the directory is as before.
async fn check_refused(world: &World, rows: Vec<(String, Value, u16, &str)>) {
    let before = world.done("GET /v1.0/applications", Value::Null).await;
    for (request, body, status, code) in rows {
        world.refused(&request, body, status, code).await;
    }
    assert_eq!(world.done("GET /v1.0/applications", Value::Null).await, before);
}

#[tokio::test]
async fn bad_applications_are_refused_and_change_nothing() {
    const BAD: &str = "Request_BadRequest";
    let world = World::new();
    let (id, _) = world.application("app").await;
    let create = |body: Value, status, code| ("POST /v1.0/applications".to_owned(), body, status, code);
    let change = |body: Value| (format!("PATCH /v1.0/applications/{id}"), body, 400, BAD);
    let rows = vec![
        create(json!({}), 400, BAD),
        create(Value::Null, 400, "BadRequest"),
        create(json!([1]), 400, "BadRequest"),
        create(json!({"displayName": 7}), 400, BAD),
        create(json!({"displayName": "x".repeat(257)}), 400, BAD),
        create(json!({"displayName": "a", "appId": NOBODY}), 400, BAD),
        create(json!({"displayName": "a", "owners@odata.bind": [NOBODY]}), 404, "Request_ResourceNotFound"),
        create(json!({"displayName": "a", "owners@odata.bind": "x"}), 400, BAD),
        create(json!({"displayName": "a", "members@odata.bind": []}), 501, "NotImplementedBySandbox"),
        create(json!({"displayName": "a", "passwordCredentials": [{}]}), 400, BAD),
        change(json!({"appId": NOBODY})),
        change(json!({"id": NOBODY})),
        change(json!({"displayName": null})),
        change(json!({"tags": "x"})),
        change(json!({"web": 7})),
        change(json!({"passwordCredentials": null})),
    ];
    check_refused(&world, rows).await;
    let broken = world.send_bytes("POST /v1.0/applications", Bytes::from_static(b"{\"displayName\":")).await;
    assert_eq!(broken.0, 400);
    let large = world.send_bytes("POST /v1.0/applications", Bytes::from(vec![b' '; 1024 * 1024 + 1])).await;
    assert_eq!(large.0, 413);
}

#[tokio::test]
async fn bad_service_principals_and_paths_are_refused() {
    const BAD: &str = "Request_BadRequest";
    const MISSING: &str = "NotImplementedBySandbox";
    let world = World::new();
    let (id, app_id) = world.application("app").await;
    world.done("POST /v1.0/servicePrincipals", json!({"appId": app_id})).await;
    let create = |body: Value, status, code| ("POST /v1.0/servicePrincipals".to_owned(), body, status, code);
    let ask = |request: &str, status, code| (request.to_owned(), Value::Null, status, code);
    let get_by_ids = |body: Value| ("POST /v1.0/directoryObjects/getByIds".to_owned(), body, 400, BAD);
    let rows = vec![
        create(json!({}), 400, BAD),
        create(json!({"appId": NOBODY}), 400, BAD),
        create(json!({"appId": app_id}), 409, "Request_MultipleObjectsWithSameKeyValue"),
        create(json!({"appId": app_id.to_uppercase()}), 409, "Request_MultipleObjectsWithSameKeyValue"),
        get_by_ids(json!({"ids": ["x"]})),
        get_by_ids(json!({})),
        ask(&format!("PUT /v1.0/applications/{id}"), 405, BAD),
        ask(&format!("GET /v1.0/applications/{id}/addPassword"), 405, BAD),
        ask(&format!("GET /v1.0/applications/{id}/extensionProperties"), 501, MISSING),
        ask("GET /v1.0/applications/not-a-guid", 400, BAD),
        ask(&format!("GET /v1.0/applications/{NOBODY}"), 404, "Request_ResourceNotFound"),
        ask("GET /v1.0/me", 400, "BadRequest"),
        ask("GET /v1.0/users", 501, MISSING),
        ask("GET /v1.0/nonsense", 400, "BadRequest"),
        ask("GET /v1.0", 400, "BadRequest"),
    ];
    check_refused(&world, rows).await;
}

#[tokio::test]
async fn bad_query_options_are_refused() {
    const UNSUPPORTED: &str = "Request_UnsupportedQuery";
    let world = World::new();
    let nested = format!("$filter={}", "(".repeat(1000));
    let long = format!("$filter=displayName eq '{}'", "a".repeat(5000));
    let options = [
        ("$top=0", 400, "Request_BadRequest"),
        ("$top=1000", 400, "Request_BadRequest"),
        ("$orderby=displayName", 501, "NotImplementedBySandbox"),
        ("$flter=a", 400, UNSUPPORTED),
        ("$filter=displayNam eq 'a'", 400, "BadRequest"),
        ("$filter=", 400, "BadRequest"),
        ("$filter=displayName eq", 400, "BadRequest"),
        ("$filter=displayName eq 'a", 400, "BadRequest"),
        ("$filter=displayName eq 'a' 'b'", 400, "BadRequest"),
        ("$filter=tags/any(t:u eq 'a')", 400, "BadRequest"),
        ("$filter=contains(displayName,'a')", 400, UNSUPPORTED),
        ("$filter=displayName gt 'a'", 400, UNSUPPORTED),
        (&nested, 400, UNSUPPORTED),
        (&long, 400, UNSUPPORTED),
    ];
    let rows = options.map(|(option, status, code)| {
        (format!("GET /v1.0/applications?{option}"), Value::Null, status, code)
    });
    check_refused(&world, rows.into()).await;
}

#[tokio::test]
async fn identifier_uris_are_unique_and_become_names_of_the_service_principal() {
    let world = World::new();
    let (id, app_id) = world.application("api").await;
    let (other, _) = world.application("other").await;
    let uris = json!({"identifierUris": ["api://orders"]});
    world.done(&format!("PATCH /v1.0/applications/{id}"), uris.clone()).await;
    let taken = format!("PATCH /v1.0/applications/{other}");
    world.refused(&taken, uris, 400, "Request_MultipleObjectsWithSameKeyValue").await;
    world
        .check(
            "POST /v1.0/servicePrincipals",
            json!({"appId": app_id}),
            201,
            json!({"servicePrincipalNames": [app_id, "api://orders"]}),
        )
        .await;
}

#[tokio::test]
async fn the_tenant_is_the_organization() {
    let world = World::new();
    let answer = world.done("GET /v1.0/organization", Value::Null).await;
    assert_eq!(answer["value"][0]["id"], TENANT);
    world
        .check(&format!("GET /v1.0/organization/{TENANT}"), Value::Null, 200, json!({"tenantType": "AAD"}))
        .await;
}
