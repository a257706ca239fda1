//! Templates in the form that Bicep compiles to, and deployments to a subscription.

use serde_json::{Value, json};

use super::{GROUP, SUBSCRIPTION, World};

const WHOLE: &str = include_str!("../../../scenarios/catalog/getting-started/private-api/template/main.json");

fn deployment(name: &str) -> String {
    format!("{GROUP}/providers/Microsoft.Resources/deployments/{name}")
}

fn body(template: &Value, parameters: &Value) -> Value {
    json!({"properties": {"mode": "Incremental", "template": template, "parameters": parameters}})
}

/// The deployment, and the secret that it needs.
async fn whole(world: &World) -> (Value, String) {
    let [client, _, principal, secret] = world.application("cluster").await;
    let template = serde_json::from_str(WHOLE).expect("a template");
    let parameters = json!({
        "servicePrincipalClientId": {"value": client},
        "servicePrincipalObjectId": {"value": principal},
        "servicePrincipalSecret": {"value": secret},
    });
    (body(&template, &parameters), secret)
}

#[tokio::test]
async fn the_whole_system_is_one_template_and_a_second_deployment_changes_nothing() {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let (whole, _) = whole(&world).await;
    let id = deployment("main");
    world.send("POST", &format!("{id}/validate"), whole.clone()).await.expect(200);
    world.put(&id, whole.clone()).await.expect(201);
    let shown = world.get(&id).await.expect(200).body["properties"].clone();
    assert_eq!(shown["provisioningState"], "Succeeded", "{shown}");
    assert_eq!(shown["outputs"]["gatewayUrl"]["value"], "https://blog-apim.azure-api.net");
    assert_eq!(shown["outputs"]["nodes"]["value"], "10.10.1.0/24");
    assert_eq!(shown["outputs"]["ranges"]["value"], json!(["10.10.1.0/24", "10.10.2.0/24"]));
    let served = world.served().expect("a service");
    let api = served.apis.first().expect("an API");
    assert_eq!((api.path.as_str(), api.operations.len()), ("nginx", 1));
    assert_eq!(world.cluster().expect("a cluster").name, "aks-for-apim");
    let trial = world.send("POST", &format!("{id}/whatIf"), whole).await.expect(200).body;
    let changes = trial["properties"]["changes"].as_array().expect("changes");
    assert!(changes.len() >= 9, "{trial}");
    for change in changes {
        assert_eq!(change["changeType"], "NoChange", "{change}");
    }
}

#[tokio::test]
async fn a_subscription_is_deployed_to_with_its_groups_and_what_is_in_them() {
    let world = World::instant().await;
    let template: Value = serde_json::from_str(include_str!("../../../tests/clients/az/subscription.json"))
        .expect("a template");
    let scope = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Resources/deployments");
    let id = format!("{scope}/all");
    let mut whole = body(&template, &json!({}));
    let nowhere = world.put(&id, whole.clone()).await.expect_error(400, "InvalidDeployment");
    assert!(nowhere.body["error"]["message"].as_str().is_some_and(|text| text.contains("'location'")));
    whole["location"] = json!("West US 2");
    world.send("POST", &format!("{id}/validate"), whole.clone()).await.expect(200);
    let trial = world.send("POST", &format!("{id}/whatIf"), whole.clone()).await.expect(200).body;
    assert_eq!(trial["properties"]["changes"][0]["changeType"], "Create", "{trial}");
    world.get(&format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/blog-apim-and-aks")).await.expect(404);
    world.put(&id, whole.clone()).await.expect(201);
    let shown = world.get(&id).await.expect(200).body;
    let network = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/blog-apim-and-aks/providers/Microsoft.Network/virtualNetworks/apim-aks-vnet"
    );
    assert_eq!(shown["location"], "westus2", "{shown}");
    assert_eq!(shown["properties"]["provisioningState"], "Succeeded", "{shown}");
    assert_eq!(shown["properties"]["outputs"]["network"]["value"], network.as_str());
    assert_eq!(world.get(&network).await.expect(200).body["location"], "westus2");
    let again = world.send("POST", &format!("{id}/whatIf"), whole.clone()).await.expect(200).body;
    for change in again["properties"]["changes"].as_array().expect("changes") {
        assert_eq!(change["changeType"], "NoChange", "{change}");
    }
    // Those in its resource groups are not the subscription's.
    let list = world.get(&scope).await.expect(200).body;
    assert_eq!(list["value"].as_array().map(Vec::len), Some(1), "{list}");
    world.get(&format!("{id}/operations")).await.expect(200);
    whole["location"] = json!("eastus");
    world.put(&id, whole.clone()).await.expect_error(409, "InvalidDeploymentLocation");
    world.put(&deployment("all"), whole).await.expect(404);
    world.delete(&id).await.expect(202);
}

