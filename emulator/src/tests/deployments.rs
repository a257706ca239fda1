//! Deployments of templates.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{GROUP, World};

fn deployment(name: &str) -> String {
    format!("{GROUP}/providers/Microsoft.Resources/deployments/{name}")
}

fn properties(template: &Value, parameters: &Value) -> Value {
    json!({"properties": {"mode": "Incremental", "template": template, "parameters": parameters}})
}

async fn group() -> World {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    world
}

/// Written the wrong way around, with a child, a loop, a condition, a variable and outputs.
fn system() -> Value {
    json!({
        "parameters": {
            "name": {"type": "string", "defaultValue": "lab"},
            "password": {"type": "secureString", "defaultValue": "hidden"},
        },
        "variables": {"vnet": "[concat(parameters('name'), '-vnet')]"},
        "resources": [
            {"type": "Microsoft.ApiManagement/service/apis", "apiVersion": "2024-05-01",
             "name": "[format('{0}/api', parameters('name'))]",
             "dependsOn": ["[resourceId('Microsoft.ApiManagement/service', parameters('name'))]"],
             "properties": {"displayName": "API", "path": "api", "protocols": ["https"],
                "serviceUrl": "[reference(variables('vnet')).resourceGuid]"}},
            {"type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01",
             "name": "[parameters('name')]", "location": "[resourceGroup().location]",
             "sku": {"name": "Developer", "capacity": 1},
             "properties": {"publisherName": "P", "publisherEmail": "p@example.com"},
             "resources": [{"type": "products", "apiVersion": "2024-05-01", "name": "product",
                "properties": {"displayName": "Product"}}]},
            {"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-05-01",
             "name": "[variables('vnet')]", "location": "westus2",
             "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "copy": [{"name": "subnets", "count": 2, "input": {
                    "name": "[concat('s', copyIndex('subnets'))]",
                    "properties": {"addressPrefix": "[format('10.0.{0}.0/24', copyIndex('subnets'))]"}}}]}},
            {"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-05-01",
             "condition": "[equals(parameters('name'), 'other')]", "name": "never", "location": "westus2"},
            {"type": "Microsoft.Network/routeTables", "apiVersion": "2024-05-01", "location": "westus2",
             "copy": {"name": "tables", "count": 2}, "name": "[concat('table', copyIndex(1))]"},
        ],
        "outputs": {
            "subnet": {"type": "string", "value": "[reference(variables('vnet')).subnets[1].name]"},
            "password": {"type": "secureString", "value": "[parameters('password')]"},
        },
    })
}

#[tokio::test]
async fn a_template_makes_its_resources_in_the_order_of_their_dependencies() {
    let world = group().await;
    let mut template = system();
    // A service URL must be one.
    template["resources"][0]["properties"]["serviceUrl"] =
        json!("[concat('https://', reference(variables('vnet')).resourceGuid, '.example.com')]");
    let id = deployment("whole");
    let made = world.put(&id, properties(&template, &json!({}))).await.expect(201);
    assert!(made.header(arm::AZURE_ASYNC_OPERATION).contains("/operations/"));
    let shown = world.get(&id).await.expect(200).body["properties"].clone();
    assert_eq!(shown["provisioningState"], "Succeeded", "{shown}");
    assert_eq!(shown["outputs"]["subnet"], json!({"type": "String", "value": "s1"}));
    assert_eq!(shown["outputs"]["password"], json!({"type": "SecureString"}));
    assert!(!shown.to_string().contains("hidden"), "{shown}");
    assert!(shown.get("template").is_none());
    for (path, status) in [
        ("Microsoft.ApiManagement/service/lab/apis/api", 200),
        ("Microsoft.ApiManagement/service/lab/products/product", 200),
        ("Microsoft.Network/virtualNetworks/lab-vnet/subnets/s1", 200),
        ("Microsoft.Network/routeTables/table2", 200),
        ("Microsoft.Network/routeTables/table0", 404),
        ("Microsoft.Network/networkSecurityGroups/never", 404),
    ] {
        world.get(&format!("{GROUP}/providers/{path}")).await.expect(status);
    }
    let steps = world.get(&format!("{id}/operations")).await.expect(200).body;
    assert_eq!(steps["value"].as_array().map(Vec::len), Some(6), "{steps}");
    let short = id.replace("/providers/Microsoft.Resources", "");
    assert_eq!(world.get(&format!("{short}/operations")).await.expect(200).body, steps);
    // What is there already does not change.
    let trial =
        world.send("POST", &format!("{id}/whatIf"), properties(&template, &json!({}))).await.expect(200).body;
    let changes = trial["properties"]["changes"].as_array().expect("changes");
    assert_eq!(changes.len(), 6);
    for change in changes {
        assert_eq!(change["changeType"], "NoChange", "{change}");
    }
}

