//! The objects, against what Kubernetes' own types accept.

use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;

/// Kubernetes' type knows every field: what comes back is what went in.
#[track_caller]
fn check<T: Serialize + DeserializeOwned>(object: &Value) {
    let read: T = serde_json::from_value(object.clone()).expect("the object is of its kind");
    let back = serde_json::to_value(&read).expect("JSON");
    assert_eq!(&back, object, "a field is not known");
}

#[test]
fn every_object_is_of_its_kind() {
    for object in objects() {
        match text(&object["kind"]) {
            "CustomResourceDefinition" => check::<CustomResourceDefinition>(&object),
            "ClusterRole" => check::<ClusterRole>(&object),
            "ClusterRoleBinding" => check::<ClusterRoleBinding>(&object),
            "Role" => check::<Role>(&object),
            "RoleBinding" => check::<RoleBinding>(&object),
            "Deployment" => check::<Deployment>(&object),
            "DaemonSet" => check::<DaemonSet>(&object),
            "ValidatingWebhookConfiguration" => check::<ValidatingWebhookConfiguration>(&object),
            "Namespace" | "ServiceAccount" | "ConfigMap" | "Secret" | "Service" => {}
            other => panic!("{other}"),
        }
    }
}

#[test]
fn images_and_version_belong_together() {
    let images: Vec<Value> = workloads()
        .iter()
        .map(|workload| workload["spec"]["template"]["spec"]["containers"][0]["image"].clone())
        .collect();
    assert_eq!(images, IMAGES);
    assert!(IMAGES.iter().all(|image| image.ends_with(&format!(":{VERSION}"))));
}

#[test]
fn pools_give_nothing_by_themselves() {
    let pools = pools(&["10.10.1.0/24".parse().expect("a range"), "10.10.2.0/24".parse().expect("a range")]);
    assert_eq!(
        pools[0]["spec"],
        json!({ "addresses": ["10.10.1.0/24", "10.10.2.0/24"], "autoAssign": false })
    );
    assert_eq!(pools[1]["spec"], json!({ "addresses": ["203.0.113.0/24"], "autoAssign": false }));
    assert_eq!(pools[2]["spec"]["ipAddressPools"], json!(["internal", "public"]));
}

#[test]
fn a_service_is_marked_with_pool_and_address_unless_it_names_one() {
    let address = Ipv4Addr::new(10, 10, 1, 5);
    let mut service = json!({ "metadata": { "name": "a" }, "spec": {} });
    mark(&mut service, INTERNAL, address);
    assert_eq!(service["metadata"]["annotations"], json!({ POOL: "internal", ADDRESSES: "10.10.1.5" }));
    service["spec"]["loadBalancerIP"] = "10.10.1.5".into();
    mark(&mut service, INTERNAL, address);
    assert_eq!(service["metadata"]["annotations"], json!({ POOL: "internal" }));
    unmark(&mut service);
    assert_eq!(service["metadata"]["annotations"], json!({}));
}
