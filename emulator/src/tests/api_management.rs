//! API Management: what is published, and how its errors are worded.

use serde_json::{Value, json};

use super::{GROUP, SUBSCRIPTION, World};

pub async fn example() -> (World, String) {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    let api = json!({"properties": {"displayName": "nginx", "path": "/nginx/", "protocols": ["https"],
        "serviceUrl": "http://10.10.1.5", "subscriptionRequired": false, "type": "http", "apiType": "http"}});
    let any = [("if-match", "*")];
    world.send_with("PUT", &format!("{service}/apis/nginx;rev=1"), api, &any).await.expect(201);
    let operation = json!({"properties": {"displayName": "GET root", "method": "GET", "urlTemplate": "/"}});
    world.put(&format!("{service}/apis/nginx/operations/get"), operation).await.expect(201);
    (world, service)
}

#[tokio::test]
async fn the_articles_api_is_what_the_gateway_serves() {
    let (world, service) = example().await;
    let product =
        json!({"properties": {"displayName": "Free", "state": "published", "subscriptionRequired": false}});
    world.put(&format!("{service}/products/free"), product).await.expect(201);
    let link = format!("{service}/products/free/apis/nginx");
    world.send("HEAD", &link, Value::Null).await.expect(404);
    let linked = world.put(&link, Value::Null).await.expect(201);
    assert_eq!(linked.body["properties"]["path"], "nginx");
    world.send("HEAD", &link, Value::Null).await.expect(204);
    world.get(&link).await.expect_error(405, "MethodNotAllowed");
    let served = world.served().expect("served");
    assert_eq!(served.host_names, ["apim.azure-api.net", "apim.azure-api.localhost"]);
    let api = &served.apis[0];
    assert_eq!((api.name.as_str(), api.path.as_str(), api.operations.len()), ("nginx", "nginx", 1));
    assert_eq!(api.service_url.as_deref(), Some("http://10.10.1.5"));
    assert_eq!(
        (served.products[0].apis.as_slice(), served.products[0].subscription_required),
        (&["nginx".to_owned()][..], false)
    );
    world.delete(&format!("{service}/apis/nginx;rev=1?deleteRevisions=true")).await.expect(202);
    world.send("HEAD", &link, Value::Null).await.expect(404);
    assert!(world.served().expect("served").apis.is_empty());
}

#[tokio::test]
async fn an_api_and_its_current_revision_are_one() {
    let (world, service) = example().await;
    for name in ["nginx", "nginx;rev=1"] {
        let shown = world.get(&format!("{service}/apis/{name}")).await.expect(200).body;
        assert_eq!((&shown["name"], &shown["properties"]["isCurrent"]), (&json!(name), &json!(true)));
        assert_eq!(shown["id"], format!("{service}/apis/{name}"));
    }
    assert_eq!(world.get(&format!("{service}/apis")).await.body["count"], 1);
    world.get(&format!("{service}/apis/nginx;rev=1/operations/get")).await.expect(200);
    world.get(&format!("{service}/apis/nginx;rev=2")).await.expect(404);
}

#[tokio::test]
async fn policies_are_compiled_before_they_are_stored() {
    let (world, service) = example().await;
    let policy = format!("{service}/apis/nginx/policies/policy");
    let put = |value: &str| json!({"properties": {"format": "rawxml", "value": value}});
    world.get(&format!("{policy}?format=xml")).await.expect(404);
    let good = "<policies><inbound><base /><set-header name=\"a\" value=\"@(1 < 2)\" /></inbound></policies>";
    world.put(&policy, put(good)).await.expect(201);
    let etag = world.get(&policy).await.header("etag").to_owned();
    let refused = world
        .put(&policy, put("<policies>\n  <bad /></policies>"))
        .await
        .expect_error(400, "ValidationError");
    let detail = &refused.body["error"]["details"][0];
    assert_eq!(refused.body["error"]["message"], "One or more fields contain incorrect values:");
    assert_eq!((&detail["code"], &detail["target"]), (&json!("ValidationError"), &json!("bad")));
    let message = detail["message"].as_str().expect("text");
    assert!(message.starts_with("Error in element 'bad' on line 2, column 3: "), "{message}");
    let kept = world.get(&format!("{policy}?format=xml")).await.expect(200);
    assert_eq!(kept.header("etag"), etag);
    assert_eq!(kept.body["properties"]["format"], "xml");
    assert_eq!(kept.body["properties"]["value"], good.replace("1 < 2", "1 &lt; 2"));
    assert_eq!(world.get(&format!("{policy}?format=rawxml")).await.body["properties"]["value"], good);
    assert_eq!(world.served().expect("served").apis[0].policy.as_ref().expect("a policy").text, good);
    for (format, linked, kept) in [("xml-link", "@(1 &lt; 2)", "xml"), ("RawXml-Link", "@(1 < 2)", "rawxml")]
    {
        let body = json!({"properties": {"format": format, "value": format!("http://link/{linked}")}});
        world.put(&policy, body.clone()).await.expect_error(400, "ValidationError");
        let body = json!({"properties": {"format": format, "value": format!("http://link/{kept}")}});
        world.put(&policy, body).await.expect(200);
        let stored = world.get(&format!("{policy}?format={kept}")).await.expect(200);
        assert_eq!(stored.body["properties"]["value"], format!("<policies><!-- {kept} --></policies>"));
    }
    let gone = json!({"properties": {"format": "xml-link", "value": "http://gone/"}});
    let refused = world.put(&policy, gone).await.expect_error(400, "ValidationError");
    let detail = &refused.body["error"]["details"][0]["message"];
    assert_eq!(detail, "The policy document cannot be downloaded from the link: it answers with 404.");
}