#[tokio::test]
async fn a_trial_says_what_would_change_and_changes_nothing() {
    let world = group().await;
    let vnet = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet");
    let template = |prefix: &str| {
        json!({"resources": [{"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-05-01",
            "name": "vnet", "location": "westus2",
            "properties": {"addressSpace": {"addressPrefixes": [prefix]}}}]})
    };
    let trial = async |prefix: &str| {
        let body = properties(&template(prefix), &json!({}));
        let path = format!("{}/whatIf", deployment("trial"));
        let answer = world.send("POST", &path, body).await.expect(200).body;
        answer["properties"]["changes"][0].clone()
    };
    assert_eq!(trial("10.0.0.0/16").await["changeType"], "Create");
    let validate = format!("{}/validate", deployment("trial"));
    world.send("POST", &validate, properties(&template("10.0.0.0/16"), &json!({}))).await.expect(200);
    world.get(&vnet).await.expect(404);
    world.put(&deployment("real"), properties(&template("10.0.0.0/16"), &json!({}))).await.expect(201);
    assert_eq!(trial("10.0.0.0/16").await["changeType"], "NoChange");
    let changed = trial("10.1.0.0/16").await;
    assert_eq!(changed["changeType"], "Modify");
    assert_eq!(changed["delta"][0]["path"], "properties.addressSpace.addressPrefixes");
    let kept = world.get(&vnet).await.expect(200).body;
    assert_eq!(kept["properties"]["addressSpace"]["addressPrefixes"], json!(["10.0.0.0/16"]));
    let refused = world.send("POST", &validate, properties(&template("nonsense"), &json!({}))).await;
    let refused = refused.expect_error(400, "InvalidTemplateDeployment");
    assert_eq!(refused.body["error"]["details"][0]["code"], "InvalidAddressPrefixFormat");
}

#[tokio::test]
async fn a_deployment_that_a_resource_refuses_fails_and_keeps_what_was_made_before() {
    let world = group().await;
    let template = json!({"resources": [
        {"type": "Microsoft.Network/routeTables", "apiVersion": "2024-05-01", "name": "good", "location": "westus2"},
        {"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-05-01", "name": "bad",
         "location": "westus2", "properties": {}, "dependsOn": ["good"]},
    ]});
    let id = deployment("failing");
    let made = world.put(&id, properties(&template, &json!({}))).await.expect(201);
    let operation = made.header(arm::AZURE_ASYNC_OPERATION).replace(super::ORIGIN, "");
    let operation = world.get(&operation).await.expect(200).body;
    assert_eq!(operation["status"], "Failed");
    assert_eq!(operation["error"]["code"], "DeploymentFailed");
    let shown = world.get(&id).await.expect(200).body;
    assert_eq!(shown["properties"]["provisioningState"], "Failed");
    assert_eq!(shown["properties"]["error"]["details"][0]["code"], "AddressSpaceNotSpecified");
    world.get(&format!("{GROUP}/providers/Microsoft.Network/routeTables/good")).await.expect(200);
    world.get(&format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/bad")).await.expect(404);
}

#[tokio::test]
async fn templates_that_make_no_sense_are_refused_and_make_nothing() {
    let world = group().await;
    let table = |name: &str| {
        json!({"type": "Microsoft.Network/routeTables", "apiVersion": "2024-05-01", "name": name,
            "location": "westus2"})
    };
    let with = |field: &str, value: Value| {
        let mut table = table("t");
        table[field] = value;
        json!({"resources": [table]})
    };
    let doubling: serde_json::Map<String, Value> = (0..40)
        .map(|at| {
            (format!("v{at}"), json!(format!("[concat(variables('v{0}'), variables('v{0}'))]", at + 1)))
        })
        .collect();
    for (template, part) in [
        (json!({"resources": [table("[nonsense('x')]")]}), "nonsense"),
        (json!({"resources": [table("[concat('x']")]}), "Unable to parse"),
        (json!({"resources": [table("[parameters('x')]")]}), "'x' is not found"),
        (json!({"parameters": {"p": {"type": "int"}}}), "'p' is not provided"),
        (json!({"parameters": {"p": {"type": "int", "defaultValue": "x"}}}), "not of the type"),
        (with("dependsOn", json!(["u"])), "'u' is not defined"),
        (with("copy", json!({"name": "c", "count": 100_000})), "copy count"),
        (json!({"variables": {"v": "[variables('v')]"}, "resources": [table("[variables('v')]")]}), "itself"),
        (json!({"variables": doubling, "resources": [table("[variables('v0')]")]}), "t"),
        (
            json!({"resources": [
                {"type": "Microsoft.Network/routeTables", "apiVersion": "2024-05-01", "name": "a", "dependsOn": ["b"]},
                {"type": "Microsoft.Network/routeTables", "apiVersion": "2024-05-01", "name": "b", "dependsOn": ["a"]},
            ]}),
            "Circular",
        ),
    ] {
        let answer = world.put(&deployment("bad"), properties(&template, &json!({}))).await;
        let answer = answer.expect_error(400, "InvalidTemplate");
        let message = answer.body["error"]["message"].as_str().expect("a message");
        assert!(message.contains(part), "{message}");
    }
    world.get(&deployment("bad")).await.expect(404);
    let list = world.get(&format!("{GROUP}/resources")).await.expect(200);
    assert_eq!(list.body["value"], json!([]));
}

#[tokio::test]
async fn nested_templates_see_their_own_parameters_when_asked_to() {
    let world = group().await;
    let nested = |scope: &str| {
        json!({"variables": {"name": "outer"}, "resources": [{
            "type": "Microsoft.Resources/deployments", "apiVersion": "2025-04-01", "name": "nested",
            "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": scope},
                "template": {"variables": {"name": "inner"}, "resources": [{
                    "type": "Microsoft.Network/routeTables", "apiVersion": "2024-05-01",
                    "name": "[variables('name')]", "location": "westus2"}]}}}]})
    };
    for scope in ["inner", "outer"] {
        world.put(&deployment(scope), properties(&nested(scope), &json!({}))).await.expect(201);
        let shown = world.get(&deployment(scope)).await.body;
        assert_eq!(shown["properties"]["provisioningState"], "Succeeded", "{shown}");
        world.get(&format!("{GROUP}/providers/Microsoft.Network/routeTables/{scope}")).await.expect(200);
    }
}

