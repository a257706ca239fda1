//! What is found in bodies, and how many of the mistakes that can be made are found.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a test ends and tells that way")]

use serde_json::{Value, json};

use crate::{Body, Types, mutants, published};

/// One resource type with everything that a definition may have.
const DEFINITION: &str = r##"{"name": "A.B/c@2024-05-01", "body": {"$ref": "#/0"}, "types": [
    {"$type": "ObjectType", "name": "c", "properties": {
        "id": {"type": {"$ref": "#/1"}, "flags": 10}, "name": {"type": {"$ref": "#/1"}, "flags": 9},
        "type": {"type": {"$ref": "#/2"}, "flags": 10}, "apiVersion": {"type": {"$ref": "#/1"}, "flags": 10},
        "tags": {"type": {"$ref": "#/3"}, "flags": 0}, "properties": {"type": {"$ref": "#/4"}, "flags": 1}}},
    {"$type": "StringType"}, {"$type": "StringLiteralType", "value": "A.B/c"},
    {"$type": "ObjectType", "name": "tags", "properties": {}, "additionalProperties": {"$ref": "#/1"}},
    {"$type": "ObjectType", "name": "p", "properties": {
        "title": {"type": {"$ref": "#/5"}, "flags": 1}, "state": {"type": {"$ref": "#/1"}, "flags": 2},
        "secret": {"type": {"$ref": "#/1"}, "flags": 4}, "count": {"type": {"$ref": "#/6"}, "flags": 0},
        "mode": {"type": {"$ref": "#/7"}, "flags": 0}, "access": {"type": {"$ref": "#/10"}, "flags": 0},
        "isOpen": {"type": {"$ref": "#/11"}, "flags": 0}, "parts": {"type": {"$ref": "#/12"}, "flags": 0},
        "free": {"type": {"$ref": "#/14"}, "flags": 0}}},
    {"$type": "StringType", "minLength": 1, "maxLength": 5, "pattern": "^[a-z]*$"},
    {"$type": "IntegerType", "minValue": 1, "maxValue": 9},
    {"$type": "UnionType", "elements": [{"$ref": "#/8"}, {"$ref": "#/9"}]},
    {"$type": "StringLiteralType", "value": "On"}, {"$type": "StringLiteralType", "value": "Off"},
    {"$type": "UnionType", "elements": [{"$ref": "#/8"}, {"$ref": "#/1"}]},
    {"$type": "BooleanType"}, {"$type": "ArrayType", "itemType": {"$ref": "#/13"}, "maxLength": 2},
    {"$type": "ObjectType", "name": "part", "properties": {"key": {"type": {"$ref": "#/1"}, "flags": 1}}},
    {"$type": "AnyType"}]}"##;

fn types() -> Types {
    Types::read(&DEFINITION.replace('\n', " ")).expect("definitions")
}