#[tokio::test]
async fn fields_with_wrong_values_are_named() {
    let (world, service) = example().await;
    let api = |name: &str, value: Value| {
        let mut body = json!({"properties": {"displayName": "d", "path": "other"}});
        body["properties"][name] = value;
        (format!("{service}/apis/other"), body)
    };
    let operation = |name: &str, value: Value| {
        let mut body = json!({"properties": {"displayName": "d", "method": "POST", "urlTemplate": "/x"}});
        body["properties"][name] = value;
        (format!("{service}/apis/nginx/operations/other"), body)
    };
    for ((path, body), target) in [
        (api("path", json!("NGINX")), "path"),
        (api("path", json!("a b")), "path"),
        (api("serviceUrl", json!("ftp://x")), "serviceUrl"),
        (api("protocols", json!(["gopher"])), "protocols"),
        (operation("method", Value::Null), "method"),
        (operation("urlTemplate", json!("/{a")), "urlTemplate"),
        (operation("urlTemplate", json!("/{a}")), "templateParameters"),
        ((format!("{service}/products/p"), json!({"properties": {}})), "displayName"),
        (
            (
                format!("{service}/subscriptions/s"),
                json!({"properties": {"displayName": "s", "scope": "/apis/none"}}),
            ),
            "scope",
        ),
    ] {
        let refused = world.put(&path, body).await.expect_error(400, "ValidationError");
        assert_eq!(refused.body["error"]["details"][0]["target"], target, "{}", refused.body);
        world.get(&path).await.expect(404);
    }
}

#[tokio::test]
async fn keys_are_told_to_those_who_ask_for_secrets_only() {
    let (world, service) = example().await;
    let path = format!("{service}/subscriptions/s");
    let body = json!({"properties": {"displayName": "s", "scope": "/apis/nginx", "state": "active", "primaryKey": "mine"}});
    let created = world.put(&path, body.clone()).await.expect(201);
    assert_eq!(created.body["properties"]["primaryKey"], Value::Null);
    assert_eq!(created.body["properties"]["scope"], format!("{service}/apis/nginx"));
    let secrets = world.send("POST", &format!("{path}/listSecrets"), Value::Null).await.expect(200).body;
    assert_eq!(secrets["primaryKey"], "mine");
    assert_eq!(secrets["secondaryKey"].as_str().map(str::len), Some(32));
    world.send("POST", &format!("{path}/regenerateSecondaryKey"), Value::Null).await.expect(204);
    let again = world.send("POST", &format!("{path}/listSecrets"), Value::Null).await.expect(200).body;
    assert_eq!(again["primaryKey"], "mine");
    assert_ne!(again["secondaryKey"], secrets["secondaryKey"]);
    let served = world.served().expect("served").subscriptions;
    assert_eq!(served[0].secondary_key.reveal(), again["secondaryKey"].as_str().expect("a key"));
    assert_eq!(served[0].scope, apim::Scope::Api("nginx".to_owned()));
    world.put(&format!("{service}/subscriptions/t"), body).await.expect_error(400, "ValidationError");
}