#[tokio::test]
async fn what_az_sends_is_not_json_and_is_read() {
    let world = group().await;
    let body = "{\"properties\": {\"mode\": \"Incremental\", \"parameters\": {}, template:{ // a comment\n\
        \"resources\": [{\"type\": \"Microsoft.Network/routeTables\", \"apiVersion\": \"2024-05-01\", \
        \"name\": \"t\", \"location\": \"westus2\"},] }}}";
    let request = Request::put(format!("{}?api-version=2025-04-01", deployment("az")))
        .header("authorization", format!("Bearer {}", world.token))
        .body(Bytes::from(body))
        .expect("a request");
    assert_eq!(world.emulator.handle(request).await.status(), 201);
    world.get(&format!("{GROUP}/providers/Microsoft.Network/routeTables/t")).await.expect(200);
}

#[tokio::test]
async fn policies_at_links_are_fetched_before_the_deployment_begins() {
    let (world, service) = super::api_management::example().await;
    let name = service.rsplit('/').next().expect("a name");
    let template = |url: &str| {
        json!({"resources": [{"type": "Microsoft.ApiManagement/service/policies", "apiVersion": "2024-05-01",
            "name": format!("{name}/policy"), "properties": {"format": "rawxml-link", "value": url}}]})
    };
    let id = deployment("linked");
    let gone = properties(&template("http://gone/"), &json!({}));
    world.put(&id, gone).await.expect_error(400, "ValidationError");
    world.get(&id).await.expect(404);
    let good = properties(&template("http://link/here"), &json!({}));
    world.send("POST", &format!("{id}/validate"), good.clone()).await.expect(200);
    world.put(&id, good).await.expect(201);
    let kept = world.get(&format!("{service}/policies/policy?format=rawxml")).await.expect(200);
    assert_eq!(kept.body["properties"]["value"], "<policies><!-- here --></policies>");
}

#[tokio::test]
async fn apis_are_imported_from_links_in_templates_and_outside() {
    let (world, service) = super::api_management::example().await;
    let name = service.rsplit('/').next().expect("a name");
    let api = |url: &str| json!({"path": "linked", "format": "openapi+json-link", "value": url});
    let template = |url: &str| {
        json!({"resources": [{"type": "Microsoft.ApiManagement/service/apis", "apiVersion": "2024-05-01",
            "name": format!("{name}/linked"), "properties": api(url)}]})
    };
    let id = deployment("imported");
    world
        .put(&id, properties(&template("http://gone/"), &json!({})))
        .await
        .expect_error(400, "ValidationError");
    world.put(&id, properties(&template("http://openapi/first"), &json!({}))).await.expect(201);
    let linked = format!("{service}/apis/linked");
    world.get(&format!("{linked}/operations/first")).await.expect(200);
    assert_eq!(world.get(&linked).await.expect(200).body["properties"]["displayName"], "first");
    let again = json!({"properties": api("http://openapi/second")});
    world.put(&linked, again).await.expect(200);
    world.get(&format!("{linked}/operations/second")).await.expect(200);
    world.get(&format!("{linked}/operations/first")).await.expect(404);
}

#[tokio::test]
async fn ids_in_templates_are_written_as_azure_writes_them_however_the_deployment_was_asked_for() {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let template = json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [],
        "outputs": {"id": {"type": "string", "value": "[resourceId('Microsoft.Network/networkSecurityGroups', 'x')]"}},
    });
    let asked = GROUP.replace("resourceGroups", "resourcegroups");
    let asked = format!("{asked}/providers/Microsoft.Resources/deployments/d");
    let body = json!({"properties": {"mode": "Incremental", "template": template}});
    world.put(&asked, body).await.expect(201);
    let shown = world.get(&asked).await.expect(200).body;
    let expected = format!("{GROUP}/providers/Microsoft.Network/networkSecurityGroups/x");
    assert_eq!(shown["properties"]["outputs"]["id"]["value"], expected);
}