#[tokio::test]
async fn expressions_of_compiled_templates_give_what_their_documentation_says() {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let functions = json!([{"namespace": "own", "members": {"twice": {
        "parameters": [{"name": "of", "type": "int"}],
        "output": {"type": "int", "value": "[mul(parameters('of'), 2)]"}}}}]);
    let dogs = json!([{"name": "Evie", "age": 5}, {"name": "Casper", "age": 3}]);
    for (expression, expected) in [
        ("[map(variables('dogs'), lambda('dog', lambdaVariables('dog').name))]", json!(["Evie", "Casper"])),
        (
            "[filter(variables('dogs'), lambda('dog', greater(lambdaVariables('dog').age, 4)))[0].name]",
            json!("Evie"),
        ),
        (
            "[reduce(variables('dogs'), 0, lambda('sum', 'dog', add(lambdaVariables('sum'), lambdaVariables('dog').age)))]",
            json!(8),
        ),
        (
            "[sort(createArray(2, 3, 1), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]",
            json!([1, 2, 3]),
        ),
        (
            "[toObject(variables('dogs'), lambda('dog', lambdaVariables('dog').name), lambda('dog', lambdaVariables('dog').age))]",
            json!({"Evie": 5, "Casper": 3}),
        ),
        (
            "[groupBy(createArray('ab', 'ac', 'b'), lambda('x', substring(lambdaVariables('x'), 0, 1)))]",
            json!({"a": ["ab", "ac"], "b": ["b"]}),
        ),
        ("[mapValues(createObject('a', 1), lambda('x', own.twice(lambdaVariables('x'))))]", json!({"a": 2})),
        (
            "[union(createObject('a', createObject('b', 1)), createObject('a', createObject('c', 2)))]",
            json!({"a": {"b": 1, "c": 2}}),
        ),
        ("[tryGet(variables('dogs'), 7, 'name')]", Value::Null),
        ("[length(utcNow())]", json!(16)),
    ] {
        let template = json!({"functions": functions, "variables": {"dogs": dogs}, "resources": [],
            "outputs": {"value": {"type": "object", "value": expression}}});
        world.put(&deployment("try"), body(&template, &json!({}))).await;
        let shown = world.get(&deployment("try")).await.expect(200).body;
        assert_eq!(shown["properties"]["outputs"]["value"]["value"], expected, "{expression}: {shown}");
    }
}

#[tokio::test]
async fn parameters_are_of_the_types_that_a_template_defines() {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let template = json!({
        "definitions": {
            "port": {"type": "int", "minValue": 1, "maxValue": 65_535},
            "rule": {"type": "object", "additionalProperties": false, "properties": {
                "name": {"type": "string", "minLength": 2},
                "port": {"$ref": "#/definitions/port"},
                "note": {"type": "string", "nullable": true}}},
            "loop": {"$ref": "#/definitions/loop"},
        },
        "parameters": {
            "rules": {"type": "array", "items": {"$ref": "#/definitions/rule"}, "maxLength": 2},
            "kinds": {"type": "array", "allowedValues": ["a", "b"], "defaultValue": ["b"]},
        },
        "resources": [],
    });
    let id = deployment("typed");
    let with = |rules: Value| body(&template, &json!({"rules": {"value": rules}}));
    world.put(&id, with(json!([{"name": "ok", "port": 80}]))).await.expect(201);
    for (rules, part) in [
        (json!([{"name": "x", "port": 80}]), "'rules[0].name'"),
        (json!([{"name": "ok", "port": 0}]), "'rules[0].port'"),
        (json!([{"name": "ok"}]), "'rules[0].port'"),
        (json!([{"name": "ok", "port": 1, "other": 1}]), "'other'"),
        (json!([7]), "'rules[0]'"),
        (json!([1, 2, 3]), "length"),
    ] {
        let answer = world.put(&id, with(rules)).await.expect_error(400, "InvalidTemplate");
        let message = answer.body["error"]["message"].as_str().expect("a message");
        assert!(message.contains(part), "{message}");
    }
    let mut endless = template.clone();
    endless["parameters"] = json!({"x": {"$ref": "#/definitions/loop", "defaultValue": 1}});
    world.put(&id, body(&endless, &json!({}))).await.expect_error(400, "InvalidTemplate");
}

