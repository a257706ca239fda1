//! Documents, and what becomes of them.

use serde_json::{Value, json};

use super::*;

const PETS: &str = r##"
openapi: 3.0.1
info: {title: Pet store, description: Pets., version: "1"}
servers: [{url: "https://{host}/v1/", variables: {host: {default: pets.example}}}]
paths:
  /pets:
    parameters:
      - $ref: "#/components/parameters/Tenant"
    get:
      summary: List pets
      operationId: listPets
      parameters:
        - {name: limit, in: query, required: true, schema: {type: integer, default: 10}}
        - {name: kind, in: query, schema: {type: string, enum: [cat, dog]}}
      responses:
        "200":
          description: A list
          headers: {x-next: {schema: {type: string}}}
          content:
            application/json:
              example: [{id: 1}]
              schema: {type: array, items: {$ref: "#/components/schemas/Pet"}}
        default: {description: whatever}
    post:
      requestBody: {$ref: "#/components/requestBodies/Pet"}
      responses: {"201": {description: Made}}
  /pets/{id}:
    get:
      responses: {"404": {$ref: "#/components/responses/Missing"}}
components:
  parameters: {Tenant: {name: X-Tenant, in: header, required: true, schema: {type: string}}}
  requestBodies: {Pet: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
  responses: {Missing: {description: Not there}}
  schemas: {Pet: {type: object, properties: {id: {type: integer}}}}
"##;

fn operation<'i>(imported: &'i Imported, name: &str) -> &'i Value {
    &imported.operations.iter().find(|(found, _)| found == name).expect(name).1
}

#[test]
fn a_document_of_version_3_becomes_operations_and_schemas() {
    let imported = read(Format::OpenApi, PETS, true).expect("a document");
    assert_eq!(imported.title.as_deref(), Some("Pet store"));
    assert_eq!(imported.service_url.as_deref(), Some("https://pets.example/v1"));
    let names: Vec<&str> = imported.operations.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["listpets", "post-pets", "get-pets-id"]);
    let list = operation(&imported, "listpets");
    assert_eq!((&list["displayName"], &list["method"]), (&json!("List pets"), &json!("GET")));
    assert_eq!(list["urlTemplate"], "/pets?limit={limit}");
    assert_eq!(
        list["templateParameters"],
        json!([{"name": "limit", "type": "integer", "required": true, "defaultValue": "10", "values": []}])
    );
    assert_eq!(
        list["request"]["queryParameters"],
        json!([{"name": "kind", "type": "string", "values": ["cat", "dog"]}])
    );
    assert_eq!(list["request"]["headers"][0]["name"], "X-Tenant");
    assert_eq!(list["responses"].as_array().map(Vec::len), Some(1));
    let answer = &list["responses"][0];
    assert_eq!((&answer["statusCode"], &answer["headers"][0]["name"]), (&json!(200), &json!("x-next")));
    let representation = &answer["representations"][0];
    assert_eq!(representation["typeName"], "PetsGet200ApplicationJsonResponse");
    assert_eq!(representation["examples"], json!({"default": {"value": [{"id": 1}]}}));
    let post = operation(&imported, "post-pets");
    assert_eq!(
        (&post["displayName"], &post["request"]["representations"][0]["typeName"]),
        (&json!("post - /pets"), &json!("Pet"))
    );
    let one = operation(&imported, "get-pets-id");
    assert_eq!(one["templateParameters"], json!([{"name": "id", "type": "string", "required": true}]));
    assert_eq!(one["responses"][0]["description"], "Not there");
    let (_, schema) = imported.schema.expect("schemas");
    assert_eq!(schema["contentType"], "application/vnd.oai.openapi.components+json");
    assert_eq!(schema["document"]["components"]["schemas"].as_object().map(serde_json::Map::len), Some(2));
    let imported = read(Format::OpenApi, PETS, false).expect("a document");
    assert_eq!(operation(&imported, "listpets")["urlTemplate"], "/pets");
}

#[test]
fn a_document_of_version_2_becomes_operations_and_schemas() {
    let document = json!({
        "swagger": "2.0", "info": {"title": "Pets", "version": "1"}, "host": "pets.example", "basePath": "/v1",
        "schemes": ["http", "https"], "consumes": ["application/json"], "produces": ["text/json"],
        "paths": {"/pets/{id}": {"put": {
            "parameters": [
                {"name": "id", "in": "path", "type": "integer", "required": true},
                {"name": "pet", "in": "body", "schema": {"$ref": "#/definitions/Pet"}}
            ],
            "responses": {"200": {"description": "ok", "schema": {"$ref": "#/definitions/Pet"}, "examples": {"text/json": {"id": 2}}}}
        }}},
        "definitions": {"Pet": {"type": "object"}}
    });
    let imported = read(Format::SwaggerJson, &document.to_string(), true).expect("a document");
    assert_eq!(imported.service_url.as_deref(), Some("https://pets.example/v1"));
    let put = operation(&imported, "put-pets-id");
    assert_eq!(put["templateParameters"][0]["type"], "integer");
    assert_eq!(put["request"]["representations"][0]["contentType"], "application/json");
    assert_eq!(
        put["responses"][0]["representations"],
        json!([{"contentType": "text/json", "examples": {"default": {"value": {"id": 2}}},
            "schemaId": "openapi-components", "typeName": "Pet"}])
    );
    let (_, schema) = imported.schema.expect("schemas");
    assert_eq!(schema["document"], json!({"definitions": {"Pet": {"type": "object"}}}));
}

#[test]
fn what_is_no_document_is_refused_with_the_reason() {
    let paths = |item: &str| format!(r#"{{"openapi": "3.0.0", "paths": {{"/a": {item}}}}}"#);
    for (text, expected) in [
        ("{".to_owned(), "EOF"),
        ("{}".to_owned(), "neither"),
        (r#"{"openapi": "4.0.0"}"#.to_owned(), "4.0.0"),
        (r#"{"swagger": "1.2"}"#.to_owned(), "1.2"),
        (paths(r##"{"get": {"parameters": [{"$ref": "#/nothing"}]}}"##), "leads to nothing"),
        (paths(r#"{"get": {"parameters": [{"$ref": "other.json"}]}}"#), "out of the document"),
        (paths(r##"{"$ref": "#/paths/~1a"}"##), "itself"),
    ] {
        let refused = read(Format::OpenApiJson, &text, true).expect_err(&text);
        let message = &refused.error.details[0].message;
        assert!(message.starts_with("Parsing error(s): ") && message.contains(expected), "{message}");
    }
}