#[tokio::test]
async fn a_product_with_subscriptions_is_deleted_only_with_them() {
    let (world, service) = example().await;
    let product = format!("{service}/products/p");
    world.put(&product, json!({"properties": {"displayName": "P"}})).await.expect(201);
    let body = json!({"properties": {"displayName": "s", "scope": "/products/p"}});
    world.put(&format!("{service}/subscriptions/s"), body).await.expect(201);
    world.delete(&product).await.expect_error(400, "ValidationError");
    world.delete(&format!("{product}?deleteSubscriptions=true")).await.expect(200);
    world.get(&format!("{service}/subscriptions/s")).await.expect(404);
}

#[tokio::test]
async fn a_deleted_service_is_restored_or_purged() {
    let (world, service) = example().await;
    let body = json!({"location": "westus2", "sku": {"name": "Developer", "capacity": 1},
        "properties": {"publisherName": "P", "publisherEmail": "p@example.com"}});
    let root = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ApiManagement");
    let deleted = format!("{root}/locations/westus2/deletedservices/apim");
    world.get(&deleted).await.expect(404);
    world.delete(&service).await.expect(202);
    world.get(&service).await.expect(404);
    assert!(world.served().is_none());
    let shown = world.get(&deleted).await.expect(200).body;
    assert_eq!(shown["properties"]["serviceId"], service);
    assert_eq!(shown["kept"], Value::Null);
    let list = world.get(&format!("{root}/deletedservices")).await.expect(200).body;
    assert_eq!(list["value"].as_array().map(Vec::len), Some(1));
    let check = |name: &str| json!({"name": name});
    let path = format!("{root}/checkNameAvailability");
    assert_eq!(world.send("POST", &path, check("apim")).await.expect(200).body["nameAvailable"], false);
    assert_eq!(world.send("POST", &path, check("another")).await.expect(200).body["nameAvailable"], true);
    world.put(&service, body.clone()).await.expect_error(400, "ServiceAlreadyExistsInSoftDeletedState");
    let restore = json!({"location": "westus2", "sku": {"name": "Developer", "capacity": 1}, "properties": {
        "publisherName": "ignored", "publisherEmail": "i@example.com", "restore": true}});
    let restored = world.put(&service, restore).await.expect(201).body;
    assert_eq!(restored["properties"]["publisherName"], "P");
    world.get(&deleted).await.expect(404);
    world.delete(&service).await.expect(202);
    world.delete(&deleted).await.expect(202);
    world.get(&deleted).await.expect(404);
    world.put(&service, body).await.expect(201);
    world.delete(GROUP).await.expect(202);
    world.get(&deleted).await.expect(200);
}

#[tokio::test]
async fn what_terraform_reads_after_a_creation_is_there() {
    let (world, service) = example().await;
    for (path, enabled) in [("signin", false), ("signup", true)] {
        let setting = format!("{service}/portalsettings/{path}");
        assert_eq!(world.get(&setting).await.expect(200).body["properties"]["enabled"], enabled);
        world.put(&setting, json!({"properties": {"enabled": !enabled}})).await.expect(200);
        assert_eq!(world.get(&setting).await.expect(200).body["properties"]["enabled"], !enabled);
    }
    world.get(&format!("{service}/portalsettings/delegation")).await.expect(200);
    for path in ["portalsettings/delegation", "tenant/access"] {
        world.send("POST", &format!("{service}/{path}/listSecrets"), Value::Null).await.expect(200);
    }
    world.get(&format!("{service}/policies/policy?format=xml")).await.expect_error(404, "ResourceNotFound");
    world.get(&format!("{service}/workspaces/w/apis/a")).await.expect_error(501, "NotImplementedBySandbox");
    world.send("POST", &format!("{service}/applynetworkconfigurationupdates"), json!({})).await.expect(202);
}

#[tokio::test]
async fn the_joined_subnet_must_be_there() {
    let (world, service) = example().await;
    let before = world.get(&service).await.header("etag").to_owned();
    for (properties, code) in [
        (json!({"virtualNetworkType": "External"}), "ValidationError"),
        (json!({"virtualNetworkType": "Sideways"}), "ValidationError"),
        (
            json!({"virtualNetworkType": "External",
                "virtualNetworkConfiguration": {"subnetResourceId": format!("{GROUP}/none")}}),
            "SubnetNotFound",
        ),
    ] {
        let body = json!({"properties": properties});
        world.send("PATCH", &service, body).await.expect_error(400, code);
    }
    assert_eq!(world.get(&service).await.header("etag"), before);
}

