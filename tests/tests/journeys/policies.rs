//! Policies: saved over ARM, compiled by the gateway, run on real calls.

use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use crate::client::{Azure, plain};

const SERVICE: &str = "/resourceGroups/blog-apim-and-aks/providers/Microsoft.ApiManagement/service/blog-apim";

#[tokio::test]
async fn a_policy_with_expressions_runs_and_a_wrong_one_is_refused_with_its_place() {
    let world = World::new();
    world.ok(&["up"]);
    let environment = world.environment();
    let azure = Azure::login(&environment).await;
    let put = async |path: &str, properties: Value| {
        let path = format!("{SERVICE}/{path}?api-version=2024-05-01");
        let answer = azure.send(Method::PUT, &path, Some(&json!({ "properties": properties }))).await;
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    let (status, _) = put("namedValues/limit", json!({"displayName": "limit", "value": "10"})).await;
    assert_eq!(status, 201);
    let document = r#"<policies><inbound><base/>
        <set-variable name="n" value="@(int.Parse(context.Request.Headers.GetValueOrDefault("X-N", "5")))"/>
        <choose><when condition="@((int)context.Variables["n"] > {{limit}})">
            <return-response><set-status code="418" reason="teapot"/>
                <set-body>@{ var o = new JObject(); o["twice"] = (int)context.Variables["n"] * 2; return o.ToString(Newtonsoft.Json.Formatting.None); }</set-body>
            </return-response></when></choose></inbound>
        <backend><base/></backend><outbound><base/>
            <set-header name="X-Method"><value>@(context.Request.Method.ToLower())</value></set-header></outbound>
        <on-error><base/></on-error></policies>"#;
    let policy = "apis/example-api/policies/policy";
    let (status, answer) = put(policy, json!({"format": "rawxml", "value": document})).await;
    assert_eq!(status, 201, "{answer}");

    let url = format!("{}/nginx/", environment["APIMLAB_GATEWAY_URL"]);
    let call = async |n: &str| plain().get(&url).header("x-n", n).send().await.expect("an answer");
    let passed = call("7").await;
    assert_eq!((passed.status().as_u16(), passed.headers()["x-method"].as_bytes()), (200, b"get".as_slice()));
    let answered = call("21").await;
    assert_eq!(answered.status(), 418);
    assert_eq!(answered.text().await.expect("a body"), r#"{"twice":42}"#);
    let failed = call("many").await;
    assert_eq!(failed.status(), 500, "an expression that fails is an internal error");

    let wrong = "<policies>\n  <inbound><set-header name=\"a\"><value>@(context.Foo)</value></set-header></inbound></policies>";
    let (status, refused) = put(policy, json!({"format": "rawxml", "value": wrong})).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("ValidationError")));
    let message = refused["error"]["details"][0]["message"].as_str().expect("a message");
    assert!(message.starts_with("Error in element 'value' on line 2, column "), "{message}");
    assert!(message.contains("does not contain a definition for 'Foo'"), "{message}");
    assert_eq!(call("21").await.status(), 418, "the good policy is still in service");
}