#[tokio::test]
async fn what_is_exported_makes_the_same_again() {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let (whole, secret) = whole(&world).await;
    world.put(&deployment("main"), whole).await.expect(201);
    let service = format!("{GROUP}/providers/Microsoft.ApiManagement/service/blog-apim");
    let policy = "<policies><inbound><set-header name=\"x\"><value>{{hidden}}</value></set-header></inbound></policies>";
    let body = json!({"properties": {"displayName": "hidden", "value": "a secret", "secret": true}});
    world.put(&format!("{service}/namedValues/hidden"), body).await.expect(201);
    let body = json!({"properties": {"format": "rawxml", "value": policy}});
    world.put(&format!("{service}/apis/example-api/policies/policy"), body).await.expect(201);
    let export = async |world: &World| {
        let answer =
            world.send("POST", &format!("{GROUP}/exportTemplate"), json!({"resources": ["*"]})).await;
        answer.expect(200).body["template"].clone()
    };
    let template = export(&world).await;
    let text = template.to_string();
    assert!(!text.contains("a secret"), "{text}");
    let secrets = template["parameters"].as_object().expect("parameters").clone();
    assert!(secrets.keys().any(|name| name == "namedValues_blog_apim_hidden_value"), "{secrets:?}");
    assert!(secrets.keys().any(|name| name.contains("servicePrincipalProfile_secret")), "{secrets:?}");
    // Into an empty group: each time all of it, and the same is exported again.
    world.delete(GROUP).await.expect(202);
    world.delete(&format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ApiManagement/locations/westus2/deletedservices/blog-apim")).await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let given: serde_json::Map<String, Value> =
        secrets.keys().map(|name| (name.clone(), json!({"value": secret}))).collect();
    world.put(&deployment("again"), body_of(&template, given)).await.expect(201);
    let shown = world.get(&deployment("again")).await.expect(200).body;
    assert_eq!(shown["properties"]["provisioningState"], "Succeeded", "{shown}");
    let again = export(&world).await;
    let names = |template: &Value| -> Vec<String> {
        let resources = template["resources"].as_array().expect("resources").clone();
        resources.iter().map(|resource| format!("{} {}", resource["type"], resource["name"])).collect()
    };
    assert_eq!(names(&again), names(&template));
    for (new, old) in again["resources"]
        .as_array()
        .expect("resources")
        .iter()
        .zip(template["resources"].as_array().expect("resources"))
    {
        assert_eq!(stable(new), stable(old));
    }
}

fn body_of(template: &Value, parameters: serde_json::Map<String, Value>) -> Value {
    body(template, &Value::Object(parameters))
}

/// Without what a new resource gets anew.
fn stable(resource: &Value) -> Value {
    let mut resource = resource.clone();
    for field in ["createdAtUtc", "createdDate", "resourceGuid", "fqdn", "azurePortalFQDN", "privateFQDN"] {
        crate::engine::take(&mut resource, &["properties", field]);
    }
    resource
}

#[tokio::test]
async fn list_functions_give_what_the_actions_of_resources_answer() {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let service = world.service().await;
    let template = |output: &str| {
        json!({
            "resources": [
                {"type": "Microsoft.ApiManagement/service/subscriptions", "apiVersion": "2024-05-01", "name": "apim/mine",
                 "properties": {"displayName": "mine", "scope": format!("{service}/apis")}},
                {"type": "Microsoft.ApiManagement/service/namedValues", "apiVersion": "2024-05-01", "name": "apim/key",
                 "dependsOn": ["mine"], "properties": {"displayName": "key", "secret": true, "value":
                    "[listSecrets(resourceId('Microsoft.ApiManagement/service/subscriptions', 'apim', 'mine'), '2024-05-01').primaryKey]"}},
            ],
            "outputs": {"key": {"type": "string", "value": output}},
        })
    };
    let good = template(
        "[listValue(resourceId('Microsoft.ApiManagement/service/namedValues', 'apim', 'key'), '2024-05-01').value]",
    );
    world.put(&deployment("lists"), body(&good, &json!({}))).await.expect(201);
    let shown = world.get(&deployment("lists")).await.expect(200).body;
    let path = format!("{service}/subscriptions/mine/listSecrets");
    let keys = world.send("POST", &path, Value::Null).await.expect(200).body;
    assert_eq!(shown["properties"]["outputs"]["key"]["value"], keys["primaryKey"], "{shown}");
    for output in [
        "[listNothing(resourceId('Microsoft.ApiManagement/service', 'apim'), '2024-05-01')]",
        "[listKeys('x', '2024-05-01')]",
    ] {
        world
            .put(&deployment("lists"), body(&template(output), &json!({})))
            .await
            .expect_error(400, "InvalidTemplate");
    }
}
