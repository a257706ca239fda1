//! The patch types on whole objects: what merges, what conflicts, and who owns what afterwards.

use serde_json::json;

use super::apply::{Conflicts, apply};
use super::ownership::{Manager, update};
use super::*;
use crate::embedded::kinds::Definition;

fn deployments() -> Root {
    Root(Definition::find("apps", "v1", "deployments").expect("a row").shape)
}

fn pod_spec(containers: &Value) -> Value {
    json!({"spec": {"template": {"spec": {"containers": containers}}}})
}

#[test]
fn merge_patches_follow_the_rfc() {
    for (target, patch, expected) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": [1]}), json!({"a": {"b": null}}), json!({"a": {}})),
        (json!({}), json!({"a": {"bb": {"c": null}}}), json!({"a": {"bb": {}}})),
    ] {
        let mut merged = target;
        merge(&mut merged, &patch);
        assert_eq!(merged, expected);
    }
}

#[test]
fn json_patches_follow_the_rfc() {
    let mut target = json!({"a": {"b/c": [1, 3]}});
    let patch = json!([
        {"op": "add", "path": "/a/b~1c/1", "value": 2},
        {"op": "add", "path": "/a/b~1c/-", "value": 4},
        {"op": "copy", "from": "/a/b~1c/0", "path": "/d"},
        {"op": "move", "from": "/d", "path": "/e"},
        {"op": "test", "path": "/e", "value": 1},
        {"op": "remove", "path": "/a/b~1c/0"},
        {"op": "replace", "path": "/e", "value": null},
    ]);
    assert_eq!(json_patch(&mut target, &patch), Ok(()));
    assert_eq!(target, json!({"a": {"b/c": [2, 3, 4]}, "e": null}));
    for wrong in [
        json!([{"op": "test", "path": "/e", "value": 9}]),
        json!([{"op": "remove", "path": "/x"}]),
        json!([{"op": "add", "path": "/a/b~1c/9", "value": 1}]),
        json!([{"op": "nope", "path": "/a"}]),
        json!({}),
    ] {
        assert!(json_patch(&mut target, &wrong).is_err(), "{wrong}");
    }
}

#[test]
fn strategic_patches_merge_lists_by_their_keys() {
    let mut target = pod_spec(&json!([
        {"name": "a", "image": "one", "env": [{"name": "X", "value": "1"}]}, {"name": "b", "image": "two"},
    ]));
    let patch = pod_spec(&json!([
        {"name": "a", "env": [{"name": "Y", "value": "2"}, {"name": "X", "$patch": "delete"}]},
        {"name": "c", "image": "three"}, {"name": "b", "$patch": "delete"},
    ]));
    strategic(&mut target, &patch, deployments()).expect("patched");
    let expected = pod_spec(&json!([
        {"name": "a", "image": "one", "env": [{"name": "Y", "value": "2"}]}, {"name": "c", "image": "three"},
    ]));
    assert_eq!(target, expected);
    let mut target =
        json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
    let patch = json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}});
    strategic(&mut target, &patch, deployments()).expect("patched");
    assert_eq!(target, json!({"spec": {"strategy": {"type": "Recreate"}}}));
    assert!(strategic(&mut target, &pod_spec(&json!([{"image": "x"}])), deployments()).is_err());
}

fn manager<'a>(name: &'a str, operation: &'static str) -> Manager<'a> {
    Manager { name, operation, subresource: "", time: "now".into() }
}

fn applied(target: &mut Value, by: &str, configuration: &Value, force: Conflicts) -> Vec<(String, String)> {
    let manager = manager(by, "Apply");
    apply(target, configuration, deployments(), (&manager, force)).err().unwrap_or_default()
}

#[test]
fn apply_adds_removes_and_refuses_as_the_owners_say() {
    let mut object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}});
    let one = json!({"metadata": {"name": "d", "labels": {"a": "1", "b": "2"}}, "spec": {"replicas": 2}});
    assert_eq!(applied(&mut object, "one", &one, Conflicts::Refuse), []);
    let two = json!({"metadata": {"name": "d"}, "spec": {"replicas": 3}});
    let conflict = ("\"one\"".to_owned(), ".spec.replicas".to_owned());
    assert_eq!(applied(&mut object.clone(), "two", &two, Conflicts::Refuse), [conflict]);
    assert_eq!(applied(&mut object, "two", &two, Conflicts::Force), []);
    assert_eq!(object["spec"]["replicas"], 3);
    let less = json!({"metadata": {"name": "d", "labels": {"a": "1"}}});
    assert_eq!(applied(&mut object, "one", &less, Conflicts::Refuse), []);
    assert_eq!(object["metadata"]["labels"], json!({"a": "1"}), "what only one owned is gone");
    assert_eq!(object["spec"]["replicas"], 3, "what two owns stays");
    assert_eq!(object["metadata"]["managedFields"].as_array().map(Vec::len), Some(2));
}

#[test]
fn apply_merges_containers_and_drops_those_that_are_left_out() {
    let mut object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}});
    let both = pod_spec(&json!([
        {"name": "a", "image": "one", "ports": [{"containerPort": 80}]}, {"name": "b", "image": "two"},
    ]));
    assert_eq!(applied(&mut object, "one", &both, Conflicts::Refuse), []);
    let only = pod_spec(&json!([{"name": "a", "image": "three", "ports": [{"containerPort": 81}]}]));
    assert_eq!(applied(&mut object, "one", &only, Conflicts::Refuse), []);
    assert_eq!(object["spec"], only["spec"]);
}

#[test]
fn an_update_takes_ownership_of_what_it_changes() {
    let mut object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}});
    let one = json!({"metadata": {"name": "d"}, "spec": {"replicas": 2, "paused": true}});
    assert_eq!(applied(&mut object, "one", &one, Conflicts::Refuse), []);
    let old = object.clone();
    object["spec"]["replicas"] = 5.into();
    update(Some(&old), &mut object, deployments(), &manager("editor", "Update"));
    let owners: Vec<(&str, &Value)> = object["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| (entry["manager"].as_str().unwrap_or_default(), &entry["fieldsV1"]))
        .collect();
    assert_eq!(
        owners,
        [("one", &json!({"f:spec": {"f:paused": {}}})), ("editor", &json!({"f:spec": {"f:replicas": {}}})),]
    );
    let conflicts = applied(&mut object, "one", &one, Conflicts::Refuse);
    assert_eq!(conflicts, [("\"editor\" using apps/v1".to_owned(), ".spec.replicas".to_owned())]);
}

#[test]
fn unknown_fields_are_found_where_they_are() {
    let mut object = pod_spec(&json!([{"name": "a", "imagee": "x"}]));
    object["spec"]["nope"] = 1.into();
    object["extra"] = json!({});
    assert_eq!(
        unknown_fields(&object, deployments()),
        ["spec.template.spec.containers[0].imagee", "spec.nope", "extra"]
    );
    drop_unknown(&mut object, deployments());
    assert_eq!(object, pod_spec(&json!([{"name": "a"}])));
}