/// What is found in a body with these properties.
fn found(direction: Body, properties: &Value) -> Vec<String> {
    let types = types();
    let mut body = json!({"properties": properties});
    if direction == Body::Answer {
        body = json!({"id": "/c/n", "name": "n", "type": "A.B/c", "properties": properties});
    }
    let definition = types.get("a.b/C").expect("the type");
    definition.check(&body, direction).iter().map(ToString::to_string).collect()
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let cases = [
        (json!({}), "properties.title: required property missing"),
        (json!({"title": null}), "properties.title: required property missing"),
        (json!({"title": 3}), "properties.title: string expected, number found"),
        (json!({"title": "abcdef"}), "properties.title: 6 characters, 1 to 5 allowed"),
        (json!({"title": "A"}), "properties.title: `A` does not fit `^[a-z]*$`"),
        (json!({"title": "a", "Count": 3}), "properties.Count: unknown property (did you mean `count`?)"),
        (json!({"title": "a", "nothing": 3}), "properties.nothing: unknown property"),
        (json!({"title": "a", "count": "3"}), "properties.count: integer expected, string found"),
        (json!({"title": "a", "count": 10}), "properties.count: 10 is no integer in the range"),
        (json!({"title": "a", "count": 1.5}), "properties.count: 1.5 is no integer in the range"),
        (json!({"title": "a", "mode": "on"}), "properties.mode: `on` is written `On`"),
        (json!({"title": "a", "mode": "Idle"}), "properties.mode: `Idle` is none of On, Off"),
        (json!({"title": "a", "access": "on"}), "properties.access: `on` is written `On`"),
        (json!({"title": "a", "access": 1}), "properties.access: string expected, number found"),
        (json!({"title": "a", "isOpen": "true"}), "properties.isOpen: boolean expected, string found"),
        (json!({"title": "a", "parts": {}}), "properties.parts: array expected, object found"),
        (json!({"title": "a", "parts": [{}]}), "properties.parts[0].key: required property missing"),
        (json!({"title": "a", "state": "s"}), "properties.state: read-only property in a request"),
    ];
    for (properties, expected) in cases {
        assert_eq!(found(Body::Put, &properties), [expected], "{properties}");
    }
    let fine = json!({"title": "a", "access": "Other", "free": {"any": [1]}, "secret": "s", "mode": null});
    assert_eq!(found(Body::Put, &fine), Vec::<String>::new());
}

#[test]
fn the_direction_decides_what_is_required_and_what_is_secret() {
    let secret = json!({"title": "a", "secret": "s", "state": "s"});
    assert_eq!(found(Body::Answer, &secret), ["properties.secret: write-only property in an answer"]);
    assert_eq!(found(Body::Patch, &json!({"count": 3})), Vec::<String>::new());
    assert_eq!(found(Body::Answer, &json!({})), ["properties.title: required property missing"]);
    let types = types();
    let definition = types.get("A.B/c").expect("the type");
    let bare = json!({"properties": {"title": "a"}, "tags": {"any": "text", "other": 1}, "apiVersion": "x"});
    let told: Vec<String> = definition.check(&bare, Body::Answer).iter().map(ToString::to_string).collect();
    for expected in [
        "id: required property missing",
        "name: required property missing",
        "type: required property missing",
        "apiVersion: unknown property",
        "tags.other: string expected, number found",
    ] {
        assert!(told.iter().any(|line| line == expected), "{expected} in {told:?}");
    }
    assert_eq!(told.len(), 5, "{told:?}");
}

#[test]
fn what_is_no_definition_is_refused_with_its_line() {
    for text in ["{}", "[", r#"{"name": "a@1", "body": {"$ref": "0"}, "types": []}"#] {
        let error = Types::read(text).expect_err("no definition").to_string();
        assert!(error.starts_with("line 1 "), "{error}");
    }
}

/// Of every published type: a body with everything in it is right, and each renamed or mistyped property is found.
#[test]
fn mistakes_in_bodies_of_every_published_type_are_found() {
    let Some(types) = published() else {
        eprintln!("skipped: Azure's type definitions are not here");
        return;
    };
    let (mut kinds, mut made, mut missed) = (0, 0, Vec::new());
    for definition in types.iter() {
        kinds += 1;
        for direction in [Body::Put, Body::Answer] {
            let bodies = definition.samples(direction);
            assert!(!bodies.is_empty(), "{} has no sample", definition.name);
            for body in bodies {
                assert_eq!(definition.check_strictly(&body, direction), [], "{}: {body}", definition.name);
                for mutant in mutants(definition, &body) {
                    made += 1;
                    if definition.check(&mutant.body, direction).is_empty() {
                        missed.push(format!("{} {direction:?} {}", definition.name, mutant.mistake));
                    }
                }
            }
        }
    }
    eprintln!("{} of {made} mistakes in bodies of {kinds} resource types found", made - missed.len());
    assert!(kinds > 90 && made > 3_000, "{kinds} types, {made} mistakes");
    assert!(missed.len() * 100 <= made, "not found:\n{}", missed.join("\n"));
}