#[tokio::test]
async fn traces_are_asked_for_with_a_token_and_read_by_their_identifier() {
    let (world, service) = example().await;
    let gateway = format!("{service}/gateways/managed");
    let credentials = format!("{gateway}/listDebugCredentials");
    let asked = |api: &str, expires: &str, purpose: &str| json!({"credentialsExpireAfter": expires, "apiId": format!("{service}/apis/{api}"), "purposes": [purpose]});
    let answer = world.send("POST", &credentials, asked("nginx", "PT30M", "tracing")).await.expect(200);
    assert_eq!(answer.body, json!({"token": "aid=nginx&p=tracing&ex=1800"}));
    for body in [
        asked("none", "PT1H", "tracing"),
        asked("nginx", "PT2H", "tracing"),
        asked("nginx", "1 hour", "tracing"),
        asked("nginx", "PT1H", "debugging"),
        json!({}),
    ] {
        world.send("POST", &credentials, body).await.expect_error(400, "ValidationError");
    }
    let trace = format!("{gateway}/listTrace");
    let answer = world.send("POST", &trace, json!({"traceId": "known"})).await.expect(200);
    let entry = json!({"source": "cors", "timestamp": "2026-01-02T03:04:05.0000000Z",
        "elapsed": "00:00:00.0000010", "data": null});
    let expected = json!({"serviceName": "apim", "traceId": "known", "traceEntries": {"inbound": [entry]}});
    assert_eq!(answer.body, expected);
    world.send("POST", &trace, json!({"traceId": "other"})).await.expect_error(404, "ResourceNotFound");
    world.send("POST", &trace, json!({})).await.expect_error(400, "ValidationError");
    let cellar = json!({"properties": {"locationData": {"name": "a cellar"}}});
    world.put(&gateway, cellar.clone()).await.expect_error(400, "ValidationError");
    world.delete(&gateway).await.expect_error(404, "ResourceNotFound");
    world.send("POST", &format!("{gateway}/listKeys"), json!({})).await.expect_error(404, "ResourceNotFound");
    world.put(&format!("{service}/gateways/own"), cellar).await.expect(201);
    let own = format!("{service}/gateways/own/listTrace");
    world.send("POST", &own, json!({"traceId": "known"})).await.expect(501);
}

#[tokio::test]
async fn a_graphql_api_has_a_schema_and_resolvers() {
    let (world, service) = example().await;
    let api = json!({"properties": {"displayName": "Books", "path": "books", "apiType": "graphql"}});
    let books = format!("{service}/apis/books");
    let shown = world.put(&books, api).await.expect(201).body;
    assert_eq!((&shown["properties"]["type"], shown["properties"].get("apiType")), (&json!("graphql"), None));
    let schema = |text: &str| json!({"properties": {"contentType": "application/vnd.ms-azure-apim.graphql.schema", "document": {"value": text}}});
    world
        .put(&format!("{books}/schemas/graphql"), schema("type Query { books: [String] }"))
        .await
        .expect(201);
    let resolver =
        |path: &str| json!({"properties": {"displayName": "Books", "path": path, "description": "all"}});
    for wrong in ["books", "Query/", "/books", "Query/a/b", "Query/a-b"] {
        world
            .put(&format!("{books}/resolvers/r"), resolver(wrong))
            .await
            .expect_error(400, "ValidationError");
    }
    world.put(&format!("{books}/resolvers/r"), resolver("Query/books")).await.expect(201);
    world
        .put(&format!("{books}/resolvers/s"), resolver("Query/books"))
        .await
        .expect_error(400, "ValidationError");
    let policy = |text: &str| json!({"properties": {"format": "rawxml", "value": text}});
    let path = format!("{books}/resolvers/r/policies/policy");
    let source = "<http-data-source><http-request><set-method>GET</set-method><set-url>http://10.10.1.5/</set-url></http-request></http-data-source>";
    world.put(&path, policy(source)).await.expect(201);
    assert_eq!(world.get(&format!("{books}/resolvers")).await.body["count"], 1);
    let served = world.served().expect("served");
    let api = served.apis.iter().find(|api| api.name == "books").expect("the API");
    assert_eq!(api.kind, apim::ApiKind::GraphQl);
    let resolver = &api.resolvers[0];
    assert_eq!((resolver.type_name.as_str(), resolver.field.as_str()), ("Query", "books"));
    assert_eq!(resolver.policy.as_ref().map(|policy| policy.text.as_str()), Some(source));
    world.delete(&format!("{books}/resolvers/r")).await.expect(200);
    world.get(&path).await.expect(404);
}
